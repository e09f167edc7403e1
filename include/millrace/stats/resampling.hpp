#ifndef MILLRACE_STATS_RESAMPLING_HPP
#define MILLRACE_STATS_RESAMPLING_HPP

/// stats/resampling: the bootstrap and permutation tests, seeded.

#include <millrace/stats/resampling/bootstrap.hpp>
#include <millrace/stats/resampling/permutation.hpp>
#include <millrace/stats/resampling/poisson_bootstrap.hpp>

#endif  // MILLRACE_STATS_RESAMPLING_HPP
