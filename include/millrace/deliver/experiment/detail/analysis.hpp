#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_ANALYSIS_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_ANALYSIS_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/design.hpp>
#include <millrace/deliver/experiment/detail/guard_process.hpp>
#include <millrace/deliver/experiment/detail/unit_rows.hpp>
#include <millrace/deliver/experiment/report.hpp>
#include <millrace/stats/experiment/experiment.hpp>
#include <millrace/stats/family.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>

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
namespace detail {

/// A unit's row in the order in which units are tested: by their first exposure, and then by their key.
struct unit_place {
  std::uint64_t first = 0;
  const std::uint64_t* row = nullptr;
};

/// The numbers of units at which an experiment is looked at while it is replayed: each a ninth more than the last. They
/// are the same however many units there are, so what was found once is found again.
class look_schedule {
 public:
  bool is_due(std::size_t units) noexcept {
    if (units < next_) return false;
    next_ = units + (units < 9 ? 1 : units / 9);
    return true;
  }

 private:
  std::size_t next_ = 1;
};

/// What all metrics of an analysis have in common.
struct analysed {
  const std::vector<unit_place>* closed = nullptr;  // in their order
  const experiment_definition* definition = nullptr;
  std::size_t variants = 0;
  const double* shares = nullptr;
  std::uint64_t window = 0;
  experiment_report* report = nullptr;

  std::uint64_t closed_at(std::size_t place) const noexcept { return (*closed)[place].first + window; }
};

inline std::size_t row_variant(const std::uint64_t* row) noexcept {
  return static_cast<std::size_t>((load_word(row[1]) & unit_rows::variant_mask) - 1);
}
inline std::size_t row_segment(const std::uint64_t* row) noexcept {
  return static_cast<std::size_t>(load_word(row[1]) >> 16 & 0xffff);
}

/// Reads what a unit gives to the metric at a place of the list. False: it has nothing to give.
template <class List, std::size_t At>
class unit_inputs {
 public:
  static constexpr std::size_t told = List::told[At];
  static constexpr std::size_t size = told + List::covariates[At];

  bool read(const std::uint64_t* row) noexcept {
    const std::uint64_t* const words = row + unit_rows::head + List::first[At];
    const auto outcomes = load_word(words[told]);
    constexpr unit_rule rule = List::rules[At];
    if ((rule == unit_rule::mean || rule == unit_rule::max) && outcomes == 0) return false;
    for (std::size_t i = 0; i < told; ++i) {
      if constexpr (rule == unit_rule::max)
        in_[i] = ordered_number(load_word(words[i]));
      else if constexpr (rule == unit_rule::mean)
        in_[i] = load_number(words[i]) / static_cast<double>(outcomes);
      else
        in_[i] = load_number(words[i]);
    }
    if constexpr (size > told) {
      // A covariate that is not known is the mean of those known before, which says nothing about the arm.
      const bool known = (load_word(row[1]) >> (32 + List::covariate[At] - List::all_told - List::size) & 1) != 0;
      if (known) {
        in_[told] = load_number(row[unit_rows::head + List::covariate[At]]);
        known_ += 1;
        mean_ += (in_[told] - mean_) / known_;
      } else {
        in_[told] = mean_;
      }
    }
    return true;
  }
  std::span<const double, size> get() const noexcept { return std::span<const double, size>(in_); }
  const double* data() const noexcept { return in_.data(); }

 private:
  std::array<double, size> in_{};
  double known_ = 0;
  double mean_ = 0;
};

/// The tests of one metric: of each variant against the control, in all units and in each segment.
template <class Metric, class Decision, class List, std::size_t At>
class metric_analysis {
  using when = typename Decision::when;
  static constexpr bool grouped = requires { when::how; };
  static constexpr bool any_time = when::any_time;
  using family = stats::outcomes<Metric>;
  using test_type = stats::experiment_test<family, stats::decision<when, real(Decision::alpha), stats::bonferroni>>;
  /// Segments are looked at once where the decision has planned looks: at the last of them.
  using segment_type = std::conditional_t<
      any_time, test_type,
      stats::experiment_test<family, stats::decision<stats::fixed_horizon, real(Decision::alpha), stats::bonferroni>>>;

 public:
  explicit metric_analysis(const analysed& common) : common_(common) {}

