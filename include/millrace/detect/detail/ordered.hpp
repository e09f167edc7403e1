#ifndef MILLRACE_DETECT_DETAIL_ORDERED_HPP
#define MILLRACE_DETECT_DETAIL_ORDERED_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/detect/fwd.hpp>

#include <cstddef>
#include <cstring>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace detect {
namespace detail {

/// How many of `size` ascending numbers are below x. Complexity: O(log size), without a branch that depends on a
/// number.
inline std::size_t count_below(const double* ascending, std::size_t size, double x) noexcept {
  std::size_t below = 0;
  while (size > 0) {
    const std::size_t half = size / 2;
    const bool right = ascending[below + half] < x;
    below = right ? below + half + 1 : below;
    size = right ? size - half - 1 : half;
  }
  return below;
}

/// Sorts numbers, none of them NaN, in place; `scratch` holds as many. Complexity: O(size log size): runs of 8 by
/// insertion, then merged by pairs.
inline void sort_ascending(double* numbers, std::size_t size, double* scratch) noexcept {
  constexpr std::size_t run = 8;
  const auto at_most = [](std::size_t wanted, std::size_t left) { return wanted < left ? wanted : left; };
  for (std::size_t i = 0; i < size; i += run) detail::insertion_sort(numbers + i, at_most(run, size - i));
  double* from = numbers;
  double* to = scratch;
  for (std::size_t width = run; width < size; width *= 2) {
    for (std::size_t i = 0; i < size; i += 2 * width) {
      const std::size_t first = at_most(width, size - i);
      const std::size_t second = at_most(width, size - i - first);
      detail::merge_runs(from + i, first, from + i + first, second, to + i);
    }
    std::swap(from, to);
  }
  if (from != numbers) std::memcpy(numbers, from, size * sizeof(double));
}

}  // namespace detail
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_DETAIL_ORDERED_HPP
