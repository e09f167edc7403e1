// Pipelined GETs from a redis-server on a unix socket of this machine: bare hiredis, `client` and `feature_rows`, in
// the same run, over the same keys; a single GET for the round trip. Values are rows of 30 floats. The server is
// started here (redis-server, or Debian's redis-check-rdb, in PATH), without a disk.
//
//     bench_redis
#include <millrace/connect/redis.hpp>

#include <support/redis_server.hpp>

#include <benchmark/benchmark.h>

#include <hiredis/hiredis.h>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;

namespace {

constexpr std::size_t columns = 30;
constexpr std::size_t keys = 100'000;

struct world {
  support::redis_server server;
  redis::client client;
  redis::feature_rows rows;
  std::vector<std::string> entities;

  world() : client(options(server)), rows(client, columns, {.name = "f"}) {
    for (std::size_t i = 0; i < keys; ++i) entities.push_back("customer:" + std::to_string(i * 7919 % keys));
    const std::vector<float> row(columns, 0.25F);
    redis::commands all(redis::effect::repeatable);
    for (const std::string& each : entities) all.update("SET", "f:" + each, redis::detail::row_bytes(1, row));
    if (!client.exchange(all)) std::abort();
  }
  static redis::client_options options(const support::redis_server& server) {
    redis::client_options made;
    made.server.at = server.at_socket();
    made.limits.exchange = mr::seconds(60);
    return made;
  }
};
world& the_world() {
  static world made;
  return made;
}

void gets_hiredis(benchmark::State& state) {
  world& on = the_world();
  redisContext* const context = ::redisConnectUnix(on.server.socket_path().c_str());
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::size_t at = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i) {
      const std::string key = "f:" + on.entities[(at + i) % keys];
      const char* words[] = {"GET", key.data()};
      const std::size_t sizes[] = {3, key.size()};
      ::redisAppendCommandArgv(context, 2, words, sizes);
    }
    for (std::size_t i = 0; i < batch; ++i) {
      void* reply = nullptr;
      if (::redisGetReply(context, &reply) != REDIS_OK) std::abort();
      bytes += static_cast<redisReply*>(reply)->len;
      ::freeReplyObject(reply);
    }
    at += batch;
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  ::redisFree(context);
}

void gets_client(benchmark::State& state) {
  world& on = the_world();
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::size_t at = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    redis::commands all(redis::effect::reads);
    for (std::size_t i = 0; i < batch; ++i) all.update("GET", "f:" + on.entities[(at + i) % keys]);
    const auto replies = on.client.exchange(all);
    if (!replies) std::abort();
    for (const redis::reply& each : *replies) bytes += each.text.size();
    at += batch;
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void rows_read(benchmark::State& state) {
  world& on = the_world();
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::vector<std::string_view> asked(batch);
  std::vector<float> numbers(batch * columns);
  const auto found = std::make_unique<bool[]>(batch);
  std::size_t at = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i) asked[i] = on.entities[(at + i) % keys];
    const auto count = on.rows.read(asked, 1, numbers, std::span(found.get(), batch));
    if (!count || *count != batch) std::abort();
    at += batch;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(gets_hiredis)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();
BENCHMARK(gets_client)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();
BENCHMARK(rows_read)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

}  // namespace

int main(int count, char** words) {
  if (!support::has_redis()) return 0;
  benchmark::Initialize(&count, words);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
