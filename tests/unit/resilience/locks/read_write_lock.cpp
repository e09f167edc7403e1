#include <millrace/resilience/locks/read_write_lock.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace res = millrace::resilience;
using namespace std::chrono_literals;

namespace {

/// Waits until so many threads wait for the lock.
void await(const res::read_write_lock& lock, std::size_t waiting) {
  while (lock.waiting() != waiting) std::this_thread::yield();
}

/// In which order threads were let in.
class entries {
 public:
  void note(char who) {
    const std::lock_guard held(mutex_);
    text_ += who;
  }
  std::string text() {
    const std::lock_guard held(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

}  // namespace

TEST_CASE("readers share a read-write lock, and a writer has it alone; what is not got is an error",
          "[read_write_lock]") {
  res::read_write_lock lock("the table's lock");
  {
    auto one = lock.lock_shared();
    auto two = lock.try_lock_shared();
    REQUIRE(two);
    const auto alone = lock.try_lock();
    REQUIRE_FALSE(alone);
    CHECK(alone.error().code() == mr::errc::unavailable);
    CHECK(alone.error().message() == "the table's lock is not got to write: 2 readers are inside, and 0 threads wait");
    const auto late = lock.lock(1ms);
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == mr::errc::timeout);
    CHECK(lock.try_lock_shared());  // the writer that gave up keeps nobody out
    one.release();
    one.release();
    CHECK_FALSE(one);
    CHECK_FALSE(lock.try_lock());
  }
  auto alone = lock.lock(0s);
  REQUIRE(alone);
  CHECK(lock.try_lock().error().message() ==
        "the table's lock is not got to write: a writer is inside, and 0 threads wait");
  CHECK(lock.try_lock_shared().error().code() == mr::errc::unavailable);
  CHECK(lock.lock_shared(1ms).error().code() == mr::errc::timeout);
  CHECK(lock.lock_shared(-1s).error().code() == mr::errc::timeout);
  res::write_hold moved = *std::move(alone);
  CHECK(moved);
  CHECK_FALSE(*alone);
  moved = lock.waiting() == 0 ? std::move(moved) : lock.lock();
  CHECK_FALSE(lock.try_lock_shared());
  moved.release();
  CHECK(lock.try_lock());
}

TEST_CASE("no reader passes a writer that waits, and readers have their turn between two writers",
          "[read_write_lock]") {
  res::read_write_lock lock;
  entries order;
  auto first = lock.lock_shared();
  std::thread writer_one([&] {
    auto held = lock.lock();
    order.note('W');
    await(lock, 3);  // the second writer and two readers
  });
  await(lock, 1);
  CHECK_FALSE(lock.try_lock_shared());  // a reader is inside, but the writer was first
  CHECK(lock.lock_shared(1ms).error().code() == mr::errc::timeout);
  std::thread writer_two([&] {
    auto held = lock.lock();
    order.note('V');
  });
  await(lock, 2);
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      auto held = lock.lock_shared();
      order.note('r');
    });
  await(lock, 4);
  CHECK(order.text().empty());
  first.release();
  writer_one.join();
  writer_two.join();
  for (std::thread& each : readers) each.join();
  // Both readers came behind the second writer, and while the first one had the lock.
  CHECK(order.text() == "WrrV");
}

TEST_CASE("writers are served in the order in which they came", "[read_write_lock]") {
  res::read_write_lock lock;
  entries order;
  auto first = lock.lock();
  std::vector<std::thread> writers;
  for (std::size_t i = 0; i < 5; ++i) {
    writers.emplace_back([&, i] {
      auto held = lock.lock();
      order.note(static_cast<char>('0' + i));
    });
    await(lock, i + 1);
  }
  first.release();
  for (std::thread& each : writers) each.join();
  CHECK(order.text() == "01234");
}

TEST_CASE("a writer that gives up lets in the readers that waited behind it", "[read_write_lock]") {
  res::read_write_lock lock;
  auto first = lock.lock_shared();
  bool is_held = true;
  std::thread writer([&] { is_held = static_cast<bool>(lock.lock(30ms)); });
  await(lock, 1);
  std::thread reader([&] { auto held = lock.lock_shared(); });
  reader.join();  // though the first reader stays
  writer.join();
  CHECK_FALSE(is_held);
  CHECK(lock.waiting() == 0);
  CHECK(lock.try_lock_shared());
}

TEST_CASE("readers that never leave together do not starve a writer", "[read_write_lock]") {
  // Each of two readers holds the lock until the other has it too, as long as that is to be had: with a lock that
  // prefers readers, such as std::shared_mutex of glibc, somebody is always inside. Counted is how many readers enter
  // while a writer waits: none but those who had entered and not yet counted themselves.
  res::read_write_lock lock;
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<int> inside{0};
  std::atomic<bool> stop{false};
  const auto read = [&] {
    while (!stop) {
      auto held = lock.lock_shared();
      ++admitted;
      ++inside;
      for (int i = 0; i < 300 && inside < 2; ++i) std::this_thread::yield();
      --inside;
    }
  };
  std::thread one(read);
  std::thread two(read);
  std::atomic<int> overlaps{0};
  std::uint64_t waited = 0;
  std::uint64_t most = 0;
  for (int i = 0; i < 40; ++i) {
    std::atomic<bool> is_in{false};
    std::uint64_t at_entry = 0;
    std::thread writer([&] {
      auto held = lock.lock();
      at_entry = admitted;
      is_in = true;
      if (inside != 0) ++overlaps;
    });
    while (lock.waiting() == 0 && !is_in) std::this_thread::yield();
    const bool seen = !is_in;
    const std::uint64_t at_wait = admitted;
    writer.join();
    if (!seen) continue;
    ++waited;
    if (at_entry > at_wait) most = (std::max)(most, at_entry - at_wait);
  }
  stop = true;
  one.join();
  two.join();
  CHECK(overlaps == 0);
  CHECK(waited > 0);
  CHECK(most <= 2);
}

TEST_CASE("what a read-write lock guards is seen whole by every thread", "[read_write_lock]") {
  res::read_write_lock lock;
  std::array<std::uint64_t, 8> table{};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> torn{0};
  const auto work = [&](std::uint64_t seed) {
    std::uint64_t state = seed;
    for (int i = 0; i < 5'000; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      const auto choice = state >> 60;
      if (choice < 4) {
        auto held = lock.lock();
        for (auto& one : table) ++one;
      } else if (choice < 6) {
        if (auto held = lock.lock(20us))
          for (auto& one : table) ++one;
        else
          ++timeouts;
      } else if (choice < 8) {
        if (!lock.lock_shared(10us)) ++timeouts;
      } else {
        auto held = lock.lock_shared();
        for (const auto& one : table) torn += one != table[0] ? 1U : 0U;
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 1; i <= 6; ++i) threads.emplace_back(work, i);
  for (std::thread& each : threads) each.join();
  CHECK(torn == 0);
  CHECK(lock.waiting() == 0);
  CHECK(lock.try_lock());
}
