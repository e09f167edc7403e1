#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/math.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
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

/// How many items the registers have seen, whatever their order. Values are 0 (none) to 63.
/// Source: O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6; Flajolet,
/// Fusy, Gandouet, Meunier, "HyperLogLog", 2007, figure 3, for its constant.
inline double items_behind_registers(const std::vector<std::uint8_t>& registers) noexcept {
  constexpr unsigned most = 63;
  std::array<double, most + 1> with{};
  for (const std::uint8_t value : registers) ++with[value];
  const auto size = static_cast<double>(registers.size());
  if (with[0] == size) return 0;
  // tau of the share with the largest value, then down by halves, then sigma of the share with none.
  double sum = 0;
  if (const double x = 1 - with[most] / size; x > 0 && x < 1) {
    double root = x;
    double scale = 1;
    double tau = 1 - x;
    for (double before = -1; tau != before;) {
      root = math::sqrt(root);
      before = tau;
      scale /= 2;
      tau -= (1 - root) * (1 - root) * scale;
    }
    sum = size * tau / 3;
  }
  for (unsigned value = most - 1; value >= 1; --value) sum = (sum + with[value]) / 2;
  if (double x = with[0] / size; x > 0) {
    double scale = 1;
    double sigma = x;
    for (double before = -1; sigma != before;) {
      x *= x;
      before = sigma;
      sigma += x * scale;
      scale *= 2;
    }
    sum += size * sigma;
  }
  if (sum == 0) return std::numeric_limits<double>::infinity();
  // So far it is too large by as much as the harmonic mean of so few registers is, once all have a value: Flajolet's
  // constant, which is 7 % for 16 of them and 0.3 % for 400. While many have none, linear counting outweighs it.
  const double excess = 1 + 1.079 / size * (1 - with[0] / size);
  return size / (2 * math::log(2.0)) * size / sum / excess;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_HLL_ESTIMATE_HPP
