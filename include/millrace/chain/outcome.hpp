#ifndef MILLRACE_CHAIN_OUTCOME_HPP
#define MILLRACE_CHAIN_OUTCOME_HPP

#include <millrace/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// One event that failed in a lenient run.
struct event_failure {
  std::size_t index;       // in the chain, from 0
  std::string_view event;  // its name
  millrace::error error;
};

/// How a lenient run ended: success, or "completed with n failures" and their list.
class lenient_result {
 public:
  bool has_value() const noexcept { return failures_.empty(); }
  explicit operator bool() const noexcept { return has_value(); }

  /// The events that failed, in order.
  const std::vector<event_failure>& failures() const noexcept { return failures_; }

  /// All failures as one error: "completed with n failures", then what each says. Precondition: there is a failure.
  millrace::error error() const {
    std::string message =
        "completed with " + std::to_string(failures_.size()) + (failures_.size() == 1 ? " failure" : " failures");
    const char* separator = ": ";
    for (const event_failure& failure : failures_) {
      message += separator;
      message += failure.error.describe();
      separator = "; ";
    }
    return millrace::error(errc::completed_with_failures, std::move(message));
  }

  /// For the chain: notes a failure.
  void add(event_failure failure) { failures_.push_back(std::move(failure)); }

 private:
  std::vector<event_failure> failures_;
};

/// Policy, the default: a run stops at the first event that fails and returns its error.
struct strict {
  using result_type = result<void>;
};

/// Policy: a run goes on after a failed event and lists all that failed. Later events see what the failed one left in
/// its fields: a half-written value, that of an earlier run, or a default. An event that must not use such a value
/// needs a field of its own that tells, which the earlier event sets as it succeeds.
struct lenient {
  using result_type = lenient_result;
};

/// What a chain or a middleware does about a failure: `strict` or `lenient`.
template <class S>
concept strictness_policy = std::same_as<S, strict> || std::same_as<S, lenient>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CHAIN_OUTCOME_HPP
