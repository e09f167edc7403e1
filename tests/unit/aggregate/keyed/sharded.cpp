#include <millrace/aggregate/keyed/sharded.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/extremes.hpp>
#include <millrace/aggregate/members/moments.hpp>
#include <millrace/aggregate/members/pairs.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>
#include <millrace/aggregate/members/sums.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

using five = mr::aggregate<mr::count, mr::sum, mr::min, mr::max, mr::mean>;

}  // namespace

TEST_CASE("writers' totals are exact, also while a reader looks on") {
  mr::sharded<five> shared;
  constexpr std::size_t each = 50'000;
  std::atomic<bool> done{false};
  std::uint64_t before = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t)
    writers.emplace_back([&shared, t] {
      for (std::size_t i = 0; i < each; ++i) shared.update(static_cast<double>(i + 1) + 1e6 * t);
    });
  std::thread reader([&] {
    while (!done.load()) {
      const five now = shared.read();
      if (now.items() < before) FAIL("items were lost");
      before = now.items();
    }
  });
  for (auto& w : writers) w.join();
  done = true;
  reader.join();
  const five all = shared.read();
  CHECK(all.items() == 3 * each);
  CHECK(all.get<mr::sum>() == 3.0 * each * (each + 1) / 2 + 3e6 * each);
  CHECK(all.get<mr::min>() == 1);
  CHECK(all.get<mr::max>() == each + 2e6);
  CHECK(shared.read().items() == 3 * each);
}

TEST_CASE("what is taken comes out once, whenever it is taken") {
  mr::sharded<five> shared;
  constexpr std::size_t each = 30'000;
  std::atomic<int> running{2};
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t)
    writers.emplace_back([&] {
      for (std::size_t i = 0; i < each; ++i) shared.update(1.0);
      --running;
    });
  five all;
  while (running.load() != 0) all.merge(shared.reset());
  for (auto& w : writers) w.join();
  all.merge(shared.reset());
  CHECK(all.items() == 2 * each);
  CHECK(all.get<mr::sum>() == 2 * each);
  CHECK(shared.read().items() == 0);
  for (int i = 0; i < 300; ++i) shared.update(1.0);
  CHECK(shared.reset().items() == 300);
  shared.update(2.0);
  CHECK(shared.read().get<mr::sum>() == 2);
}

TEST_CASE("a read holds every update that returned before it, spans and single items") {
  mr::sharded<five> shared;
  for (int i = 1; i <= 1000; ++i) {
    shared.update(1.0);
    if (i % 100 == 0) shared.update(std::span<const double>(std::vector<double>(10, 2.0)));
    if (i % 37 == 0) CHECK(shared.read().items() == static_cast<std::uint64_t>(i + i / 100 * 10));
  }
  CHECK(shared.read().get<mr::sum>() == 1200);
}

TEST_CASE("shards of ended threads are used again, and several sharded aggregates do not mix") {
  mr::sharded<five> a;
  auto b = std::make_unique<mr::sharded<five>>();
  for (int t = 0; t < 20; ++t)
    std::thread([&] {
      for (int i = 0; i < 300; ++i) {
        a.update(1.0);
        b->update(2.0);
      }
    }).join();
  CHECK(a.shards() == 1);
  CHECK(a.read().get<mr::sum>() == 6000);
  CHECK(b->read().get<mr::sum>() == 12000);
  b = std::make_unique<mr::sharded<five>>();
  b->update(5.0);
  CHECK(b->read().get<mr::sum>() == 5);
}

TEST_CASE("pairs and sketches are sharded alike") {
  mr::sharded<mr::aggregate<mr::covariance, mr::count>> pairs;
  for (int i = 0; i < 700; ++i) pairs.update({static_cast<double>(i), -2.0 * i});
  CHECK(pairs.read().get<mr::covariance>() == Approx(-2 * 700.0 * 701 / 12));
  mr::sharded<mr::aggregate<mr::median>> sketches;
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t)
    writers.emplace_back([&] {
      for (int i = 1; i <= 99; ++i) sketches.update(i);
    });
  for (auto& w : writers) w.join();
  CHECK(sketches.read().get<mr::median>() == 50);
  mr::sharded<mr::kll<200>> alone;
  alone.update(1.5);
  CHECK(alone.read().median() == 1.5);
}
