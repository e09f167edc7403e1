#ifndef MILLRACE_STATS_FWD_HPP
#define MILLRACE_STATS_FWD_HPP

/// What other modules may name of stats without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::stats::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::stats::detail

#endif  // MILLRACE_STATS_FWD_HPP
