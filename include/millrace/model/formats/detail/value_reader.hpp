#ifndef MILLRACE_MODEL_FORMATS_DETAIL_VALUE_READER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_VALUE_READER_HPP

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/ubjson_reader.hpp>
#include <millrace/model/fwd.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Reads values from JSON, in which NaN and the infinities may be named, or UBJSON. A function that returns false has
/// noted an error with the path of the value, and nothing is read after that.
class value_reader {
 public:
  value_reader(std::string_view text, bool binary) noexcept : binary_(binary), json_(text, true), ubjson_(text) {}

  /// Reads an object; `each(name)` reads the value, or passes over it. The name lives as long as the text.
  template <class Each>
  bool object(const Each& each) {
    if (next() != json_token::object) return fail("an object is expected");
    for (;;) {
      const json_token token = next();
      if (token == json_token::close) return true;
      if (token != json_token::key) return fail("a name is expected");
      if (!each(raw())) return false;
    }
  }
  /// Reads an array; `each(token)` reads the rest of an element that begins so.
  template <class Each>
  bool array(const Each& each) {
    if (next() != json_token::array) return fail("an array is expected");
    for (;;) {
      const json_token token = next();
      if (token == json_token::close) return true;
      if (token == json_token::wrong || !each(token)) return fail("an unexpected value");
    }
  }
  /// Reads an array of objects; `each(index)` reads one, as `object` does.
  template <class Each>
  bool objects(const Each& each) {
    if (next() != json_token::array) return fail("an array is expected");
    for (std::size_t i = 0;; ++i) {
      const json_token token = next();
      if (token == json_token::close) return true;
      if (token != json_token::object) return fail("an object is expected");
      put_back(token);
      if (!each(i)) return false;
    }
  }

  template <class T>
  bool numbers(std::vector<T>& out) {
    out.clear();
    return array([&](json_token token) {
      T value{};
      if (!number_of(token, value)) return false;
      out.push_back(value);
      return true;
    });
  }
  bool texts(std::vector<std::string>& out) {
    out.clear();
    return array([&](json_token token) {
      if (token != json_token::text) return false;
      out.push_back(unescaped());
      return true;
    });
  }
  bool text(std::string& out) {
    if (next() != json_token::text) return fail("a text is expected");
    out = unescaped();
    return true;
  }
  /// A whole number, which may stand in a text.
  bool count(std::uint64_t& out) {
    const json_token token = next();
    std::int64_t value = 0;
    const bool found = token == json_token::text ? whole_text(raw(), value) : number_of(token, value);
    if (!found || value < 0) return fail("a whole number is expected");
    out = static_cast<std::uint64_t>(value);
    return true;
  }
  template <class T>
  bool number(T& out) {
    return number_of(next(), out) || fail("a number is expected");
  }
  /// Whether the next value begins so; it is still to be read.
  bool next_is(json_token token) noexcept {
    held_ = next();
    return held_ == token;
  }
  /// Reads null, if that is next.
  bool skip_null() noexcept { return next_is(json_token::null) && next() == json_token::null; }
  /// Lets what `array` has handed over be read as a value.
  void put_back(json_token token) noexcept { held_ = token; }

  /// Passes over a value, whatever it is.
  bool pass() {
    const unsigned outside = depth_;
    do {
      const json_token token = next();
      if (token == json_token::wrong || token == json_token::end) return fail("a value is expected");
    } while (depth_ > outside);
    return true;
  }
  /// Nothing follows.
  bool end() { return next() == json_token::end || fail("something follows the value"); }

  /// Notes an error at the value that was read last, unless there is one already.
  bool fail(std::string_view what, errc code = errc::corrupt) {
    if (problem_) {
      if (is_wrong_) what = binary_ ? "this is no UBJSON" : "this is no JSON";
      problem_ = error(code, path().append(": ").append(what).append(" (byte ") +
                                 std::to_string(binary_ ? ubjson_.at() : json_.at()) + ")");
    }
    return false;
  }
  const result<void>& problem() const noexcept { return problem_; }

 private:
  static constexpr unsigned max_depth = 64;
  struct step {
    bool object = false;
    std::string_view name;
    std::size_t elements = 0;
  };

  json_token next() noexcept {
    if (held_ != json_token::end) return std::exchange(held_, json_token::end);
    if (is_wrong_) return json_token::wrong;
    const json_token token = binary_ ? ubjson_.next() : json_.next();
    if (token == json_token::close) {
      --depth_;
    } else if (token == json_token::key) {
      steps_[depth_ - 1].name = raw();
    } else if (depth_ > 0) {
      ++steps_[depth_ - 1].elements;
    }
    if (token == json_token::object || token == json_token::array) {
      if (depth_ == max_depth) return wrong();
      steps_[depth_++] = {.object = token == json_token::object, .name = {}};
    }
    return token == json_token::wrong ? wrong() : token;
  }
  json_token wrong() noexcept {
    is_wrong_ = true;
    return json_token::wrong;
  }

  std::string_view raw() const noexcept { return binary_ ? ubjson_.raw() : json_.raw(); }
  std::string unescaped() const { return binary_ ? std::string(raw()) : json_unescaped(raw()); }

  static bool whole_text(std::string_view text, std::int64_t& value) noexcept {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
  }

  template <class T>
  bool number_of(json_token token, T& value) const noexcept {
    if (token == json_token::yes || token == json_token::no) {
      value = static_cast<T>(token == json_token::yes ? 1 : 0);
      return true;
    }
    if (token != json_token::number) return false;
    if constexpr (std::floating_point<T>) {
      if (!binary_) return read_real(raw(), value);
      value = static_cast<T>(ubjson_.is_whole() ? static_cast<double>(ubjson_.whole()) : ubjson_.real());
      return true;
    } else {
      std::int64_t whole = ubjson_.whole();
      if (binary_ ? !ubjson_.is_whole() : !whole_text(raw(), whole)) return false;
      value = static_cast<T>(whole);
      return std::in_range<T>(whole);
    }
  }

  /// `learner.trees[3].left_children[5]`: where the value is that was read last.
  std::string path() const {
    std::string made;
    for (unsigned i = 0; i < depth_; ++i) {
      if (steps_[i].object && !steps_[i].name.empty()) {
        if (i > 0) made += '.';
        made.append(steps_[i].name.substr(0, 60));
      } else if (!steps_[i].object && steps_[i].elements > 0) {
        made += '[' + std::to_string(steps_[i].elements - 1) + ']';
      }
    }
    return made.empty() ? std::string("the file") : made;
  }

  bool binary_;
  json_reader json_;
  ubjson_reader ubjson_;
  bool is_wrong_ = false;
  json_token held_ = json_token::end;  // the next token, unless this is `end`
  unsigned depth_ = 0;
  step steps_[max_depth];
  result<void> problem_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_VALUE_READER_HPP
