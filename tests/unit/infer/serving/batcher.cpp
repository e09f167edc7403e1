#include <millrace/infer/serving/batcher.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <thread>
#include <vector>

namespace mi = millrace::infer;
namespace mr = millrace;
using mi::serving_priority;
using mi::serving_status;
using support::adder;
using support::virtual_clock;
using support::virtual_time;
using namespace std::chrono_literals;

namespace {

/// A request of some rows of which the first column is a number that the test chooses.
struct asked {
  std::vector<float> rows;
  std::vector<double> out;
  mi::request request;

  explicit asked(float name, std::size_t count = 1, const mi::request_options& with = {})
      : rows(2 * count, name),
        out(count, -1),
        request(mr::model::matrix_view(rows.data(), count, 2), std::span<double>(out), with) {}
};

std::vector<std::size_t> sizes(const adder& model) {
  std::vector<std::size_t> all;
  for (const auto& batch : model.seen) all.push_back(batch.size());
  return all;
}

}  // namespace

TEST_CASE("batcher: an idle model is run by its caller, on the caller's rows, without an allocation") {
  const adder model;
  mi::batcher serve{model, mi::max_rows<100>, mi::max_delay<2ms>};
  CHECK(serve.options().max_rows == 100);
  CHECK(serve.options().max_delay == mr::duration(2ms));
  const std::array<float, 2> row{1, 2};
  std::array<double, 1> out{};
  mi::served done;
  CHECK(support::allocations_of([&] { done = serve(row, out); }) == 0);
  CHECK(done.status == serving_status::ok);
  CHECK(done.version == 0);
  CHECK(out[0] == 3);
  const std::array<float, 6> rows{1, 2, 3, 4, 5, 6};
  std::array<double, 3> outs{};
  CHECK(serve(mr::model::matrix_view(rows, 2), outs));
  CHECK(outs == std::array<double, 3>{3, 7, 11});
  CHECK(model.batches == 2);
}

TEST_CASE("batcher: requests that wait are one batch, and nothing of it is allocated") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<100>, virtual_clock{&time}};
  asked a(1);
  asked b(2, 3);
  asked c(3);
  model.seen.reserve(4);
  CHECK(serve.submit(a.request).status == serving_status::pending);
  CHECK(serve.submit(b.request).status == serving_status::pending);
  CHECK(serve.submit(c.request).status == serving_status::pending);
  CHECK(serve.waiting() == 3);
  CHECK_FALSE(b.request.done());
  CHECK(serve.wait(b.request));
  CHECK(a.request.done());
  CHECK(serve.wait(a.request));
  CHECK(serve.wait(c.request));
  CHECK(model.seen == std::vector<std::vector<float>>{{1, 2, 2, 2, 3}});
  CHECK(a.out == std::vector<double>{2});
  CHECK(b.out == std::vector<double>{4, 4, 4});
  CHECK(c.out == std::vector<double>{6});
  CHECK(serve.waiting() == 0);

  const adder silent;
  mi::batcher quiet{silent};
  CHECK(support::allocations_of([&] {
          (void)quiet.submit(a.request);
          (void)quiet.submit(b.request);
          (void)quiet.wait(b.request);
        }) == 0);
  CHECK(silent.batches == 1);
}

TEST_CASE("batcher: the maximum counts rows and is hard; batches of 10, 2 and 10 are all right") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<12>, virtual_clock{&time}};
  asked a(1, 10);
  asked b(2, 2);
  asked c(3, 10);
  for (asked* one : {&a, &b, &c}) (void)serve.submit(one->request);
  for (asked* one : {&a, &b, &c}) CHECK(serve.wait(one->request));
  CHECK(sizes(model) == std::vector<std::size_t>{12, 10});
  CHECK(c.out == std::vector<double>(10, 6));

  asked full(4, 12);
  CHECK(serve.submit(full.request).status == serving_status::pending);
  CHECK(serve.wait(full.request));
  asked more(5, 13);
  CHECK(serve.submit(more.request).status == serving_status::invalid);
  CHECK(serve.wait(more.request).status == serving_status::invalid);
  CHECK(serve(more.request.rows(), more.out).status == serving_status::invalid);
  CHECK(more.out == std::vector<double>(13, -1));
  CHECK(model.most == 12);
}

