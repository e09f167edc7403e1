// expect: millrace\[MESSAGES-11\]: a state of messages has a constructor without arguments
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/messages/local_queue.hpp>

namespace ms = millrace::store;

using consumer = ms::local_queue<>::consumer;

#ifdef MILLRACE_MISUSE
using once = ms::exactly_once<int, consumer, ms::memory_storage>;
#else
using once = ms::exactly_once<ms::no_state, consumer, ms::memory_storage>;
#endif

auto counts(const once& reader) { return reader.counts().used; }
