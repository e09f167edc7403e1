#include <millrace/infer/online/publisher.hpp>

#include <millrace/infer/online/online_learner.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/ftrl_stream.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace mi = millrace::infer;
namespace mm = millrace::model;
using support::ftrl_stream;

namespace {
using learner = mi::online_learner<mm::ftrl_logistic>;
learner begun(std::size_t batch) {
  return learner::make(mm::ftrl_logistic::make(ftrl_stream::columns).value(), {.batch = batch}).value();
}
}  // namespace

TEST_CASE("a model is published each so many updates") {
  learner made = begun(2);
  mi::swappable live{made.model()};
  mi::publisher shown(live, 3);
  ftrl_stream from;
  std::vector<std::uint64_t> counts;
  for (int i = 0; i < 20; ++i) {
    from.next();
    REQUIRE(made.update(from.row(), from.label));
    if (shown.update(made).value()) counts.push_back(live.pin()->count());
  }
  CHECK(counts == std::vector<std::uint64_t>{2, 8, 14, 20});
  CHECK(live.version() == 5);
  CHECK(live.versions() == 1);
}

TEST_CASE("eight readers score while one learns, without a lock and without the heap") {
  learner made = begun(4);
  mi::swappable live{made.model()};
  std::atomic<bool> done{false};
  std::atomic<int> faults{0};
  std::atomic<std::uint64_t> scored{0};
  std::atomic<int> reading{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 8; ++r)
    readers.emplace_back([&] {
      ftrl_stream asked;
      std::uint64_t version = 0, count = 0, mine = 0;
      const auto taken = support::allocations_of([&] {
        do {
          asked.next();
          const auto model = live.pin();
          const double p = (*model)(asked.row());
          // Whole batches alone, never backwards, and the same as long as it is held.
          if (model.version() < version || model->count() < count || model->count() % 4 != 0) ++faults;
          if (!(p > 0 && p < 1) || (*model)(asked.row()) != p) ++faults;
          version = model.version();
          count = model->count();
          if (++mine == 1) ++reading;
        } while (!done.load());
      });
      if (support::counts_allocations && taken != 0) ++faults;
      scored += mine;
    });
  while (reading < 8) std::this_thread::yield();
  mi::publisher shown(live);
  ftrl_stream from;
  for (int i = 0; i < 4000; ++i) {
    from.next();
    if (!made.update(from.row(), from.label) || !shown.update(made)) ++faults;
  }
  done = true;
  for (std::thread& each : readers) each.join();
  CHECK(faults == 0);
  CHECK(scored >= 8);
  CHECK(live.version() == 1001);
  CHECK(live.versions() == 1);
  CHECK(live.pin()->save() == made.model().save());
}
