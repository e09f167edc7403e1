#include <millrace/observe/audit/audit_trail.hpp>

#include <support/audit_kills.hpp>
#include <support/audit_trails.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/transparency/prove.hpp>

#include <laws/moving.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
using namespace std::chrono_literals;

namespace {

mo::trail_report verified(const std::string& folder) {
  auto report = mo::verify_trail(folder);
  INFO((report ? summary(*report) : report.error().message()));
  REQUIRE(report);
  REQUIRE(*report);
  return *report;
}

/// The machine's file system, which does not wait for the disk: what these tests kill is no machine.
struct quick_files : mr::store::posix_file_system {
  static int sync_data(int) noexcept { return 0; }
  static int sync_directory_of(const char*) noexcept { return 0; }
};

/// The n-th call that changes something fails, and with `for_good` all later ones.
struct failing_files : quick_files {
  struct fault {
    std::uint64_t at = ~std::uint64_t{0};
    int error = 0;
    bool for_good = false;
  };
  /// What the test says while the trail's thread calls.
  struct plan {
    std::mutex mutex;
    fault told;
    std::uint64_t calls = 0;

    void set(const fault& now) {
      const std::lock_guard held(mutex);
      told = now;
      calls = 0;
    }
  };
  plan* told = nullptr;

  bool fails() noexcept {
    const std::lock_guard held(told->mutex);
    const std::uint64_t now = told->calls++;
    if (now != told->told.at && !(told->told.for_good && now > told->told.at)) return false;
    errno = told->told.error;
    return true;
  }
  int open(const char* path, int flags, unsigned mode) noexcept {
    return fails() ? -1 : posix_file_system::open(path, flags, mode);
  }
  std::ptrdiff_t write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
    if (!fails()) return posix_file_system::write_at(fd, from, size, offset);
    // A part of it reaches the file.
    const int why = errno;
    if (size > 1) (void)posix_file_system::write_at(fd, from, size / 2, offset);
    errno = why;
    return -1;
  }
  int allocate(int fd, std::uint64_t offset, std::uint64_t size) noexcept {
    return fails() ? -1 : posix_file_system::allocate(fd, offset, size);
  }
  int truncate(int fd, std::uint64_t size) noexcept { return fails() ? -1 : posix_file_system::truncate(fd, size); }
  int sync_data(int fd) noexcept { return fails() ? -1 : quick_files::sync_data(fd); }
  int sync_directory_of(const char* path) noexcept { return fails() ? -1 : quick_files::sync_directory_of(path); }
  int rename(const char* from, const char* to) noexcept { return fails() ? -1 : posix_file_system::rename(from, to); }
  int remove(const char* path) noexcept { return fails() ? -1 : posix_file_system::remove(path); }
};

/// Signs by appending the message's length: enough to tell right from wrong.
struct length_key {
  bool refuses = false;
  static std::string algorithm() { return "length"; }
  static std::string key_id() { return "k1"; }
  mr::result<std::vector<std::byte>> sign(std::span<const std::byte> message) const {
    if (refuses) return mr::error(mr::errc::unavailable, "the key is away");
    return std::vector<std::byte>{static_cast<std::byte>(message.size() & 0xff), std::byte{7}};
  }
  mr::result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) const {
    if (signature.size() == 2 && signature[0] == static_cast<std::byte>(message.size() & 0xff)) return {};
    return mr::error(mr::errc::not_authentic, "another length");
  }
};

/// An event of a program's own, which names a text that is gone when it has said what it is.
struct payout_approved {
  static constexpr mo::audit_name kind = "acme.payout_approved";
  std::string officer;
  int number = 0;
  int fields = 1;

  void describe(mo::audit_draft& event) const {
    const std::string object = "payout/of/the/month/of/november/" + std::to_string(number);
    event.actor(officer, mo::pii_type::person_name).object(object);
    for (int i = 0; i < fields; ++i) event.field("number", number);
  }
};

// [trail]
mr::result<void> deploy(const std::string& folder, const std::string& keep_at) {
  auto trail = mo::audit_trail<>::open(folder);
  if (!trail) return std::move(trail).error();
  const mo::audit_field fields[] = {{"requested_by", "carol@example.org", mo::pii_type::email}, {"share", "0.05"}};
  const auto index = trail->append_durable({.kind = mo::audit_kinds::model_deployed,
                                            .actor = "alice",
                                            .object = "model/churn/3",
                                            .reason = "the canary was well for a day",
                                            .fields = fields});
  if (!index) return index.error();  // the event is not on the disk: do not deploy
  // Kept where who writes the trail cannot change it, this finds a trail that was cut off or written anew.
  if (auto kept = mr::store::write_file(keep_at, to_text(trail->head())); !kept) return kept;
  return trail->close();
}
// [/trail]

}  // namespace

TEST_CASE("the guide's function records a deployment and keeps a head", "[audit_trail]") {
  const support::temp_dir dir;
  REQUIRE(deploy(dir / "audit", dir / "head"));
  const auto head = mr::store::tree_head::from_text(mr::store::read_file(dir / "head").value());
  REQUIRE(head);
  const auto report = mo::verify_trail(dir / "audit", std::span(&*head, 1)).value();
  CHECK(report);
  CHECK(report.records == 1);
}

