#ifndef MILLRACE_MODEL_FWD_HPP
#define MILLRACE_MODEL_FWD_HPP

/// What other modules may name of model without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::model::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::model::detail

#endif  // MILLRACE_MODEL_FWD_HPP
