#ifndef MILLRACE_STATS_RESAMPLING_DETAIL_INDEX_STREAM_HPP
#define MILLRACE_STATS_RESAMPLING_DETAIL_INDEX_STREAM_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/int128.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/fwd.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// A fast generator of random 64-bit words, for a bootstrap of 1e8 draws and more: W. Yi's wyrand, which multiplies a
/// counter by a scrambled copy of itself. The next word waits for one addition only, not for the multiplication of the
/// word before. Seeded by the library's engine.
class word_stream {
 public:
  explicit word_stream(random_engine& seeds) noexcept : state_(seeds()) {}

  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.state_);
  }

  std::uint64_t operator()() noexcept {
    state_ += 0xa0761d6478bd642fU;
    const uint128 product = static_cast<uint128>(state_) * (state_ ^ 0xe7037ed1a0b428dbU);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

 private:
  std::uint64_t state_;
};

/// The sum of `count` values drawn with replacement from the `n` in `values`, 0 < n < 2^32. Each word makes two
/// unbiased indices, by Lemire's multiplication and rejection.
inline double sum_of_resample(const double* values, std::uint64_t n, std::uint64_t count, word_stream& words) noexcept {
  const std::uint64_t threshold = ((std::uint64_t{1} << 32) - n) % n;
  const auto pair = [&](double& first, double& second) {
    for (;;) {
      const std::uint64_t word = words();
      const std::uint64_t low = (word & 0xffffffffU) * n;
      const std::uint64_t high = (word >> 32) * n;
      if ((low & 0xffffffffU) < threshold || (high & 0xffffffffU) < threshold) [[unlikely]]
        continue;
      first += values[low >> 32];
      second += values[high >> 32];
      return;
    }
  };
  double sums[4] = {0, 0, 0, 0};
  std::uint64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    pair(sums[0], sums[1]);
    pair(sums[2], sums[3]);
  }
  double ignored = 0;
  for (; i + 2 <= count; i += 2) pair(sums[0], sums[1]);
  if (i < count) pair(sums[2], ignored);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_RESAMPLING_DETAIL_INDEX_STREAM_HPP
