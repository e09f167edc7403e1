#ifndef MILLRACE_DELIVER_JUDGE_JUDGE_HPP
#define MILLRACE_DELIVER_JUDGE_JUDGE_HPP

#include <millrace/core/detail/policy_or.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/judge/detail/judge_core.hpp>
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
/// A metric of a score that is fed by itself, when it is known.
template <class M>
concept score_metric = !request_metric<M> && requires(double score) {
  { M::name } -> std::convertible_to<std::string_view>;
  { M::badness(score) } -> std::same_as<double>;
};

namespace detail {

template <class Metric>
constexpr metric_facts facts_of() {
  metric_facts made{Metric::name, "ratio of badness", {}};
  if constexpr (requires { Metric::effect_name; }) made.effect_name = Metric::effect_name;
  if constexpr (requires { Metric::tolerated; }) made.tolerated = Metric::tolerated;
  return made;
}

template <class Part>
using part_of_rule = std::conditional_t<is_judge_policy<Part>, metric_list<>, metric_list<Part>>;
template <class List>
struct rule_of;
template <class... Parts>
struct rule_of<metric_list<Parts...>> {
  using type = all_of<Parts...>;
};
/// The rule among the parts of a judge: all of those that are no policies.
template <class... Parts>
using rule_of_judge = typename rule_of<typename joined<metric_list<>, part_of_rule<Parts>...>::type>::type;

/// The ladder of checks, and what a judge's metrics are to the evidence.
template <class List>
struct judged_metrics;
template <class... Metrics>
struct judged_metrics<metric_list<Metrics...>> {
  static constexpr std::size_t size = sizeof...(Metrics);
  static_assert(((request_metric<Metrics> || score_metric<Metrics>) && ...),
                "millrace[JUDGE-5]: a judge takes metrics, rules of them, alpha, beta and min_requests; a metric has a "
                "name and a static badness(const measurement&) or badness(double score) that returns a double");
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
  /// Calls f<Metric>(place) for each.
  template <class F>
  static constexpr void each(F f) {
    std::size_t at = 0;
    (f.template operator()<Metrics>(at++), ...);
  }
  static std::string type() {
    std::string made = "release_judge<";
    const char* before = "";
    ((made += before, made += Metrics::name, before = ","), ...);
    return made + ">";
  }
};

}  // namespace detail

/// Compares a candidate with the stable model beside it, while both have requests at the same time, and says whether to
/// promote it, to take it back, or to wait:
///
///     mr::deliver::judge<mr::deliver::error_rate<mr::deliver::max_ratio<2>>, my_metric, mr::deliver::alpha<.01>>
///     judge; judge.begin_step(0, 0.05);                                   // the candidate gets 5 % of the requests
///     judge.update(mr::deliver::arm::candidate, measured, 0);      // as each returns
///     auto now = judge.report();                                   // a verdict with its evidence
///
/// The parts are metrics, rules of them (all_of, any_of), and at most one each of alpha, beta and min_requests.
/// Requests have to be assigned by chance, each to the candidate with the probability of the share of its step,
/// whatever it is about. Nothing else is assumed of the traffic, which may change with time in any way.
///
/// - rollback: the e-value against "no harm" of the metrics whose estimates lie beyond what is tolerated has reached
///   1 / alpha.
/// - promote: in this step min_requests of the candidate have returned, and the e-value against "harm beyond what is
///   tolerated" has reached 1 / beta for every metric (or for the rule); no metric's estimate of this step alone is
///   beyond it. Never because a difference was not found.
/// - hold: otherwise. Without requests, without measurements, or with arms that are not filled as configured, always.
///
/// Models: release_judge.
/// Guarantee: without harm in any metric, P(rollback, ever) <= alpha, over all steps, metrics and looks, however the
/// metrics depend on each other. With harm beyond what is tolerated in any metric (or a rule broken so), P(promote,
/// ever)
/// <= beta. Both hold for counts that were saved, loaded and merged too.
/// Complexity: update some nanoseconds a metric; report some 50 microseconds a metric.
/// Allocates: construction and copies (16 KB and 16 KB a metric); report, save and load. Never update and assign.
/// Threads: assign, update, requests, report and save from any number at once; begin_step and merge one at a time,
/// beside them. Copies and moves alone. Errors: begin_step: out_of_range (a step of 16 and more), invalid_argument (a
/// share outside [0, 1], another share for a step that has one). merge: invalid_argument (a step with different
/// shares). load: those of `envelope_reader`. Source: derived in share_bets.hpp.
template <class... Parts>
class judge {
  using rule = detail::rule_of_judge<Parts...>;
  using metrics = detail::judged_metrics<typename detail::rule_traits<rule>::leaves>;
  static_assert((int{detail::is_alpha<Parts>::value} + ... + 0) <= 1 &&
                    (int{detail::is_beta<Parts>::value} + ... + 0) <= 1 &&
                    (int{detail::is_min_requests<Parts>::value} + ... + 0) <= 1,
                "millrace[JUDGE-3]: alpha, beta or min_requests is given twice");
  static constexpr auto nodes = detail::rule_nodes<rule>();
  static constexpr detail::judge_facts facts{
      metrics::facts, nodes, detail::policy_or<detail::is_alpha, detail::default_alpha, Parts...>::value,
      detail::policy_or<detail::is_beta, detail::default_beta, Parts...>::value,
      detail::policy_or<detail::is_min_requests, min_requests<1000>, Parts...>::value};

