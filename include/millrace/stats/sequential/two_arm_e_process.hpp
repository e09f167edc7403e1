#ifndef MILLRACE_STATS_SEQUENTIAL_TWO_ARM_E_PROCESS_HPP
#define MILLRACE_STATS_SEQUENTIAL_TWO_ARM_E_PROCESS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/stats/fwd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// How two arms are filled, and which effects are worth finding soon.
struct two_arm_design {
  /// Of all observations, the share that the treatment gets by chance; in (0, 1).
  double share = 0.5;
  /// The effect, in standard deviations of an observation, at which a test is to be shortest; the bets spread around it
  /// from a fifteenth to sixteen times of it. 0.06 is .10 against .12.
  double effect = 0.06;
};

/// Tests at any time whether two randomised arms differ: it bets, observation by observation, that the larger ones fall
/// to one of the arms.
///
/// Under the hypothesis that the arm makes no difference to what is observed, the arm is a coin toss of known odds
/// whatever the observation is, so no bet on it gains on average. Nothing is assumed of the observations: rates of one
/// in a thousand, skewed amounts, from the first one on. The score may be anything that was fixed before the arm is
/// looked at: an outcome, a residual, a ratio's numerator less its expected share.
///
/// Guarantee: if the arm makes no difference, P(e_value() >= 1/alpha, ever) <= alpha, under any way of looking and
/// stopping. A test of equal distributions that gains where means differ: where means are equal and variances are not,
/// it holds as far as no bet is cut (scores beyond 7 to 200 deviations). Arms that alternate by a fixed order keep the
/// guarantee too. Arms that are filled by other odds than `share` do not: without an effect, such a test rejects in the
/// end. Check them by `sequential_sample_ratio`, as `experiment_test` does. With the default design .10 against .12
/// stops on average after 4,000 observations an arm at alpha 0.05. Two processes merge to the bet on both streams, with
/// one mixture.
/// Complexity: update O(16 bets), 6 ns; 300 bytes.
/// Allocates: only `save`.
/// Threads: one at a time.
/// Source: betting against exchangeability as in Shekhar, Ramdas, "Nonparametric two-sample testing by betting", IEEE
/// Trans. Inf. Theory 70(2), 2024; mixtures: Robbins, Ann. Math. Stat. 41, 1970.
class two_arm_e_process {
 public:
  /// Half for each arm, effect 0.06.
  two_arm_e_process() noexcept { set({}); }

  /// Errors: invalid_argument: a share outside (0, 1), an effect that is not positive and finite.
  static result<two_arm_e_process> make(two_arm_design design) {
    if (!(design.share > 0 && design.share < 1))
      return error(errc::invalid_argument,
                   "two-arm test: the treatment's share is " + std::to_string(design.share) + ", not between 0 and 1");
    if (!(design.effect > 0 && design.effect < 1e6))
      return error(errc::invalid_argument,
                   "two-arm test: the effect is " + std::to_string(design.effect) + ", not positive and finite");
    two_arm_e_process made;
    made.set(design);
    return made;
  }

  /// False if the score was refused: it is not finite, or 1e150 and more away from the mean of those before.
  bool update(bool treated, double x) noexcept {
    const double d = x - mean_;
    if (!(detail::math::absolute(d) <= 1e150)) [[unlikely]]
      return false;
    double g = d * scale_;
    const double odds = odds_[treated ? 1 : 0];  // no branch: arms are random
    if (detail::math::absolute(g) <= reach_) [[likely]] {
      g *= odds;
      for (std::size_t i = 0; i < sizes; ++i) {
        const double h = size_[i] * g;
        upper_[i] *= 1 + h;
        lower_[i] *= 1 - h;
      }
    } else {
      for (std::size_t i = 0; i < sizes; ++i) {
        const double h = odds * cut(size_[i] * g);
        upper_[i] *= 1 + h;
        lower_[i] *= 1 - h;
      }
    }
    block_sum_ += d;
    block_squares_ += d * d;
    if (++block_ >= block_size_) [[unlikely]]
      close_block();
    return true;
  }

