#ifndef MILLRACE_STATS_DETAIL_QUANTILE_BINS_HPP
#define MILLRACE_STATS_DETAIL_QUANTILE_BINS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/stats/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace stats {
namespace detail {

/// Counts of positive values in 1,745 bins, each 2 % wider than the one before, from 1e-6 to 1e9. Smaller and larger
/// values count in the first and in the last bin. A quantile is interpolated within its bin, so it is less than 2 %
/// off. Trivially copyable, so that an experiment's state is, too.
class quantile_bins {
 public:
  void update(double x, std::uint64_t weight) noexcept {
    bin_[place(x)] += weight;
    count_ += weight;
  }
  void merge(const quantile_bins& other) noexcept {
    for (std::size_t i = 0; i < bins; ++i) bin_[i] += other.bin_[i];
    count_ += other.count_;
  }
  std::uint64_t count() const noexcept { return count_; }

  /// NaN when empty; p outside [0, 1] is brought into it.
  double quantile(double p) const noexcept {
    if (count_ == 0) return math::nan;
    double left = (p < 0 ? 0 : p > 1 ? 1 : p) * static_cast<double>(count_);
    std::size_t at = 0;
    std::size_t last = 0;
    for (; at < bins; ++at) {
      if (bin_[at] == 0) continue;
      last = at;
      const auto here = static_cast<double>(bin_[at]);
      if (left <= here) return edge(at) * math::exp(step * left / here);
      left -= here;
    }
    return edge(last + 1);
  }

  void save(envelope_writer& to) const {
    std::uint32_t filled = 0;
    for (const std::uint64_t b : bin_) filled += b != 0 ? 1 : 0;
    to.u32(filled);
    for (std::size_t i = 0; i < bins; ++i) {
      if (bin_[i] == 0) continue;
      to.u16(static_cast<std::uint16_t>(i));
      to.u64(bin_[i]);
    }
  }
  bool load(envelope_reader& from) {
    const std::uint32_t filled = from.u32();
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < filled && from.ok(); ++i) {
      const std::size_t at = from.u16();
      const std::uint64_t weight = from.u64();
      if (at < next || at >= bins || weight == 0 || weight > (std::uint64_t{1} << 53)) return false;
      bin_[at] = weight;
      count_ += weight;
      next = at + 1;
    }
    return from.ok() && count_ <= (std::uint64_t{1} << 53);
  }

 private:
  static constexpr double step = 0.019802627296179713;  // ln 1.02
  static constexpr double least = -13.815510557964274;  // ln 1e-6
  static constexpr std::size_t bins = 1745;

  static double edge(std::size_t at) noexcept { return math::exp(least + step * static_cast<double>(at)); }
  static std::size_t place(double x) noexcept {
    if (!(x > 1e-6)) return 0;
    const double at = (math::log(x) - least) / step;
    return at >= static_cast<double>(bins) ? bins - 1 : static_cast<std::size_t>(at);
  }

  std::uint64_t count_ = 0;
  std::array<std::uint64_t, bins> bin_{};
};

}  // namespace detail
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_DETAIL_QUANTILE_BINS_HPP
