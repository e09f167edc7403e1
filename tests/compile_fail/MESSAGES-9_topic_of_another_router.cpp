// expect: millrace\[MESSAGES-9\]: this is not one of the router.s topics
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/messages/router.hpp>
#include <string>

namespace ms = millrace::store;

using queue = ms::local_queue<>;
using events = ms::topic<"events", std::string, ms::raw_bytes>;
using errors = ms::topic<"errors", std::string, ms::raw_bytes>;

auto send(ms::router<queue, events>& router) {
#ifdef MILLRACE_MISUSE
  return router.send_to<errors>("text");
#else
  return router.send_to<events>("text");
#endif
}