TEST_CASE("events become records, numbered across openings; the trail verifies", "[audit_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  std::string origin;
  for (std::uint64_t round = 0; round < 3; ++round) {
    auto trail = mo::audit_trail<>::open(folder, support::small_trail());
    REQUIRE(trail);
    CHECK_FALSE(trail->repaired());
    if (round == 0) origin = trail->origin();
    CHECK(trail->origin() == origin);
    support::write_events(*trail, 50 * round, 50 * round + 49);
    support::with_event(50 * round + 49, [&](const mo::audit_event& event) {
      const auto index = trail->append_durable(event);
      REQUIRE(index);
      CHECK(*index == 50 * round + 49);
    });
    CHECK(trail->durable_seq() == trail->appended_seq());
    const auto head = trail->head();
    CHECK(head.root.size == 50 * (round + 1));
    CHECK(trail->close());
    CHECK(trail->close());
    CHECK(trail->append({.kind = mo::audit_kinds::login_failed}) == 0);
    CHECK(trail->append_durable({.kind = mo::audit_kinds::login_failed}).error().code() == mr::errc::closed);
    const auto report = verified(folder);
    CHECK(report.closed);
    CHECK(report.head.root == head.root);
  }
  const auto entries = support::entries_of(folder);
  REQUIRE(entries.size() == 150);
  for (std::size_t i = 0; i < entries.size(); ++i) CHECK(support::is_event(entries[i], i));
}

TEST_CASE("an event that a trail cannot hold is refused, and the error says why", "[audit_trail]") {
  const support::temp_dir dir;
  auto options = support::small_trail();
  options.ring_bytes = 4096;
  auto trail = mo::audit_trail<>::open(dir / "audit", options).value();
  CHECK(trail.append({}) == 0);
  CHECK(trail.append_durable({}).error().code() == mr::errc::invalid_argument);
  const std::string large(2000, 'x');
  CHECK(trail.append({.kind = mo::audit_kinds::login_failed, .reason = large}) == 0);
  CHECK(trail.append_durable({.kind = mo::audit_kinds::login_failed, .reason = large}).error().code() ==
        mr::errc::no_space);
  const std::vector<mo::audit_field> many(65, mo::audit_field{"name", "value"});
  CHECK(trail.append({.kind = mo::audit_kinds::login_failed, .fields = many}) == 0);
  // Without a time an event has that of the trail's clock.
  CHECK(trail.append_durable({.kind = mo::audit_kinds::login_failed}).value() == 1);
  REQUIRE(trail.close());
  const auto entries = support::entries_of(dir / "audit");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].kind == "records_dropped");  // the large ones, which no policy lets wait for room
  CHECK(entries[1].unix_nanoseconds == support::audit_clock());
}

TEST_CASE("a program's own type is appended at once, and one that is no event is refused", "[audit_trail]") {
  const support::temp_dir dir;
  auto trail = mo::audit_trail<>::open(dir / "audit", support::small_trail()).value();
  CHECK(trail.append(payout_approved{"Ada", 1}) != 0);
  CHECK(trail.append_durable(payout_approved{"Grace", 2}).value() == 1);
  mo::audit_draft draft("acme.payout_denied");
  draft.reason("no " + std::string(30, 'x'));
  CHECK(trail.append(draft) != 0);
  CHECK(trail.append_durable(draft).value() == 3);
  CHECK(trail.append(payout_approved{"Ada", 1, 2}) == 0);
  const auto twice = trail.append_durable(payout_approved{"Ada", 1, 2});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code() == mr::errc::invalid_argument);
  CHECK_THAT(twice.error().message(), ContainsSubstring("\"number\" is given twice"));
  REQUIRE(trail.close());
  const auto entries = support::entries_of(dir / "audit");
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].actor.text == "Ada");
  CHECK(entries[0].object == "payout/of/the/month/of/november/1");
  CHECK(entries[1].find("number")->text == "2");
  CHECK(entries[3].kind == "acme.payout_denied");
  CHECK(entries[3].reason == "no " + std::string(30, 'x'));
}

TEST_CASE("no event is larger than a frame may be, whatever the ring takes", "[audit_trail]") {
  // Nothing reads the text: there is no memory behind most of it.
  const char small[] = "x";
  for (const std::size_t size : {std::size_t{1} << 29, std::size_t{1} << 30, (std::size_t{1} << 32) + 1}) {
    mo::audit_event event{mo::audit_kinds::data_accessed};
    event.reason = std::string_view(small, size);
    CHECK(mo::detail::queued_bytes(event) == 0);
    const support::temp_dir dir;
    auto trail = mo::audit_trail<quick_files>::open(dir / "audit", support::small_trail()).value();
    CHECK(trail.append(event) == 0);
    CHECK(trail.append_durable(event).error().code() == mr::errc::no_space);
  }
}

TEST_CASE("segments end by size and by the day, and are named after both", "[audit_trail]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  const std::uint64_t today = support::audit_now();
  auto options = support::small_trail();
  options.segment_bytes = 1 << 20;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 40);
  support::audit_now() = today + support::one_day;
  support::write_events(trail, 40, 80);
  support::audit_now() = today;  // a clock that goes back begins no segment
  support::write_events(trail, 80, 120);
  REQUIRE(trail.close());
  const auto files = support::files_of(folder);
  REQUIRE(files.size() == 2);
  CHECK(files.begin()->first == "2026-11-30-000000000000.audit");
  CHECK(files.rbegin()->first == "2026-12-01-000000000040.audit");
  CHECK(verified(folder).records == 120);
  CHECK(trail.statistics().segments == 1);
}

TEST_CASE("two writers never both have a trail", "[audit_trail]") {
  const support::temp_dir dir;
  auto first = mo::audit_trail<>::open(dir / "audit", support::small_trail());
  REQUIRE(first);
  const auto second = mo::audit_trail<>::open(dir / "audit", support::small_trail());
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == mr::errc::unavailable);
  REQUIRE(first->close());
  CHECK(mo::audit_trail<>::open(dir / "audit", support::small_trail()));
}

