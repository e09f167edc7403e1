// expect: millrace\[MESSAGES-10\]: the consumer of messages is referred to, and outlives
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/messages/local_queue.hpp>

namespace ms = millrace::store;

using consumer = ms::local_queue<>::consumer;
using once = ms::exactly_once<ms::no_state, consumer, ms::memory_storage>;

auto open(consumer& reader, ms::memory_storage& storage) {
#ifdef MILLRACE_MISUSE
  return once::open(std::move(reader), storage);
#else
  return once::open(reader, storage);
#endif
}