  /// Another part of the same experiment: other machine, other thread. A rejection by looks at the other part alone
  /// does not count: two tests were then made.
  /// Errors: invalid_argument: another design.
  result<void> merge(const two_arm_e_process& other) {
    if (design_.share != other.design_.share || design_.effect != other.design_.effect)
      return error(errc::invalid_argument, "two-arm tests of different designs cannot be merged");
    two_arm_e_process that = other;
    close_block();
    that.close_block();
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] *= that.upper_[i];
      lower_[i] *= that.lower_[i];
    }
    log_unit_ += that.log_unit_;
    join(that.count_, that.mean_, that.squares_);
    tidy();
    return {};
  }

  std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_) + block_; }
  /// Evidence so far. Looking costs 10 ns.
  double e_value() const noexcept { return log_unit_ == 0 ? mixture() : detail::math::exp(log_e_value()); }
  double log_e_value() const noexcept { return detail::math::log(mixture()) + log_unit_; }
  /// The same as a p-value that may be looked at any time.
  double p() const noexcept {
    const double log_e = log_e_value();
    return log_e > 0 ? detail::math::exp(-log_e) : 1;
  }
  /// Looks, and remembers the highest evidence seen by looks: a rejection stands.
  bool rejects(double alpha) noexcept {
    const double log_e = log_e_value();
    if (log_e > highest_) highest_ = log_e;
    return highest_ >= -detail::math::log(alpha);
  }
  const two_arm_design& design() const noexcept { return design_; }

  std::vector<std::byte> save() const {
    envelope_writer to(type);
    save(to);
    return std::move(to).finish();
  }
  static result<two_arm_e_process> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    two_arm_e_process made;
    const bool valid = made.load(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }
  void save(envelope_writer& to) const {
    for (const double d : {design_.share, design_.effect, count_, mean_, squares_, scale_, block_sum_, block_squares_,
                           log_unit_, highest_})
      to.f64(d);
    to.u32(block_);
    for (std::size_t i = 0; i < sizes; ++i) {
      to.f64(upper_[i]);
      to.f64(lower_[i]);
    }
  }
  /// False: the numbers contradict each other, and this is not to be used.
  bool load(envelope_reader& from) {
    two_arm_design design;
    design.share = from.f64();
    design.effect = from.f64();
    if (!(design.share > 0 && design.share < 1 && design.effect > 0 && design.effect < 1e6)) return false;
    set(design);
    for (double* d : {&count_, &mean_, &squares_, &scale_, &block_sum_, &block_squares_, &log_unit_, &highest_})
      *d = from.f64();
    block_ = from.u32();
    bool valid = count_ >= 0 && count_ < 0x1p53 && highest_ >= 0;
    for (const double d : {squares_, scale_, block_squares_}) valid = valid && d >= 0 && d < 1e302;
    for (const double d : {mean_, block_sum_, log_unit_, highest_}) valid = valid && detail::math::absolute(d) < 1e302;
    block_size_ = next_block();
    valid = valid && block_ < block_size_;
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] = from.f64();
      lower_[i] = from.f64();
      valid = valid && upper_[i] >= 0 && lower_[i] >= 0 && upper_[i] < 1e300 && lower_[i] < 1e300;
    }
    return valid;
  }

 private:
  static constexpr std::size_t sizes = 8;
  static constexpr double most_bet = 0.45;
  static constexpr const char* type = "two_arm_e_process";

  static double cut(double h) noexcept { return h > most_bet ? most_bet : h < -most_bet ? -most_bet : h; }

  /// Half effects in powers of two around the one asked for, with weights of a normal law of the logarithm.
  void set(two_arm_design design) noexcept {
    design_ = design;
    double total = 0;
    for (std::size_t i = 0; i < sizes; ++i) {
      const double steps = static_cast<double>(i) - 3.75;
      size_[i] = 0.5 * design.effect * detail::math::exp2(steps);
      weight_[i] = detail::math::exp(-0.5 * (steps * 0.69314718055994531 / 0.8) * (steps * 0.69314718055994531 / 0.8));
      total += 2 * weight_[i];
      upper_[i] = lower_[i] = 1;
    }
    for (double& w : weight_) w /= total;
    // A bet h on the treatment multiplies by 1 + 2 (1 - share) h if it was the treatment, by 1 - 2 share h if not.
    odds_ = {-2 * design.share, 2 * (1 - design.share)};
    reach_ = most_bet / size_[sizes - 1];
  }

  double mixture() const noexcept {
    double even = 0;
    double odd = 0;
    for (std::size_t i = 0; i < sizes; i += 2) {
      even += weight_[i] * (upper_[i] + lower_[i]);
      odd += weight_[i + 1] * (upper_[i + 1] + lower_[i + 1]);
    }
    return even + odd;
  }

  std::uint32_t next_block() const noexcept { return count_ < 8 ? 1 : count_ < 64 ? 8 : 64; }

  void join(double count, double mean, double squares) noexcept {
    if (count == 0) return;
    const double all = count_ + count;
    const double d = mean - mean_;
    squares_ += squares + d * d * (count_ / all) * count;
    mean_ += d * (count / all);
    count_ = all;
    scale_ = squares_ > 0 ? detail::math::sqrt((count_ - 1) / squares_) : 0;
    block_size_ = next_block();
  }

  void close_block() noexcept {
    if (block_ == 0) return;
    const auto n = static_cast<double>(block_);
    const double d = block_sum_ / n;  // about mean_
    const double squares = block_squares_ - block_sum_ * d;
    block_sum_ = block_squares_ = 0;
    block_ = 0;
    join(n, mean_ + d, squares > 0 ? squares : 0);
    tidy();
  }

  /// Keeps the products within the range of doubles: a factor is at least 0.1 and at most 1.9, and a block has 64.
  void tidy() noexcept {
    double most = 0;
    for (std::size_t i = 0; i < sizes; ++i) {
      if (upper_[i] > most) most = upper_[i];
      if (lower_[i] > most) most = lower_[i];
    }
    double factor = 1;
    if (most > 1e60) {
      factor = 1e-60;
      log_unit_ += 138.15510557964274;
    } else if (most < 1e-60 && most > 0) {
      factor = 1e60;
      log_unit_ -= 138.15510557964274;
    }
    for (std::size_t i = 0; i < sizes; ++i) {
      upper_[i] *= factor;
      lower_[i] *= factor;
      if (upper_[i] < 1e-140) upper_[i] = 0;  // a bet lost for good: giving it up is safe, denormal numbers are slow
      if (lower_[i] < 1e-140) lower_[i] = 0;
    }
  }

  alignas(16) std::array<double, sizes> size_;
  alignas(16) std::array<double, sizes> upper_;
  alignas(16) std::array<double, sizes> lower_;
  std::array<double, sizes> weight_;
  two_arm_design design_;
  std::array<double, 2> odds_{-1, 1};
  double reach_ = 0;
  double mean_ = 0;  // of all closed blocks, as is scale_, 1 / standard deviation
  double scale_ = 0;
  double block_sum_ = 0;
  double block_squares_ = 0;
  std::uint32_t block_ = 0;
  std::uint32_t block_size_ = 1;
  double count_ = 0;
  double squares_ = 0;
  double log_unit_ = 0;
  double highest_ = 0;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_TWO_ARM_E_PROCESS_HPP
