#ifndef MILLRACE_DELIVER_JUDGE_JUDGE_HPP
#define MILLRACE_DELIVER_JUDGE_JUDGE_HPP

#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/judge/detail/judge_core.hpp>
#include <millrace/deliver/judge/detail/judged_units.hpp>
#include <millrace/deliver/judge/detail/latency_limits.hpp>
#include <millrace/deliver/judge/judgement.hpp>
#include <millrace/deliver/judge/metrics.hpp>
#include <millrace/deliver/judge/policies.hpp>
#include <millrace/deliver/judge/release_judge.hpp>
#include <millrace/deliver/judge/rules.hpp>
#include <millrace/deliver/measurement.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// A metric of what every request is measured by.
template <class M>
concept request_metric = requires(const measurement& taken) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::badness(taken) } -> std::same_as<double>;
};
/// A metric of a quantile of the latency.
template <class M>
concept quantile_metric = requires {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::quantile } -> std::convertible_to<double>;
  { M::tolerated.max_ratio } -> std::convertible_to<double>;
};
/// A metric of a score that is fed by itself, when it is known.
template <class M>
concept score_metric = !request_metric<M> && !quantile_metric<M> && requires(double score) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::badness(score) } -> std::same_as<double>;
};

/// What was counted of a metric elsewhere: by a gateway, or by another program.
struct counted {
  /// Requests that have returned. A judge counts them once, however many metrics it is told of.
  std::uint64_t returned = 0;
  std::uint64_t measured = 0;
  /// How many of them were bad: of a latency, slower than the limit. And of a latency alone, how many were slower than
  /// the lower limit, and than max_ratio times the limit.
  std::uint64_t bad = 0;
  std::uint64_t lower = 0;
  std::uint64_t beyond = 0;
  std::uint64_t unmeasured = 0;
};

namespace detail {

template <class Metric>
constexpr metric_facts facts_of() {
  metric_facts made{Metric::name, "ratio of badness", {}, quantile_metric<Metric>, score_metric<Metric>};
  if constexpr (requires { Metric::effect_name; }) made.effect_name = Metric::effect_name;
  if constexpr (requires { Metric::tolerated; }) made.tolerated = Metric::tolerated;
  return made;
}

template <class Part>
using part_of_rule = std::conditional_t<is_judge_policy<Part>, judged_list<>, judged_list<Part>>;
template <class List>
struct judge_rule_of;
template <class... Parts>
struct judge_rule_of<judged_list<Parts...>> {
  using type = all_of<Parts...>;
};
/// The rule among the parts of a judge: all of those that are no policies.
template <class... Parts>
using rule_of_judge = typename judge_rule_of<typename joined<judged_list<>, part_of_rule<Parts>...>::type>::type;

/// The ladder of checks, and what a judge's metrics are to the evidence.
template <class List>
struct judged_metrics;
template <class... Metrics>
struct judged_metrics<judged_list<Metrics...>> {
  static constexpr std::size_t size = sizeof...(Metrics);
  static_assert(
      ((request_metric<Metrics> || quantile_metric<Metrics> || score_metric<Metrics>) && ...),
      "millrace[JUDGE-5]: a judge takes metrics, rules of them, alpha, beta, min_requests and per_user; a metric "
      "has a name and a static badness(const measurement&) or badness(double score) that returns a double");
  static constexpr std::size_t quantiles = (std::size_t{quantile_metric<Metrics>} + ... + 0);
  static constexpr std::array<metric_facts, size> facts{facts_of<Metrics>()...};
  static constexpr bool names_differ = [] {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (facts[i].name == facts[k].name) return false;
    return true;
  }();
  static_assert(names_differ, "millrace[JUDGE-6]: two metrics of a judge have the same name");
  template <class Metric>
  static constexpr std::size_t place = [] {
    std::size_t at = 0;
    std::size_t found = size;
    ((std::is_same_v<Metric, Metrics> ? void(found = at) : void(), ++at), ...);
    return found;
  }();
  /// Calls f<Metric>(place, quantile) for each, with the number of quantiles before it.
  template <class F>
  static constexpr void each(F f) {
    std::size_t at = 0;
    std::size_t quantile = 0;
    ((f.template operator()<Metrics>(at++, quantile), quantile += quantile_metric<Metrics> ? 1 : 0), ...);
  }
  static std::string type(std::size_t room) {
    std::string made = "release_judge<";
    const char* before = "";
    ((made += before, made += Metrics::name, before = ","), ...);
    if (room != 0) made += ",per_user";
    return made + ">";
  }
};

}  // namespace detail

