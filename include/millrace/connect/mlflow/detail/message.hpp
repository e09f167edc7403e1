#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_MESSAGE_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_MESSAGE_HPP

#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/letter_case.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/http.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// What a request says: the members of its JSON body, or the parameters of its query. Members that nobody asks for are
/// passed over, as MLflow's server does, because newer clients send more; `null` is as if the member were not there,
/// and of two members of one name the last one counts, of two parameters the first.
class message {
 public:
  message() = default;

  /// Errors: invalid_argument.
  static result<message> from_json(std::string_view text) {
    message made;
    json_reader reader(text, true);
    const auto wrong = [&] {
      return error(errc::invalid_argument,
                   "the body is no JSON object from byte " + std::to_string(reader.at()) + " on");
    };
    if (reader.next() != json_token::object || !made.read_members(reader, text)) return wrong();
    if (reader.next() != json_token::end) return wrong();
    return made;
  }
  static message from_query(std::vector<store::http_parameter> query) {
    message made;
    made.is_query_ = true;
    for (store::http_parameter& each : query)
      made.members_.push_back({std::move(each.key), std::move(each.value), json_token::text});
    return made;
  }

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// A text or a number as it is spelled; empty if the member is not there.
  std::string_view spelled(std::string_view name) const noexcept {
    const member* const found = find(name);
    return found == nullptr ? std::string_view() : std::string_view(found->value);
  }
  /// A member as JSON; `null` if it is not there.
  std::string json(std::string_view name) const {
    const member* const found = find(name);
    std::string made;
    if (found == nullptr)
      made = "null";
    else if (found->type == json_token::text)
      append_json(made, found->value);
    else if (found->type == json_token::yes || found->type == json_token::no)
      made = found->type == json_token::yes ? "true" : "false";
    else
      made = found->value;
    return made;
  }
  /// Puts a text in place of what there is of a name.
  void set(std::string_view name, std::string_view value) {
    std::erase_if(members_, [&](const member& each) { return each.name == name; });
    members_.push_back({std::string(name), std::string(value), json_token::text});
  }
  /// Gives members the names that `change(name)` makes of theirs.
  template <class Change>
  void rename(Change&& change) {
    for (member& each : members_) each.name = change(each.name);
  }
  /// The text of a member; empty if it is not there. Errors: invalid_argument: it is no text.
  result<std::string> text(std::string_view name) const {
    const member* const found = find(name);
    if (found == nullptr) return std::string();
    if (found->type != json_token::text) return no(name, "a text");
    return found->value;
  }
  /// The same, but it has to be there, and not be empty.
  result<std::string> required(std::string_view name) const {
    auto found = text(name);
    if (found && found->empty()) return missing(name);
    return found;
  }
  bool is_true(std::string_view name) const noexcept {
    const member* const found = find(name);
    return found != nullptr && found->type == json_token::yes;
  }
  /// An integer, also as a text, or as a number that happens to be whole.
  result<std::int64_t> integer(std::string_view name, std::int64_t otherwise) const {
    const member* const found = find(name);
    if (found == nullptr) return otherwise;
    std::int64_t value = 0;
    const std::string& spelled = found->value;
    const auto read = std::from_chars(spelled.data(), spelled.data() + spelled.size(), value);
    if (read.ec == std::errc() && read.ptr == spelled.data() + spelled.size()) return value;
    double real = 0;
    if (found->type == json_token::number && read_real(spelled, real) && real >= -0x1p63 && real < 0x1p63) {
      value = static_cast<std::int64_t>(real);
      if (static_cast<double>(value) == real) return value;
    }
    return no(name, "an integer of 64 bits");
  }
  /// `true` or `false`, which a query has as texts.
  result<bool> boolean(std::string_view name, bool otherwise) const {
    const member* const found = find(name);
    if (found == nullptr) return otherwise;
    const bool is_one = found->type == json_token::yes || found->type == json_token::no;
    if (is_one || found->type == json_token::text)
      for (const std::string_view each : {"true", "false"})
        if (same_but_case(found->value, each)) return each == "true";
    return no(name, "true or false");
  }
  /// Any double: a number, or `NaN`, `Infinity` or `-Infinity` as a text or bare.
  result<double> real(std::string_view name) const {
    const member* const found = find(name);
    if (found == nullptr) return missing(name);
    double value = 0;
    if (found->value == "NaN") return __builtin_nan("");
    if (found->value == "Infinity") return __builtin_inf();
    if (found->value == "-Infinity") return -__builtin_inf();
    if ((found->type == json_token::number || found->type == json_token::text) && read_real(found->value, value))
      return value;
    return no(name, "a number");
  }
  /// The message that a member is. Errors: invalid_argument: it is not there, or is none.
  result<message> object(std::string_view name) const {
    const member* const found = find(name);
    if (found == nullptr) return missing(name);
    if (found->type != json_token::object) return no(name, "an object");
    return from_json(found->value);
  }
  /// Calls `use(message)` for all objects of an array; its first error ends the walk. The texts of an array are
  /// messages whose member `value` they are.
  template <class Use>
  result<void> for_each(std::string_view name, Use&& use) const {
    for (const member& each : members_) {
      if (each.name != name || each.type == json_token::null) continue;
      if (each.type == json_token::text && is_query_) {  // which says an array by the same key again and again
        message one;
        one.members_.push_back({"value", each.value, json_token::text});
        if (auto done = use(one); !done) return done;
        continue;
      }
      if (each.type != json_token::array) return no(name, "an array");
      const std::string_view text(each.value);
      json_reader reader(text, true);  // of what has been read once as a whole
      static_cast<void>(reader.next());
      message one;
      for (json_token token = reader.next(); token != json_token::close; token = reader.next()) {
        one.members_.clear();
        if (token == json_token::object && one.read_members(reader, text)) {
        } else if (token == json_token::text) {
          one.members_.push_back({"value", json_unescaped(reader.raw()), json_token::text});
        } else {
          return no(name, "an array of objects or texts");
        }
        if (auto done = use(one); !done) return done;
      }
    }
    return {};
  }

