#ifndef MILLRACE_STATS_SEQUENTIAL_HPP
#define MILLRACE_STATS_SEQUENTIAL_HPP

/// stats/sequential: tests and intervals that stay valid however often one looks, or at planned looks.

#include <millrace/stats/sequential/confidence_sequence.hpp>
#include <millrace/stats/sequential/e_process.hpp>
#include <millrace/stats/sequential/group_sequential.hpp>
#include <millrace/stats/sequential/mixture_sprt.hpp>
#include <millrace/stats/sequential/sequential_sample_ratio.hpp>
#include <millrace/stats/sequential/sprt.hpp>
#include <millrace/stats/sequential/two_arm_e_process.hpp>

#endif  // MILLRACE_STATS_SEQUENTIAL_HPP
