#ifndef MILLRACE_STATS_EXPERIMENT_TEST_HPP
#define MILLRACE_STATS_EXPERIMENT_TEST_HPP

#include <millrace/aggregate/envelope.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/experiment_metrics.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/group_sequential.hpp>
#include <millrace/stats/mixture_sprt.hpp>
#include <millrace/stats/sequential_sample_ratio.hpp>
#include <millrace/stats/two_arm_e_process.hpp>

#include <array>
#include <cmath>
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

/// The metrics of an experiment: together they are the family that a correction covers.
template <class... Metrics>
struct outcomes {};

/// Peek whenever you like, from the first unit on: bets on single units (two_arm_e_process).
struct always_valid {
  static constexpr bool any_time = true;
};
/// Peek whenever you like, in the limit of large samples: from moments alone, so from merged aggregates too.
struct always_valid_asymptotic {
  static constexpr bool any_time = true;
};
/// One look, when the planned number of units is there.
struct fixed_horizon {
  static constexpr bool any_time = false;
};
/// The shares of the planned units at which a group sequential test looks.
template <real... Shares>
struct looks {
 private:
  static constexpr bool increase() {
    double before = 0;
    bool good = sizeof...(Shares) > 0;
    for (const double s : {Shares.value..., 1.0}) {
      good = good && (s > before || (s == 1 && before == 1));
      before = s;
    }
    return good;
  }

 public:
  static_assert(increase(), "millrace[EXPERIMENT-3]: looks<...> must increase, from above 0 to 1 at most");
  static constexpr std::size_t count = sizeof...(Shares);
  static constexpr std::array<double, sizeof...(Shares)> at{Shares.value...};
};
/// A few looks at the planned shares, with alpha spent by `How`.
template <spending How, class Looks>
struct group_looks {
  static constexpr bool any_time = false;
  static constexpr spending how = How;
  using planned = Looks;
};

/// The chance of any false finding in the family (or, by the correction, their share).
template <real A>
struct alpha {
  static_assert(A.value > 0 && A.value < 1, "millrace[EXPERIMENT-4]: alpha<A> needs 0 < A < 1");
  static constexpr double value = A.value;
};

/// When and how an experiment decides.
template <class When, class Alpha, class Correction = holm>
struct decision {
  static constexpr bool corrects = correction<Correction>;  // a name of its own keeps the message short
  static_assert(
      corrects,
      "millrace[EXPERIMENT-2]: the third part of a decision is a correction for the family: bonferroni, holm, "
      "hochberg, benjamini_hochberg, benjamini_yekutieli, or uncorrected for a single metric");
  using when = When;
  using family_correction = Correction;
  static constexpr double alpha = Alpha::value;
};

/// What an experiment says of one metric.
struct metric_evidence {
  std::string_view metric;
  /// Effect (treatment less control) and its interval at level 1 - alpha, not corrected; p as the decision has it:
  /// valid at any time where that is any_time. `statistic` is the logarithm of the e-value there, else the test's.
  test_result test;
  /// For the whole family; compare with alpha.
  double adjusted_p = 1;
  bool significant = false;
};

/// What an experiment says.
template <std::size_t Size>
struct experiment_report {
  std::array<metric_evidence, Size> metrics;
  sample_ratio_evidence sample_ratio;
  double units = 0;

  bool any_significant() const noexcept {
    for (const auto& m : metrics)
      if (m.significant) return true;
    return false;
  }
  /// A line a metric, and one if the arms are not filled as planned.
  std::string summary() const {
    std::string text;
    for (const metric_evidence& m : metrics) {
      text += m.metric;
      text += m.significant ? ": significant (adjusted p " : ": not significant (adjusted p ";
      detail::stats::append_figure(text, m.adjusted_p);
      text += "). ";
      text += m.test.summary();
      text += '\n';
    }
    if (sample_ratio.mismatch) text += "Sample ratio mismatch: do not trust the figures above.\n";
    return text;
  }
};

namespace detail::stats {

/// A tuple that is trivially copyable.
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
};

template <class When>
inline constexpr bool is_group = false;
template <spending How, class Looks>
inline constexpr bool is_group<group_looks<How, Looks>> = true;

struct no_looks {
  static constexpr std::size_t count = 1;
};
template <class When>
struct planned_looks {
  using type = no_looks;
};
template <spending How, class Looks>
struct planned_looks<group_looks<How, Looks>> {
  using type = Looks;
};

}  // namespace detail::stats

