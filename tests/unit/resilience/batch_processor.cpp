#include <millrace/resilience/batch_processor.hpp>

#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mz = millrace::resilience;
using namespace std::chrono_literals;

namespace {

using batches = std::vector<std::vector<int>>;
std::vector<int> copy(std::span<const int> items) { return {items.begin(), items.end()}; }

// [batches]
struct reading {
  int sensor = 0;
  double celsius = 0;
};

mr::result<void> keep(std::span<const reading> readings, std::vector<reading>& table, std::vector<reading>& refused) {
  auto rows = mz::make_batch_processor<reading>(
      {.max_items = 500, .max_delay = 200ms},
      [&](std::span<reading> batch, std::span<mr::result<void>> outcomes) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
          if (batch[i].celsius < -273.15)
            outcomes[i] = mr::error(mr::errc::invalid_data, "colder than can be");
          else
            table.push_back(batch[i]);
        }
      },
      [&](std::span<reading> failed, const mr::error&) noexcept {
        refused.insert(refused.end(), failed.begin(), failed.end());
      });
  if (auto started = rows.start(); !started) return started;  // batches are handed on by a thread
  for (const reading& one : readings)
    if (auto done = rows.submit(one); !done) return done;  // full: wait, or drop it
  return rows.close();                                     // the first error, if there was one
}
// [/batches]

}  // namespace

TEST_CASE("batch_processor: as the guide shows it") {
  std::vector<reading> table;
  std::vector<reading> refused;
  const auto done = keep(std::vector<reading>{{1, 20}, {2, -300}, {3, 21}}, table, refused);
  CHECK(done.error().message() == "colder than can be");
  CHECK(table.size() == 2);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].sensor == 2);
}

TEST_CASE("batch_processor: a batch is due by size, or by the age of its oldest item") {
  std::uint64_t now = 0;
  batches seen;
  auto rows = mz::make_batch_processor<int>(
      {.max_items = 3, .max_delay = mr::duration(100)}, [&](std::span<int> batch) { seen.push_back(copy(batch)); },
      mz::detail::keeps_no_failures{}, mr::manual_clock(now));
  CHECK_FALSE(rows.poll());
  for (int i = 0; i < 7; ++i) REQUIRE(rows.submit(i));
  CHECK(rows.poll());
  CHECK(rows.poll());
  CHECK_FALSE(rows.poll());
  CHECK(seen == batches{{0, 1, 2}, {3, 4, 5}});
  now = 99;
  CHECK_FALSE(rows.poll());
  REQUIRE(rows.submit(7));
  now = 100;
  CHECK(rows.poll());
  CHECK(seen.back() == std::vector<int>{6, 7});
  REQUIRE(rows.submit(8));
  now = 50;  // a clock that goes back makes nothing due
  CHECK_FALSE(rows.poll());
  REQUIRE(rows.flush());
  CHECK(seen.back() == std::vector<int>{8});
  REQUIRE(rows.submit(9));
  REQUIRE(rows.close());
  CHECK(seen.back() == std::vector<int>{9});
  CHECK(rows.submit(10).error().code() == mr::errc::closed);
  CHECK(rows.waiting() == 0);
  CHECK(rows.statistics().submitted == 10);
  CHECK(rows.statistics().batches == 5);
}

TEST_CASE("batch_processor: what is refused is as it was, and the destructor hands on the rest") {
  batches seen;
  {
    auto texts = mz::make_batch_processor<std::unique_ptr<int>>(
        {.max_items = 10, .max_waiting = 2}, [&](std::span<std::unique_ptr<int>> batch) {
          seen.emplace_back();
          for (auto& each : batch) seen.back().push_back(*std::exchange(each, nullptr));
        });
    REQUIRE(texts.submit(std::make_unique<int>(1)));
    REQUIRE(texts.submit(std::make_unique<int>(2)));
    auto third = std::make_unique<int>(3);
    const auto refused = texts.submit(std::move(third));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() == "the batch processor is full: 2 items wait");
    REQUIRE(third != nullptr);
    CHECK(*third == 3);
    CHECK(texts.statistics().refused == 1);
    REQUIRE(texts.flush());
    REQUIRE(texts.submit(std::move(third)));
  }
  CHECK(seen == batches{{1, 2}, {3}});
}

