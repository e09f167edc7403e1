#include <millrace/resilience/locks/file_lock.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace res = millrace::resilience;
using namespace std::chrono_literals;

namespace {

std::string content(const std::string& path) { return mr::store::read_file(path).value(); }
std::uint64_t fixed_time() noexcept { return 1'737'469'822'123'456'000U; }
res::file_lock_options training() { return {.purpose = "nightly training", .wall_clock = fixed_time}; }

/// Runs `work` in a child, whose exit status is its result.
template <class Work>
pid_t child(Work work) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(work());
  return pid;
}
int status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// One byte from one process to another.
struct signal_pipe {
  int ends[2] = {-1, -1};
  signal_pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~signal_pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  void send() const { (void)!::write(ends[1], "x", 1); }
  void await() const {
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0 && errno == EINTR) {
    }
  }
};

struct kept_diagnostics {
  std::vector<std::string> lines;
  void report(const mr::diagnostic& said) noexcept {
    std::string line(said.message);
    for (const auto& each : said.fields)
      each.visit([&]<class T>(const T& value) {
        if constexpr (std::is_same_v<T, std::string_view>)
          (line += "; ") += value;
        else
          (line += "; ") += std::to_string(value);
      });
    lines.push_back(std::move(line));
  }
};

}  // namespace

TEST_CASE("one at a time holds a file lock, and the others are told who", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "models.lock";
  const res::file_lock lock(path, training());
  const std::string self = "pid " + std::to_string(::getpid()) + " on " + res::this_process({}).host +
                           " since 2025-01-21T14:30:22.123456Z, for \"nightly training\"";
  {
    auto held = lock.try_lock();
    REQUIRE(held);
    CHECK(*held);
    CHECK_FALSE(held->is_shared());
    CHECK(held->confirm());
    CHECK(res::describe(lock.owner().value()) == self);
    CHECK(content(path) == res::to_text(res::this_process("nightly training", fixed_time())));

    for (const auto& refused : {lock.try_lock().error(), lock.try_lock_shared().error()}) {
      CHECK(refused.code() == mr::errc::unavailable);
      CHECK(refused.message() == "cannot lock \"" + path + "\": this process holds it: " + self);
    }
    const auto late = res::file_lock(path).lock(2ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == mr::errc::timeout);
    CHECK(late.error().message() == "cannot lock \"" + path + "\" within 2 ms: this process holds it: " + self);

    res::held_file_lock moved = *std::move(held);
    CHECK_FALSE(*held);
    CHECK(held->confirm().error().code() == mr::errc::closed);
    CHECK(moved);
    held = std::move(moved);
    CHECK_FALSE(lock.try_lock());
  }
  CHECK(content(path).empty());  // released: nobody is named, and the file stays
  CHECK(lock.owner().error().code() == mr::errc::not_found);

  auto one = lock.try_lock_shared();
  auto two = lock.lock_shared(0s);
  REQUIRE((one && two));
  CHECK(one->is_shared());
  const auto alone = lock.try_lock();
  REQUIRE_FALSE(alone);
  CHECK_THAT(alone.error().message(), ContainsSubstring("left no name in it"));
  one->release();
  CHECK_FALSE(*one);
  CHECK_FALSE(lock.try_lock());
  two->release();
  CHECK(lock.try_lock());
}

