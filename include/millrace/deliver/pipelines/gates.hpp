#ifndef MILLRACE_DELIVER_PIPELINES_GATES_HPP
#define MILLRACE_DELIVER_PIPELINES_GATES_HPP

#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/fixed_string.hpp>
#include <millrace/core/result.hpp>
#include <millrace/deliver/pipelines/detail/metric_gate_script.hpp>
#include <millrace/deliver/pipelines/detail/shell_text.hpp>
#include <millrace/deliver/pipelines/detail/token_shapes.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>
#include <millrace/deliver/pipelines/pipeline_tools.hpp>
#include <millrace/registry/rules.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// What a build is instrumented with; the first finding ends a test.
enum class sanitizer : std::uint8_t { none, address_undefined, thread };

/// The value of the variable SANITIZER: what `-fsanitize=` takes, with a plus in the place of a comma, or `none`.
constexpr std::string_view name(sanitizer which) noexcept {
  constexpr std::string_view names[] = {"none", "address+undefined", "thread"};
  return names[static_cast<std::size_t>(which)];
}

/// What a `test_stage` is told, whatever its name is.
struct test_options {
  /// The versions matrix: each compiler with each standard and each sanitizer, which scripts find in CXX, CXX_STANDARD
  /// and SANITIZER.
  std::vector<std::string> compilers = {"g++"};
  std::vector<unsigned> standards = {20};
  std::vector<sanitizer> sanitizers = {sanitizer::none};
  /// For CMake, such as "-DFRAUD_TESTS=ON".
  std::vector<std::string> cmake_options = {};
  /// In the place of CMake and ctest, if it is not empty.
  std::string script = {};
  /// Steps of a job of their own: `clang_format`, `clang_tidy`, `cppcheck`, or yours.
  std::vector<pipeline_step> lint = {};
  /// Steps of a job of their own: `mypy` over the scripts that train, or yours.
  std::vector<pipeline_step> types = {};
  /// The least percentage of lines that tests reach; 0: nobody measures it. The report is the artifact `coverage`.
  unsigned coverage = 0;
  /// The labels of machines with a GPU, where the tests that ctest has the label `gpu` for run; empty: none do.
  std::vector<std::string> gpu = {};
  pipeline_cache cache = {};
};

namespace detail {

template <class = void>
std::string configure_script(const test_options& options, std::string_view flags, std::string_view more,
                             std::string_view build_type = "RelWithDebInfo") {
  std::string script = "cmake -S . -B build -DCMAKE_BUILD_TYPE=" + std::string(build_type) +
                       " -DCMAKE_CXX_FLAGS=" + std::string(flags) + std::string(more) +
                       shell_words(options.cmake_options);
  return script + '\n';
}
inline constexpr const char* build_script = "cmake --build build --parallel\n";
inline constexpr const char* ctest_script = "ctest --test-dir build --output-on-failure --no-tests=error";

template <class = void>
pipeline_job matrix_job(const test_options& options, const pipeline_settings& settings, const std::string& id) {
  pipeline_job job = begin_job(settings, id);
  job.cache = options.cache;
  std::vector<std::string> standards, sanitizers;
  for (const unsigned each : options.standards) standards.push_back(std::to_string(each));
  for (const sanitizer each : options.sanitizers) sanitizers.emplace_back(name(each));
  job.matrix = {{"CXX", options.compilers}, {"CXX_STANDARD", standards}, {"SANITIZER", sanitizers}};
  if (!options.script.empty()) {
    job.steps.push_back({"Build and test", options.script});
    return job;
  }
  job.steps.push_back({"Configure",
                       "flags=\n"
                       "if [ \"$SANITIZER\" != none ]; then\n"
                       "  flags=\"-fsanitize=$(printf %s \"$SANITIZER\" | tr + ,) -fno-sanitize-recover=all "
                       "-fno-omit-frame-pointer\"\n"
                       "fi\n" +
                           configure_script(options, "\"$flags\"",
                                            " -DCMAKE_CXX_COMPILER=\"$CXX\" "
                                            "-DCMAKE_CXX_STANDARD=\"$CXX_STANDARD\"")});
  job.steps.push_back({"Build", build_script});
  job.steps.push_back({"Test", std::string(ctest_script) + '\n'});
  return job;
}

template <class = void>
pipeline_job lint_job(const test_options& options, const pipeline_settings& settings, const std::string& stage) {
  pipeline_job job = begin_job(settings, stage + "-lint");
  job.steps.push_back({"Configure", configure_script(options, "''", " -DCMAKE_EXPORT_COMPILE_COMMANDS=ON")});
  for (const auto* steps : {&options.lint, &options.types})
    for (const pipeline_step& step : *steps) job.steps.push_back(step);
  return job;
}

template <class = void>
pipeline_job coverage_job(const test_options& options, const pipeline_settings& settings, const std::string& stage) {
  pipeline_job job = begin_job(settings, stage + "-coverage");
  job.steps.push_back({"Configure", configure_script(options, "--coverage", "", "Debug")});
  job.steps.push_back({"Build", build_script});
  job.steps.push_back({"Test", std::string(ctest_script) + '\n'});
  job.steps.push_back(
      {"Coverage", with_python_tool(gcovr_version,
                                    "gcovr --root . --exclude build/ --print-summary --xml coverage.xml "
                                    "--fail-under-line " +
                                        std::to_string(options.coverage))});
  job.artifact = stage + "-coverage";
  job.files = {"coverage.xml"};
  return job;
}

template <class = void>
pipeline_job gpu_job(const test_options& options, const pipeline_settings& settings, const std::string& stage) {
  pipeline_job job = begin_job(settings, stage + "-gpu");
  job.runner.labels = options.gpu;
  job.needs_gpu = true;
  job.steps.push_back({"Look for the GPU", "nvidia-smi\n"});
  job.steps.push_back({"Configure", configure_script(options, "''", "")});
  job.steps.push_back({"Build", build_script});
  job.steps.push_back({"Test", std::string(ctest_script) + " --label-regex '^gpu$'\n"});
  return job;
}

template <class = void>
result<std::vector<pipeline_job>> test_jobs(const test_options& options, const pipeline_settings& settings,
                                            const std::string& stage) {
  if (options.compilers.empty() || options.standards.empty() || options.sanitizers.empty())
    return error(errc::invalid_argument, "the stage \"" + stage + "\" tests with no " +
                                             (options.compilers.empty()   ? "compiler"
                                              : options.standards.empty() ? "standard"
                                                                          : "sanitizer; sanitizer::none is one"));
  if (options.coverage > 100)
    return error(errc::invalid_argument,
                 "the stage \"" + stage + "\" asks for a coverage of " + std::to_string(options.coverage) + " %");
  std::vector<pipeline_job> jobs;
  jobs.push_back(matrix_job(options, settings, stage));
  if (!options.lint.empty() || !options.types.empty()) jobs.push_back(lint_job(options, settings, stage));
  if (options.coverage != 0) jobs.push_back(coverage_job(options, settings, stage));
  if (!options.gpu.empty()) jobs.push_back(gpu_job(options, settings, stage));
  return jobs;
}

}  // namespace detail