 public:
  static constexpr std::size_t max_steps = detail::max_judged_steps;

  judge() : core_(metrics::size) {}

  /// The candidate gets this share of the requests from now on. To begin a step again with its share changes nothing.
  /// A long stretch of one share may be two steps, so that a fault that begins in the second is found sooner.
  result<void> begin_step(std::size_t step, double share) { return core_.begin_step(step, share); }

  /// A request is on its way, so that those that never return show. Calls are for all requests of a step or for none.
  void assign(arm which, std::size_t step) noexcept {
    if (step >= max_steps) return;
    const std::uint32_t slot = detail::thread_slot();
    detail::count_table::add(row(step, slot)[detail::assigned_at + static_cast<std::size_t>(which)], 1, slot);
  }
  /// A request has returned that was assigned in this step. `unit` is a hash of who asked.
  void update(arm which, const measurement& taken, std::size_t step, [[maybe_unused]] std::uint64_t unit = 0) noexcept {
    if (step >= max_steps) return;
    const std::uint32_t slot = detail::thread_slot();
    auto* const at = row(step, slot);
    detail::count_table::add(at[detail::returned_at + static_cast<std::size_t>(which)], 1, slot);
    metrics::each([&]<class Metric>(std::size_t place) {
      if constexpr (request_metric<Metric>) take(at, place, which, Metric::badness(taken), slot);
    });
  }
  /// The score of a request is known that was assigned in this step, perhaps long ago.
  template <class Metric>
  void update(arm which, double score, std::size_t step, [[maybe_unused]] std::uint64_t unit = 0) noexcept {
    static_assert(metrics::template place<Metric> < metrics::size && score_metric<Metric>,
                  "millrace[JUDGE-7]: update<Metric> is for a metric of this judge with badness(double score)");
    if (step >= max_steps) return;
    const std::uint32_t slot = detail::thread_slot();
    take(row(step, slot), metrics::template place<Metric>, which, Metric::badness(score), slot);
  }

  /// How many requests of this arm and step have returned.
  std::uint64_t requests(arm which, std::size_t step) const noexcept {
    return step < max_steps ? core_.count(step, detail::returned_at + static_cast<std::size_t>(which)) : 0;
  }
  judgement report() const { return core_.report(facts); }

  std::vector<std::byte> save() const { return core_.save(metrics::type()); }
  static result<judge> load(std::span<const std::byte> bytes) {
    judge made;
    if (auto done = made.core_.load(bytes, metrics::type()); !done) return std::move(done).error();
    return made;
  }
  /// Adds the counts of another part of the same rollout: of another thread, host or run. What looks at the other part
  /// found is not taken over, since it is the looks at the whole that decide.
  result<void> merge(const judge& other) { return core_.merge(other.core_); }

 private:
  using counter = detail::count_table::counter;

  counter* row(std::size_t step, std::uint32_t slot) noexcept {
    return core_.counts().row(slot) + step * (detail::columns_a_part * (1 + metrics::size));
  }
  static void take(counter* at, std::size_t place, arm which, double badness, std::uint32_t slot) noexcept {
    counter* const of = at + detail::columns_a_part * (1 + place) + static_cast<std::size_t>(which);
    if (badness != badness) [[unlikely]] {
      detail::count_table::add(of[detail::unmeasured_at], 1, slot);
      return;
    }
    detail::count_table::add(of[detail::measured_at], 1, slot);
    if (badness > 0) {
      const double units = (badness < 1 ? badness : 1) * static_cast<double>(detail::badness_unit) + 0.5;
      detail::count_table::add(of[detail::bad_at], static_cast<std::uint64_t>(units), slot);
    }
  }

  detail::judge_core core_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_JUDGE_HPP
