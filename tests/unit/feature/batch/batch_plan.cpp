#include <millrace/feature/batch/batch_plan.hpp>

#include <support/catch.hpp>

#include <string>

namespace mf = millrace::feature;

namespace {
std::string why(const char* json) {
  const auto made = mf::batch_plan_of(json);
  REQUIRE_FALSE(made);
  return made.error().describe();
}
}  // namespace

TEST_CASE("a batch plan is read from JSON") {
  const auto made = mf::batch_plan_of(
      R"({"values": {"value": ["statistics", "quantiles"], "us\u0065r": ["distinct", "frequent"], "n": "count"},
          "by": ["service", "region"], "time": "at", "window_minutes": 0.5, "most_groups": 12})");
  REQUIRE(made);
  REQUIRE(made->values.size() == 3);
  CHECK(made->values[0].column == "value");
  CHECK((made->values[0].statistics && made->values[0].quantiles && !made->values[0].distinct));
  CHECK(made->values[1].column == "user");
  CHECK((!made->values[1].statistics && made->values[1].distinct && made->values[1].frequent));
  CHECK((!made->values[2].statistics && !made->values[2].quantiles && !made->values[2].distinct));
  CHECK(made->by.size() == 2);
  CHECK(made->time == "at");
  CHECK(made->window.nanoseconds == 30'000'000'000);
  CHECK(made->most_groups == 12);
  CHECK(mf::batch_plan_of(R"({"values": {"x": "statistics"}, "by": "k"})")->by.size() == 1);
}

TEST_CASE("wrong batch plans are refused by name") {
  CHECK(why("") == "batch plan: is no JSON object");
  CHECK(why("[]") == "batch plan: is no JSON object");
  CHECK(why("{}") == "batch plan: it sums up no column");
  CHECK(why(R"({"values": {"x": ["mode"]}})") ==
        "batch plan, \"values\": \"mode\" of column \"x\" is unknown; there are count, statistics, quantiles, distinct "
        "and frequent");
  CHECK(why(R"({"values": {"x": 1}})") == "batch plan, \"values\": \"x\" is neither a string nor an array of strings");
  CHECK(why(R"({"values": {"x": ["count", 2]}})") ==
        "batch plan, \"values\": \"x\" is neither a string nor an array of strings");
  CHECK(why(R"({"values": 3})") == "batch plan, \"values\": is no JSON object");
  CHECK(why(R"({"values": {"x": "count"}, "windows": 1})") ==
        "batch plan: \"windows\" is unknown; there are values, by, time, window_minutes and most_groups");
  CHECK(why(R"({"values": {"x": "count", "x": "count"}})") == "batch plan, \"values\": has \"x\" twice");
  CHECK(why(R"({"values": {"": "count"}})") == "batch plan: a column of its values has no name");
  CHECK(why(R"({"values": {"x": "count"}, "by": ["k", "k"]})") == "batch plan: its groups name \"k\" twice");
  CHECK(why(R"({"values": {"x": "count"}, "time": "t"})") == "batch plan: its times have no window");
  CHECK(why(R"({"values": {"x": "count"}, "window_minutes": 1})") == "batch plan: its window has no column of times");
  CHECK(why(R"({"values": {"x": "count"}, "time": "t", "window_minutes": -1})") ==
        "batch plan: its window is below zero");
  CHECK(why(R"({"values": {"x": "count"}, "time": "t", "window_minutes": "1"})") ==
        "batch plan: \"window_minutes\" is no number");
  CHECK(why(R"({"values": {"x": "count"}, "time": "t", "window_minutes": 1e999})") ==
        "batch plan: \"window_minutes\" is no number");
  for (const char* number : {"0", "-1", "16777217", "1e300"})
    CHECK(why((std::string(R"({"values": {"x": "count"}, "most_groups": )") + number + "}").c_str()) ==
          "batch plan: it allows 0 groups, not 1 to 16777216");
  CHECK(why(R"({"values": {"x": "count"}} 1)").find("has something behind its object") != std::string::npos);
  CHECK(why(R"({"values": {"x": "count")").find("is no JSON from byte") != std::string::npos);
}