TEST_CASE("erased values are gone from every file, and the trail still verifies", "[audit_trail][erasure]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 16 << 10;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 300);
  REQUIRE(support::any_has(support::files_of(folder), "canary15@"));
  REQUIRE(support::any_has(support::files_of(folder), "canary297@"));
  const mo::personal_value values[] = {{297, "email"}, {15, "email"}, {12, {}}};
  const auto before = trail.head();
  CHECK(trail.erase(values, "dpo", "request 7").value() == 3);
  CHECK(trail.erase(values, "dpo", "again").value() == 0);
  CHECK_FALSE(support::any_has(support::files_of(folder), "canary15@"));
  CHECK_FALSE(support::any_has(support::files_of(folder), "canary297@"));
  CHECK(support::any_has(support::files_of(folder), "canary18@"));
  const mo::personal_value twice[] = {{24, "email"}, {21, "email"}, {24, "email"}, {24, {}}, {24, {}}};
  CHECK(trail.erase({15, "note"}, "dpo", "").error().code() == mr::errc::not_found);
  CHECK(trail.erase({15, "version"}, "dpo", "").error().code() == mr::errc::invalid_argument);
  CHECK(trail.erase({7, {}}, "dpo", "").error().code() == mr::errc::invalid_argument);
  CHECK(trail.erase({9'999, {}}, "dpo", "").error().code() == mr::errc::not_found);
  CHECK(trail.erase({18, "email"}, "", "request 8").error().code() == mr::errc::invalid_argument);
  CHECK(trail.erase({18, "email"}, "dpo", std::string(1 << 20, 'x')).error().code() == mr::errc::no_space);
  CHECK(trail.prune(1, "", "").error().code() == mr::errc::invalid_argument);
  CHECK(support::any_has(support::files_of(folder), "canary18@"));
  CHECK(trail.erase(twice, "dpo", "").value() == 3);
  REQUIRE(trail.close());
  CHECK(trail.erase(values, "dpo", "late").error().code() == mr::errc::closed);

  const auto report = mo::verify_trail(folder, std::span(&before, 1)).value();
  INFO(summary(report));
  CHECK(report);
  CHECK(report.erased == 6);
  CHECK(report.records == 306);
  const auto entries = support::entries_of(folder);
  CHECK(entries[15].find("email")->erased);
  CHECK(entries[12].actor.erased);
  CHECK(entries[12].actor.text.empty());
  CHECK(entries[300].kind == "personal_data_erased");
  CHECK(entries[300].object == "record/12");
  CHECK(entries[302].reason == "request 7");

  // The same done by hand, without a record of it.
  auto files = support::files_of(folder);
  for (auto& [name, bytes] : files)
    if (const std::size_t at = bytes.find("canary18@"); at != std::string::npos)
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) - 24, 48, '\0');
  support::put_files(folder, files);
  const auto found = mo::verify_trail(folder).value();
  REQUIRE_FALSE(found);
  CHECK(found.fault.index == 18);
  CHECK_THAT(found.fault.what, ContainsSubstring("no record says so"));
}

TEST_CASE("an event cannot pass for the trail's own record of an erasure", "[audit_trail][erasure]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
  support::write_events(trail, 0, 10);
  const mo::audit_field fields[] = {{"record", "3"}, {"place", "2"}, {"name", "email"}};
  trail.append({.kind = mo::audit_kinds::personal_data_erased, .object = "record/3", .fields = fields});
  REQUIRE(trail.close());
  auto files = support::files_of(folder);
  std::string& bytes = files.begin()->second;
  const std::size_t at = bytes.find("canary3@");
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) - 24, 48, '\0');
  support::put_files(folder, files);
  CHECK(mo::verify_trail(folder).value().fault.index == 3);
}

TEST_CASE("an erasure that a crash interrupted is finished when the trail is opened", "[audit_trail][erasure]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  failing_files::plan plan;
  failing_files fs;
  fs.told = &plan;
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  {
    auto trail = mo::audit_trail<failing_files>::open(folder, options, {}, fs).value();
    support::write_events(trail, 0, 80);
    // The record of the erasure takes a write and a sync; opening the file to erase in fails.
    plan.set({2, EIO, true});
    const auto erased = trail.erase({3, "email"}, "dpo", "");
    REQUIRE_FALSE(erased);
    CHECK(erased.error().code() == mr::errc::io);
  }
  CHECK(support::any_has(support::files_of(folder), "canary3@"));
  CHECK(mo::verify_trail(folder).value().unfinished_erasures == 1);
  auto trail = mo::audit_trail<>::open(folder, options).value();
  CHECK(trail.repaired().finished_erasures == 1);
  REQUIRE(trail.close());
  CHECK_FALSE(support::any_has(support::files_of(folder), "canary3@"));
  CHECK(verified(folder).unfinished_erasures == 0);
}

TEST_CASE("an erasure that a crash left half done, at any of its bytes, is finished when the trail is opened",
          "[audit_trail][erasure]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  std::uint64_t opening = 0;
  {
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, 80);
    opening = support::files_of(folder).begin()->second.find("canary3@") - 24;
    REQUIRE(trail.erase({3, "email"}, "dpo", "").value() == 1);
    REQUIRE(trail.close());
  }
  const auto files = support::files_of(folder);
  const std::string whole = [&] {
    const support::temp_dir other;
    auto trail = mo::audit_trail<quick_files>::open(other / "audit", options).value();
    support::write_events(trail, 0, 80);
    return support::files_of(other / "audit").begin()->second.substr(opening, 48);
  }();
  // The first byte is written first, and the rest may be as a crash leaves it: at the front, at the end, in the middle.
  for (const std::size_t from : {1UL, 4UL, 8UL, 23UL, 24UL, 30UL, 47UL})
    for (const std::size_t end : {8UL, 24UL, 47UL, 48UL}) {
      if (from >= end) continue;
      INFO("bytes " << from << " to " << end << " are still there");
      auto torn = files;
      std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(from), end - from,
                  torn.begin()->second.begin() + static_cast<std::ptrdiff_t>(opening + from));
      support::put_files(folder, torn);
      CHECK(verified(folder).unfinished_erasures == (torn == files ? 0 : 1));
      CHECK(support::entries_of(folder)[3].find("email")->erased);
      auto trail = mo::audit_trail<quick_files>::open(folder, options);
      REQUIRE(trail);
      REQUIRE(trail->close());
      CHECK_FALSE(support::any_has(support::files_of(folder), "canary3@"));
      CHECK(verified(folder).unfinished_erasures == 0);
    }
}

