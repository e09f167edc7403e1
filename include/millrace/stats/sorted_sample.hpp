#ifndef MILLRACE_STATS_SORTED_SAMPLE_HPP
#define MILLRACE_STATS_SORTED_SAMPLE_HPP

#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/sample_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// A sample in ascending order, without NaN and infinities, for the tests on ranks and on distribution functions. It is
/// sorted once and can then be compared any number of times, such as a monitor's reference with every new window.
/// Moved from, it is empty.
class sorted_sample {
 public:
  sorted_sample() = default;
  sorted_sample(const sorted_sample&) = default;
  sorted_sample& operator=(const sorted_sample&) = default;
  sorted_sample(sorted_sample&&) noexcept = default;
  sorted_sample& operator=(sorted_sample&& other) noexcept {
    sorted_sample taken(std::move(other));
    values_.swap(taken.values_);
    return *this;
  }
  ~sorted_sample() = default;

  /// Sorts a copy of the sample. Error messages call the sample `name`.
  /// Complexity: O(n log n), 5 to 10 ns a number.
  /// Allocates: O(n).
  /// Errors: invalid_data: an empty sample; not_finite: NaN or an infinity.
  static result<sorted_sample> make(const sample_view& sample, const char* name = "the sample") {
    if (auto ok = detail::checked(sample, name, 1); !ok) return std::move(ok).error();
    sorted_sample s;
    s.values_.assign(sample.data(), sample.data() + sample.size());
    detail::sort_doubles(s.values_);
    return s;
  }

  std::span<const double> values() const noexcept { return {values_.data(), values_.size()}; }
  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const noexcept { return values_.empty(); }
  double operator[](std::size_t i) const noexcept { return values_[i]; }

  /// The quantile at `p` in [0, 1], linear between order statistics (Hyndman and Fan's type 7, the default of R and
  /// NumPy). The sample must not be empty.
  double quantile(double p) const noexcept {
    const double at = p * static_cast<double>(values_.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    if (below + 1 >= values_.size()) return values_.back();
    const double part = at - static_cast<double>(below);
    return values_[below] + part * (values_[below + 1] - values_[below]);
  }

 private:
  std::vector<double> values_;
};

namespace detail {

inline result<void> checked(const sorted_sample& sample, const char* name) {
  if (!sample.empty()) return {};
  return error(errc::invalid_data, std::string(name) + " is empty");
}

/// Calls `test(a, b)` with sorted copies of both samples.
template <class Test>
auto on_sorted(const sample_view& a, const sample_view& b, Test test)
    -> decltype(test(sorted_sample(), sorted_sample())) {
  const auto first = sorted_sample::make(a, "the first sample");
  if (!first) return first.error();
  const auto second = sorted_sample::make(b, "the second sample");
  if (!second) return second.error();
  return test(*first, *second);
}

/// Walks two samples together in ascending order and calls visit(value, i, j) after every distinct value: i
/// observations of `a` and j of `b` are at most that value. A branch predictor cannot guess which sample holds the next
/// value, so both places move by the result of a comparison, without a branch.
template <class Visit>
void merge_walk(const sorted_sample& a, const sorted_sample& b, Visit visit) {
  const std::span<const double> x = a.values();
  const std::span<const double> y = b.values();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < x.size() && j < y.size()) {
    const double p = x[i];
    const double q = y[j];
    const double value = p < q ? p : q;
    i += static_cast<std::size_t>(p <= q);
    j += static_cast<std::size_t>(q <= p);
    if ((i < x.size() && x[i] == value) || (j < y.size() && y[j] == value)) [[unlikely]]
      continue;
    visit(value, i, j);
  }
  while (i < x.size() || j < y.size()) {
    const double value = i < x.size() ? x[i] : y[j];
    while (i < x.size() && x[i] == value) ++i;
    while (j < y.size() && y[j] == value) ++j;
    visit(value, i, j);
  }
}

}  // namespace detail

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SORTED_SAMPLE_HPP