/// The first gate: C++ is built and tested, by each compiler, standard and sanitizer of a matrix; beside that, in jobs
/// of their own, what looks at the sources, the coverage, and tests on a GPU. A build without a test fails.
///
///     test_stage<>{{.compilers = {"g++-12", "clang++-14"}, .sanitizers = {sanitizer::none, sanitizer::thread}}}
///
/// Errors of its pipeline: invalid_argument: an axis of the matrix is empty, or a percentage is beyond 100.
template <fixed_string Name = "test">
struct test_stage {
  static constexpr std::string_view name = Name;
  static constexpr stage_kind kind = stage_kind::test;

  test_options options = {};

  result<std::vector<pipeline_job>> jobs(const pipeline_settings& settings) const {
    return detail::test_jobs(options, settings, std::string(name));
  }
};

/// A document of JSON or YAML and the JSON schema that it has to follow.
struct schema_check {
  std::string document = {};
  std::string schema = {};
};

/// What a `validation_stage` is told, whatever its name is.
struct validation_options {
  /// Makes the model, or fetches it, and writes its metrics.
  std::string script = {};
  /// A file with one object of JSON, whose members are metrics or whose member `metrics` has them.
  std::string metrics = "metrics.json";
  /// What they have to be, as for a registry's stages.
  std::vector<registry::gate> gates = {};
  /// The same of the model in production, for gates that compare with it.
  std::string baseline = {};
  std::vector<schema_check> schemas = {};
  /// What is kept as the artifact of the stage's name, and is there when a later stage deploys.
  std::vector<std::string> files = {};
  /// The labels of machines with a GPU that it runs on; empty: the pipeline's runner.
  std::vector<std::string> gpu = {};
  std::vector<secret_name> secrets = {};  // of `script`
};

