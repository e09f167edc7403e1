#ifndef MILLRACE_STATS_EXPERIMENT_EXPERIMENT_HPP
#define MILLRACE_STATS_EXPERIMENT_EXPERIMENT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/stats/experiment/decision.hpp>
#include <millrace/stats/experiment/detail/refused_input.hpp>
#include <millrace/stats/experiment/metrics.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sequential/group_sequential.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

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
namespace stats {

namespace detail {

/// A tuple that is trivially copyable, which std::tuple is not.
template <std::size_t At, class State>
struct slot {
  State state;
};
template <class Places, class... States>
struct slots;
template <std::size_t... At, class... States>
struct slots<std::index_sequence<At...>, States...> : slot<At, States>... {};
template <std::size_t At, class State>
State& state_at(slot<At, State>& of) noexcept {
  return of.state;
}
template <std::size_t At, class State>
const State& state_at(const slot<At, State>& of) noexcept {
  return of.state;
}

/// Calls f with each place below Size, as an integral_constant, which may stand where a constant has to.
template <std::size_t Size, class F>
void for_each_place(F f) {
  const auto all = [&]<std::size_t... At>(std::index_sequence<At...>) {
    (f(std::integral_constant<std::size_t, At>()), ...);
  };
  all(std::make_index_sequence<Size>());
}

template <class Family>
struct family_traits {
  static_assert(sizeof(Family) == 0, "millrace[EXPERIMENT-6]: the first part of an experiment_test is outcomes<...>");
};
template <class... Metrics>
struct family_traits<outcomes<Metrics...>> {
  static constexpr std::size_t size = sizeof...(Metrics);
  static constexpr std::size_t inputs = (Metrics::inputs + ... + 0);
  using states = slots<std::index_sequence_for<Metrics...>, typename Metrics::state...>;
  static constexpr std::array<std::string_view, size> names{Metrics::name...};
  template <class Metric>
  static constexpr std::string_view kind_of() {
    if constexpr (requires { Metric::kind; })
      return Metric::kind;
    else
      return "metric";
  }
  static constexpr std::array<std::string_view, size> kinds{kind_of<Metrics>()...};
  static constexpr std::array<std::size_t, size> widths{Metrics::inputs...};
  static constexpr bool names_differ = [] {
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (names[i] == names[k]) return false;
    return true;
  }();
  /// Whether every metric can use its inputs. The caller has found all of them finite.
  static bool take(const double* given) noexcept {
    const double* at = given;
    return ((at += Metrics::inputs, metric_takes<Metrics>(at - Metrics::inputs)) && ...);
  }
  /// Which input the unit is refused for, which `take` or the bound on inputs refuses.
  [[gnu::cold]] [[gnu::noinline]] static refused_input culprit(const double* at) noexcept {
    refused_input found;
    std::uint32_t number = 0;
    (found.look<Metrics>(number, at), ...);
    return found;
  }
  static std::string why(const refused_input& last) {
    std::string text;
    std::uint32_t number = 0;
    ((++number == last.metric ? text = last.why<Metrics>() : text), ...);
    return text;
  }
};

struct no_looks {
  static constexpr std::size_t count = 1;
};
template <class When>
struct planned_looks {
  using type = no_looks;
};
template <spending How, class Looks, real Rho>
struct planned_looks<group_looks<How, Looks, Rho>> {
  using type = Looks;
};

}  // namespace detail

/// An A/B test whose type says what is measured and how it is decided, so that it cannot be decided otherwise:
///
///     using namespace mr::stats;
///     experiment_test<outcomes<conversion<"ctr">, ratio<"revenue", "clicks">, quantile_of<"latency", .99>>,
///                     decision<always_valid, alpha<.05>, holm>>
///         test;
///     test.update(treated, clicked, revenue, clicks, latency);     // one unit, as it comes
///     auto now = test.peek();                                      // result<experiment_report<3>>
///
/// always_valid and always_valid_asymptotic have `peek()`, fixed_horizon has `conclude(planned)` and group_looks has
/// `look(planned)`; calling another one does not compile (EXPERIMENT-1). The correction always covers all metrics. The
/// caller assigns units to the arms by chance, to the treatment with the probability two_arm_design::share.
///
/// Where the arms' sizes contradict that share (sequential_sample_ratio, with its default gate), a report has no
/// verdict: nothing is significant, no finding is recorded, and `summary` says why. A unit with an input that is not
/// finite or beyond 1e140 in size, or a conversion that is neither 0 nor 1, is left out of all metrics and counted by
/// `refused`. With always_valid, p comes from bets on single units, while the intervals come from moments and hold in
/// the limit of large samples: where the two disagree, p decides. While a metric does not vary, its interval is the
/// whole line.
///
/// Guarantee: with always_valid and a family-wise correction, if no metric depends on the arm, the probability that any
/// metric is ever significant is at most alpha, however one peeks. A metric that was significant once stays so, also in
/// an empty experiment that merges this one.
/// Complexity: update O(inputs), 10 to 40 ns a metric. Trivially copyable.
/// Allocates: never, except in `look` and `save`.
/// Threads: one at a time; several threads fill one each and merge them.
/// Errors: `merge`: invalid_argument, if the designs differ. Reports: invalid_argument, naming the arm, if one has no
/// units yet, and saying how many units were refused, and why the last was; else those of the metrics' tests.
template <class Family, class Decision>
class experiment_test {
  using traits = detail::family_traits<Family>;
  using when = typename Decision::when;
  using correction_type = typename Decision::family_correction;
  using planned = typename detail::planned_looks<when>::type;
  static constexpr bool bets = std::same_as<when, always_valid>;
  static constexpr bool grouped = detail::is_group<when>;

