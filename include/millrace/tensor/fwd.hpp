#ifndef MILLRACE_TENSOR_FWD_HPP
#define MILLRACE_TENSOR_FWD_HPP

/// What other modules may name of tensor without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::tensor::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::tensor::detail

#endif  // MILLRACE_TENSOR_FWD_HPP
