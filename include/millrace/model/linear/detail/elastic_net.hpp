#ifndef MILLRACE_MODEL_LINEAR_DETAIL_ELASTIC_NET_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_ELASTIC_NET_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/logistic_fit.hpp>
#include <millrace/model/linear/detail/logistic_problem.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The number c for which l1 * sum |x - c| + l2 / 2 * sum (x - c)^2 over the values x is least, and of several, the one
/// nearest to 0. `values` are sorted.
inline double cheapest_shift(const std::vector<double>& values, double l1, double l2) noexcept {
  const auto size = static_cast<double>(values.size());
  double sum = 0;
  for (const double x : values) sum += x;
  // The slope with regard to c, just below and just above it, rises with c.
  const auto slope = [&](double c, bool above) {
    double passed = 0;  // values that c leaves behind as it rises, less those before it
    for (const double x : values) passed += x > c || (x == c && !above) ? -1 : 1;
    return l1 * passed + l2 * (size * c - sum);
  };
  for (std::size_t k = 0; k < values.size(); ++k) {
    const double x = values[k];
    if (k + 1 < values.size() && values[k + 1] == x) continue;
    if (slope(x, true) < 0) continue;  // the least lies above x
    if (slope(x, false) <= 0) {        // it lies at x, and perhaps all the way to the next
      if (slope(x, true) > 0 || k + 1 == values.size()) return x;
      return x > 0 ? x : math::fmin(0, values[k + 1]);
    }
    // Between the value before and x the slope is a line.
    std::size_t last = k;
    while (values[last] == x) --last;
    const double before = values[last];
    return l2 > 0 ? before - slope(before, true) / (l2 * size) : before;
  }
  return values.back();
}

