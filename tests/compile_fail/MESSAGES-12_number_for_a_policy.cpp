// expect: millrace\[MESSAGES-12\]: what becomes of dead letters is stop_at_dead_letters
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/messages/local_queue.hpp>

namespace ms = millrace::store;

using consumer = ms::local_queue<>::consumer;

#ifdef MILLRACE_MISUSE
using once = ms::exactly_once<ms::no_state, consumer, ms::memory_storage, int>;
#else
using once = ms::exactly_once<ms::no_state, consumer, ms::memory_storage, ms::keep_dead_letters>;
#endif

auto counts(const once& reader) { return reader.counts().used; }
