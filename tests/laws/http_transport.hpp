#ifndef MILLRACE_TESTS_LAWS_HTTP_TRANSPORT_HPP
#define MILLRACE_TESTS_LAWS_HTTP_TRANSPORT_HPP

// The laws of store::http_transport (store/http.hpp) as tests, for every transport. A test brings a transport behind
// which an echo_handler is.

#include <millrace/store/http.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace laws {

/// Says what it was asked: `METHOD TARGET`, and the body. The status is that of the header X-Status.
struct echo_handler {
  millrace::store::http_response handle(const millrace::store::http_request& request) const {
    namespace ms = millrace::store;
    ms::http_response made{200, {{"X-Method", request.method}, {"Content-Type", "text/x"}}, {}};
    if (const std::string* const status = ms::find_header(request.headers, "X-Status"); status != nullptr)
      made.status = std::stoi(*status);
    if (const std::string* const kind = ms::find_header(request.headers, "X-Kind"); kind != nullptr)
      made.headers.push_back({"X-Kind", *kind});
    if (request.method != "HEAD") made.body = request.method + ' ' + request.target + '\n' + request.body;
    return made;
  }
};

template <millrace::store::http_transport Transport>
void carries_requests(Transport& transport) {
  namespace ms = millrace::store;
  // The target as it is, bytes of any kind, methods of any kind, headers there and back.
  const std::string bytes("\0\xff{}\r\n\r\n", 8);
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto response = transport.send({method, "/a%2Fb/../c?d=%26&e=+", {{"X-Kind", "a b"}}, bytes});
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == std::string(method) + " /a%2Fb/../c?d=%26&e=+\n" + bytes);
    CHECK(*ms::find_header(response->headers, "x-kind") == "a b");
    CHECK(*ms::find_header(response->headers, "Content-Type") == "text/x");
  }
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    const auto response = transport.send({.method = method, .target = "/empty"});
    REQUIRE(response);
    CHECK(response->body == std::string(method) + " /empty\n");
  }
  // A response of any status is one, and none is followed by the transport.
  for (const char* status : {"201", "301", "400", "401", "404", "429", "500", "503"}) {
    const auto response = transport.send({.headers = {{"X-Status", status}, {"Location", "/other"}}});
    REQUIRE(response);
    CHECK(response->status == std::stoi(status));
    CHECK(response->body == "GET /\n");
  }
  const std::string large(3'000'000, 'x');
  const auto response = transport.send({"PUT", "/large", {}, large});
  REQUIRE(response);
  CHECK(response->body == "PUT /large\n" + large);
}

template <millrace::store::http_transport Transport>
void carries_from_many_threads(Transport& transport) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int request = 0; request < 25; ++request) {
        const std::string target = "/" + std::to_string(i) + '/' + std::to_string(request);
        const auto response = transport.send({"POST", target, {}, target});
        if (!response || response->body != "POST " + target + '\n' + target) ++wrong;
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK(wrong == 0);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_HTTP_TRANSPORT_HPP
