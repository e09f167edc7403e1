#include <millrace/deliver/rollout/kept.hpp>

#include <millrace/core/duration.hpp>
#include <millrace/core/seed.hpp>
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
#include <cstdlib>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
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

namespace {

template <class Storage>
void check_that_nothing_is_lost() {
  support::temp_dir folder;
  auto made = [&] {
    if constexpr (std::is_same_v<Storage, ms::folder_storage>)
      return *ms::folder_storage::open(folder / "kept");
    else
      return ms::memory_storage();
  }();
  Storage& storage = made;
  REQUIRE(release_on(storage, "a").start("ada"));
  const std::string key = "deployments/fraud/state";
  const auto kept = storage.read(key);
  REQUIRE(kept);
  const auto stays = [&](auto& release) {
    CHECK_FALSE(release.restore());
    for (int i = 0; i < 3; ++i) CHECK_FALSE(release.start("ada"));
    CHECK(*storage.read(key) == *kept);
  };
  md::rollout other{scale{}, scale{}, md::blue_green(), md::kept_in{storage}, md::rollout_options{.name = "fraud"}};
  stays(other);
  // Whoever has not looked does not begin anew, either.
  auto again = release_on(storage, "a");
  CHECK(again.start("ada").error().code() == mr::errc::conflict);
  CHECK(again.state().phase == phase::running);
  // Evidence that another judge has kept.
  REQUIRE(storage.write("deployments/fraud/evidence/1/a", *kept));
  auto unread = release_on(storage, "a");
  CHECK_FALSE(unread.restore());
  REQUIRE(storage.remove("deployments/fraud/evidence/1/a"));
  CHECK(*storage.read(key) == *kept);
  // A state of which a part is missing.
  const std::vector<std::byte> half(kept->begin(), kept->begin() + 40);
  REQUIRE(storage.write(key, half));
  auto broken_off = release_on(storage, "a");
  CHECK(broken_off.restore().error().code() == mr::errc::corrupt);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(broken_off.start("ada"));
  CHECK(*storage.read(key) == half);
}

template <class Storage>
auto release_of(Storage& storage, std::string candidate) {
  return md::rollout<scale, scale, md::canary<50, 75, 100>, told_judge, md::kept_in<Storage>, md::rollout_options>(
      scale{1}, scale{2}, md::canary<50, 75, 100>(), told_judge(), md::kept_in<Storage>(storage, "a"),
      md::rollout_options{.name = "fraud", .candidate = std::move(candidate), .rules = {.min_requests = 100}});
}

}  // namespace

TEST_CASE("a release does not write over what it could not read", "[deliver][rollout]") {
  check_that_nothing_is_lost<ms::memory_storage>();
  check_that_nothing_is_lost<ms::folder_storage>();
}

