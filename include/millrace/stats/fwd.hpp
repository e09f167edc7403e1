#ifndef MILLRACE_STATS_FWD_HPP
#define MILLRACE_STATS_FWD_HPP

/// What other modules may name of stats without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace stats {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace stats
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STATS_FWD_HPP
