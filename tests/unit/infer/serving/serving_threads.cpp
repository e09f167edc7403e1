#include <millrace/infer/serving/serving_threads.hpp>

#include <millrace/infer/serving/batcher.hpp>

#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace mi = millrace::infer;
namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

constexpr mi::pool_options two_to_four{.min_threads = 2,
                                       .max_threads = 4,
                                       .grow_above = 1ms,
                                       .grow_after = 10ms,
                                       .shrink_below = 100us,
                                       .shrink_after = 1s};
constexpr std::uint64_t ms = 1'000'000;

/// Work that says what its threads want to hear.
struct pretended {
  std::atomic<std::int64_t> delay{0};
  std::atomic<std::size_t> calls{0};
  std::atomic<std::size_t> inside{0};
  std::atomic<std::size_t> most{0};
  bool serve_next(mr::duration patience) noexcept {
    ++calls;
    const std::size_t now = ++inside;
    for (std::size_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    if (patience > mr::duration(0)) std::this_thread::sleep_for(200us);
    --inside;
    return false;
  }
  mr::duration queue_delay() noexcept { return mr::duration(delay.load()); }
  std::size_t waiting() const noexcept { return 0; }
};

template <class Until>
bool comes_true(const Until& until) {
  for (int i = 0; i < 5000 && !until(); ++i) std::this_thread::sleep_for(1ms);
  return until();
}

static_assert(mi::serves_next<pretended>);
static_assert(mi::serves_next<mi::batcher<support::adder>>);

}  // namespace

TEST_CASE("pool_size: it grows by one after a while of long waits, up to the most") {
  mi::pool_size size(two_to_four);
  CHECK(size.threads() == 2);
  CHECK(size.update(2ms, 0 * ms) == 2);
  CHECK(size.update(2ms, 9 * ms) == 2);
  CHECK(size.update(2ms, 10 * ms) == 3);
  CHECK(size.update(2ms, 19 * ms) == 3);
  CHECK(size.update(2ms, 20 * ms) == 4);
  CHECK(size.update(2ms, 1000 * ms) == 4);
}

TEST_CASE("pool_size: it shrinks by one after a longer while without waits, down to the least") {
  mi::pool_size size(two_to_four);
  for (const std::uint64_t at : {0U, 10U, 20U}) size.update(2ms, at * ms);
  REQUIRE(size.threads() == 4);
  CHECK(size.update(0ms, 30 * ms) == 4);
  CHECK(size.update(0ms, 1029 * ms) == 4);
  CHECK(size.update(0ms, 1030 * ms) == 3);
  CHECK(size.update(0ms, 2030 * ms) == 2);
  CHECK(size.update(0ms, 9000 * ms) == 2);
}

TEST_CASE("pool_size: waits that come and go, or lie between the bounds, change nothing") {
  mi::pool_size size(two_to_four);
  for (std::uint64_t at = 0; at < 1000; at += 5) CHECK(size.update(at % 10 == 0 ? 2ms : 500us, at * ms) == 2);
  size.update(2ms, 2000 * ms);
  size.update(2ms, 2010 * ms);
  REQUIRE(size.threads() == 3);
  for (std::uint64_t at = 3000; at < 9000; at += 500) CHECK(size.update(at % 1000 == 0 ? 0us : 500us, at * ms) == 3);
  CHECK(size.update(1ms, 10'000 * ms) == 3);
  CHECK(size.update(1ms, 20'000 * ms) == 3);
}

TEST_CASE("pool_size: numbers that make no sense become the nearest that do") {
  CHECK(mi::pool_size({.min_threads = 0, .max_threads = 0}).threads() == 1);
  CHECK(mi::pool_size({.min_threads = 9, .max_threads = 4}).threads() == 4);
  CHECK(mi::pool_size({.min_threads = 1, .max_threads = 1'000'000}).options().max_threads == mi::pool_size::most);
}

TEST_CASE("serving_threads: there are as many as asked for, more while requests wait, and fewer afterwards") {
  pretended work;
  {
    mi::serving_threads pool(work, {.min_threads = 1, .max_threads = 3, .grow_after = 1ms, .shrink_after = 3ms});
    CHECK(pool.size() == 1);
    CHECK(pool.started() == 1);
    CHECK(comes_true([&] { return work.calls > 3; }));
    CHECK(work.most == 1);
    for (int i = 0; i < 2; ++i) {
      work.delay = 5'000'000;
      CHECK(comes_true([&] { return pool.size() == 3; }));
      CHECK(comes_true([&] { return work.most == 3; }));
      work.delay = 0;
      CHECK(comes_true([&] { return pool.size() == 1; }));
    }
    CHECK(comes_true([&] { return pool.started() == 5; }));
  }
  CHECK(work.inside == 0);
}

TEST_CASE("serving_threads: pinned and polling threads serve, too") {
  const support::adder model{};
  mi::batcher serve{model, mi::max_rows<8>, mi::concurrency<2>, mi::policy<mi::batching::pooled>};
  for (const bool polls : {false, true}) {
    mi::serving_threads pool(serve, {.min_threads = 2, .max_threads = 2, .polls = polls, .is_pinned = true});
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (int t = 0; t < 8; ++t)
      callers.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::array<float, 2> row{static_cast<float>(t), static_cast<float>(i)};
          std::array<double, 1> out{};
          if (!serve(row, out) || out[0] != t + i) ++wrong;
        }
      });
    for (std::thread& one : callers) one.join();
    CHECK(wrong == 0);
  }
  CHECK(model.most <= 8);
}

TEST_CASE("serving_threads: before a pool and after it callers run the batches, and those that sleep are woken") {
  const support::adder model{};
  mi::batcher serve{model, mi::policy<mi::batching::pooled>};
  const std::array<float, 2> row{1, 2};
  std::array<double, 1> out{};
  CHECK(serve(row, out, {.timeout = 10s}));
  std::atomic<bool> is_over{false};
  std::thread caller;
  {
    mi::serving_threads pool(serve, {.min_threads = 2, .max_threads = 2});
    CHECK(serve(row, out, {.timeout = 10s}));
  }
  CHECK(serve(row, out, {.timeout = 10s}));
  serve.expect_threads(true);
  caller = std::thread([&] {
    std::array<double, 1> late{};
    is_over = static_cast<bool>(serve(row, late, {.timeout = 10s}));
  });
  CHECK(comes_true([&] { return serve.waiting() == 1; }));
  CHECK_FALSE(is_over);
  serve.expect_threads(false);
  CHECK(comes_true([&] { return is_over.load(); }));
  caller.join();
  CHECK(model.batches == 4);
}

TEST_CASE("serving_threads: a close in the middle ends what waits, and the pool can go before or after it") {
  const support::adder model{};
  mi::batcher serve{model, mi::policy<mi::batching::pooled>};
  std::vector<std::thread> callers;
  std::atomic<int> unclear{0};
  {
    mi::serving_threads pool(serve);
    for (int t = 0; t < 4; ++t)
      callers.emplace_back([&] {
        const std::array<float, 2> row{1, 2};
        for (mi::served last; last.status != mi::serving_status::closed;) {
          std::array<double, 1> out{};
          last = serve(row, out);
          if (last ? out[0] != 3 : last.status != mi::serving_status::closed) ++unclear;
        }
      });
    comes_true([&] { return model.batches > 20; });
  }
  serve.close();
  for (std::thread& one : callers) one.join();
  CHECK(unclear == 0);
}
