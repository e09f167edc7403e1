#ifndef MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP
#define MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP

#include <millrace/core/config.hpp>

#include <cstddef>
#include <limits>

namespace millrace {
inline namespace v0 {
namespace detail {

template <class T>
struct extremes {
  T low = std::numeric_limits<T>::infinity();
  T high = -std::numeric_limits<T>::infinity();
  bool nan = false;  ///< one of the numbers was NaN: then low and high say nothing
};

/// The least and the greatest of many numbers, and whether any is NaN, in one pass over vectors of 16 bytes. Two
/// vectors side by side (`chains`), so that a comparison need not wait for the one before it.
template <class T>
inline extremes<T> scan_extremes(const T* values, std::size_t count) noexcept {
  typedef T vector __attribute__((vector_size(16)));
  constexpr std::size_t lanes = sizeof(vector) / sizeof(T);
  constexpr std::size_t chains = 2;
  extremes<T> found;
  std::size_t i = 0;
  if (count >= chains * lanes) {
    vector low[chains], high[chains];
    auto unordered = vector{} != vector{};  // lanes in which a NaN came: none yet
    for (std::size_t c = 0; c < chains; ++c) {
      low[c] = vector{} + found.low;
      high[c] = vector{} + found.high;
    }
    for (; i + chains * lanes <= count; i += chains * lanes) {
      for (std::size_t c = 0; c < chains; ++c) {
        vector v;
        __builtin_memcpy(&v, values + i + c * lanes, sizeof v);
        low[c] = v < low[c] ? v : low[c];
        high[c] = v > high[c] ? v : high[c];
        unordered |= v != v;
      }
    }
    for (std::size_t c = 0; c < chains; ++c) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        if (low[c][lane] < found.low) found.low = low[c][lane];
        if (high[c][lane] > found.high) found.high = high[c][lane];
        if (unordered[lane] != 0) found.nan = true;
      }
    }
  }
  for (; i < count; ++i) {
    if (values[i] < found.low) found.low = values[i];
    if (values[i] > found.high) found.high = values[i];
    if (values[i] != values[i]) found.nan = true;
  }
  return found;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_EXTREMES_HPP
