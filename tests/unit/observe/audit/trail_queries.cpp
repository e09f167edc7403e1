#include <millrace/observe/audit/trail_queries.hpp>

#include <support/catch.hpp>

#include <support/audit_trails.hpp>
#include <support/temp_dir.hpp>

#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/trail_proofs.hpp>
#include <millrace/store/file.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
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

TEST_CASE("a query for a kind that no record can have says which kinds are near, and a program's own are possible") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto trail = audit_trail<>::open(folder, support::small_trail()).value();
  support::write_events(trail, 0, 20);
  trail.append({.kind = "acme.payout_approved"});
  trail.append({.kind = "undotted"});
  REQUIRE(trail.close());

  const auto refused = [&](std::string kind) {
    const auto found = query_trail(folder, {.kinds = {"model_deployed", std::move(kind)}});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    return found.error().message();
  };
  CHECK(refused("model_deploid") == "no record has the kind \"model_deploid\"; the nearest there are: model_deployed");
  CHECK_THAT(refused("Approval-Granted"), ContainsSubstring("are: approval_granted"));
  CHECK_THAT(refused("approval"), ContainsSubstring("which is none of audit_kinds"));
  CHECK_THAT(refused("payout_aproved"), ContainsSubstring("are: acme.payout_approved"));
  CHECK_THAT(refused("acme..payout"), ContainsSubstring("no record has the kind \"acme..payout\""));
  for (const char* const none : {"", ".", "9lives.", "model deployed!", "\xff", ".acme", "model_*"}) refused(none);
  CHECK(refused(std::string(100'000, 'x')).size() < 400);

  CHECK(query_trail(folder, {.kinds = {"acme.payout_approved", "acme."}})->size() == 1);
  CHECK(query_trail(folder, {.kinds = {"acme.payout_denied"}})->empty());  // there may be one tomorrow
  CHECK(query_trail(folder, {.kinds = {"umbrella."}})->empty());
  CHECK(query_trail(folder, {.kinds = {"incident_reported", "trail_repaired"}})->empty());
  CHECK(query_trail(folder, {.kinds = {"undotted"}})->size() == 1);
  // Also where it is elsewhere in the trail than the rest of the query asks for.
  CHECK(query_trail(folder, {.kinds = {"undotted"}, .until = 5'000'000'000})->empty());

  CHECK(query_trail(folder, {.from = 2, .until = 1}).error().code() == mr::errc::invalid_argument);
  CHECK(query_trail(folder, {.from = 2, .until = 2})->empty());
}

TEST_CASE("every kind of the library's is among the known ones") {
  // The header's text, so that a kind cannot be added to the one list alone.
  const std::string header =
      mr::store::read_file(std::string(MILLRACE_GOLDEN_DIR) + "/../../include/millrace/observe/audit/audit_event.hpp")
          .value();
  constexpr std::string_view opening = "inline constexpr audit_name ";
  std::size_t count = 0;
  for (std::size_t at = 0; (at = header.find(opening, at)) != header.npos; at += opening.size()) {
    const std::string_view rest = std::string_view(header).substr(at + opening.size());
    const std::string_view name = rest.substr(0, rest.find_first_of(" ["));
    if (name == "known_audit_kinds") continue;
    INFO(name);
    ++count;
    CHECK(std::any_of(std::begin(known_audit_kinds), std::end(known_audit_kinds),
                      [&](audit_name each) { return each.view() == name; }));
  }
  CHECK(count == std::size(known_audit_kinds));
  CHECK(count >= 30);
}

TEST_CASE("records are found by their places, in their segments alone; what is not there is said") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  write_three_days(folder);
  CHECK(indexes(query_trail(folder, {.indexes = {45, 3, 45}}).value()) == std::vector<std::uint64_t>{3, 45});
  CHECK(indexes(query_trail(folder, {.indexes = {45, 3}, .newest_first = true}).value()) ==
        std::vector<std::uint64_t>{45, 3});
  CHECK(indexes(query_trail(folder, {.indexes = {45, 3}, .limit = 1}).value()) == std::vector<std::uint64_t>{3});
  // Of another time: it is there, and not asked for.
  CHECK(query_trail(folder, {.indexes = {45}, .until = 1'000'000'000})->empty());
  const std::uint64_t end = support::entries_of(folder).size();
  const auto none = query_trail(folder, {.indexes = {3, end}});
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == mr::errc::out_of_range);
  CHECK_THAT(none.error().message(), ContainsSubstring("has no record " + std::to_string(end)));
  {
    auto trail = audit_trail<>::open(folder, support::small_trail()).value();
    REQUIRE(trail.prune(41'000'000'001, "retention", "").value() == 40);
  }
  const auto pruned = query_trail(folder, {.indexes = {3}});
  REQUIRE_FALSE(pruned);
  CHECK(pruned.error().code() == mr::errc::not_found);
  CHECK(pruned.error().message() == "record 3 was pruned: only its hash is left");

  auto files = support::files_of(folder);
  for (auto& [name, bytes] : files)
    if (name.ends_with("000000000080.audit")) bytes.replace(4096, 8, "xxxxxxxx");
  support::put_files(folder, files);
  CHECK(query_trail(folder, {.indexes = {45}})->size() == 1);
}

TEST_CASE("segments that are pruned while a reader is at the first one are left out") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  auto trail = audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 200);
  std::vector<std::uint64_t> read_meanwhile;
  std::uint64_t pruned = 0;
  const auto read = read_trail(folder, [&](const audit_entry& entry) {
    if (read_meanwhile.empty()) pruned = trail.prune(150'000'000'000, "retention", "").value();
    read_meanwhile.push_back(entry.index);
  });
  INFO((read ? std::string() : read.error().describe()));
  REQUIRE(read);
  CHECK(pruned > 100);
  // The first segment was open already; those behind it are gone, up to the first that stays.
  CHECK(read_meanwhile.front() == 0);
  CHECK(read_meanwhile.back() >= 199);
  CHECK(std::none_of(read_meanwhile.begin(), read_meanwhile.end(),
                     [&](std::uint64_t index) { return index >= 80 && index < pruned; }));
  CHECK(std::is_sorted(read_meanwhile.begin(), read_meanwhile.end()));
  REQUIRE(trail.close());
}

TEST_CASE("readers beside a writer that prunes see no false alarm, and all that stays", "[threads]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 5000;
  options.allocate_bytes = 4096;
  auto trail = audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 600, 10);
  std::atomic<bool> done{false};
  const auto read_all = [&]() -> std::string {
    std::uint64_t next = 0;
    const auto read = read_trail(folder, [&](const audit_entry& entry) { next = entry.index + 1; });
    if (!read) return "read: " + read.error().describe();
    if (next < 600) return "only " + std::to_string(next) + " records";
    const auto verified = verify_trail(folder);
    if (!verified) return "verify: " + verified.error().describe();
    if (!*verified) return "verify: " + summary(*verified);
    const auto found = query_trail(folder, {.from = 300'000'000'000, .until = 310'000'000'000});
    return found ? std::string() : "query: " + found.error().describe();
  };
  const auto prove = [&]() -> std::string {
    const auto leaves = read_leaves(folder);
    if (!leaves) return "leaves: " + leaves.error().describe();
    if (leaves->leaves.size() < 600) return "leaves are missing";
    const auto proof = prove_record(folder, 599);
    if (!proof) return "prove: " + proof.error().describe();
    if (!verify_record(*proof)) return "the proof does not hold";
    const auto early = prove_record(folder, 300);
    return early || early.error().code() == mr::errc::not_found ? std::string() : "early: " + early.error().describe();
  };
  std::string problems[2];
  const auto repeat = [&](const auto& look, std::string& problem) {
    for (int rounds = 0; problem.empty() && (!done || rounds < 2); ++rounds) problem = look();
  };
  std::thread first([&] { repeat(read_all, problems[0]); });
  std::thread second([&] { repeat(prove, problems[1]); });
  // Event i is of second i + 1.
  std::uint64_t pruned = 0;
  for (std::uint64_t at = 10; at <= 580; at += 10) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    pruned += trail.prune(at * 1'000'000'000, "retention", "").value();
  }
  done = true;
  first.join();
  second.join();
  CHECK(problems[0] == "");
  CHECK(problems[1] == "");
  CHECK(pruned > 500);
  REQUIRE(trail.close());
}
