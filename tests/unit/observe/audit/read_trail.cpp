#include <millrace/observe/audit/read_trail.hpp>

#include <support/audit_trails.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/trail_queries.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#include <sys/stat.h>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

TEST_CASE("a trail's entries are read in order, all, some or those of a period", "[read_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 12 << 10;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 300);
  REQUIRE(support::files_of(folder).size() > 3);
  // Beside the running writer, whose last segment has room that was allocated, and once it is closed.
  for (int round = 0; round < 2; ++round) {
    const auto entries = support::entries_of(folder);
    REQUIRE(entries.size() == 300);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      CHECK(entries[i].index == i);
      CHECK(support::is_event(entries[i], i));
    }
    // Event i is of second i + 1.
    const auto some = support::entries_of(folder, {101'000'000'000, 121'000'000'000});
    REQUIRE(some.size() == 20);
    CHECK(some.front().index == 100);
    CHECK(some.back().index == 119);
    std::size_t seen = 0;
    CHECK(mo::read_trail(folder, [&](const mo::audit_entry&) { return ++seen < 7; }));
    CHECK(seen == 7);
    if (round == 0) REQUIRE(trail.close());
  }
  CHECK(mo::read_trail(dir / "none", [](const mo::audit_entry&) {}).error().code() == mr::errc::not_found);
}

TEST_CASE("segments outside of a period are not read", "[read_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 12 << 10;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 300);
  REQUIRE(trail.close());
  auto files = support::files_of(folder);
  // Damage in the second segment, whose header is left alone.
  std::next(files.begin())->second.replace(4096, 4, "\1\2\3\4");
  support::put_files(folder, files);
  const std::uint64_t first = std::stoull(files.begin()->first.substr(11, 12));
  const std::uint64_t second = std::stoull(std::next(files.begin())->first.substr(11, 12));
  CHECK(support::entries_of(folder, {0, 1'000'000'000 * (second + 1)}).size() == second - first);
  const auto all = mo::read_trail(folder, [](const mo::audit_entry&) {});
  REQUIRE_FALSE(all);
  CHECK(all.error().code() == mr::errc::corrupt);
  CHECK_THAT(all.error().message(), ContainsSubstring("byte 4096"));
}

TEST_CASE("the golden trail has the records that it was written with", "[read_trail][golden]") {
  // Two segments of one trail, and the hashes of one that was pruned before them; see tests/golden/observe/audit.
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  support::trail_files files;
  for (const char* const name :
       {"2026-11-30-000000000000.audit.hashes", "2026-11-30-000000000012.audit", "2026-12-01-000000000024.audit"}) {
    const auto bytes = support::golden(std::string("observe/audit/") + name);
    files[name].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  support::put_files(folder, files);
  const auto report = mo::verify_trail(folder).value();
  INFO(summary(report));
  CHECK(report);
  CHECK(report.closed);
  CHECK(report.pruned == 12);
  CHECK(report.erased == 1);
  CHECK(report.records == 38);
  CHECK(to_string(report.head.root.hash) == "efe2c8596c2fab97071b51ed8b17ba021e1bcccd8f6bd2201a3ac114039108fc");
  const auto entries = support::entries_of(folder);
  REQUIRE(entries.size() == 26);
  for (const auto& entry : entries) {
    INFO("record " << entry.index);
    if (entry.index == 15) {
      REQUIRE(entry.find("email") != nullptr);
      CHECK(entry.find("email")->erased);
      CHECK(entry.find("email")->text.empty());
    } else if (entry.index < 36) {
      CHECK(support::is_event(entry, entry.index));
    }
  }
  CHECK(entries[24].kind == "personal_data_erased");
  CHECK(entries[24].actor.text == "dpo");
  CHECK(entries[24].object == "record/15");
  CHECK(entries[25].kind == "records_pruned");
}

TEST_CASE("damaged trails are errors or fewer entries, never more", "[read_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  {
    auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
    support::write_events(trail, 0, 20, 10);
  }
  const auto files = support::files_of(folder);
  const auto& [name, bytes] = *files.begin();
  mr::random_engine random(11);
  const auto read = [](const std::string& content) {
    std::size_t count = 0;
    const auto done =
        mo::detail::each_record(std::as_bytes(std::span(content)), "x", true,
                                [&](const mo::detail::record_view& record, std::size_t) -> mr::result<bool> {
                                  mo::audit_entry entry;
                                  mo::detail::copy_record(record, entry);
                                  ++count;
                                  return true;
                                });
    return done ? count : 0;
  };
  REQUIRE(read(bytes) == 20);
  for (std::size_t size = 0; size < bytes.size(); size += 7) CHECK(read(bytes.substr(0, size)) <= 20);
  for (int i = 0; i < 3000; ++i) {
    std::string changed = bytes;
    for (std::uint64_t flips = random.below(4); flips + 1 != 0; --flips)
      changed[static_cast<std::size_t>(random.below(changed.size()))] ^= static_cast<char>(1 + random.below(255));
    CHECK(read(changed) <= 20);
  }
}

TEST_CASE("a record of the last moment that a clock can say is read", "[read_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
  mo::audit_event event{mo::audit_kinds::security_violation};
  event.unix_nanoseconds = ~std::uint64_t{0};
  REQUIRE(trail.append(event));
  REQUIRE(trail.close());
  CHECK(support::entries_of(folder).size() == 1);
  CHECK(support::entries_of(folder, {1, ~std::uint64_t{0}}).size() == 1);
  CHECK(support::entries_of(folder, {1, ~std::uint64_t{0} - 1}).empty());
  CHECK(mo::query_trail(folder, {}).value().size() == 1);
  CHECK(mo::report_trail(folder, {}).value().records == 1);
}

TEST_CASE("what has a segment's name and is no file is refused, and not waited for", "[read_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
  REQUIRE(trail.append({.kind = mo::audit_kinds::trail_started}));
  REQUIRE(trail.close());
  const std::string pipe = folder + "/2026-12-01-000000000001.audit";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto none = [](const mo::audit_entry&) {};
  for (const mr::error& why : {mo::read_trail(folder, none).error(), mo::verify_trail(folder).error(),
                               mo::audit_trail<>::open(folder, support::small_trail()).error()}) {
    CHECK(why.code() == mr::errc::corrupt);
    CHECK_THAT(why.message(), ContainsSubstring("000000000001.audit\" is no file"));
  }
}