TEST_CASE("batcher: a maximum of 1 works, and the alone policy is the same for requests") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<1>, virtual_clock{&time}};
  mi::batcher alone{model, mi::policy<mi::batching::alone>, virtual_clock{&time}};
  asked a(1);
  asked b(2);
  for (asked* one : {&a, &b}) (void)serve.submit(one->request);
  for (asked* one : {&b, &a}) CHECK(serve.wait(one->request));
  asked c(3, 2);
  asked d(4);
  for (asked* one : {&c, &d}) (void)alone.submit(one->request);
  for (asked* one : {&d, &c}) CHECK(alone.wait(one->request));
  CHECK(model.seen == std::vector<std::vector<float>>{{1}, {2}, {3, 3}, {4}});
}

TEST_CASE("batcher: what is wrong with a request's shape can be said with numbers") {
  const adder model;
  const mi::batcher serve{model, mi::max_rows<4>};
  const std::vector<float> numbers(20);
  const std::vector<double> out(5);
  const auto of = [&](std::size_t rows, std::size_t columns, std::size_t room) {
    const auto done =
        serve.check_shape(mr::model::matrix_view(numbers.data(), rows, columns), std::span(out).first(room));
    return done ? "" : done.error().message();
  };
  CHECK(of(1, 3, 1) == "the request has 3 columns, and the model takes 2");
  CHECK(of(5, 2, 5) == "the request has 5 rows, and a batch takes 1 to 4");
  CHECK(of(0, 2, 5) == "the request has 0 rows, and a batch takes 1 to 4");
  CHECK(of(3, 2, 2) == "the request has 2 numbers of room for outputs, and needs 3");
  CHECK(of(3, 2, 3) == "");
  CHECK(of(3, 2, 4) == "");  // more room than needed is fine
}

TEST_CASE("batcher: a request of another shape fails alone") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, virtual_clock{&time}};
  asked good(1);
  const std::vector<float> wide(3);
  std::vector<double> out(1, -1);
  (void)serve.submit(good.request);
  mi::request bad{std::span<const float>(wide), std::span<double>(out)};
  CHECK(serve.submit(bad).status == serving_status::invalid);
  CHECK(serve(std::span<const float>(good.rows), std::span<double>()).status == serving_status::invalid);
  CHECK(serve(mr::model::matrix_view(wide.data(), 0, 2), out).status == serving_status::invalid);
  CHECK(serve.wait(good.request));
  CHECK(good.out[0] == 2);
  CHECK(out[0] == -1);
  CHECK(serve.count(serving_status::invalid) == 3);
  CHECK(mi::to_result(serve.wait(bad)).error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("batcher: what comes when too many rows wait is refused and counted; another priority has room of its own") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::batcher_options{.max_waiting = 3}, virtual_clock{&time}};
  asked a(1, 2);
  asked b(2, 2);
  asked c(3);
  asked high(4, 2, {.priority = serving_priority::high});
  CHECK(serve.submit(a.request).status == serving_status::pending);
  CHECK(serve.submit(b.request).status == serving_status::refused);
  CHECK(serve.submit(c.request).status == serving_status::pending);
  CHECK(serve.submit(high.request).status == serving_status::pending);
  CHECK(serve.refused() == 1);
  CHECK(b.request.done());
  CHECK(mi::to_result(serve.wait(b.request)).error().code() == mr::errc::unavailable);
  CHECK(serve.wait(c.request));
  CHECK(model.seen == std::vector<std::vector<float>>{{1, 1, 3, 4, 4}});
  CHECK(serve.submit(b.request).status == serving_status::pending);
  CHECK(serve.wait(b.request));
}

TEST_CASE("batcher: a request whose time is over never reaches the model, and its neighbours do") {
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 100'000};
  mi::batcher serve{model, mi::max_rows<2>, virtual_clock{&time}};
  asked a(1, 2);
  asked late(2, 1, {.timeout = 90us});
  asked in_time(3, 1, {.timeout = 110us});
  asked before(4, 1, {.timeout = mr::duration(-1)});
  for (asked* one : {&a, &late, &in_time}) (void)serve.submit(one->request);
  CHECK(serve.submit(before.request).status == serving_status::timeout);
  CHECK(serve.wait(in_time.request));
  CHECK(late.request.done());
  CHECK(serve.wait(late.request).status == serving_status::timeout);
  CHECK(mi::to_result(serve.wait(late.request)).error().code() == mr::errc::timeout);
  CHECK(late.out[0] == -1);
  CHECK(model.seen == std::vector<std::vector<float>>{{1, 1}, {3}});
  CHECK(serve.count(serving_status::timeout) == 2);
}