TEST_CASE("the next candidate does not take up where the last one ended", "[deliver][rollout]") {
  ms::memory_storage storage;
  {
    auto second = release_of(storage, "v2");
    REQUIRE(second.start("ada"));
    // While it is under way, no other candidate has its place.
    auto third = release_of(storage, "v3");
    const auto refused = third.restore();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() ==
          "the rollout \"canary<50, 75, 100>\", which is draft, has the candidate \"v3\" and cannot begin while the "
          "rollout of \"v2\" is running");
    CHECK_FALSE(third.start("ada"));
    for (int i = 0; i < 10 && second.state().phase != phase::promoted; ++i) {
      ask(second, 1000);
      REQUIRE(second.approve("ada", "well"));
      REQUIRE(second.decide());
    }
    REQUIRE(second.state().phase == phase::promoted);
  }
  // The program is started anew with the same candidate: it has all requests.
  auto same = release_of(storage, "v2");
  REQUIRE(same.restore()->phase == phase::promoted);
  CHECK(same(request{"", 1}) == 2);
  // With the next one: that has none until its own rollout is started.
  for (const bool looks : {true, false}) {
    INFO((looks ? "restore and start" : "start alone"));
    auto next = release_of(storage, "v3");
    if (looks) {
      const auto found = next.restore();
      REQUIRE(found);
      CHECK(found->phase == phase::draft);
      CHECK(found->number == 2);
      CHECK(next.judge().counts[1] == 0);
      for (int i = 0; i < 100; ++i) CHECK(next(request{"", 1}) == 1);
    }
    REQUIRE(next.start("ada"));
    CHECK(next.state().number == 2);
    CHECK(next.state().candidate == "v3");
    CHECK(next.state().share == 500'000);
    if (!looks) break;
    REQUIRE(storage.remove("deployments/fraud/state"));
    auto before = release_of(storage, "v2");
    REQUIRE(before.start());
    REQUIRE(before.roll_back("ada", ""));
  }
  // Another strategy may follow one that has ended.
  REQUIRE(release_of(storage, "v3").restore());
  md::rollout other{scale{}, scale{}, md::blue_green(), md::kept_in{storage},
                    md::rollout_options{.name = "fraud", .candidate = "v4"}};
  CHECK_FALSE(other.restore());
  auto ending = release_of(storage, "v3");
  REQUIRE(ending.restore());
  REQUIRE(ending.roll_back("ada", ""));
  REQUIRE(other.restore()->phase == phase::draft);
  REQUIRE(other.start());
  CHECK(other.state().number == 3);
  // Who has not looked does not begin the first one anew.
  auto late = release_of(storage, "v5");
  const auto kept = storage.read("deployments/fraud/state");
  for (int i = 0; i < 3; ++i) CHECK(late.start().error().code() == mr::errc::conflict);
  CHECK(*storage.read("deployments/fraud/state") == *kept);
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

namespace {

/// A host's way to a storage, which may be cut.
class way {
 public:
  explicit way(ms::memory_storage& to) noexcept : to_(&to) {}

  bool is_cut = false;
  bool takes_no_evidence = false;

  mr::result<std::vector<std::byte>> read(std::string_view key) const {
    if (is_cut) return cut();
    return to_->read(key);
  }
  mr::result<ms::storage_entry> examine(std::string_view key) const {
    if (is_cut) return cut();
    return to_->examine(key);
  }
  mr::result<std::vector<ms::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) const {
    if (is_cut) return cut();
    return to_->list(prefix, after, limit);
  }
  mr::result<ms::stored_bytes> read_versioned(std::string_view key) const {
    if (is_cut) return cut();
    return to_->read_versioned(key);
  }
  mr::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (is_cut || takes_no_evidence) return cut();
    return to_->write(key, bytes);
  }
  mr::result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    if (is_cut) return cut();
    return to_->write_if(key, bytes, version);
  }
  mr::result<void> remove(std::string_view key) { return to_->remove(key); }

 private:
  static mr::error cut() { return mr::error(mr::errc::io, "no way"); }

  ms::memory_storage* to_;
};

}  // namespace

TEST_CASE("whatever takes the candidate back takes it back without the storage, too", "[deliver][rollout]") {
  for (const bool is_full : {true, false})
    for (const bool is_stopped : {true, false}) {
      INFO("full " << is_full << ", stopped " << is_stopped);
      ms::memory_storage storage;
      way to(storage);
      auto release = release_on(to, "a", rolls_back_after(10), broken{});
      auto other = release_on(storage, "b", rolls_back_after(10), broken{});
      REQUIRE(release.start());
      REQUIRE(other.restore());
      while (other.judge().failures[1] < 6) ask(other, 1, -1);
      REQUIRE(other.decide()->phase == phase::running);
      REQUIRE(release.decide()->phase == phase::running);
      (is_full ? to.takes_no_evidence : to.is_cut) = true;
      CHECK(release.decide().error().code() == mr::errc::io);
      CHECK(release.state().phase == phase::running);
      // With what it has heard of the other before.
      if (is_stopped) release.stop_candidate();
      while (!is_stopped && release.judge().failures[1] < 4) ask(release, 1, -1);
      const auto back = release.decide();
      REQUIRE(back);
      CHECK(back->phase == phase::rolled_back);
      CHECK(back->cause == (is_stopped ? md::rollout_cause::stopped : md::rollout_cause::evidence));
      to.is_cut = to.takes_no_evidence = false;
      REQUIRE(release.decide());
      CHECK(other.decide()->phase == phase::rolled_back);
    }
}

