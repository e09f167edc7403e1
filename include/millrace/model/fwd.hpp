#ifndef MILLRACE_MODEL_FWD_HPP
#define MILLRACE_MODEL_FWD_HPP

/// What other modules may name of model without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace model {
class tree_ensemble;
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FWD_HPP
