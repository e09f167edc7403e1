#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_JUDGE_CORE_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_JUDGE_CORE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/judge/detail/count_table.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/metrics.hpp>
#include <millrace/deliver/judge/rules.hpp>
#include <millrace/deliver/judge/share_bets.hpp>
#include <millrace/deliver/measurement.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

inline constexpr std::size_t max_judged_steps = 16;
/// Badness is counted in these parts of 1, so that sums are exact and do not depend on their order.
inline constexpr std::uint64_t badness_unit = 1U << 20;
/// Columns of a step: 8 for the requests, and 8 for each metric; a pair is of the stable model and of the candidate.
inline constexpr std::size_t columns_a_part = 8;
inline constexpr std::size_t assigned_at = 0;
inline constexpr std::size_t returned_at = 2;
inline constexpr std::size_t measured_at = 0;
inline constexpr std::size_t unmeasured_at = 2;
inline constexpr std::size_t bad_at = 4;

/// What a metric is to the evidence.
struct metric_facts {
  std::string_view name;
  std::string_view effect_name;
  tolerance tolerated;
};

/// What a judge's policies say.
struct judge_facts {
  std::span<const metric_facts> metrics;
  std::span<const rule_node> rule;
  double alpha;
  double beta;
  std::uint64_t min_requests;
};

template <class T>
class copied_atomic : public light_atomic<T> {
 public:
  using light_atomic<T>::light_atomic;
  copied_atomic(const copied_atomic& other) noexcept : light_atomic<T>(other.load_acquire()) {}
  copied_atomic& operator=(const copied_atomic& other) noexcept {
    this->store_release(other.load_acquire());
    return *this;
  }
};

/// The state of a judge, and all that does not depend on the types of its metrics.
class judge_core {
 public:
  explicit judge_core(std::size_t metrics)
      : counts_(max_judged_steps * columns_a_part * (1 + metrics)), metrics_(metrics) {
    for (auto& share : shares_) share.store_relaxed(math::nan);
  }

  std::size_t columns_a_step() const noexcept { return columns_a_part * (1 + metrics_); }
  count_table& counts() noexcept { return counts_; }
  std::uint64_t count(std::size_t step, std::size_t column) const noexcept {
    return counts_.sum(step * columns_a_step() + column);
  }

  template <class = void>
  result<void> begin_step(std::size_t step, double share);
  template <class = void>
  judgement report(const judge_facts& facts) const;
  template <class = void>
  std::vector<std::byte> save(std::string_view type) const;
  template <class = void>
  result<void> load(std::span<const std::byte> bytes, std::string_view type);
  template <class = void>
  result<void> merge(const judge_core& other);

 private:
  /// The counts of all steps: what each metric's evidence is made from.
  struct metric_steps {
    std::array<step_counts, max_judged_steps> plain;     // as measured
    std::array<step_counts, max_judged_steps> doubtful;  // what the candidate did not measure is bad
  };

  std::size_t begun() const noexcept {
    std::size_t size = 0;
    for (std::size_t s = 0; s < max_judged_steps; ++s)
      if (const double share = shares_[s].load_acquire(); share == share) size = s + 1;
    return size;
  }
  template <class = void>
  evidence assess(std::size_t metric, const judge_facts& facts, std::size_t steps) const;
  template <class = void>
  bool mismatch(std::size_t column, std::size_t steps, double least) const;
  template <class = void>
  void decide(judgement& made, const judge_facts& facts, std::size_t steps) const;

  count_table counts_;
  std::size_t metrics_;
  std::array<copied_atomic<double>, max_judged_steps> shares_;  // NaN: not begun
  copied_atomic<std::uint64_t> newest_{0};
  mutable copied_atomic<double> highest_{0.0};
};

template <class>
result<void> judge_core::begin_step(std::size_t step, double share) {
  if (step >= max_judged_steps)
    return error(errc::out_of_range, "judge: step " + std::to_string(step) + " is beyond the " +
                                         std::to_string(max_judged_steps) + " that it has room for");
  if (!(share >= 0 && share <= 1))
    return error(errc::invalid_argument,
                 "judge: the share of step " + std::to_string(step) + " is " + figure_text(share) + ", not in [0, 1]");
  const double before = shares_[step].load_acquire();
  if (before == before && before != share)
    return error(errc::invalid_argument, "judge: step " + std::to_string(step) + " has the share " +
                                             figure_text(before) + ", and cannot get " + figure_text(share) +
                                             ": another share is another step");
  shares_[step].store_release(share);
  newest_.store_release(step);
  return {};
}

