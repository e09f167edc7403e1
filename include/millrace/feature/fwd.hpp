#ifndef MILLRACE_FEATURE_FWD_HPP
#define MILLRACE_FEATURE_FWD_HPP

/// What other modules may name of feature without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace feature {
template <class Event, class... Transforms>
class feature_set;

namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_FWD_HPP
