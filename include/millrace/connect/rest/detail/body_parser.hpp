#ifndef MILLRACE_CONNECT_REST_DETAIL_BODY_PARSER_HPP
#define MILLRACE_CONNECT_REST_DETAIL_BODY_PARSER_HPP

#include <millrace/connect/rest/fwd.hpp>
#include <millrace/connect/rest/member.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace rest {

/// What the JSON of a request's body may be at most.
struct json_limits {
  std::size_t max_depth = 32;
  /// Characters of one number. A double needs 25.
  std::size_t max_number = 64;
  /// Numbers in the rows of one member, and the rows.
  std::size_t max_numbers = 4'000'000;
};

namespace detail {

/// What a member of a body is, once it is read.
struct body_slot {
  bool is_there = false;
  std::string_view raw = {};
  std::string text = {};
  double number = 0;
  std::int64_t integer = 0;
  std::vector<float> numbers = {};
  std::vector<std::string> texts = {};
  std::size_t count = 0;
  std::size_t columns = 0;
};

/// Reads a body in one pass.
class body_parser {
 public:
  body_parser(std::string_view text, const json_limits& limits) : text_(text), limits_(limits), reader_(text) {}

  result<void> read(std::span<const member> members, std::vector<body_slot>& slots) {
    if (reader_.next() != token::object) return no_json();
    for (token at = reader_.next(); at != token::close; at = reader_.next()) {
      if (at != token::key) return no_json();
      const std::string name = json_unescaped(reader_.raw());
      std::size_t which = 0;
      while (which < members.size() && members[which].name != name) ++which;
      if (which == members.size()) return fault("there is no member " + quoted_text(name));
      body_slot& place = slots[which];
      if (std::exchange(place.is_there, true)) return fault(quoted_text(name) + " is there twice");
      if (auto done = value(members[which], place); !done) return done;
    }
    if (reader_.next() != token::end) return no_json();
    for (std::size_t i = 0; i < members.size(); ++i)
      if (members[i].is_required && !slots[i].is_there) return fault(quoted_text(members[i].name) + " is missing");
    return {};
  }

 private:
  using token = json_token;

  error no_json() const {
    return error(errc::invalid_argument,
                 "the body is no JSON object from byte " + std::to_string(reader_.at()) + " on");
  }
  static error fault(std::string why) { return error(errc::invalid_data, std::move(why)); }
  static error no(const member& of, const char* what) { return fault(quoted_text(of.name) + " has to be " + what); }
  static result<void> within(const member& of, double value, const char* what) {
    if (value >= of.least && value <= of.most) return {};
    std::string why = quoted_text(of.name) + what;
    if (of.least > -__builtin_inf()) why += " at least " + number_text(of.least);
    if (of.most < __builtin_inf())
      why += (of.least > -__builtin_inf() ? " and at most " : " at most ") + number_text(of.most);
    return fault(std::move(why));
  }

  result<void> value(const member& of, body_slot& place) {
    const std::size_t before = reader_.at();
    const token first = reader_.next();
    if (first == token::wrong || first == token::end) return no_json();
    switch (of.kind) {
      case value_kind::text: return first == token::text ? text_of(of, place) : no(of, "a text");
      case value_kind::number: return first == token::number ? number_of(of, place) : no(of, "a number");
      case value_kind::integer: return first == token::number ? integer_of(of, place) : no(of, "an integer");
      case value_kind::boolean:
        if (first != token::yes && first != token::no) return no(of, "true or false");
        place.integer = first == token::yes;
        return {};
      case value_kind::texts: return first == token::array ? texts_of(of, place) : no(of, "an array of texts");
      case value_kind::rows: return first == token::array ? rows_of(of, place) : no(of, "an array of rows");
      case value_kind::object:
        if (first != token::object) return no(of, "an object");
        break;
      case value_kind::objects:
        if (first != token::array) return no(of, "an array of objects");
        if (auto done = objects_of(of); !done) return done;
        return keep(place, before);
      case value_kind::any: break;
    }
    if (auto done = pass(first, 1); !done) return done;
    return keep(place, before);
  }
  result<void> keep(body_slot& place, std::size_t before) const {
    place.raw = text_.substr(before, reader_.at() - before);
    place.raw.remove_prefix(place.raw.find_first_not_of(" \t\r\n"));
    return {};
  }