namespace detail {

template <class = void>
result<void> check_gates(const validation_options& options, const std::string& stage) {
  const auto refused = [&](std::string why) {
    return error(errc::invalid_argument, "the stage \"" + stage + "\" " + static_cast<std::string&&>(why));
  };
  if (options.gates.empty() && options.schemas.empty())
    return refused("has no gate and no schema: it validates nothing");
  for (const registry::gate& gate : options.gates) {
    if (gate.metric.empty()) return refused("has a gate without a metric");
    if (non_finite_name(gate.bound) != nullptr)
      return refused("has a gate for " + quoted_text(gate.metric) + " whose bound is " + number_text(gate.bound));
    if (gate.reference == registry::gate_reference::production && options.baseline.empty())
      return refused("compares " + quoted_text(gate.metric) +
                     " with production's, and no baseline names the file that has it");
  }
  return {};
}

template <class = void>
result<std::vector<pipeline_job>> validation_jobs(const validation_options& options, const pipeline_settings& settings,
                                                  const std::string& stage) {
  if (auto checked = detail::check_gates(options, stage); !checked) return static_cast<error&&>(checked.error());
  pipeline_job job = begin_job(settings, stage);
  if (!options.gpu.empty()) {
    job.runner.labels = options.gpu;
    job.needs_gpu = true;
  }
  if (!options.script.empty()) job.steps.push_back({"Evaluate the model", options.script, options.secrets});
  for (const schema_check& each : options.schemas)
    job.steps.push_back(
        {"Check the schema of " + each.document,
         with_python_tool(check_jsonschema_version, "check-jsonschema --schemafile " + shell_path(each.schema) + ' ' +
                                                        shell_path(each.document))});
  if (!options.gates.empty())
    job.steps.push_back({"Check the metrics", metric_gate_script(options.metrics, options.baseline, options.gates)});
  if (!options.files.empty()) {
    job.artifact = stage;
    job.files = options.files;
  }
  return std::vector<pipeline_job>{static_cast<pipeline_job&&>(job)};
}

}  // namespace detail

/// The second gate: a model is evaluated, and its metrics and documents have to be what they are asked to be.
///
///     validation_stage<>{{.script = "build/evaluate --metrics metrics.json",
///                         .gates = {*registry::parse_gate("auc>=0.9")},
///                         .files = {"model.onnx"}}}
///
/// A metric that is missing, or no finite number, fails the job, and so does a file that cannot be read. The metrics
/// are compared by a script for Python 3, which the image has to have. Errors of its pipeline: invalid_argument: it
/// validates nothing; a gate has no metric, a bound that is not finite, or compares with production's without a
/// baseline.
template <fixed_string Name = "validate">
struct validation_stage {
  static constexpr std::string_view name = Name;
  static constexpr stage_kind kind = stage_kind::validation;

  validation_options options = {};

  result<std::vector<pipeline_job>> jobs(const pipeline_settings& settings) const {
    return detail::validation_jobs(options, settings, std::string(name));
  }
};

/// What a `security_stage` is told, whatever its name is.
struct security_options {
  /// Looks for keys and tokens of well-known services in all files that git has of the commit, but not in its history.
  bool secret_scan = true;
  /// `pip_audit`, or a step of yours over what your package manager has locked.
  std::vector<pipeline_step> dependency_audit = {};
  /// `flawfinder`, `bandit_scan`, or a step of yours.
  std::vector<pipeline_step> code_scan = {};
};

namespace detail {

/// git grep ends with 0 if it finds something, with 1 if it does not, and with more if it cannot look. It names files
/// and not lines, which would carry the secret into the log.
template <class = void>
std::string secret_scan_script() {
  std::string script = "found=0\ngit -c safe.directory=\"$PWD\" grep -I -l -E";
  for (const token_shape& shape : token_shapes) script += " \\\n  -e " + shell_word(shape.expression);
  return script +
         " -- . || found=$?\n"
         "if [ \"$found\" -ne 1 ]; then\n"
         "  echo \"the files above hold a secret, or git cannot look (status $found)\" >&2\n"
         "  exit 1\n"
         "fi\n";
}

template <class = void>
result<std::vector<pipeline_job>> security_jobs(const security_options& options, const pipeline_settings& settings,
                                                const std::string& stage) {
  if (!options.secret_scan && options.dependency_audit.empty() && options.code_scan.empty())
    return error(errc::invalid_argument, "the stage \"" + stage + "\" has no scan and no audit: it looks for nothing");
  pipeline_job job = begin_job(settings, stage);
  if (options.secret_scan) job.steps.push_back({"Look for secrets", secret_scan_script()});
  for (const auto* steps : {&options.dependency_audit, &options.code_scan})
    for (const pipeline_step& step : *steps) job.steps.push_back(step);
  return std::vector<pipeline_job>{static_cast<pipeline_job&&>(job)};
}

}  // namespace detail

/// The third gate: secrets in the sources, known faults of dependencies, dangerous code.
///
///     security_stage<>{{.dependency_audit = {pip_audit("requirements.txt")}, .code_scan = {flawfinder({"src"})}}}
///
/// Errors of its pipeline: invalid_argument: it looks for nothing.
template <fixed_string Name = "security">
struct security_stage {
  static constexpr std::string_view name = Name;
  static constexpr stage_kind kind = stage_kind::security;

  security_options options = {};

  result<std::vector<pipeline_job>> jobs(const pipeline_settings& settings) const {
    return detail::security_jobs(options, settings, std::string(name));
  }
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_GATES_HPP
