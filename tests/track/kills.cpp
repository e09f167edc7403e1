// Processes that track to one SQLite file, and are killed.

#include <support/catch.hpp>
#include <support/temp_dir.hpp>
#include <support/track_kills.hpp>

TEST_CASE("tracker: eight writers are killed, and nothing that was acknowledged is lost") {
  const support::temp_dir folder;
  millrace::random_engine random(millrace::entropy_seed());
  const auto report = support::track_kills(folder.path(), random).run(100);
  CHECK(report.problem == "");
  CHECK(report.acknowledged > 0);
  CHECK(report.marked > 0);
}
