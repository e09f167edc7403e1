#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_TERMINAL_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_TERMINAL_HPP

#include "../stop.hpp"

#include <cstdio>
#include <string>
#include <string_view>

/// What the job says between its steps.
namespace lifecycle::detail {

inline void heading(std::string_view text) {
  std::printf("\n%.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stdout);
}

inline void stop_if_interrupted(std::string_view step) {
  if (interrupted()) throw stop{exit_code::interrupted, "interrupted while " + std::string(step)};
}

}  // namespace lifecycle::detail

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_TERMINAL_HPP
