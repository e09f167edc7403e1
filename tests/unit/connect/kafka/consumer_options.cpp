#include <millrace/connect/kafka/consumer_options.hpp>

#include <support/catch.hpp>

namespace mk = millrace::connect::kafka;

TEST_CASE("kafka consumers share as any version of librdkafka can unless they are told otherwise", "[kafka]") {
  const mk::consumer_options plain;
  CHECK(plain.sharing == mk::partition_sharing::eager);
  CHECK(plain.begin == mk::begin_at::first_message);
}
