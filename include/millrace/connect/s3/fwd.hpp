#ifndef MILLRACE_CONNECT_S3_FWD_HPP
#define MILLRACE_CONNECT_S3_FWD_HPP

/// What connect/s3's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace connect {
namespace s3 {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_FWD_HPP
