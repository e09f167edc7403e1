// Processes that write to one SQLite file, and are killed; and processes that all raise one number.

#include <support/catch.hpp>
#include <support/sqlite_kills.hpp>
#include <support/temp_dir.hpp>

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
  support::take_versions_at_once(
      [&] { return ms::sqlite_storage<ms::durable::os>::open(folder / "a.db", {.busy_timeout_ms = 60'000}); }, 16, 40,
      [](int) { return false; });
}