TEST_CASE("an erasure may fail at any of its calls: it is finished when the trail is opened",
          "[audit_trail][erasure]") {
  const support::temp_dir dir;
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  for (std::uint64_t at = 0; at < 12; ++at) {
    INFO("call " << at);
    const std::string folder = dir / std::to_string(at);
    failing_files::plan plan;
    failing_files fs;
    fs.told = &plan;
    bool erased = false;
    {
      auto trail = mo::audit_trail<failing_files>::open(folder, options, {}, fs).value();
      const std::string text(9000, 'x');  // in three writes
      const mo::audit_field fields[] = {{"note", text, mo::pii_type::other}};
      REQUIRE(trail.append_durable({.kind = mo::audit_kinds::data_accessed, .fields = fields}));
      support::write_events(trail, 1, 4);
      plan.set({at, EIO, true});
      const mo::personal_value values[] = {{0, "note"}, {3, "email"}};
      erased = bool(trail.erase(values, "dpo", ""));
    }
    auto trail = mo::audit_trail<quick_files>::open(folder, options);
    REQUIRE(trail);
    REQUIRE(trail->close());
    const auto report = verified(folder);
    CHECK(report.unfinished_erasures == 0);
    CHECK((report.erased == 2 || (report.erased == 0 && at < 2 && !erased)));
    CHECK(support::any_has(support::files_of(folder), "canary3@") == (report.erased == 0));
  }
}

TEST_CASE("an erasure whose record is cut off with a torn end has not happened", "[audit_trail][erasure]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  support::trail_files files;
  {
    auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
    support::write_events(trail, 0, 10);
    files = support::files_of(folder);
    REQUIRE(trail.erase({3, "email"}, "dpo", "").value() == 1);
  }
  // As the files are when the writer is killed while it writes the record of the erasure, and the commit behind it.
  const std::string after = support::files_of(folder).begin()->second;
  const auto frames = support::frames_of(after);
  REQUIRE(frames.size() >= 13);
  std::size_t at = 0;
  while (frames[at].record == frames[at + 1].record || !frames[at + 1].record) ++at;  // to the first commit
  const support::frame_place& record = frames[at + 1];
  files.begin()->second.replace(record.at, record.size + 60, after.substr(record.at, record.size + 60));
  support::put_files(folder, files);
  auto trail = mo::audit_trail<>::open(folder, support::small_trail()).value();
  CHECK(trail.repaired().removed_bytes > 0);
  CHECK(trail.repaired().finished_erasures == 0);
  REQUIRE(trail.close());
  CHECK(support::any_has(support::files_of(folder), "canary3@"));
  verified(folder);
}