TEST_CASE("batch_processor: items that failed come back with the reason, the batch or one by one") {
  std::vector<std::pair<std::vector<int>, std::string>> failed;
  const auto on_failure = [&](std::span<int> items, const mr::error& why) noexcept {
    failed.emplace_back(copy(items), why.message());
  };
  const auto submit = [](auto& rows) {
    for (int i = 0; i < 4; ++i) REQUIRE(rows.submit(i));
  };
  SECTION("the batch") {
    auto rows = mz::make_batch_processor<int>(
        {.max_items = 2},
        [](std::span<int> batch) -> mr::result<void> {
          if (batch[0] == 2) return mr::error(mr::errc::io, "no disk");
          return {};
        },
        on_failure);
    submit(rows);
    CHECK(rows.flush().error().message() == "no disk");
    CHECK(rows.flush());  // told once
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].first == std::vector<int>{2, 3});
    CHECK(rows.statistics().failed == 2);
  }
  SECTION("some items") {
    auto rows = mz::make_batch_processor<int>(
        {},
        [](std::span<int> batch, std::span<mr::result<void>> outcomes) {
          for (std::size_t i = 0; i < batch.size(); ++i)
            if (batch[i] % 2 == 1) outcomes[i] = mr::error(mr::errc::invalid_data, "odd: " + std::to_string(batch[i]));
        },
        on_failure);
    submit(rows);
    CHECK(rows.flush().error().message() == "odd: 1");
    REQUIRE(failed.size() == 2);
    CHECK(failed[1].first == std::vector<int>{3});
    CHECK(failed[1].second == "odd: 3");
    CHECK(rows.statistics().failed == 2);
    REQUIRE(rows.submit(4));  // outcomes begin anew
    REQUIRE(rows.submit(6));
    CHECK(rows.flush());
  }
  SECTION("a handler that throws, also where it judges items") {
    auto rows = mz::make_batch_processor<int>(
        {}, [](std::span<int>, std::span<mr::result<void>>) { throw std::runtime_error("no luck"); }, on_failure);
    submit(rows);
    CHECK(rows.close().error().message() == "a batch processor's handler threw: no luck");
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].first.size() == 4);
  }
}

TEST_CASE("batch_processor: a handler may submit, but flushing or closing from it is an error") {
  std::function<void()> inside;
  std::vector<mr::errc> codes;
  auto rows = mz::make_batch_processor<int>({.max_items = 1}, [&](std::span<int>) {
    if (inside) inside();
  });
  int more = 3;
  inside = [&] {
    if (more-- > 0 && !rows.submit(more)) codes.push_back(mr::errc::io);
    if (auto done = rows.flush(); !done) codes.push_back(done.error().code());
    if (auto done = rows.close(); !done) codes.push_back(done.error().code());
    CHECK_FALSE(rows.poll());
  };
  REQUIRE(rows.submit(0));
  for (int i = 0; i < 4; ++i) REQUIRE(rows.flush());
  CHECK(rows.statistics().batches == 4);
  CHECK(codes == std::vector<mr::errc>(8, mr::errc::unavailable));
}

TEST_CASE("batch_processor: its thread hands batches on by itself, and ends with all items handed on once") {
  std::atomic<int> sum{0};
  std::atomic<int> largest{0};
  std::atomic<bool> at_once{false};
  auto rows =
      mz::make_batch_processor<int>({.max_items = 10, .max_delay = 1ms, .max_waiting = 100}, [&](std::span<int> batch) {
        for (const int each : batch) sum += each;
        if (static_cast<int>(batch.size()) > largest) largest = static_cast<int>(batch.size());
        static std::atomic<int> inside{0};
        if (++inside > 1) at_once = true;
        --inside;
      });
  REQUIRE(rows.start());
  CHECK(rows.start().error().code() == mr::errc::already_exists);
  REQUIRE(rows.submit(1));
  while (sum == 0) std::this_thread::yield();  // nobody flushes
  std::atomic<int> accepted{1};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        while (!rows.submit(1)) std::this_thread::yield();
        ++accepted;
        if (i % 100 == 0) (void)rows.flush();
      }
    });
  for (auto& thread : threads) thread.join();
  std::thread other([&] { (void)rows.close(); });
  REQUIRE(rows.close());
  other.join();
  CHECK(accepted == 4'001);
  CHECK(sum == 4'001);
  CHECK(largest <= 10);
  CHECK_FALSE(at_once);
  CHECK(rows.start().error().code() == mr::errc::closed);
  CHECK(rows.close());
}

TEST_CASE("batch_processor: a forked copy refuses, hands nothing on, and does not wait for a thread") {
  std::atomic<int> handed{0};
  const auto handler = [&](std::span<int>) { ++handed; };
  auto* const rows = new mz::batch_processor<int, decltype(handler)>({.max_delay = 1h}, handler);
  REQUIRE(rows->start());
  REQUIRE(rows->submit(1));
  std::this_thread::sleep_for(1ms);  // so that its thread waits, for which the copy's end must not
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(10);
    bool fine = rows->waiting() == 0 && !rows->submit(2) && !rows->flush() && !rows->poll() && !rows->close();
    delete rows;
    ::_exit(fine && handed == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  delete rows;
  CHECK(handed == 1);
}

TEST_CASE("batch_processor: one item may wait at least") {
  int handed = 0;
  auto rows = mz::make_batch_processor<int>({.max_waiting = 0},
                                            [&](std::span<int> batch) { handed += static_cast<int>(batch.size()); });
  CHECK(rows.submit(1));
  CHECK(rows.submit(2).error().code() == mr::errc::unavailable);
  CHECK(rows.close());
  CHECK(handed == 1);
}
