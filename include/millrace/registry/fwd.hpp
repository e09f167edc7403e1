#ifndef MILLRACE_REGISTRY_FWD_HPP
#define MILLRACE_REGISTRY_FWD_HPP

/// The namespaces of registry: its private part may use the names of core's private part.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace registry {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_FWD_HPP
