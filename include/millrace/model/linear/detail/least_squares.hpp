#ifndef MILLRACE_MODEL_LINEAR_DETAIL_LEAST_SQUARES_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_LEAST_SQUARES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/column_centres.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/gram_sum.hpp>
#include <millrace/model/detail/semidefinite_solver.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/linear_map.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Finds the linear function that minimises the weighted sum of squared errors plus l2 times that of the squared
/// coefficients. Of several such functions, its coefficients have the least sum of squares.
///
/// The normal equations of centred columns are solved, and the solution is refined with residuals computed from the
/// rows: the equations' condition is the square of that of the rows, and refinement makes up for it.
class least_squares {
 public:
  least_squares(const matrix_view& rows, std::span<const float> targets, std::span<const float> weights, double total,
                double l2, bool intercept)
      : rows_(rows), targets_(targets), weights_(weights), l2_(l2), means_(column_means(rows, weights, total)) {
    if (intercept) {
      centres_ = means_;
      for (std::size_t i = 0; i < rows.rows(); ++i)
        target_centre_ += weight_of(weights, i) * static_cast<double>(targets[i]);
      target_centre_ /= total;
    } else {
      centres_.resize(rows.columns());
    }
  }

  linear_map run() {
    const std::size_t columns = rows_.columns();
    std::vector<double> slopes(columns);
    semidefinite_solver solver(normal_equations(slopes), columns);
    const double size = solver.solve(slopes.data());
    refine(solver, slopes, size);
    solver.shorten(slopes.data());
    linear_map made;
    made.intercepts.resize(1);
    made.intercepts[0] = target_centre_ - dot(slopes.data(), centres_.data(), columns);
    made.coefficients = std::move(slopes);
    made.means = std::move(means_);
    return made;
  }

 private:
  /// Returns the matrix, and puts the right side into `right`.
  std::vector<double> normal_equations(std::vector<double>& right) {
    const std::size_t columns = rows_.columns();
    gram_sum products(columns + 1);
    for (std::size_t i = 0; i < rows_.rows(); ++i) {
      const double weight = weight_of(weights_, i);
      if (weight == 0) continue;
      const double root = weights_.empty() ? 1 : math::sqrt(weight);
      double* const to = products.next_row();
      const float* const row = rows_.row(i).data();
      for (std::size_t j = 0; j < columns; ++j) to[j] = root * (static_cast<double>(row[j]) - centres_[j]);
      to[columns] = root * (static_cast<double>(targets_[i]) - target_centre_);
    }
    const std::vector<double> all = products.finish();
    std::vector<double> matrix(columns * columns);
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t j = 0; j < columns; ++j) matrix[i * columns + j] = all[i * (columns + 1) + j];
      matrix[i * columns + i] += l2_;
      right[i] = all[i * (columns + 1) + columns];
    }
    return matrix;
  }

  /// Adds the solution for what the residuals leave, while each correction is smaller than half the one before. `size`:
  /// the square of the slopes' size in the metric of the equations.
  void refine(semidefinite_solver& solver, std::vector<double>& slopes, double size) {
    const std::size_t columns = rows_.columns();
    std::vector<double> correction(columns);
    std::vector<double> centred(columns);
    double before = size;
    for (int round = 0; round < 6; ++round) {
      for (std::size_t j = 0; j < columns; ++j) correction[j] = -l2_ * slopes[j];
      for (std::size_t i = 0; i < rows_.rows(); ++i) {
        const double weight = weight_of(weights_, i);
        if (weight == 0) continue;
        const float* const row = rows_.row(i).data();
        for (std::size_t j = 0; j < columns; ++j) centred[j] = static_cast<double>(row[j]) - centres_[j];
        const double residual =
            static_cast<double>(targets_[i]) - target_centre_ - dot(slopes.data(), centred.data(), columns);
        add_multiple(correction.data(), weight * residual, centred.data(), columns);
      }
      const double now = solver.solve(correction.data());
      if (!(now < 0.25 * before)) return;
      for (std::size_t j = 0; j < columns; ++j) slopes[j] += correction[j];
      if (now < 0x1p-104 * size) return;
      before = now;
    }
  }

  matrix_view rows_;
  std::span<const float> targets_;
  std::span<const float> weights_;
  double l2_;
  std::vector<double> means_;
  std::vector<double> centres_;  // the means, or zeros if there is no intercept
  double target_centre_ = 0;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_LEAST_SQUARES_HPP
