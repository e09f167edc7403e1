#ifndef MILLRACE_CONNECT_KAFKA_FWD_HPP
#define MILLRACE_CONNECT_KAFKA_FWD_HPP

/// What connect/kafka's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace connect {
namespace kafka {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace kafka
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_KAFKA_FWD_HPP
