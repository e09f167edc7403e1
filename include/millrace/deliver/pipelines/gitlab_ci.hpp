#ifndef MILLRACE_DELIVER_PIPELINES_GITLAB_CI_HPP
#define MILLRACE_DELIVER_PIPELINES_GITLAB_CI_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/plan_checks.hpp>
#include <millrace/deliver/pipelines/detail/yaml_pipeline.hpp>
#include <millrace/deliver/pipelines/detail/yaml_writer.hpp>
#include <millrace/deliver/pipelines/pipeline.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// Writes a plan for GitLab CI. A step is a subshell of its own, as on other platforms each step is a process: what one
/// sets does not reach the next.
template <class = void>
class gitlab_writer : yaml_pipeline<> {
 public:
  explicit gitlab_writer(const pipeline_plan& plan) : yaml_pipeline<>(plan) {}

  std::string operator()() {
    out_.comment("Written by a program with millrace/deliver/pipelines.hpp: change that, not this file.");
    out_.open("workflow");
    out_.text("name", without_variables(plan_.name));
    out_.open("rules");
    write_rule("$CI_PIPELINE_SOURCE == \"merge_request_event\"");
    write_rule("$CI_COMMIT_BRANCH == \"" + plan_.branch + '"');
    out_.close();
    out_.close();
    std::vector<std::string_view> stages(plan_.stages.begin(), plan_.stages.end());
    out_.plain_list("stages", stages);
    for (const pipeline_job& job : plan_.jobs) {
      out_.blank_line();
      write_job(job);
    }
    return std::move(out_).done();
  }

 private:
  /// GitLab replaces $NAME in names, and has no way to escape it there: such a name is told without the sign.
  static std::string without_variables(std::string_view text) {
    std::string made;
    for (const char c : text) made += c == '$' ? '_' : c;
    return made;
  }
  void write_rule(const std::string& condition) {
    out_.open_entry();
    out_.plain("if", '\'' + condition + '\'');
    out_.close();
  }

  void write_job(const pipeline_job& job) {
    out_.open(job.id);
    out_.plain("stage", job.stage);
    if (!job.container.empty()) out_.text("image", job.container);
    if (!job.runner.labels.empty()) out_.text_list("tags", job.runner.labels);
    out_.plain("timeout", std::to_string(job.minutes) + " minutes");
    out_.plain("interruptible", job.environment.empty() ? "true" : "false");
    if (!job.environment.empty()) write_deployment(job);
    write_matrix(job);
    if (!job.cache.folders.empty()) write_cache(job);
    write_artifacts(job);
    out_.open("script");
    for (const pipeline_step& step : all_steps(job))
      out_.text_entry("# " + step.name + "\n(\n" + whole_script(step) + ")\n");
    out_.close();
    out_.close();
  }

  void write_deployment(const pipeline_job& job) {
    out_.open("rules");
    out_.open_entry();
    out_.plain("if", "'$CI_COMMIT_BRANCH == \"" + plan_.branch + "\" && $CI_PIPELINE_SOURCE != \"schedule\"'");
    if (!job.approval.empty()) {
      out_.plain("when", "manual");
      out_.plain("allow_failure", "false");
    }
    out_.close();
    out_.close();
    if (!job.approval.empty()) out_.text("manual_confirmation", without_variables(job.approval));
    out_.open("environment");
    out_.plain("name", job.environment);
    out_.plain("deployment_tier", job.kind == stage_kind::production ? "production" : "staging");
    if (!job.url.empty()) out_.text("url", job.url);
    out_.close();
    out_.plain("resource_group", job.environment);
  }

  void write_matrix(const pipeline_job& job) {
    if (job.matrix.empty()) return;
    out_.open("parallel");
    out_.open("matrix");
    out_.open_entry();
    for (const matrix_axis& axis : job.matrix) out_.text_list(yaml_text(axis.variable), axis.values);
    out_.close();
    out_.close();
    out_.close();
  }

  void write_cache(const pipeline_job& job) {
    std::string key = job.id;
    for (const matrix_axis& axis : job.matrix) key += "-$" + axis.variable;
    out_.open("cache");
    if (job.cache.key_files.empty()) {
      out_.text("key", key);
    } else {
      out_.open("key");
      out_.text("prefix", key);
      out_.text_list("files", job.cache.key_files);
      out_.close();
    }
    out_.text_list("paths", job.cache.folders);
    out_.close();
  }

  /// Without `dependencies`, a job would be given the artifacts of all jobs before.
  void write_artifacts(const pipeline_job& job) {
    std::vector<std::string> from;
    for (const std::string& artifact : job.artifacts)
      for (const pipeline_job& each : plan_.jobs)
        if (each.artifact == artifact) from.push_back(each.id);
    out_.text_list("dependencies", from);
    if (job.artifact.empty()) return;
    out_.open("artifacts");
    out_.plain("name", job.artifact);
    out_.text_list("paths", {job.artifact + ".tar.gz"});
    out_.plain("expire_in", "30 days");
    out_.close();
  }
};

}  // namespace detail

/// A pipeline of GitLab CI, for `.gitlab-ci.yml`.
///
/// The approval of production is a manual job that blocks the pipeline. Who may start it is a setting of the protected
/// environment, with as many approvals as that asks for; without it, everybody who may push to the branch.
/// A schedule is made in the project's settings; it runs the gates alone.
/// Errors: those of `pipeline::plan`.
/// Source: GitLab's "CI/CD YAML syntax reference" of 2026.
template <class = void>
result<std::string> to_gitlab_ci(const pipeline_plan& plan) {
  if (auto checked = detail::plan_checks<>(plan)(); !checked) return std::move(checked).error();
  return detail::gitlab_writer<>(plan)();
}
template <class... Stages>
result<std::string> to_gitlab_ci(const pipeline<Stages...>& made) {
  return detail::written(made, [](const pipeline_plan& plan) { return to_gitlab_ci(plan); });
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_GITLAB_CI_HPP
