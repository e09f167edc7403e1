#ifndef MILLRACE_CORE_DETAIL_SORT_HPP
#define MILLRACE_CORE_DETAIL_SORT_HPP

#include <millrace/core/config.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Puts the smaller of two integers into `a`, the larger into `b`. a ^ min(a, b) is 0 or a ^ b, so the second line
/// turns `b` into the larger; written so, compilers make no branch of it.
template <class T>
[[gnu::always_inline]] inline void put_in_order(T& a, T& b) noexcept {
  const T low = b < a ? b : a;
  b ^= a ^ low;
  a = low;
}

/// Sorts eight values.
/// Source: Batcher's odd-even merge sort for eight inputs, 19 exchanges.
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

/// Merges two sorted runs into `out`, values of `a` before equal ones of `b`. The output may overlap `b` if both end at
/// the same place: no value of `b` is then overwritten before it is read.
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

/// Merges two sorted runs, which stand side by side, from both ends at once. The comparisons at one end do not wait for
/// those at the other, and as many steps as the shorter run is long need no test for the end of a run.
template <class T>
class two_ended_merge {
 public:
  two_ended_merge(const T* at, std::size_t first, std::size_t second, T* out) noexcept
      : a_(at),
        a_back_(at + first - 1),
        b_(at + first),
        b_back_(at + first + second - 1),
        out_(out),
        out_back_(out + first + second - 1) {}

  /// Moves the smallest value left to the front of the output and the largest to its back.
  [[gnu::always_inline]] void step() noexcept {
    const bool second = *b_ < *a_;
    *out_++ = second ? *b_ : *a_;
    b_ += second;
    a_ += !second;
    const bool first = *b_back_ < *a_back_;
    *out_back_-- = first ? *a_back_ : *b_back_;
    a_back_ -= first;
    b_back_ -= !first;
  }
  /// Merges what is left between the two ends.
  void finish() noexcept {
    merge_runs(a_, static_cast<std::size_t>(a_back_ + 1 - a_), b_, static_cast<std::size_t>(b_back_ + 1 - b_), out_);
  }

 private:
  const T* a_;
  const T* a_back_;
  const T* b_;
  const T* b_back_;
  T* out_;
  T* out_back_;
};

/// Sorts numbers, none of them NaN, without a branch that depends on them.
/// `scratch` has room for as many.
/// Complexity: O(count log count) whatever the input; fastest if count is a power of two.
/// Allocates: never.
template <class T>
inline void sort_numbers(T* values, std::size_t count, T* scratch) noexcept {
  constexpr std::size_t base = 8;
  std::size_t i = 0;
  for (; i + base <= count; i += base) sort_eight(values + i);
  insertion_sort(values + i, count - i);
  T* from = values;
  T* to = scratch;
  for (std::size_t length = base; length < count; length *= 2) {
    // Two pairs of runs at once: four chains of comparisons that do not wait for each other.
    for (i = 0; i + 4 * length <= count; i += 4 * length) {
      two_ended_merge<T> left(from + i, length, length, to + i);
      two_ended_merge<T> right(from + i + 2 * length, length, length, to + i + 2 * length);
      for (std::size_t step = 0; step < length; ++step) left.step(), right.step();
    }
    while (i < count) {
      const std::size_t rest = count - i;
      const std::size_t first = rest < length ? rest : length;
      const std::size_t second = rest - first < length ? rest - first : length;
      two_ended_merge<T> pair(from + i, first, second, to + i);
      for (std::size_t step = 0; step < second; ++step) pair.step();
      pair.finish();
      i += first + second;
    }
    T* const swapped = from;
    from = to;
    to = swapped;
  }
  if (from != values) std::memcpy(values, from, count * sizeof(T));
}

/// Returns the value that would be at index `n` if `values` were sorted; overwrites `values`. One pass over the values
/// finds a result below 255; else each pass fixes one more byte of it, from the highest down, and keeps the values that
/// have these bytes.
/// Precondition: n < values.size() < 2^32.
/// Complexity: O(count).
inline std::uint64_t nth_smallest(std::vector<std::uint64_t>& values, std::size_t n) {
  std::array<std::uint32_t, 256> of_low{};
  for (const std::uint64_t value : values) ++of_low[value < 255 ? value : 255];
  std::size_t below = 0;
  for (std::uint64_t value = 0; value < 255; ++value) {
    below += of_low[value];
    if (n < below) return value;
  }
  std::uint64_t any_bits = 0;
  for (const std::uint64_t value : values) any_bits |= value;
  std::size_t left = values.size();
  for (int shift = any_bits == 0 ? 0 : (63 - std::countl_zero(any_bits)) / 8 * 8;; shift -= 8) {
    std::array<std::uint32_t, 256> with{};
    for (std::size_t i = 0; i < left; ++i) ++with[values[i] >> shift & 0xff];
    std::uint64_t byte = 0;
    while (n >= with[byte]) n -= with[byte++];
    std::size_t kept = 0;
    for (std::size_t i = 0; i < left; ++i) {
      values[kept] = values[i];
      kept += (values[i] >> shift & 0xff) == byte;
    }
    left = kept;
    if (shift == 0 || left == 1) return values[0];
  }
}

/// Sorts a vector stably by a strict weak order. Its elements are movable and have a default constructor.
/// Allocates: room for as many values.
template <class Vector, class Less>
inline void sort_by(Vector& values, Less&& less) {
  Vector other(values.size());
  for (std::size_t length = 1; length < values.size(); length *= 2) {
    for (std::size_t begin = 0; begin < values.size(); begin += 2 * length) {
      std::size_t a = begin;
      const std::size_t a_end = begin + length < values.size() ? begin + length : values.size();
      std::size_t b = a_end;
      const std::size_t b_end = a_end + length < values.size() ? a_end + length : values.size();
      for (std::size_t out = begin; out < b_end; ++out)
        other[out] = std::move(values[b == b_end || (a != a_end && !less(values[b], values[a])) ? a++ : b++]);
    }
    values.swap(other);
  }
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SORT_HPP
