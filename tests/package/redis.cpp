// A program that has its address of Redis checked.
#include <millrace/connect/redis.hpp>

#include <utility>

namespace redis = millrace::connect::redis;

int main() {
  auto where = redis::parse_address("redis://127.0.0.1:1/2");
  if (!where) return 1;
  redis::client client({.server = *std::move(where), .retry = {.attempts = 1}});
  return client.call(redis::effect::reads, "GET", "key") ? 1 : 0;  // nobody listens there
}