  static_assert(traits::names_differ,
                "millrace[EXPERIMENT-11]: two metrics of outcomes<...> have one name; name each for what it measures");
  static_assert(traits::size > 0, "millrace[EXPERIMENT-7]: outcomes<> measures nothing");
  static_assert(traits::size == 1 || !std::same_as<correction_type, uncorrected>,
                "millrace[EXPERIMENT-2]: several metrics are a family: uncorrected is for a single one; use holm");
  static_assert(
      traits::size == 1 || !grouped || std::same_as<correction_type, bonferroni>,
      "millrace[EXPERIMENT-12]: group_looks of several metrics share alpha by bonferroni, the third part of their "
      "decision; other corrections do not hold over several looks");

 public:
  static constexpr std::size_t size = traits::size;
  using report = experiment_report<size>;

  experiment_test() noexcept = default;
  /// Errors: invalid_argument: a share outside (0, 1), an effect that is not positive and finite.
  static result<experiment_test> make(two_arm_design design) {
    auto bet = two_arm_e_process::make(design);
    if (!bet) return std::move(bet).error();
    experiment_test made;
    made.design_ = design;
    if constexpr (bets) made.bet_.fill(*bet);
    return made;
  }

  /// One unit: its arm, and the inputs of all metrics in their order.
  template <class Treated, class... Inputs>
  void update(Treated treated, Inputs... inputs) noexcept {
    static_assert(std::same_as<Treated, bool>,
                  "millrace[EXPERIMENT-10]: update takes the arm as a bool: whether the unit is treated");
    static_assert(sizeof...(Inputs) == traits::inputs,
                  "millrace[EXPERIMENT-8]: update takes the arm and every input of every metric, in their order");
    const std::array<double, traits::inputs> all{static_cast<double>(inputs)...};
    take(treated, all.data(), std::make_index_sequence<size>());
  }
  /// The same, with the inputs as one row.
  void update(bool treated, std::span<const double, traits::inputs> inputs) noexcept {
    take(treated, inputs.data(), std::make_index_sequence<size>());
  }

  /// Adds many units of an arm, summed up elsewhere, to metric number `Metric`. A summary is an `aggregate` that keeps
  /// what the metric needs (`mean` for a conversion; `mean` and `variance`; `covariance` of pairs; `quantiles`), a
  /// sketch of quantiles, or moments of your own. Every metric is given all units: an arm counts as many units as the
  /// metric that has most. Does not compile for always_valid, whose bets need single units.
  template <std::size_t Metric, class... Summary>
  void merge(bool treated, const Summary&... summary) {
    static_assert(!bets,
                  "millrace[EXPERIMENT-9]: always_valid bets on single units; from summaries use "
                  "always_valid_asymptotic, fixed_horizon or group_looks");
    detail::state_at<Metric>(state_).merge(treated, summary...);
    double& units = arm_[treated ? 1 : 0];
    detail::for_each_place<size>(
        [&](auto at) { units = detail::math::fmax(units, detail::state_at<at>(state_).count(treated)); });
  }

