#include <millrace/connect/databricks/unity_name.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace db = millrace::connect::databricks;

TEST_CASE("databricks: a name of Unity Catalog has three parts") {
  const auto name = db::unity_name::make("main.ml-team.ch\xc3\xbcrn");
  REQUIRE(name);
  CHECK(name->catalog() == "main");
  CHECK(name->schema() == "ml-team");
  CHECK(name->object() == "ch\xc3\xbcrn");
  CHECK(name->text() == "main.ml-team.ch\xc3\xbcrn");
  CHECK(name->path() == "main/ml-team/ch\xc3\xbcrn");
  CHECK(*name == *db::unity_name::make("main", "ml-team", "ch\xc3\xbcrn"));

  for (const std::string text : {"", "churn", "ml.churn", "a.b.c.d", ".b.c", "a..c", "a.b.", "a/x.b.c", "a.b.c/..",
                                 "a.b c.d", "a.b.c\n", "a.b.\x7f", "a.b.\xff", "..."}) {
    INFO(text);
    const auto refused = db::unity_name::make(text);
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
  CHECK(!db::unity_name::make("a.b." + std::string(256, 'c')));
  CHECK(db::unity_name::make("a.b." + std::string(255, 'c')));
  CHECK(!db::unity_name::make("a", "b.c", "d"));
}