/// Compares a candidate with the stable model beside it, while both have requests at the same time, and says whether to
/// promote it, to take it back, or to wait:
///
///     mr::deliver::judge<mr::deliver::error_rate<mr::deliver::max_ratio<2>>, my_metric> judge;
///     judge.begin_step(0, 0.05);                               // the candidate gets 5 % of the requests
///     judge.update(mr::deliver::arm::candidate, measured, 0);  // as each returns
///     auto now = judge.report();                               // a verdict with its evidence
///
/// The parts are metrics, rules of them (all_of, any_of), and at most one each of alpha, beta, min_requests and
/// per_user. Requests have to be assigned by chance, each to the candidate with the probability of the share of its
/// step, whatever it is about. Nothing else is assumed of the traffic, which may change with time in any way.
///
/// - rollback: the e-value against "no harm" has reached 1 / alpha, of the metrics by which the requests since some
///   step speak rather for harm beyond what is tolerated than for less. (An estimate alone would be a toss of a coin
///   for harm just as large as max_ratio; so harm of some .9 of it may be taken back too.)
/// - promote: in this step min_requests of the candidate have returned, and the e-value against "harm beyond what is
///   tolerated" has reached 1 / beta for every metric (or for the rule); no metric's estimate of this step alone is
///   beyond it. Never because a difference was not found.
/// - hold: otherwise. Without requests, without measurements, or with arms that are not filled as configured, always.
///
/// Models: release_judge.
/// Guarantee: a metric shows no harm if the candidate's requests are on average no worse than the stable model's would
/// be; of a latency, if no more of them are beyond any limit. Without harm in any metric, P(rollback, ever) <= alpha,
/// over all steps, metrics and looks, however the metrics depend on each other. With harm beyond what is tolerated in
/// any metric (or a rule broken so), P(promote, ever) <= beta. Both hold for counts that were saved, loaded and merged
/// too. With per_user, both take the times at which steps begin as given.
/// Complexity: update 2 to 5 ns a metric; look some 2 microseconds a metric, report some 30.
/// Allocates: construction and copies (20 KB, and 20 KB a metric, 75 KB a latency); look, report, save and load. Never
/// update and assign.
/// Threads: assign, update, requests, look, report and save from any number at once; begin_step and merge one at a
/// time, beside them. Copies and moves alone.
/// Errors: begin_step: out_of_range (a step of 16 and more), invalid_argument (a share outside [0, 1], another share
/// for a step that has one). merge: invalid_argument (a step with different shares, or itself). load: those of
/// `envelope_reader`. Source: derived in share_bets.hpp.
template <class... Parts>
class judge {
  using rule = detail::rule_of_judge<Parts...>;
  using metrics = detail::judged_metrics<typename detail::rule_traits<rule>::leaves>;
  static_assert((int{detail::is_alpha<Parts>::value} + ... + 0) <= 1 &&
                    (int{detail::is_beta<Parts>::value} + ... + 0) <= 1 &&
                    (int{detail::is_min_requests<Parts>::value} + ... + 0) <= 1 &&
                    (int{detail::is_per_user<Parts>::value} + ... + 0) <= 1,
                "millrace[JUDGE-3]: alpha, beta, min_requests or per_user is given twice");
  static_assert(metrics::size <= 16, "millrace[JUDGE-4]: a judge and a rule have at most 16 metrics");
  static constexpr std::size_t room = detail::policy_or<detail::is_per_user, detail::per_request, Parts...>::value;

