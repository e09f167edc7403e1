#ifndef MILLRACE_DELIVER_PIPELINES_DEPLOYMENTS_HPP
#define MILLRACE_DELIVER_PIPELINES_DEPLOYMENTS_HPP

#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a deployment is told, whatever its environment is.
struct deployment_options {
  /// Deploys what earlier stages kept, which is unpacked where it was.
  std::string script = {};
  /// Fails if what was deployed does not work; empty: nobody looks.
  std::string smoke_test = {};
  std::vector<secret_name> secrets = {};
  /// Where people find what was deployed, for the platform's pages.
  std::string url = {};
};

/// Who lets a pipeline deploy to production, and how long it waits for them.
struct approval_options {
  std::string question = "Deploy to production?";
  /// In Jenkins, users who may say yes; empty: everybody who may build. On Azure, who gets a mail. On GitHub and
  /// GitLab, people are named in the settings of the environment, which no file in the repository can change.
  std::vector<std::string> approvers = {};
  std::uint32_t minutes = 3 * 24 * 60;
};

namespace detail {

template <class = void>
result<std::vector<pipeline_job>> deployment_jobs(const deployment_options& options, const pipeline_settings& settings,
                                                  const std::string& environment) {
  if (options.script.empty())
    return error(errc::invalid_argument, "the deployment to \"" + environment + "\" has no script");
  pipeline_job job = begin_job(settings, "deploy-" + environment);
  job.environment = environment;
  job.url = options.url;
  job.steps.push_back({"Deploy to " + environment, options.script, options.secrets});
  if (!options.smoke_test.empty()) job.steps.push_back({"Test " + environment, options.smoke_test, options.secrets});
  return std::vector<pipeline_job>{static_cast<pipeline_job&&>(job)};
}

}  // namespace detail

/// The deployment to an environment that is none of production's. It runs for commits of the main branch, when all
/// gates have passed.
///
/// Errors of its pipeline: invalid_argument: there is no script.
template <fixed_string Environment = "staging">
struct deploy_to_staging {
  static constexpr std::string_view name = Environment;
  static constexpr stage_kind kind = stage_kind::staging;

  deployment_options options = {};

  result<std::vector<pipeline_job>> jobs(const pipeline_settings& settings) const {
    return detail::deployment_jobs(options, settings, std::string(name));
  }
};

/// The deployment to production: as to staging, and when somebody has approved it. There is none without.
///
/// Errors of its pipeline: invalid_argument: there is no script, or no question.
template <fixed_string Environment = "production">
struct deploy_to_production {
  static constexpr std::string_view name = Environment;
  static constexpr stage_kind kind = stage_kind::production;

  deployment_options options = {};
  approval_options approval = {};

  result<std::vector<pipeline_job>> jobs(const pipeline_settings& settings) const {
    auto made = detail::deployment_jobs(options, settings, std::string(name));
    if (!made) return made;
    pipeline_job& job = made->front();
    job.approval = approval.question;
    job.approvers = approval.approvers;
    job.approval_minutes = approval.minutes;
    return made;
  }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_DEPLOYMENTS_HPP
