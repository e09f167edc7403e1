#ifndef MILLRACE_OBSERVE_FWD_HPP
#define MILLRACE_OBSERVE_FWD_HPP

/// What other modules may name of observe without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::observe::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::observe::detail

#endif  // MILLRACE_OBSERVE_FWD_HPP