  result<void> operator()() {
    const std::size_t segments = common_.definition->segments.size();
    for (std::size_t v = 1; v < common_.variants; ++v) {
      auto made = test_type::make({.share = common_.shares[v] / (common_.shares[0] + common_.shares[v])});
      if (!made) return std::move(made).error();
      whole_.push_back({*made, planned(v), 0, {}, {}});
      for (std::size_t s = 0; s < segments; ++s) {
        auto part = segment_type::make({.share = common_.shares[v] / (common_.shares[0] + common_.shares[v])});
        if (!part) return std::move(part).error();
        parts_.push_back(*part);
      }
    }
    replay();
    finish();
    return {};
  }

 private:
  struct comparison {
    test_type test;
    double planned = 0;
    std::size_t looks = 0;
    stats::test_result found;
    std::string withheld;
    bool has_found = false;
  };

  double planned(std::size_t v) const noexcept {
    const double all = common_.definition->planned_units * (common_.shares[0] + common_.shares[v]);
    return math::floor(all + 0.5);
  }

  void replay() {
    unit_inputs<List, At> in;
    look_schedule schedule;
    const std::size_t segments = common_.definition->segments.size();
    const std::vector<unit_place>& closed = *common_.closed;
    for (std::size_t i = 0; i < closed.size(); ++i) {
      const std::uint64_t* const row = closed[i].row;
      const std::size_t variant = row_variant(row);
      const std::size_t segment = row_segment(row);
      if (in.read(row)) {
        for (std::size_t c = 0; c + 1 < common_.variants; ++c) {
          if (variant != 0 && variant != c + 1) continue;
          if (!any_time && is_over(whole_[c])) continue;
          whole_[c].test.update(variant != 0, in.get());
          if (segment != 0) parts_[c * segments + segment - 1].update(variant != 0, in.get());
          if constexpr (!any_time) look(c, i);
        }
      }
      if constexpr (any_time)
        if (schedule.is_due(i + 1) || i + 1 == closed.size()) peek(i);
    }
  }
  static bool is_over(const comparison& of) noexcept {
    if constexpr (grouped)
      return of.looks >= when::planned::count;
    else
      return of.looks >= 1;
  }
  void peek(std::size_t place) {
    if constexpr (any_time) {
      for (std::size_t c = 0; c < whole_.size(); ++c) keep(c, whole_[c].test.peek(), place);
      for (segment_type& each : parts_)
        if (each.units(true) > 1 && each.units(false) > 1) static_cast<void>(each.peek());
    }
  }
  /// Looks where a planned number of units is reached.
  void look(std::size_t c, std::size_t place) {
    comparison& of = whole_[c];
    const double units = of.test.units(true) + of.test.units(false);
    if (!(of.planned > 0)) return;
    if constexpr (grouped) {
      if (units < of.planned * when::planned::at[of.looks]) return;
      ++of.looks;
      keep(c, of.test.look(of.planned), place);
    } else if constexpr (!any_time) {
      if (units < of.planned) return;
      ++of.looks;
      keep(c, of.test.conclude(of.planned), place);
    }
  }
  template <class Report>
  void keep(std::size_t c, const Report& report, std::size_t place) {
    comparison& of = whole_[c];
    if (!report) {
      if (!of.has_found) of.withheld = report.error().message();
      return;
    }
    const stats::test_result& test = report->metrics[0].test;
    of.found = test;
    of.has_found = true;
    if (!math::is_finite(test.interval.lower) || !math::is_finite(test.interval.upper)) return;
    common_.report->intervals.push_back({At * whole_.size() + c, common_.closed_at(place),
                                         of.test.units(true) + of.test.units(false), test.effect, test.interval.lower,
                                         test.interval.upper});
  }