  static error missing(std::string_view name) {
    return error(errc::invalid_argument, "Missing value for required parameter " + quoted_text(name));
  }
  static error no(std::string_view name, const char* what) {
    return error(errc::invalid_argument,
                 "Invalid value for parameter " + quoted_text(name) + ": " + what + " is expected");
  }

 private:
  struct member {
    std::string name;
    std::string value;  // a text without its escapes, anything else as it is spelled
    json_token type;
  };

  const member* find(std::string_view name) const noexcept {
    const member* found = nullptr;
    for (const member& each : members_)
      if (each.name == name && (found == nullptr || !is_query_)) found = &each;
    return found == nullptr || found->type == json_token::null ? nullptr : found;
  }
  /// Reads the members of an object in `text` whose bracket has been read. False: they are no JSON.
  bool read_members(json_reader& reader, std::string_view text) {
    for (json_token token = reader.next(); token != json_token::close; token = reader.next()) {
      if (token != json_token::key) return false;
      members_.push_back({json_unescaped(reader.raw()), {}, json_token::null});
      member& each = members_.back();
      std::size_t begin = reader.at();
      each.type = reader.next();
      if (each.type == json_token::text) {
        each.value = json_unescaped(reader.raw());
      } else if (each.type == json_token::number) {
        each.value = reader.raw();
      } else if (each.type == json_token::object || each.type == json_token::array) {
        if (!pass(reader)) return false;
        begin = text.find_first_of("{[", begin);
        each.value = text.substr(begin, reader.at() - begin);
      } else if (each.type == json_token::yes || each.type == json_token::no) {
        each.value = each.type == json_token::yes ? "true" : "false";
      } else if (each.type == json_token::wrong) {
        return false;
      }
    }
    return true;
  }
  /// Reads past the rest of an object or an array whose bracket has been read.
  static bool pass(json_reader& reader) noexcept {
    for (std::size_t depth = 1; depth > 0;) {
      const json_token token = reader.next();
      if (token == json_token::wrong || token == json_token::end) return false;
      if (token == json_token::object || token == json_token::array) ++depth;
      if (token == json_token::close) --depth;
    }
    return true;
  }

  std::vector<member> members_;
  bool is_query_ = false;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_MESSAGE_HPP