/// Proximal Newton steps for logistic regression with an l1 price: the log losses are replaced by their square
/// approximation, whose optimum together with the prices coordinate descent finds; then the step is shortened until
/// what is minimised falls.
///
/// With more than 4,096 parameters the approximation leaves out what ties the functions of several classes to each
/// other, and is half as much again as curved, which lies between the least and the most that is left out. Prices are
/// lowest after a certain number is taken from a column's coefficient in all functions; that is done after each step.
/// Source: Lee, Sun, Saunders, "Proximal Newton-type methods for minimizing composite functions", SIAM Journal on
/// Optimization 24(3), 2014; Friedman, Hastie, Tibshirani, "Regularization paths for generalized linear models via
/// coordinate descent", Journal of Statistical Software 33(1), 2010.
class elastic_net_search {
 public:
  /// Up to `most_tied` parameters the whole curvature is used: that of 4,096 takes 128 MiB, and few steps with it cost
  /// less than many without.
  elastic_net_search(logistic_problem& problem, double l1, std::size_t most_steps, std::size_t most_tied = 4'096)
      : problem_(problem),
        l1_(l1),
        most_tied_(most_tied),
        left_(most_steps),
        at_(problem.size()),
        slope_(problem.size()),
        step_(problem.size()),
        next_(problem.size()),
        next_slope_(problem.size()),
        bent_(problem.size()) {}

  search_end run() {
    double value = problem_.value(at_, slope_) + price(at_);
    while (left_-- > 0) {
      double size = 0;  // of the step, in the metric of the curvature
      if (problem_.functions() > 1 && problem_.size() <= most_tied_)
        size = descend(0, whole_curvature());
      else
        for (std::size_t f = 0; f < problem_.functions(); ++f) size += descend(f * problem_.width(), own_curvature(f));
      const bool last = !(size > 1e-22 * problem_.total_weight());
      double promised = dot(slope_.data(), step_.data(), step_.size()) - price(at_);
      for (std::size_t i = 0; i < at_.size(); ++i) next_[i] = at_[i] + step_[i];
      promised += price(next_);
      const double noise = 1e-13 * math::absolute(value);
      double share = 1;
      double reached = 0;
      for (int trial = 0; trial < 50; ++trial, share *= 0.5) {
        for (std::size_t i = 0; i < at_.size(); ++i) next_[i] = at_[i] + share * step_[i];
        reached = problem_.value(next_, next_slope_) + price(next_);
        if (reached <= value + 0.1 * share * promised + noise) break;
      }
      if (!(reached <= value + noise)) return last ? search_end::optimum : search_end::no_progress;
      std::swap(at_, next_);
      std::swap(slope_, next_slope_);
      value = reached;
      if (problem_.functions() > 1 && shift()) value = problem_.value(at_, slope_) + price(at_);
      if (last) return search_end::optimum;
    }
    return search_end::out_of_steps;
  }
  const std::vector<double>& parameters() const noexcept { return at_; }

 private:
  double price(const std::vector<double>& of) const noexcept {
    double sum = 0;
    for (std::size_t f = 0; f < problem_.functions(); ++f)
      for (std::size_t j = 0; j < problem_.columns(); ++j) sum += math::absolute(of[f * problem_.width() + j]);
    return l1_ * sum;
  }

  /// The curvature with regard to the parameters of all functions.
  std::vector<double> whole_curvature() {
    const std::size_t width = problem_.width();
    const std::size_t size = problem_.size();
    std::vector<double> made(size * size);
    for (std::size_t f = 0; f < problem_.functions(); ++f)
      for (std::size_t g = 0; g <= f; ++g) {
        const std::vector<double> part = problem_.curvature(at_, f, g);
        for (std::size_t i = 0; i < width; ++i)
          for (std::size_t j = 0; j < width; ++j)
            made[(f * width + i) * size + g * width + j] = made[(g * width + j) * size + f * width + i] =
                (f == g ? 1 : -1) * part[i * width + j];
      }
    return made;
  }
  /// With regard to those of function f, and in place of what is left out.
  std::vector<double> own_curvature(std::size_t f) {
    std::vector<double> made = problem_.curvature(at_, f);
    if (problem_.functions() > 1)
      for (double& x : made) x *= 1.5;
    return made;
  }

  /// Finds the step of the parameters from `first` on, whose curvature is given, and returns its square in the metric
  /// of the curvature.
  double descend(std::size_t first, const std::vector<double>& curvature) {
    std::size_t width = problem_.width();
    while (width * width < curvature.size()) width += problem_.width();
    const double* const at = at_.data() + first;
    const double* const slope = slope_.data() + first;
    double* const step = step_.data() + first;
    for (std::size_t j = 0; j < width; ++j) step[j] = bent_[j] = 0;
    for (int round = 0; round < 2000; ++round) {
      double moved = 0;
      for (std::size_t j = 0; j < width; ++j) {
        const double curved = curvature[j * width + j];
        if (!(curved > 0)) continue;  // a constant column, whose coefficient stays 0
        // The best value of parameter j, the others fixed.
        const double centre = at[j] + step[j] - (slope[j] + bent_[j]) / curved;
        double best = centre;
        if (j % problem_.width() < problem_.columns()) {
          const double reach = l1_ / curved;
          best = centre > reach ? centre - reach : centre < -reach ? centre + reach : 0;
        }
        const double change = best - at[j] - step[j];
        if (change == 0) continue;
        step[j] = best == 0 ? -at[j] : step[j] + change;
        add_multiple(bent_.data(), change, curvature.data() + j * width, width);
        moved += curved * change * change;
      }
      if (!(moved > 1e-26 * problem_.total_weight())) break;
    }
    return dot(step, bent_.data(), width);
  }

  /// Takes the cheapest shift from every column's coefficients, and the mean from the intercepts; whether any moved.
  bool shift() {
    const std::size_t width = problem_.width();
    const std::size_t functions = problem_.functions();
    bool any = false;
    std::vector<double> values(functions);
    for (std::size_t j = 0; j < problem_.columns(); ++j) {
      for (std::size_t f = 0; f < functions; ++f) {
        const double x = at_[f * width + j];
        std::size_t place = f;
        for (; place > 0 && values[place - 1] > x; --place) values[place] = values[place - 1];
        values[place] = x;
      }
      const double taken = cheapest_shift(values, l1_, problem_.l2());
      if (taken == 0) continue;
      any = true;
      for (std::size_t f = 0; f < functions; ++f) at_[f * width + j] -= taken;
    }
    return any;
  }

  logistic_problem& problem_;
  double l1_;
  std::size_t most_tied_;
  std::size_t left_;
  std::vector<double> at_;
  std::vector<double> slope_;
  std::vector<double> step_;
  std::vector<double> next_;
  std::vector<double> next_slope_;
  std::vector<double> bent_;  // curvature times the step, of the function at hand
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_ELASTIC_NET_HPP
