#ifndef MILLRACE_TENSOR_FWD_HPP
#define MILLRACE_TENSOR_FWD_HPP

/// What other modules may name of tensor without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace tensor {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_FWD_HPP
