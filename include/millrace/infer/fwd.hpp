#ifndef MILLRACE_INFER_FWD_HPP
#define MILLRACE_INFER_FWD_HPP

/// What infer's private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace infer {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_FWD_HPP