template <class>
evidence judge_core::assess(std::size_t metric, const judge_facts& facts, std::size_t steps) const {
  const metric_facts& is = facts.metrics[metric];
  evidence made;
  made.metric = is.name;
  made.effect_name = is.effect_name;
  made.level = 1 - facts.alpha;
  metric_steps of;
  const std::size_t first = columns_a_part * (1 + metric);
  for (std::size_t s = 0; s < steps; ++s) {
    step_counts one;
    one.share = shares_[s].load_acquire();
    if (one.share != one.share) one.share = 0;
    // A step without the other arm says nothing; what counts as bad is read before what counts as measured, and the
    // candidate's before the stable model's, so that what is counted meanwhile rather speaks for the candidate.
    std::array<double, 2> unmeasured{};
    for (const std::size_t arm : {std::size_t{1}, std::size_t{0}}) {
      const std::uint64_t bad = count(s, first + bad_at + arm);
      const std::uint64_t measured = count(s, first + measured_at + arm);
      const std::uint64_t not_measured = count(s, first + unmeasured_at + arm);
      one.measured[arm] = static_cast<double>(measured);
      one.bad[arm] = static_cast<double>(bad) / static_cast<double>(badness_unit);
      unmeasured[arm] = static_cast<double>(not_measured);
      made.measured[arm] += measured;
      made.bad[arm] += one.bad[arm];
      made.unmeasured[arm] += not_measured;
    }
    of.plain[s] = of.doubtful[s] = one;
    of.doubtful[s].measured[1] += unmeasured[1];
    of.doubtful[s].bad[1] += unmeasured[1];
  }
  const std::span<const step_counts> plain(of.plain.data(), steps);
  const std::span<const step_counts> doubtful(of.doubtful.data(), steps);
  made.effect = ratio_estimate(plain);
  made.difference = difference_estimate(plain);
  const ratio_interval around = ratio_bounds(plain, facts.alpha);
  made.lower = around.lower;
  made.upper = around.upper;
  made.log_e = log_e_of_harm(plain, is.tolerated.max_ratio);
  made.log_e_tolerated = log_add(log_e_of_ratio_below(doubtful, is.tolerated.max_ratio),
                                 log_e_of_difference_below(doubtful, is.tolerated.max_difference)) -
                         0.69314718055994531;
  const auto is_beyond = [&](std::span<const step_counts> some) {
    return ratio_estimate(some) > is.tolerated.max_ratio && difference_estimate(some) > is.tolerated.max_difference;
  };
  made.is_beyond = is_beyond(plain);
  made.is_beyond_in_step = steps > 0 && is_beyond(plain.subspan(newest_.load_acquire(), 1));
  made.is_shown = made.log_e_tolerated >= -math::log(facts.beta);
  return made;
}

/// Whether the arms' counts in these columns contradict their shares, by more than `least` of the candidate's.
template <class>
bool judge_core::mismatch(std::size_t column, std::size_t steps, double least) const {
  double log_e = 0;
  double candidate = 0;
  double expected = 0;
  for (std::size_t s = 0; s < steps; ++s) {
    const double share = shares_[s].load_acquire();
    if (!(share > 0 && share < 1)) continue;
    const std::array<double, 2> arms{static_cast<double>(count(s, column)), static_cast<double>(count(s, column + 1))};
    const auto found = stats::sequential_sample_ratio({arms[0], arms[1]}, {1 - share, share});
    if (found) log_e += found->log_e;
    candidate += arms[1];
    expected += share * (arms[0] + arms[1]);
  }
  return log_e >= 6.9077552789821368 && math::absolute(candidate - expected) >= least * expected;  // log(1000)
}

