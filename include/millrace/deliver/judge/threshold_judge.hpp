#ifndef MILLRACE_DELIVER_JUDGE_THRESHOLD_JUDGE_HPP
#define MILLRACE_DELIVER_JUDGE_THRESHOLD_JUDGE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/real.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/deliver/judge/detail/copied_atomic.hpp>
#include <millrace/deliver/judge/detail/count_table.hpp>
#include <millrace/deliver/judge/detail/latency_buckets.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/policies.hpp>
#include <millrace/deliver/judge/release_judge.hpp>
#include <millrace/deliver/measurement.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// Of a threshold_judge: the share of failed requests beyond which a candidate is taken back. Without it .01.
template <real Rate>
struct error_rate_threshold {
  static_assert(Rate.value > 0 && Rate.value < 1,
                "millrace[JUDGE-1]: error_rate_threshold<R> is a share of requests, 0 < R < 1, such as .01");
  static constexpr double value = Rate.value;
};
/// Of a threshold_judge: how many times the stable model's quantile of the latency the candidate's may be. Without it
/// 1.5 of the 99th percentile.
template <real Times, real Quantile = .99>
struct latency_multiplier {
  static_assert(Times.value > 1 && Times.value < 1000 && Quantile.value > 0 && Quantile.value < 1,
                "millrace[JUDGE-1]: latency_multiplier<M, Q> needs 1 < M < 1000 and a quantile 0 < Q < 1, such as 1.5 "
                "and .99");
  static constexpr double value = Times.value;
  static constexpr double quantile = Quantile.value;
};
/// Of a threshold_judge: how many seconds pass between two looks of a release at its thresholds, such as 60. Without it
/// each `decide` looks.
template <real Seconds>
struct check_interval {
  static_assert(Seconds.value > 0 && Seconds.value < 1e9,
                "millrace[JUDGE-1]: check_interval<S> is a number of seconds, 0 < S < 1e9, such as 60");
  static constexpr double value = Seconds.value;
};

namespace detail {

template <class T>
struct is_error_rate_threshold : std::false_type {};
template <real Rate>
struct is_error_rate_threshold<error_rate_threshold<Rate>> : std::true_type {};
template <class T>
struct is_latency_multiplier : std::false_type {};
template <real Times, real Quantile>
struct is_latency_multiplier<latency_multiplier<Times, Quantile>> : std::true_type {};
template <class T>
struct is_check_interval : std::false_type {};
template <real Seconds>
struct is_check_interval<check_interval<Seconds>> : std::true_type {};
struct checked_always {
  static constexpr double value = 0;
};

/// What a threshold_judge counts and decides, whatever its thresholds.
class threshold_core {
 public:
  struct facts {
    double error_rate;
    double multiplier;
    double quantile;
    std::uint64_t min_requests;
  };
  static constexpr std::size_t max_steps = 16;

  threshold_core() : counts_(max_steps * columns), latencies_(2 * latency_buckets::count) {}

  std::uint64_t count(std::size_t step, std::size_t column) const noexcept {
    return counts_.sum(step * columns + column);
  }
  void update(arm which, const measurement& taken, std::size_t step) noexcept {
    const std::uint32_t slot = thread_slot();
    const auto side = static_cast<std::size_t>(which);
    auto* const row = counts_.row(slot) + step * columns + side;
    count_table::add(row[returned], 1, slot);
    count_table::add(row[failed], taken.failed ? 1 : 0, slot);
    if (!(taken.latency >= 0)) return;
    count_table::add(row[measured], 1, slot);
    const std::size_t bucket = side * latency_buckets::count + latency_buckets::at(taken.latency);
    count_table::add(latencies_.row(slot)[bucket], 1, slot);
  }
  template <class = void>
  result<void> begin_step(std::size_t step, double share);
  template <class = void>
  judgement report(const facts& by) const;
  template <class = void>
  std::vector<std::byte> save() const;
  template <class = void>
  result<void> load(std::span<const std::byte> bytes);
  /// The latencies of the newest step of both are those that count.
  void merge(const threshold_core& other) noexcept {
    const std::uint64_t mine = newest_.load_acquire();
    const std::uint64_t theirs = other.newest_.load_acquire();
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const std::uint64_t here = theirs > mine ? latencies_.sum(i) : before_[i].load_acquire();
      const std::uint64_t there = theirs < mine ? other.latencies_.sum(i) : other.before_[i].load_acquire();
      latencies_.add(i, other.latencies_.sum(i));
      before_[i].store_release(here + there);
    }
    counts_.merge(other.counts_);
    if (theirs < mine || (theirs == mine && share_.load_acquire() != 0)) return;
    newest_.store_release(theirs);
    share_.store_release(other.share_.load_acquire());
  }

