#ifndef MILLRACE_TRACK_FWD_HPP
#define MILLRACE_TRACK_FWD_HPP

/// What track's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace track {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_FWD_HPP
