#ifndef MILLRACE_RESILIENCE_FWD_HPP
#define MILLRACE_RESILIENCE_FWD_HPP

/// What resilience's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace resilience {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_FWD_HPP
