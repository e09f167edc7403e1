#ifndef MILLRACE_DELIVER_FWD_HPP
#define MILLRACE_DELIVER_FWD_HPP

/// What deliver's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace deliver {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_FWD_HPP
