#ifndef MILLRACE_AGGREGATE_MEMBERS_DETAIL_FIXED_POINT_SUM_HPP
#define MILLRACE_AGGREGATE_MEMBERS_DETAIL_FIXED_POINT_SUM_HPP

#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// A number without rounding: sign, and limbs of 32 bits, the one of 2^(32 first) first. Neither the first nor the last
/// limb is zero, and zero has none: the same number has the same limbs.
struct exact_number {
  bool negative = false;
  int first = 0;
  std::vector<std::uint32_t> limbs{};
};

/// A double in [1, 2) times 2^exponent, or zero.
struct scaled_double {
  double value = 0;
  int exponent = 0;
};

/// Drops zeros at both ends.
inline void trim(exact_number& number) {
  std::size_t from = 0, to = number.limbs.size();
  while (to != 0 && number.limbs[to - 1] == 0) --to;
  while (from < to && number.limbs[from] == 0) ++from;
  for (std::size_t i = from; i < to; ++i) number.limbs[i - from] = number.limbs[i];
  number.limbs.resize(to - from);
  number.first = number.limbs.empty() ? 0 : number.first + static_cast<int>(from);
  if (number.limbs.empty()) number.negative = false;
}
inline exact_number exact(std::uint64_t count) {
  exact_number made{false, 0, std::vector<std::uint32_t>(2)};
  made.limbs[0] = static_cast<std::uint32_t>(count);
  made.limbs[1] = static_cast<std::uint32_t>(count >> 32);
  trim(made);
  return made;
}
inline exact_number product(const exact_number& a, const exact_number& b) {
  exact_number made{a.negative != b.negative, a.first + b.first,
                    std::vector<std::uint32_t>(a.limbs.size() + b.limbs.size())};
  for (std::size_t i = 0; i < a.limbs.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs.size(); ++j) {
      carry += std::uint64_t{a.limbs[i]} * b.limbs[j] + made.limbs[i + j];
      made.limbs[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    made.limbs[i + b.limbs.size()] = static_cast<std::uint32_t>(carry);
  }
  trim(made);
  return made;
}
/// |a| - |b|. `below` tells whether |a| is the smaller; the difference is then meaningless.
inline exact_number difference(const exact_number& a, const exact_number& b, bool& below) {
  below = !b.limbs.empty() && a.limbs.empty();
  if (b.limbs.empty() || a.limbs.empty()) return {false, a.first, a.limbs};
  const int first = a.first < b.first ? a.first : b.first;
  const int a_end = a.first + static_cast<int>(a.limbs.size());
  const int b_end = b.first + static_cast<int>(b.limbs.size());
  exact_number made{false, first,
                    std::vector<std::uint32_t>(static_cast<std::size_t>((a_end > b_end ? a_end : b_end) - first))};
  const auto limb = [](const exact_number& of, int place) {
    const int at = place - of.first;
    return at >= 0 && at < static_cast<int>(of.limbs.size()) ? of.limbs[static_cast<std::size_t>(at)] : 0U;
  };
  std::int64_t carry = 0;
  for (std::size_t i = 0; i < made.limbs.size(); ++i) {
    const int place = first + static_cast<int>(i);
    carry += std::int64_t{limb(a, place)} - std::int64_t{limb(b, place)};
    made.limbs[i] = static_cast<std::uint32_t>(carry & 0xffff'ffff);
    carry >>= 32;
  }
  below = carry != 0;
  trim(made);
  return made;
}
/// The nearest double, ties to even; its exponent has any size.
inline scaled_double rounded(const exact_number& number) noexcept {
  const std::size_t size = number.limbs.size();
  if (size == 0) return {};
  // The upper 64 bits from the first that is set, and whether any bit below them is.
  const auto limb = [&](std::size_t from_top) {
    return from_top < size ? std::uint64_t{number.limbs[size - 1 - from_top]} : 0;
  };
  const int zeros = std::countl_zero(number.limbs[size - 1]);
  std::uint64_t top = ((limb(0) << 32 | limb(1)) << zeros);
  if (zeros != 0) top |= limb(2) >> (32 - zeros);
  bool more = zeros == 0 ? limb(2) != 0 : (limb(2) << zeros & 0xffff'ffffU) != 0;
  for (std::size_t i = 3; i < size && !more; ++i) more = limb(i) != 0;
  if (more) top |= 1;  // 11 bits are rounded away: the last only has to tell a tie from more than one
  const std::uint64_t low = top & 0x7ff;
  std::uint64_t mantissa = top >> 11;
  if (low > 0x400 || (low == 0x400 && (mantissa & 1U) != 0)) ++mantissa;
  const int exponent = 32 * (number.first + static_cast<int>(size) - 1) + 31 - zeros;
  const double value = static_cast<double>(mantissa) * 0x1p-52;  // 2 where it was rounded up to the next power
  const bool up = value == 2;
  return {(number.negative ? -1 : 1) * (up ? 1 : value), exponent + (up ? 1 : 0)};
}

/// A sum of whole numbers times powers of two, from 2^-2148 to beyond 2^2100, without rounding: the sum, and what it is
/// saved as, are the same in any order. Carries wait in the upper halves of its places, each of which counts 2^32 times
/// the one before.
/// Allocates: when the range of powers grows.
/// Source: R. Neal, "Fast exact summation using small and large superaccumulators", arXiv:1505.05571, 2015.
class fixed_point_sum {
 public:
  /// Adds (or subtracts) `size` * 2^exponent; `size` is below 2^(32 (Places - 1)).
  template <unsigned Places, class Size>
  void add(Size size, int exponent, bool negative) {
    const auto bit = static_cast<unsigned>(exponent - 32 * lowest);
    const int place = static_cast<int>(bit / 32) + lowest;
    const unsigned shift = bit % 32;
    if (place < first_ || place + static_cast<int>(Places) > first_ + static_cast<int>(places_.size())) [[unlikely]]
      make_room(place, place + static_cast<int>(Places));
    std::int64_t* const at = places_.data() + (place - first_);
    const std::int64_t sign = negative ? -1 : 0;
    std::uint64_t left = static_cast<std::uint64_t>(size & 0xffff'ffffU) << shift;
    for (unsigned i = 0; i + 1 < Places; ++i) {
      at[i] += (static_cast<std::int64_t>(left & 0xffff'ffffU) ^ sign) - sign;
      size >>= 32;
      left = (left >> 32) + (static_cast<std::uint64_t>(size & 0xffff'ffffU) << shift);
    }
    at[Places - 1] += (static_cast<std::int64_t>(left & 0xffff'ffffU) ^ sign) - sign;
    if (++waiting_ == most_waiting) [[unlikely]]
      carry();
  }
  /// Adds the other sum (sign 1) or takes it away (-1).
  void merge(const fixed_point_sum& other, int sign = 1) {
    if (other.places_.empty()) return;
    make_room(other.first_, other.first_ + static_cast<int>(other.places_.size()));
    std::int64_t* const at = places_.data() + (other.first_ - first_);
    for (std::size_t i = 0; i < other.places_.size(); ++i) at[i] += sign * other.places_[i];
    waiting_ += other.waiting_ + 1;
    if (waiting_ >= most_waiting) carry();
  }

  exact_number number() const {
    fixed_point_sum all = *this;
    all.carry();
    const bool negative = !all.places_.empty() && all.places_.back() < 0;
    if (negative) {
      for (std::int64_t& one : all.places_) one = -one;
      all.carry();
    }
    exact_number made{negative, all.first_, std::vector<std::uint32_t>(all.places_.size())};
    for (std::size_t i = 0; i < made.limbs.size(); ++i) made.limbs[i] = static_cast<std::uint32_t>(all.places_[i]);
    trim(made);
    return made;
  }

  void save(envelope_writer& to) const {
    const exact_number all = number();
    to.u8(all.negative ? 1 : 0);
    to.u32(static_cast<std::uint32_t>(all.first - lowest));
    to.u64(all.limbs.size());
    for (const std::uint32_t limb : all.limbs) to.u32(limb);
  }
  bool load(envelope_reader& from) {
    const std::uint8_t negative = from.u8();
    const std::uint32_t first = from.u32();
    const std::size_t size = from.count(4);
    places_ = {};
    waiting_ = 0;
    if (negative > 1 || first > span || size > span || first + size > span) return false;
    first_ = static_cast<int>(first) + lowest;
    places_.resize(size);
    std::uint32_t limb = 0;
    for (std::size_t i = 0; i < size; ++i) {
      limb = from.u32();
      if (i == 0 && limb == 0) return false;
      places_[i] = negative != 0 ? -std::int64_t{limb} : std::int64_t{limb};
    }
    return size != 0 ? limb != 0 : negative == 0 && first == static_cast<std::uint32_t>(-lowest);
  }

 private:
  static constexpr int lowest = -68;                       // 2^-2176
  static constexpr unsigned span = 140;                    // up to 2^2304
  static constexpr std::uint32_t most_waiting = 1U << 30;  // so many additions fit into a place beside what is carried

  [[gnu::noinline]] void make_room(int from, int to) {
    const int size = static_cast<int>(places_.size());
    if (size == 0) first_ = from;
    const int begin = from < first_ ? from : first_;
    const int end = to > first_ + size ? to : first_ + size;
    if (begin == first_ && end == first_ + size) return;
    std::vector<std::int64_t> wider(static_cast<std::size_t>(end - begin));
    for (int i = 0; i < size; ++i)
      wider[static_cast<std::size_t>(first_ - begin + i)] = places_[static_cast<std::size_t>(i)];
    places_.swap(wider);
    first_ = begin;
  }
  /// Carries what waits: afterwards all places but the last are in [0, 2^32), and that one in [-2^32, 2^32).
  [[gnu::noinline]] void carry() {
    constexpr std::int64_t over = std::int64_t{1} << 32;
    std::int64_t carried = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const std::int64_t here = places_[i] + carried;
      const bool last = i + 1 == places_.size();
      if (last && here >= -over && here < over) {
        places_[i] = here;
        break;
      }
      places_[i] = here & (over - 1);
      carried = here >> 32;
      if (last) {
        places_.resize(places_.size() + 1);
        places_.back() = carried;
        break;
      }
    }
    waiting_ = 0;
  }

  int first_ = 0;
  std::uint32_t waiting_ = 0;  // additions since the last carry
  std::vector<std::int64_t> places_;
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_MEMBERS_DETAIL_FIXED_POINT_SUM_HPP
