// Processes that write to one SQLite file, and are killed; and processes that all raise one number.

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/sqlite_kills.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ms = millrace::store;

TEST_CASE("sqlite_storage: eight writers are killed, and nothing that was acknowledged is lost") {
  const support::temp_dir folder;
  millrace::random_engine random(millrace::entropy_seed());
  const auto report = support::kill_sqlite_writers(folder.path(), 100, random);
  CHECK(report.problem == "");
  CHECK(report.acknowledged > 0);
}

TEST_CASE("sqlite_storage: sixteen processes raise a number, each as often as it says") {
  const support::temp_dir folder;
  constexpr int processes = 16;
  constexpr int rounds = 40;
  const std::string path = folder / "a.db";
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto storage = ms::sqlite_storage<ms::durable::os>::open(path, {.busy_timeout_ms = 60'000});
      if (!storage) ::_exit(9);
      for (int round = 0; round < rounds; ++round)
        if (!support::take_version(*storage, i, false)) ::_exit(8);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  const auto storage = ms::sqlite_storage<>::open(path);
  REQUIRE(storage);
  CHECK(*laws::number_at(*storage, "next") == processes * rounds);
  const auto last = storage->list_backward("versions/", "", 1);
  CHECK(last->front().key == "versions/" + support::padded(processes * rounds));
  CHECK(storage->list("versions/", "", 10'000)->size() == processes * rounds);
}
