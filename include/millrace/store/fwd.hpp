#ifndef MILLRACE_STORE_FWD_HPP
#define MILLRACE_STORE_FWD_HPP

/// The namespaces of store: its private part may use the names of core's private part.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace store {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FWD_HPP
