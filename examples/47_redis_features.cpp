// A feature store in Redis behind a local cache: many scorers share what one has computed. Where REDIS_URL names a
// server, it is used; without one, or while it is gone, features are computed, which is slower and right.
#include <millrace/connect/redis.hpp>
#include <millrace/resilience/caches/feature_cache.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;

int computed = 0;

/// What takes long: three features of a customer.
std::vector<float> features_of(std::string_view customer) {
  ++computed;
  return {static_cast<float>(customer.size()), 0.5F, 12.0F};
}

// [client]
mr::result<redis::client_options> options() {
  auto where = redis::environment_address();  // REDIS_URL: redis://user:password@host:port/database
  if (!where) return std::move(where).error();
  redis::client_options made{.server = *std::move(where)};
  made.limits.exchange = 50ms;  // later, it is quicker to compute
  made.retry = {.attempts = 2, .base = 1ms, .cap = 5ms};
  return made;
}
// [/client]

int main() {
  auto chosen = options();
  if (!chosen) {
    std::printf("%s; computing without Redis\n", chosen.error().describe().c_str());
    chosen = redis::client_options{};
    chosen->server.at = {"", 0, "/nonexistent/redis.sock"};
    chosen->retry.attempts = 1;
  }

  // [rows]
  redis::client client(*std::move(chosen));
  redis::feature_rows shared(client, 3, {.name = "customers", .ttl = 24h});
  constexpr std::uint64_t version = 7;  // of the features: of another one they are computed anew

  const auto read = [&](auto& local, std::string_view customer, std::span<float> row) {
    return local.get_or_load(customer, version, row, [&](std::string_view which) {
      return shared.load(which, version, [&] { return features_of(which); });
    });
  };

  mr::resilience::feature_cache one(3, {.ttl = 5s});      // this process'
  mr::resilience::feature_cache another(3, {.ttl = 5s});  // as another process has it
  float row[3];
  for (const std::string_view customer : {"customer:17", "customer:18", "customer:17"}) {
    if (auto done = read(one, customer, row); !done) return std::puts(done.error().describe().c_str()), 1;
    if (auto done = read(another, customer, row); !done) return std::puts(done.error().describe().c_str()), 1;
  }
  // [/rows]

  // [many]
  const std::string_view asked[] = {"customer:17", "customer:18", "customer:19"};
  float rows[9];
  bool found[3];
  const auto there = shared.read(asked, version, rows, found);  // one round trip
  // [/many]
  const auto counted = shared.statistics();
  std::printf("computed %d times for 6 reads; in Redis %zu of 3; errors of Redis: %s\n", computed,
              there ? *there : std::size_t{0}, counted.errors == 0 ? "none" : "some");
  return row[1] == 0.5F ? 0 : 1;
}