  /// Adds the units of another part of the same experiment. An empty experiment becomes a copy of the other. Otherwise
  /// looks and findings of the other are not taken over, since findings of both would be two chances of a false one;
  /// and if either was concluded, the merged one counts as concluded.
  result<void> merge(const experiment_test& other) {
    if (design_.share != other.design_.share || design_.effect != other.design_.effect)
      return error(errc::invalid_argument, "experiment tests of different designs cannot be merged");
    if (arm_[0] + arm_[1] == 0) {
      const std::uint64_t refused = refused_;
      const detail::refused_input last = last_refused_;
      *this = other;
      refused_ += refused;
      if (last.metric != 0) last_refused_ = last;
      return {};
    }
    detail::for_each_place<size>(
        [&](auto at) { detail::state_at<at>(state_).merge(detail::state_at<at>(other.state_)); });
    if constexpr (bets)
      for (std::size_t i = 0; i < size; ++i)
        if (auto done = bet_[i].merge(other.bet_[i]); !done) return done;
    for (std::size_t a = 0; a < 2; ++a) arm_[a] += other.arm_[a];
    concluded_at_ = detail::math::fmax(concluded_at_, other.concluded_at_);
    refused_ += other.refused_;
    if (last_refused_.metric == 0) last_refused_ = other.last_refused_;
    return {};
  }

  /// The report at this moment; may be called at any time, any number of times. Each metric's highest evidence is
  /// remembered, so a finding stands.
  template <class D = Decision>
  result<report> peek() {
    static_assert(
        D::when::any_time,
        "millrace[EXPERIMENT-1]: peek() is for decisions that are valid at any time: a fixed_horizon decision "
        "has conclude(planned_n), group_looks has look(planned_n); or decide by always_valid");
    auto found = tests();
    if (!found) return found;
    for (std::size_t i = 0; i < size; ++i) {
      test_result& t = found->metrics[i].test;
      const double variance = variances_[i];
      const double n = arm_[0] + arm_[1];
      // The effect's variance falls like 1 / n: at best_at units it will be variance n / best_at.
      const double spread = shortest_spread(variance * n / best_at, Decision::alpha);
      t.interval = around(t.effect, mixture_reach(variance, spread, Decision::alpha));
      t.failed.add(assumption::variation, !(variance > 0));
      double log_e = 0;
      if constexpr (bets) {
        t.test = "always-valid test";
        log_e = bet_[i].log_e_value();
      } else {
        t.test = "always-valid test (asymptotic)";
        log_e = log_mixture_ratio(t.effect, variance, spread);
        if (!(log_e == log_e)) log_e = 0;
        t.failed.add(assumption::large_sample, detail::math::fmin(arm_[0], arm_[1]) < 100);
      }
      t.statistic = log_e;
      if (log_e > highest_[i] && !found->sample_ratio.mismatch) highest_[i] = log_e;
      t.p = detail::math::exp(-highest_[i]);
    }
    return corrected(std::move(found));
  }

  /// The only look of a fixed_horizon decision. Until more units come, calling it again returns the same.
  /// Errors: invalid_argument: fewer units than planned, or other units than when it was concluded; out_of_range: a
  /// planned number that is not positive and finite.
  template <class D = Decision>
  result<report> conclude(double planned_units) {
    static_assert(std::same_as<typename D::when, fixed_horizon>,
                  "millrace[EXPERIMENT-1]: conclude(planned_n) is for fixed_horizon decisions: always_valid ones have "
                  "peek(), group_looks has look(planned_n)");
    if (auto there = reached(planned_units, 1); !there) return std::move(there).error();
    const double now = arm_[0] + arm_[1];
    if (concluded_at_ != 0 && concluded_at_ != now)
      return error(errc::invalid_argument, "experiment: it was concluded at " + figure(concluded_at_) +
                                               " units; to look again as units come takes group_looks or always_valid");
    auto found = tests();
    if (!found) return found;
    concluded_at_ = now;
    return corrected(std::move(found));
  }