template <class>
void judge_core::decide(judgement& made, const judge_facts& facts, std::size_t steps) const {
  std::vector<double> values(made.metrics.size());
  const auto number = [&](auto of) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = of(made.metrics[i]);
  };
  const auto hold = [&](reason why, std::string_view metric = {}) {
    made.why = why;
    made.metric = metric;
  };
  number([](const evidence& one) { return one.log_e; });
  made.log_e = rule_reader(facts.rule, values).harm();
  for (double highest = highest_.load_relaxed(); made.log_e > highest;)
    if (highest_.replace_relaxed(highest, made.log_e)) break;
  made.highest_log_e = highest_.load_relaxed();
  if (mismatch(assigned_at, steps, 0.01)) return hold(reason::sample_ratio);
  number([](const evidence& one) { return one.is_beyond ? one.log_e : log_nothing; });
  if (rule_reader(facts.rule, values).harm() >= -math::log(facts.alpha)) {
    made.verdict = verdict::rollback;
    const evidence* worst = nullptr;
    for (const evidence& one : made.metrics)
      if (one.is_beyond && (worst == nullptr || one.log_e > worst->log_e)) worst = &one;
    return hold(reason::harm, worst->metric);
  }
  if (made.requests[0] == 0 || made.requests[1] == 0) return hold(reason::no_data);
  if (mismatch(returned_at, steps, 0.02)) return hold(reason::missing_requests);
  if (made.requests[1] < facts.min_requests) return hold(reason::too_few_requests);
  const auto is_measured = [](const evidence& one) {
    return one.measured[0] > 0 && one.measured[1] > one.unmeasured[1];
  };
  number([&](const evidence& one) {
    return is_measured(one) && !one.is_beyond_in_step ? one.log_e_tolerated : log_nothing;
  });
  if (rule_reader(facts.rule, values).tolerated() >= -math::log(facts.beta)) {
    made.verdict = verdict::promote;
    return hold(reason::within_tolerance);
  }
  for (const evidence& one : made.metrics)
    if (!is_measured(one)) return hold(reason::not_measured, one.metric);
  for (const evidence& one : made.metrics)
    if (one.is_beyond_in_step) return hold(reason::beyond_tolerance, one.metric);
  const evidence* last = &made.metrics.front();
  for (const evidence& one : made.metrics)
    if (one.log_e_tolerated < last->log_e_tolerated) last = &one;
  hold(reason::not_shown, last->metric);
}

template <class>
judgement judge_core::report(const judge_facts& facts) const {
  judgement made;
  const std::size_t steps = begun();
  made.step = newest_.load_acquire();
  made.alpha = facts.alpha;
  made.beta = facts.beta;
  made.min_requests = facts.min_requests;
  if (steps > 0) made.share = shares_[made.step].load_acquire();
  for (const std::size_t arm : {std::size_t{0}, std::size_t{1}})
    made.requests[arm] = count(made.step, returned_at + arm);
  for (std::size_t i = 0; i < facts.metrics.size(); ++i) made.metrics.push_back(assess(i, facts, steps));
  decide(made, facts, steps);
  return made;
}

// The payload: highest_ (f64), newest_ (u32), how many steps follow (u32), and each with its share (f64, NaN if it was
// not begun) and its columns (u64).
template <class>
std::vector<std::byte> judge_core::save(std::string_view type) const {
  envelope_writer to(type);
  to.f64(highest_.load_acquire());
  to.u32(static_cast<std::uint32_t>(newest_.load_acquire()));
  const std::size_t steps = begun();
  to.u32(static_cast<std::uint32_t>(steps));
  for (std::size_t s = 0; s < steps; ++s) {
    to.f64(shares_[s].load_acquire());
    for (std::size_t i = 0; i < columns_a_step(); ++i) to.u64(count(s, i));
  }
  return std::move(to).finish();
}

template <class>
result<void> judge_core::load(std::span<const std::byte> bytes, std::string_view type) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  const double highest = from->f64();
  const std::uint32_t newest = from->u32();
  const std::uint32_t steps = from->u32();
  bool valid = highest >= 0 && highest < 1e18 && steps <= max_judged_steps && (newest < steps || newest + steps == 0);
  for (std::size_t s = 0; valid && s < steps; ++s) {
    const double share = from->f64();
    valid = share != share || (share >= 0 && share <= 1);
    shares_[s].store_relaxed(share);
    for (std::size_t i = 0; i < columns_a_step(); ++i) {
      const std::uint64_t by = from->u64();
      const bool is_bad = i >= columns_a_part && i % columns_a_part >= bad_at;
      valid = valid && by < (is_bad ? std::uint64_t{1} << 62 : std::uint64_t{1} << 42);
      counts_.add(s * columns_a_step() + i, by);
    }
  }
  if (valid && steps > 0) valid = shares_[newest].load_relaxed() == shares_[newest].load_relaxed();
  newest_.store_relaxed(newest);
  highest_.store_relaxed(highest);
  return from->finish(valid);
}

template <class>
result<void> judge_core::merge(const judge_core& other) {
  for (std::size_t s = 0; s < max_judged_steps; ++s) {
    const double mine = shares_[s].load_acquire();
    const double theirs = other.shares_[s].load_acquire();
    if (mine == mine && theirs == theirs && mine != theirs)
      return error(errc::invalid_argument, "judge: step " + std::to_string(s) + " has the share " + figure_text(mine) +
                                               " here and " + figure_text(theirs) + " there, so they are not the same");
  }
  for (std::size_t s = 0; s < max_judged_steps; ++s)
    if (const double theirs = other.shares_[s].load_acquire(); theirs == theirs) shares_[s].store_release(theirs);
  if (const std::uint64_t newest = other.newest_.load_acquire(); newest > newest_.load_acquire())
    newest_.store_release(newest);
  counts_.merge(other.counts_);
  return {};
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_JUDGE_CORE_HPP