 public:
  /// Whether it is per_user, and so has to be told of each request who asked.
  static constexpr bool is_by_unit = room != 0;

 private:
  static constexpr std::size_t part = is_by_unit ? detail::columns_by_unit : detail::columns_by_request;
  static constexpr auto nodes = detail::rule_nodes<rule>();
  static constexpr detail::judge_facts facts{
      metrics::facts,
      nodes,
      detail::policy_or<detail::is_alpha, detail::default_alpha, Parts...>::value,
      detail::policy_or<detail::is_beta, detail::default_beta, Parts...>::value,
      detail::policy_or<detail::is_min_requests, min_requests<1000>, Parts...>::value,
      is_by_unit};

 public:
  static constexpr std::size_t max_steps = detail::max_judged_steps;

  judge() : core_(metrics::size, part) {}

  /// The candidate gets this share of the requests from now on. To begin a step again with its share changes nothing.
  /// A long stretch of one share may be two steps, so that a fault that begins in the second is found sooner.
  result<void> begin_step(std::size_t step, double share) {
    if (auto done = core_.begin_step(step, share); !done) return done;
    metrics::each([&]<class Metric>(std::size_t, std::size_t quantile) {
      if constexpr (quantile_metric<Metric>) limits_[quantile].begin_step(step, Metric::quantile);
    });
    return {};
  }

  /// A request is on its way, so that those that never return show. Calls are for all requests of a step or for none.
  void assign(arm which, std::size_t step) noexcept {
    if (step < max_steps) at(which, step, 0).add(0, detail::assigned_at, 1);
  }
  /// A request has returned that was assigned in this step. `unit` is a hash of who asked, which is needed per_user.
  void update(arm which, const measurement& taken, std::size_t step, std::uint64_t unit) noexcept {
    if (step >= max_steps) return;
    const place here = at(which, step, unit);
    here.add(0, detail::returned_at, 1);
    metrics::each([&]<class Metric>(std::size_t number, std::size_t quantile) {
      if constexpr (request_metric<Metric>)
        take(here, 1 + number, Metric::badness(taken));
      else if constexpr (quantile_metric<Metric>)
        take_latency<Metric>(here, 1 + number, limits_[quantile], taken.latency);
    });
    if constexpr (is_by_unit) take_unit(here, taken);
  }
  void update(arm which, const measurement& taken, std::size_t step) noexcept
  requires(!is_by_unit)
  {
    update(which, taken, step, 0);
  }
  /// The score of a request is known that was assigned in this step, perhaps long ago.
  template <class Metric>
  void update(arm which, double score, std::size_t step, std::uint64_t unit) noexcept {
    constexpr std::size_t number = metrics::template place<Metric>;
    static_assert(number < metrics::size && score_metric<Metric>,
                  "millrace[JUDGE-7]: update<Metric> is for a metric of this judge with badness(double score)");
    if (step >= max_steps) return;
    const place here = at(which, step, unit);
    const double badness = Metric::badness(score);
    if constexpr (is_by_unit)
      take_score(here, 1 + number, badness);
    else
      take(here, 1 + number, badness);
  }
  template <class Metric>
  void update(arm which, double score, std::size_t step) noexcept
  requires(!is_by_unit)
  {
    update<Metric>(which, score, step, 0);
  }

  /// Adds what was counted of a metric elsewhere, with the limits of this judge if it is a latency. False: these counts
  /// cannot be, such as more bad than measured, or differences of a counter that was set back meanwhile; nothing is
  /// added then.
  template <class Metric>
  bool update(arm which, const counted& other, std::size_t step) noexcept {
    constexpr std::size_t number = metrics::template place<Metric>;
    static_assert(!is_by_unit && number < metrics::size,
                  "millrace[JUDGE-7]: update<Metric> is for a metric of this judge, "
                  "and counts are for one that is not per_user");
    if (step >= max_steps || !can_be(other)) return false;
    const std::size_t at = step * core_.columns_a_step() + static_cast<std::size_t>(which);
    const std::size_t of = at + part * (1 + number);
    if (core_.counts().sum(at + detail::returned_at) + other.returned >= detail::most_counted ||
        core_.counts().sum(of + detail::measured_at) + other.measured >= detail::most_counted ||
        core_.counts().sum(of + detail::unmeasured_at) + other.unmeasured >= detail::most_counted)
      return false;
    core_.counts().add(at + detail::returned_at, other.returned);
    core_.counts().add(of + detail::measured_at, other.measured);
    core_.counts().add(of + detail::unmeasured_at, other.unmeasured);
    core_.counts().add(of + detail::bad_at, other.bad * detail::badness_unit);
    if constexpr (quantile_metric<Metric>) {
      core_.counts().add(of + detail::lower_at, other.lower * detail::badness_unit);
      core_.counts().add(of + detail::beyond_at, other.beyond * detail::badness_unit);
    }
    return true;
  }

