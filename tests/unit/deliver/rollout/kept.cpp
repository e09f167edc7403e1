#include <millrace/deliver/rollout/kept.hpp>

#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::store;

using phase = md::rollout_phase;
using support::request;
using support::scale;
using support::told_judge;

namespace {

struct broken {
  double operator()(const request& asked) const {
    if (asked.value < 0) throw 1;
    return 2 * asked.value;
  }
};
told_judge rolls_back_after(std::uint64_t failures) {
  told_judge made;
  made.max_failures = failures;
  return made;
}
template <class Storage, class Candidate = scale>
auto release_on(Storage& storage, std::string host, told_judge judge = {}, Candidate candidate = {}) {
  return md::rollout<scale, Candidate, md::canary<50, 75, 100>, told_judge, md::kept_in<Storage>, md::rollout_options>(
      scale{1}, candidate, md::canary<50, 75, 100>(), std::move(judge), md::kept_in<Storage>(storage, std::move(host)),
      md::rollout_options{.name = "fraud", .rules = {.min_requests = 100}});
}
template <class Release>
void ask(Release& release, int times, double value = 1) {
  for (int i = 0; i < times; ++i) static_cast<void>(release(request{"", value}));
}

}  // namespace

TEST_CASE("a release that is restored goes on at the same step with the same evidence", "[deliver][rollout]") {
  ms::memory_storage storage;
  std::uint64_t counted = 0;
  {
    auto release = release_on(storage, "a");
    REQUIRE(release.restore()->phase == phase::draft);
    REQUIRE(release.start("ada", "new features"));
    CHECK(release.restore().error().code() == mr::errc::conflict);
    ask(release, 1000);
    REQUIRE(release.decide()->step == 1);
    ask(release, 50);
    REQUIRE(release.decide()->step == 1);
    counted = release.judge().counts[1];
    ask(release, 50);  // what is counted after the last look is lost with the process
  }
  auto again = release_on(storage, "a");
  const auto state = again.restore();
  REQUIRE(state);
  CHECK(state->phase == phase::running);
  CHECK(state->step == 1);
  CHECK(again.judge().counts[1] == counted);
  ask(again, 1000);
  CHECK(again.judge().counts[1] > counted + 600);
  // One of another strategy is not its own.
  md::rollout other{scale{}, scale{}, md::blue_green(), md::kept_in{storage}, md::rollout_options{.name = "fraud"}};
  CHECK(other.restore().error().code() == mr::errc::conflict);
}

TEST_CASE("all hosts are one: evidence is added up, and one verdict holds for all", "[deliver][rollout]") {
  ms::memory_storage storage;
  auto first = release_on(storage, "a", rolls_back_after(10), broken{});
  auto second = release_on(storage, "b", rolls_back_after(10), broken{});
  auto third = release_on(storage, "c", rolls_back_after(10), broken{});
  REQUIRE(first.start());
  // Who starts later finds it started.
  REQUIRE(second.restore()->phase == phase::running);
  REQUIRE(third.decide()->phase == phase::running);
  // None of them has the requests that a step takes, all together have.
  ask(first, 90);
  ask(second, 90);
  ask(third, 90);
  REQUIRE(first.decide()->step == 0);
  REQUIRE(second.decide()->step == 0);
  const auto moved = third.decide();
  REQUIRE(moved);
  CHECK(moved->step == 1);
  REQUIRE(first.decide()->step == 1);
  REQUIRE(second.decide()->step == 1);
  CHECK(first.state().changes == 2);
  CHECK(second.state() == third.state());
  // Nor has one the failures.
  while (first.judge().failures[1] < 4) ask(first, 1, -1);
  while (second.judge().failures[1] < 4) ask(second, 1, -1);
  REQUIRE(first.decide()->phase == phase::running);
  REQUIRE(second.decide()->phase == phase::running);
  while (third.judge().failures[1] < 2) ask(third, 1, -1);
  REQUIRE(third.decide()->phase == phase::rolled_back);
  REQUIRE(first.decide()->phase == phase::rolled_back);
  CHECK(first.state().cause == md::rollout_cause::evidence);
  for (int i = 0; i < 100; ++i) CHECK(second(request{"", 1}) <= 2);
  REQUIRE(second.decide()->phase == phase::rolled_back);
  for (int i = 0; i < 100; ++i) CHECK(second(request{"", 1}) == 1);
}

TEST_CASE("of two hosts that decide at once, one does", "[deliver][rollout]") {
  ms::memory_storage storage;
  auto first = release_on(storage, "a");
  auto second = release_on(storage, "b");
  REQUIRE(first.start());
  REQUIRE(second.restore());
  REQUIRE(first.pause("ada", "let me see"));
  // The second does not know of the pause yet: its own is based on a state that is no more.
  const auto late = second.pause("eve", "wait");
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == mr::errc::conflict);
  CHECK(second.state() == first.state());
  // A rollback wins against what it did not know.
  REQUIRE(first.resume("ada", ""));
  REQUIRE(second.roll_back("eve", "slow"));
  CHECK(first.decide()->phase == phase::rolled_back);
  CHECK(first.state().actor == "eve");
}

