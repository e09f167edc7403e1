#ifndef MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_FIT_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_FIT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/semidefinite_solver.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/logistic_problem.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The inverse curvature at a point, function by function: exact for two classes; for more, what ties the functions to
/// each other is left out. With more than 1,024 parameters a function, of the diagonal alone.
class inverse_curvature {
 public:
  void update(logistic_problem& problem, const std::vector<double>& at) {
    width_ = problem.width();
    functions_ = problem.functions();
    blocks_.clear();
    if (width_ <= 1024) {
      blocks_.reserve(functions_);
      for (std::size_t f = 0; f < functions_; ++f) blocks_.emplace_back(problem.curvature(at, f), width_);
    } else {
      diagonal_.resize(problem.size());
      problem.diagonal(at, diagonal_);
    }
  }
  /// Of several functions the same may be taken from all without changing a probability, so the parameters sum to 0
  /// over the functions, which is where l2 wants them.
  void multiply(std::vector<double>& x) noexcept {
    if (blocks_.empty())
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = diagonal_[i] > 0 ? x[i] / diagonal_[i] : 0;
    for (std::size_t f = 0; f < blocks_.size(); ++f) blocks_[f].solve(x.data() + f * width_);
    if (functions_ == 1) return;
    for (std::size_t j = 0; j < width_; ++j) {
      double sum = 0;
      for (std::size_t f = 0; f < functions_; ++f) sum += x[f * width_ + j];
      for (std::size_t f = 0; f < functions_; ++f) x[f * width_ + j] -= sum / static_cast<double>(functions_);
    }
  }
  /// How many steps it serves before it is worth its price again: it costs a pass over the rows for each function, and
  /// width / 8 times as much as a step where it is a matrix.
  std::size_t steps() const noexcept {
    if (blocks_.empty()) return 100;
    return functions_ > 1 || width_ > 80 ? 10 : 1 + width_ / 8;
  }

 private:
  std::size_t width_ = 0;
  std::size_t functions_ = 0;
  std::vector<semidefinite_solver> blocks_;
  std::vector<double> diagonal_;
};

/// Whether a search has come to the optimum.
enum class search_end { optimum, no_progress, out_of_steps };

/// L-BFGS: quasi-Newton steps whose curvature comes from the slopes of the last steps, and where these say nothing,
/// from the inverse curvature at a point some steps ago.
///
/// It ends where slope . inverse curvature . slope, which is twice what is left to gain, is below 1e-22 of the weight:
/// no unit and no scale of a column has a part in that.
/// Source: Nocedal, Wright, "Numerical Optimization", 2nd ed., algorithms 7.4 and 7.5.
class logistic_search {
 public:
  logistic_search(logistic_problem& problem, std::size_t most_steps)
      : problem_(problem),
        left_(most_steps),
        at_(problem.size()),
        slope_(problem.size()),
        direction_(problem.size()),
        next_(problem.size()),
        next_slope_(problem.size()) {}

  search_end run() {
    const double enough = 1e-22 * problem_.total_weight();
    value_ = problem_.value(at_, slope_);
    while (true) {
      inverse_.update(problem_, at_);
      pairs_.clear();
      direction_ = slope_;
      inverse_.multiply(direction_);
      const double gain = dot(slope_.data(), direction_.data(), slope_.size());
      if (!(gain > enough)) return search_end::optimum;
      for (std::size_t step = 0; step < inverse_.steps(); ++step) {
        if (left_ == 0) return search_end::out_of_steps;
        const double fall = find_direction();
        if (step > 0 && !(fall < -0.1 * enough)) break;  // the optimum, most likely
        --left_;
        if (fall < 0 && search_line(fall)) {
          move();
          continue;
        }
        if (step > 0) break;
        // Nothing is left that the value's rounding errors do not hide.
        return gain < 1e10 * enough ? search_end::optimum : search_end::no_progress;
      }
    }
  }
  const std::vector<double>& parameters() const noexcept { return at_; }

 private:
  static constexpr std::size_t memory = 10;
  struct pair {
    std::vector<double> step;
    std::vector<double> change;  // of the slope
    double product;              // of both
    double share;                // how much of the step was taken from the slope, while a direction is made
  };

  /// Makes `next_` the point at hand, and remembers the step.
  void move() {
    pair made{next_, next_slope_, 0, 0};
    for (std::size_t i = 0; i < at_.size(); ++i) {
      made.step[i] -= at_[i];
      made.change[i] -= slope_[i];
    }
    made.product = dot(made.step.data(), made.change.data(), at_.size());
    if (made.product > 0) {
      if (pairs_.size() == memory) {
        for (std::size_t k = 0; k + 1 < memory; ++k) std::swap(pairs_[k], pairs_[k + 1]);
        pairs_[memory - 1] = std::move(made);
      } else {
        pairs_.push_back(std::move(made));
      }
    }
    std::swap(at_, next_);
    std::swap(slope_, next_slope_);
  }

