#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_STORE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_STORE_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../model/findings.hpp"
#include "../model/model_files.hpp"
#include "../options.hpp"
#include "../stop.hpp"
#include "release.hpp"
#include "run_history.hpp"
#include "stream.hpp"

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// What a run came to, for the store.
struct run_results {
  const table& data;
  const row_split& parts;
  const trained_model& model;
  const std::vector<double>& answers;  // for the holdout
  const comparison_record& compared;
  const std::optional<training_record>& training;
  const holdout_findings& holdout;
  const stream_record& stream;
};

/// A file of a run or of its model.
struct kept_file {
  std::string_view name;
  std::string_view content;
};

/// Keeps a run of the job, and the model that came of it, beside those of earlier runs: in one SQLite file, which
/// registry_tool, mlflow_server and other jobs have open at the same time. A build without SQLite links
/// no_run_store.cpp, which keeps nothing.
///
/// The first word of a run is in the file when this is made. A run that ends early is marked as failed there, one that
/// was interrupted as killed, and one whose process is gone by the next job that comes.
/// Members end the job where the store refuses.
class run_store {
 public:
  using settings_list = std::vector<std::pair<std::string, std::string>>;

  explicit run_store(const options& asked);
  ~run_store();

  /// Begins a run that learns `target`.
  void begin(const std::string& target, const std::string& input, const settings_list& settings);

  /// Runs `steps`; an end of the job within ends the run, too.
  template <class Steps>
  void watch(Steps&& steps) {
    try {
      steps();
    } catch (const stop& why) {
      give_up(why.sentence, why.code == exit_code::interrupted);
      throw;
    } catch (const std::exception& why) {
      give_up(why.what(), false);
      throw;
    }
  }

  /// Keeps what the run came to, registers its model with these files, and returns what stands beside it.
  run_history add(const run_results& of, std::span<const kept_file> model_files);
  /// Keeps what became of its model beside the one before it. No stage is changed: that takes a person.
  void add(const release_record& of);
  /// Keeps files of the run, and ends it.
  void end(std::span<const kept_file> files);

 private:
  struct state;

  void give_up(std::string_view why, bool interrupted) noexcept;

  std::unique_ptr<state> self_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_RUN_STORE_HPP