namespace {

/// A storage that fails when told to.
class failing : public ms::memory_storage {
 public:
  bool fails = false;
  mr::result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    if (fails) return mr::error(mr::errc::io, "no disk");
    return memory_storage::write_if(key, bytes, version);
  }
};

}  // namespace

TEST_CASE("without the storage no step is taken forward, and all are taken back", "[deliver][rollout]") {
  failing storage;
  auto release = release_on(storage, "a");
  storage.fails = true;
  CHECK(release.start().error().code() == mr::errc::io);
  CHECK(release.state().phase == phase::draft);
  storage.fails = false;
  REQUIRE(release.start());
  storage.fails = true;
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK(release.state().phase == phase::rolled_back);
  CHECK(release_on(storage, "a").restore()->phase == phase::running);
  storage.fails = false;
  REQUIRE(release.decide());
  CHECK(release_on(storage, "a").restore()->phase == phase::rolled_back);
}

namespace {

/// A folder whose process is killed at one of its writes, before or after it.
class deadly_folder {
 public:
  deadly_folder(ms::folder_storage& folder, int write, bool is_after) noexcept
      : folder_(&folder), left_(write), is_after_(is_after) {}

  mr::result<std::vector<std::byte>> read(std::string_view key) const { return folder_->read(key); }
  mr::result<ms::storage_entry> examine(std::string_view key) const { return folder_->examine(key); }
  mr::result<std::vector<ms::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) const {
    return folder_->list(prefix, after, limit);
  }
  mr::result<void> remove(std::string_view key) { return folder_->remove(key); }
  mr::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    const bool dies = --left_ == 0;
    if (dies && !is_after_) ::kill(::getpid(), SIGKILL);
    auto done = folder_->write(key, bytes);
    if (dies) ::kill(::getpid(), SIGKILL);
    return done;
  }

 private:
  ms::folder_storage* folder_;
  int left_;
  bool is_after_;
};

/// From the draft to the end, by way of each phase. Goes on where it finds itself.
template <class Release>
void live(Release& release, bool ends_well) {
  const auto found = release.restore();
  if (!found) ::_exit(2);
  if (found->phase == phase::draft && !release.start()) ::_exit(3);
  for (int i = 0; i < 100 && is_under_way(release.state().phase); ++i) {
    ask(release, 300);
    const md::rollout_state state = release.state();
    if (state.phase == phase::paused && !release.resume("ada", "")) ::_exit(4);
    if (state.phase == phase::running && state.step == 1) {
      if (state.cause != md::rollout_cause::asked) {
        if (!release.pause("ada", "")) ::_exit(5);
        continue;
      }
      if (!(ends_well ? release.approve("ada", "") : release.abort("ada", ""))) ::_exit(6);
    }
    if (!release.decide()) ::_exit(7);
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("a release that is killed at any write goes on, and ends as it should", "[deliver][rollout]") {
  for (const bool ends_well : {true, false})
    for (const bool is_after : {false, true})
      for (int write = 1;; ++write) {
        support::temp_dir folder;
        INFO("write " << write << (is_after ? " after" : " before"));
        REQUIRE(write < 60);
        std::uint64_t changes = 0;
        std::uint64_t counted = 0;
        bool is_killed = false;
        for (int lives = 0;; ++lives) {
          REQUIRE(lives < 3);
          const pid_t child = ::fork();
          if (child == 0) {
            auto storage = ms::folder_storage::open(folder / "kept");
            deadly_folder deadly(*storage, lives == 0 ? write : 0, is_after);
            auto release = release_on(deadly, "a");
            live(release, ends_well);
          }
          int status = 0;
          REQUIRE(::waitpid(child, &status, 0) == child);
          // What is in the storage is a whole state, and never an earlier one than before.
          auto storage = ms::folder_storage::open(folder / "kept");
          auto seen = release_on(*storage, "a");
          const auto state = seen.restore();
          REQUIRE(state);
          CHECK(state->changes >= changes);
          CHECK(seen.judge().counts[0] >= counted);
          changes = state->changes;
          counted = seen.judge().counts[0];
          if (WIFEXITED(status)) {
            REQUIRE(WEXITSTATUS(status) == 0);
            CHECK(state->phase == (ends_well ? phase::promoted : phase::rolled_back));
            break;
          }
          is_killed = true;
          REQUIRE(WTERMSIG(status) == SIGKILL);
        }
        if (!is_killed) break;
      }
}
