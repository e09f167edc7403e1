#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_JUDGE_CORE_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_JUDGE_CORE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/judge/detail/copied_atomic.hpp>
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
/// Columns of a step: so many for the requests, and as many for each metric; a pair is of the stable model and of the
/// candidate. Those of units are there if a judge counts by unit.
inline constexpr std::size_t columns_by_request = 10;
inline constexpr std::size_t columns_by_unit = 14;
inline constexpr std::size_t assigned_at = 0;
inline constexpr std::size_t returned_at = 2;
inline constexpr std::size_t units_at = 4;  // at their first request
inline constexpr std::size_t measured_at = 0;
inline constexpr std::size_t unmeasured_at = 2;
inline constexpr std::size_t bad_at = 4;
inline constexpr std::size_t beyond_at = 6;  // of a latency, beyond max_ratio times the limit
inline constexpr std::size_t lower_at = 8;   // and beyond its lower limit
inline constexpr std::size_t first_at = 10;  // of units, measured at their first request
inline constexpr std::size_t first_bad_at = 12;
/// Counts stay below this, so that sums of badness fit.
inline constexpr std::uint64_t most_counted = std::uint64_t{1} << 42;
inline constexpr double log_2 = 0.69314718055994531;
inline constexpr double log_3 = 1.0986122886681098;

/// What a metric is to the evidence.
struct metric_facts {
  std::string_view name;
  std::string_view effect_name;
  tolerance tolerated;
  /// Of a latency: bad is slower than a limit, and there are columns of what is slower than max_ratio times it.
  bool is_quantile = false;
  /// Fed by scores, each of which is known by itself.
  bool is_score = false;
};

/// What a judge's policies say.
struct judge_facts {
  std::span<const metric_facts> metrics;
  std::span<const rule_node> rule;
  double alpha;
  double beta;
  std::uint64_t min_requests;
  bool is_by_unit;
};

/// The state of a judge, and all that does not depend on the types of its metrics.
class judge_core {
 public:
  judge_core(std::size_t metrics, std::size_t columns_a_part)
      : counts_(max_judged_steps * columns_a_part * (1 + metrics)), part_(columns_a_part), metrics_(metrics) {
    for (auto& share : shares_) share.store_relaxed(math::nan);
  }

  std::size_t columns_a_step() const noexcept { return part_ * (1 + metrics_); }
  count_table& counts() noexcept { return counts_; }
  std::uint64_t count(std::size_t step, std::size_t column) const noexcept {
    return counts_.sum(step * columns_a_step() + column);
  }

  template <class = void>
  result<void> begin_step(std::size_t step, double share);
  /// The verdict; with intervals and estimates, if `is_full`.
  template <class = void>
  judgement report(const judge_facts& facts, bool is_full, bool are_units_full) const;
  template <class = void>
  void save(envelope_writer& to) const;
  /// Returns false if the numbers contradict each other.
  template <class = void>
  bool load(envelope_reader& from);
  template <class = void>
  result<void> merge(const judge_core& other);

 private:
  /// What a metric's evidence is made from.
  struct metric_steps {
    using steps = std::array<step_counts, max_judged_steps>;
    steps plain;      // as measured
    steps lower;      // of a latency, what is beyond its lower limit
    steps beyond;     // and what is beyond max_ratio times the limit
    steps tolerable;  // bad is what would be too much: by the candidate beyond, by the stable model plain
    steps doubtful;   // the same, where what the candidate did not measure is bad
    steps first;      // what a difference is judged by: tolerable, or of units at their first request
    steps first_doubtful;
  };

  std::size_t begun() const noexcept {
    std::size_t size = 0;
    for (std::size_t s = 0; s < max_judged_steps; ++s)
      if (const double share = shares_[s].load_acquire(); share == share) size = s + 1;
    return size;
  }
  template <class = void>
  void read(std::size_t metric, const metric_facts& is, std::size_t steps, metric_steps& into, evidence& sums) const;
  template <class = void>
  void assess_harm(const metric_facts& is, const metric_steps& of, std::size_t steps, evidence& made) const;
  template <class = void>
  evidence assess(std::size_t metric, const judge_facts& facts, std::size_t steps, bool is_full) const;
  template <class = void>
  bool mismatch(std::size_t column, std::size_t steps, double least) const;
  template <class = void>
  void decide(judgement& made, const judge_facts& facts, std::size_t steps) const;

