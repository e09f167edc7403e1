#ifndef MILLRACE_DELIVER_SPLIT_OFF_POLICY_HPP
#define MILLRACE_DELIVER_SPLIT_OFF_POLICY_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/detail/figure_text.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// One line of a log: what was chosen for whom, with what probability, and what came of it.
struct logged_choice {
  /// The variant that was assigned.
  std::uint32_t action = 0;
  /// The probability of this action when it was chosen: `assignment::propensity`. Above 0.
  double propensity = 0;
  double reward = 0;
  /// Whom it was chosen for, such as the unit's hash; used with `off_policy_options::by_unit`.
  std::uint64_t unit = 0;
};

/// How an off-policy estimate weighs lines, and what its intervals promise.
struct off_policy_options {
  /// The confidence of the intervals.
  double level = 0.95;
  /// Larger weights count as this one: less variance, and an estimate that is biased towards 0. 0: no limit.
  double max_weight = 0;
  /// Lines of one unit are not independent: intervals are computed over units in the place of lines.
  bool by_unit = false;
};

/// An estimate of a policy's mean reward, its standard error, and the interval that a normal law gives.
struct off_policy_estimate {
  double value = detail::math::nan;
  double standard_error = detail::math::nan;
  stats::interval interval;
};

/// What a policy would have earned for each line of a log that another policy wrote.
struct off_policy_estimates {
  /// Inverse propensity score: the mean of weight * reward. Unbiased if the propensities are right.
  off_policy_estimate ips;
  /// The same divided by the mean weight: slightly biased, as a rule less variable, and never beyond the rewards.
  off_policy_estimate self_normalized;
  /// The model's prediction, corrected by weighted residuals: unbiased if the propensities or the model are right. NaN
  /// without a model.
  off_policy_estimate doubly_robust;
  std::size_t lines = 0;
  /// Independent parts of the log: lines, or units.
  std::size_t clusters = 0;
  /// Lines whose weight was limited.
  std::size_t clipped = 0;
  double mean_weight = 0;
  /// Of `mean_weight`.
  double weight_error = 0;
  double largest_weight = 0;
  /// So many lines of weight 1 say as much: (sum of weights)^2 / sum of squares.
  double effective_lines = 0;

  /// Weights have a mean of 1 if the logged propensities are those that choices were made with, and every action that
  /// the policy would choose was logged now and then. False if the mean is more than four standard errors away; where
  /// weights were limited, only if it is that far above.
  bool weights_plausible() const noexcept {
    const double beyond = mean_weight - 1;
    return (beyond < 0 && clipped > 0) || detail::math::absolute(beyond) <= 4 * weight_error + 1e-9;
  }
  /// One sentence for people.
  std::string summary() const;
};

namespace detail {

/// Means of several quantities over the lines of a log, and their standard errors over lines or units.
class line_means {
 public:
  line_means(std::span<const logged_choice> log, const off_policy_options& options) : log_(log), options_(options) {
    if (!options.by_unit) return;
    order_.resize(log.size());
    for (std::size_t i = 0; i < log.size(); ++i) order_[i] = i;
    sort_by(order_, [&](std::size_t a, std::size_t b) { return log[a].unit < log[b].unit; });
  }

  std::size_t clusters() const noexcept {
    if (!options_.by_unit) return log_.size();
    std::size_t count = log_.empty() ? 0 : 1;
    for (std::size_t i = 1; i < order_.size(); ++i) count += starts(i) ? 1U : 0U;
    return count;
  }
  static double mean(std::span<const double> values) noexcept {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }
  /// The standard error of the mean of `values`, each less `about`: from the sums of the clusters, whose mean is 0.
  double error(std::span<const double> values, double about) const noexcept {
    const auto n = static_cast<double>(values.size());
    double squares = 0;
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!options_.by_unit || starts(i)) {
        squares += sum * sum;
        sum = 0;
      }
      sum += values[options_.by_unit ? order_[i] : i] - about;
    }
    squares += sum * sum;
    const auto count = static_cast<double>(clusters());
    return math::sqrt(squares * count / (count - 1)) / n;
  }
  off_policy_estimate estimate(double value, double standard_error) const noexcept {
    const double z = stats::normal{}.isf((1 - options_.level) / 2);
    return {value, standard_error, {value - z * standard_error, value + z * standard_error, options_.level}};
  }

 private:
  bool starts(std::size_t i) const noexcept { return i == 0 || log_[order_[i]].unit != log_[order_[i - 1]].unit; }

  std::span<const logged_choice> log_;
  off_policy_options options_;
  std::vector<std::size_t> order_;
};

