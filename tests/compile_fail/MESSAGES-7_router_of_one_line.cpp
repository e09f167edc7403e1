// expect: millrace\[MESSAGES-7\]: the producer of messages is referred to, and outlives
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/messages/router.hpp>
#include <string>

namespace ms = millrace::store;

using queue = ms::local_queue<>;
using events = ms::topic<"events", std::string, ms::raw_bytes>;

auto make(queue& producer) {
#ifdef MILLRACE_MISUSE
  return ms::router<queue, events>(std::move(producer));
#else
  return ms::router<queue, events>(producer);
#endif
}
