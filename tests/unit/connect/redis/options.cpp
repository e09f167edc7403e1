#include <millrace/connect/redis/options.hpp>

#include <support/catch.hpp>

namespace redis = millrace::connect::redis;

TEST_CASE("a client of Redis waits, and waits again, for a bounded time by default") {
  const redis::client_options plain;
  CHECK(plain.layout == redis::layout::single);
  CHECK(plain.limits.connect > millrace::duration(0));
  CHECK(plain.limits.exchange > millrace::duration(0));
  CHECK(plain.retry.attempts > 1);
  CHECK(plain.retry.cap <= millrace::seconds(1));
  CHECK(plain.breaker.open_for <= plain.breaker.max_open);
  CHECK_FALSE(plain.reads_replicas);
}
