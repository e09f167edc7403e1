// expect: millrace\[HTTP-1\]: the handler of requests is referred to
#include <millrace/store/http.hpp>

namespace ms = millrace::store;

struct greeting {
  ms::http_response handle(const ms::http_request&) const { return {.body = "hello"}; }
};

auto asked() {
#ifdef MILLRACE_MISUSE
  return ms::handler_transport(greeting()).send({.target = "/"});
#else
  const greeting handler;
  return ms::handler_transport(handler).send({.target = "/"});
#endif
}
