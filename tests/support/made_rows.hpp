#ifndef MILLRACE_TESTS_SUPPORT_MADE_ROWS_HPP
#define MILLRACE_TESTS_SUPPORT_MADE_ROWS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace support {

/// Rows of features with a target each, from sums and comparisons of uniform numbers only, so that they are the same
/// with every library.
struct made_rows {
  std::size_t columns = 0;
  std::vector<float> features;
  std::vector<float> targets;

  std::size_t rows() const noexcept { return targets.size(); }
  millrace::model::matrix_view view() const noexcept { return {features, columns}; }
};

/// `score(row)` of a row of uniform numbers in [-1, 1) is its target; those in `missing` of 100 are then missing.
template <class Score>
made_rows make_rows(std::size_t rows, std::size_t columns, std::uint64_t seed, Score score, unsigned missing = 0) {
  millrace::random_engine random(seed);
  made_rows made;
  made.columns = columns;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t first = made.features.size();
    for (std::size_t k = 0; k < columns; ++k) made.features.push_back(static_cast<float>(2 * random.uniform() - 1));
    made.targets.push_back(static_cast<float>(score(made.features.data() + first, random)));
    for (std::size_t k = 0; k < columns; ++k)
      if (random.below(100) < missing) made.features[first + k] = __builtin_nanf("");
  }
  return made;
}

/// 0 or 1, with an interaction, a bend and noise. Four columns at least.
inline double two_classes(const float* x, millrace::random_engine& random) {
  const double noise = random.uniform() + random.uniform() - 1;
  return x[0] * x[1] + x[2] * x[2] + 0.5 * x[3] + 0.3 * noise > 0.3 ? 1 : 0;
}
/// A number. Four columns at least.
inline double a_number(const float* x, millrace::random_engine& random) {
  return 3 * x[0] - 2 * x[1] * x[2] + (x[3] > 0.25F ? 1 : 0) + 0.2 * (random.uniform() - 0.5);
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_MADE_ROWS_HPP
