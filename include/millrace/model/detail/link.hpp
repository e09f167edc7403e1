#ifndef MILLRACE_MODEL_DETAIL_LINK_HPP
#define MILLRACE_MODEL_DETAIL_LINK_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The probability whose log odds are `score`.
inline double probability_of_score(double score) noexcept { return 1 / (1 + math::exp(-score)); }

/// Turns scores into probabilities that sum to 1, by softmax. All are NaN if one score is, or if all are -infinity.
inline void probabilities_of_scores(double* scores, std::size_t size) noexcept {
  double most = scores[0];
  for (std::size_t k = 1; k < size; ++k) most = scores[k] > most ? scores[k] : most;
  double sum = 0;
  for (std::size_t k = 0; k < size; ++k) {
    scores[k] = math::exp(scores[k] - most);
    sum += scores[k];
  }
  for (std::size_t k = 0; k < size; ++k) scores[k] /= sum;
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_LINK_HPP
