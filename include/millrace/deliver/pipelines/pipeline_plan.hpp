#ifndef MILLRACE_DELIVER_PIPELINES_PIPELINE_PLAN_HPP
#define MILLRACE_DELIVER_PIPELINES_PIPELINE_PLAN_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/pipelines/secret_name.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a stage of a pipeline is for, in the order in which a pipeline has them: the first three are gates.
enum class stage_kind : std::uint8_t { test, validation, security, staging, production };

constexpr std::string_view name(stage_kind which) noexcept {
  constexpr std::string_view names[] = {"test", "validation", "security", "staging", "production"};
  return names[static_cast<std::size_t>(which)];
}
constexpr bool is_gate(stage_kind which) noexcept { return which < stage_kind::staging; }

/// A part of a job: a script for bash, which ends at the first command that fails and then fails the job.
struct pipeline_step {
  std::string name = {};
  std::string script = {};
  std::vector<secret_name> secrets = {};  // in the environment of this step alone; it fails where one is missing
};

/// The machine that a job runs on: one of the platform's own, or, where there are labels, one of the user's.
///
/// | | without labels | with labels |
/// |---|---|---|
/// | GitHub | `runs-on:` the image | `runs-on: [self-hosted, LABELS]` |
/// | GitLab | any runner | `tags:` the labels |
/// | Jenkins | any agent | a `label` of all of them |
/// | Azure | `vmImage:` the image | the pool of the first label; the others are demands |
struct pipeline_runner {
  std::string image = "ubuntu-24.04";
  std::vector<std::string> labels = {};
};

/// A variable of the environment and the values that a job is run with, one run each; of several axes, all together.
struct matrix_axis {
  std::string variable = {};
  std::vector<std::string> values = {};
};

/// Folders that a platform keeps from one run to the next, for as long as the files that the key is made of do not
/// change. Jenkins keeps the workspaces of its agents by itself.
struct pipeline_cache {
  std::vector<std::string> folders = {};
  std::vector<std::string> key_files = {};
};

/// One job of a plan: what runs on one machine, step by step.
struct pipeline_job {
  std::string id = {};  // a-z, 0-9 and '-'
  std::string stage = {};
  stage_kind kind = stage_kind::test;
  pipeline_runner runner = {};
  std::string container = {};  // an image with a tag or a digest; empty: none
  bool needs_gpu = false;      // that of the machine, also within the container
  std::vector<matrix_axis> matrix = {};
  pipeline_cache cache = {};
  std::vector<pipeline_step> steps = {};
  std::string artifact = {};                // what `files` are kept as; empty: none
  std::vector<std::string> files = {};      // kept for later jobs and for people; a missing one fails the job
  std::vector<std::string> artifacts = {};  // of earlier jobs, unpacked before the first step
  std::uint32_t minutes = 60;               // it fails after so many
  std::string environment = {};             // what it deploys to, on the main branch alone and one at a time
  std::string url = {};
  std::string approval = {};  // what is asked before it starts; empty only where it does not deploy to production
  std::vector<std::string> approvers = {};
  std::uint32_t approval_minutes = 0;
};

/// What all platforms are told about: a pipeline's jobs, in the order of their stages. A job starts when all jobs of
/// the stage before it have succeeded. A `pipeline` makes it; your own emitter reads it.
struct pipeline_plan {
  std::string name = {};
  std::string branch = "main";
  std::string schedule = {};  // also at these times, as cron has them, in UTC
  std::vector<std::string> stages = {};
  std::vector<pipeline_job> jobs = {};
};

/// A variable that all scripts of a pipeline find in their environment. What is secret has no place here.
struct pipeline_variable {
  std::string name = {};
  std::string value = {};
};

/// What all stages of a pipeline share.
struct pipeline_settings {
  std::string name = {};
  /// Whose commits are deployed. Merge requests to it run the gates alone.
  std::string branch = "main";
  /// When the gates run without a commit, such as "30 3 * * 1-5", in UTC; empty: never.
  std::string schedule = {};
  pipeline_runner runner = {};
  /// The image, with a tag or a digest, that jobs run in; empty: in the runner itself.
  std::string container = {};
  std::vector<pipeline_variable> variables = {};
  /// The first step of each job: what installs the compilers and tools that the image lacks.
  std::string setup = {};
  /// How long a job may take.
  std::uint32_t minutes = 60;
};

/// A stage of a pipeline: a name that its type has, what it is for, and its jobs.
///
///     struct load_test {
///       static constexpr std::string_view name = "load";
///       static constexpr millrace::deliver::stage_kind kind = millrace::deliver::stage_kind::validation;
///       result<std::vector<pipeline_job>> jobs(const pipeline_settings&) const;
///     };
///
/// Law: jobs() has at least one job, and only its first begins with the stage's name alone.
template <class Stage>
concept pipeline_stage = requires(const Stage& stage, const pipeline_settings& settings) {
  { Stage::name } -> std::convertible_to<std::string_view>;
  { Stage::kind } -> std::convertible_to<stage_kind>;
  { stage.jobs(settings) } -> std::same_as<result<std::vector<pipeline_job>>>;
};

namespace detail {

/// A job of a stage as the settings have it, with the set-up as its first step.
template <class = void>
pipeline_job begin_job(const pipeline_settings& settings, std::string id) {
  pipeline_job made;
  made.id = static_cast<std::string&&>(id);
  made.runner = settings.runner;
  made.container = settings.container;
  made.minutes = settings.minutes;
  if (!settings.setup.empty()) made.steps.push_back({"Set up", settings.setup});
  return made;
}

}  // namespace detail

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_PIPELINE_PLAN_HPP