  /// Returns the slope along the direction.
  double find_direction() noexcept {
    const std::size_t size = at_.size();
    for (std::size_t i = 0; i < size; ++i) direction_[i] = -slope_[i];
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      pair& p = pairs_[k];
      p.share = dot(p.step.data(), direction_.data(), size) / p.product;
      add_multiple(direction_.data(), -p.share, p.change.data(), size);
    }
    inverse_.multiply(direction_);
    for (pair& p : pairs_) {
      const double back = dot(p.change.data(), direction_.data(), size) / p.product;
      add_multiple(direction_.data(), p.share - back, p.step.data(), size);
    }
    return dot(slope_.data(), direction_.data(), size);
  }

  /// Finds a step along the direction where the slope is at most half as steep as it was and the value not higher, and
  /// leaves it in `next_`. `fall`: the slope along the direction, below 0.
  bool search_line(double fall) noexcept {
    const double noise = 1e-13 * math::absolute(value_);
    double low = 0;
    double high = 0;  // 0: not known
    double step = 1;
    for (int trial = 0; trial < 50; ++trial) {
      for (std::size_t i = 0; i < at_.size(); ++i) next_[i] = at_[i] + step * direction_[i];
      const double value = problem_.value(next_, next_slope_);
      const double slope = dot(next_slope_.data(), direction_.data(), at_.size());
      if (!(value <= value_ + noise) || slope > -0.5 * fall) {
        high = step;
      } else if (slope < 0.5 * fall) {
        low = step;
      } else {
        value_ = value;
        return true;
      }
      step = high > 0 ? 0.5 * (low + high) : 2 * step;
    }
    return false;
  }

  logistic_problem& problem_;
  std::size_t left_;
  double value_ = 0;
  std::vector<double> at_;
  std::vector<double> slope_;
  std::vector<double> direction_;
  std::vector<double> next_;
  std::vector<double> next_slope_;
  inverse_curvature inverse_;
  std::vector<pair> pairs_;
};

/// Whether the classes' probabilities leave a direction in which rows differ without curvature, less than 1e-10 of what
/// it could be. Then the rows that lie along it are all but certain: the classes part there, and without a price the
/// coefficients grow for ever.
inline bool has_flat_direction(logistic_problem& problem, const std::vector<double>& at) {
  const std::size_t width = problem.width();
  std::vector<double> products = problem.products();
  // Units in which the rows' products are the unit matrix: scaled eigenvectors, one a row.
  std::vector<double> scale(width);
  for (std::size_t i = 0; i < width; ++i) {
    const double diagonal = products[i * width + i];
    scale[i] = diagonal > 0 ? 1 / math::sqrt(diagonal) : 0;
  }
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < width; ++j) products[i * width + j] *= scale[i] * scale[j];
  const symmetric_eigen eigen(std::move(products), width);
  std::vector<double> units;
  std::size_t kept = 0;
  for (; kept < width && eigen.value(kept) > 1e-12 * eigen.value(0); ++kept)
    for (std::size_t j = 0; j < width; ++j)
      units.push_back(eigen.vector(kept)[j] * scale[j] / math::sqrt(eigen.value(kept)));
  for (std::size_t f = 0; f < problem.functions() && kept > 0; ++f) {
    const std::vector<double> curvature = problem.curvature(at, f);
    std::vector<double> turned(kept * kept);
    std::vector<double> half(width);
    for (std::size_t a = 0; a < kept; ++a) {
      for (std::size_t j = 0; j < width; ++j)
        half[j] = dot(curvature.data() + j * width, units.data() + a * width, width);
      for (std::size_t b = 0; b < kept; ++b) turned[a * kept + b] = dot(units.data() + b * width, half.data(), width);
    }
    const symmetric_eigen flat(std::move(turned), kept);
    if (!(flat.value(kept - 1) > 1e-10)) return true;
  }
  return false;
}

/// Of all parameters with the same probabilities, leaves those with the least squares of coefficients.
inline void shorten_parameters(logistic_problem& problem, std::vector<double>& parameters) {
  const std::size_t width = problem.width();
  const std::size_t columns = problem.columns();
  const std::vector<double> products = problem.products();
  std::vector<double> inner(columns * columns);
  for (std::size_t i = 0; i < columns; ++i)
    for (std::size_t j = 0; j < columns; ++j) inner[i * columns + j] = products[i * width + j];
  const semidefinite_solver solver(inner, columns);
  for (std::size_t f = 0; f < problem.functions(); ++f) solver.shorten(parameters.data() + f * width);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_FIT_HPP
