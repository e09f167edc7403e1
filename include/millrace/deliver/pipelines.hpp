#ifndef MILLRACE_DELIVER_PIPELINES_HPP
#define MILLRACE_DELIVER_PIPELINES_HPP

/// Pipelines of continuous integration and delivery: described once, written for GitHub, GitLab, Jenkins and Azure.
///
/// - `pipeline`: stages in an order that the compiler checks, as a `pipeline_plan`
/// - `test_stage`, `validation_stage`, `security_stage`: the gates
/// - `deploy_to_staging`, `deploy_to_production`: what they guard; production with an approval
/// - `pipeline_step`, and ready ones for tools: `clang_tidy`, `mypy`, `pip_audit`, `flawfinder`, ...
/// - `secret_name`: secrets are named, never given
/// - `to_github_actions`, `to_gitlab_ci`, `to_jenkinsfile`, `to_azure_pipelines`
/// - `pinned_action`: GitHub's actions by commit, with where the commit is from
///
/// What runs cost is out of scope: nothing here chooses cheaper machines. Standard library alone.

#include <millrace/deliver/pipelines/azure_pipelines.hpp>
#include <millrace/deliver/pipelines/deployments.hpp>
#include <millrace/deliver/pipelines/gates.hpp>
#include <millrace/deliver/pipelines/github_actions.hpp>
#include <millrace/deliver/pipelines/gitlab_ci.hpp>
#include <millrace/deliver/pipelines/jenkinsfile.hpp>
#include <millrace/deliver/pipelines/pipeline.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>
#include <millrace/deliver/pipelines/pipeline_tools.hpp>
#include <millrace/deliver/pipelines/secret_name.hpp>

#endif  // MILLRACE_DELIVER_PIPELINES_HPP
