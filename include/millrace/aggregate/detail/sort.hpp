#ifndef MILLRACE_AGGREGATE_DETAIL_SORT_HPP
#define MILLRACE_AGGREGATE_DETAIL_SORT_HPP

#include <cstddef>
#include <cstring>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Puts the lesser of two integers first. Written so that compilers make no branch of it.
template <class T>
[[gnu::always_inline]] inline void put_in_order(T& a, T& b) noexcept {
  const T low = b < a ? b : a;
  b ^= a ^ low;
  a = low;
}

/// Sorts eight. Source: Batcher's odd-even merge sort for eight inputs, 19 exchanges.
template <class T>
[[gnu::always_inline]] inline void sort_eight(T* at) noexcept {
  T a = at[0], b = at[1], c = at[2], d = at[3], e = at[4], f = at[5], g = at[6], h = at[7];
  put_in_order(a, b), put_in_order(c, d), put_in_order(e, f), put_in_order(g, h);
  put_in_order(a, c), put_in_order(b, d), put_in_order(e, g), put_in_order(f, h);
  put_in_order(b, c), put_in_order(f, g), put_in_order(a, e), put_in_order(d, h);
  put_in_order(b, f), put_in_order(c, g);
  put_in_order(b, e), put_in_order(d, g);
  put_in_order(c, e), put_in_order(d, f);
  put_in_order(d, e);
  at[0] = a, at[1] = b, at[2] = c, at[3] = d, at[4] = e, at[5] = f, at[6] = g, at[7] = h;
}

template <class T>
inline void insertion_sort(T* at, std::size_t count) noexcept {
  for (std::size_t i = 1; i < count; ++i) {
    const T value = at[i];
    std::size_t j = i;
    for (; j > 0 && value < at[j - 1]; --j) at[j] = at[j - 1];
    at[j] = value;
  }
}

/// Merges two sorted runs. `out` may lie before `b` so that the end of the output is the end of `b`:
/// then the merge is in place.
template <class T>
inline void merge_runs(const T* a, std::size_t a_count, const T* b, std::size_t b_count, T* out) noexcept {
  const T* const a_end = a + a_count;
  const T* const b_end = b + b_count;
  while (a != a_end && b != b_end) {
    const bool second = *b < *a;
    *out++ = second ? *b : *a;
    b += second;
    a += !second;
  }
  if (a != a_end) std::memmove(out, a, static_cast<std::size_t>(a_end - a) * sizeof(T));
  if (b != b_end && out != b) std::memmove(out, b, static_cast<std::size_t>(b_end - b) * sizeof(T));
}

/// Merges two sorted runs of the same length that stand side by side, from both ends at once: two independent
/// chains of comparisons, and no test for the end of a run.
template <class T>
inline void merge_equal_runs(const T* at, std::size_t length, T* out) noexcept {
  const T* a = at;
  const T* b = at + length;
  const T* a_back = at + length - 1;
  const T* b_back = at + 2 * length - 1;
  T* out_back = out + 2 * length - 1;
  for (std::size_t i = 0; i < length; ++i) {
    const bool second = *b < *a;
    *out++ = second ? *b : *a;
    b += second;
    a += !second;
    const bool first = *b_back < *a_back;
    *out_back-- = first ? *a_back : *b_back;
    a_back -= first;
    b_back -= !first;
  }
}

/// Sorts numbers, none of them NaN, without a branch that depends on them.
/// Complexity: O(count log count) whatever the input. `scratch` holds as many; allocates: never.
template <class T>
inline void sort_numbers(T* values, std::size_t count, T* scratch) noexcept {
  constexpr std::size_t base = 8;
  std::size_t i = 0;
  for (; i + base <= count; i += base) sort_eight(values + i);
  insertion_sort(values + i, count - i);
  T* from = values;
  T* to = scratch;
  for (std::size_t length = base; length < count; length *= 2) {
    for (i = 0; i + 2 * length <= count; i += 2 * length) merge_equal_runs(from + i, length, to + i);
    const std::size_t left = count - i;
    const std::size_t first = left < length ? left : length;
    merge_runs(from + i, first, from + i + first, left - first, to + i);
    T* const swapped = from;
    from = to;
    to = swapped;
  }
  if (from != values) std::memcpy(values, from, count * sizeof(T));
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_DETAIL_SORT_HPP
