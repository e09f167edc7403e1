// Writes the files that run a model's pipeline on GitHub Actions, GitLab CI, Jenkins and Azure Pipelines:
//
//   ci_templates --name fraud --evaluate "build/train --metrics metrics.json" --gate "auc>=0.9" --keep model.onnx
//                --staging "./deploy staging" --production "./deploy production" --secret DEPLOY_TOKEN
//
// writes .github/workflows/ci.yml, .gitlab-ci.yml, Jenkinsfile and azure-pipelines.yml into the folder --to. Tests,
// validation and security come before the deployments; production waits for an approval.

#include <millrace/deliver/pipelines.hpp>
#include <millrace/store/atomic_file.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace mr = millrace;
namespace md = millrace::deliver;

enum class verdict { done = 0, refused = 1, wrong_options = 2, failed = 3 };

/// What the options say, as they say it.
struct wishes {
  md::pipeline_settings settings;
  md::test_options tests;
  md::validation_options validation;
  md::security_options security;
  md::deployment_options staging, production;
  md::approval_options approval;
  std::vector<std::string> sanitizers, variables, gates, schemas, secrets;
  std::vector<std::string> formatted, tidied, typed, audited, scanned, scanned_python;
  std::string to = ".";
  std::vector<std::string> platforms = {"github", "gitlab", "jenkins", "azure"};
};

void declare(CLI::App& app, wishes& of) {
  md::pipeline_settings& all = of.settings;
  app.add_option("--name", all.name, "of the pipeline")->required();
  app.add_option("--branch", all.branch, "whose commits are deployed")->capture_default_str();
  app.add_option("--schedule", all.schedule, "when the gates run without a commit, as cron has it, in UTC");
  app.add_option("--runner", all.runner.image, "the image of the platform's machines")->capture_default_str();
  app.add_option("--label", all.runner.labels, "of machines of your own; may be repeated");
  app.add_option("--container", all.container, "an image with a tag or a digest that jobs run in");
  app.add_option("--variable", of.variables, "NAME=VALUE, for all scripts; may be repeated");
  app.add_option("--setup", all.setup, "the script that installs what the image lacks");
  app.add_option("--minutes", all.minutes, "that a job may take")->capture_default_str();

  app.add_option("--compiler", of.tests.compilers, "of the versions matrix; may be repeated");
  app.add_option("--standard", of.tests.standards, "of C++; may be repeated");
  app.add_option("--sanitizer", of.sanitizers, "none, address or thread; may be repeated")
      ->check(CLI::IsMember({"none", "address", "thread"}));
  app.add_option("--cmake-option", of.tests.cmake_options, "such as -DFRAUD_TESTS=ON; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--test", of.tests.script, "the script that builds and tests, in the place of CMake and ctest");
  app.add_option("--clang-format", of.formatted, "a folder whose format is checked; may be repeated");
  app.add_option("--clang-tidy", of.tidied, "an expression for paths that clang-tidy looks at; may be repeated");
  app.add_option("--mypy", of.typed, "scripts in Python whose types are checked; may be repeated");
  app.add_option("--coverage", of.tests.coverage, "the least percentage of lines that tests reach");
  app.add_option("--gpu", of.tests.gpu, "a label of machines with a GPU, for tests of the label gpu; may be repeated");
  app.add_option("--cache", of.tests.cache.folders, "a folder that is kept from run to run; may be repeated");
  app.add_option("--cache-key", of.tests.cache.key_files,
                 "a file that says whether the cache is still right; at most 2");

  app.add_option("--evaluate", of.validation.script, "the script that makes the model and writes its metrics");
  app.add_option("--metrics", of.validation.metrics, "the file with the metrics")->capture_default_str();
  app.add_option("--gate", of.gates, "such as auc>=0.9 or auc>=production-0.01; may be repeated");
  app.add_option("--baseline", of.validation.baseline, "the file with the metrics of the model in production");
  app.add_option("--schema", of.schemas, "DOCUMENT=SCHEMA, files of JSON; may be repeated");
  app.add_option("--keep", of.validation.files, "a file or folder that is deployed; may be repeated");

  app.add_option("--pip-audit", of.audited, "a file of requirements to audit; may be repeated");
  app.add_option("--flawfinder", of.scanned, "C++ to scan; may be repeated");
  app.add_option("--bandit", of.scanned_python, "Python to scan; may be repeated");
  app.add_flag("!--no-secret-scan", of.security.secret_scan, "do not look for secrets in the sources");

  app.add_option("--staging", of.staging.script, "the script that deploys to staging")->required();
  app.add_option("--staging-test", of.staging.smoke_test, "the script that fails if staging does not work");
  app.add_option("--staging-url", of.staging.url, "where people find it");
  app.add_option("--production", of.production.script, "the script that deploys to production")->required();
  app.add_option("--production-test", of.production.smoke_test, "the script that fails if production does not work");
  app.add_option("--production-url", of.production.url, "where people find it");
  app.add_option("--secret", of.secrets, "the name of a secret that deployments need; may be repeated");
  app.add_option("--question", of.approval.question, "that is asked before production")->capture_default_str();
  app.add_option("--approver", of.approval.approvers, "who may say yes; may be repeated");

  app.add_option("--platform", of.platforms, "to write for; may be repeated; all, if none is named")
      ->check(CLI::IsMember(of.platforms));
  app.add_option("--to", of.to, "the folder of the repository")->capture_default_str();
}

