#ifndef MILLRACE_FEATURE_TRANSFORMS_TEMPORAL_HPP
#define MILLRACE_FEATURE_TRANSFORMS_TEMPORAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/feature/detail/transform.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// Part of a moment for `temporal`: the hour, 0 to 23.
struct hour {
  static constexpr std::string_view name = "hour";
  static constexpr unsigned first = 0;
  static constexpr unsigned period = 24;
};
/// Part of a moment for `temporal`: the day of the week, 0 (Monday) to 6 (Sunday).
struct weekday {
  static constexpr std::string_view name = "weekday";
  static constexpr unsigned first = 0;
  static constexpr unsigned period = 7;
};
/// Part of a moment for `temporal`: the day of the month, 1 to 31.
struct day {
  static constexpr std::string_view name = "day";
  static constexpr unsigned first = 1;
  static constexpr unsigned period = 31;
};
/// Part of a moment for `temporal`: the month, 1 to 12.
struct month {
  static constexpr std::string_view name = "month";
  static constexpr unsigned first = 1;
  static constexpr unsigned period = 12;
};
/// Part of a moment for `temporal`: sine and cosine of an hour, weekday, day or month as an angle, in two columns, so
/// that the last is next to the first: `cyclic<hour>`.
template <class Part>
struct cyclic {
  using part = Part;
};

namespace detail {

struct moment {
  calendar_time date;
  unsigned weekday = 0;

  /// From what a time_cell holds. 1970-01-01, and so the period's first day, was a Thursday.
  explicit moment(std::int64_t seconds) noexcept
      : date(to_calendar(static_cast<std::uint64_t>(seconds) * 1'000'000'000U)),
        weekday(static_cast<unsigned>((seconds / 86'400 + 3) % 7)) {}

  template <class Part>
  unsigned get() const noexcept {
    if constexpr (std::is_same_v<Part, hour>)
      return date.hour;
    else if constexpr (std::is_same_v<Part, feature::weekday>)
      return weekday;
    else if constexpr (std::is_same_v<Part, day>)
      return date.day;
    else
      return date.month;
  }
};

template <class Part>
inline constexpr bool is_plain_part = std::is_same_v<Part, hour> || std::is_same_v<Part, weekday> ||
                                      std::is_same_v<Part, day> || std::is_same_v<Part, month>;
template <class Part>
struct part_of_time {
  static constexpr bool known = is_plain_part<Part>;
  static constexpr std::size_t width = 1;
  static void append_name(std::string& text, std::size_t) { (text += '.') += Part::name; }
  static void describe(std::string& text) { text += Part::name; }
  static void write(const moment& at, float* out) noexcept { *out = static_cast<float>(at.get<Part>()); }
};
template <class Part>
struct part_of_time<cyclic<Part>> {
  static constexpr bool known = is_plain_part<Part>;
  static constexpr std::size_t width = 2;
  static void append_name(std::string& text, std::size_t i) {
    ((text += '.') += Part::name) += i == 0 ? ".sin" : ".cos";
  }
  static void describe(std::string& text) { ((text += "cyclic ") += Part::name); }
  static void write(const moment& at, float* out) noexcept {
    const double turn = static_cast<double>(at.get<Part>() - Part::first) / static_cast<double>(Part::period);
    out[0] = static_cast<float>(math::sin(6.283185307179586 * turn));
    out[1] = static_cast<float>(math::cos(6.283185307179586 * turn));
  }
};

template <class... Parts>
struct temporal_kernel {
  static constexpr std::string_view kind = "temporal";
  using cell = time_cell;
  static constexpr std::size_t width = (part_of_time<Parts>::width + ...);
  static constexpr trouble_set meets = of_numbers;

  static void describe(std::string& text) {
    const char* before = "(";
    ((text += before, part_of_time<Parts>::describe(text), before = ", "), ...);
    text += ')';
  }
  static void suffix(std::string& text, std::size_t i) {
    const auto append = [&]<class Part>(std::type_identity<Part>) {
      if (i < part_of_time<Part>::width) part_of_time<Part>::append_name(text, i);
      i -= part_of_time<Part>::width;  // after the part that was meant, it is beyond all others
    };
    (append(std::type_identity<Parts>()), ...);
  }
  static void absent(float* out) noexcept { fill_columns(out, width, missing_value); }
  static trouble write(const time_cell& x, float* out) noexcept {
    const moment at(x.value);
    ((part_of_time<Parts>::write(at, out), out += part_of_time<Parts>::width), ...);
    return trouble::none;
  }
  template <class Give>
  void parameters(const Give& give) const {
    std::vector<std::string> all(sizeof...(Parts));
    std::size_t i = 0;
    (part_of_time<Parts>::describe(all[i++]), ...);
    give("parts", std::move(all));
  }
  void save(envelope_writer&) const noexcept {}
  bool load(envelope_reader&) noexcept { return true; }
};

}  // namespace detail

/// Transform: parts of a std::chrono::time_point, such as `temporal<"at", hour, cyclic<weekday>>(&payment::at)`, in UTC
/// and the Gregorian calendar, for any year. For the time of another zone let the accessor be a lambda that shifts it.
template <fixed_string Name, class... Parts, class Accessor, class... Rules>
constexpr auto temporal(Accessor accessor, Rules... rules) {
  static_assert(sizeof...(Parts) > 0 && (detail::part_of_time<Parts>::known && ...),
                "millrace[FEATURE-20]: temporal<Name, Parts...> takes hour, weekday, day, month, and cyclic of them");
  if constexpr (sizeof...(Parts) > 0 && (detail::part_of_time<Parts>::known && ...))
    return detail::make_transform<Name>(std::move(accessor), detail::temporal_kernel<Parts...>(), rules...);
}

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_TRANSFORMS_TEMPORAL_HPP