TEST_CASE("pruned segments leave their hashes: heads and the rest stay valid", "[audit_trail][pruning]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 16 << 10;
  auto trail = mo::audit_trail<>::open(folder, options).value();
  support::write_events(trail, 0, 300);
  const auto early = trail.head();
  const auto before = support::files_of(folder);
  // Event i is of second i + 1.
  CHECK(trail.prune(1, "retention", "").value() == 0);
  const std::uint64_t pruned = trail.prune(151'000'000'000, "retention", "kept 1 year").value();
  CHECK(pruned > 50);
  CHECK(pruned <= 150);
  CHECK(trail.prune(151'000'000'000, "retention", "").value() == 0);
  REQUIRE(trail.close());
  const auto report = mo::verify_trail(folder, std::span(&early, 1)).value();
  INFO(summary(report));
  CHECK(report);
  CHECK(report.pruned == pruned);
  CHECK(report.records == 301);
  CHECK_FALSE(support::any_has(support::files_of(folder), "canary12@"));
  const auto entries = support::entries_of(folder);
  CHECK(entries.front().index == pruned);
  CHECK(entries.back().kind == "records_pruned");
  CHECK(entries.back().reason == "kept 1 year");

  // A segment that goes without a record of it, and hashes that were changed.
  auto files = support::files_of(folder);
  auto tampered = files;
  tampered.begin()->second[100] ^= 1;
  support::put_files(folder, tampered);
  CHECK(mo::verify_trail(folder).value().fault.index == 0);
  tampered = before;
  for (const auto& [name, bytes] : files)
    if (name.ends_with(".hashes")) {
      tampered.erase(name.substr(0, name.size() - 7));
      tampered[name] = bytes;
    }
  support::put_files(folder, tampered);
  const auto gone = mo::verify_trail(folder).value();
  REQUIRE_FALSE(gone);
  CHECK_THAT(gone.fault.what, ContainsSubstring("no record says that it was pruned"));
}

TEST_CASE("pruning keeps a segment whose records were tampered with", "[audit_trail][pruning]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  {
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, 120);
    REQUIRE(trail.close());
  }
  const auto files = support::files_of(folder);
  for (const char* const target : {"model/churn/3", "canary3@"}) {
    INFO(target);
    auto tampered = files;
    std::string& bytes = tampered.begin()->second;
    bytes[bytes.find(target) + 2] ^= 1;
    support::put_files(folder, tampered);
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    const auto pruned = trail.prune(~std::uint64_t{0}, "retention", "");
    REQUIRE_FALSE(pruned);
    CHECK(pruned.error().code() == mr::errc::corrupt);
    REQUIRE(trail.close());
    CHECK(support::files_of(folder).begin()->second == bytes);
    CHECK(mo::verify_trail(folder).value().fault.index == 3);
  }
}

TEST_CASE("a pruning that a crash interrupted is finished when the trail is opened", "[audit_trail][pruning]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  support::trail_files before;
  std::string record;
  {
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, 120);
    before = support::files_of(folder);
    REQUIRE(trail.prune(60'000'000'000, "retention", "").value() > 0);
    REQUIRE(trail.close());
  }
  // As it is when the writer is killed before it removes the segments.
  const auto after = support::files_of(folder);
  auto killed = after;
  for (const auto& [name, bytes] : before) killed.emplace(name, bytes);
  REQUIRE(killed.size() > after.size());
  support::put_files(folder, killed);
  auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
  CHECK(trail.repaired().finished_prunings == killed.size() - after.size());
  REQUIRE(trail.close());
  CHECK_FALSE(support::any_has(support::files_of(folder), "canary3@"));
  CHECK(support::files_of(folder).size() == after.size());
  verified(folder);
}

TEST_CASE("a reader whose segment is ended meanwhile reads on", "[audit_trail][threads]") {
  // The writer cuts the segment where it ends, once the next one is there, while the reader has got to its last commit.
  struct meeting {
    std::atomic<bool> armed{false}, may_cut{false}, was_cut{false}, next_is_there{false};
  } now;
  struct slow_files : quick_files {
    meeting* at = nullptr;
    int truncate(int fd, std::uint64_t size) noexcept {
      if (!at->armed) return posix_file_system::truncate(fd, size);
      at->next_is_there = true;
      for (int i = 0; i < 2000 && !at->may_cut; ++i) std::this_thread::sleep_for(1ms);
      const int done = posix_file_system::truncate(fd, size);
      at->was_cut = true;
      return done;
    }
  };
  struct waiting_key : length_key {
    meeting* at = nullptr;
    mr::result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) const {
      at->may_cut = true;
      while (!at->was_cut) std::this_thread::sleep_for(1ms);
      return length_key::verify_signature(message, signature);
    }
  };
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 4100;
  options.allocate_bytes = 1 << 18;
  slow_files fs;
  fs.at = &now;
  auto trail = mo::audit_trail<slow_files, length_key>::open(folder, options, {}, fs).value();
  support::write_events(trail, 0, 1);
  now.armed = true;
  support::with_event(1, [&](const mo::audit_event& event) { REQUIRE(trail.append(event) != 0); });
  while (!now.next_is_there) std::this_thread::sleep_for(1ms);
  waiting_key key;
  key.at = &now;
  const auto report = mo::verify_trail(folder, key);
  REQUIRE(report);
  INFO(summary(*report));
  CHECK(*report);
  now.armed = false;
  REQUIRE(trail.close());
}

TEST_CASE("a trail that drops events says how many, and the sum is right", "[audit_trail][threads]") {
  const support::temp_dir dir;
  auto options = support::small_trail();
  options.ring_bytes = 4096;
  auto trail = mo::audit_trail<mr::store::shared, mr::store::drop_and_count>::open(dir / "audit", options).value();
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> refused{0};
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 2000; ++i)
        support::with_event(i, [&](const mo::audit_event& event) {
          if (trail.append(event) == 0) ++refused;
        });
    });
  for (auto& each : threads) each.join();
  REQUIRE(trail.close());
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
  for (const auto& entry : support::entries_of(dir / "audit")) {
    if (entry.kind == "records_dropped") dropped += std::stoull(entry.find("count")->text);
    if (entry.kind == "model_deployed") ++kept;
  }
  CHECK(kept + dropped == 6000);
  CHECK(dropped == refused);
  CHECK(trail.statistics().dropped == dropped);
  verified(dir / "audit");
}

TEST_CASE("threads that share a trail learn the index of their own event", "[audit_trail][threads]") {
  const support::temp_dir dir;
  auto trail = mo::audit_trail<mr::store::shared>::open(dir / "audit", support::small_trail()).value();
  std::vector<std::pair<std::uint64_t, std::string>> known[4];
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string object = std::to_string(t) + "/" + std::to_string(i);
        const auto index = trail.append_durable({.kind = mo::audit_kinds::data_accessed, .object = object});
        if (index) known[t].emplace_back(*index, object);
      }
    });
  for (auto& each : threads) each.join();
  REQUIRE(trail.close());
  const auto entries = support::entries_of(dir / "audit");
  REQUIRE(entries.size() == 100);
  for (const auto& of_one : known) {
    REQUIRE(of_one.size() == 25);
    for (const auto& [index, object] : of_one) CHECK(entries[static_cast<std::size_t>(index)].object == object);
  }
}

TEST_CASE("tree heads are signed into the trail; a key that refuses is told at the end", "[audit_trail]") {
  const support::temp_dir dir;
  {
    auto trail = mo::audit_trail<length_key>::open(dir / "audit", support::small_trail(), length_key{}).value();
    support::write_events(trail, 0, 100);
    REQUIRE(trail.close());
  }
  const auto report = mo::verify_trail(dir / "audit", length_key{}).value();
  INFO(summary(report));
  CHECK(report);
  CHECK(report.signed_heads >= 2);
  CHECK(report.signed_size == 100);
  {
    auto trail = mo::audit_trail<length_key>::open(dir / "audit", support::small_trail(), length_key{true}).value();
    support::write_events(trail, 100, 140);
    const auto closed = trail.close();
    REQUIRE_FALSE(closed);
    CHECK_THAT(closed.error().describe(), ContainsSubstring("the key is away"));
    CHECK(trail.statistics().unsigned_heads >= 1);
  }
  const auto after = mo::verify_trail(dir / "audit", length_key{}).value();
  CHECK(after);
  CHECK(after.records == 140);
  CHECK(after.signed_size == 100);
}

