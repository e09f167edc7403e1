#ifndef MILLRACE_EXAMPLES_LIFECYCLE_STOP_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_STOP_HPP

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>

#include <csignal>
#include <string>
#include <type_traits>
#include <utility>

namespace lifecycle {

namespace mr = millrace;

/// What the program answers to its caller; `--help` lists them.
enum class exit_code : int {
  good = 0,
  internal = 1,          // something that should not happen
  usage = 2,             // options that make no sense
  no_input = 3,          // the file cannot be read
  not_a_table = 4,       // a ragged row, an open quote
  empty_table = 5,       // no rows
  no_such_column = 6,    // no target of that name
  unusable_target = 7,   // it cannot be learned
  bad_cell = 8,          // NaN, or text among numbers
  no_output = 9,         // the folder cannot be written
  training_failed = 10,  // the chain failed an event, or no model could be fitted
  out_of_budget = 11,    // no model was compared in the time there was
  unusable_model = 12,   // a model's file that is none, or that this job cannot use
  unusable_store = 13,   // a store of runs and models that is none, is damaged, or cannot be written
  interrupted = 130,     // Ctrl-C, as shells have it
};

/// Ends the job: a code for the caller and one sentence for the reader. Thrown where the job cannot go on, caught in
/// main.
struct stop {
  exit_code code;
  std::string sentence;
};

/// The result's value, or the end of the job.
template <class T>
T or_stop(mr::result<T> outcome, exit_code code) {
  if (!outcome) throw stop{code, outcome.error().describe()};
  if constexpr (!std::is_void_v<T>) return *std::move(outcome);
}

/// Which end a table that cannot be used leads to.
inline exit_code input_exit_code(const mr::error& why) noexcept {
  switch (why.code()) {
    case mr::errc::truncated: return exit_code::empty_table;
    case mr::errc::not_found: return exit_code::no_such_column;
    case mr::errc::unsupported: return exit_code::unusable_target;
    case mr::errc::not_finite:
    case mr::errc::type_mismatch: return exit_code::bad_cell;
    default: return exit_code::not_a_table;
  }
}

/// Which end an event that failed leads to: the disk's refusal of the audit log is not the training's fault.
inline exit_code run_exit_code(const mr::error& why) noexcept {
  switch (why.code()) {
    case mr::errc::io:
    case mr::errc::no_space:
    case mr::errc::permission_denied: return exit_code::no_output;
    default: return exit_code::training_failed;
  }
}

namespace detail {
inline volatile std::sig_atomic_t interrupt_seen = 0;
}  // namespace detail

/// From here on the first Ctrl-C (or SIGTERM) asks the job to end in order, and a second one ends it at once.
inline void listen_for_interrupt() {
  struct ::sigaction action{};
  action.sa_handler = [](int) { detail::interrupt_seen = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

inline bool interrupted() noexcept { return detail::interrupt_seen != 0; }

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_STOP_HPP