  /// The next look of a group_looks decision. A finding stands at later looks.
  /// Complexity: about 0.5 ms a metric.
  /// Errors: invalid_argument: too few units for this look, no look left, or another plan than at the first look;
  /// out_of_range: a planned number that is not positive and finite.
  template <class D = Decision>
  result<report> look(double planned_units) {
    static_assert(
        detail::is_group<typename D::when>,
        "millrace[EXPERIMENT-1]: look(planned_n) is for group_looks decisions: always_valid ones have peek(), "
        "fixed_horizon has conclude(planned_n)");
    if (looks_taken_ >= planned::count)
      return error(errc::invalid_argument, "experiment: all " + std::to_string(planned::count) + " looks are taken");
    if (looks_taken_ != 0 && planned_units != planned_units_)
      return error(errc::invalid_argument, "experiment: it was planned for " + figure(planned_units_) + " units, not " +
                                               figure(planned_units) + "; the plan stands from the first look on");
    if (auto there = reached(planned_units, planned::at[looks_taken_]); !there) return std::move(there).error();
    auto found = tests();
    if (!found) return found;
    constexpr double one_alpha = Decision::alpha / static_cast<double>(size);
    const auto limit = limit_of_look(one_alpha);
    if (!limit) return limit.error();
    const bool verdict = !found->sample_ratio.mismatch;
    for (std::size_t i = 0; i < size; ++i) {
      metric_evidence& m = found->metrics[i];
      const double z = normal{}.isf(0.5 * m.test.p);  // as improbable for a normal as the statistic is for its own law
      if (verdict && z >= *limit) rejected_[i] = 1;
      if (verdict) highest_[i] = detail::math::fmax(highest_[i], -detail::math::log(repeated_p(z, m.test.p)));
      const bool rejected = rejected_[i] != 0;
      // p is found by a search, whose last digits may contradict the limit; the limit decides.
      m.test.p = detail::math::exp(-highest_[i]);
      m.test.p = rejected ? detail::math::fmin(m.test.p, one_alpha)
                          : detail::math::fmax(m.test.p, detail::math::nextafter(one_alpha, 1.0));
      m.adjusted_p = verdict ? detail::math::fmin(1.0, m.test.p * static_cast<double>(size)) : 1;
      m.significant = verdict && rejected;
      m.test.interval = around(m.test.effect, *limit * detail::math::sqrt(variances_[i]));
    }
    planned_units_ = planned_units;
    ++looks_taken_;
    return found;
  }

  /// How many units an arm has.
  double units(bool treated) const noexcept { return arm_[treated ? 1 : 0]; }
  /// How many units were left out: an input was not finite, beyond 1e140 in size, or one that its metric cannot use.
  std::uint64_t refused() const noexcept { return refused_; }
  /// The metrics' names.
  static constexpr const std::array<std::string_view, size>& names() noexcept { return traits::names; }

  std::vector<std::byte> save() const {
    envelope_writer to("experiment_test");
    to.text(decided);
    to.text(correction_type::name);
    to.f64(Decision::alpha);
    if constexpr (grouped) {
      to.u8(static_cast<std::uint8_t>(when::how));
      if constexpr (when::how == spending::power) to.f64(when::rho);
      for (const double share : planned::at) to.f64(share);
    }
    for (const std::string_view name : traits::names) to.text(name);
    for (const std::string_view kind : kinds) to.text(kind);
    to.f64(design_.share);
    to.f64(design_.effect);
    to.f64(arm_[0]);
    to.f64(arm_[1]);
    to.u64(refused_);
    to.u32(looks_taken_);
    to.f64(planned_units_);
    to.f64(concluded_at_);
    for (std::size_t i = 0; i < size; ++i) {
      to.f64(highest_[i]);
      to.u8(rejected_[i]);
      if constexpr (bets) bet_[i].save(to);
    }
    detail::for_each_place<size>([&](auto at) { detail::state_at<at>(state_).save(to); });
    return std::move(to).finish();
  }
  /// Errors: those of every envelope; type_mismatch for an experiment with other metrics or another decision; corrupt.
  static result<experiment_test> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, "experiment_test");
    if (!from) return std::move(from).error();
    if (auto same = checked_type(*from); !same) return std::move(same).error();
    two_arm_design design;
    design.share = from->f64();
    design.effect = from->f64();
    auto made = make(design);
    if (!made) return error(errc::corrupt, "saved experiment: its design makes no sense");
    const bool valid = made->load_figures(*from);
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr std::string_view decided = bets             ? "always_valid"
                                              : grouped        ? "group_looks"
                                              : when::any_time ? "always_valid_asymptotic"
                                                               : "fixed_horizon";
  static constexpr auto kinds = traits::kinds;

  static constexpr double best_at = 10'000;  // units at which intervals of any_time decisions are shortest

