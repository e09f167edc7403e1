#ifndef MILLRACE_MODEL_BAYES_HPP
#define MILLRACE_MODEL_BAYES_HPP

/// bayes: classes by Bayes' rule, from features that are taken to be independent of each other.
///
/// - `gaussian_naive_bayes`: features that are measured, normal in each class
/// - `multinomial_naive_bayes`: features that are counts, of words say

#include <millrace/model/bayes/bayes_options.hpp>
#include <millrace/model/bayes/gaussian_naive_bayes.hpp>
#include <millrace/model/bayes/multinomial_naive_bayes.hpp>

#endif  // MILLRACE_MODEL_BAYES_HPP
