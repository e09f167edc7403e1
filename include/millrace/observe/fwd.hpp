#ifndef MILLRACE_OBSERVE_FWD_HPP
#define MILLRACE_OBSERVE_FWD_HPP

/// The namespaces of observe: its private part may use the names of core's private part.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace observe {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_FWD_HPP