TEST_CASE("batcher: a caller whose batch nobody runs leaves at its deadline") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::policy<mi::batching::pooled>, virtual_clock{&time}};
  serve.expect_threads(true);  // which do not come
  const std::array<float, 2> row{1, 2};
  std::array<double, 1> out{-1};
  const std::uint64_t begun = time.now;
  CHECK(serve(row, out, {.timeout = 3ms}).status == serving_status::timeout);
  CHECK(time.now == begun + 3'000'000);
  CHECK(model.batches == 0);
  CHECK(serve.waiting() == 0);
}

TEST_CASE("batcher: callers of a pooled one run its batches, as by_deadline, while no thread comes for them") {
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 1000};
  mi::batcher serve{model, mi::policy<mi::batching::pooled>, mi::max_delay<2ms>, virtual_clock{&time}};
  const std::array<float, 2> row{1, 2};
  std::array<double, 1> out{-1};
  asked company(4);
  const std::uint64_t begun = time.now;
  time.planned.push_back({begun + 1000, [&] { (void)serve.submit(company.request); }});
  CHECK(serve(row, out));
  CHECK(out[0] == 3);
  CHECK(company.out == std::vector<double>{8});
  CHECK(time.now == begun + 2'001'000);  // held back for company, as a pool would have
  CHECK(serve(row, out, {.timeout = 100us}));
  CHECK(time.now == begun + 2'102'000);  // but not past a deadline
  CHECK(model.seen == std::vector<std::vector<float>>{{1, 4}, {1}});

  asked left(5);
  serve.expect_threads(true);
  CHECK(serve(row, out, {.timeout = 1ms}).status == serving_status::timeout);
  CHECK(serve.submit(left.request).status == serving_status::pending);
  serve.expect_threads(false);
  CHECK(serve.wait(left.request));
  CHECK_FALSE(serve.serve_next());  // which is a thread that came
  CHECK(serve(row, out, {.timeout = 1ms}).status == serving_status::timeout);
  CHECK(model.batches == 3);
}

TEST_CASE("batcher: a cancelled request is left out, and one that is gone cancels itself") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, virtual_clock{&time}};
  asked a(1);
  asked b(2);
  (void)serve.submit(a.request);
  (void)serve.submit(b.request);
  {
    asked gone(3);
    (void)serve.submit(gone.request);
  }
  CHECK(serve.cancel(a.request));
  CHECK(serve.cancel(a.request));
  CHECK(serve.wait(b.request));
  CHECK_FALSE(serve.cancel(b.request));
  CHECK(serve.wait(a.request).status == serving_status::cancelled);
  CHECK(model.seen == std::vector<std::vector<float>>{{2}});
  CHECK(serve.count(serving_status::cancelled) == 2);
}

TEST_CASE("batcher: a request cancelled while its batch runs wedges nobody, and its outputs are not written") {
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 1000};
  mi::batcher serve{model, virtual_clock{&time}};
  asked a(1);
  asked b(2);
  asked c(3);
  for (asked* one : {&a, &b, &c}) (void)serve.submit(one->request);
  bool was_cancelled = false;
  time.planned.push_back({time.now + 500, [&] { was_cancelled = serve.cancel(b.request) && b.request.done(); }});
  CHECK(serve.wait(a.request));
  CHECK(was_cancelled);
  CHECK(serve.wait(b.request).status == serving_status::cancelled);
  CHECK(serve.wait(c.request));
  CHECK(model.seen == std::vector<std::vector<float>>{{1, 2, 3}});
  CHECK(b.out[0] == -1);
  CHECK(c.out[0] == 6);

  // A model that runs on its caller's own memory keeps it until it is done.
  (void)serve.submit(a.request);
  time.planned.push_back({time.now + 500, [&] { was_cancelled = serve.cancel(a.request) && !a.request.done(); }});
  CHECK(serve.wait(a.request).status == serving_status::cancelled);
  CHECK(was_cancelled);
}

TEST_CASE("batcher: close runs what waits, and refuses what comes") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<2>, virtual_clock{&time}};
  std::deque<asked> five;
  for (int i = 0; i < 5; ++i) (void)serve.submit(five.emplace_back(static_cast<float>(i)).request);
  serve.close();
  for (asked& one : five) CHECK(one.request.done());
  for (asked& one : five) CHECK(serve.wait(one.request));
  CHECK(sizes(model) == std::vector<std::size_t>{2, 2, 1});
  asked after(9);
  CHECK(serve.submit(after.request).status == serving_status::closed);
  CHECK(serve(after.request.rows(), after.out).status == serving_status::closed);
  CHECK(mi::to_result(serve.wait(after.request)).error().code() == mr::errc::closed);
  CHECK(serve.count(serving_status::closed) == 2);
  serve.close();
}

