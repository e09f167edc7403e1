#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/math.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// How many items left `count` different coupons: the inverse of the expectation, to the third order. A coupon has
/// one of 2^26 addresses and a value v with probability 2^-v.
inline double items_behind_coupons(double count) noexcept {
  constexpr double addresses = 67108864;
  double items = count;
  for (int round = 0; round < 4; ++round) {
    const double pairs = items * (items - 1);
    // two alike: sum of 4^-v is 1/3; three alike: sum of 8^-v is 1/7
    items = count + pairs / (6 * addresses) - pairs * (items - 2) / (42 * addresses * addresses);
  }
  return items;
}

/// The same where coupons become registers, as DataSketches interpolates it there: the image carries the number on, so
/// it must be the same to the last bit. Measured from its images, for 16 to 2^21 registers.
inline double items_at_changeover(unsigned lg_k) noexcept {
  constexpr std::array<std::uint64_t, 15> bits{
      0x4020000004aaaaadU, 0x403900001900001eU, 0x4048800031000073U, 0x40584000610001c2U, 0x40682000c10006f3U,
      0x4078100181001b9dU, 0x4088080301006ddeU, 0x409804060101b6ffU, 0x40a8020c0106dbdaU, 0x40b80118011b6ffaU,
      0x40c800b0016d600aU, 0x40d800a002b5abbfU, 0x40e800e007d968fdU, 0x40f801901c6d8c37U, 0x410803086ec3f653U};
  return std::bit_cast<double>(bits[lg_k < 8 ? 0 : lg_k - 7]);
}

/// What is expected of one register after `rate` items for each register on average, with as many items as a Poisson
/// process brings. A register's value M is the most of its items' values, so P(M <= m) = exp(-rate 2^-m).
struct register_moments {
  double mean = 0;    // S, of 2^-M
  double slope = 0;   // its first derivative by the rate
  double bend = 0;    // and the second
  double square = 0;  // of 4^-M

  explicit register_moments(double rate) noexcept {
    constexpr unsigned most = 63;
    // P(M <= m - 1) with its derivatives, and 2^-m.
    double before = math::exp(-rate);
    double before_slope = -before;
    double before_bend = before;
    mean = square = before;
    slope = before_slope;
    bend = before_bend;
    double half = 0.5;
    for (unsigned m = 1; m <= most; ++m, half /= 2) {
      const double up_to = m == most ? 1.0 : math::exp(-rate * half);
      const double up_to_slope = m == most ? 0.0 : -half * up_to;
      const double up_to_bend = m == most ? 0.0 : half * half * up_to;
      mean += half * (up_to - before);
      slope += half * (up_to_slope - before_slope);
      bend += half * (up_to_bend - before_bend);
      square += half * half * (up_to - before);
      before = up_to;
      before_slope = up_to_slope;
      before_bend = up_to_bend;
    }
  }
};

/// How many items leave registers whose 2^-M have this mean: the inverse of what n items leave on average.
///
/// Of exactly n = k rate items, not of a Poisson process, the k registers' mean has
///   expectation S - rate S'' / (2 k)   and   variance (E 4^-M - S^2 - rate S'^2) / k,
/// to the first order in 1 / k: the process' own, less what the spread of its number of items adds. HyperLogLog's
/// estimate is k over that mean, and its expectation is larger than k over the mean's by the variance's share:
/// E(1 / mean) = 1 / E(mean) + variance / E(mean)^3. So the mean that stands for n is lower by variance / S.
/// Source of the estimator: Apache DataSketches' composite estimator, HllArray.hpp, which inverts the same curve from a
/// table that was measured: its numbers within 1e-5 from 512 registers on, 4e-5 of 128, 3e-3 of 16.
inline double items_by_harmonic_mean(double mean, double size) noexcept {
  double rate = 0.7213475 / mean;  // where there are many: S rate is 1 / (2 log 2) there
  for (int round = 0; round < 40; ++round) {
    const register_moments of(rate);
    const double variance = of.square - of.mean * of.mean - rate * of.slope * of.slope;
    const double expected = of.mean - (rate * of.bend / 2 + variance / of.mean) / size;
    // Newton's step on 1 / expected, which is nearly straight.
    const double next = rate + (expected / mean - 1) * of.mean / -of.slope;
    const double step = next - rate;
    rate = next > 0 ? next : rate / 2;
    if (math::absolute(step) <= 1e-13 * rate) break;
  }
  return size * rate;
}

/// 1 + 1/2 + ... + 1/n.
inline double harmonic_number(double n) noexcept {
  constexpr double euler_mascheroni = 0.57721566490153286;
  if (n >= 256) return math::log(n) + euler_mascheroni + 1 / (2 * n) - 1 / (12 * n * n) + 1 / (120 * n * n * n * n);
  double sum = 0;
  for (; n > 0; --n) sum += 1 / n;
  return sum;
}

/// How many items the registers have seen, whatever their order. Values are 0 (none) to 63. While many registers have
/// none, their number says it best; later the harmonic mean does.
/// Source: the estimator and where it changes over are those of Apache DataSketches, HllArray.hpp,
/// getCompositeEstimate; Whang, Vander-Zanden, Taylor, "A linear-time probabilistic counting algorithm", 1990.
inline double items_behind_registers(const std::vector<std::uint8_t>& registers) noexcept {
  double sum = 0;
  std::size_t without = 0;
  for (const std::uint8_t value : registers) {
    sum += std::bit_cast<double>((std::uint64_t{1023} - value) << 52);
    without += value == 0;
  }
  const auto size = static_cast<double>(registers.size());
  if (without == registers.size()) return 0;
  const double by_mean = items_by_harmonic_mean(sum / size, size);
  if (by_mean > 3 * size) return by_mean;
  const double by_empty = without == 0 ? size * math::log(2 * size)
                                       : size * (harmonic_number(size) - harmonic_number(static_cast<double>(without)));
  const double change = size == 16 ? 0.718 : size == 32 ? 0.672 : 0.64;
  return (by_mean + by_empty) / 2 > change * size ? by_mean : by_empty;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP
