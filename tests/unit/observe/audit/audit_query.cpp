#include <millrace/observe/audit/audit_query.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/core/timestamp.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

constexpr std::uint64_t hour = 3'600'000'000'000U;
constexpr std::uint64_t begin = 1'764'460'800'000'000'000U;  // 2025-11-30T00:00:00Z

std::vector<audit_entry> made_entries(std::size_t count, std::uint64_t seed) {
  const std::array<const char*, 5> kinds{"data_accessed", "model_deployed", "acme.payout", "acme.refund", "acmes"};
  const std::array<const char*, 4> actors{"ada", "bob", "svc", ""};
  const std::array<const char*, 4> objects{"model/churn/3", "model/churn", "model/fraud/1", ""};
  mr::random_engine random(seed);
  std::vector<audit_entry> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    made[i].index = i;
    made[i].unix_nanoseconds = begin + i * hour;
    made[i].severity = static_cast<audit_severity>(random.below(4));
    made[i].kind = kinds[random.below(5)];
    made[i].actor = {actors[random.below(4)], static_cast<pii_type>(random.below(2)), false};
    if (random.below(10) == 0) made[i].actor = {"", pii_type::person_name, true};
    made[i].object = objects[random.below(4)];
    made[i].reason = random.below(3) == 0 ? "Quarterly REVIEW" : "";
    if (random.below(3) == 0) made[i].fields = {{"note", {"x rEviEw y", pii_type::none, false}}};
  }
  return made;
}

std::vector<std::uint64_t> indexes(const std::vector<audit_entry>& entries) {
  std::vector<std::uint64_t> made;
  for (const audit_entry& each : entries) made.push_back(each.index);
  return made;
}

}  // namespace

TEST_CASE("a query is the conjunction of what it asks for") {
  const audit_entry entry{.index = 7,
                          .unix_nanoseconds = begin,
                          .severity = audit_severity::warning,
                          .kind = "acme.payout",
                          .actor = {"ada", pii_type::person_name, false},
                          .object = "model/churn/3",
                          .reason = "Quarterly review",
                          .fields = {{"card", {"4111", pii_type::card, false}}}};
  CHECK(audit_query().matches(entry));
  CHECK(audit_query{.kinds = {"acme.payout"}}.matches(entry));
  CHECK(audit_query{.kinds = {"x", "acme."}}.matches(entry));
  CHECK_FALSE(audit_query{.kinds = {"acme"}}.matches(entry));
  CHECK_FALSE(audit_query{.kinds = {"acme.pay"}}.matches(entry));
  CHECK(audit_query{.actors = {"bob", "ada"}}.matches(entry));
  CHECK_FALSE(audit_query{.actors = {"ad"}}.matches(entry));
  CHECK(audit_query{.at_least = audit_severity::warning}.matches(entry));
  CHECK_FALSE(audit_query{.at_least = audit_severity::error}.matches(entry));
  CHECK(audit_query{.from = begin, .until = begin + 1}.matches(entry));
  CHECK_FALSE(audit_query{.from = begin + 1}.matches(entry));
  CHECK_FALSE(audit_query{.until = begin}.matches(entry));
  CHECK(audit_query{.object = "model/churn/3"}.matches(entry));
  CHECK_FALSE(audit_query{.object = "model/churn"}.matches(entry));
  CHECK(audit_query{.object_prefix = "model/churn"}.matches(entry));
  CHECK_FALSE(audit_query{.object_prefix = "odel"}.matches(entry));
  for (const char* text : {"churn", "qUARTERLY REV", "411", "/3"}) CHECK(audit_query{.text = text}.matches(entry));
  for (const char* text : {"acme", "ada", "card", "reviews"}) CHECK_FALSE(audit_query{.text = text}.matches(entry));
  CHECK_FALSE(audit_query{.kinds = {"acme."}, .actors = {"bob"}}.matches(entry));

  audit_entry erased = entry;
  erased.actor = {"", pii_type::person_name, true};
  CHECK_FALSE(audit_query{.actors = {""}}.matches(erased));
}

TEST_CASE("a selection has the first or the last records of those that match, and stops when it has them") {
  const std::vector<audit_entry> entries = made_entries(500, 3);
  for (const bool newest : {false, true})
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
      audit_query query{
          .kinds = {"acme."}, .at_least = audit_severity::warning, .limit = limit, .newest_first = newest};
      std::vector<std::uint64_t> hoped;
      for (const audit_entry& each : entries)
        if (each.kind.starts_with("acme.") && each.severity >= audit_severity::warning) hoped.push_back(each.index);
      if (newest) std::reverse(hoped.begin(), hoped.end());
      if (limit != 0 && hoped.size() > limit) hoped.resize(limit);
      CAPTURE(newest, limit);
      CHECK(indexes(select(entries, query)) == hoped);
    }
  audit_selection two({.limit = 2});
  CHECK(two.update(entries[0]));
  CHECK_FALSE(two.update(entries[1]));
  CHECK_FALSE(two.update(entries[2]));
  CHECK(two.matched() == 3);
  CHECK(indexes(std::move(two).entries()) == std::vector<std::uint64_t>{0, 1});
  CHECK(select({}, {.newest_first = true}).empty());
}

TEST_CASE("counts by kind, actor, severity and day are those of a map") {
  std::vector<audit_entry> entries = made_entries(400, 5);
  std::swap(entries[3], entries[200]);  // a clock that steps back
  audit_counts counts;
  std::map<std::string, std::uint64_t> kinds, days;
  std::map<std::pair<int, std::string>, std::uint64_t> actors;
  std::array<std::uint64_t, 4> severities{};
  for (const audit_entry& each : entries) {
    counts.update(each);
    ++kinds[each.kind];
    ++days[mr::to_iso8601(each.unix_nanoseconds).substr(0, 10)];
    ++actors[{each.actor.erased ? 255 : static_cast<int>(each.actor.pii), each.actor.text}];
    ++severities[static_cast<std::size_t>(each.severity)];
  }
  CHECK(counts.total() == 400);
  for (std::size_t i = 0; i < 4; ++i) CHECK(counts.count(static_cast<audit_severity>(i)) == severities[i]);
  REQUIRE(counts.by_kind().size() == kinds.size());
  std::uint64_t last = 400;
  for (const audit_kind_count& each : counts.by_kind()) {
    CHECK(each.count == kinds[each.kind]);
    CHECK(each.count <= last);
    last = each.count;
  }
  REQUIRE(counts.by_actor().size() == actors.size());
  for (const audit_actor_count& each : counts.by_actor())
    CHECK(each.count == actors[{each.actor.erased ? 255 : static_cast<int>(each.actor.pii), each.actor.text}]);
  REQUIRE(counts.by_day().size() == days.size());
  auto day = days.begin();
  for (const audit_day_count& each : counts.by_day()) {
    CHECK(mr::to_iso8601(each.unix_nanoseconds) == day->first + "T00:00:00.000000Z");
    CHECK(each.count == day++->second);
  }
}
