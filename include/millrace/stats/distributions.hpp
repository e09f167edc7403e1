#ifndef MILLRACE_STATS_DISTRIBUTIONS_HPP
#define MILLRACE_STATS_DISTRIBUTIONS_HPP

/// stats/distributions: cdf, survival function and quantiles, exact in both tails.

#include <millrace/stats/distributions/beta.hpp>
#include <millrace/stats/distributions/binomial.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>
#include <millrace/stats/distributions/fisher_f.hpp>
#include <millrace/stats/distributions/gamma.hpp>
#include <millrace/stats/distributions/kolmogorov.hpp>
#include <millrace/stats/distributions/mann_whitney_exact.hpp>
#include <millrace/stats/distributions/noncentral_t.hpp>
#include <millrace/stats/distributions/normal.hpp>
#include <millrace/stats/distributions/poisson.hpp>
#include <millrace/stats/distributions/student_t.hpp>
#include <millrace/stats/distributions/studentized_range.hpp>

#endif  // MILLRACE_STATS_DISTRIBUTIONS_HPP
