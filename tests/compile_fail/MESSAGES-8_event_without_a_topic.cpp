// expect: millrace\[MESSAGES-8\]: no topic of this router carries events of this type
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/messages/router.hpp>
#include <string>

namespace ms = millrace::store;

using queue = ms::local_queue<>;
using events = ms::topic<"events", std::string, ms::raw_bytes>;

auto send(ms::router<queue, events>& router) {
#ifdef MILLRACE_MISUSE
  return router.send(42);
#else
  return router.send(std::string("42"));
#endif
}