  /// How many requests of this arm and step have returned.
  std::uint64_t requests(arm which, std::size_t step) const noexcept {
    return step < max_steps ? core_.count(step, detail::returned_at + static_cast<std::size_t>(which)) : 0;
  }
  /// The verdict with all its evidence.
  judgement report() const { return core_.report(facts, true, units_.bad.refused() != 0); }
  /// The same verdict for a tenth of the time, without estimates and intervals.
  judgement look() const { return core_.report(facts, false, units_.bad.refused() != 0); }
  /// The limits of a metric that is a latency, in nanoseconds, in a step: the quantile, and a lower one that five times
  /// as many requests are beyond. 0: they are not set yet.
  template <quantile_metric Metric>
  std::array<double, 2> limits(std::size_t step) const noexcept {
    std::array<double, 2> found{};
    metrics::each([&]<class Each>(std::size_t, std::size_t quantile) {
      if constexpr (std::is_same_v<Each, Metric>) {
        if (step >= max_steps) return;
        found[0] = limits_[quantile].limit(step);
        found[1] = limits_[quantile].lower(step);
      }
    });
    return found;
  }

  std::vector<std::byte> save() const {
    envelope_writer to(metrics::type(room));
    core_.save(to);
    for (const auto& one : limits_) one.save(to);
    if constexpr (is_by_unit) {
      units_.bad.save(to);
      units_.first.save(to);
    }
    return std::move(to).finish();
  }
  static result<judge> load(std::span<const std::byte> bytes) {
    const std::string type = metrics::type(room);
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    judge made;
    bool valid = made.core_.load(*from);
    for (auto& one : made.limits_) valid = valid && one.load(*from);
    if constexpr (is_by_unit) valid = valid && made.units_.bad.load(*from) && made.units_.first.load(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }
  /// Adds the counts of another part of the same rollout: of another thread, host or run. What looks at the other part
  /// found is not taken over, since it is the looks at the whole that decide. A part that is merged twice counts twice.
  result<void> merge(const judge& other) {
    if (this == &other) return error(errc::invalid_argument, "judge: it is no other part of itself");
    if (auto done = core_.merge(other.core_); !done) return done;
    for (std::size_t i = 0; i < limits_.size(); ++i) limits_[i].merge(other.limits_[i]);
    if constexpr (is_by_unit) units_.merge(other.units_, core_.counts(), core_.columns_a_step());
    return {};
  }

 private:
  /// Where a thread counts what comes of one request.
  struct place {
    detail::count_table::counter* row;
    arm which;
    std::size_t step;
    std::uint64_t unit;
    std::uint32_t slot;

    /// Adds to a pair's column of a part: 0, or 1 + a metric's number.
    void add(std::size_t of, std::size_t column, std::uint64_t by) const noexcept {
      detail::count_table::add(row[of * part + column + static_cast<std::size_t>(which)], by, slot);
    }
  };
  place at(arm which, std::size_t step, std::uint64_t unit) noexcept {
    const std::uint32_t slot = detail::thread_slot();
    return {core_.counts().row(slot) + step * part * (1 + metrics::size), which, step, unit, slot};
  }
  static constexpr bool can_be(const counted& other) noexcept {
    return other.returned < detail::most_counted && other.measured < detail::most_counted &&
           other.unmeasured < detail::most_counted && other.bad <= other.measured && other.lower <= other.measured &&
           other.beyond <= other.bad;
  }
  static std::uint64_t units_of(double badness) noexcept {
    return static_cast<std::uint64_t>((badness < 1 ? badness : 1) * static_cast<double>(detail::badness_unit) + 0.5);
  }

  static detail::judged_units::sighting sighting(const place& here) noexcept {
    const auto* const returned = here.row + detail::returned_at;
    return {here.unit, here.step, here.which, returned[0].load_relaxed() + returned[1].load_relaxed()};
  }

  /// Adds badness, of a unit only the first.
  void add_bad(const place& here, std::size_t of, std::size_t column, std::uint64_t by) noexcept {
    if constexpr (is_by_unit)
      if (!units_.add_bad(sighting(here), of * part + column, by)) return;
    here.add(of, column, by);
  }
  void take(const place& here, std::size_t of, double badness) noexcept {
    if (badness != badness) [[unlikely]]
      return here.add(of, detail::unmeasured_at, 1);
    here.add(of, detail::measured_at, 1);
    if (badness > 0) add_bad(here, of, detail::bad_at, units_of(badness));
  }
  /// Of a unit only the first score counts.
  void take_score(const place& here, std::size_t of, double badness) noexcept {
    if (badness != badness) return here.add(of, detail::unmeasured_at, 1);
    const std::uint64_t by = badness > 0 ? units_of(badness) : 0;
    if (!units_.add_score(sighting(here), of * part + detail::bad_at, by)) return;
    here.add(of, detail::measured_at, 1);
    here.add(of, detail::bad_at, by);
  }
  template <class Metric>
  void take_latency(const place& here, std::size_t of, detail::latency_limits& limits, double latency) noexcept {
    if (!(latency >= 0)) [[unlikely]]
      return here.add(of, detail::unmeasured_at, 1);
    const double limit = limits.limit(here.step);
    if (here.which == arm::stable) limits.update(latency, here.step, Metric::quantile, here.slot);
    if (limit == 0) [[unlikely]]
      return;
    here.add(of, detail::measured_at, 1);
    if (latency <= limits.lower(here.step)) [[likely]]
      return;
    add_bad(here, of, detail::lower_at, detail::badness_unit);
    if (latency <= limit) return;
    add_bad(here, of, detail::bad_at, detail::badness_unit);
    if (latency > limit * Metric::tolerated.max_ratio) add_bad(here, of, detail::beyond_at, detail::badness_unit);
  }
  /// Counts a unit at its first request, and which metrics were measured and bad then.
  void take_unit(const place& here, const measurement& taken) noexcept {
    std::uint64_t measured = 0;
    std::uint64_t bad = 0;
    const auto note = [&] {
      metrics::each([&]<class Metric>(std::size_t number, std::size_t quantile) {
        double badness = detail::math::nan;
        if constexpr (request_metric<Metric>) {
          badness = Metric::badness(taken);
        } else if constexpr (quantile_metric<Metric>) {
          const double limit = limits_[quantile].limit(here.step);
          const double most = here.which == arm::stable ? limit : limit * Metric::tolerated.max_ratio;
          if (limit > 0 && taken.latency >= 0) badness = taken.latency > most ? 1 : 0;
        }
        if (badness == badness) measured |= std::uint64_t{1} << number;
        if (badness > units_.chance(here.unit, number)) bad |= std::uint64_t{1} << number;
      });
      return detail::judged_units::first_note(sighting(here), measured, bad);
    };
    if (!units_.add_first(here.unit, note)) return;
    here.add(0, detail::units_at, 1);
    for (std::size_t number = 0; number < metrics::size; ++number) {
      here.add(1 + number, detail::first_at, measured >> number & 1);
      here.add(1 + number, detail::first_bad_at, bad >> number & 1);
    }
  }

  detail::judge_core core_;
  std::array<detail::latency_limits, metrics::quantiles> limits_;
  detail::judged_units units_{room};
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_JUDGE_HPP