  /// Whether the bytes are those of an experiment with these metrics, decided in this way.
  static result<void> checked_type(envelope_reader& from) {
    bool same = from.text() == decided;
    same = from.text() == correction_type::name && same;
    same = from.f64() == Decision::alpha && same;
    if constexpr (grouped) {
      same = same && from.u8() == static_cast<std::uint8_t>(when::how);
      if constexpr (when::how == spending::power) same = same && from.f64() == when::rho;
      for (const double share : planned::at) same = same && from.f64() == share;
    }
    if (!same)
      return error(errc::type_mismatch, "saved experiment: it is decided in another way than by " +
                                            std::string(decided) + ", " + std::string(correction_type::name) +
                                            ", alpha " + figure(Decision::alpha) +
                                            (grouped ? ", and at these looks" : ""));
    for (const std::string_view name : traits::names)
      if (from.text() != name)
        return error(errc::type_mismatch, "saved experiment: its metric is not " + std::string(name));
    for (std::size_t i = 0; i < size; ++i)
      if (from.text() != kinds[i])
        return error(errc::type_mismatch, "saved experiment: its metric " + std::string(traits::names[i]) +
                                              " is not a " + std::string(kinds[i]));
    return {};
  }
  /// Returns false if the numbers contradict each other; the object must not be used then.
  bool load_figures(envelope_reader& from) {
    bool valid = true;
    for (double& units : arm_) {
      units = from.f64();
      valid = valid && units >= 0 && units < 0x1p53;
    }
    refused_ = from.u64();
    looks_taken_ = from.u32();
    planned_units_ = from.f64();
    concluded_at_ = from.f64();
    const bool is_planned = planned_units_ > 0 && planned_units_ < detail::infinity;  // with the first look
    valid = valid && looks_taken_ <= planned::count && (looks_taken_ == 0 ? planned_units_ == 0 : is_planned) &&
            concluded_at_ >= 0 && concluded_at_ < 0x1p53;
    for (std::size_t i = 0; i < size; ++i) {
      highest_[i] = from.f64();
      rejected_[i] = from.u8();
      valid = valid && highest_[i] >= 0 && rejected_[i] <= 1;
      if constexpr (bets)
        valid = valid && bet_[i].load(from) && bet_[i].design().share == design_.share &&
                bet_[i].design().effect == design_.effect;
    }
    detail::for_each_place<size>([&](auto at) { valid = valid && detail::state_at<at>(state_).load(from); });
    return valid;
  }

  template <std::size_t... At>
  void take(bool treated, const double* inputs, std::index_sequence<At...>) noexcept {
    bool good = true;
    for (std::size_t i = 0; i < traits::inputs; ++i) good &= detail::math::absolute(inputs[i]) <= detail::most_input;
    if (!(good && traits::take(inputs))) [[unlikely]] {
      ++refused_;
      last_refused_ = traits::culprit(inputs);
      return;
    }
    arm_[treated ? 1 : 0] += 1;
    const double* at = inputs;
    (one<At>(treated, at), ...);
  }
  template <std::size_t At>
  void one(bool treated, const double*& at) noexcept {
    auto& s = detail::state_at<At>(state_);
    if constexpr (bets) bet_[At].update(treated, s.score(at));
    s.update(treated, at);
    at += traits::widths[At];
  }

