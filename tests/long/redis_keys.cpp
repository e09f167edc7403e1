// A million rows of features in a real redis-server: written and read in batches, by four readers while one writes,
// each row the one that was asked for; then all gone by their time, to the second. Prints what it took.
#include <millrace/connect/redis/client.hpp>
#include <millrace/connect/redis/feature_rows.hpp>

#include <support/catch.hpp>
#include <support/redis_server.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t keys = 1'000'000;
constexpr std::size_t batch = 1'000;

std::vector<std::string> names_from(std::size_t first) {
  std::vector<std::string> made;
  for (std::size_t i = first; i < first + batch; ++i) made.push_back(std::to_string(i));
  return made;
}

}  // namespace

TEST_CASE("a million rows of features are in Redis, one writer, four readers") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address(), .limits = {.exchange = 60s}});
  redis::feature_rows rows(client, 2, {.name = "f", .ttl = 3600s});
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::size_t> written{0};
  std::atomic<int> wrong{0};
  std::atomic<std::size_t> read{0};
  std::vector<std::thread> readers;
  for (std::size_t t = 0; t < 4; ++t)
    readers.emplace_back([&, t] {
      const auto found = std::make_unique<bool[]>(batch);
      std::vector<float> got(2 * batch);
      for (std::size_t round = 0; round < 250; ++round) {
        while (written < (round + 1) * 4 * batch) std::this_thread::sleep_for(1ms);
        const std::size_t first = (round * 4 + t) * batch;
        const auto names = names_from(first);
        const std::vector<std::string_view> asked(names.begin(), names.end());
        const auto count = rows.read(asked, 1, got, std::span(found.get(), batch));
        if (!count || *count != batch) ++wrong;
        for (std::size_t i = 0; i < batch; ++i)
          if (got[2 * i] != static_cast<float>((first + i) % 8192) || got[2 * i + 1] != static_cast<float>(i)) ++wrong;
        read += batch;
      }
    });
  for (std::size_t first = 0; first < keys; first += batch) {
    const auto names = names_from(first);
    const std::vector<std::string_view> entities(names.begin(), names.end());
    std::vector<float> numbers;
    for (std::size_t i = 0; i < batch; ++i) {
      numbers.push_back(static_cast<float>((first + i) % 8192));
      numbers.push_back(static_cast<float>(i));
    }
    if (!rows.write(entities, 1, numbers)) ++wrong;
    written += batch;
  }
  for (std::thread& each : readers) each.join();
  CHECK(wrong == 0);
  CHECK(read == keys);
  CHECK(client.call(redis::effect::reads, "DBSIZE")->integer == static_cast<std::int64_t>(keys));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%zu rows written by one and read by four in %.1f s\n", keys, took.count());

  // A lifetime to the second, of every tenth of a second of writing.
  redis::feature_rows brief(client, 2, {.name = "g", .ttl = 2s});
  const float row[] = {1, 2};
  float got[2] = {};
  std::vector<std::chrono::steady_clock::time_point> at;
  for (int i = 0; i < 10; ++i) {
    at.push_back(std::chrono::steady_clock::now());
    REQUIRE(brief.write(std::to_string(i), 1, row));
    std::this_thread::sleep_for(100ms);
  }
  for (int i = 0; i < 10; ++i) {
    std::this_thread::sleep_until(at[static_cast<std::size_t>(i)] + 1900ms);
    CHECK(*brief.read(std::to_string(i), 1, got));
    std::this_thread::sleep_until(at[static_cast<std::size_t>(i)] + 2100ms);
    CHECK_FALSE(*brief.read(std::to_string(i), 1, got));
  }
}
