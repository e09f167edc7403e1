#include <millrace/observe/audit/trail_queries.hpp>

#include <support/catch.hpp>

#include <support/audit_trails.hpp>
#include <support/temp_dir.hpp>

#include <millrace/observe/audit/audit_trail.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace mr::observe;

namespace {

std::vector<std::uint64_t> indexes(const std::vector<audit_entry>& entries) {
  std::vector<std::uint64_t> made;
  for (const audit_entry& each : entries) made.push_back(each.index);
  return made;
}

/// Three days of 40 events each, written at noon; their own times are seconds 1 to 120 of 1970.
void write_three_days(const std::string& folder) {
  auto trail = audit_trail<>::open(folder, support::small_trail());
  REQUIRE(trail);
  for (std::uint64_t day = 0; day < 3; ++day) {
    support::write_events(*trail, 40 * day, 40 * (day + 1));
    support::audit_now() += support::one_day;
  }
  REQUIRE(trail->close());
  support::audit_now() -= 3 * support::one_day;
}

}  // namespace

TEST_CASE("a query of a trail has the records of a query of its entries, of one day or of all") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  write_three_days(folder);
  const std::vector<audit_entry> all = support::entries_of(folder);
  REQUIRE(all.size() >= 120);
  for (const audit_query& query :
       {audit_query{}, audit_query{.kinds = {"model_deployed"}, .at_least = audit_severity::error, .limit = 5},
        audit_query{.actors = {"alice"}, .limit = 7, .newest_first = true},
        audit_query{.from = 50'000'000'000, .until = 70'000'000'000}, audit_query{.object_prefix = "model/churn/11"},
        audit_query{.text = "CANARY117@"}}) {
    const auto found = query_trail(folder, query);
    REQUIRE(found);
    CHECK(indexes(*found) == indexes(select(all, query)));
  }
  CHECK(query_trail(folder, {.from = 50'000'000'000, .until = 70'000'000'000})->size() == 20);

  // A segment of other times is not read: nobody notices that it is damaged.
  auto files = support::files_of(folder);
  REQUIRE(files.size() == 3);
  files.begin()->second.replace(4096, 8, "xxxxxxxx");
  support::put_files(folder, files);
  CHECK(query_trail(folder, {.from = 50'000'000'000, .until = 70'000'000'000}));
  CHECK(query_trail(folder, {}).error().code() == mr::errc::corrupt);
  CHECK(query_trail(dir / "none", {}).error().code() == mr::errc::not_found);
}

TEST_CASE("a report about a trail says whether it is as it was written, and counts what can be read") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  write_three_days(folder);
  const auto report = report_trail(folder, {.evidence = report_templates::soc2});
  REQUIRE(report);
  REQUIRE(report->options.verification);
  CHECK(report->options.verification->intact);
  CHECK(report->options.verification->head.size() == 64);
  CHECK(report->records == report->options.verification->records);
  CHECK(report->unapproved.count == 120);
  CHECK(report->gaps.empty());

  auto files = support::files_of(folder);
  std::string& second = (++files.begin())->second;
  second[second.find("model/churn/50")] ^= 1;
  support::put_files(folder, files);
  const auto changed = report_trail(folder, {});
  REQUIRE(changed);
  CHECK_FALSE(changed->options.verification->intact);
  CHECK_THAT(changed->options.verification->finding, ContainsSubstring("record 50: "));
  CHECK(changed->records == report->records);  // it can be read all the same

  second.replace(4096, 8, "xxxxxxxx");
  support::put_files(folder, files);
  const auto damaged = report_trail(folder, {});
  REQUIRE(damaged);
  CHECK_FALSE(damaged->options.verification->intact);
  CHECK(damaged->records < report->records);
  CHECK(report_trail(dir / "none", {}).error().code() == mr::errc::not_found);
}