TEST_CASE("batcher: by_deadline waits for company, and no longer than max_delay after the oldest") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<4>, mi::max_delay<2ms>, mi::policy<mi::batching::by_deadline>,
                    virtual_clock{&time}};
  const std::uint64_t begun = time.now;
  std::deque<asked> others;
  const auto plan = [&](std::uint64_t after, float name, std::size_t rows) {
    asked& one = others.emplace_back(name, rows);
    time.planned.push_back({time.now + after, [&] { (void)serve.submit(one.request); }});
  };
  const std::array<float, 2> row{1, 1};
  std::array<double, 1> out{};
  plan(700'000, 2, 1);
  CHECK(serve(row, out));
  CHECK(time.now == begun + 2'000'000);  // never full
  CHECK(sizes(model) == std::vector<std::size_t>{2});
  plan(700'000, 3, 1);
  plan(900'000, 4, 2);
  CHECK(serve(row, out));
  CHECK(time.now == begun + 2'900'000);  // full
  CHECK(sizes(model) == std::vector<std::size_t>{2, 4});
}

TEST_CASE("batcher: by_deadline begins while a request can still be ready, and leaves out what would make it late") {
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 100'000, .nanoseconds_a_row = 10'000};
  mi::batcher serve{model, mi::max_rows<64>, mi::max_delay<50ms>, mi::policy<mi::batching::by_deadline>,
                    virtual_clock{&time}};
  for (const std::size_t rows : {1U, 2U, 4U, 8U, 16U, 32U}) {  // it learns how long batches take
    asked one(0, rows, {.timeout = 10ms});
    const std::uint64_t begun = time.now;
    (void)serve.submit(one.request);
    CHECK(serve.wait(one.request));
    if (rows > 1) CHECK(time.now <= begun + 10'000'000);
  }
  model.seen.clear();
  asked urgent(1, 1, {.timeout = 200us});
  asked big(2, 32, {.timeout = 10ms});
  asked little(3, 1, {.timeout = 10ms});
  const std::uint64_t begun = time.now;
  for (asked* one : {&urgent, &big, &little}) (void)serve.submit(one->request);
  CHECK(serve.wait(urgent.request));
  CHECK(time.now <= begun + 200'000);
  CHECK(serve.wait(big.request));
  CHECK(serve.wait(little.request));
  CHECK(sizes(model) == std::vector<std::size_t>{1, 33});
}

TEST_CASE("batcher: a flood of low priority moves high's latency by one batch at most, and low goes on") {
  virtual_time time;
  constexpr std::uint64_t batch_time = 1'000'000;
  const adder model{.time = &time, .nanoseconds_a_batch = batch_time};
  mi::batcher serve{model, mi::batcher_options{.max_rows = 16, .max_waiting = 256}, virtual_clock{&time}};
  const auto slowest_high = [&](std::size_t low_a_batch, std::uint64_t& slowest_low, std::size_t& low_done) {
    std::deque<asked> lows;
    std::uint64_t slowest = 0;
    for (int turn = 0; turn < 200; ++turn) {
      std::deque<asked> highs;
      for (int i = 0; i < 8; ++i)
        (void)serve.submit(highs.emplace_back(1.0F, 1, mi::request_options{serving_priority::high}).request);
      for (std::size_t i = 0; i < low_a_batch; ++i) {
        lows.emplace_back(2.0F, 1, mi::request_options{serving_priority::low, 100ms});
        (void)serve.submit(lows.back().request);
      }
      const std::uint64_t begun = time.now;
      for (asked& one : highs) {
        CHECK(serve.wait(one.request));
        slowest = time.now - begun > slowest ? time.now - begun : slowest;
      }
    }
    const std::uint64_t begun = time.now;
    for (asked& one : lows) low_done += serve.wait(one.request) ? 1U : 0U;
    slowest_low = time.now - begun;
    return slowest;
  };
  std::uint64_t slowest_low = 0;
  std::size_t low_done = 0;
  CHECK(slowest_high(0, slowest_low, low_done) == batch_time);
  CHECK(slowest_high(32, slowest_low, low_done) == batch_time);  // twice the capacity
  CHECK(serve.refused() > 0);
  CHECK(low_done >= 200 * 8);  // the half of each batch that high leaves
}

TEST_CASE("batcher: a lower priority keeps an eighth of the rows however much comes above it") {
  virtual_time time;
  const adder model{.time = &time, .nanoseconds_a_batch = 1'000'000};
  mi::batcher serve{model, mi::max_rows<4>, virtual_clock{&time}};
  asked low(7, 2, {.priority = serving_priority::low});
  (void)serve.submit(low.request);
  std::deque<asked> highs;
  std::size_t batches = 0;
  for (; !low.request.done() && batches < 100; ++batches) {
    for (int i = 0; i < 4; ++i)
      (void)serve.submit(highs.emplace_back(1.0F, 1, mi::request_options{serving_priority::high}).request);
    CHECK(serve.serve_next());
  }
  CHECK(batches == 4);  // 2 rows of 16
  CHECK(serve.wait(low.request));
  serve.close();
}

TEST_CASE("batcher: of one priority the oldest goes first, and no younger one overtakes a larger one") {
  virtual_time time;
  const adder model{.time = &time};
  mi::batcher serve{model, mi::max_rows<4>, virtual_clock{&time}};
  std::deque<asked> all;
  for (const std::size_t rows : {3U, 3U, 1U, 1U})
    (void)serve.submit(all.emplace_back(static_cast<float>(all.size()), rows).request);
  serve.close();
  CHECK(model.seen == std::vector<std::vector<float>>{{0, 0, 0}, {1, 1, 1, 2}, {3}});
}

TEST_CASE("batcher: 64 threads are all served, right, by batches within the maximum") {
  const adder model{.factor = 2};
  for (const mi::batching policy : {mi::batching::leader, mi::batching::alone, mi::batching::by_deadline}) {
    mi::batcher serve{model, mi::batcher_options{.policy = policy, .max_rows = 16, .concurrency = 2, .patience = 3}};
    std::atomic<int> wrong{0};
    std::atomic<int> timeouts{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 64; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::array<float, 4> rows{static_cast<float>(t), static_cast<float>(i), 1, static_cast<float>(t)};
          std::array<double, 2> out{};
          const auto priority = static_cast<serving_priority>(t % 3);
          const mi::served done =
              serve(mr::model::matrix_view(rows, 2), out, {priority, i % 5 == 0 ? mr::duration(2ms) : mr::duration(0)});
          if (done.status == serving_status::timeout && i % 5 == 0)
            ++timeouts;
          else if (!done || out[0] != 2.0 * (t + i) || out[1] != 2.0 * (1 + t))
            ++wrong;
        }
      });
    for (std::thread& one : threads) one.join();
    CHECK(wrong == 0);
    CHECK(serve.waiting() == 0);
    CHECK(static_cast<std::uint64_t>(timeouts.load()) == serve.count(serving_status::timeout));
  }
  CHECK(model.most <= 16);
}

