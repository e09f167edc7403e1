// expect: millrace\[MESSAGES-13\]: what uses messages is called with \(state, message\)
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/messages/local_queue.hpp>

namespace ms = millrace::store;

namespace mr = millrace;
using consumer = ms::local_queue<>::consumer;
using once = ms::exactly_once<ms::no_state, consumer, ms::memory_storage>;

auto run(once& reader) {
#ifdef MILLRACE_MISUSE
  return reader.run([](const ms::message&) -> mr::result<void> { return {}; }, mr::seconds(1));
#else
  return reader.run([](ms::no_state&, const ms::message&) -> mr::result<void> { return {}; }, mr::seconds(1));
#endif
}
