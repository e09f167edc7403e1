#include <millrace/track/options.hpp>

#include <support/catch.hpp>

TEST_CASE("the windows are those of the document that users know") {
  const millrace::track::tracker_options options;
  CHECK(options.folder == "experiment_tracking");
  CHECK(options.window_of_key == 10'000);
  CHECK(options.window_of_run == 100'000);
}