[[gnu::cold]] inline error line_error(std::size_t line, errc code, std::string what) {
  return error(code, "line " + std::to_string(line) + " of the log: " + std::move(what));
}

template <class = void>
result<void> check_line(const logged_choice& one, std::size_t line, std::size_t actions) {
  if (one.action >= actions)
    return line_error(line, errc::out_of_range,
                      "action " + std::to_string(one.action) + " of " + std::to_string(actions));
  if (!(one.propensity > 0 && one.propensity <= 1))
    return line_error(line, errc::invalid_data, "a propensity of " + number_text(one.propensity));
  if (!math::is_finite(one.reward)) return line_error(line, errc::not_finite, "a reward of " + number_text(one.reward));
  return {};
}

/// The weight of the line's action, and what the model expects of the target policy there.
struct weighed_line {
  double weight = 0;
  double expected = 0;
};
template <class Target, class Model>
result<weighed_line> weigh(const logged_choice& one, std::size_t line, std::size_t actions, const Target& target,
                           const Model& model) {
  weighed_line made;
  double sum = 0;
  for (std::size_t action = 0; action < actions; ++action) {
    const double chance = target(line, action);
    if (!(chance >= 0 && chance <= 1))
      return line_error(
          line, errc::invalid_data,
          "the policy gives action " + std::to_string(action) + " the probability " + number_text(chance));
    sum += chance;
    if (action == one.action) made.weight = chance / one.propensity;
    made.expected += chance == 0 ? 0 : chance * model(line, action);
  }
  if (!(math::absolute(sum - 1) <= 1e-6))
    return line_error(line, errc::invalid_data, "the policy's probabilities sum to " + number_text(sum));
  if (!math::is_finite(made.expected))
    return line_error(line, errc::not_finite, "the model's prediction is not finite");
  return made;
}

/// What the estimates are means of, line by line.
struct weighed_log {
  std::vector<double> weights;
  std::vector<double> products;   // weight * reward
  std::vector<double> corrected;  // by a model; empty without one
  std::size_t clipped = 0;
};
/// So that squares of as many as there can be stay finite.
inline constexpr double most_weight = 1e140;

template <class Target, class Model>
result<weighed_log> weigh_all(std::span<const logged_choice> log, std::size_t actions, const Target& target,
                              const Model* model, double max_weight) {
  weighed_log made{std::vector<double>(log.size()), std::vector<double>(log.size()),
                   std::vector<double>(model != nullptr ? log.size() : 0)};
  const auto predicted = [&](std::size_t line, std::size_t action) {
    return model != nullptr ? static_cast<double>((*model)(line, action)) : 0.0;
  };
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (auto ok = check_line(log[i], i, actions); !ok) return std::move(ok).error();
    auto weighed = weigh(log[i], i, actions, target, predicted);
    if (!weighed) return std::move(weighed).error();
    const bool limited = max_weight > 0 && weighed->weight > max_weight;
    made.clipped += limited ? 1U : 0U;
    made.weights[i] = limited ? max_weight : weighed->weight;
    made.products[i] = made.weights[i] * log[i].reward;
    if (!(made.weights[i] <= most_weight) || !(math::absolute(made.products[i]) <= most_weight))
      return line_error(i, errc::not_finite,
                        "a propensity of " + number_text(log[i].propensity) +
                            " weighs the line more than can be computed with: limit weights by max_weight");
    if (model == nullptr) continue;
    made.corrected[i] = weighed->expected + made.weights[i] * (log[i].reward - predicted(i, log[i].action));
    if (!math::is_finite(made.corrected[i]))
      return line_error(i, errc::not_finite, "the model's prediction is not finite");
  }
  return made;
}

template <class = void>
result<off_policy_estimates> estimates_of(weighed_log lines, std::span<const logged_choice> log,
                                          const line_means& means) {
  off_policy_estimates made;
  made.lines = log.size();
  made.clusters = means.clusters();
  made.clipped = lines.clipped;
  made.mean_weight = line_means::mean(lines.weights);
  if (!(made.mean_weight > 0))
    return error(errc::invalid_data, "the policy never chooses what was logged, so that the log says nothing about it");
  made.weight_error = means.error(lines.weights, made.mean_weight);
  double squares = 0;
  for (const double weight : lines.weights) {
    squares += weight * weight;
    made.largest_weight = math::fmax(made.largest_weight, weight);
  }
  const double sum = made.mean_weight * static_cast<double>(log.size());
  made.effective_lines = sum * sum / squares;
  const double ips = line_means::mean(lines.products);
  made.ips = means.estimate(ips, means.error(lines.products, ips));
  const double ratio = ips / made.mean_weight;
  for (std::size_t i = 0; i < log.size(); ++i)
    lines.products[i] = lines.weights[i] * (log[i].reward - ratio) / made.mean_weight;
  made.self_normalized = means.estimate(ratio, means.error(lines.products, 0));
  if (!lines.corrected.empty()) {
    const double value = line_means::mean(lines.corrected);
    made.doubly_robust = means.estimate(value, means.error(lines.corrected, value));
  }
  return made;
}

