#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_RELEASE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_RELEASE_HPP

#include <millrace/deliver/judge/judgement.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;

/// The new model beside the one before it, at requests that the rows held out are made into.
namespace lifecycle {

/// What is done to the new model meanwhile, to see that it is found out: --inject.
enum class injected_fault : std::uint8_t { none, errors, latency, drift };

/// As it stands on the command line.
constexpr std::string_view to_string(injected_fault of) noexcept {
  switch (of) {
    case injected_fault::errors: return "errors";
    case injected_fault::latency: return "latency";
    case injected_fault::drift: return "drift";
    case injected_fault::none: break;
  }
  return "none";
}
constexpr std::optional<injected_fault> fault_of(std::string_view name) noexcept {
  for (const injected_fault one : {injected_fault::errors, injected_fault::latency, injected_fault::drift})
    if (to_string(one) == name) return one;
  return std::nullopt;
}
/// As the reader is told.
constexpr std::string_view in_words(injected_fault of) noexcept {
  switch (of) {
    case injected_fault::errors: return "3 of 100 calls of the new model fail";
    case injected_fault::latency: return "calls of the new model take half as long again";
    case injected_fault::drift: return "the new model's answers move away, request by request";
    case injected_fault::none: break;
  }
  return "";
}

/// What the two models answered for the rows held out, as squared errors and as answers, row after row.
struct release_input {
  std::string stable;  // what the new model is held against: version 3, in production
  std::span<const double> stable_answers;
  std::span<const double> candidate_answers;
  std::span<const double> stable_errors;
  std::span<const double> candidate_errors;
  bool is_number = false;  // what they answer; else the probability of a class, or of each
  injected_fault fault = injected_fault::none;
  std::uint64_t seed = 1;
};

/// The evidence after so many requests.
struct release_look {
  std::uint64_t requests = 0;
  double share = 0;              // of the new model
  std::vector<double> evidence;  // log10 of the e-value of harm, a metric each, and of all together
};

/// A step of the rollout, or its end.
struct release_change {
  std::uint64_t requests = 0;
  double share = 0;
  std::string phase;
  std::string cause;
};

/// What a rollout came to.
struct release_record {
  std::string stable;
  injected_fault fault = injected_fault::none;
  std::string shadow;  // what the comparison on copies found, in words
  std::uint64_t requests = 0;
  std::string phase;  // promoted, rolled_back, or the one that it was left in
  std::vector<release_change> changes;
  std::vector<release_look> looks;
  mr::deliver::judgement verdict;  // with its evidence

  bool was_promoted() const noexcept { return phase == "promoted"; }
};

/// Lets the new model at requests: first at copies, then at 5, 10, 25, 50 and 100 % of them, judged beside the stable
/// one, and takes it back as soon as evidence says so. The rows come by chance, each as often as it likes; the time
/// that a request takes is made up, the same way for both.
release_record release(const release_input& from);

/// In one line: what it was held against, and what came of it.
std::string in_words(const release_record& of);

/// What is said on the terminal.
void print(const release_record& of);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_RELEASE_HPP
