#ifndef MILLRACE_DELIVER_PIPELINES_GITHUB_ACTIONS_HPP
#define MILLRACE_DELIVER_PIPELINES_GITHUB_ACTIONS_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/expression_text.hpp>
#include <millrace/deliver/pipelines/detail/plan_checks.hpp>
#include <millrace/deliver/pipelines/detail/yaml_pipeline.hpp>
#include <millrace/deliver/pipelines/detail/yaml_writer.hpp>
#include <millrace/deliver/pipelines/pipeline.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// An action of GitHub's as workflows name it: by the commit of a release, which nobody can move, unlike a tag.
struct pinned_action {
  std::string_view repository;
  std::string_view commit;
  std::string_view release;
  std::string_view committed;  // the date of the commit
};

/// Source: the tags of the repositories at https://github.com/actions, read with git (`git for-each-ref refs/tags`)
/// from copies of 2026-07-24 or before, on 2026-12-01. A newer release: read its tag, compare what it changed, and
/// write its commit here.
inline constexpr pinned_action checkout_action{"actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1",
                                               "2026-07-17"};
inline constexpr pinned_action cache_action{"actions/cache", "27d5ce7f107fe9357f9df03efb73ab90386fccae", "v5.0.5",
                                            "2026-04-13"};
inline constexpr pinned_action upload_artifact_action{
    "actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0", "2026-02-25"};
inline constexpr pinned_action download_artifact_action{
    "actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1", "2026-03-11"};

/// As `uses:` has it, with the release as a comment.
inline std::string to_text(const pinned_action& action) {
  return std::string(action.repository) + '@' + std::string(action.commit) + "  # " + std::string(action.release);
}

namespace detail {

/// Fails unless GitHub asks somebody before a job for the environment starts: a file cannot say that it has to.
inline constexpr std::string_view reviewers_script =
    "reviewed=$(gh api \"repos/$GITHUB_REPOSITORY/environments/$ENVIRONMENT\" "
    "--jq '[.protection_rules[]? | select(.type == \"required_reviewers\")] | length')\n"
    "if ! [ \"$reviewed\" -ge 1 ]; then\n"
    "  echo \"the environment $ENVIRONMENT has no required reviewers: add them in the repository's settings\" >&2\n"
    "  exit 1\n"
    "fi\n";

/// Writes a plan as a workflow of GitHub Actions. Texts may hold `${{`, which would begin an expression: they are
/// written such that GitHub puts it there.
template <class = void>
class github_writer : yaml_pipeline<> {
 public:
  explicit github_writer(const pipeline_plan& plan) : yaml_pipeline<>(plan) {}

  std::string operator()() {
    out_.comment("Written by a program with millrace/deliver/pipelines.hpp: change that, not this file.");
    out_.text("name", escaped_expression(plan_.name));
    write_triggers();
    out_.plain("permissions", "{}");
    out_.open("concurrency");
    out_.plain("group", "${{ github.workflow }}-${{ github.ref }}");
    out_.plain("cancel-in-progress", "${{ github.event_name == 'pull_request' }}");
    out_.close();
    out_.open("defaults");
    out_.open("run");
    out_.plain("shell", "bash");
    out_.close();
    out_.close();
    out_.open("jobs");
    for (const pipeline_job& job : plan_.jobs) {
      if (job.kind == stage_kind::production) write_guard(job);
      write_job(job);
    }
    out_.close();
    return std::move(out_).done();
  }

 private:
  void write_triggers() {
    out_.open("\"on\"");
    for (const char* event : {"push", "pull_request"}) {
      out_.open(event);
      out_.text_list("branches", {plan_.branch});
      out_.close();
    }
    if (!plan_.schedule.empty()) {
      out_.open("schedule");
      out_.open_entry();
      out_.text("cron", plan_.schedule);
      out_.close();
      out_.close();
    }
    out_.plain("workflow_dispatch", "{}");
    out_.close();
  }

  void write_needs(const pipeline_job& job, const std::string& also = {}) {
    std::vector<std::string_view> needs;
    for (const std::size_t each : jobs_before(plan_, job.stage)) needs.push_back(plan_.jobs[each].id);
    if (!also.empty()) needs.push_back(also);
    if (!needs.empty()) out_.plain_list("needs", needs);
  }
  void write_condition() {
    out_.plain("if",
               "(github.event_name == 'push' || github.event_name == 'workflow_dispatch') && github.ref == "
               "'refs/heads/" +
                   plan_.branch + '\'');
  }
  void write_runner(const pipeline_job& job) {
    if (job.runner.labels.empty()) {
      out_.plain("runs-on", job.runner.image);
    } else {
      std::vector<std::string> labels{"self-hosted"};
      for (const std::string& label : job.runner.labels) labels.push_back(label);
      out_.text_list("runs-on", labels);
    }
    write_container(job);
    out_.plain("timeout-minutes", std::to_string(job.minutes));
  }