template <class Target, class Model>
result<off_policy_estimates> off_policy_value_of(std::span<const logged_choice> log, std::size_t actions,
                                                 const Target& target, const Model* model,
                                                 const off_policy_options& options) {
  if (!(options.level > 0 && options.level < 1) || !(options.max_weight >= 0))
    return error(errc::invalid_argument, "the level must be between 0 and 1, and the largest weight not below 0");
  const line_means means(log, options);
  if (means.clusters() < 2)
    return error(errc::invalid_data,
                 std::string("an estimate needs at least two ") + (options.by_unit ? "units" : "lines"));
  auto lines = weigh_all(log, actions, target, model, options.max_weight);
  if (!lines) return std::move(lines).error();
  return estimates_of(*std::move(lines), log, means);
}

}  // namespace detail

/// What a policy would have earned, from a log that another one wrote: `target(line, action)` is the probability of an
/// action for the line's unit, whose context the caller knows by the line's index. Actions are counted from 0.
///
///     auto all_third = [](std::size_t, std::size_t action) { return action == 2 ? 1.0 : 0.0; };
///     auto value = mr::deliver::off_policy_value(log, 3, all_third);
///
/// Guarantee: `ips` and `doubly_robust` are unbiased where each logged propensity is the probability that its action
/// was chosen with, and is above 0 wherever the target's is. Intervals are asymptotic; with few `effective_lines` they
/// are too narrow. Complexity: O(lines * actions); by_unit also sorts. Allocates: O(lines). Errors: invalid_data: fewer
/// than two lines or units, a propensity that is not in (0, 1], probabilities that are none or do not sum to 1, a
/// target that never chooses what was logged; out_of_range: an action beyond them; not_finite: a reward or a
/// prediction. Each names its line. Source: D. Horvitz, D. Thompson 1952; A. Swaminathan, T. Joachims, "The
/// self-normalized estimator for counterfactual learning", 2015; M. Dudik, J. Langford, L. Li, "Doubly robust policy
/// evaluation and learning", 2011.
template <class Target>
result<off_policy_estimates> off_policy_value(std::span<const logged_choice> log, std::size_t actions,
                                              const Target& target, const off_policy_options& options = {}) {
  using no_model = double (*)(std::size_t, std::size_t);
  return detail::off_policy_value_of(log, actions, target, static_cast<const no_model*>(nullptr), options);
}

/// The same with a model of the reward: `model(line, action)` is what it predicts there. It must not have been fitted
/// to these very lines.
template <class Target, class Model>
requires(requires(const Model& model, std::size_t i) { static_cast<double>(model(i, i)); })
result<off_policy_estimates> off_policy_value(std::span<const logged_choice> log, std::size_t actions,
                                              const Target& target, const Model& model,
                                              const off_policy_options& options = {}) {
  return detail::off_policy_value_of(log, actions, target, &model, options);
}

namespace detail {

inline std::string estimate_text(const char* name, const off_policy_estimate& one) {
  return name + figure_text(one.value) + " (" + figure_text(one.interval.lower) + " to " +
         figure_text(one.interval.upper) + ")";
}

}  // namespace detail

inline std::string off_policy_estimates::summary() const {
  std::string text = detail::percent_text(ips.interval.level) + " intervals of the mean reward: ";
  text += detail::estimate_text("IPS ", ips) + detail::estimate_text(", self-normalized ", self_normalized);
  if (doubly_robust.value == doubly_robust.value) text += detail::estimate_text(", doubly robust ", doubly_robust);
  text += "; " + detail::figure_text(effective_lines) + " effective of " + std::to_string(lines) + " lines";
  if (!weights_plausible())
    text += "; the weights' mean is " + detail::figure_text(mean_weight) +
            " and not 1: the propensities are not those of the choices, or some choices are never logged";
  return text += '.';
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SPLIT_OFF_POLICY_HPP
