#ifndef MILLRACE_TENSOR_FWD_HPP
#define MILLRACE_TENSOR_FWD_HPP

/// The namespaces of tensor: its private part may use the names of core's private part.

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