TEST_CASE("a lock is waited for by the clock and the sleeper that were given, and a long wait is reported",
          "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  std::uint64_t now = 0;
  kept_diagnostics said;
  const res::basic_file_lock<mr::manual_clock, res::manual_sleeper> lock(
      path, {.diagnostics = said}, mr::manual_clock(now), res::manual_sleeper(now));
  const auto held = res::file_lock(path, training()).try_lock();
  REQUIRE(held);
  const auto refused = lock.lock(3s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::timeout);
  CHECK(now == 3'000'000'000U);  // the last pause ends with the limit
  REQUIRE(said.lines.size() == 1);
  CHECK_THAT(said.lines[0], ContainsSubstring("still waits for a lock; " + path + "; this process holds it: pid "));

  // A sleeper that lets the holder go after a while.
  struct releasing {
    std::uint64_t* now;
    res::held_file_lock* held;
    void sleep(mr::duration length, const res::stop_source*) const noexcept {
      *now += static_cast<std::uint64_t>(length.nanoseconds);
      if (*now >= 100'000'000) held->release();
    }
  };
  auto again = res::file_lock(dir / "b.lock").try_lock();
  now = 0;
  const res::basic_file_lock<mr::manual_clock, releasing> waits(dir / "b.lock", {}, mr::manual_clock(now),
                                                                releasing{&now, &*again});
  CHECK(waits.lock(1h));
  CHECK(now >= 100'000'000);
  CHECK(now < 200'000'000);
}

TEST_CASE("who waits for a lock never spins, and pauses of any length are defined", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  const auto held = res::file_lock(path).try_lock();
  REQUIRE(held);
  struct counting : res::manual_sleeper {
    counting(std::uint64_t& now, int& times) noexcept : manual_sleeper(now), count(&times) {}
    void sleep(mr::duration length, const res::stop_source* stop = nullptr) const noexcept {
      if (++*count > 1'000'000) std::abort();  // for ever: a pause of nothing
      manual_sleeper::sleep(length, stop);
    }
    int* count;
  };
  const auto naps = [&](mr::duration longest_pause, mr::duration longest) {
    std::uint64_t now = 0;
    int times = 0;
    const res::basic_file_lock<mr::manual_clock, counting> lock(path, {.longest_pause = longest_pause},
                                                                mr::manual_clock(now), counting(now, times));
    CHECK(lock.lock(longest).error().code() == mr::errc::timeout);
    return times;
  };
  CHECK(naps(mr::duration(0), 10ms) == 100);
  CHECK(naps(mr::duration(-1), 10ms) == 100);
  CHECK(naps(mr::duration(500'000), 10ms) == 20);
  CHECK(naps(mr::duration(3'000'000), 10ms) == 5);  // 1, 2, 3, 3 and the rest
  const mr::duration ages(std::int64_t{9'000'000'000'000'000'000});
  CHECK(naps(ages, ages) == 44);
}

TEST_CASE("a file with other content, a folder and a pipe are no locks, and stay as they are", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "model.onnx";
  REQUIRE(mr::store::write_file(path, std::string_view("weights")));
  for (const auto& refused :
       {res::file_lock(path).try_lock().error(), res::file_lock(path).try_lock_shared().error()}) {
    CHECK(refused.code() == mr::errc::invalid_argument);
    CHECK_THAT(refused.message(), ContainsSubstring("content that is not a lock's"));
  }
  CHECK(content(path) == "weights");
  REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK(res::file_lock(dir / "pipe").lock(0s).error().code() == mr::errc::invalid_argument);
  CHECK(res::file_lock(dir / "").try_lock().error().code() == mr::errc::invalid_argument);
  const auto nowhere = res::file_lock(dir / "no/such.lock").try_lock();
  CHECK(nowhere.error().code() == mr::errc::not_found);
  CHECK_THAT(nowhere.error().message(), ContainsSubstring("no/such.lock"));
  // What another version's lock, or a torn record, left.
  for (const char* text : {"millrace lock 1\npid", "millrace lo", "millrace lock 1\n\xff"}) {
    REQUIRE(mr::store::write_file(dir / "old.lock", std::string_view(text)));
    const auto held = res::file_lock(dir / "old.lock").try_lock();
    CHECK(held);
    CHECK(res::file_lock(dir / "old.lock").owner().value().pid == ::getpid());
  }
}

TEST_CASE("a lock whose file is deleted or replaced is not granted to two", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  const res::file_lock lock(path);
  auto held = lock.try_lock();
  REQUIRE(held);
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(held->confirm().error().code() == mr::errc::not_found);
  auto next = lock.try_lock();  // nothing can keep it out: it finds no file
  REQUIRE(next);
  CHECK(next->confirm());
  held->release();
  CHECK(content(path).starts_with("millrace lock 1\n"));  // not taken away by the one who had the deleted file
  // Whoever waits with the old file open goes over to the one that is at the path.
  struct deleting {
    const std::string* path;
    void sleep(mr::duration, const res::stop_source*) const noexcept { ::unlink(path->c_str()); }
  };
  const res::basic_file_lock<mr::steady_clock, deleting> waits(path, {}, {}, deleting{&path});
  const auto after = waits.lock(1h);
  REQUIRE(after);
  CHECK(after->confirm());
  CHECK_FALSE(next->confirm());
}

TEST_CASE("a killed holder frees the lock, and its name does not stay in the way", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  const signal_pipe locked;
  const pid_t holder = child([&] {
    auto held = res::file_lock(path, {.purpose = "to be killed"}).try_lock();
    if (!held) return 1;
    locked.send();
    for (;;) ::pause();
  });
  locked.await();
  const res::file_lock lock(path);
  const auto refused = lock.try_lock();
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message(), ContainsSubstring("it is held by pid " + std::to_string(holder) + " on "));
  CHECK_THAT(refused.error().message(), ContainsSubstring("\"to be killed\""));
  ::kill(holder, SIGKILL);
  CHECK(status_of(holder) == 128 + SIGKILL);
  CHECK(lock.owner().value().pid == holder);  // who held it last
  {
    const auto shared = lock.try_lock_shared();
    REQUIRE(shared);
    CHECK(lock.owner().error().code() == mr::errc::not_found);
  }
  CHECK(lock.try_lock());
}

TEST_CASE("a child holds nothing of its parent's lock, so the parent's end frees it", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  const signal_pipe forked;
  const signal_pipe done;
  const pid_t parent = child([&] {
    auto held = res::file_lock(path).try_lock();
    if (!held) return 1;
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      // The copy holds nothing, its release takes nothing away, and the lock is still the parent's.
      const bool right = !*held && !held->confirm() && !res::file_lock(path).try_lock();
      held->release();
      if (!right || res::file_lock(path).owner().value().pid != ::getppid()) ::_exit(1);
      forked.send();
      done.await();
      ::_exit(0);
    }
    for (;;) ::pause();
  });
  forked.await();
  CHECK_FALSE(res::file_lock(path).try_lock());
  ::kill(parent, SIGKILL);
  CHECK(status_of(parent) == 128 + SIGKILL);
  CHECK(res::file_lock(path).try_lock());  // though the grandchild runs on
  done.send();
}

TEST_CASE("two processes and their threads never hold a lock at once, in a thousand rounds", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  struct shared_page {
    std::atomic<int> inside;
    std::atomic<int> overlaps;
    std::uint64_t total;  // guarded by the lock alone
  };
  void* const page = ::mmap(nullptr, sizeof(shared_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  auto& common = *static_cast<shared_page*>(page);
  const auto rounds = [&](int count) {
    struct yielding {
      void sleep(mr::duration, const res::stop_source*) const noexcept { ::sched_yield(); }
    };
    const res::basic_file_lock<mr::steady_clock, yielding> lock(path);
    for (int i = 0; i < count; ++i) {
      const auto held = lock.lock(60s);
      if (!held) return 1;
      if (common.inside.fetch_add(1) != 0) ++common.overlaps;
      ++common.total;
      if (i % 8 == 0) ::sched_yield();
      common.inside.fetch_sub(1);
    }
    return 0;
  };
  const auto both_threads = [&] {
    int failed = 0;
    std::thread second([&] { failed = rounds(250); });
    const int mine = rounds(250);
    second.join();
    return mine + failed;
  };
  const pid_t other = child(both_threads);
  CHECK(both_threads() == 0);
  CHECK(status_of(other) == 0);
  CHECK(common.total == 1000);
  CHECK(common.overlaps == 0);
  ::munmap(page, sizeof(shared_page));
}

TEST_CASE("a fork beside threads that take locks gives the child none of them", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    const res::file_lock lock(path);
    while (!stop) (void)lock.try_lock();
  });
  int open_ones = 0;
  for (int round = 0; round < 50; ++round) {
    const pid_t pid = child([&] {
      int found = 0;
      char target[4096];
      for (int fd = 3; fd < 256; ++fd) {
        const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, sizeof target);
        if (size > 0 && std::string(target, static_cast<std::size_t>(size)).ends_with("a.lock")) ++found;
      }
      return found;
    });
    open_ones += status_of(pid);
  }
  stop = true;
  busy.join();
  CHECK(open_ones == 0);
}

TEST_CASE("an owner that cannot be recorded is reported, and the lock is held", "[file_lock]") {
  const support::temp_dir dir;
  const std::string path = dir / "a.lock";
  const pid_t pid = child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_FSIZE, &none);  // as if the disk were full
    kept_diagnostics said;
    const auto held = res::file_lock(path, {.diagnostics = said}).try_lock();
    return held && said.lines.size() == 1 && said.lines[0].starts_with("the owner of a lock is not recorded; ") ? 0 : 1;
  });
  CHECK(status_of(pid) == 0);
}

TEST_CASE("a lock that is released is free though a child without fork() has the open file still", "[file_lock]") {
  const support::temp_dir dir;
  const res::file_lock lock(dir / "lock");
  auto held = lock.try_lock();
  REQUIRE(held);
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0)
    for (;;) ::pause();  // as posix_spawn()'s before exec
  REQUIRE(child > 0);
  CHECK(lock.try_lock().error().code() == mr::errc::unavailable);
  held->release();
  CHECK(lock.try_lock());
  ::kill(child, SIGKILL);
  CHECK(status_of(child) == 128 + SIGKILL);
}