/// An A/B test whose type says what is measured and how it is decided, so that it cannot be decided otherwise:
///
///     mr::experiment_test<mr::outcomes<mr::conversion<"ctr">, mr::ratio<"revenue", "clicks">,
///                                           mr::quantile_of<"latency", .99>>,
///                         mr::decision<mr::always_valid, mr::alpha<.05>, mr::holm>> test;
///     test.update(treated, clicked, revenue, clicks, latency);     // one unit, as it comes
///     auto now = test.peek();                                      // result<experiment_report<3>>
///
/// `peek()` is there for always_valid and always_valid_asymptotic, `conclude(planned)` for fixed_horizon,
/// `look(planned)` for group_looks; another one does not compile (EXPERIMENT-1). The correction covers all metrics,
/// always. Guarantee: with always_valid, if no metric depends on the arm, P(any significant, ever) <= alpha, under any
/// way of peeking, for family-wise corrections; what was significant once stays so. A unit with an input that is not
/// finite is left out of all metrics and counted in `refused`. Units are assigned to the treatment by chance, with
/// `share`. Complexity: update O(inputs), 10 to 40 ns a metric; trivially copyable; allocates: never but for reports of
/// group_looks and save. Threads: one at a time, then merge.
/// Errors: of merge: invalid_argument for other shares; of reports: as the metrics' tests.
template <class Family, class Decision>
class experiment_test {
  using traits = detail::stats::family_traits<Family>;
  using when = typename Decision::when;
  using correction_type = typename Decision::family_correction;
  using planned = typename detail::stats::planned_looks<when>::type;
  static constexpr bool bets = std::same_as<when, always_valid>;
  static constexpr bool grouped = detail::stats::is_group<when>;

  static_assert(traits::size > 0, "millrace[EXPERIMENT-7]: outcomes<> measures nothing");
  static_assert(traits::size == 1 || !std::same_as<correction_type, uncorrected>,
                "millrace[EXPERIMENT-2]: several metrics are a family: uncorrected is for a single one; use holm");
  static_assert(
      traits::size == 1 || !grouped || std::same_as<correction_type, bonferroni>,
      "millrace[EXPERIMENT-2]: group_looks of several metrics share alpha by bonferroni; other corrections do "
      "not hold over several looks");

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
  template <class... Inputs>
  void update(bool treated, Inputs... inputs) noexcept {
    static_assert(sizeof...(Inputs) == traits::inputs,
                  "millrace[EXPERIMENT-8]: update takes the arm and every input of every metric, in their order");
    const std::array<double, traits::inputs> all{static_cast<double>(inputs)...};
    take(treated, all.data(), std::make_index_sequence<size>());
  }
  /// The same from a row.
  void update(bool treated, std::span<const double, traits::inputs> inputs) noexcept {
    take(treated, inputs.data(), std::make_index_sequence<size>());
  }

  /// Many units of an arm at once, summed up elsewhere, for that metric: an `aggregate` that keeps what it needs
  /// (`mean` of conversions, `mean` and `variance`, `covariance` of pairs, `quantiles`), a sketch, or moments of your
  /// own. Not for always_valid, whose bets need single units.
  template <std::size_t Metric, class... Summary>
  void absorb(bool treated, const Summary&... summary) {
    static_assert(!bets,
                  "millrace[EXPERIMENT-9]: always_valid bets on single units; from summaries use "
                  "always_valid_asymptotic, fixed_horizon or group_looks");
    detail::stats::state_at<Metric>(state_).absorb(treated, summary...);
    double most = 0;
    [&]<std::size_t... At>(std::index_sequence<At...>) {
      ((most = detail::stats::state_at<At>(state_).count(treated) > most
                   ? detail::stats::state_at<At>(state_).count(treated)
                   : most),
       ...);
    }
    (std::make_index_sequence<size>());
    if (most > arm_[treated ? 1 : 0]) arm_[treated ? 1 : 0] = most;
  }

  result<void> merge(const experiment_test& other) {
    if (design_.share != other.design_.share || design_.effect != other.design_.effect)
      return error(errc::invalid_argument, "experiment tests of different designs cannot be merged");
    [&]<std::size_t... At>(std::index_sequence<At...>) {
      (detail::stats::state_at<At>(state_).merge(detail::stats::state_at<At>(other.state_)), ...);
    }
    (std::make_index_sequence<size>());
    if constexpr (bets)
      for (std::size_t i = 0; i < size; ++i)
        if (auto done = bet_[i].merge(other.bet_[i]); !done) return done;
    for (std::size_t a = 0; a < 2; ++a) arm_[a] += other.arm_[a];
    concluded_at_ = std::fmax(concluded_at_, other.concluded_at_);
    refused_ += other.refused_;
    return {};
  }

