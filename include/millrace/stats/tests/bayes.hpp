#ifndef MILLRACE_STATS_TESTS_BAYES_HPP
#define MILLRACE_STATS_TESTS_BAYES_HPP

#include <millrace/core/detail/sort_doubles.hpp>
#include <millrace/core/result.hpp>
#include <millrace/stats/distributions/beta.hpp>
#include <millrace/stats/distributions/detail/float_math.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/evidence.hpp>
#include <millrace/stats/fwd.hpp>
#include <millrace/stats/sample_moments.hpp>
#include <millrace/stats/tests/proportion.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace stats {

/// The posterior of a success probability: a beta distribution.
struct rate_posterior {
  beta distribution;

  double mean() const noexcept { return distribution.mean(); }
  /// The central interval that holds the rate with this probability.
  interval credible(double level = 0.95) const noexcept {
    const double outside = (1 - level) / 2;
    return {distribution.quantile(outside), distribution.isf(outside), level};
  }
};

/// The posterior of a mean: a normal distribution.
struct mean_posterior {
  normal distribution;

  double mean() const noexcept { return distribution.mean; }
  interval credible(double level = 0.95) const noexcept {
    const double outside = (1 - level) / 2;
    return {distribution.quantile(outside), distribution.isf(outside), level};
  }
};

/// What counts say of a rate after a Beta(prior) belief; the default is uniform, (1/2, 1/2) is Jeffreys'.
/// Errors: no sensible counts (no trials is fine: the prior stands), prior shapes that are not above 0.
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

/// What a sample says of its mean after a normal belief, its variance taken as known. `prior.sd` infinite: no belief.
/// Errors: fewer than 2 observations, NaN, a constant sample, a prior deviation that is not above 0.
/// Source: A. Gelman et al., section 2.5.
inline result<mean_posterior> mean_posterior_of(const sample_moments& data,
                                                const normal& prior = {0, detail::infinity}) {
  if (auto ok = detail::checked(data, "the data", 2); !ok) return std::move(ok).error();
  if (!(prior.sd > 0) || !std::isfinite(prior.mean))
    return error(errc::invalid_argument, "the prior's deviation must be above 0");
  if (!(data.variance > 0)) return error(errc::invalid_data, "the data do not vary: the mean's posterior has no width");
  const double precision = data.n / data.variance;
  const double belief = 1 / (prior.sd * prior.sd);
  const double sum = precision + belief;
  return mean_posterior{{(data.mean * precision + (belief > 0 ? prior.mean * belief : 0)) / sum, 1 / std::sqrt(sum)}};
}

/// One arm of a Bayesian comparison.
struct arm_belief {
  /// The probability that this arm has the largest value.
  double best = 0;
  /// What is lost, in expectation, by choosing this arm: E[max over arms - this one]. Ship when it is below what you
  /// care about.
  double expected_loss = 0;
};

namespace detail {

/// For each arm, P(it is best) and E[max - it], by one pass over x: dP(max <= x) = prod F_j(x) sum f_i / F_i dx. `grid`
/// are points that resolve every posterior, ascending.
template <class Posterior>
result<std::vector<arm_belief>> compare(std::span<const Posterior> arms, std::span<const double> grid) {
  const std::size_t k = arms.size();
  std::vector<arm_belief> all(k);
  std::vector<double> captured(k);  // of each posterior's mass: all of it, but for rounding
  std::vector<double> lower(k);
  // E[max] - low = integral of 1 - prod F.
  double above = 0;
  const auto at = [&](double x, double weight) {
    double log_rest = 0;
    for (std::size_t i = 0; i < k; ++i) {
      lower[i] = arms[i].distribution.cdf(x);
      log_rest += std::log1p(-arms[i].distribution.sf(x));
    }
    above += weight * -std::expm1(log_rest);
    for (std::size_t i = 0; i < k; ++i) {
      double others = 1;
      for (std::size_t j = 0; j < k; ++j)
        if (j != i) others *= lower[j];
      const double density = arms[i].distribution.pdf(x);
      if (!(density < infinity)) continue;  // a point that rounded to an end
      const double mass = weight * density;
      captured[i] += mass;
      all[i].best += mass * others;
    }
  };
  for (std::size_t g = 0; g + 1 < grid.size(); ++g) {
    const double width = grid[g + 1] - grid[g];
    if (!(width > 0)) continue;
    // Gauss-Legendre with 5 points: exact to degree 9 in each cell.
    constexpr double nodes[] = {0.04691007703066800, 0.23076534494715845, 0.5, 0.76923465505284155,
                                0.95308992296933200};
    constexpr double weights[] = {0.11846344252809454, 0.23931433524968324, 0.28444444444444444, 0.23931433524968324,
                                  0.11846344252809454};
    for (int i = 0; i < 5; ++i) at(grid[g] + width * nodes[i], width * weights[i]);
  }
  for (std::size_t i = 0; i < k; ++i)
    if (!(std::fabs(captured[i] - 1) < 1e-3))
      return error(errc::unsupported,
                   "the posterior of arm " + std::to_string(i) + " lies within rounding of an end of its range");
  const double most = grid.front() + above;
  double total = 0;
  for (const arm_belief& arm : all) total += arm.best;
  for (std::size_t i = 0; i < k; ++i) {
    if (total > 0) all[i].best /= total;
    all[i].expected_loss = std::fmax(0.0, most - arms[i].mean());
  }
  return all;
}

/// Cells that follow each posterior's own quantiles, out to 1e-16 on both sides.
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
  return compare(arms, std::span<const double>(grid));
}

}  // namespace detail

/// The probability of being best and the expected loss of each of several arms, by quadrature over their posteriors:
/// about 1e-10 (1e-4 for shapes below 1), without random numbers. Losses far below 1e-12 of the spread are rounding.
/// Complexity: O(arms^2) thousand distribution functions, a millisecond for two rates. Allocates: O(arms).
/// Errors: fewer than 2 arms, posteriors with impossible parameters, or with shapes so small that they lie within
/// rounding of 0 and 1. Source: C. Stucchio, "Bayesian A/B testing at VWO", 2015, for the loss.
inline result<std::vector<arm_belief>> compare(std::span<const rate_posterior> arms) {
  return detail::compare_arms(arms);
}
inline result<std::vector<arm_belief>> compare(std::span<const mean_posterior> arms) {
  return detail::compare_arms(arms);
}

}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_TESTS_BAYES_HPP
