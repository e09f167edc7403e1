#ifndef MILLRACE_MODEL_DETAIL_SEMIDEFINITE_SOLVER_HPP
#define MILLRACE_MODEL_DETAIL_SEMIDEFINITE_SOLVER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/symmetric_eigen.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Solves A x = b for a symmetric matrix without negative eigenvalues, such as the sums of products of columns, and has
/// a defined solution where A is singular.
///
/// A is scaled to a diagonal of ones first, so the units of columns do not matter. Cholesky's factor solves it if every
/// pivot, the share of a column that the columns before do not explain, is above 1e-12. Otherwise its eigenvalues are
/// computed, and directions with less than 2e-14 size of the largest are left out: x has no part in them.
/// Complexity: size^3 / 3 to build, or 9 size^3 with eigenvalues; size^2 a solution.
class semidefinite_solver {
 public:
  semidefinite_solver(const std::vector<double>& matrix, std::size_t size)
      : size_(size), scale_(size), factor_(size * size), right_(size) {
    for (std::size_t i = 0; i < size; ++i) {
      const double diagonal = matrix[i * size + i];
      scale_[i] = diagonal > 0 ? 1 / math::sqrt(diagonal) : 0;
    }
    if (!decompose(matrix)) decompose_singular(matrix);
  }

  /// Puts the solution x in the place of the right side b, and returns b . x, the square of the solution's size in the
  /// metric of A.
  double solve(double* x) noexcept {
    for (std::size_t i = 0; i < size_; ++i) x[i] *= scale_[i];
    for (std::size_t i = 0; i < size_; ++i) right_[i] = x[i];
    if (kept_ == 0)
      substitute(x);
    else
      project(x);
    const double square = dot(right_.data(), x, size_);
    for (std::size_t i = 0; i < size_; ++i) x[i] *= scale_[i];
    return square;
  }

  /// Takes out of `x` what A does not determine: of all solutions of A x = b, leaves the one of least length.
  void shorten(double* x) const noexcept {
    for (std::size_t k = 0; k < null_.size() / size_; ++k) {
      const double* const direction = null_.data() + k * size_;
      add_multiple(x, -dot(direction, x, size_), direction, size_);
    }
  }

 private:
  double scaled(const std::vector<double>& matrix, std::size_t i, std::size_t j) const noexcept {
    if (i == j) return 1;  // of a constant column too, which then is a direction of its own
    return matrix[i * size_ + j] * scale_[i] * scale_[j];
  }

  /// Cholesky's factor, row by row; false if a pivot is too small.
  bool decompose(const std::vector<double>& matrix) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      double* const row = factor_.data() + i * size_;
      for (std::size_t j = 0; j < i; ++j) {
        const double* const other = factor_.data() + j * size_;
        row[j] = (scaled(matrix, i, j) - dot(row, other, j)) / other[j];
      }
      const double pivot = 1 - dot(row, row, i);
      if (scale_[i] > 0 && !(pivot > 1e-12)) return false;
      row[i] = scale_[i] > 0 ? math::sqrt(pivot) : 1;  // 1: the column is constant, and the right side is 0
    }
    return true;
  }
  void substitute(double* x) const noexcept {
    for (std::size_t i = 0; i < size_; ++i)
      x[i] = (x[i] - dot(factor_.data() + i * size_, x, i)) / factor_[i * size_ + i];
    for (std::size_t i = size_; i-- > 0;) {
      x[i] /= factor_[i * size_ + i];
      add_multiple(x, -x[i], factor_.data() + i * size_, i);
    }
  }

  /// Keeps the eigenvectors in `factor_` and the inverse eigenvalues in `inverse_`.
  void decompose_singular(const std::vector<double>& matrix) {
    std::vector<double> all(size_ * size_);
    for (std::size_t i = 0; i < size_; ++i)
      for (std::size_t j = 0; j < size_; ++j) all[i * size_ + j] = scaled(matrix, i, j);
    const symmetric_eigen eigen(std::move(all), size_);
    const double least = 2e-14 * static_cast<double>(size_) * math::fmax(eigen.value(0), 0);
    inverse_.resize(size_);
    while (kept_ < size_ && eigen.value(kept_) > least) {
      inverse_[kept_] = 1 / eigen.value(kept_);
      for (std::size_t j = 0; j < size_; ++j) factor_[kept_ * size_ + j] = eigen.vector(kept_)[j];
      ++kept_;
    }
    for (std::size_t k = kept_; k < size_; ++k) add_null_direction(eigen.vector(k));
  }
  /// In the units of x, at right angles to those before, of length 1.
  void add_null_direction(const double* scaled_direction) {
    const std::size_t before = null_.size() / size_;
    null_.resize(null_.size() + size_);
    double* const made = null_.data() + before * size_;
    double most = 0;
    for (std::size_t j = 0; j < size_; ++j) {
      made[j] = scaled_direction[j] * scale_[j];
      most = math::fmax(most, math::absolute(made[j]));
    }
    for (std::size_t j = 0; j < size_; ++j) made[j] /= most;
    for (int round = 0; round < 2; ++round) {
      for (std::size_t k = 0; k < before; ++k) {
        const double* const other = null_.data() + k * size_;
        add_multiple(made, -dot(other, made, size_), other, size_);
      }
      const double length = math::sqrt(dot(made, made, size_));
      if (!(length > 1e-10)) {  // in these units, nothing but rounding errors is new in it
        null_.resize(before * size_);
        return;
      }
      for (std::size_t j = 0; j < size_; ++j) made[j] /= length;
    }
  }
  void project(double* x) noexcept {
    for (std::size_t i = 0; i < size_; ++i) x[i] = 0;
    for (std::size_t k = 0; k < kept_; ++k) {
      const double* const direction = factor_.data() + k * size_;
      add_multiple(x, inverse_[k] * dot(direction, right_.data(), size_), direction, size_);
    }
  }

  std::size_t size_;
  std::vector<double> scale_;
  std::vector<double> factor_;
  std::vector<double> right_;
  std::size_t kept_ = 0;  // eigenvectors, if Cholesky's factor could not be used
  std::vector<double> inverse_;
  std::vector<double> null_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_SEMIDEFINITE_SOLVER_HPP
