#ifndef MILLRACE_TRAIN_FWD_HPP
#define MILLRACE_TRAIN_FWD_HPP

/// What other modules may name of train without including it, and what its private part stands on.

#include <millrace/core/config.hpp>

namespace millrace::inline v0::detail {}
namespace millrace::inline v0::train::detail {
using namespace millrace::detail;  // the primitives of core, which every module may use
}  // namespace millrace::train::detail

#endif  // MILLRACE_TRAIN_FWD_HPP
