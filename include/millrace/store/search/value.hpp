#ifndef MILLRACE_STORE_SEARCH_VALUE_HPP
#define MILLRACE_STORE_SEARCH_VALUE_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/store/fwd.hpp>

#include <charconv>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace store {

/// What a row has under a key: nothing, a number or a text. An integer is kept to the last digit, so that times in
/// nanoseconds compare as they are.
///
/// A text is referred to, not held: who returns one from a row keeps it until the row has been asked.
class search_value {
 public:
  enum class form : std::uint8_t { absent, integer, real, text };

  /// Nothing.
  constexpr search_value() noexcept = default;
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool>)
  constexpr search_value(T value) noexcept {  // NOLINT(*-explicit-*): what a row has is a value of this kind
    if constexpr (std::unsigned_integral<T> && sizeof(T) == sizeof(std::int64_t)) {
      if (value > static_cast<T>((std::numeric_limits<std::int64_t>::max)())) {
        form_ = form::real;
        real_ = static_cast<double>(value);
        return;
      }
    }
    form_ = form::integer;
    integer_ = static_cast<std::int64_t>(value);
  }
  constexpr search_value(double value) noexcept : form_(form::real), real_(value) {}  // NOLINT(*-explicit-*)
  template <class T>
  requires std::convertible_to<const std::remove_reference_t<T>&, std::string_view>
  constexpr search_value(T&& value) noexcept : form_(form::text), text_(value) {  // NOLINT(*-explicit-*)
    static_assert(millrace::detail::requirement < std::is_lvalue_reference_v<T> ||
                      std::is_trivially_copyable_v<std::remove_cv_t<T>>,
                  T >,
                  "millrace[SEARCH-1]: a search_value refers to its text, and this one is gone when the line is over: "
                  "keep it in the row");
  }

  constexpr form holds() const noexcept { return form_; }
  constexpr bool is_number() const noexcept { return form_ == form::integer || form_ == form::real; }
  constexpr bool is_text() const noexcept { return form_ == form::text; }
  constexpr bool is_absent() const noexcept { return form_ == form::absent; }
  constexpr bool is_nan() const noexcept { return form_ == form::real && __builtin_isnan(real_); }

  /// Precondition: it holds an integer.
  constexpr std::int64_t integer() const noexcept { return integer_; }
  /// The number, an integer rounded to the nearest double. Precondition: it holds a number.
  constexpr double real() const noexcept { return form_ == form::integer ? static_cast<double>(integer_) : real_; }
  /// Precondition: it holds a text.
  constexpr std::string_view text() const noexcept { return text_; }

 private:
  form form_ = form::absent;
  union {
    std::int64_t integer_ = 0;
    double real_;
  };
  std::string_view text_;
};

namespace detail {

/// How far an integer is from the double that is nearest to it.
constexpr std::int64_t beyond_nearest(std::int64_t integer, double nearest) noexcept {
  constexpr std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
  if (nearest >= 0x1p63) return integer - most - 1;
  return integer - static_cast<std::int64_t>(nearest);
}

/// Compares numbers exactly. Rounding keeps order, so two numbers that round to different doubles compare as these do;
/// and where the doubles are equal, what was rounded away decides.
constexpr std::partial_ordering compare_numbers(const search_value& a, const search_value& b) noexcept {
  const double x = a.real();
  const double y = b.real();
  if (!(x == y)) return x <=> y;
  const auto rest = [](const search_value& value) {
    return value.holds() == search_value::form::integer ? beyond_nearest(value.integer(), value.real())
                                                        : std::int64_t{0};
  };
  return rest(a) <=> rest(b);
}

/// The number that a text is, all of it, or nothing.
inline search_value number_in(std::string_view text) noexcept {
  std::int64_t integer = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, integer);
  if (read.ec == std::errc() && read.ptr == end) return integer;
  double real = 0;
  if (read_real(text, real)) return real;
  return {};
}

/// Makes two values ones that compare: a text is read as a number where the other side is one. False: one is absent, or
/// no number although the other one is.
inline bool make_comparable(search_value& a, search_value& b) noexcept {
  if (a.is_absent() || b.is_absent()) return false;
  if (a.is_text() == b.is_text()) return true;
  search_value& text = a.is_text() ? a : b;
  text = number_in(text.text());
  return !text.is_absent();
}
/// Compares two texts, or two numbers. Unordered: one is NaN.
constexpr std::partial_ordering compare_values(const search_value& a, const search_value& b) noexcept {
  if (a.is_text()) return a.text() <=> b.text();
  return compare_numbers(a, b);
}

}  // namespace detail

/// Two values are equal if they are the same number, the same text, or both absent. NaN is equal to nothing.
inline bool operator==(const search_value& a, const search_value& b) noexcept {
  if (a.is_absent() || b.is_absent() || a.is_text() != b.is_text()) return a.is_absent() && b.is_absent();
  return detail::compare_values(a, b) == 0;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_VALUE_HPP