 private:
  static constexpr std::size_t columns = 8;
  static constexpr std::size_t returned = 0;
  static constexpr std::size_t failed = 2;
  static constexpr std::size_t measured = 4;
  static constexpr const char* type = "threshold_judge";

  template <class = void>
  double quantile(std::size_t side, double share) const noexcept;

  count_table counts_;
  count_table latencies_;  // of the stable model, and of the candidate
  std::array<copied_atomic<std::uint64_t>, 2 * latency_buckets::count> before_{};  // those of before the newest step
  copied_atomic<std::uint64_t> newest_{0};
  copied_atomic<double> share_{0.0};
};

}  // namespace detail

/// The thresholds that release tools commonly have: a candidate is taken back if, of at least min_requests in a step,
/// more than a fixed share fail, or if its latency is more than a multiple of the stable model's; else it is promoted.
///
///     mr::deliver::threshold_judge<mr::deliver::error_rate_threshold<.01>, mr::deliver::latency_multiplier<1.5>,
///                                  mr::deliver::min_requests<1000>, mr::deliver::check_interval<60>>
///         judge;
///
/// For those who want it beside `judge`, or have a level of service to keep. How often a release looks at it decides
/// how often it errs, as there is no bound on error: with a check_interval, what the last look in this step came to
/// stands until so many seconds have passed, by the release's clock, however often it decides, and no step is over by
/// requests that have come since; so a deadline is to be longer. `report` itself is always of now.
///
/// Error rates, simulated by `bench_release_errors` (arms alike, five steps, looks every 100 requests of the candidate
/// from 1,000 on): if both arms fail in .5 % of requests, 1 rollout in 9 is taken back; if both fail in 1 %, or come to
/// do so by day, all. A candidate that fails in .9 % where the stable model fails in .1 % is promoted.
///
/// Models: release_judge.
/// Complexity: update some nanoseconds; report O(buckets).
/// Allocates: construction and copies (115 KB), report, look, save. Never update.
/// Threads: as release_judge.
/// Errors: begin_step: out_of_range, invalid_argument (a share outside [0, 1]). load: those of `envelope_reader`.
template <class... Policies>
class threshold_judge {
  static_assert(((detail::is_error_rate_threshold<Policies>::value || detail::is_latency_multiplier<Policies>::value ||
                  detail::is_min_requests<Policies>::value || detail::is_check_interval<Policies>::value) &&
                 ...),
                "millrace[JUDGE-8]: a threshold_judge takes error_rate_threshold<R>, latency_multiplier<M, Q>, "
                "min_requests<N> and check_interval<S>");
  using multiplier = detail::policy_or<detail::is_latency_multiplier, latency_multiplier<1.5>, Policies...>;
  static constexpr detail::threshold_core::facts facts{
      detail::policy_or<detail::is_error_rate_threshold, error_rate_threshold<.01>, Policies...>::value,
      multiplier::value, multiplier::quantile,
      detail::policy_or<detail::is_min_requests, min_requests<1000>, Policies...>::value};

 public:
  static constexpr std::size_t max_steps = detail::threshold_core::max_steps;
  /// How long what a release has seen stands; 0: not at all.
  static constexpr duration time_between_looks =
      seconds(detail::policy_or<detail::is_check_interval, detail::checked_always, Policies...>::value);

  result<void> begin_step(std::size_t step, double share) { return core_.begin_step(step, share); }
  void assign(arm, std::size_t) noexcept {}
  void update(arm which, const measurement& taken, std::size_t step, std::uint64_t = 0) noexcept {
    if (step < max_steps) core_.update(which, taken, step);
  }
  std::uint64_t requests(arm which, std::size_t step) const noexcept {
    return step < max_steps ? core_.count(step, static_cast<std::size_t>(which)) : 0;
  }
  judgement report() const { return core_.report(facts); }
  judgement look() const { return core_.report(facts); }
  std::vector<std::byte> save() const { return core_.save(); }
  static result<threshold_judge> load(std::span<const std::byte> bytes) {
    threshold_judge made;
    if (auto done = made.core_.load(bytes); !done) return std::move(done).error();
    return made;
  }
  result<void> merge(const threshold_judge& other) {
    if (this == &other) return error(errc::invalid_argument, "judge: it is no other part of itself");
    core_.merge(other.core_);
    return {};
  }

