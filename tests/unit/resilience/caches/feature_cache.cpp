#include <millrace/resilience/caches/feature_cache.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mz = millrace::resilience;

TEST_CASE("feature_cache: rows come from memory, without an allocation, until their time or version is over") {
  std::uint64_t now = 0;
  mz::feature_cache<mr::manual_clock> cache(2, {.max_weight = 10, .ttl = mr::duration(100)}, mr::manual_clock(now));
  CHECK(cache.columns() == 2);
  int loads = 0;
  const auto load = [&](std::string_view entity) {
    ++loads;
    return std::vector<float>{static_cast<float>(entity.size()), static_cast<float>(loads)};
  };
  std::array<float, 2> row{};
  REQUIRE(cache.get_or_load("customer 17", 1, row, load));
  CHECK(row == std::array<float, 2>{11, 1});
  row = {};
  CHECK(support::allocations_of([&] { (void)cache.get_or_load("customer 17", 1, row, load); }) == 0);
  CHECK(row == std::array<float, 2>{11, 1});
  REQUIRE(cache.get_or_load("customer 17", 2, row, load));
  CHECK(row == std::array<float, 2>{11, 2});
  REQUIRE(cache.get_or_load("customer 17", 2, row, load));
  CHECK(row == std::array<float, 2>{11, 2});
  now = 100;
  REQUIRE(cache.get_or_load("customer 17", 2, row, load));
  CHECK(row == std::array<float, 2>{11, 3});
  CHECK(cache.invalidate("customer 17"));
  REQUIRE(cache.get_or_load("customer 17", 2, row, load));
  CHECK(row[1] == 4);
  cache.invalidate_all();
  REQUIRE(cache.get_or_load("customer 17", 2, row, load));
  CHECK(row[1] == 5);
  CHECK(cache.statistics().hits == 3);
}

TEST_CASE("feature_cache: rows of another width, and the loader's errors, are errors and not kept") {
  mz::feature_cache cache(2);
  std::array<float, 3> wide{};
  CHECK(cache.get_or_load("a", 1, wide, [] { return std::vector<float>(3); }).error().message() ==
        "the room for a row has 3 columns, and the feature cache's have 2");
  std::array<float, 2> row{7, 7};
  CHECK(cache.get_or_load("a", 1, row, [] { return std::vector<float>(3); }).error().code() ==
        mr::errc::shape_mismatch);
  const auto failed = cache.get_or_load("a", 1, row, []() -> mr::result<std::vector<float>> {
    return mr::error(mr::errc::timeout, "the feature store is late");
  });
  CHECK(failed.error().message() == "the feature store is late");
  CHECK(row == std::array<float, 2>{7, 7});
  REQUIRE(cache.get_or_load("a", 1, row, [] { return std::vector<float>{1, 2}; }));
  CHECK(row == std::array<float, 2>{1, 2});
}

TEST_CASE("feature_cache: threads that ask for different versions of one row each get their own") {
  mz::feature_cache cache(1);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        std::array<float, 1> row{};
        const auto done = cache.get_or_load("one", t % 2, row, [&] { return std::vector<float>{float(t % 2)}; });
        if (!done || row[0] != float(t % 2)) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
