#ifndef MILLRACE_CORE_DETAIL_SORT_DOUBLES_HPP
#define MILLRACE_CORE_DETAIL_SORT_DOUBLES_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/order_key.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// Radix sort, stable: sorts `keys` by `Passes` digits of 11 bits, the lowest of which begins at bit `from`. `other`
/// has room for as many keys. A digit that is the same in all keys is skipped. Precondition: `keys` is not empty.
template <std::size_t Passes>
void sort_digits(flat_vector<std::uint64_t>& keys, flat_vector<std::uint64_t>& other, unsigned from) {
  constexpr std::size_t bins = 2048;
  flat_vector<std::uint32_t> counts(Passes * bins, 0);
  for (const std::uint64_t key : keys)
    for (std::size_t p = 0; p < Passes; ++p) ++counts[p * bins + ((key >> (from + 11 * p)) & (bins - 1))];
  for (std::size_t p = 0; p < Passes; ++p) {
    std::uint32_t* const count = counts.data() + p * bins;
    const unsigned shift = from + static_cast<unsigned>(11 * p);
    if (count[(keys[0] >> shift) & (bins - 1)] == keys.size()) continue;
    std::uint32_t before = 0;
    for (std::size_t b = 0; b < bins; ++b) {
      const std::uint32_t here = count[b];
      count[b] = before;
      before += here;
    }
    for (const std::uint64_t key : keys) other[count[(key >> shift) & (bins - 1)]++] = key;
    keys.swap(other);
  }
}

/// Sorts keys that are nearly in order, by insertion. Gives up and returns false, with the keys in some other order,
/// when the moves exceed four a key on average.
template <class Key>
bool settle_few(Key* keys, std::size_t size) noexcept {
  std::size_t budget = 4 * size;
  for (std::size_t i = 1; i < size; ++i) {
    const Key key = keys[i];
    std::size_t at = i;
    while (at > 0 && keys[at - 1] > key) {
      keys[at] = keys[at - 1];
      --at;
    }
    keys[at] = key;
    if (i - at > budget) return false;
    budget -= i - at;
  }
  return true;
}

/// Sorts numbers by where they lie between the smallest and the largest. That place, as an integer of 22 bits, is
/// sorted in two passes of a radix sort, and `settle_few` orders the numbers that share a place. Returns false, with
/// the numbers in some other order, if too many share one, as when an outlier is far beyond the rest; also if the range
/// nearly underflows or overflows.
inline bool sort_by_place(std::vector<double>& numbers, std::vector<double>& other) {
  constexpr std::size_t bins = 2048;
  double low = numbers[0];
  double high = numbers[0];
  for (const double x : numbers) {
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  const double range = high - low;
  if (range == 0) return true;
  if (!(range > 1e-290 && range < 1e300)) return false;
  const double scale = 4194303.0 / range;  // 2^22 - 1
  // Rounding keeps the order: of two numbers the larger has no lower place.
  const auto place = [=](double x) { return static_cast<std::uint32_t>(static_cast<std::int32_t>((x - low) * scale)); };
  flat_vector<std::uint32_t> counts(2 * bins, 0);
  std::uint32_t* const fine = counts.data();
  std::uint32_t* const coarse = fine + bins;
  for (const double x : numbers) {
    const std::uint32_t at = place(x);
    ++fine[at % bins];
    ++coarse[at / bins];
  }
  std::uint32_t before[2] = {0, 0};
  for (std::size_t b = 0; b < bins; ++b) {
    before[0] += std::exchange(fine[b], before[0]);
    before[1] += std::exchange(coarse[b], before[1]);
  }
  for (const double x : numbers) other[fine[place(x) % bins]++] = x;
  for (const double x : other) numbers[coarse[place(x) / bins]++] = x;
  return settle_few(numbers.data(), numbers.size());
}

/// Sorts numbers, none of them NaN; -0.0 becomes 0.0. From 512 numbers on, where counting beats comparing, it tries in
/// turn the place in the range; the top 33 bits of the order key (sign, exponent and 21 bits of the mantissa); and all
/// bits. Complexity: O(count) up to 2^32 numbers, 4 to 15 ns each. Allocates: up to twice the memory of the numbers.
inline void sort_doubles(std::vector<double>& numbers) {
  const std::size_t n = numbers.size();
  for (double& x : numbers) x += 0.0;  // -0 counts as 0
  if (n < 512 || n > 0xffffffffU) {
    heap_sort(numbers.data(), n, [](double a, double b) { return a < b; });
    return;
  }
  if (n < (std::size_t{1} << 24)) {
    std::vector<double> room(n);
    if (sort_by_place(numbers, room)) return;
  }
  flat_vector<std::uint64_t> keys(n);
  flat_vector<std::uint64_t> other(n);
  for (std::size_t i = 0; i < n; ++i) keys[i] = to_unsigned_key(numbers[i]);
  sort_digits<3>(keys, other, 31);
  if (!settle_few(keys.data(), n)) {
    sort_digits<3>(keys, other, 0);
    sort_digits<3>(keys, other, 31);  // bits 31 and 32 are in both
  }
  for (std::size_t i = 0; i < n; ++i) numbers[i] = from_unsigned_key(keys[i]);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_SORT_DOUBLES_HPP
