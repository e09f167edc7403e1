#ifndef MILLRACE_STATS_TESTS_BAYES_HPP
#define MILLRACE_STATS_TESTS_BAYES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/beta.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The posterior distribution of a success probability: a beta distribution.
struct rate_posterior {
  beta distribution;

  double mean() const noexcept { return distribution.mean(); }
  /// The central interval that holds the rate with the probability `level`.
  interval credible(double level = 0.95) const noexcept {
    const double outside = (1 - level) / 2;
    return {distribution.quantile(outside), distribution.isf(outside), level};
  }
};

/// The posterior distribution of a mean: a normal distribution.
struct mean_posterior {
  normal distribution;

  double mean() const noexcept { return distribution.mean; }
  /// The central interval that holds the mean with the probability `level`.
  interval credible(double level = 0.95) const noexcept {
    const double outside = (1 - level) / 2;
    return {distribution.quantile(outside), distribution.isf(outside), level};
  }
};

/// The posterior of a rate, from counts and a beta prior. The default prior is uniform; {1/2, 1/2} is Jeffreys'.
/// Without trials the posterior is the prior.
/// Errors: invalid_argument: counts that are not possible, prior shapes that are not positive and finite; out_of_range:
/// more than 2^53 trials.
/// Source: A. Gelman et al., "Bayesian Data Analysis", section 2.4.
inline result<rate_posterior> rate_posterior_of(const proportion& data, const beta& prior = {1, 1}) {
  if (!(prior.a > 0 && prior.b > 0 && prior.a < detail::infinity && prior.b < detail::infinity))
    return error(errc::invalid_argument, "the prior's shapes must be above 0");
  if (data.trials != 0 && !detail::sensible(data)) return detail::refusal(data, "the data");
  if (data.trials == 0 && data.successes != 0)
    return error(errc::invalid_argument, "the data: successes without trials");
  return rate_posterior{
      {prior.a + static_cast<double>(data.successes), prior.b + static_cast<double>(data.trials - data.successes)}};
}

/// The posterior of a mean, from a sample whose variance is taken as known and a normal prior. With the default prior,
/// whose deviation is infinite, it is centred on the sample's mean.
/// Errors: invalid_data: fewer than 2 observations, a constant sample; not_finite: moments that are not;
/// invalid_argument: a prior deviation that is not above 0.
/// Source: A. Gelman et al., section 2.5.
inline result<mean_posterior> mean_posterior_of(const sample_moments& data,
                                                const normal& prior = {0, detail::infinity}) {
  if (auto ok = detail::checked(data, "the data", 2); !ok) return std::move(ok).error();
  if (!(prior.sd > 0) || !detail::math::is_finite(prior.mean))
    return error(errc::invalid_argument, "the prior's deviation must be above 0");
  if (!(data.variance > 0)) return error(errc::invalid_data, "the data do not vary: the mean's posterior has no width");
  const double precision = data.n / data.variance;
  const double belief = 1 / (prior.sd * prior.sd);
  const double sum = precision + belief;
  return mean_posterior{
      {(data.mean * precision + (belief > 0 ? prior.mean * belief : 0)) / sum, 1 / detail::math::sqrt(sum)}};
}

/// One arm of a Bayesian comparison.
struct arm_belief {
  /// The probability that this arm has the largest value.
  double best = 0;
  /// The expected loss of choosing this arm: E[largest value of all arms - this arm's value], in the unit of the value.
  /// Choose an arm once its loss is too small to matter.
  double expected_loss = 0;
};

namespace detail {

/// The integrals over x of a comparison of arms, with F_i and f_i an arm's distribution function and density, added up
/// cell by cell.
template <class Posterior>
class arm_integrals {
 public:
  explicit arm_integrals(std::span<const Posterior> arms)
      : arms_(arms), best_(arms.size()), captured_(arms.size()), below_(arms.size()) {}

  /// The integral of 1 - product over all j of F_j: E[max] less the point where the cells begin.
  double above() const noexcept { return above_; }
  /// The integral of f_i product over j != i of F_j: P(arm i is best).
  double best(std::size_t i) const noexcept { return best_[i]; }
  /// The integral of f_i, which is 1 unless the cells miss a part of it.
  double captured(std::size_t i) const noexcept { return captured_[i]; }

