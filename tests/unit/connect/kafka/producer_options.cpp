#include <millrace/connect/kafka/producer_options.hpp>

#include <support/catch.hpp>

namespace mk = millrace::connect::kafka;

TEST_CASE("kafka producers send no message twice unless they are told otherwise", "[kafka]") {
  const mk::producer_options plain;
  CHECK(plain.is_idempotent);
  CHECK(plain.send_wait.nanoseconds == 0);
}
