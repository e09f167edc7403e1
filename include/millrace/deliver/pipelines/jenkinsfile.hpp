#ifndef MILLRACE_DELIVER_PIPELINES_JENKINSFILE_HPP
#define MILLRACE_DELIVER_PIPELINES_JENKINSFILE_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/groovy_text.hpp>
#include <millrace/deliver/pipelines/detail/plan_checks.hpp>
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

/// Writes a plan as a declarative pipeline of Jenkins. No text of somebody else's stands outside a string: in a
/// comment,
/// `\u000a` would be a new line.
template <class = void>
class jenkins_writer {
 public:
  explicit jenkins_writer(const pipeline_plan& plan) : plan_(plan) {}

  std::string operator()() {
    line("// Written by a program with millrace/deliver/pipelines.hpp: change that, not this file.");
    open("pipeline");
    line("agent none");
    open("options");
    line("disableConcurrentBuilds()");
    line("skipDefaultCheckout()");
    close();
    if (!plan_.schedule.empty()) {
      open("triggers");
      line("cron(" + groovy_text("TZ=UTC\n" + plan_.schedule) + ')');
      close();
    }
    open("stages");
    for (const std::string& stage : plan_.stages) write_stage(stage);
    close();
    close();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    out_.append(2 * depth_, ' ');
    out_ += text;
    out_ += '\n';
  }
  void open(const std::string& head) {
    line(head + " {");
    ++depth_;
  }
  void close() {
    --depth_;
    line("}");
  }

  /// A matrix cannot stand within parallel stages: jobs with one come first, and the others side by side after them.
  void write_stage(const std::string& stage) {
    std::vector<const pipeline_job*> plain;
    for (const pipeline_job& job : plan_.jobs) {
      if (job.stage != stage) continue;
      if (job.matrix.empty())
        plain.push_back(&job);
      else
        write_matrix(job);
    }
    for (const pipeline_job* job : plain)
      if (!job->approval.empty()) write_approval(*job);
    if (plain.size() == 1) write_job(*plain.front());
    if (plain.size() < 2) return;
    open("stage(" + groovy_text("jobs of " + stage) + ')');
    open("parallel");
    for (const pipeline_job* job : plain) write_job(*job);
    close();
    close();
  }

  void write_condition(const pipeline_job& job) {
    if (job.environment.empty()) return;
    open("when");
    line("beforeAgent true");
    open("allOf");
    line("branch " + groovy_text(plan_.branch));
    line("not { triggeredBy 'TimerTrigger' }");
    close();
    close();
  }
  void write_timeout(std::uint32_t minutes) {
    open("options");
    line("timeout(time: " + std::to_string(minutes) + ", unit: 'MINUTES')");
    close();
  }

  /// It waits without a machine.
  void write_approval(const pipeline_job& job) {
    open("stage(" + groovy_text("approve " + job.id) + ')');
    line("agent none");
    write_condition(job);
    write_timeout(job.approval_minutes);
    open("steps");
    std::string approvers;
    for (const std::string& each : job.approvers) approvers += (approvers.empty() ? "" : ",") + each;
    line("input message: " + groovy_text(job.approval) + ", ok: 'Deploy'" +
         (approvers.empty() ? std::string() : ", submitter: " + groovy_text(approvers)));
    close();
    close();
  }

  void write_matrix(const pipeline_job& job) {
    open("stage(" + groovy_text(job.id + " matrix") + ')');
    open("matrix");
    open("axes");
    for (const matrix_axis& axis : job.matrix) {
      open("axis");
      line("name " + groovy_text(axis.variable));
      std::string values;
      for (const std::string& value : axis.values) values += (values.empty() ? "" : ", ") + groovy_text(value);
      line("values " + values);
      close();
    }
    close();
    open("stages");
    write_job(job);
    close();
    close();
    close();
  }

  void write_agent(const pipeline_job& job) {
    std::string labels;
    for (const std::string& label : job.runner.labels) labels += (labels.empty() ? "" : " && ") + label;
    if (labels.empty() && job.container.empty()) return line("agent any");
    open("agent");
    if (!job.container.empty()) {
      open("docker");
      line("image " + groovy_text(job.container));
      if (job.needs_gpu) line("args '--gpus all'");
    }
    if (!labels.empty()) line("label " + groovy_text(labels));
    if (!job.container.empty()) close();
    close();
  }

  void write_job(const pipeline_job& job) {
    open("stage(" + groovy_text(job.id) + ')');
    write_agent(job);
    write_condition(job);
    write_timeout(job.minutes);
    open("steps");
    line("checkout scm");
    std::string clean = "git clean -ffdx";
    for (const std::string& folder : job.cache.folders) clean += " --exclude=" + folder;
    write_step({"Clean", clean});
    for (const std::string& artifact : job.artifacts) line("unstash " + groovy_text(artifact));
    for (const pipeline_step& step : all_steps(job)) write_step(step);
    if (!job.artifact.empty()) {
      const std::string file = groovy_text(job.artifact + ".tar.gz");
      line("archiveArtifacts artifacts: " + file + ", allowEmptyArchive: false, fingerprint: true");
      line("stash name: " + groovy_text(job.artifact) + ", includes: " + file);
    }
    close();
    close();
  }

  void write_step(const pipeline_step& step) {
    std::string credentials;
    for (const secret_name& secret : step.secrets) {
      const std::string name = groovy_text(secret.view());
      credentials +=
          (credentials.empty() ? "" : ", ") + ("string(credentialsId: " + name + ", variable: " + name + ')');
    }
    if (!credentials.empty()) open("withCredentials([" + credentials + "])");
    line("sh label: " + groovy_text(step.name) +
         ", script: " + groovy_text("#!/usr/bin/env bash\n" + whole_script(step)));
    if (!credentials.empty()) close();
  }

  const pipeline_plan& plan_;
  std::string out_;
  std::size_t depth_ = 0;
};

/// The largest string that a class of Java holds is 65,535 bytes; three are what a character may need there.
inline constexpr std::size_t most_of_groovy_text = 20'000;

}  // namespace detail

/// A declarative pipeline of Jenkins, for a `Jenkinsfile`. It needs the plugins Pipeline, Git and Credentials Binding,
/// and Docker Pipeline where jobs run in an image. Jobs with a matrix run before the others of their stage.
///
/// The approval of production is an input step that waits without a machine, for the approvers if there are any.
/// Branches are known in multibranch pipelines alone; elsewhere nothing is deployed. An agent keeps its workspace, from
/// which all but the cached folders and what git has is removed first.
/// Errors: those of `pipeline::plan`; invalid_argument: a script has more than 20,000 bytes.
/// Source: Jenkins' "Pipeline Syntax" of 2026.
template <class = void>
result<std::string> to_jenkinsfile(const pipeline_plan& plan) {
  if (auto checked = detail::plan_checks<>(plan)(); !checked) return std::move(checked).error();
  for (const pipeline_job& job : plan.jobs)
    for (const pipeline_step& step : job.steps)
      if (step.script.size() > detail::most_of_groovy_text)
        return error(errc::invalid_argument, "the job " + detail::quoted_text(job.id) + ", step " +
                                                 detail::quoted_text(step.name) + ", has a script of " +
                                                 std::to_string(step.script.size()) +
                                                 " bytes; Jenkins takes 20,000: keep it in a file of the repository");
  return detail::jenkins_writer<>(plan)();
}
template <class... Stages>
result<std::string> to_jenkinsfile(const pipeline<Stages...>& made) {
  return detail::written(made, [](const pipeline_plan& plan) { return to_jenkinsfile(plan); });
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_JENKINSFILE_HPP
