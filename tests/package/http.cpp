// A program that listens, and asks itself.
#include <millrace/connect/http.hpp>

namespace ms = millrace::store;

struct greeter {
  ms::http_response handle(const ms::http_request& request) const {
    return {200, {{"Content-Type", "text/plain"}}, "hello from " + request.target};
  }
};

int main() {
  const greeter handler;
  auto server = millrace::connect::http::server::listen(handler);
  if (!server) return 1;
  ::httplib::Client client("127.0.0.1", server->port());
  const auto got = client.Get("/a");
  return got && got->body == "hello from /a" ? 0 : 1;
}
