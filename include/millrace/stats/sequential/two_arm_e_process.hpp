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

/// How two arms are filled, and for which effect a test of them is to be shortest.
struct two_arm_design {
  /// The probability with which an observation is assigned to the treatment, in (0, 1).
  double share = 0.5;
  /// The effect, in standard deviations of an observation, at which the test is to be shortest. The eight sizes of bet
  /// are meant for effects from 1/13 of it to 9.5 times it. 0.06 is a rate of .12 against one of .10.
  double effect = 0.06;
};

/// Tests at any time whether two randomised arms differ. For each observation it bets that larger scores fall to one of
/// the arms, and smaller ones to the other; its capital, which starts at 1, is the evidence.
///
/// If the arm makes no difference to the observations, then it is a coin toss with known odds whatever the score is,
/// and no bet on it gains on average. So nothing is assumed of the observations, which may be rare events or skewed
/// amounts, from the first one on. The score may be any number that is fixed before the arm is looked at: an outcome, a
/// residual, a ratio's numerator less its expected share.
///
/// Guarantee: if the scores of both arms have one distribution, P(e_value() >= 1 / alpha, ever) <= alpha, however one
/// looks and stops. Bets gain where means differ: if means are equal and distributions are not, the guarantee still
/// holds as long as no bet is cut; one is cut where a score lies more than 1.6 (for the largest bet) to 200 (for the
/// smallest) standard deviations away from the mean, with the default design. Arms that alternate in a fixed order keep
/// the guarantee. Arms that are filled by other odds than `share` do not: such a test rejects in the end without any
/// effect. Check them by `sequential_sample_ratio`, as `experiment_test` does. With the default design and alpha 0.05,
/// .12 against .10 is found after 4,000 observations an arm on average. The capital of two merged processes is that of
/// each bet on both streams, mixed as before.
/// Complexity: update O(1): 16 bets, 6 ns. 370 bytes.
/// Allocates: only `save`.
/// Threads: one at a time.
/// Source: betting against exchangeability as in Shekhar, Ramdas, "Nonparametric two-sample testing by betting", IEEE
/// Trans. Inf. Theory 70(2), 2024; mixtures: Robbins, Ann. Math. Stat. 41, 1970.
class two_arm_e_process {
 public:
  /// The default design: half of the observations for each arm, effect 0.06.
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

  /// Takes the score x of an observation of one arm. Returns false if it was refused: it is not finite, or more than
  /// 1e140 away from the mean of the scores before, whose squares might add up to more than a double holds.
  bool update(bool treated, double x) noexcept {
    const double d = x - mean_;
    if (!(detail::math::absolute(d) <= 1e140)) [[unlikely]]
      return false;
    double g = d * scale_;
    const double odds = odds_[treated ? 1 : 0];  // looked up, since a branch on a random arm would be mispredicted
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

  /// Adds another part of the same experiment, from another thread or machine. What looks at the other part found is
  /// not taken over, since findings of both would be two chances of a false one.
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
  /// The evidence now: the mean capital of all bets. 10 ns.
  double e_value() const noexcept { return log_unit_ == 0 ? mixture() : detail::math::exp(log_e_value()); }
  double log_e_value() const noexcept { return detail::math::log(mixture()) + log_unit_; }
  /// min(1, 1 / e_value()): a p-value that is valid whenever one looks. It may rise again as observations come.
  double p() const noexcept {
    const double log_e = log_e_value();
    return log_e > 0 ? detail::math::exp(-log_e) : 1;
  }
  /// Whether the highest evidence of all calls of this function is at least 1 / alpha; so a rejection stands.
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
  /// Returns false if the numbers contradict each other; the object must not be used then.
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

  /// Sets the bets. Let p be the share of the treatment and z a score in deviations from the mean. A bet of size b on
  /// larger treated scores multiplies its capital by 1 + 2 (1 - p) b z if the arm is the treatment, by 1 - 2 p b z if
  /// not; the mean of the two factors, weighted by p and 1 - p, is 1. Under an effect of d deviations the treated
  /// scores have the mean (1 - p) d and the others -p d, so that the logarithm of the capital grows by about
  ///   p (2 (1 - p) b (1 - p) d) + (1 - p) (2 p b p d) - (4 p (1 - p)^2 + 4 (1 - p) p^2) b^2 / 2
  ///     = 2 p (1 - p) (b d - b^2)
  /// an observation, most with b = d / 2. The effect is not known, so eight sizes are mixed: half of the design's
  /// effect times the powers of two from 2^-3.75 to 2^3.25, weighted by a normal density of the logarithm.
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
    odds_ = {-2 * design.share, 2 * (1 - design.share)};
    reach_ = most_bet / size_[sizes - 1];
  }

  /// The weighted mean of the bets' capitals, in units of exp(log_unit_).
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

  /// Takes the scores of the open block up into mean and deviation, which so stay the same during a block.
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

  /// Keeps the capitals within the range of doubles. One observation multiplies them by 0.1 to 1.9, and this is called
  /// after every block of at most 64.
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
      // A capital of nothing only lowers the evidence, so the guarantee stays; denormal numbers would be slow.
      if (upper_[i] < 1e-140) upper_[i] = 0;
      if (lower_[i] < 1e-140) lower_[i] = 0;
    }
  }

  alignas(16) std::array<double, sizes> size_;
  alignas(16) std::array<double, sizes> upper_;  // the capital of bets that treated scores are larger
  alignas(16) std::array<double, sizes> lower_;  // and of bets that they are smaller
  std::array<double, sizes> weight_;
  two_arm_design design_;
  std::array<double, 2> odds_{-1, 1};  // control, treatment
  double reach_ = 0;                   // scores up to here, in deviations, cut no bet
  double mean_ = 0;                    // of the scores of all closed blocks
  double scale_ = 0;                   // 1 / their standard deviation
  double block_sum_ = 0;
  double block_squares_ = 0;
  std::uint32_t block_ = 0;
  std::uint32_t block_size_ = 1;
  double count_ = 0;
  double squares_ = 0;
  double log_unit_ = 0;  // capitals are in units of exp(log_unit_)
  double highest_ = 0;   // the highest log e-value seen by rejects()
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_SEQUENTIAL_TWO_ARM_E_PROCESS_HPP
