// A program that sends to Kafka, where there is none.
#include <millrace/connect/kafka.hpp>

namespace mk = millrace::connect::kafka;

int main() {
  auto events = mk::producer::open({.brokers = "127.0.0.1:1"});
  if (!events || !events->send({.topic = "events", .value = "1"})) return 1;
  const auto wrong = mk::producer::open({.brokers = "127.0.0.1:1", .settings = {{"no.such.setting", "1"}}});
  return !wrong && events->waiting() == 1 ? 0 : 1;
}
