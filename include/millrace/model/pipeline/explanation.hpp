#ifndef MILLRACE_MODEL_PIPELINE_EXPLANATION_HPP
#define MILLRACE_MODEL_PIPELINE_EXPLANATION_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/feature/policies.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A feature, by the name of its transform, and a number of it: what it adds to a score, or how much it matters.
struct named_share {
  std::string feature;
  double amount = 0;
};

/// Why an event has its score: base + the sum of the reasons + rest = score, but for rounding.
struct explanation {
  /// The model's score before its link and before any calibration. Of logistic regression and of trees boosted for
  /// classes it is log odds, of a random forest what it predicts itself, a probability where it learns classes; of an
  /// isolation forest log2(-score), which is the larger, the more unusual an event is. With a calibration the number
  /// served is another: the calibration of this one.
  double score = detail::math::nan;
  /// The score of an event of which nothing is known.
  double base = detail::math::nan;
  /// The features that move the score most, up or down, the one that moves it most first. All columns of a transform,
  /// such as those of its categories, count together.
  std::vector<named_share> reasons;
  /// What all other features add together.
  double rest = 0;
  /// Whether, and why, a rule of a feature refused the event; there are no reasons then.
  feature::refusal refused;
};

namespace detail {

/// Puts what moves most first; of equals, what came first.
inline void sort_by_amount(std::vector<named_share>& shares) {
  std::vector<std::size_t> order(shares.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  heap_sort(order.data(), order.size(), [&](std::size_t a, std::size_t b) {
    const double left = math::absolute(shares[a].amount);
    const double right = math::absolute(shares[b].amount);
    return left > right || (left == right && a < b);
  });
  std::vector<named_share> sorted;
  for (const std::size_t at : order) sorted.push_back(shares[at]);
  shares.swap(sorted);
}

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_EXPLANATION_HPP
