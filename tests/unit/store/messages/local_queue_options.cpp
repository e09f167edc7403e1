#include <millrace/store/messages/local_queue_options.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("a local queue keeps each message by itself unless it is told otherwise", "[messages]") {
  const ms::local_queue_options plain;
  CHECK(plain.batch == 1);
  CHECK(plain.send_wait.nanoseconds == 0);
  CHECK(plain.partitions > 1);
}
