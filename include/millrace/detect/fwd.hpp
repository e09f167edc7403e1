#ifndef MILLRACE_DETECT_FWD_HPP
#define MILLRACE_DETECT_FWD_HPP

/// What other modules may name of detect without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace detect {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace detect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DETECT_FWD_HPP
