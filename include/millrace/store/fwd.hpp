#ifndef MILLRACE_STORE_FWD_HPP
#define MILLRACE_STORE_FWD_HPP

/// What other modules may name of store without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::store::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::store::detail

#endif  // MILLRACE_STORE_FWD_HPP