  result<void> reached(double planned_units, double share) const {
    if (!(planned_units > 0 && planned_units < detail::infinity))
      return error(errc::out_of_range,
                   "experiment: the planned number of units is " + figure(planned_units) + ", not above 0");
    if (arm_[0] + arm_[1] >= planned_units * share) return {};
    return error(errc::invalid_argument, "experiment: " + figure(arm_[0] + arm_[1]) + " units are there, " +
                                             figure(planned_units * share) + " are needed" + left_out());
  }
  /// The z beyond which look number `look` (from 0) rejects, with `alpha` spent over all looks.
  static result<double> limit_at(double alpha, std::size_t look) {
    auto limits = group_sequential::make(when::how, alpha, true, when::rho);
    if (!limits) return std::move(limits).error();
    double limit = 0;
    for (std::size_t k = 0; k <= look; ++k) {
      const auto now = limits->look(planned::at[k], 0);
      if (!now) return now.error();
      limit = now->limit;
    }
    return limit;
  }
  result<double> limit_of_look(double alpha) const { return limit_at(alpha, looks_taken_); }
  /// The repeated p-value of this look: the least alpha that, spent over the looks, makes z reject here; 1 if that is
  /// above 1/2. It is at least `fixed_p`, the p-value of a fixed sample, since limits of several looks lie further out
  /// than that of one; so it is searched for between `fixed_p` and 1/2.
  /// Source: Jennison, Turnbull, "Group sequential methods", 9.2 (repeated p-values).
  double repeated_p(double z, double fixed_p) const {
    if (fixed_p == 0) return 0;
    const auto beyond = [&](double log_alpha) { return limit_of_look(detail::math::exp(log_alpha)).value_or(0) - z; };
    double low = detail::math::log(fixed_p);
    double high = detail::math::log(0.5);
    if (!(low < high)) return 1;
    double at_low = beyond(low);
    double at_high = beyond(high);
    if (!(at_high <= 0)) return 1;
    // Regula falsi that halves the value at the end that stays (the Illinois method). Bisection where that would hardly
    // move, or a limit is infinite.
    for (int i = 0; i < 60 && high - low > 1e-9; ++i) {
      double share = at_low / (at_low - at_high);
      if (!(share > 0.001 && share < 0.999)) share = 0.5;
      const double middle = low + share * (high - low);
      const double here = beyond(middle);
      if (here > 0) {
        low = middle;
        at_low = here;
        at_high /= 2;
      } else {
        high = middle;
        at_high = here;
        at_low /= 2;
      }
    }
    return detail::math::exp(high);
  }
  static std::string figure(double value) { return detail::figure(value); }
  /// For an error: how many units were refused, and why the last was, unless it was before a `load`.
  std::string left_out() const {
    if (refused_ == 0) return "";
    const std::string many =
        "; " + std::to_string(refused_) + (refused_ == 1 ? " unit was" : " units were") + " refused";
    return last_refused_.metric == 0 ? many : many + ", the last because " + traits::why(last_refused_);
  }
  /// The interval effect -+ reach; the whole line if reach is not positive, which means that the data do not vary.
  static interval around(double effect, double reach) noexcept {
    interval all;
    all.level = 1 - Decision::alpha;
    return reach > 0 ? interval{effect - reach, effect + reach, all.level} : all;
  }

  /// A report with the metrics' tests for a fixed sample and the check of the arms, not corrected yet.
  result<report> tests() {
    for (const bool treated : {false, true})
      if (arm_[treated ? 1 : 0] == 0)
        return error(errc::invalid_argument, std::string("experiment: the ") + (treated ? "treatment" : "control") +
                                                 " has no units yet, of " + figure(arm_[0] + arm_[1]) + " in all" +
                                                 left_out());
    report found;
    found.units = arm_[0] + arm_[1];
    found.treated = arm_[1];
    found.share = design_.share;
    found.refused = refused_;
    const test_options options{alternative::two_sided, 1 - Decision::alpha};
    result<void> failed;
    detail::for_each_place<size>([&](auto at) { test<at>(found, options, failed); });
    if (!failed) return std::move(failed).error();
    const std::array<double, 2> weights{1 - design_.share, design_.share};
    auto shares = sequential_sample_ratio(arm_, weights);
    if (!shares) return std::move(shares).error();
    found.sample_ratio = *shares;
    return found;
  }
  template <std::size_t At>
  void test(report& found, const test_options& options, result<void>& failed) {
    found.metrics[At].metric = traits::names[At];
    auto one = detail::state_at<At>(state_).test(options);
    if (one)
      found.metrics[At].test = *one;
    else if (failed)
      failed = std::move(one).error().wrap("metric " + std::string(traits::names[At]) +
                                           ", the treatment first and then the control");
    variances_[At] = detail::state_at<At>(state_).variance_of_effect();
  }
  result<report> corrected(result<report> found) const {
    std::array<double, size> p{};
    for (std::size_t i = 0; i < size; ++i) p[i] = found->metrics[i].test.p;
    const auto adjusted = family<correction_type, size>{}.adjusted(p);
    if (!adjusted) return adjusted.error();
    for (std::size_t i = 0; i < size; ++i) {
      if (found->sample_ratio.mismatch) continue;  // no verdict
      found->metrics[i].adjusted_p = (*adjusted)[i];
      found->metrics[i].significant = (*adjusted)[i] <= Decision::alpha;
    }
    return found;
  }

  two_arm_design design_;
  std::array<double, 2> arm_{};
  std::uint64_t refused_ = 0;
  detail::refused_input last_refused_;  // is not saved
  std::uint32_t looks_taken_ = 0;
  double planned_units_ = 0;            // given at the first look
  double concluded_at_ = 0;             // the number of units then; 0: not concluded
  std::array<double, size> highest_{};  // log of the highest e-value so far; with group_looks of the highest 1 / p
  std::array<double, size> variances_{};
  std::array<std::uint8_t, size> rejected_{};
  std::array<two_arm_e_process, bets ? size : 0> bet_;
  typename traits::states state_;
};

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EXPERIMENT_EXPERIMENT_HPP
