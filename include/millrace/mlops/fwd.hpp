#ifndef MILLRACE_MLOPS_FWD_HPP
#define MILLRACE_MLOPS_FWD_HPP

/// What mlops' private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace mlops {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace mlops
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MLOPS_FWD_HPP