  /// Gauss-Legendre with 5 points: exact to degree 9 in each cell.
  void add_cell(double from, double to) noexcept {
    constexpr double nodes[] = {0.04691007703066800, 0.23076534494715845, 0.5, 0.76923465505284155,
                                0.95308992296933200};
    constexpr double weights[] = {0.11846344252809454, 0.23931433524968324, 0.28444444444444444, 0.23931433524968324,
                                  0.11846344252809454};
    const double width = to - from;
    if (!(width > 0)) return;
    for (int i = 0; i < 5; ++i) add_point(from + width * nodes[i], width * weights[i]);
  }

 private:
  void add_point(double x, double weight) noexcept {
    const std::size_t k = arms_.size();
    double log_rest = 0;
    for (std::size_t i = 0; i < k; ++i) {
      below_[i] = arms_[i].distribution.cdf(x);
      log_rest += math::log1p(-arms_[i].distribution.sf(x));
    }
    above_ += weight * -math::expm1(log_rest);
    for (std::size_t i = 0; i < k; ++i) {
      double others = 1;
      for (std::size_t j = 0; j < k; ++j)
        if (j != i) others *= below_[j];
      const double density = arms_[i].distribution.pdf(x);
      if (!(density < infinity)) continue;  // a point that rounded to an end
      const double mass = weight * density;
      captured_[i] += mass;
      best_[i] += mass * others;
    }
  }

  std::span<const Posterior> arms_;
  double above_ = 0;
  std::vector<double> best_;
  std::vector<double> captured_;
  std::vector<double> below_;  // F_i at the latest point
};

/// For each arm the probability that it is best and its expected loss, by integrals over x, with F_i and f_i an arm's
/// distribution function and density:
///   P(arm i is best) = integral of f_i(x) product over j != i of F_j(x)
///   E[max]           = grid.front() + integral of 1 - product over all j of F_j(x)
/// `grid` is ascending; between two of its points every integrand must be smooth.
template <class Posterior>
result<std::vector<arm_belief>> compare(std::span<const Posterior> arms, std::span<const double> grid) {
  arm_integrals<Posterior> integrals(arms);
  for (std::size_t g = 0; g + 1 < grid.size(); ++g) integrals.add_cell(grid[g], grid[g + 1]);
  double total = 0;
  for (std::size_t i = 0; i < arms.size(); ++i) {
    if (!(math::absolute(integrals.captured(i) - 1) < 1e-3))
      return error(errc::unsupported,
                   "the posterior of arm " + std::to_string(i) + " lies within rounding of an end of its range");
    total += integrals.best(i);
  }
  const double most = grid.front() + integrals.above();
  std::vector<arm_belief> all(arms.size());
  for (std::size_t i = 0; i < arms.size(); ++i) {
    all[i].best = total > 0 ? integrals.best(i) / total : integrals.best(i);
    all[i].expected_loss = math::fmax(0.0, most - arms[i].mean());
  }
  return all;
}

/// The comparison on a grid of each posterior's quantiles, from 1e-16 to 1 - 1e-16.
template <class Posterior>
result<std::vector<arm_belief>> compare_arms(std::span<const Posterior> arms) {
  if (arms.size() < 2)
    return error(errc::invalid_data, "at least 2 arms are needed, not " + std::to_string(arms.size()));
  std::vector<double> grid;
  for (const Posterior& arm : arms) {
    if (!(arm.distribution.cdf(arm.mean()) > 0))
      return error(errc::invalid_argument, "a posterior is not a distribution");
    for (int i = -82; i <= 82; ++i) {
      const double z = i * 0.1;
      grid.push_back(z < 0 ? arm.distribution.quantile(normal_upper(-z)) : arm.distribution.isf(normal_upper(z)));
    }
  }
  sort_doubles(grid);
  return compare(arms, std::span<const double>(grid.data(), grid.size()));
}

}  // namespace detail

/// For each of several arms, the probability that it is best and its expected loss, by quadrature over the posteriors,
/// without random numbers.
///
/// Guarantee: an error of about 1e-10; about 1e-4 for beta shapes below 1. A loss below 1e-12 of the posteriors' spread
/// is rounding error.
/// Complexity: some thousand times arms^2 distribution functions, 1 ms for two rates.
/// Allocates: O(arms).
/// Errors: invalid_data: fewer than 2 arms; invalid_argument: a posterior with impossible parameters; unsupported: a
/// posterior that lies within rounding of 0 or 1.
/// Source: C. Stucchio, "Bayesian A/B testing at VWO", 2015, for the loss.
template <class = void>
result<std::vector<arm_belief>> compare(std::span<const rate_posterior> arms) {
  return detail::compare_arms(arms);
}
template <class = void>
result<std::vector<arm_belief>> compare(std::span<const mean_posterior> arms) {
  return detail::compare_arms(arms);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_BAYES_HPP
