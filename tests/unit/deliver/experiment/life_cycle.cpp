#include <millrace/deliver/experiment/life_cycle.hpp>

#include <millrace/store/document.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;
using phase = md::experiment_phase;
using step = md::experiment_step;

TEST_CASE("of 25 pairs of a phase and a step of an experiment six are allowed") {
  int allowed = 0;
  for (const auto from : {phase::draft, phase::running, phase::paused, phase::stopped, phase::decided})
    for (const auto taken : {step::start, step::pause, step::resume, step::stop, step::conclude})
      allowed += md::may_take(from, taken);
  CHECK(allowed == 6);
  STATIC_REQUIRE(md::may_take(phase::draft, step::start));
  STATIC_REQUIRE(md::may_take(phase::running, step::pause));
  STATIC_REQUIRE(md::may_take(phase::paused, step::resume));
  STATIC_REQUIRE((md::may_take(phase::running, step::stop) && md::may_take(phase::paused, step::stop)));
  STATIC_REQUIRE((md::may_take(phase::stopped, step::conclude) && !md::may_take(phase::running, step::conclude)));
  STATIC_REQUIRE((md::phase_after(step::start) == phase::running && md::phase_after(step::resume) == phase::running));
  STATIC_REQUIRE((md::phase_after(step::stop) == phase::stopped && md::phase_after(step::conclude) == phase::decided));
  CHECK(to_string(static_cast<md::experiment_phase>(9)).empty());
  CHECK(to_string(static_cast<md::experiment_step>(9)).empty());
}

TEST_CASE("a step that a phase has not is refused with both names and the phases that have it") {
  md::experiment_record record;
  record.id = "new \"model\"";
  record.phase = phase::decided;
  CHECK(md::detail::no_such_step(record, step::stop).message() ==
        "experiment \"new \\\"model\\\"\" is decided: stop() is for one that is running or paused");
}

TEST_CASE("a record of an experiment is a document that reads back as it was") {
  md::experiment_record record;
  record.id = "e";
  record.hypothesis = "more";
  record.phase = phase::stopped;
  record.created = 17;
  record.properties = {{"window", "5 ns"}};
  record.changes = {{step::start, 18, "ada", "now"}, {step::stop, 19, "bob", ""}};
  record.exposures = {{"control", 3}};
  record.contaminated = 1;
  const std::string text = mr::store::write_document(record);
  CHECK(text == R"({"format":1,"id":"e","hypothesis":"more","phase":"stopped","created":17,"winner":"",)"
                R"("properties":[{"name":"window","value":"5 ns"}],"changes":[{"step":"start","at":18,"actor":"ada",)"
                R"("reason":"now"},{"step":"stop","at":19,"actor":"bob","reason":""}],)"
                R"("exposures":[{"variant":"control","units":3}],"contaminated":1})");
  const auto back = mr::store::read_document<md::experiment_record>(text, "ab_tests/e.json");
  REQUIRE(back);
  CHECK(mr::store::write_document(*back) == text);

  std::string newer = text;
  newer.replace(newer.find("1"), 1, "2");
  const auto refused = mr::store::read_document<md::experiment_record>(newer, "ab_tests/e.json");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::unsupported);
}

TEST_CASE("two parts of an experiment that differ are told apart by the first property in which they do") {
  using md::detail::same_properties;
  CHECK(same_properties({{"a", "1"}, {"b", "2"}}, {{"b", "2"}, {"a", "1"}}, "it"));
  CHECK(same_properties({{"a", "1"}}, {{"a", "2"}}, "the log").error().message() ==
        "the log is of another experiment: its a is \"2\", and \"1\" here");
  CHECK(same_properties({{"a", "1"}}, {}, "it").error().message() ==
        "it is of another experiment: its a is not given, and \"1\" here");
  CHECK(same_properties({}, {{"a", "1"}}, "it").error().message() ==
        "it is of another experiment: its a is \"1\", and not given here");
}
