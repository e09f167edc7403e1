#ifndef MILLRACE_CORE_DETAIL_HEAP_SORT_HPP
#define MILLRACE_CORE_DETAIL_HEAP_SORT_HPP

#include <millrace/core/config.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Sorts `n` values in place; `less` must be a strict weak order. std::sort would need <algorithm>, which takes a
/// quarter of the whole module's compile time.
///
/// A value that is put into the heap first moves down to a leaf along the larger children, then up to its place: that
/// takes about half the comparisons of stopping on the way down, because most values belong near the leaves.
/// Complexity: O(n log n) whatever the input.
/// Source: R. Floyd, CACM 7(12), 1964; down to a leaf and back up: I. Wegener, Theoretical Computer Science 118, 1993.
template <class T, class Less>
void heap_sort(T* values, std::size_t n, Less less) noexcept {
  const auto sift = [&](std::size_t root, std::size_t size, const T& value) {
    std::size_t at = root;
    while (2 * at + 2 < size) {
      const std::size_t left = 2 * at + 1;
      const std::size_t larger = left + static_cast<std::size_t>(!less(values[left + 1], values[left]));
      values[at] = values[larger];
      at = larger;
    }
    if (2 * at + 2 == size) {
      values[at] = values[2 * at + 1];
      at = 2 * at + 1;
    }
    while (at > root && less(values[(at - 1) / 2], value)) {
      values[at] = values[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    values[at] = value;
  };
  for (std::size_t i = n / 2; i-- > 0;) {
    const T value = values[i];
    sift(i, n, value);
  }
  for (std::size_t last = n; last-- > 1;) {
    const T value = values[last];
    values[last] = values[0];
    sift(0, last, value);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_HEAP_SORT_HPP
