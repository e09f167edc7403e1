#ifndef MILLRACE_MODEL_DETAIL_SYMMETRIC_EIGEN_HPP
#define MILLRACE_MODEL_DETAIL_SYMMETRIC_EIGEN_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The eigenvalues of a symmetric matrix, the largest first, and its eigenvectors of length 1, one a row.
///
/// The matrix is brought to tridiagonal form by reflections and to diagonal form by QL steps with implicit shifts.
/// Complexity: about 9 size^3 operations.
/// Source: Golub, Van Loan, "Matrix Computations", 4th ed., 8.3; Bowdler, Martin, Reinsch, Wilkinson, "The QR and QL
/// algorithms for symmetric matrices", Numerische Mathematik 11, 1968.
class symmetric_eigen {
 public:
  /// `matrix`: size x size finite numbers.
  symmetric_eigen(std::vector<double> matrix, std::size_t size)
      : size_(size), values_(size), beside_(size), vectors_(size * size) {
    tridiagonalize(matrix);
    diagonalize();
    sort();
  }

  std::size_t size() const noexcept { return size_; }
  double value(std::size_t at) const noexcept { return values_[at]; }
  const double* vector(std::size_t at) const noexcept { return vectors_.data() + at * size_; }

 private:
  double* row(std::size_t at) noexcept { return vectors_.data() + at * size_; }

  /// Leaves in `values_` the diagonal and in `beside_` the numbers beside it (number i between i and i + 1), and in
  /// `vectors_` the transposed product of the reflections.
  void tridiagonalize(std::vector<double>& matrix) {
    std::vector<double> turned(size_);
    std::vector<double> factor(size_);
    for (std::size_t k = 0; k + 2 < size_; ++k) factor[k] = reflect(matrix, k, turned);
    for (std::size_t i = 0; i < size_; ++i) values_[i] = matrix[i * size_ + i];
    for (std::size_t i = 0; i + 1 < size_; ++i) beside_[i] = matrix[i * size_ + i + 1];
    // The reflections, the last first, applied to the unit matrix. Reflection k changes numbers behind k alone.
    for (std::size_t i = 0; i < size_; ++i) row(i)[i] = 1;
    for (std::size_t k = size_; k-- > 0;) {
      if (factor[k] == 0) continue;
      const std::size_t from = k + 1;
      const double* v = reflected_.data() + k * size_ + from;
      for (std::size_t i = from; i < size_; ++i) {
        const double along = dot(row(i) + from, v, size_ - from);
        add_multiple(row(i) + from, -factor[k] * along, v, size_ - from);
      }
    }
  }

  /// Makes row and column k of the matrix zero behind k + 1 by the reflection 1 - factor v v^T, and returns the factor,
  /// or 0 if nothing had to be done.
  double reflect(std::vector<double>& matrix, std::size_t k, std::vector<double>& turned) {
    if (reflected_.empty()) reflected_.resize(size_ * size_);
    const std::size_t from = k + 1;
    const std::size_t count = size_ - from;
    double* const v = reflected_.data() + k * size_ + from;
    double most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      v[i] = matrix[k * size_ + from + i];
      most = math::fmax(most, i > 0 ? math::absolute(v[i]) : 0);
    }
    if (most == 0) return 0;
    most = math::fmax(most, math::absolute(v[0]));
    for (std::size_t i = 0; i < count; ++i) v[i] /= most;  // so that the squares neither vanish nor overflow
    const double length = math::copysign(math::sqrt(dot(v, v, count)), v[0]);
    v[0] += length;
    const double factor = 1 / (length * v[0]);
    // A - v w^T - w v^T with w = p - (factor / 2) (p . v) v and p = factor A v.
    for (std::size_t i = 0; i < count; ++i)
      turned[i] = factor * dot(matrix.data() + (from + i) * size_ + from, v, count);
    add_multiple(turned.data(), -0.5 * factor * dot(turned.data(), v, count), v, count);
    for (std::size_t i = 0; i < count; ++i) {
      double* const at = matrix.data() + (from + i) * size_ + from;
      add_multiple(at, -v[i], turned.data(), count);
      add_multiple(at, -turned[i], v, count);
    }
    matrix[k * size_ + from] = -length * most;
    return factor;
  }

  void diagonalize() noexcept {
    for (std::size_t first = 0; first < size_; ++first) {
      // Three steps a value are usual; the bound ends the loop on a matrix with NaN.
      for (int step = 0; step < 200; ++step) {
        std::size_t last = first;
        while (last + 1 < size_ && !is_negligible(last)) ++last;
        if (last == first) break;
        turn_down(first, last);
      }
    }
  }
  bool is_negligible(std::size_t at) const noexcept {
    const double sum = math::absolute(values_[at]) + math::absolute(values_[at + 1]);
    return math::absolute(beside_[at]) <= 0x1p-53 * sum;
  }

  /// One QL step on the part [first, last]: from its end to its beginning, rotations of neighbours push along the
  /// number that the shift puts outside the three diagonals.
  void turn_down(std::size_t first, std::size_t last) noexcept {
    const double half = (values_[first + 1] - values_[first]) / (2 * beside_[first]);
    const double shift = values_[first] - beside_[first] / (half + math::copysign(math::sqrt(half * half + 1), half));
    double sine = 1;
    double cosine = 1;
    double moved = 0;  // what the rotation before has moved between two diagonal numbers
    double outside = values_[last] - shift;
    for (std::size_t i = last; i-- > first;) {
      const double up = sine * beside_[i];
      const double along = cosine * beside_[i];
      const double length = hypotenuse(up, outside);
      beside_[i + 1] = length;
      if (length == 0) {  // the part has come apart here
        values_[i + 1] -= moved;
        beside_[last] = 0;
        return;
      }
      sine = up / length;
      cosine = outside / length;
      const double corner = values_[i + 1] - moved;
      const double difference = (values_[i] - corner) * sine + 2 * cosine * along;
      moved = sine * difference;
      values_[i + 1] = corner + moved;
      outside = cosine * difference - along;
      rotate(row(i), row(i + 1), sine, cosine);
    }
    values_[first] -= moved;
    beside_[first] = outside;
    beside_[last] = 0;
  }
  void rotate(double* a, double* b, double sine, double cosine) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
      const double before = b[i];
      b[i] = sine * a[i] + cosine * before;
      a[i] = cosine * a[i] - sine * before;
    }
  }
  static double hypotenuse(double a, double b) noexcept {
    const double most = math::fmax(math::absolute(a), math::absolute(b));
    if (most == 0) return 0;
    return most * math::sqrt((a / most) * (a / most) + (b / most) * (b / most));
  }

  void sort() noexcept {
    for (std::size_t i = 0; i + 1 < size_; ++i) {
      std::size_t best = i;
      for (std::size_t k = i + 1; k < size_; ++k)
        if (values_[k] > values_[best]) best = k;
      if (best == i) continue;
      std::swap(values_[i], values_[best]);
      for (std::size_t k = 0; k < size_; ++k) std::swap(row(i)[k], row(best)[k]);
    }
  }

  std::size_t size_;
  std::vector<double> values_;
  std::vector<double> beside_;
  std::vector<double> vectors_;
  std::vector<double> reflected_;  // row k: the vector of reflection k
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_SYMMETRIC_EIGEN_HPP
