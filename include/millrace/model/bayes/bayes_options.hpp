#ifndef MILLRACE_MODEL_BAYES_BAYES_OPTIONS_HPP
#define MILLRACE_MODEL_BAYES_BAYES_OPTIONS_HPP

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace model {

/// How Gaussian naive Bayes is fitted.
struct gaussian_bayes_options {
  /// The share of the largest column's variance that is added to every variance, above 0: scikit-learn's
  /// `var_smoothing`.
  double smoothing = 1e-9;
};

/// How multinomial naive Bayes is fitted.
struct multinomial_bayes_options {
  /// What is added to the count of every column in every class, above 0: scikit-learn's `alpha`.
  double smoothing = 1;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_BAYES_OPTIONS_HPP
