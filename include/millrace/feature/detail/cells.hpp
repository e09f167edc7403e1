#ifndef MILLRACE_FEATURE_DETAIL_CELLS_HPP
#define MILLRACE_FEATURE_DETAIL_CELLS_HPP

#include <millrace/core/detail/chrono.hpp>
#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/policies.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

// ---- what an accessor gives

/// Calls an accessor: a pointer to a member or to a member function without arguments, or anything callable.
template <class Event, class Accessor>
constexpr decltype(auto) call(const Event& event, const Accessor& accessor) {
  if constexpr (std::is_member_object_pointer_v<Accessor>)
    return (event.*accessor);
  else if constexpr (std::is_member_function_pointer_v<Accessor>)
    return (event.*accessor)();
  else
    return accessor(event);
}

template <class T>
concept optional_like = requires(const T& value) {
  { value.has_value() } -> std::same_as<bool>;
  *value;
};
/// A value's type without the optionals around it.
template <class T>
struct unwrapped {
  using type = T;
};
template <optional_like T>
struct unwrapped<T> : unwrapped<std::remove_cvref_t<decltype(*std::declval<const T&>())>> {};

template <class T>
concept number_like = std::is_arithmetic_v<T>;
template <class T>
concept text_like = std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept category_like = text_like<T> || std::is_integral_v<T> || std::is_enum_v<T>;
template <class T>
concept time_like = chrono_time_point<T>;

template <class Event, class Accessor>
concept reads = std::is_invocable_v<const Accessor&, const Event&>;
/// What an accessor gives, without references and optionals. Precondition: reads<Event, Accessor>.
template <class Event, class Accessor>
using value_read = typename unwrapped<std::remove_cvref_t<std::invoke_result_t<const Accessor&, const Event&>>>::type;

// ---- what a transform takes

/// A number. Integers are converted to double.
struct number_cell {
  static constexpr std::string_view wanted = "number";
  template <class T>
  static constexpr bool accepts = number_like<T>;

  double value = 0;

  trouble read(const auto& from) noexcept {
    value = static_cast<double>(from);
    if (math::is_nan(value)) return trouble::missing;
    return math::is_finite(value) ? trouble::none : trouble::not_finite;
  }
};

/// A text. An empty one is a text as any other.
struct text_cell {
  template <class T>
  static constexpr bool accepts = text_like<T>;

  std::string_view value;

  template <class T>
  trouble read(const T& from) noexcept {
    if constexpr (std::is_pointer_v<T>)
      if (from == nullptr) return trouble::missing;
    value = std::string_view(from);
    return trouble::none;
  }
};

/// A category: a text, a char, an integer, a bool or an enumerator. Numbers and enumerators are spelled in decimal
/// digits, bools as 0 and 1. An empty text is missing.
struct category_cell {
  template <class T>
  static constexpr bool accepts = category_like<T>;

  std::string_view value;
  char digits[21];

  template <class T>
  trouble read(const T& from) noexcept {
    if constexpr (text_like<T>) {
      if constexpr (std::is_pointer_v<T>)
        if (from == nullptr) return trouble::missing;
      value = std::string_view(from);
      return value.empty() ? trouble::missing : trouble::none;
    } else if constexpr (std::is_enum_v<T>) {
      return read(static_cast<std::underlying_type_t<T>>(from));
    } else if constexpr (std::is_same_v<T, char>) {
      digits[0] = from;
      value = {digits, 1};
      return trouble::none;
    } else {
      bool negative = false;
      if constexpr (std::is_signed_v<T>) negative = from < 0;
      spell(negative, static_cast<std::uint64_t>(from));
      return trouble::none;
    }
  }

 private:
  void spell(bool negative, std::uint64_t number) noexcept {
    if (negative) number = 0 - number;
    char* const end = digits + sizeof digits;
    char* at = end;
    do {
      *--at = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    if (negative) *--at = '-';
    value = {at, static_cast<std::size_t>(end - at)};
  }
};

/// A moment, in seconds after the beginning of a period of 400 years of the Gregorian calendar, which repeats itself
/// after them, days of the week included: 1970-01-01T00:00:00Z and the moments 400 years before and after it are 0.
struct time_cell {
  template <class T>
  static constexpr bool accepts = time_like<T>;
  static constexpr std::int64_t period = 146'097LL * 86'400;

  std::int64_t value = 0;

  /// A std::chrono::sys_time of nanoseconds, without <chrono>.
  struct nanoseconds_since {
    using rep = std::int64_t;
    struct period {
      static constexpr std::int64_t num = 1;
      static constexpr std::int64_t den = 1'000'000'000;
    };
    std::int64_t value = 0;
    nanoseconds_since time_since_epoch() const noexcept { return *this; }
    std::int64_t count() const noexcept { return value; }
  };

  trouble read(const auto& from) noexcept {
    const auto since = from.time_since_epoch();
    using length = std::remove_cvref_t<decltype(since)>;
    constexpr std::int64_t num = length::period::num;
    constexpr std::int64_t den = length::period::den;
    if constexpr (std::is_floating_point_v<typename length::rep>) {
      const double seconds =
          math::floor(static_cast<double>(since.count()) * static_cast<double>(num) / static_cast<double>(den));
      if (math::is_nan(seconds)) return trouble::missing;
      if (!math::is_finite(seconds)) return trouble::not_finite;
      if (!(math::absolute(seconds) < 9e18)) return trouble::outside;
      value = static_cast<std::int64_t>(seconds) % period;
    } else {
      const int128 ticks = static_cast<int128>(since.count()) * num;
      const int128 whole = ticks / den - (ticks % den < 0 ? 1 : 0);
      value = static_cast<std::int64_t>(whole % period);
    }
    if (value < 0) value += period;
    return trouble::none;
  }
  trouble read_nanoseconds(std::int64_t since) noexcept { return read(nanoseconds_since{since}); }
};

/// Nothing but whether there is a value.
struct presence_cell {
  template <class T>
  static constexpr bool accepts = number_like<T> || category_like<T> || time_like<T>;

  template <class T>
  trouble read(const T& from) noexcept {
    if constexpr (std::is_floating_point_v<T>)
      return math::is_nan(from) ? trouble::missing : trouble::none;
    else if constexpr (time_like<T>)
      return time_cell().read(from) == trouble::missing ? trouble::missing : trouble::none;
    else if constexpr (category_like<T>)
      return category_cell().read(from);
    else
      return trouble::none;
  }
};

// ---- an accessor's value into a cell

template <class Cell, class T>
trouble read_value(Cell& cell, const T& value) noexcept {
  if constexpr (optional_like<T>)
    return value.has_value() ? read_value(cell, *value) : trouble::missing;
  else
    return cell.read(value);
}

/// Reads the event's value into the cell, and calls `then` with the trouble while what the accessor returned lives.
template <class Cell, class Event, class Accessor, class Then>
constexpr decltype(auto) with_cell(const Event& event, const Accessor& accessor, const Then& then) {
  decltype(auto) value = call(event, accessor);
  Cell cell;
  const trouble met = read_value(cell, value);
  return then(cell, met);
}

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_CELLS_HPP