TEST_CASE("a host that was cut off follows what others did, and only its steps back count", "[deliver][rollout]") {
  told_judge promotes;
  promotes.says = md::verdict::promote;
  enum class word { pause, resume, abort, roll_back };
  const auto say = [](auto& to, word what) {
    return what == word::pause    ? to.pause("eve", "")
           : what == word::resume ? to.resume("eve", "")
           : what == word::abort  ? to.abort("eve", "")
                                  : to.roll_back("eve", "");
  };
  const auto both = [&](word here, std::vector<word> there, bool promoted) {
    INFO("here " << static_cast<int>(here) << ", others promoted it " << promoted);
    ms::memory_storage storage;
    way to(storage);
    auto cut = release_on(to, "a", promotes, scale{2});
    auto other = release_on(storage, "b", promotes, scale{2});
    REQUIRE(cut.start());
    if (here == word::resume) REQUIRE(cut.pause("eve", ""));
    REQUIRE(other.restore());
    to.is_cut = true;
    REQUIRE(say(cut, here));
    if (promoted && here == word::resume) REQUIRE(other.resume("ada", ""));
    for (const word each : there) REQUIRE(say(other, each));
    while (promoted && is_under_way(other.state().phase)) {
      ask(other, 1000);
      REQUIRE(other.decide());
    }
    to.is_cut = false;
    REQUIRE(cut.decide());
    // Who comes to it now sees the same, and so do both.
    const md::rollout_state kept = *release_on(storage, "c", promotes, scale{2}).restore();
    CHECK(kept.phase == cut.state().phase);
    REQUIRE(other.decide());
    CHECK(other.state().phase == kept.phase);
    const double answer = kept.phase == phase::promoted ? 2 : 1;
    for (int i = 0; i < 50 && !is_under_way(kept.phase); ++i) {
      CHECK(cut(request{"", 1}) == answer);
      CHECK(other(request{"", 1}) == answer);
    }
    return kept.phase;
  };
  CHECK(both(word::pause, {word::roll_back}, false) == phase::rolled_back);
  CHECK(both(word::resume, {word::roll_back}, false) == phase::rolled_back);
  CHECK(both(word::resume, {word::abort}, false) == phase::rolled_back);
  CHECK(both(word::pause, {word::pause, word::resume}, false) == phase::paused);
  CHECK(both(word::pause, {}, true) == phase::promoted);
  CHECK(both(word::roll_back, {}, true) == phase::rolled_back);
  CHECK(both(word::roll_back, {word::pause, word::resume, word::pause, word::resume}, false) == phase::rolled_back);
}

TEST_CASE("a host that slept while others went on to the next rollout goes back to stable", "[deliver][rollout]") {
  ms::memory_storage storage;
  auto sleeps = release_on(storage, "a", {}, scale{2});
  auto other = release_on(storage, "b", {}, scale{2});
  REQUIRE(sleeps.start());
  REQUIRE(other.restore());
  REQUIRE(other.roll_back("ada", "slow"));
  REQUIRE(other.begin(scale{3}));
  REQUIRE(other.start());
  CHECK(sleeps.decide().error().code() == mr::errc::conflict);
  CHECK(sleeps.state().phase == phase::rolled_back);
  for (int i = 0; i < 100; ++i) CHECK(sleeps(request{"", 1}) == 1);
  CHECK(other.decide()->phase == phase::running);
  REQUIRE(sleeps.begin(scale{3}));
  CHECK(sleeps.state().phase == phase::running);
  CHECK(sleeps.state().changes == other.state().changes);
  // Who slept for longer begins no rollout in the place of a later one.
  REQUIRE(other.roll_back("ada", ""));
  REQUIRE(other.begin(scale{4}));
  REQUIRE(other.roll_back("ada", "").error().code() == mr::errc::conflict);  // a draft
  REQUIRE(other.start());
  REQUIRE(other.abort("ada", ""));
  REQUIRE(other.begin(scale{5}));
  REQUIRE(other.start());
  CHECK(sleeps.decide().error().code() == mr::errc::conflict);
  CHECK(sleeps.begin(scale{9}).error().code() == mr::errc::conflict);
  CHECK(other.decide()->number == 4);
}

