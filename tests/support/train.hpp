#ifndef MILLRACE_TESTS_SUPPORT_TRAIN_HPP
#define MILLRACE_TESTS_SUPPORT_TRAIN_HPP

#include <millrace/core/seed.hpp>
#include <millrace/train/fields.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace support {

template <class Scalar>
millrace::train::row_major_matrix<Scalar> matrix_of(const std::vector<double>& values, Eigen::Index columns) {
  const auto rows = static_cast<Eigen::Index>(values.size()) / columns;
  return Eigen::Map<const millrace::train::row_major_matrix<double>>(values.data(), rows, columns)
      .template cast<Scalar>();
}
template <class Scalar>
millrace::train::column_vector<Scalar> vector_of(const std::vector<double>& values) {
  return matrix_of<Scalar>(values, 1).col(0);
}
inline Eigen::VectorXi labels_of(const std::vector<double>& values) {
  return matrix_of<double>(values, 1).col(0).cast<int>();
}

/// Numbers in [-1, 1) that do not change when Eigen's generator does.
template <class Scalar>
millrace::train::row_major_matrix<Scalar> random_matrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  millrace::random_engine random(seed);
  millrace::train::row_major_matrix<Scalar> values(rows, columns);
  for (Eigen::Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<Scalar>(2.0 * random.uniform() - 1.0);
  return values;
}

/// Largest |a - b| / max(1, |b|); infinite where either is NaN.
template <class A, class B>
double distance(const A& a, const B& b) {
  double worst = a.size() == b.size() ? 0.0 : std::numeric_limits<double>::infinity();
  for (Eigen::Index i = 0; i < a.size() && i < b.size(); ++i) {
    const auto x = static_cast<double>(a.data()[i]);
    const auto y = static_cast<double>(b.data()[i]);
    const double apart = std::abs(x - y) / (std::max)(1.0, std::abs(y));
    worst = apart <= worst ? worst : (std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart);
  }
  return worst;
}

/// Two spirals of one turn each that wind around each other; label 0 or 1 by turns.
struct spirals {
  millrace::train::row_major_matrix<float> points;
  Eigen::VectorXi labels;

  explicit spirals(Eigen::Index count, std::uint64_t seed) : points(count, 2), labels(count) {
    millrace::random_engine random(seed);
    for (Eigen::Index i = 0; i < count; ++i) {
      const double angle = std::sqrt(random.uniform()) * 2.0 * 3.141592653589793;
      const double side = i % 2 == 0 ? 1.0 : -1.0;
      points(i, 0) = static_cast<float>(0.5 * side * angle * std::cos(angle) + 0.02 * random.normal());
      points(i, 1) = static_cast<float>(0.5 * side * angle * std::sin(angle) + 0.02 * random.normal());
      labels[i] = static_cast<int>(i % 2);
    }
  }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_TRAIN_HPP
