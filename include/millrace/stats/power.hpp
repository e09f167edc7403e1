#ifndef MILLRACE_STATS_POWER_HPP
#define MILLRACE_STATS_POWER_HPP

/// stats/power: power, sample size and the least effect that a plan can detect.

#include <millrace/stats/power/fisher_power.hpp>
#include <millrace/stats/power/planning.hpp>
#include <millrace/stats/power/rank_power.hpp>
#include <millrace/stats/power/simulated_power.hpp>

#endif  // MILLRACE_STATS_POWER_HPP