  void finish() {
    const std::size_t segments = common_.definition->segments.size();
    for (std::size_t c = 0; c < whole_.size(); ++c) {
      comparison& of = whole_[c];
      experiment_finding made = named(c);
      made.test = of.found;
      if (!of.has_found) made.withheld = why_none(of);
      common_.report->findings.push_back(std::move(made));
      for (std::size_t s = 0; s < segments; ++s) {
        experiment_finding part = named(c);
        part.segment = common_.definition->segments[s];
        if (any_time || is_over(of))
          look_at(part, parts_[c * segments + s]);
        else
          part.withheld = why_none(of);
        common_.report->segments.push_back(std::move(part));
      }
    }
  }
  experiment_finding named(std::size_t c) const {
    experiment_finding made;
    made.metric = std::string(List::names[At]);
    made.variant = common_.report->variants[c + 1].name;
    return made;
  }
  std::string why_none(const comparison& of) const {
    if (!of.withheld.empty()) return of.withheld;
    if (any_time) return "no unit is closed yet";
    return figure_text(of.test.units(true) + of.test.units(false)) + " of " + figure_text(of.planned) +
           " planned units are closed";
  }
  static void look_at(experiment_finding& part, segment_type& test) {
    const double units = test.units(true) + test.units(false);
    auto found = [&] {
      if constexpr (any_time)
        return test.peek();
      else
        return test.conclude(units > 0 ? units : 1);
    }();
    if (found)
      part.test = found->metrics[0].test;
    else
      part.withheld = found.error().message();
  }

  analysed common_;
  std::vector<comparison> whole_;
  std::vector<segment_type> parts_;
};

/// The guardrail at a place of the list of metrics.
template <class Guard, class List, std::size_t At>
void analyse_guardrail(const analysed& common) {
  using metric = typename Guard::metric;
  std::vector<guard_process<metric>> of(common.variants - 1);
  unit_inputs<List, At> in;
  look_schedule schedule;
  const std::vector<unit_place>& closed = *common.closed;
  const auto sign = Guard::worse == harm::above ? 1.0 : -1.0;
  const double alpha = Guard::alpha / static_cast<double>(common.variants - 1);
  for (std::size_t i = 0; i < closed.size(); ++i) {
    const std::size_t variant = row_variant(closed[i].row);
    if (in.read(closed[i].row))
      for (std::size_t c = 0; c < of.size(); ++c)
        if (variant == 0 || variant == c + 1) of[c].update(variant != 0, in.data());
    if (schedule.is_due(i + 1) || i + 1 == closed.size())
      for (guard_process<metric>& each : of) each.look(sign, Guard::margin, alpha);
  }
  for (std::size_t c = 0; c < of.size(); ++c) {
    guardrail_finding made;
    made.metric = std::string(List::names[At]);
    made.variant = common.report->variants[c + 1].name;
    made.worse = std::string(to_string(Guard::worse));
    made.margin = Guard::margin;
    made.alpha = Guard::alpha;
    made.effect = of[c].effect();
    made.log_e = of[c].highest();
    made.limit = -math::log(alpha);
    made.harmed = made.log_e >= made.limit;
    common.report->guardrails.push_back(std::move(made));
  }
}

/// Corrects the p-values of findings as one family. Those that are withheld count as 1.
template <class Correction>
result<void> correct(std::vector<experiment_finding>& findings, double alpha, bool mismatch) {
  if (findings.empty()) return {};
  std::vector<double> p;
  for (const experiment_finding& each : findings)
    p.push_back(each.withheld.empty() && each.test.p >= 0 && each.test.p <= 1 ? each.test.p : 1);
  const auto adjusted = stats::family_of<Correction>(p);
  if (!adjusted) return adjusted.error();
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (mismatch || !findings[i].withheld.empty()) continue;
    findings[i].adjusted_p = (*adjusted)[i];
    findings[i].significant = (*adjusted)[i] <= alpha;
  }
  return {};
}

/// How units were shared out as they came, and whether that is as configured.
template <class = void>
result<void> analyse_ratio(const std::vector<unit_place>& exposed, const double* shares, experiment_report& report) {
  const std::size_t variants = report.variants.size();
  std::vector<double> counts(variants);
  const std::vector<double> weights(shares, shares + variants);
  look_schedule schedule;
  for (std::size_t i = 0; i < exposed.size(); ++i) {
    counts[row_variant(exposed[i].row)] += 1;
    if (!schedule.is_due(i + 1) && i + 1 != exposed.size()) continue;
    const auto found = stats::sequential_sample_ratio(counts, weights);
    if (!found) return found.error();
    report.sample_ratio = *found;
    ratio_point point;
    point.at = exposed[i].first;
    point.units = static_cast<double>(i + 1);
    point.log_e = found->log_e;
    for (const double each : counts) point.shares.push_back(each / point.units);
    report.ratios.push_back(std::move(point));
  }
  return {};
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_ANALYSIS_HPP
