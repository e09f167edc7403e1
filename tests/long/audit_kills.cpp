// An audit trail's writer is killed 300 times, or as often as the first argument says; see
// tests/support/audit_kills.hpp.
#include <support/audit_kills.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 300;
  const std::uint64_t seed = millrace::entropy_seed();
  millrace::random_engine random(seed);
  const auto folder = std::filesystem::temp_directory_path() / ("audit-kills-" + std::to_string(seed));
  std::filesystem::create_directory(folder);
  const auto report = support::kill_writers(folder.string(), rounds, random);
  std::printf("%d rounds: %llu records, %d rounds with acknowledged ones, %d with something to mend%s%s\n", rounds,
              static_cast<unsigned long long>(report.records), report.acknowledged, report.repaired,
              report.problem.empty() ? "" : "; ", report.problem.c_str());
  if (report.problem.empty()) std::filesystem::remove_all(folder);
  return report.problem.empty() ? 0 : 1;
}
