#ifndef MILLRACE_DELIVER_PIPELINES_AZURE_PIPELINES_HPP
#define MILLRACE_DELIVER_PIPELINES_AZURE_PIPELINES_HPP

#include <millrace/core/detail/quoted_text.hpp>
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
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

namespace detail {

/// The first part of a text that Azure takes for a variable, such as `$(date)`, or nothing. Command substitutions with
/// anything beside one name are none.
constexpr std::string_view azure_macro(std::string_view text) noexcept {
  for (std::size_t at = text.find("$("); at != text.npos; at = text.find("$(", at + 1)) {
    std::size_t end = at + 2;
    while (end < text.size() && consists_of(text.substr(end, 1), "_.-")) ++end;
    if (end > at + 2 && text.substr(end, 1) == ")") return text.substr(at, end + 1 - at);
  }
  return {};
}

/// Writes a plan for Azure Pipelines, whose schema has numbers and booleans as texts, but for the minutes of a step.
/// Texts may hold `${{`, as on GitHub; what Azure would take for a variable is refused before, because nothing escapes
/// it.
template <class = void>
class azure_writer : yaml_pipeline<> {
 public:
  explicit azure_writer(const pipeline_plan& plan) : yaml_pipeline<>(plan) {}

  std::string operator()() {
    out_.comment("Written by a program with millrace/deliver/pipelines.hpp: change that, not this file.");
    for (const char* cause : {"trigger", "pr"}) {
      out_.open(cause);
      write_branches();
      out_.close();
    }
    if (!plan_.schedule.empty()) {
      out_.open("schedules");
      out_.open_entry();
      out_.text("cron", plan_.schedule);
      out_.plain("displayName", "Gates");
      write_branches();
      out_.text("always", "true");
      out_.close();
      out_.close();
    }
    out_.open("stages");
    for (std::size_t i = 0; i < plan_.stages.size(); ++i) write_stage(i);
    out_.close();
    return std::move(out_).done();
  }

 private:
  static std::string identifier(std::string_view name) {
    std::string made;
    for (const char c : name) made += consists_of({&c, 1}, "") ? c : c == '+' ? 'x' : '_';  // g++-12 is gxx_12
    return made;
  }
  void write_branches() {
    out_.open("branches");
    out_.text_list("include", {plan_.branch});
    out_.close();
  }

  void write_stage(std::size_t index) {
    const std::string& stage = plan_.stages[index];
    bool deploys = false;
    for (const pipeline_job& job : plan_.jobs) deploys = deploys || (job.stage == stage && !job.environment.empty());
    out_.open_entry();
    out_.plain("stage", identifier(stage));
    if (index == 0)
      out_.plain("dependsOn", "[]");
    else
      out_.plain("dependsOn", identifier(plan_.stages[index - 1]));
    if (deploys) {
      out_.plain("condition", "and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/" + plan_.branch +
                                  "'), in(variables['Build.Reason'], 'IndividualCI', 'BatchedCI', 'Manual'))");
      out_.plain("lockBehavior", "sequential");
    }
    out_.open("jobs");
    for (const pipeline_job& job : plan_.jobs) {
      if (job.stage != stage) continue;
      if (!job.approval.empty()) write_approval(job);
      write_job(job);
    }
    out_.close();
    out_.close();
  }

  /// It waits without a machine, and beside what the environment asks for by itself.
  void write_approval(const pipeline_job& job) {
    std::string approvers;
    for (const std::string& each : job.approvers) approvers += each + '\n';
    out_.open_entry();
    out_.plain("job", "approve_" + identifier(job.id));
    out_.plain("pool", "server");
    out_.text("timeoutInMinutes", std::to_string(job.approval_minutes));
    out_.open("steps");
    out_.open_entry();
    out_.plain("task", "ManualValidation@1");
    out_.plain("timeoutInMinutes", std::to_string(job.approval_minutes));
    out_.open("inputs");
    out_.text("notifyUsers", approvers);
    out_.text("instructions", escaped_expression(job.approval));
    out_.plain("onTimeout", "reject");
    out_.close();
    out_.close();
    out_.close();
    out_.close();
  }

  void write_runner(const pipeline_job& job) {
    out_.open("pool");
    if (job.runner.labels.empty()) {
      out_.plain("vmImage", job.runner.image);
    } else {
      out_.text("name", job.runner.labels.front());
      std::vector<std::string> demands(job.runner.labels.begin() + 1, job.runner.labels.end());
      if (!demands.empty()) out_.text_list("demands", demands);
    }
    out_.close();
    write_container(job);
    out_.text("timeoutInMinutes", std::to_string(job.minutes));
  }

  void write_job(const pipeline_job& job) {
    out_.open_entry();
    out_.plain(job.environment.empty() ? "job" : "deployment", identifier(job.id));
    if (!job.approval.empty()) out_.plain("dependsOn", "approve_" + identifier(job.id));
    write_runner(job);
    if (job.environment.empty()) {
      write_matrix(job);
      write_steps(job);
    } else {
      out_.plain("environment", job.environment);
      for (const char* key : {"strategy", "runOnce", "deploy"}) out_.open(key);
      write_steps(job);
      for (int i = 0; i < 3; ++i) out_.close();
    }
    out_.close();
  }