  void write_guard(const pipeline_job& job) {
    out_.open(job.id + "-guard");
    write_needs(job);
    write_condition();
    out_.plain("runs-on", "ubuntu-24.04");
    out_.plain("timeout-minutes", "5");
    out_.open("permissions");
    out_.plain("actions", "read");
    out_.close();
    out_.open("steps");
    out_.open_entry();
    out_.plain("name", "Look for required reviewers");
    out_.open("env");
    out_.plain("GH_TOKEN", "${{ github.token }}");
    out_.text("ENVIRONMENT", job.environment);
    out_.close();
    out_.text("run", std::string(strict_shell) + std::string(reviewers_script));
    out_.close();
    out_.close();
    out_.close();
  }

  void write_job(const pipeline_job& job) {
    out_.open(job.id);
    write_needs(job, job.kind == stage_kind::production ? job.id + "-guard" : std::string());
    if (!job.environment.empty()) write_condition();
    write_runner(job);
    out_.open("permissions");
    out_.plain("contents", "read");
    out_.close();
    if (!job.environment.empty()) write_environment(job);
    write_matrix(job);
    out_.open("steps");
    write_action("Check out", checkout_action);
    out_.open("with");
    out_.plain("persist-credentials", "false");
    out_.close();
    out_.close();
    if (!job.cache.folders.empty()) write_cache(job);
    for (const std::string& artifact : job.artifacts) {
      write_action("Download " + artifact, download_artifact_action);
      out_.open("with");
      out_.plain("name", artifact);
      out_.close();
      out_.close();
    }
    for (const pipeline_step& step : all_steps(job)) write_step(step);
    if (!job.artifact.empty()) {
      write_action("Upload " + job.artifact, upload_artifact_action);
      out_.open("with");
      out_.plain("name", job.artifact);
      out_.plain("path", job.artifact + ".tar.gz");
      out_.plain("if-no-files-found", "error");
      out_.close();
      out_.close();
    }
    out_.close();
    out_.close();
  }

  void write_environment(const pipeline_job& job) {
    out_.open("environment");
    out_.text("name", job.environment);
    if (!job.url.empty()) out_.text("url", job.url);
    out_.close();
    out_.open("concurrency");
    out_.plain("group", "deploy-" + job.environment);
    out_.plain("cancel-in-progress", "false");
    out_.close();
  }

  void write_matrix(const pipeline_job& job) {
    if (job.matrix.empty()) return;
    out_.open("strategy");
    out_.plain("fail-fast", "false");
    out_.open("matrix");
    for (const matrix_axis& axis : job.matrix) out_.text_list(yaml_text(axis.variable), axis.values);
    out_.close();
    out_.close();
    out_.open("env");
    for (const matrix_axis& axis : job.matrix)
      out_.plain(yaml_text(axis.variable), "${{ matrix." + axis.variable + " }}");
    out_.close();
  }

  void write_cache(const pipeline_job& job) {
    write_action("Restore and keep the cache", cache_action);
    std::string key = job.id, files;
    for (const matrix_axis& axis : job.matrix) key += "-${{ matrix." + axis.variable + " }}";
    for (const std::string& file : job.cache.key_files) files += (files.empty() ? "'" : ", '") + file + '\'';
    out_.open("with");
    std::string folders;
    for (const std::string& folder : job.cache.folders) folders += folder + '\n';
    out_.text("path", folders);
    out_.plain("key",
               key + "-${{ " + (files.empty() ? std::string("github.run_id") : "hashFiles(" + files + ')') + " }}");
    out_.plain("restore-keys", key + '-');
    out_.close();
    out_.close();
  }

  void write_action(const std::string& name, const pinned_action& action) {
    out_.open_entry();
    out_.text("name", name);
    out_.plain("uses", to_text(action));
  }

  void write_step(const pipeline_step& step) {
    out_.open_entry();
    out_.text("name", escaped_expression(step.name));
    write_secrets(step, "${{ secrets.", " }}");
    out_.text("run", escaped_expression(whole_script(step)));
    out_.close();
  }
};

}  // namespace detail

/// A workflow of GitHub Actions, for `.github/workflows/NAME.yml`. Actions are named by commit, jobs may read the
/// repository and nothing else, and no credential is left beside the sources.
///
/// The approval of production is a setting of the environment in the repository, its required reviewers, which the file
/// cannot make: a job before the deployment fails where there are none.
/// Errors: those of `pipeline::plan`.
/// Source: GitHub's "Workflow syntax" and "Contexts" of 2026.
template <class = void>
result<std::string> to_github_actions(const pipeline_plan& plan) {
  if (auto checked = detail::plan_checks<>(plan)(); !checked) return std::move(checked).error();
  return detail::github_writer<>(plan)();
}
template <class... Stages>
result<std::string> to_github_actions(const pipeline<Stages...>& made) {
  return detail::written(made, [](const pipeline_plan& plan) { return to_github_actions(plan); });
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_GITHUB_ACTIONS_HPP
