#include <millrace/deliver/pipelines/gates.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mg = millrace::registry;

namespace {

const md::pipeline_settings settings{.name = "p"};

template <class Stage>
std::vector<std::string> ids(const Stage& stage) {
  const auto jobs = stage.jobs(settings);
  REQUIRE(jobs);
  std::vector<std::string> made;
  for (const md::pipeline_job& job : *jobs) made.push_back(job.id);
  return made;
}
template <class Stage>
std::string refusal(const Stage& stage) {
  const auto jobs = stage.jobs(settings);
  REQUIRE_FALSE(jobs);
  CHECK(jobs.error().code() == mr::errc::invalid_argument);
  return jobs.error().message();
}

}  // namespace

TEST_CASE("tests run by each compiler, standard and sanitizer, and a build without a test fails") {
  const auto jobs = md::test_stage<>{{.compilers = {"g++-12", "clang++-14"},
                                      .standards = {20, 23},
                                      .sanitizers = {md::sanitizer::none, md::sanitizer::address_undefined}}}
                        .jobs(settings);
  REQUIRE(jobs);
  REQUIRE(jobs->size() == 1);
  const md::pipeline_job& job = jobs->front();
  REQUIRE(job.matrix.size() == 3);
  CHECK(job.matrix[1].values == std::vector<std::string>{"20", "23"});
  CHECK(job.matrix[2].values == std::vector<std::string>{"none", "address+undefined"});
  REQUIRE(job.steps.size() == 3);
  CHECK_THAT(job.steps[2].script, ContainsSubstring("--no-tests=error"));
}

TEST_CASE("what looks at the sources, the coverage and the GPU have jobs of their own") {
  CHECK(ids(md::test_stage<>{}) == std::vector<std::string>{"test"});
  const md::test_stage<"unit"> all{{.types = {md::mypy({"training"})}, .coverage = 80, .gpu = {"gpu"}}};
  CHECK(ids(all) == std::vector<std::string>{"unit", "unit-lint", "unit-coverage", "unit-gpu"});
  const auto jobs = *all.jobs(settings);
  // Without the compiler's own probes in the build, and without optimisation, which would inline what is counted.
  CHECK_THAT(jobs[2].steps.back().script,
             ContainsSubstring("--exclude build/ ") && ContainsSubstring("--fail-under-line 80\n"));
  CHECK_THAT(jobs[2].steps.front().script,
             ContainsSubstring("-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS=--coverage\n"));
  CHECK((jobs[2].artifact == "unit-coverage" && jobs[2].files.front() == "coverage.xml"));
  CHECK((jobs[3].needs_gpu && jobs[3].runner.labels.front() == "gpu"));
  CHECK(jobs[3].steps.front().script == "nvidia-smi\n");
}

TEST_CASE("a script of one's own is in the place of CMake's") {
  const auto jobs = *md::test_stage<>{{.script = "make check"}}.jobs(settings);
  REQUIRE(jobs[0].steps.size() == 1);
  CHECK(jobs[0].steps[0].script == "make check");
}

TEST_CASE("a stage of tests without a value for an axis, or beyond 100 %, is refused") {
  CHECK_THAT(refusal(md::test_stage<>{{.compilers = {}}}), ContainsSubstring("no compiler"));
  CHECK_THAT(refusal(md::test_stage<>{{.standards = {}}}), ContainsSubstring("no standard"));
  CHECK_THAT(refusal(md::test_stage<>{{.sanitizers = {}}}), ContainsSubstring("no sanitizer"));
  CHECK_THAT(refusal(md::test_stage<"u">{{.coverage = 101}}), ContainsSubstring("\"u\" asks for a coverage of 101 %"));
}

TEST_CASE("a model is evaluated, its documents and metrics are checked, and its files are kept") {
  const auto jobs = *md::validation_stage<>{{.script = "train",
                                             .metrics = "our metrics.json",
                                             .gates = {{.name = "n",
                                                        .metric = "it's",
                                                        .comparison = mg::comparison::below,
                                                        .bound = 0.1,
                                                        .reference = mg::gate_reference::production}},
                                             .baseline = "live.json",
                                             .schemas = {{"a.json", "s.json"}},
                                             .files = {"model.onnx"},
                                             .secrets = {"DATA_TOKEN"}}}
                         .jobs(settings);
  REQUIRE(jobs.size() == 1);
  REQUIRE(jobs[0].steps.size() == 3);
  CHECK(jobs[0].steps[0].secrets.front().view() == "DATA_TOKEN");
  CHECK(jobs[0].steps[1].secrets.empty());
  CHECK_THAT(jobs[0].steps[1].script, ContainsSubstring("check-jsonschema --schemafile s.json a.json\n"));
  CHECK_THAT(jobs[0].steps[2].script,
             ContainsSubstring("' 'our metrics.json' live.json \\\n  'it'\\''s' below 0.1 production\n"));
  CHECK(jobs[0].artifact == "validate");
  CHECK(md::detail::metric_gate_program.find('\'') == std::string_view::npos);
}

TEST_CASE("a validation that validates nothing, or cannot, is refused") {
  CHECK_THAT(refusal(md::validation_stage<>{{.script = "train"}}), ContainsSubstring("validates nothing"));
  CHECK_THAT(refusal(md::validation_stage<>{{.gates = {{.name = "x", .metric = ""}}}}),
             ContainsSubstring("without a metric"));
  CHECK_THAT(refusal(md::validation_stage<>{
                 {.gates = {{.name = "x", .metric = "auc", .bound = std::numeric_limits<double>::quiet_NaN()}}}}),
             ContainsSubstring("\"auc\" whose bound is NaN"));
  CHECK_THAT(refusal(md::validation_stage<>{
                 {.gates = {{.name = "x", .metric = "auc", .reference = mg::gate_reference::production}}}}),
             ContainsSubstring("no baseline"));
}

TEST_CASE("security is a scan for secrets, and what else it is told") {
  const auto jobs =
      *md::security_stage<>{{.dependency_audit = {md::pip_audit("r.txt")}, .code_scan = {md::bandit_scan({"t"})}}}.jobs(
          settings);
  REQUIRE(jobs[0].steps.size() == 3);
  for (const auto& shape : md::detail::token_shapes)
    CHECK_THAT(jobs[0].steps[0].script, ContainsSubstring(std::string(shape.expression)));
  CHECK_THAT(refusal(md::security_stage<>{{.secret_scan = false}}), ContainsSubstring("looks for nothing"));
}