  result<void> text_of(const member& of, body_slot& place) {
    place.text = json_unescaped(reader_.raw());
    std::size_t characters = 0;
    for (const char each : place.text) {
      const auto byte = static_cast<unsigned char>(each);
      if (byte < 0x20 || byte == 0x7f) return no(of, "a text without control characters");
      characters += (byte & 0xc0U) != 0x80U;
    }
    if (!of.choices.empty()) {
      if (!for_each_word(of.choices, [&](std::string_view word) { return word != place.text; })) return {};
      return fault(quoted_text(of.name) + " has to be one of " + std::string(of.choices));
    }
    return within(of, static_cast<double>(characters), " has characters:");
  }
  result<void> number_of(const member& of, body_slot& place) {
    if (!read_number(place.number)) return no(of, "a number that a double has");
    return within(of, place.number, " is");
  }
  result<void> integer_of(const member& of, body_slot& place) {
    const std::string_view spelled = reader_.raw();
    const char* const end = spelled.data() + spelled.size();
    const auto read = std::from_chars(spelled.data(), end, place.integer);
    if (read.ec != std::errc() || read.ptr != end) {  // as 10.0 or 1e1, which are integers of JSON Schema too
      double real = 0;
      if (!read_number(real) || !(real >= -0x1p53 && real <= 0x1p53) ||
          static_cast<double>(static_cast<std::int64_t>(real)) != real)
        return no(of, "an integer of 64 bits");
      place.integer = static_cast<std::int64_t>(real);
    }
    return within(of, static_cast<double>(place.integer), " is");
  }
  bool read_number(double& value) const noexcept {
    return reader_.raw().size() <= limits_.max_number && read_real(reader_.raw(), value) && __builtin_isfinite(value);
  }
  result<void> texts_of(const member& of, body_slot& place) {
    for (token at = reader_.next(); at != token::close; at = reader_.next()) {
      if (at == token::wrong || at == token::end) return no_json();
      if (at != token::text) return no(of, "an array of texts");
      place.texts.push_back(json_unescaped(reader_.raw()));
      if (static_cast<double>(place.texts.size()) > of.most) break;
    }
    return within(of, static_cast<double>(place.texts.size()), " has texts:");
  }
  result<void> rows_of(const member& of, body_slot& place) {
    for (token at = reader_.next(); at != token::close; at = reader_.next()) {
      if (at == token::wrong || at == token::end) return no_json();
      if (at != token::array) return no(of, "an array of rows, which are arrays of numbers");
      if (static_cast<double>(place.count + 1) > of.most)
        return within(of, static_cast<double>(place.count + 1), " has rows:");
      const std::size_t begin = place.numbers.size();
      if (auto done = row_of(of, place); !done) return done;
      const std::size_t columns = place.numbers.size() - begin;
      if (place.count == 0) place.columns = columns;
      if (columns != place.columns)
        return fault(quoted_text(of.name) + ": row " + std::to_string(place.count) + " has " + std::to_string(columns) +
                     " numbers, and the first one " + std::to_string(place.columns));
      ++place.count;
    }
    return within(of, static_cast<double>(place.count), " has rows:");
  }
  result<void> row_of(const member& of, body_slot& place) {
    for (token at = reader_.next(); at != token::close; at = reader_.next()) {
      if (at == token::wrong || at == token::end) return no_json();
      double value = __builtin_nan("");
      if (at != token::null && (at != token::number || !read_number(value)))
        return no(of, "an array of rows, whose values are numbers or null");
      const auto single = static_cast<float>(value);
      if (__builtin_isinf(single))
        return fault(quoted_text(of.name) + ": row " + std::to_string(place.count) +
                     " has a number that single precision does not reach");
      if (place.numbers.size() == limits_.max_numbers)
        return fault(quoted_text(of.name) + " has more than " + std::to_string(limits_.max_numbers) + " numbers");
      place.numbers.push_back(single);
    }
    return {};
  }
  result<void> objects_of(const member& of) {
    std::size_t count = 0;
    for (token at = reader_.next(); at != token::close; at = reader_.next(), ++count) {
      if (at == token::wrong || at == token::end) return no_json();
      if (at != token::object) return no(of, "an array of objects");
      if (auto done = pass(at, 2); !done) return done;
    }
    return within(of, static_cast<double>(count), " has objects:");
  }
  /// Reads past the rest of a value whose first token has been read, which is so deep.
  result<void> pass(token first, std::size_t depth) {
    if (first != token::object && first != token::array) return {};
    const std::size_t outside = depth++;
    while (depth > outside) {
      if (depth > limits_.max_depth)
        return error(errc::invalid_argument,
                     "the body is deeper than " + std::to_string(limits_.max_depth) + " levels");
      const token at = reader_.next();
      if (at == token::wrong || at == token::end) return no_json();
      if (at == token::object || at == token::array) ++depth;
      if (at == token::close) --depth;
    }
    return {};
  }

  std::string_view text_;
  const json_limits& limits_;
  json_reader reader_;
};

}  // namespace detail
}  // namespace rest
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_REST_DETAIL_BODY_PARSER_HPP
