#include <millrace/infer/online/checkpoint.hpp>

#include <millrace/detect/change/ddm.hpp>
#include <millrace/infer/online/online_learner.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/ftrl_stream.hpp>
#include <support/temp_dir.hpp>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

namespace mr = millrace;
namespace mi = millrace::infer;
namespace mm = millrace::model;
using support::ftrl_stream;
using namespace std::chrono_literals;

namespace {

using learner = mi::online_learner<mm::ftrl_logistic, mr::detect::ddm<>>;
constexpr mi::online_options with{.batch = 16, .loss = mi::online_loss::wrong_class, .window = 100};

learner begun() { return learner::make(mm::ftrl_logistic::make(ftrl_stream::columns).value(), with).value(); }
void feed(learner& made, ftrl_stream& from, int count) {
  for (int i = 0; i < count; ++i) {
    from.next();
    REQUIRE(made.update(from.row(), from.label));
  }
}

}  // namespace

TEST_CASE("a checkpoint is written each so many updates, and what resumes has the bits of what never stopped") {
  const support::temp_dir folder;
  const std::string path = folder / "clicks.state";
  learner whole = begun();
  learner parts = begun();
  ftrl_stream from;
  feed(whole, from, 1000);
  ftrl_stream again;
  mi::checkpoint kept(path, {.every = 5});
  int written = 0;
  for (int i = 0; i < 437; ++i) {
    feed(parts, again, 1);
    written += kept.update(parts).value() ? 1 : 0;
  }
  CHECK(written == 437 / 16 / 5);
  CHECK(kept.count() == 5);
  REQUIRE(kept.write(parts));  // in the middle of a batch
  auto resumed = mi::resume<learner>(path);
  REQUIRE(resumed);
  CHECK(resumed->pending() == 437 % 16);
  CHECK(resumed->samples() == 437);
  feed(*resumed, again, 1000 - 437);
  CHECK(resumed->save() == whole.save());
}

TEST_CASE("a checkpoint is written by time") {
  const support::temp_dir folder;
  std::uint64_t now = 0;
  mi::checkpoint kept(folder / "a", {.interval = 1s}, mr::manual_clock(now, 250));
  const learner made = begun();
  CHECK_FALSE(kept.update(made).value());
  now = 1'000'000'500;
  CHECK(kept.update(made).value());
  CHECK(kept.last_duration().nanoseconds == 250);
  CHECK_FALSE(kept.update(made).value());
  now += 1'000'000'000;
  CHECK(kept.update(made).value());
  mi::checkpoint never(folder / "b");
  CHECK_FALSE(never.update(made).value());
}

TEST_CASE("a path that is wrong is an error that names it, for writing and for resuming") {
  const support::temp_dir folder;
  const std::string path = folder / "missing/clicks.state";
  mi::checkpoint kept(path, {.every = 1});
  learner made = begun();
  ftrl_stream from;
  feed(made, from, 16);
  for (int i = 0; i < 2; ++i) {  // and it is tried again
    const auto found = kept.update(made);
    REQUIRE_FALSE(found);
    CHECK_THAT(found.error().describe(), ContainsSubstring(path));
  }
  const auto found = mi::resume<learner>(path);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::not_found);
  CHECK_THAT(found.error().describe(), ContainsSubstring(path));
  REQUIRE(mr::store::write_file(folder / "other", "no learner"));
  const auto other = mi::resume<learner>(folder / "other");
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().describe(), ContainsSubstring("cannot resume from"));
}

#if defined(__linux__)
TEST_CASE("a checkpoint that is larger than memory is an error that names it") {
  if (!support::counts_allocations) return;  // a sanitizer's allocator ends the program instead
  const mr::store::file large(::memfd_create("large", MFD_CLOEXEC), "large");
  REQUIRE(large.is_open());
  if (::ftruncate(large.descriptor(), off_t{1} << 62) != 0) return;  // not on every system
  const std::string path = "/proc/self/fd/" + std::to_string(large.descriptor());
  const auto found = mi::resume<learner>(path);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::unavailable);
  CHECK_THAT(found.error().describe(), ContainsSubstring(path) && ContainsSubstring("4611686018427387904 bytes"));
}
#endif

TEST_CASE("a learner killed at any moment leaves a checkpoint that goes on counting") {
  const support::temp_dir folder;
  const std::string path = folder / "clicks.state";
  {
    mi::checkpoint kept(path);
    REQUIRE(kept.write(begun()));
  }
  std::uint64_t before = 0;
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto made = mi::resume<learner>(path);
      if (!made) ::_exit(1);
      mi::checkpoint kept(path);
      ftrl_stream from;
      for (;;) {
        for (int i = 0; i < 16; ++i) {
          from.next();
          (void)made->update(from.row(), from.label);
        }
        (void)kept.write(*made);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(3000 + round * 317));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    auto resumed = mi::resume<learner>(path);
    REQUIRE(resumed);
    CHECK(resumed->updates() >= before);
    CHECK(resumed->learnt() == 16 * resumed->updates());
    CHECK(resumed->model().count() == resumed->learnt());
    CHECK(resumed->pending() == 0);
    before = resumed->updates();
  }
  CHECK(before > 0);
}
