// expect: millrace\[KAFKA-1\]: what a full queue does with a message is store::block or store::drop_and_count
#include <millrace/connect/kafka/producer.hpp>

namespace mk = millrace::connect::kafka;

auto open() {
#ifdef MILLRACE_MISUSE
  return mk::basic_producer<int>::open({.brokers = "kafka:9092"});
#else
  return mk::basic_producer<millrace::store::drop_and_count>::open({.brokers = "kafka:9092"});
#endif
}
