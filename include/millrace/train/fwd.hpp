#ifndef MILLRACE_TRAIN_FWD_HPP
#define MILLRACE_TRAIN_FWD_HPP

/// What other modules may name of train without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace {
inline namespace v0 {
namespace detail {}
namespace train {
namespace detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}
}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_FWD_HPP
