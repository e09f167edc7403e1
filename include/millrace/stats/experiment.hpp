#ifndef MILLRACE_STATS_EXPERIMENT_HPP
#define MILLRACE_STATS_EXPERIMENT_HPP

/// stats/experiment: an A/B test as a type: what it measures, when it decides, how it corrects.

#include <millrace/stats/experiment/decision.hpp>
#include <millrace/stats/experiment/experiment.hpp>
#include <millrace/stats/experiment/metrics.hpp>

#endif  // MILLRACE_STATS_EXPERIMENT_HPP
