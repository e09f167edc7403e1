#ifndef MILLRACE_DELIVER_PIPELINES_PIPELINE_TOOLS_HPP
#define MILLRACE_DELIVER_PIPELINES_PIPELINE_TOOLS_HPP

#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/pipelines/detail/shell_text.hpp>
#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The version of a program of PyPI that a pipeline installs. Its dependencies are those that pip chooses that day.
struct tool_version {
  std::string_view package;
  std::string_view version;
};
/// Source: `pip index versions PACKAGE`, on 2026-12-01.
inline constexpr tool_version bandit_version{"bandit", "1.9.4"};
inline constexpr tool_version check_jsonschema_version{"check-jsonschema", "0.39.0"};
inline constexpr tool_version flawfinder_version{"flawfinder", "2.0.20"};
inline constexpr tool_version gcovr_version{"gcovr", "8.8"};
inline constexpr tool_version mypy_version{"mypy", "2.4.1"};
inline constexpr tool_version pip_audit_version{"pip-audit", "2.10.1"};

namespace detail {

/// A script that runs a program of PyPI, which it installs apart from everything else.
template <class = void>
std::string with_python_tool(const tool_version& tool, std::string_view command) {
  const std::string folder = ".ci-" + std::string(tool.package);
  return "python3 -m venv " + folder + '\n' + folder + "/bin/python -m pip install --quiet " +
         std::string(tool.package) + "==" + std::string(tool.version) + '\n' + folder + "/bin/" + std::string(command) +
         '\n';
}

}  // namespace detail

// Steps for the lint, types, dependency_audit and code_scan of stages. Each fails when its tool finds something. A step
// of your own is a pipeline_step with a name and a script.

/// The format of all files of C++ that git knows below `folders`, as .clang-format asks for. clang-format is from the
/// image or the set-up.
template <class = void>
pipeline_step clang_format(const std::vector<std::string>& folders) {
  return {"Format", "git -c safe.directory=\"$PWD\" ls-files -z --" + detail::shell_words(folders) +
                        " |\n  grep -z -E '\\.(c|h|cc|hh|cpp|hpp|cxx|hxx|cu|cuh)$' |\n"
                        "  xargs -0 clang-format --dry-run -Werror\n"};
}
/// All checks of .clang-tidy over the files of the build whose paths match one of `expressions`. run-clang-tidy is from
/// the image or the set-up.
template <class = void>
pipeline_step clang_tidy(const std::vector<std::string>& expressions) {
  return {"clang-tidy",
          "run-clang-tidy -p build -quiet -warnings-as-errors='*'" + detail::shell_words(expressions) + '\n'};
}
/// cppcheck, from the image or the set-up, over folders.
template <class = void>
pipeline_step cppcheck(const std::vector<std::string>& folders) {
  return {"cppcheck", "cppcheck --error-exitcode=1 --enable=warning,portability --inline-suppr --quiet" +
                          detail::shell_paths(folders) + '\n'};
}
/// The types of scripts in Python.
template <class = void>
pipeline_step mypy(const std::vector<std::string>& paths) {
  return {"mypy", detail::with_python_tool(mypy_version, "mypy" + detail::shell_paths(paths))};
}
/// Known faults of the packages that a file of requirements names.
template <class = void>
pipeline_step pip_audit(const std::string& requirements) {
  return {"pip-audit", detail::with_python_tool(
                           pip_audit_version, "pip-audit --strict --requirement " + detail::shell_path(requirements))};
}
/// Dangerous calls in C and C++ of at least a risk of 0 to 5.
template <class = void>
pipeline_step flawfinder(const std::vector<std::string>& paths, unsigned risk = 4) {
  return {"flawfinder",
          detail::with_python_tool(flawfinder_version,
                                   "flawfinder --quiet --dataonly --minlevel=" + std::to_string(risk) +
                                       " --error-level=" + std::to_string(risk) + detail::shell_paths(paths))};
}
/// Dangerous calls in Python.
template <class = void>
pipeline_step bandit_scan(const std::vector<std::string>& paths) {
  return {"bandit",
          detail::with_python_tool(bandit_version, "bandit --quiet --recursive" + detail::shell_paths(paths))};
}

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_PIPELINES_PIPELINE_TOOLS_HPP