  /// What the experiment says now; ask as often as you like. What it says is remembered: a finding stands.
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
      const double spread = shortest_spread(variance * n / best_at, Decision::alpha);
      const double reach = mixture_reach(variance, spread, Decision::alpha);
      t.interval = {t.effect - reach, t.effect + reach, 1 - Decision::alpha};
      double log_e = 0;
      if constexpr (bets) {
        t.test = "always-valid test";
        log_e = bet_[i].log_e_value();
      } else {
        t.test = "always-valid test (asymptotic)";
        log_e = log_mixture_ratio(t.effect, variance, spread);
        if (!(log_e == log_e)) log_e = 0;
        t.failed.add(assumption::large_sample, std::fmin(arm_[0], arm_[1]) < 100);
      }
      t.statistic = log_e;
      if (log_e > highest_[i]) highest_[i] = log_e;
      t.p = std::exp(-highest_[i]);
    }
    return corrected(std::move(found));
  }

  /// The one look of a fixed_horizon decision; asked again before more units come, it says the same.
  /// Errors: invalid_argument: fewer units than planned, or more than there were when it was concluded.
  template <class D = Decision>
  result<report> conclude(double planned_units) {
    static_assert(std::same_as<typename D::when, fixed_horizon>,
                  "millrace[EXPERIMENT-1]: conclude(planned_n) is for fixed_horizon decisions: always_valid ones have "
                  "peek(), group_looks has look(planned_n)");
    if (auto there = reached(planned_units); !there) return std::move(there).error();
    const double now = arm_[0] + arm_[1];
    if (concluded_at_ != 0 && concluded_at_ != now)
      return error(errc::invalid_argument, "experiment: it was concluded at " + figure(concluded_at_) +
                                               " units; to look again as units come takes group_looks or always_valid");
    auto found = tests();
    if (!found) return found;
    concluded_at_ = now;
    return corrected(std::move(found));
  }

  /// The next look of a group_looks decision. Errors: invalid_argument: too few units for it, or no look left.
  template <class D = Decision>
  result<report> look(double planned_units) {
    static_assert(
        detail::stats::is_group<typename D::when>,
        "millrace[EXPERIMENT-1]: look(planned_n) is for group_looks decisions: always_valid ones have peek(), "
        "fixed_horizon has conclude(planned_n)");
    if (looks_taken_ >= planned::count)
      return error(errc::invalid_argument, "experiment: all " + std::to_string(planned::count) + " looks are taken");
    if (auto there = reached(planned_units * planned::at[looks_taken_]); !there) return std::move(there).error();
    auto found = tests();
    if (!found) return found;
    for (std::size_t i = 0; i < size; ++i) {
      auto limits = group_sequential::make(D::when::how, Decision::alpha / static_cast<double>(size));
      if (!limits) return std::move(limits).error();
      result<group_look> now = group_look{};
      for (std::size_t k = 0; k <= looks_taken_; ++k) {
        now = limits->look(planned::at[k], 0);
        if (!now) return std::move(now).error();
      }
      metric_evidence& m = found->metrics[i];
      const double size_of_z = normal{}.isf(0.5 * m.test.p);  // as far out as the test's own law says
      if (size_of_z >= now->limit) rejected_[i] = 1;
      m.test.interval = {};
      const double reach = now->limit * std::sqrt(variances_[i]);
      m.test.interval = {m.test.effect - reach, m.test.effect + reach, 1 - Decision::alpha};
      m.significant = rejected_[i] != 0;
      m.adjusted_p = std::fmin(1.0, m.test.p * static_cast<double>(size));
    }
    ++looks_taken_;
    return found;
  }

  double units(bool treated) const noexcept { return arm_[treated ? 1 : 0]; }
  /// Units left out because an input was not finite.
  std::uint64_t refused() const noexcept { return refused_; }
  static constexpr const std::array<std::string_view, size>& names() noexcept { return traits::names; }

  std::vector<std::byte> save() const {
    envelope_writer to("experiment_test");
    to.u8(decided);
    for (const std::string_view name : traits::names) to.text(name);
    for (const std::string_view kind : kinds) to.text(kind);
    to.f64(design_.share);
    to.f64(design_.effect);
    to.f64(arm_[0]);
    to.f64(arm_[1]);
    to.u64(refused_);
    to.u32(looks_taken_);
    to.f64(concluded_at_);
    for (std::size_t i = 0; i < size; ++i) {
      to.f64(highest_[i]);
      to.u8(rejected_[i]);
      if constexpr (bets) bet_[i].save(to);
    }
    [&]<std::size_t... At>(std::index_sequence<At...>) { (detail::stats::state_at<At>(state_).save(to), ...); }
    (std::make_index_sequence<size>());
    return std::move(to).finish();
  }
  /// Errors: as every envelope; type_mismatch for an experiment with other metrics.
  static result<experiment_test> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, "experiment_test");
    if (!from) return std::move(from).error();
    if (from->u8() != decided) return error(errc::type_mismatch, "saved experiment: it is decided in another way");
    for (const std::string_view name : traits::names)
      if (const std::string_view found = from->text(); found != name)
        return error(errc::type_mismatch, "saved experiment: its metric is not " + std::string(name));
    for (std::size_t i = 0; i < size; ++i)
      if (from->text() != kinds[i])
        return error(errc::type_mismatch, "saved experiment: its metric " + std::string(traits::names[i]) +
                                              " is not a " + std::string(kinds[i]));
    two_arm_design design;
    design.share = from->f64();
    design.effect = from->f64();
    auto made = make(design);
    if (!made) return error(errc::corrupt, "saved experiment: its design makes no sense");
    bool valid = true;
    for (std::size_t a = 0; a < 2; ++a) {
      made->arm_[a] = from->f64();
      valid = valid && made->arm_[a] >= 0 && made->arm_[a] < 0x1p53;
    }
    made->refused_ = from->u64();
    made->looks_taken_ = from->u32();
    made->concluded_at_ = from->f64();
    valid = valid && made->looks_taken_ <= planned::count && made->concluded_at_ >= 0 && made->concluded_at_ < 0x1p53;
    for (std::size_t i = 0; i < size; ++i) {
      made->highest_[i] = from->f64();
      made->rejected_[i] = from->u8();
      valid = valid && made->highest_[i] >= 0 && made->rejected_[i] <= 1;
      if constexpr (bets)
        valid = valid && made->bet_[i].load(*from) && made->bet_[i].design().share == design.share &&
                made->bet_[i].design().effect == design.effect;
    }
    [&]<std::size_t... At>(std::index_sequence<At...>) {
      ((valid = valid && detail::stats::state_at<At>(made->state_).load(*from)), ...);
    }
    (std::make_index_sequence<size>());
    if (auto done = from->finish(valid); !done) return std::move(done).error();
    return made;
  }

 private:
  /// What decides the meaning of the saved bytes, besides the metrics' names.
  static constexpr std::uint8_t decided = bets ? 1 : grouped ? 2 : when::any_time ? 3 : 4;
  static constexpr auto kinds = traits::kinds;

  static constexpr double best_at = 10'000;  // units at which intervals of any_time decisions are shortest

  template <std::size_t... At>
  void take(bool treated, const double* inputs, std::index_sequence<At...>) noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < traits::inputs; ++i) sum += inputs[i] * 0;
    if (!(sum == 0)) [[unlikely]] {
      ++refused_;
      return;
    }
    arm_[treated ? 1 : 0] += 1;
    const double* at = inputs;
    (one<At>(treated, at), ...);
  }
  template <std::size_t At>
  void one(bool treated, const double*& at) noexcept {
    auto& s = detail::stats::state_at<At>(state_);
    if constexpr (bets) bet_[At].update(treated, s.score(at));
    s.update(treated, at);
    at += traits::widths[At];
  }

  result<void> reached(double wanted) const {
    if (wanted > 0 && arm_[0] + arm_[1] >= wanted) return {};
    return error(errc::invalid_argument,
                 "experiment: " + figure(arm_[0] + arm_[1]) + " units are there, " + figure(wanted) + " are needed");
  }
  static std::string figure(double value) {
    std::string text;
    detail::stats::append_figure(text, value);
    return text;
  }

  /// The metrics' tests for a fixed sample, and the arms.
  result<report> tests() {
    report found;
    found.units = arm_[0] + arm_[1];
    const test_options options{alternative::two_sided, 1 - Decision::alpha};
    result<void> failed;
    [&]<std::size_t... At>(std::index_sequence<At...>) { (test<At>(found, options, failed), ...); }
    (std::make_index_sequence<size>());
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
    auto one = detail::stats::state_at<At>(state_).test(options);
    if (one)
      found.metrics[At].test = *one;
    else if (failed)
      failed = std::move(one).error().wrap("metric " + std::string(traits::names[At]));
    variances_[At] = detail::stats::state_at<At>(state_).variance_of_effect();
  }
  result<report> corrected(result<report> found) const {
    std::array<double, size> p{};
    for (std::size_t i = 0; i < size; ++i) p[i] = found->metrics[i].test.p;
    const auto adjusted = family<correction_type, size>{}.adjusted(p);
    if (!adjusted) return adjusted.error();
    for (std::size_t i = 0; i < size; ++i) {
      found->metrics[i].adjusted_p = (*adjusted)[i];
      found->metrics[i].significant = (*adjusted)[i] <= Decision::alpha;
    }
    return found;
  }

  two_arm_design design_;
  std::array<double, 2> arm_{};
  std::uint64_t refused_ = 0;
  std::uint32_t looks_taken_ = 0;
  double concluded_at_ = 0;  // units; 0: not yet
  std::array<double, size> highest_{};
  std::array<double, size> variances_{};
  std::array<std::uint8_t, size> rejected_{};
  std::array<two_arm_e_process, bets ? size : 0> bet_;
  typename traits::states state_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_EXPERIMENT_TEST_HPP
