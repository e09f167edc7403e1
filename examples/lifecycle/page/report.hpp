#ifndef MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP

#include "../data/table.hpp"
#include "../model/findings.hpp"
#include "../work/compare.hpp"
#include "../work/release.hpp"
#include "../work/run_history.hpp"
#include "../work/stream.hpp"

#include <millrace/observe/health/health_report.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

/// Everything that the report tells.
struct report_input {
  const table& data;
  const comparison_record& compared;
  const std::optional<training_record>& training;  // of the last network
  const holdout_findings& holdout;
  const stream_record& stream;
  const event_profiles& training_times;
  const event_profiles& stream_times;
  std::string shape;     // of the model: 200 rounds of a tree
  std::string finished;  // when
  std::vector<std::pair<std::string, std::string>> settings;
  std::optional<reference_record> reference = {};
  std::vector<row_reasons> reasons = {};
  model_comparison comparison = {};
  mr::detect::table_drift_report drift = {};
  mr::observe::health_report health = {};
  std::vector<std::pair<std::string, std::string>> evidence = {};  // what the audit trail had come to
  std::string onnx = {};                                           // how far the model's ONNX file agrees with it
  run_history history = {};
  release_record release = {};

  task_kind task() const noexcept { return data.target.task; }
};

/// The whole page; it refers to nothing outside itself.
std::string report_page(const report_input& in);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_PAGE_REPORT_HPP