TEST_CASE("a trail cut off or zeroed at any byte of what was not synced goes on; one that was tampered with does not",
          "[audit_trail][repair]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  {
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, 30, 10);
  }
  const auto files = support::files_of(folder);
  const auto& [name, bytes] = *files.begin();
  const auto frames = support::frames_of(bytes);
  // The groups of ten, each with its commit, then the commit that says closed.
  REQUIRE(frames.size() == 34);
  const std::size_t unsynced = frames[22].at;
  for (std::size_t size = unsynced; size < frames[33].at; size += 11) {
    auto torn = files;
    torn.begin()->second.resize(size);
    if (size % 2 == 0) torn.begin()->second.resize(size + 8192);
    support::put_files(folder, torn);
    auto trail = mo::audit_trail<quick_files>::open(folder, options);
    INFO("cut at " << size << (trail ? "" : ": " + trail.error().message()));
    REQUIRE(trail);
    REQUIRE(trail->append({.kind = mo::audit_kinds::trail_started}) != 0);
    REQUIRE(trail->close());
    const auto entries = support::entries_of(folder);
    REQUIRE(entries.size() >= 21);
    for (std::size_t i = 0; i < 20; ++i) REQUIRE(support::is_event(entries[i], i));
    REQUIRE(entries.back().kind == "trail_started");
    const bool whole = std::any_of(frames.begin(), frames.end(), [&](const auto& each) { return each.at == size; });
    const bool repaired =
        std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.kind == "trail_repaired"; });
    if (!whole) REQUIRE(repaired);
    verified(folder);
  }
  // What a later commit says was synced is no crash's to change.
  for (std::size_t at = 4096; at < frames[33].at; at += 37) {
    auto changed = files;
    changed.begin()->second[at] ^= 4;
    support::put_files(folder, changed);
    const auto refused = mo::audit_trail<quick_files>::open(folder, options);
    INFO("byte " << at);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code() == mr::errc::corrupt);
    REQUIRE(support::files_of(folder) == changed);
  }
}

TEST_CASE("a crash between two segments is mended", "[audit_trail][repair]") {
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  auto options = support::small_trail();
  options.segment_bytes = 8 << 10;
  {
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, 80);
  }
  auto files = support::files_of(folder);
  REQUIRE(files.size() >= 2);
  while (files.size() > 2) files.erase(std::prev(files.end()));
  std::string& first = files.begin()->second;
  std::string& second = files.rbegin()->second;
  second.resize(4096);
  const std::size_t seal = support::frames_of(first).back().at;
  const std::uint64_t records = std::stoull(files.rbegin()->first.substr(11, 12));
  for (const std::size_t size : {first.size(), seal, seal + 20}) {
    auto torn = files;
    torn.begin()->second.resize(size);
    if (size == seal) torn.begin()->second.resize(size + 4096);
    support::put_files(folder, torn);
    auto trail = mo::audit_trail<quick_files>::open(folder, options);
    INFO("cut at " << size << (trail ? "" : ": " + trail.error().message()));
    REQUIRE(trail);
    REQUIRE(trail->append({.kind = mo::audit_kinds::trail_started}) != 0);
    REQUIRE(trail->close());
    CHECK(verified(folder).records == records + 1);
  }
  auto torn = files;
  torn.begin()->second.resize(seal - 200);
  support::put_files(folder, torn);
  CHECK(mo::audit_trail<quick_files>::open(folder, options).error().code() == mr::errc::corrupt);
}

TEST_CASE("a disk that is full or fails at any call loses nothing that was acknowledged", "[audit_trail][faults]") {
  const support::temp_dir dir;
  const auto run = [&](const failing_files::fault& fault, const std::string& folder, std::uint64_t& calls) {
    failing_files::plan plan;
    plan.set(fault);
    failing_files fs;
    fs.told = &plan;
    auto options = support::small_trail();
    options.segment_bytes = 5000;
    options.allocate_bytes = 1024;
    std::uint64_t known = 0;
    {
      auto trail = mo::audit_trail<failing_files>::open(folder, options, {}, fs);
      if (!trail) {
        calls = plan.calls;
        return known;
      }
      bool goes_on = true;
      for (std::uint64_t i = 0; i < 8 && goes_on; ++i)
        support::with_event(i, [&](const mo::audit_event& event) {
          const std::uint64_t seq = trail->append(event);
          mr::result<void> durable = trail->wait_durable(seq, 1s);
          // A disk that was full once has room again: the trail goes on by itself.
          for (int tries = 0; !durable && tries < 25 && fault.error == ENOSPC && !fault.for_good; ++tries) {
            std::this_thread::sleep_for(2ms);
            durable = trail->wait_durable(seq, 1s);
          }
          goes_on = seq != 0 && durable;
          if (goes_on) known = i + 1;
        });
      const auto closed = trail->close();
      if (known < 8) {
        CHECK_FALSE(closed);
        CHECK_FALSE(trail->status());
      }
    }
    calls = plan.calls;
    return known;
  };
  std::uint64_t calls = 0;
  REQUIRE(run({}, dir / "sound", calls) == 8);
  const std::uint64_t all = calls;
  REQUIRE(all > 40);
  std::uint64_t partly = 0;
  for (std::uint64_t at = 0; at < all; ++at)
    for (const auto& fault : {failing_files::fault{at, ENOSPC, false}, failing_files::fault{at, EIO, true}}) {
      const std::string folder = dir / (std::to_string(at) + (fault.for_good ? "e" : "f"));
      const std::uint64_t known = run(fault, folder, calls);
      INFO("call " << at << (fault.for_good ? ", EIO" : ", ENOSPC") << ": " << known << " acknowledged");
      partly += known > 0 && known < 8 ? 1 : 0;
      auto again = mo::audit_trail<quick_files>::open(folder, support::small_trail());
      REQUIRE(again);
      REQUIRE(again->append({.kind = mo::audit_kinds::trail_started}) != 0);
      REQUIRE(again->close());
      const auto entries = support::entries_of(folder);
      std::uint64_t next = 0;
      for (const auto& entry : entries)
        if (entry.kind == "model_deployed") REQUIRE(support::is_event(entry, next++));
      REQUIRE(next >= known);
      verified(folder);
    }
  CHECK(partly > 10);
}

