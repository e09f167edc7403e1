#ifndef MILLRACE_FEATURE_SPECIFICATION_CELL_HPP
#define MILLRACE_FEATURE_SPECIFICATION_CELL_HPP

#include <millrace/core/detail/chrono.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/feature/fwd.hpp>
#include <millrace/feature/tables/table.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace feature {

/// One value of a row whose columns are known by name: a number, a text or category, a time, or nothing. It views its
/// text, which must outlive it.
class cell {
 public:
  enum class form : std::uint8_t { missing, number, text, time };

  /// A missing one.
  constexpr cell() noexcept : number_(0) {}
  /// A number or a bool; NaN is missing.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  constexpr cell(Number number) noexcept : number_(static_cast<double>(number)), form_(form::number) {
    if (detail::math::is_nan(number_)) form_ = form::missing;
  }
  /// A text or a category; a null pointer is missing.
  template <class Text>
  requires std::is_convertible_v<const Text&, std::string_view>
  constexpr cell(const Text& text) noexcept : form_(form::text) {
    if constexpr (std::is_pointer_v<Text>)
      if (text == nullptr) {
        form_ = form::missing;
        return;
      }
    const std::string_view view(text);
    text_ = view.data();
    size_ = view.size();
  }
  /// A std::chrono::time_point, whose time must fit 64 bits of nanoseconds.
  template <detail::chrono_time_point Point>
  constexpr cell(const Point& at) noexcept : time_(detail::to_nanoseconds(at.time_since_epoch())), form_(form::time) {}
  /// A time in nanoseconds since 1970-01-01T00:00:00Z.
  static constexpr cell at_nanoseconds(std::int64_t time) noexcept {
    cell made;
    made.time_ = time;
    made.form_ = form::time;
    return made;
  }
  /// A column's cell. Precondition: row < from.rows().
  cell(const column& from, std::size_t row) noexcept : cell() {
    if (from.missing(row)) return;
    if (from.kind == column_kind::number)
      *this = from.numbers[row];
    else if (from.kind == column_kind::time)
      *this = at_nanoseconds(from.times[row]);
    else
      *this = from.text(row);
  }

  constexpr form what() const noexcept { return form_; }
  /// Precondition, here and below: what() says so.
  constexpr double number() const noexcept { return number_; }
  constexpr std::int64_t nanoseconds() const noexcept { return time_; }
  constexpr std::string_view text() const noexcept { return {text_, size_}; }

 private:
  union {
    double number_;
    std::int64_t time_;
    const char* text_;
  };
  std::size_t size_ = 0;
  form form_ = form::missing;
};

/// A cell of a row, by the name of its column: `{"amount", 12.5}`.
struct named_cell {
  std::string_view name;
  cell value;
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_SPECIFICATION_CELL_HPP
