#ifndef MILLRACE_CONNECT_DATABRICKS_FWD_HPP
#define MILLRACE_CONNECT_DATABRICKS_FWD_HPP

/// What connect/databricks's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace connect {
namespace databricks {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_FWD_HPP
