#include <millrace/model/parallel.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <latch>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::executor_reference;

namespace {

/// A pool as programs have one.
class queue_pool {
 public:
  explicit queue_pool(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~queue_pool() {
    for (std::size_t i = 0; i < threads_.size(); ++i) submit({});
    for (std::thread& thread : threads_) thread.join();
  }
  void submit(std::function<void()> task) {
    const std::lock_guard locked(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock locked(mutex_);
      changed_.wait(locked, [this] { return !tasks_.empty(); });
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      locked.unlock();
      if (!task) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
};

// [own_executor]
struct pool_executor {
  queue_pool* pool;
  void run(std::size_t jobs, mr::model::numbered_job job) const {
    std::latch done(static_cast<std::ptrdiff_t>(jobs));
    for (std::size_t i = 0; i < jobs; ++i)
      pool->submit([&done, job, i] {
        job(i);
        done.count_down();
      });
    done.wait();
  }
};
// [/own_executor]

void check_each_once(const executor_reference& on, std::size_t jobs) {
  std::vector<std::atomic<int>> done(jobs);
  on(jobs, [&](std::size_t i) { ++done[i]; });
  for (const auto& count : done) REQUIRE(count == 1);
}

static_assert(mr::model::executor<mr::model::threads>);
static_assert(mr::model::executor<const pool_executor&>);
static_assert(!mr::model::executor<const mr::model::threads>);
static_assert(!mr::model::executor<int>);

}  // namespace

TEST_CASE("executors: each job is done once, by one thread, several, or a pool of the user's") {
  for (const std::size_t jobs : {0U, 1U, 2U, 7U, 1000U}) {
    check_each_once({}, jobs);
    check_each_once(mr::model::inline_executor(), jobs);
    for (const std::size_t count : {0U, 1U, 2U, 3U, 8U}) check_each_once(mr::model::threads(count), jobs);
    queue_pool pool(3);
    const pool_executor own{&pool};
    check_each_once(own, jobs);
  }
  CHECK(executor_reference().size() == 1);
  CHECK(executor_reference(mr::model::threads(2)).size() == 2);
  CHECK(executor_reference(pool_executor{nullptr}).size() == 0);  // not known
  CHECK(mr::model::threads(0).size() == 1);
  CHECK(mr::model::threads(3).size() == 3);
}

TEST_CASE("executors: a number of threads that no machine has gives as many as there may be") {
  mr::model::threads all(static_cast<std::size_t>(-1));
  CHECK(all.size() <= mr::model::threads::most);
  std::atomic<std::size_t> done{0};
  auto job = [&](std::size_t) { ++done; };
  all.run(100, mr::model::numbered_job(job));
  CHECK(done == 100);
}

TEST_CASE("executors: threads are used, and keep working round after round, whether they slept between or not") {
  mr::model::threads four(4);
  std::atomic<int> inside = 0;
  const auto meet = [&](std::size_t) {
    ++inside;
    while (inside < 4) std::this_thread::yield();  // all four at the same time, or never
  };
  four.run(4, mr::model::numbered_job(meet));
  CHECK(inside == 4);
  const executor_reference on(four);
  std::atomic<std::size_t> sum = 0;
  for (std::size_t round = 0; round < 3000; ++round) {
    on(3, [&](std::size_t i) { sum += i; });
    if (round % 1000 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(sum == 9000);
}

TEST_CASE("executors: jobs of the same number are done by the same thread, round after round") {
  mr::model::threads four(4);
  std::vector<std::thread::id> first(4);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> inside = 0;
    std::vector<std::thread::id> by(4);
    const auto meet = [&](std::size_t i) {
      by[i] = std::this_thread::get_id();
      ++inside;
      while (inside < 4) std::this_thread::yield();  // so that nobody does another's job
    };
    four.run(4, mr::model::numbered_job(meet));
    if (round == 0) first = by;
    CHECK(by == first);
  }
}

TEST_CASE("executors: what a job throws comes back to the caller, once, and later work is done") {
  mr::model::threads three(3);
  for (const executor_reference on : {executor_reference(), executor_reference(three)}) {
    for (int round = 0; round < 50; ++round) {
      std::string said;
      try {
        on(100, [&](std::size_t i) {
          if (i == 17) throw std::runtime_error("job 17");
        });
      } catch (const std::runtime_error& thrown) {
        said = thrown.what();
      }
      CHECK(said == "job 17");
      check_each_once(on, 10);
    }
  }
}

TEST_CASE("executors: work within a job, and of several callers at once, is done as well") {
  mr::model::threads three(3);
  const executor_reference on(three);
  std::atomic<int> done = 0;
  on(10, [&](std::size_t) { on(10, [&](std::size_t) { ++done; }); });
  CHECK(done == 100);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) on(5, [&](std::size_t) { ++done; });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(done == 100 + 4 * 200 * 5);
}
