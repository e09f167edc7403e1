#include <millrace/store/saved_file.hpp>

#include <millrace/aggregate/sketches/kll.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

namespace mr = millrace;

TEST_CASE("an object comes back from the file that it was saved to") {
  const support::temp_dir dir;
  mr::kll<200> latencies;
  for (int i = 0; i < 1000; ++i) latencies.update(i);
  REQUIRE(mr::store::save_file(dir / "latencies.kll", latencies));
  const auto back = mr::store::load_file<mr::kll<200>>(dir / "latencies.kll");
  REQUIRE(back);
  CHECK(back->save() == latencies.save());
}

TEST_CASE("a file that is missing, or holds something else, is an error with its path") {
  const support::temp_dir dir;
  CHECK(mr::store::load_file<mr::kll<200>>(dir / "none").error().describe().find(dir / "none") != std::string::npos);
  CHECK_FALSE(mr::store::save_file(dir / "no/such/folder", mr::kll<200>()));
  REQUIRE(mr::store::write_file(dir / "text", "no sketch"));
  const auto refused = mr::store::load_file<mr::kll<200>>(dir / "text");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "cannot load \"" + (dir / "text") + "\"");
  REQUIRE(refused.error().cause() != nullptr);
}