TEST_CASE("batcher: threads that cancel each other's requests, and a close in the middle, leave nobody waiting") {
  const adder model;
  mi::batcher serve{model, mi::batcher_options{.max_rows = 8, .patience = 2}};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        asked one(static_cast<float>(t));
        if (serve.submit(one.request).status != serving_status::pending) continue;
        std::thread* canceller = nullptr;
        std::thread other;
        if (i % 20 == 0) {
          other = std::thread([&] { serve.cancel(one.request); });
          canceller = &other;
        }
        const mi::served done = serve.wait(one.request);
        if (canceller != nullptr) canceller->join();
        if (done ? one.out[0] != 2 * t : one.out[0] != -1) ++wrong;
        if (t == 3 && i == 70) serve.close();
      }
    });
  for (std::thread& one : threads) one.join();
  CHECK(wrong == 0);
  CHECK(serve.waiting() == 0);
  CHECK(serve.count(serving_status::closed) > 0);
}

TEST_CASE("batcher: threads of a pool run the batches, and callers leave at their deadlines while a model runs") {
  const adder model;
  mi::batcher serve{model, mi::batcher_options{.policy = mi::batching::pooled, .max_rows = 8, .max_delay = 100us}};
  std::atomic<bool> stops{false};
  std::vector<std::thread> pool;
  for (int i = 0; i < 2; ++i)
    pool.emplace_back([&] {
      while (!stops) serve.serve_next(10ms);
    });
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 16; ++t)
    callers.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const std::array<float, 2> row{static_cast<float>(t), static_cast<float>(i)};
        std::array<double, 1> out{};
        const mi::served done = serve(row, out, {.timeout = i % 7 == 0 ? mr::duration(50us) : mr::duration(0)});
        if (done.status != serving_status::timeout && (!done || out[0] != t + i)) ++wrong;
      }
    });
  for (std::thread& one : callers) one.join();
  stops = true;
  for (std::thread& one : pool) one.join();
  CHECK(wrong == 0);
  CHECK(model.most <= 8);
}