  count_table counts_;
  std::size_t part_;
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

/// Reads a metric's counts. What counts as bad is read before what counts as measured, and the candidate's before the
/// stable model's, so that what is counted meanwhile rather speaks for the candidate.
template <class>
void judge_core::read(std::size_t metric, const metric_facts& is, std::size_t steps, metric_steps& into,
                      evidence& sums) const {
  const std::size_t first = part_ * (1 + metric);
  const auto bad = [&](std::size_t step, std::size_t column) {
    return static_cast<double>(count(step, first + column)) / static_cast<double>(badness_unit);
  };
  for (std::size_t s = 0; s < steps; ++s) {
    step_counts& plain = into.plain[s];
    const double share = shares_[s].load_acquire();
    plain.share = share == share ? share : 0;
    into.lower[s].share = into.beyond[s].share = plain.share;
    for (const std::size_t arm : {std::size_t{1}, std::size_t{0}}) {
      if (is.is_quantile) {
        into.beyond[s].bad[arm] = bad(s, beyond_at + arm);
        into.lower[s].bad[arm] = bad(s, lower_at + arm);
      }
      plain.bad[arm] = bad(s, bad_at + arm);
      const std::uint64_t measured = count(s, first + measured_at + arm);
      plain.measured[arm] = static_cast<double>(measured);
      sums.measured[arm] += measured;
      sums.bad[arm] += plain.bad[arm];
    }
    const std::uint64_t unmeasured = count(s, first + unmeasured_at + 1);
    sums.unmeasured[0] += count(s, first + unmeasured_at);
    sums.unmeasured[1] += unmeasured;
    into.tolerable[s] = plain;
    if (is.is_quantile) into.tolerable[s].bad[1] = into.beyond[s].bad[1];
    into.doubtful[s] = into.tolerable[s];
    into.doubtful[s].measured[1] += static_cast<double>(unmeasured);
    into.doubtful[s].bad[1] += static_cast<double>(unmeasured);
    into.first[s] = into.tolerable[s];
    into.first_doubtful[s] = into.doubtful[s];
    if (part_ < columns_by_unit || is.is_score) continue;
    for (const std::size_t arm : {std::size_t{1}, std::size_t{0}}) {
      into.first[s].bad[arm] = static_cast<double>(count(s, first + first_bad_at + arm));
      into.first[s].measured[arm] = static_cast<double>(count(s, first + first_at + arm));
    }
    into.first_doubtful[s] = into.first[s];
  }
}

/// For each step, at `into`: the e-value against "harm beyond what is tolerated" of the requests since. A latency has
/// its ratio in its limits, so that requests beyond them, of one arm and of the other, are compared by 1.
inline void log_tolerance_since(std::span<const step_counts> steps, std::span<const step_counts> first,
                                const metric_facts& is, double* into) noexcept {
  std::array<double, max_judged_steps> difference;
  log_ratio_below_since(steps, is.is_quantile ? 1 : is.tolerated.max_ratio, into);
  log_difference_below_since(first, is.tolerated.max_difference, difference.data());
  for (std::size_t s = 0; s < steps.size(); ++s) into[s] = log_add(into[s], difference[s]) - log_2;
}

/// The evidence of harm: of the money of every step, and of that alone by which the requests since are not rather
/// within what is tolerated than beyond it.
template <class>
void judge_core::assess_harm(const metric_facts& is, const metric_steps& of, std::size_t steps, evidence& made) const {
  using starts = std::array<double, max_judged_steps>;
  const auto some = [&](const typename metric_steps::steps& all) {
    return std::span<const step_counts>(all.data(), steps);
  };
  starts since;
  log_harm_since(some(of.plain), is.is_quantile ? 2 : is.tolerated.max_ratio, since.data());
  if (is.is_quantile) {
    starts lower;
    starts beyond;
    log_harm_since(some(of.lower), 2, lower.data());
    log_harm_since(some(of.beyond), 2, beyond.data());
    for (std::size_t s = 0; s < steps; ++s) since[s] = log_add(log_add(since[s], lower[s]), beyond[s]) - log_3;
  }
  made.log_e = log_of_starts(std::span<const double>(since.data(), steps));
  starts tolerance;
  log_tolerance_since(some(of.tolerable), some(of.first), is, tolerance.data());
  if (steps > 0) made.log_e_tolerated = tolerance[0];
  for (std::size_t s = 0; s < steps; ++s) {
    const bool is_beyond = tolerance[s] < 0;
    if (!is_beyond) since[s] = log_nothing;
    made.is_beyond = made.is_beyond || is_beyond;
  }
  if (const std::size_t now = newest_.load_acquire(); now < steps) {
    const auto step = some(of.tolerable).subspan(now, 1);
    made.is_beyond_in_step = is_ratio_above(step, is.is_quantile ? 1 : is.tolerated.max_ratio) &&
                             difference_estimate(some(of.first).subspan(now, 1)) > is.tolerated.max_difference;
  }
  made.log_e_beyond = made.is_beyond ? log_of_starts(std::span<const double>(since.data(), steps)) : log_nothing;
}

template <class>
evidence judge_core::assess(std::size_t metric, const judge_facts& facts, std::size_t steps, bool is_full) const {
  const metric_facts& is = facts.metrics[metric];
  evidence made;
  made.metric = is.name;
  made.effect_name = is.effect_name;
  metric_steps of;
  read(metric, is, steps, of, made);
  assess_harm(is, of, steps, made);
  if (made.unmeasured[1] != 0) {  // else nothing is doubtful
    std::array<double, max_judged_steps> tolerance{};
    log_tolerance_since(std::span<const step_counts>(of.doubtful.data(), steps),
                        std::span<const step_counts>(of.first_doubtful.data(), steps), is, tolerance.data());
    made.log_e_tolerated = tolerance[0];
  }
  made.is_shown = made.log_e_tolerated >= -math::log(facts.beta);
  if (!is_full) return made;
  const std::span<const step_counts> plain(of.plain.data(), steps);
  made.effect = ratio_estimate(plain);
  made.difference = difference_estimate(std::span<const step_counts>(of.first.data(), steps));
  const ratio_interval around = ratio_bounds(plain, facts.alpha);
  made.lower = around.lower;
  made.upper = around.upper;
  made.level = 1 - facts.alpha;
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
  if (mismatch(facts.is_by_unit ? units_at : assigned_at, steps, 0.01)) return hold(reason::sample_ratio);
  number([](const evidence& one) { return one.log_e_beyond; });
  if (rule_reader(facts.rule, values).harm() >= -math::log(facts.alpha)) {
    made.verdict = verdict::rollback;
    const evidence* worst = nullptr;
    for (const evidence& one : made.metrics)
      if (worst == nullptr || one.log_e_beyond > worst->log_e_beyond) worst = &one;
    return hold(reason::harm, worst->metric);
  }
  if (made.requests[0] == 0 || made.requests[1] == 0) return hold(reason::no_data);
  // Requests of few units vary too much for this test; by units only those that never return at all would show.
  if (!facts.is_by_unit && mismatch(returned_at, steps, 0.02)) return hold(reason::missing_requests);
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
judgement judge_core::report(const judge_facts& facts, bool is_full, bool are_units_full) const {
  judgement made;
  const std::size_t steps = begun();
  made.step = newest_.load_acquire();
  made.alpha = facts.alpha;
  made.beta = facts.beta;
  made.min_requests = facts.min_requests;
  if (steps > 0) made.share = shares_[made.step].load_acquire();
  for (const std::size_t arm : {std::size_t{0}, std::size_t{1}})
    made.requests[arm] = count(made.step, returned_at + arm);
  for (std::size_t i = 0; i < facts.metrics.size(); ++i) made.metrics.push_back(assess(i, facts, steps, is_full));
  decide(made, facts, steps);
  if (are_units_full && made.verdict == verdict::promote) {
    made.verdict = verdict::hold;
    made.why = reason::units_full;
  }
  return made;
}

// In a payload: highest_ (f64), newest_ (u32), how many steps follow (u32), and each with its share (f64, NaN if it was
// not begun) and its columns (u64).
template <class>
void judge_core::save(envelope_writer& to) const {
  to.f64(highest_.load_acquire());
  to.u32(static_cast<std::uint32_t>(newest_.load_acquire()));
  const std::size_t steps = begun();
  to.u32(static_cast<std::uint32_t>(steps));
  for (std::size_t s = 0; s < steps; ++s) {
    to.f64(shares_[s].load_acquire());
    for (std::size_t i = 0; i < columns_a_step(); ++i) to.u64(count(s, i));
  }
}

template <class>
bool judge_core::load(envelope_reader& from) {
  const double highest = from.f64();
  const std::uint32_t newest = from.u32();
  const std::uint32_t steps = from.u32();
  bool valid = highest >= 0 && highest < 1e18 && steps <= max_judged_steps && (newest < steps || newest + steps == 0);
  for (std::size_t s = 0; valid && s < steps; ++s) {
    const double share = from.f64();
    valid = share != share || (share >= 0 && share <= 1);
    shares_[s].store_relaxed(share);
    for (std::size_t i = 0; i < columns_a_step(); ++i) {
      const std::uint64_t by = from.u64();
      const bool is_bad = i >= part_ && i % part_ >= bad_at && i % part_ < first_at;
      valid = valid && by < (is_bad ? most_counted * badness_unit : most_counted);
      counts_.add(s * columns_a_step() + i, by);
    }
  }
  valid = valid && (steps == 0 || !math::is_nan(shares_[newest].load_relaxed()));
  newest_.store_relaxed(newest);
  highest_.store_relaxed(highest);
  return valid;
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
