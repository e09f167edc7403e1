#ifndef MILLRACE_TESTS_SUPPORT_REGISTRY_PROCESSES_HPP
#define MILLRACE_TESTS_SUPPORT_REGISTRY_PROCESSES_HPP

#include <millrace/registry/model_registry.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// Calls `work(registry, number)` in so many processes at once, each with the SQLite file open for itself, and returns
/// their exit codes: what `work` returns, or 98 and 99 where the file does not open.
template <class Work>
std::vector<int> in_registry_processes(const std::string& path, int count, const Work& work) {
  namespace ms = millrace::store;
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto storage = ms::sqlite_storage<ms::durable::os>::open(path, {.busy_timeout_ms = 60'000});
      if (!storage) ::_exit(99);
      auto models = millrace::registry::open_registry(*storage);
      ::_exit(models ? work(*models, i) : 98);
    }
    children.push_back(child);
  }
  std::vector<int> codes;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
  }
  return codes;
}

/// Lets processes register versions of one model at once, and checks that they are 1 to n, each once, and that no
/// process was given a number that is not greater than its last.
inline void register_at_once(const std::string& path, int processes, int each) {
  const auto registered = in_registry_processes(path, processes, [&](auto& models, int process) {
    std::uint64_t last = 0;
    for (int i = 0; i < each; ++i) {
      const auto made = models.register_version(
          {.model = "fraud", .metrics = {{"auc", i / 1e4}}, .run_id = "process " + std::to_string(process)});
      if (!made || made->version <= last) return 1;
      last = made->version;
    }
    return 0;
  });
  CHECK(registered == std::vector<int>(static_cast<std::size_t>(processes), 0));
  auto storage = millrace::store::sqlite_storage<millrace::store::durable::os>::open(path).value();
  auto models = millrace::registry::open_registry(storage).value();
  const auto wanted = static_cast<std::size_t>(processes) * static_cast<std::size_t>(each);
  const auto versions = models.list_versions("fraud", 0, wanted + 1).value();
  REQUIRE(versions.size() == wanted);
  for (std::size_t i = 0; i < versions.size(); ++i)
    if (versions[i].version != i + 1) FAIL("in place " << i + 1 << " is version " << versions[i].version);
  for (int i = 0; i < processes; ++i)
    CHECK(models.versions_of_run("process " + std::to_string(i)).value().size() == static_cast<std::size_t>(each));
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_REGISTRY_PROCESSES_HPP