  void write_matrix(const pipeline_job& job) {
    if (job.matrix.empty()) return;
    out_.open("strategy");
    out_.open("matrix");
    std::size_t runs = 1;
    for (const matrix_axis& axis : job.matrix) runs *= axis.values.size();
    for (std::size_t run = 0; run < runs; ++run) {
      std::string name = "run_" + std::to_string(run + 1);
      std::vector<std::string_view> values;
      std::size_t rest = run, size = runs;
      for (const matrix_axis& axis : job.matrix) {
        size /= axis.values.size();
        values.push_back(axis.values[rest / size]);
        rest %= size;
        name += '_' + identifier(values.back());
      }
      out_.open(name);
      for (std::size_t i = 0; i < values.size(); ++i) out_.text(yaml_text(job.matrix[i].variable), values[i]);
      out_.close();
    }
    out_.close();
    out_.close();
  }

  void write_steps(const pipeline_job& job) {
    out_.open("steps");
    out_.open_entry();
    out_.plain("checkout", "self");
    out_.text("clean", "true");
    out_.text("persistCredentials", "false");
    out_.close();
    if (!job.environment.empty()) {  // such jobs are given all artifacts unless they say so
      out_.open_entry();
      out_.plain("download", "none");
      out_.close();
    }
    for (const std::string& folder : job.cache.folders) write_cache(job, folder);
    for (const std::string& artifact : job.artifacts) {
      out_.open_entry();
      out_.plain("task", "DownloadPipelineArtifact@2");
      out_.text("displayName", "Download " + artifact);
      out_.open("inputs");
      out_.plain("buildType", "current");
      out_.plain("artifactName", artifact);
      out_.plain("targetPath", "$(System.DefaultWorkingDirectory)");
      out_.close();
      out_.close();
    }
    for (const pipeline_step& step : all_steps(job)) write_step(step);
    if (!job.artifact.empty()) {
      out_.open_entry();
      out_.plain("publish", "$(System.DefaultWorkingDirectory)/" + job.artifact + ".tar.gz");
      out_.plain("artifact", job.artifact);
      out_.text("displayName", "Upload " + job.artifact);
      out_.close();
    }
    out_.close();
  }

  void write_cache(const pipeline_job& job, const std::string& folder) {
    std::string key = '"' + job.id + '"';
    for (const matrix_axis& axis : job.matrix) key += " | \"$(" + axis.variable + ")\"";
    std::string whole = key;
    for (const std::string& file : job.cache.key_files) whole += " | " + file;
    if (job.cache.key_files.empty()) whole += " | \"$(Build.BuildId)\"";
    out_.open_entry();
    out_.plain("task", "Cache@2");
    out_.text("displayName", "Restore and keep " + folder);
    out_.open("inputs");
    out_.text("key", whole);
    out_.text("restoreKeys", key);
    out_.text("path", folder);
    out_.close();
    out_.close();
  }

  void write_step(const pipeline_step& step) {
    out_.open_entry();
    out_.text("bash", escaped_expression(whole_script(step)));
    out_.text("displayName", escaped_expression(step.name));
    write_secrets(step, "$(", ")");
    out_.close();
  }
};

}  // namespace detail

/// A pipeline of Azure Pipelines, for `azure-pipelines.yml`.
///
/// The approval of production is a manual validation in the file, and beside it whatever the environment of that name
/// asks for: its approvals and its lock, which are settings.
/// Errors: those of `pipeline::plan`; invalid_argument: a name or a script holds what Azure takes for a variable, such
/// as
/// `$(date)`; written `$( date)`, the shell takes it alike.
/// Source: Microsoft's "YAML schema reference for Azure Pipelines" and "Define variables" of 2026.
template <class = void>
result<std::string> to_azure_pipelines(const pipeline_plan& plan) {
  if (auto checked = detail::plan_checks<>(plan)(); !checked) return std::move(checked).error();
  const auto refused = [](const std::string& who, std::string_view macro) {
    return error(errc::invalid_argument, who + " holds " + detail::quoted_text(macro) +
                                             ", which Azure Pipelines takes for a variable; the shell takes \"$( " +
                                             std::string(macro.substr(2)) + "\" for the same");
  };
  for (const pipeline_job& job : plan.jobs) {
    const std::string who = "the job " + detail::quoted_text(job.id);
    if (const auto macro = detail::azure_macro(job.approval); !macro.empty()) return refused(who, macro);
    for (const pipeline_step& step : detail::all_steps(job))
      for (const std::string& text : {step.name, step.script})
        if (const auto macro = detail::azure_macro(text); !macro.empty())
          return refused(who + ", step " + detail::quoted_text(step.name) + ',', macro);
  }
  return detail::azure_writer<>(plan)();
}
template <class... Stages>
result<std::string> to_azure_pipelines(const pipeline<Stages...>& made) {
  return detail::written(made, [](const pipeline_plan& plan) { return to_azure_pipelines(plan); });
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_AZURE_PIPELINES_HPP
