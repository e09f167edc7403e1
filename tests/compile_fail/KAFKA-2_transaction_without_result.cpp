// expect: millrace\[KAFKA-2\]: the code inside a transaction returns a result<T>, so that an error aborts it
#include <millrace/connect/kafka/transactions.hpp>

namespace mr = millrace;
namespace mk = millrace::connect::kafka;

void send(mk::transactional_producer& producer) {
#ifdef MILLRACE_MISUSE
  (void)producer.transact([](auto&) { return 1; });
#else
  (void)producer.transact([](auto&) -> mr::result<int> { return 1; });
#endif
}
