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

/// A contiguous range of numbers that is not convertible to a span of doubles, so that it has to be copied.
template <class Range>
concept converted_numbers = requires(const Range& range) {
  { range.size() } -> std::convertible_to<std::size_t>;
  requires std::is_arithmetic_v<std::remove_cvref_t<decltype(*range.data())>>;
} && !std::convertible_to<const Range&, std::span<const double>>;

}  // namespace detail

/// The parameter type of every test on a sample: a view of contiguous doubles, or a copy of numbers of another type.
///
/// A std::vector, std::array, span or C array of doubles is viewed, not copied. A vector, array or span of float or of
/// integers is copied into doubles that the sample_view owns; long double and 64-bit integers are rounded. It cannot be
/// copied or stored: it is made for a call, and ends with it.
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
    for (std::size_t i = 0; i < numbers.size(); ++i) converted_.push_back(static_cast<double>(numbers.data()[i]));
    values_ = converted_;
  }
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