TEST_CASE("what is durable was synced before, also where a file system takes no room beforehand",
          "[audit_trail][faults]") {
  struct watched_files : quick_files {
    std::atomic<bool>* unsynced = nullptr;
    std::ptrdiff_t write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
      *unsynced = true;
      return quick_files::write_at(fd, from, size, offset);
    }
    static int allocate(int, std::uint64_t, std::uint64_t) noexcept {
      errno = EOPNOTSUPP;
      return -1;
    }
    int sync_data(int) noexcept {
      *unsynced = false;
      return 0;
    }
  };
  const support::temp_dir dir;
  std::atomic<bool> unsynced{false};
  watched_files fs;
  fs.unsynced = &unsynced;
  const auto policy = GENERATE(mr::store::sync_policy::every_group, mr::store::sync_policy::interval,
                               mr::store::sync_policy::on_request);
  auto options = support::small_trail();
  options.sync = policy;
  options.segment_bytes = 5000;
  auto trail = mo::audit_trail<watched_files>::open(dir / "audit", options, {}, fs).value();
  for (std::uint64_t i = 0; i < 30; ++i) {
    support::with_event(i, [&](const mo::audit_event& event) { REQUIRE(trail.append_durable(event).value() == i); });
    CHECK_FALSE(unsynced);
  }
  REQUIRE(trail.close());
  CHECK_FALSE(unsynced);
  CHECK(verified(dir / "audit").records == 30);
}

TEST_CASE("a trail whose files are deleted or moved away acknowledges nothing more, and names the file",
          "[audit_trail][moved]") {
  namespace files = std::filesystem;
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  const std::string segment = folder + "/2026-11-30-000000000000.audit";
  struct loss {
    const char* what;
    void (*happens)(const std::string&, const std::string&);
    std::string named;
    bool deleted;
  };
  const loss losses[] = {
      {"the segment is deleted", [](const std::string&, const std::string& file) { files::remove(file); }, segment,
       true},
      {"the segment is replaced by a copy",
       [](const std::string&, const std::string& file) {
         files::copy_file(file, file + ".copy");
         files::rename(file + ".copy", file);
       },
       segment, true},
      {"the segment is renamed",
       [](const std::string&, const std::string& file) { files::rename(file, file + ".old"); }, segment, false},
      {"the folder is deleted", [](const std::string& at, const std::string&) { files::remove_all(at); }, segment,
       true},
      {"the folder is renamed", [](const std::string& at, const std::string&) { files::rename(at, at + ".old"); },
       segment, false},
      {"the folder is renamed, and a new one is put there",
       [](const std::string& at, const std::string&) {
         files::rename(at, at + ".old");
         files::create_directory(at);
       },
       segment, false},
      {"the folder is renamed, and a copy is put there",
       [](const std::string& at, const std::string&) {
         files::rename(at, at + ".old");
         files::copy(at + ".old", at);
       },
       segment, false},
      {"the lock is deleted", [](const std::string& at, const std::string&) { files::remove(at + "/audit.lock"); },
       folder + "/audit.lock", true},
  };
  for (const loss& each : losses) {
    INFO(each.what);
    files::remove_all(folder);
    files::remove_all(folder + ".old");
    auto trail = mo::audit_trail<quick_files>::open(folder, support::small_trail()).value();
    support::write_events(trail, 0, 10);
    const std::uint64_t durable = trail.durable_seq();
    const auto head = trail.head();
    each.happens(folder, segment);
    std::uint64_t seq = 0;
    support::with_event(10, [&](const mo::audit_event& event) { seq = trail.append(event); });
    const auto told = trail.wait_durable(seq, 30s);
    REQUIRE_FALSE(told);
    CHECK(told.error().code() == mr::errc::not_found);
    CHECK(told.error().message() == "cannot go on in \"" + each.named + "\": the file was " +
                                        (each.deleted ? "deleted" : "renamed or replaced") +
                                        " while the log had it open");
    CHECK(trail.durable_seq() == durable);
    CHECK(trail.head() == head);
    CHECK_FALSE(trail.healthy());
    // Whatever is put back: what was acknowledged before may be missing, so it stays at that.
    CHECK(trail.append_durable({.kind = mo::audit_kinds::login_failed}).error().code() == mr::errc::not_found);
    CHECK(trail.erase({0, "email"}, "dpo", "").error().code() == mr::errc::not_found);
    CHECK_FALSE(trail.close());
  }
}

