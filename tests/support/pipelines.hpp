#ifndef MILLRACE_TESTS_SUPPORT_PIPELINES_HPP
#define MILLRACE_TESTS_SUPPORT_PIPELINES_HPP

#include <millrace/deliver/pipelines/deployments.hpp>
#include <millrace/deliver/pipelines/gates.hpp>
#include <millrace/deliver/pipelines/pipeline.hpp>

#include <support/golden.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace support {

/// What a golden file of tests/golden/pipelines holds.
inline std::string golden_pipeline(const std::string& name) {
  const std::vector<std::byte> bytes = golden("pipelines/" + name);
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// The least that a pipeline can be that deploys.
inline auto minimal_pipeline() {
  namespace md = millrace::deliver;
  return md::pipeline({.name = "minimal"}, md::test_stage<>{},
                      md::validation_stage<>{{.gates = {{.name = "auc", .metric = "auc", .bound = 0.9}}}},
                      md::deploy_to_staging<>{{.script = "./deploy staging"}},
                      md::deploy_to_production<>{{.script = "./deploy production"}});
}

/// Every option that there is.
inline auto full_pipeline() {
  namespace md = millrace::deliver;
  namespace mg = millrace::registry;
  return md::pipeline(
      {.name = "fraud: \"everything\"",
       .branch = "release/2",
       .schedule = "30 3 * * 1-5",
       .runner = {"ubuntu-22.04", {}},
       .container = "registry.example.org/build/cpp:2026.11",
       .variables = {{"CCACHE_DIR", ".ccache"}, {"GREETING", "it's $HOME: ${{ 7 }}"}},
       .setup = "apt-get update\napt-get install --yes ccache",
       .minutes = 90},
      md::test_stage<>{{.compilers = {"g++-12", "clang++-14"},
                        .standards = {20, 23},
                        .sanitizers = {md::sanitizer::none, md::sanitizer::address_undefined, md::sanitizer::thread},
                        .cmake_options = {"-DFRAUD_TESTS=ON", "-DTITLE=two words"},
                        .lint = {md::clang_format({"include", "src"}), md::clang_tidy({}), md::cppcheck({"src"})},
                        .types = {md::mypy({"training"})},
                        .coverage = 80,
                        .gpu = {"linux", "gpu"},
                        .cache = {{".ccache"}, {"conan.lock"}}}},
      md::test_stage<"integration">{{.script = "tools/integration"}},
      md::validation_stage<>{
          {.script = "tools/train --out out",
           .metrics = "out/metrics.json",
           .gates =
               {{.name = "auc", .metric = "auc", .bound = 0.9},
                {.name = "p99", .metric = "latency p99", .comparison = mg::comparison::below, .bound = 20},
                {.name = "no worse", .metric = "auc", .bound = -0.01, .reference = mg::gate_reference::production}},
           .baseline = "out/production.json",
           .schemas = {{"data/sample.json", "data/schema.json"}},
           .files = {"out/model.onnx", "out/metrics.json", "out/it's a report.html"},
           .gpu = {"gpu"},
           .secrets = {"DATA_TOKEN"}}},
      md::security_stage<>{{.dependency_audit = {md::pip_audit("requirements.txt")},
                            .code_scan = {md::flawfinder({"src"}), md::bandit_scan({"training"})}}},
      md::deploy_to_staging<"qa">{{.script = "./deploy qa", .secrets = {"QA_TOKEN"}}},
      md::deploy_to_staging<>{{.script = "./deploy staging", .smoke_test = "./ask https://staging.example.org"}},
      md::deploy_to_production<>{{.script = "./deploy production",
                                  .smoke_test = "./ask https://example.org",
                                  .secrets = {"DEPLOY_TOKEN", "SIGNING_KEY"},
                                  .url = "https://example.org/fraud"},
                                 {.question = "Let \"fraud\" at everybody's requests?",
                                  .approvers = {"alice", "bob@example.org"},
                                  .minutes = 1440}});
}

/// A plan of one test whose only step is `script`, called `name`.
inline millrace::deliver::pipeline_plan plan_of(std::string script, std::string name = "Test") {
  millrace::deliver::pipeline_plan plan;
  plan.name = "p";
  plan.stages = {"test"};
  millrace::deliver::pipeline_job job;
  job.id = job.stage = "test";
  job.steps = {{std::move(name), std::move(script)}};
  plan.jobs = {job};
  return plan;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_PIPELINES_HPP
