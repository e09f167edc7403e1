#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_HISTORY_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_HISTORY_HPP

#include "../model/findings.hpp"
#include "compare.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A run beside those before it, as the store has them.
namespace lifecycle {

/// Names and figures; the first is the one that the task is judged by.
using run_figures = std::vector<std::pair<std::string, double>>;

/// What the holdout came to, as the store keeps it.
run_figures figures_of(const holdout_findings& of);

/// One run.
struct kept_run {
  std::uint64_t version = 0;  // of the model that it registered; 0: none
  std::string stage;
  std::string aliases;
  std::string started;
  std::string model;  // boosted trees
  double loss = 0;    // by cross-validation, NaN where it is not known
  mr::stats::interval within{};
  run_figures figures;
};

/// This run's model against an earlier version of it.
struct version_comparison {
  std::uint64_t version = 0;
  std::string which;         // in production; the best so far
  std::string why_not;       // why they cannot be compared; empty where they were
  bool rows_are_new = true;  // to the earlier one, as they are to this run's
  paired_comparison found;
  std::vector<double> answers = {};  // of the earlier one, for the holdout

  bool better() const noexcept { return why_not.empty() && found.better(); }
};

/// What the store knows once this run is in it.
struct run_history {
  std::string store;  // its path; empty: this build keeps no runs
  std::string model;
  std::vector<kept_run> runs;                     // this one first, then those before it
  std::size_t earlier = 0;                        // that there are in all
  std::vector<std::vector<std::string>> changed;  // settings that these runs differ in: a name, and a value for each
  std::optional<version_comparison> against;
  std::vector<std::string> commands;  // what promotes this run's model, where it is better
};

/// Better than version 1, the best so far: ...
std::string in_words(const version_comparison& of);

/// What is said on the terminal.
void print(const run_history& of);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_HISTORY_HPP