TEST_CASE("releases, hosts and people may have any names", "[deliver][rollout]") {
  ms::memory_storage storage;
  const std::string name("a/../\xff\0 \n", 9);
  const auto made = [&](std::string host) {
    return md::rollout<scale, scale, md::canary<50, 100>, told_judge, md::kept_in<ms::memory_storage>,
                       md::rollout_options>(scale{1}, scale{2}, md::canary<50, 100>(), told_judge(),
                                            md::kept_in<ms::memory_storage>(storage, std::move(host)),
                                            md::rollout_options{.name = name});
  };
  auto one = made(name);
  auto other = made("");
  REQUIRE(one.start(name, "\xc3\x28"));
  REQUIRE(other.restore()->phase == phase::running);
  ask(one, 100);
  ask(other, 100);
  REQUIRE(one.decide());
  REQUIRE(other.decide());
  REQUIRE(made("c").restore()->phase == phase::running);
  REQUIRE(one.roll_back(std::string(100'000, '\x01'), name));
  CHECK(other.decide()->phase == phase::rolled_back);
}

TEST_CASE("hosts that are cut off at random agree once they are not", "[deliver][rollout]") {
  const char* const more = std::getenv("MILLRACE_FLEETS");
  const int fleets = more != nullptr ? std::stoi(more) : 200;
  for (int seed = 1; seed <= fleets; ++seed) {
    INFO("seed " << seed);
    mr::random_engine random(static_cast<std::uint64_t>(seed));
    told_judge judge = rolls_back_after(500);
    judge.says = md::verdict::promote;
    ms::memory_storage storage;
    std::deque<way> ways;
    std::deque<decltype(release_on(ways.front(), "a", judge, broken{}))> hosts;
    for (int i = 0; i < 3; ++i) ways.emplace_back(storage);
    for (int i = 0; i < 3; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      hosts.emplace_back(
          scale{1}, broken{}, md::canary<50, 75, 100>(), judge,
          md::kept_in<way>(ways[static_cast<std::size_t>(i)], name),
          md::rollout_options{.name = "fraud", .rules = {.min_requests = 100, .return_length = mr::duration(1)}});
    }
    REQUIRE(hosts[0].start());
    bool was_rolled_back = false;
    for (int event = 0; event < 40; ++event) {
      const std::size_t at = random.below(3);
      auto& host = hosts[at];
      switch (random.below(12)) {
        case 0: static_cast<void>(host.pause("ada", "")); break;
        case 1: static_cast<void>(host.resume("ada", "")); break;
        case 2: static_cast<void>(host.abort("ada", "")); break;
        case 3:
          if (random.below(3) == 0) static_cast<void>(host.roll_back("ada", ""));
          break;
        case 4: static_cast<void>(host.approve("ada", "")); break;
        case 5: ways[at].is_cut = !ways[at].is_cut; break;
        case 6: ways[at].takes_no_evidence = !ways[at].takes_no_evidence; break;
        case 7:
          if (is_under_way(host.state().phase)) ask(host, 20, -1);
          break;
        case 8:
          if (random.below(8) == 0) host.stop_candidate();
          break;
        default: ask(host, 200); static_cast<void>(host.decide());
      }
      // Nobody serves what it says it does not.
      const md::rollout_state now = host.state();
      was_rolled_back = was_rolled_back || now.phase == phase::rolled_back;
      if (is_under_way(now.phase)) continue;
      const double answer = now.phase == phase::promoted ? 2 : 1;
      for (int i = 0; i < 10; ++i) REQUIRE(host(request{"", 1}) == answer);
    }
    for (way& each : ways) each.is_cut = each.takes_no_evidence = false;
    for (int round = 0; round < 3; ++round)
      for (auto& host : hosts) REQUIRE(host.decide());
    const md::rollout_state kept = *release_on(storage, "d", judge, broken{}).restore();
    for (auto& host : hosts) {
      CHECK(host.state().phase == kept.phase);
      CHECK(host.state().step == kept.step);
      if (is_under_way(kept.phase)) continue;
      for (int i = 0; i < 10; ++i) REQUIRE(host(request{"", 1}) == (kept.phase == phase::promoted ? 2 : 1));
    }
    if (was_rolled_back) CHECK(kept.phase == phase::rolled_back);
  }
}
