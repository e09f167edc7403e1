#ifndef MILLRACE_STATS_RESAMPLING_POISSON_BOOTSTRAP_HPP
#define MILLRACE_STATS_RESAMPLING_POISSON_BOOTSTRAP_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/fields.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/resampling/bootstrap.hpp>
#include <millrace/stats/resampling/detail/index_stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The bootstrap of the mean of a stream, in one pass and fixed memory: each of `Replicates` replicates counts each
/// observation a Poisson(1) number of times, which is nearly how often a bootstrap sample holds it. Parts of a stream
/// that were fed on several threads or machines are merged; each needs a seed of its own.
///
/// Complexity: update about 1 ns a replicate; 16 bytes a replicate. Trivially copyable.
/// Allocates: only in `mean` and `save`.
/// Threads: one at a time.
/// Source: N. Chamandy et al., "Estimating uncertainty for massive data streams", 2012.
template <std::size_t Replicates = 200>
class poisson_bootstrap : public saved_fields<poisson_bootstrap<Replicates>> {
  friend saved_fields<poisson_bootstrap>;
  static_assert(Replicates >= 20, "millrace[STATS-3]: a bootstrap interval needs at least 20 replicates");

 public:
  explicit poisson_bootstrap(std::uint64_t seed) noexcept : words_(stream_of(seed)) {}

  /// One observation; NaN and infinities are counted in `refused` and change nothing else.
  void update(double x) noexcept {
    if (!detail::math::is_finite(x)) [[unlikely]] {
      ++refused_;
      return;
    }
    n_ += 1;
    sum_ += x;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < Replicates; ++i) {
      word = i % 2 == 0 ? words_() : word >> 32;
      const double times = poisson_one(static_cast<std::uint32_t>(word));
      counts_[i] += times;
      sums_[i] += times * x;
    }
  }

  void merge(const poisson_bootstrap& other) noexcept {
    n_ += other.n_;
    sum_ += other.sum_;
    refused_ += other.refused_;
    for (std::size_t i = 0; i < Replicates; ++i) {
      counts_[i] += other.counts_[i];
      sums_[i] += other.sums_[i];
    }
  }

  /// Observations that were taken.
  double count() const noexcept { return n_; }
  std::uint64_t refused() const noexcept { return refused_; }

  /// The mean and its percentile interval.
  /// Errors: invalid_data: fewer than 2 observations; out_of_range: a confidence outside (0, 1).
  result<bootstrap_result> mean(double confidence = 0.95) const {
    bootstrap_options options;
    options.confidence = confidence;
    options.kind = bootstrap_interval::percentile;
    if (auto ok = detail::checked(test_options{alternative::two_sided, confidence}); !ok) return std::move(ok).error();
    if (n_ < 2) return error(errc::invalid_data, "the stream has fewer than 2 observations");
    std::vector<double> replicates;
    replicates.reserve(Replicates);
    for (std::size_t i = 0; i < Replicates; ++i)
      if (counts_[i] > 0) replicates.push_back(sums_[i] / counts_[i]);
    if (replicates.size() < 2) return error(errc::invalid_data, "the stream has too few observations");
    return detail::read_replicates(sum_ / n_, replicates, 0, options, n_);
  }

 private:
  static detail::word_stream stream_of(std::uint64_t seed) noexcept {
    random_engine seeds(seed);
    return detail::word_stream(seeds);
  }
  /// A Poisson(1) number from 32 random bits, by inversion: `at_most` is the distribution function at 0 to 12, times
  /// 2^32.
  static double poisson_one(std::uint32_t bits) noexcept {
    constexpr std::uint32_t at_most[] = {1580030169U, 3160060337U, 3950075422U, 4213413783U, 4279248374U,
                                         4292415292U, 4294609778U, 4294923276U, 4294962463U, 4294966817U,
                                         4294967253U, 4294967292U, 4294967295U};
    int k = 0;
    for (const std::uint32_t bound : at_most) k += bits >= bound ? 1 : 0;
    return k;
  }

  static std::string saved_as() { return "poisson_bootstrap<" + std::to_string(Replicates) + ">"; }
  static poisson_bootstrap blank() noexcept { return poisson_bootstrap(0); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.words_, self.n_, self.sum_, self.refused_, self.counts_, self.sums_);
  }
  bool restore() noexcept {
    if (!(n_ >= 0 && n_ < 0x1p53 && n_ == detail::math::floor(n_))) return false;
    for (const double times : counts_)
      if (!(times >= 0 && times < 0x1p57 && times == detail::math::floor(times))) return false;
    return true;
  }

  detail::word_stream words_;
  double n_ = 0;
  double sum_ = 0;
  std::uint64_t refused_ = 0;
  std::array<double, Replicates> counts_{};
  std::array<double, Replicates> sums_{};
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_RESAMPLING_POISSON_BOOTSTRAP_HPP
