#ifndef MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP
#define MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP

// Made by tests/oracle/features.py with NumPy 2.4.6, scikit-learn 1.9.1. Do not edit.

namespace reference {

inline constexpr double asked[] = {-37.5, 0.0, 1.25, 84.5, 1000.0};
inline constexpr double standardized[] = {-1.7112186371742852, -0.6649771434955939, -0.6301024270396375,
                                          1.6925536889270576, 27.23479602126951};
inline constexpr double scaled_to_range[] = {0.0, 0.3076923076923077, 0.317948717948718, 1.001025641025641,
                                             8.512820512820513};
/// The number of seventh parts, by numpy.quantile(method="inverted_cdf"), that lie below.
inline constexpr double seventh[] = {0.0, 2.0, 2.0, 6.0, 6.0};
/// Of DE, FR, US, de, A with a diaeresis, AT: their places in the order of their bytes, from 1 on.
inline constexpr double codes[] = {2.0, 3.0, 4.0, 5.0, 6.0, 1.0};

}  // namespace reference

#endif  // MILLRACE_TESTS_SUPPORT_FEATURE_REFERENCE_HPP