/// Splits KEY=VALUE, or throws what the parser throws.
std::pair<std::string, std::string> split(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == text.npos || at == 0) throw CLI::ValidationError('"' + text + "\" is not of the form NAME=VALUE");
  return {text.substr(0, at), text.substr(at + 1)};
}

/// Completes the options by what was told as text.
mr::result<void> understand(wishes& of) {
  for (const std::string& each : of.variables) of.settings.variables.push_back({split(each).first, split(each).second});
  for (const std::string& each : of.schemas) of.validation.schemas.push_back({split(each).first, split(each).second});
  if (!of.sanitizers.empty()) of.tests.sanitizers.clear();
  for (const std::string& each : of.sanitizers)
    of.tests.sanitizers.push_back(each == "none"      ? md::sanitizer::none
                                  : each == "address" ? md::sanitizer::address_undefined
                                                      : md::sanitizer::thread);
  for (const std::string& each : of.gates) {
    auto gate = mr::registry::parse_gate(each);
    if (!gate) return std::move(gate).error();
    of.validation.gates.push_back(*std::move(gate));
  }
  for (const std::string& each : of.secrets) {
    const auto name = md::secret_name::make(each);
    if (!name) return name.error();
    of.staging.secrets.push_back(*name);
    of.production.secrets.push_back(*name);
  }
  if (!of.formatted.empty()) of.tests.lint.push_back(md::clang_format(of.formatted));
  if (!of.tidied.empty()) of.tests.lint.push_back(md::clang_tidy(of.tidied));
  if (!of.typed.empty()) of.tests.types.push_back(md::mypy(of.typed));
  for (const std::string& each : of.audited) of.security.dependency_audit.push_back(md::pip_audit(each));
  if (!of.scanned.empty()) of.security.code_scan.push_back(md::flawfinder(of.scanned));
  if (!of.scanned_python.empty()) of.security.code_scan.push_back(md::bandit_scan(of.scanned_python));
  return {};
}

// [pipeline]
mr::result<md::pipeline_plan> plan(const wishes& of) {
  const md::pipeline release(of.settings, md::test_stage<>{of.tests}, md::validation_stage<>{of.validation},
                             md::security_stage<>{of.security}, md::deploy_to_staging<>{of.staging},
                             md::deploy_to_production<>{of.production, of.approval});
  return release.plan();
}
// [/pipeline]

mr::result<void> write(const wishes& of, const md::pipeline_plan& plan) {
  struct platform {
    const char* name;
    const char* file;
    mr::result<std::string> (*text)(const md::pipeline_plan&);
  };
  constexpr platform all[] = {{"github", ".github/workflows/ci.yml", md::to_github_actions},
                              {"gitlab", ".gitlab-ci.yml", md::to_gitlab_ci},
                              {"jenkins", "Jenkinsfile", md::to_jenkinsfile},
                              {"azure", "azure-pipelines.yml", md::to_azure_pipelines}};
  std::vector<std::pair<std::string, std::string>> files;  // none is written if one platform cannot have it
  for (const std::string& wanted : of.platforms)
    for (const platform& each : all) {
      if (wanted != each.name) continue;
      auto text = each.text(plan);
      if (!text) return std::move(text).error();
      files.emplace_back((std::filesystem::path(of.to) / each.file).string(), *std::move(text));
    }
  for (const auto& [file, text] : files) {
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path(), failed);
    if (failed) return mr::error(mr::errc::io, file + ": " + failed.message());
    if (auto written = mr::store::write_file(file, text); !written) return written;
    std::printf("%s\n", file.c_str());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes the files of a model's pipeline for GitHub, GitLab, Jenkins and Azure.", "ci_templates");
  app.footer(
      "Exit codes: 0 written; 1 the pipeline is refused, with why; 2 wrong options; 3 a file cannot be written.");
  wishes of;
  try {
    declare(app, of);
    app.parse(argc, argv);
    auto made = understand(of).and_then([&] { return plan(of); });
    if (!made) {
      std::fprintf(stderr, "ci_templates: %s\n", made.error().describe().c_str());
      return static_cast<int>(verdict::refused);
    }
    if (const auto written = write(of, *made); !written) {
      std::fprintf(stderr, "ci_templates: %s\n", written.error().describe().c_str());
      return static_cast<int>(written.error().code() == mr::errc::invalid_argument ? verdict::refused
                                                                                   : verdict::failed);
    }
    return static_cast<int>(verdict::done);
  } catch (const CLI::Success& wanted_help) {
    return app.exit(wanted_help);
  } catch (const CLI::ParseError& why) {
    std::fprintf(stderr, "ci_templates: %s (see --help)\n", why.what());
    return static_cast<int>(verdict::wrong_options);
  } catch (const std::exception& why) {
    std::fprintf(stderr, "ci_templates: %s\n", why.what());
  }
  return static_cast<int>(verdict::failed);
}
