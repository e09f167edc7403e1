#ifndef MILLRACE_STATS_SAMPLE_VIEW_HPP
#define MILLRACE_STATS_SAMPLE_VIEW_HPP

#include <millrace/core/config.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// A range that knows its size and whose items are numbers, but not contiguous doubles: it has to be copied.
template <class Range>
concept converted_numbers = requires(const Range& range) {
  { range.size() } -> std::convertible_to<std::size_t>;
  requires std::is_arithmetic_v<std::remove_cvref_t<decltype(*range.begin())>>;
} && !std::convertible_to<const Range&, std::span<const double>>;

/// A range whose items are no numbers, nor a proxy for one as std::vector<bool> has.
template <class Range>
concept other_items = requires(const Range& range) {
  { range.size() } -> std::convertible_to<std::size_t>;
  requires !std::is_arithmetic_v<std::remove_cvref_t<decltype(*range.begin())>>;
};

}  // namespace detail

/// The parameter type of every test on a sample: a view of contiguous doubles, or a copy of numbers of another type.
///
/// A std::vector, std::array, span or C array of doubles is viewed, not copied. Any other range that knows its size (a
/// vector of float, of integers or of bool, a deque or a list) is copied into doubles that the sample_view owns; long
/// double and 64-bit integers are rounded. It cannot be copied or stored: it is made for a call, and ends with it.
/// Allocates: only to convert.
/// Threads: values without shared state.
class sample_view {
 public:
  sample_view(std::span<const double> values) noexcept : values_(values) {}
  template <class Range>
  requires(std::convertible_to<const Range&, std::span<const double>> && !std::same_as<Range, sample_view>)
  sample_view(const Range& values) noexcept : values_(values) {}
  template <detail::converted_numbers Range>
  sample_view(const Range& numbers) {
    converted_.reserve(numbers.size());
    for (const auto number : numbers) converted_.push_back(static_cast<double>(number));
    values_ = {converted_.data(), converted_.size()};
  }
  /// millrace[STATS-7]: refuses a range whose items are no numbers. The compiler's error shows the template parameter's
  /// name, which says so.
  template <detail::other_items millrace_STATS_7_a_sample_holds_numbers>
  sample_view(const millrace_STATS_7_a_sample_holds_numbers&) = delete;
  sample_view(const sample_view&) = delete;
  sample_view& operator=(const sample_view&) = delete;

  operator std::span<const double>() const noexcept { return values_; }
  std::size_t size() const noexcept { return values_.size(); }
  const double* data() const noexcept { return values_.data(); }
  bool empty() const noexcept { return values_.empty(); }
  double operator[](std::size_t i) const noexcept { return values_[i]; }
  auto begin() const noexcept { return values_.begin(); }
  auto end() const noexcept { return values_.end(); }

 private:
  std::vector<double> converted_;
  std::span<const double> values_;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SAMPLE_VIEW_HPP
