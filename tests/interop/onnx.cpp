// The other side of onnx_cases.py: runs every model of a folder, each of which holds what it is given and what is
// expected.
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>

#include <support/graph_case.hpp>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

namespace mr = millrace;

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: interop_onnx FOLDER\n", stderr);
    return 2;
  }
  std::map<std::string, int> left_out;
  int passed = 0;
  int failed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
    auto made = mr::model::load_onnx(entry.path());
    std::string problem = made ? support::problem_of(*std::move(made)) : made.error().describe();
    if (problem.empty()) {
      ++passed;
    } else if (problem.starts_with("output ")) {
      ++failed;
      std::printf("%s: %s\n", entry.path().filename().c_str(), problem.c_str());
    } else {
      // What a reader or engine refuses is a limit that it states, not a wrong answer.
      if (const std::size_t node = problem.find("node "); node != std::string::npos)
        problem.erase(0, problem.find(' ', node + 5) + 1);
      ++left_out[problem.substr(0, problem.find(" version "))];
    }
  }
  for (const auto& [why, models] : left_out) std::printf("left out: %4d  %s\n", models, why.c_str());
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || passed == 0;
}