TEST_CASE("a trail without new records says too that its files are gone, and leaves another folder alone",
          "[audit_trail][moved]") {
  namespace files = std::filesystem;
  const support::temp_dir dir;
  const std::string folder = dir / "audit";
  support::trail_files copied;
  const auto opened = [&](std::uint64_t count) {
    files::remove_all(folder);
    files::remove_all(folder + ".old");
    auto options = support::small_trail();
    options.segment_bytes = 5000;
    auto trail = mo::audit_trail<quick_files>::open(folder, options).value();
    support::write_events(trail, 0, count);
    files::rename(folder, folder + ".old");
    files::copy(folder + ".old", folder);
    copied = support::files_of(folder);
    return trail;
  };
  const auto is_left_alone = [&] { return support::files_of(folder) == copied; };
  SECTION("when it is closed") {
    auto trail = opened(3);
    const auto closed = trail.close();
    REQUIRE_FALSE(closed);
    CHECK(closed.error().code() == mr::errc::not_found);
  }
  SECTION("when something is to be erased") {
    auto trail = opened(10);
    CHECK(trail.erase({0, "email"}, "dpo", "").error().code() == mr::errc::not_found);
    CHECK(is_left_alone());
  }
  SECTION("when old segments are to be pruned") {
    auto trail = opened(60);
    CHECK(trail.prune(~std::uint64_t{0}, "retention", "").error().code() == mr::errc::not_found);
    CHECK(is_left_alone());
  }
  SECTION("when the next segment is due") {
    auto trail = opened(40);  // which fills one
    CHECK_FALSE(trail.append_durable({.kind = mo::audit_kinds::login_failed}));
    CHECK(is_left_alone());
  }
}

TEST_CASE("a trail keeps its folder when the working directory changes", "[audit_trail][moved]") {
  namespace files = std::filesystem;
  struct back {
    files::path to = files::current_path();
    ~back() { files::current_path(to); }
  };
  const support::temp_dir dir;
  const support::temp_dir other;
  const back there;
  files::current_path(dir.path());
  auto options = support::small_trail();
  options.segment_bytes = 5000;
  auto trail = mo::audit_trail<quick_files>::open("audit", options).value();
  CHECK(trail.path() == "audit");
  files::current_path(other.path());
  support::write_events(trail, 0, 90);
  CHECK(trail.erase({0, "email"}, "dpo", "").value() == 1);
  REQUIRE(trail.close());
  CHECK(verified(dir / "audit").records == 91);
  CHECK(verified(dir / "audit").segments > 1);
  CHECK(files::is_empty(other.path()));
}

TEST_CASE("a full disk is told, and the trail goes on when there is room", "[audit_trail][faults]") {
  const support::temp_dir dir;
  failing_files::plan plan;
  failing_files fs;
  fs.told = &plan;
  struct kept_diagnostics {
    std::vector<std::string> lines;
    void report(const mr::diagnostic& said) noexcept { lines.emplace_back(said.message); }
  } said;  // which the trail's thread alone writes to
  auto options = support::small_trail();
  options.diagnostics = said;
  auto trail = mo::audit_trail<failing_files>::open(dir / "audit", options, {}, fs).value();
  support::write_events(trail, 0, 10);
  plan.set({0, ENOSPC, true});
  std::uint64_t seq = 0;
  support::with_event(10, [&](const mo::audit_event& event) { seq = trail.append(event); });
  REQUIRE(seq != 0);
  const auto full = trail.wait_durable(seq, 5s);
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == mr::errc::no_space);
  CHECK_FALSE(trail.healthy());
  CHECK(trail.erase({0, "email"}, "dpo", "").error().code() == mr::errc::no_space);
  plan.set({});
  while (!trail.healthy()) std::this_thread::sleep_for(1ms);
  CHECK(trail.wait_durable(seq, 5s));
  CHECK(trail.wait_durable(seq, std::chrono::hours::max()));
  REQUIRE(trail.close());
  CHECK(said.lines == std::vector<std::string>{"the disk refuses", "the disk takes records again"});
  CHECK(verified(dir / "audit").records == 11);
}

TEST_CASE("kill -9 at a random moment: every acknowledged record is there, whole, and the trail goes on",
          "[audit_trail][crash]") {
  // tests/long/audit_kills.cpp has 300 of these.
  const support::temp_dir dir;
  mr::random_engine random(mr::entropy_seed());
  const auto kills = support::kill_writers(dir.path().string(), 30, random);
  CHECK(kills.acknowledged > 10);
  CHECK(kills.problem == "");
}

TEST_CASE("a forked copy refuses to work, and destroying it leaves the parent's trail alone", "[audit_trail][crash]") {
  const support::temp_dir dir;
  auto trail = mo::audit_trail<>::open(dir / "audit", support::small_trail()).value();
  support::write_events(trail, 0, 10);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool right = trail.is_forked_copy() && trail.append({.kind = mo::audit_kinds::login_failed}) == 0 &&
                       !trail.status() && !trail.flush() && !trail.erase({0, "email"}, "dpo", "") && !trail.close();
    {
      const auto gone = std::move(trail);
    }
    ::_exit(right ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  support::write_events(trail, 10, 20);
  // The lock is still held.
  CHECK_FALSE(mo::audit_trail<>::open(dir / "audit", support::small_trail()));
  REQUIRE(trail.close());
  CHECK(verified(dir / "audit").records == 20);
}

TEST_CASE("an audit trail that was moved from says so and is assigned to", "[audit_trail]") {
  const support::temp_dir dir;
  auto first = mo::audit_trail<>::open(dir / "a", support::small_trail()).value();
  auto second = mo::audit_trail<>::open(dir / "b", support::small_trail()).value();
  mo::audit_trail<> moved = std::move(first);
  CHECK_FALSE(first);
  REQUIRE(moved);
  support::write_events(moved, 0, 5);
  moved = std::move(second);  // closes a
  CHECK(verified(dir / "a").closed);
  first = std::move(moved);
  REQUIRE(first);
  CHECK(first.path() == dir / "b");
}