 private:
  detail::threshold_core core_;
};

namespace detail {

template <class>
result<void> threshold_core::begin_step(std::size_t step, double share) {
  if (step >= max_steps)
    return error(errc::out_of_range, "judge: step " + std::to_string(step) + " is beyond the " +
                                         std::to_string(max_steps) + " that it has room for");
  if (!(share >= 0 && share <= 1))
    return error(errc::invalid_argument,
                 "judge: the share of step " + std::to_string(step) + " is " + figure_text(share) + ", not in [0, 1]");
  if (step == newest_.load_acquire() && share == share_.load_acquire()) return {};
  newest_.store_release(step);
  share_.store_release(share);
  for (std::size_t i = 0; i < before_.size(); ++i) before_[i].store_release(latencies_.sum(i));
  return {};
}

/// The quantile of an arm's latencies in the newest step; NaN without any.
template <class>
double threshold_core::quantile(std::size_t side, double share) const noexcept {
  std::array<std::uint64_t, latency_buckets::count> now;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const std::size_t column = side * latency_buckets::count + i;
    const std::uint64_t before = before_[column].load_acquire();  // first: what is counted only grows
    now[i] = latencies_.sum(column) - before;
    all += now[i];
  }
  return all == 0 ? math::nan : latency_buckets::quantile(now.data(), all, share);
}

template <class>
judgement threshold_core::report(const facts& by) const {
  judgement made;
  made.step = newest_.load_acquire();
  made.share = share_.load_acquire();
  made.min_requests = by.min_requests;
  evidence errors;
  errors.metric = "error_rate";
  errors.effect_name = "share of failed requests";
  evidence latency;
  latency.metric = "latency";
  latency.effect_name = "ratio of quantiles";
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    made.requests[side] = errors.measured[side] = count(made.step, returned + side);
    errors.bad[side] = static_cast<double>(count(made.step, failed + side));
    latency.measured[side] = count(made.step, measured + side);
    latency.unmeasured[side] = made.requests[side] - latency.measured[side];
  }
  if (made.requests[1] != 0) errors.effect = errors.bad[1] / static_cast<double>(made.requests[1]);
  errors.is_beyond = errors.effect > by.error_rate;
  latency.effect = quantile(1, by.quantile) / quantile(0, by.quantile);
  latency.is_beyond = latency.effect > by.multiplier;
  if (made.requests[1] < by.min_requests || made.requests[1] == 0)
    made.why = made.requests[1] == 0 ? reason::no_data : reason::too_few_requests;
  else if (errors.is_beyond || latency.is_beyond)
    made.verdict = verdict::rollback, made.why = reason::harm,
    made.metric = (errors.is_beyond ? errors : latency).metric;
  else if (latency.effect != latency.effect || latency.unmeasured[1] > latency.measured[1])
    made.why = reason::not_measured, made.metric = latency.metric;
  else
    made.verdict = verdict::promote, made.why = reason::within_tolerance;
  made.metrics = {errors, latency};
  return made;
}

// The payload: the newest step (u64), its share (f64), the columns of all steps (u64), and the latencies: all, and
// those of before the newest step (u64).
template <class>
std::vector<std::byte> threshold_core::save() const {
  envelope_writer to(type);
  to.u64(newest_.load_acquire());
  to.f64(share_.load_acquire());
  for (std::size_t i = 0; i < max_steps * columns; ++i) to.u64(counts_.sum(i));
  for (std::size_t i = 0; i < before_.size(); ++i) {
    const std::uint64_t before = before_[i].load_acquire();
    to.u64(latencies_.sum(i));
    to.u64(before);
  }
  return std::move(to).finish();
}

template <class>
result<void> threshold_core::load(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, type);
  if (!from) return std::move(from).error();
  const std::uint64_t newest = from->u64();
  const double share = from->f64();
  bool valid = newest < max_steps && share >= 0 && share <= 1;
  const auto number = [&] {
    const std::uint64_t one = from->u64();
    valid = valid && one < std::uint64_t{1} << 42;
    return one;
  };
  for (std::size_t i = 0; i < max_steps * columns; ++i) counts_.add(i, number());
  for (std::size_t i = 0; i < before_.size(); ++i) {
    const std::uint64_t all = number();
    latencies_.add(i, all);
    const std::uint64_t before = number();
    before_[i].store_relaxed(before);
    valid = valid && before <= all;
  }
  newest_.store_relaxed(newest);
  share_.store_relaxed(share);
  return from->finish(valid);
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_THRESHOLD_JUDGE_HPP
