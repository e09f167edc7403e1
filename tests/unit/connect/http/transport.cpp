#include <millrace/connect/http/transport.hpp>

#include <millrace/connect/http/server.hpp>

#include <laws/http_transport.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace ms = millrace::store;
namespace http = millrace::connect::http;

TEST_CASE("a transport carries requests to our own server and back, over plain HTTP") {
  const laws::echo_handler handler;
  auto server = http::server::listen(handler, {.idle_seconds = 1});
  REQUIRE(server);
  auto transport = http::transport::make({.port = server->port(), .io_seconds = 5});
  REQUIRE(transport);
  laws::carries_requests(*transport);
  laws::carries_from_many_threads(*transport);

  auto limited = http::transport::make({.port = server->port(), .max_response = 1000});
  const auto large = limited->send({"PUT", "/x?t0ken", {}, std::string(2000, 'x')});
  REQUIRE_FALSE(large);
  CHECK(large.error().code() == millrace::errc::out_of_range);
  CHECK(large.error().describe().find("t0ken") == std::string::npos);
  for (const char* target : {"", "a", "/a b", "/a\r\nX: 1"})
    CHECK(transport->send({.target = target}).error().code() == millrace::errc::invalid_argument);

  // The server goes away while its connection is open: no signal, and an error that says it is not reached.
  server->stop();
  for (int i = 0; i < 3; ++i) {
    const auto gone = transport->send({"POST", "/", {}, "body"});
    REQUIRE_FALSE(gone);
    CHECK((gone.error().code() == millrace::errc::unavailable || gone.error().code() == millrace::errc::io));
  }
  CHECK(transport->send({}).error().code() == millrace::errc::unavailable);
}

TEST_CASE("a transport over plain HTTP takes its token to no other machine") {
  struct says_who {
    ms::http_response handle(const ms::http_request& request) const {
      const std::string* const who = ms::find_header(request.headers, "Authorization");
      return {200, {}, who == nullptr ? "nobody" : *who};
    }
  };
  const says_who handler;
  auto server = http::server::listen(handler, {.idle_seconds = 1});
  REQUIRE(server);
  const auto token = [] { return ms::secret<std::string>(std::string("t0ken")); };
  auto transport = http::transport::make({.port = server->port(), .token = token()});
  CHECK(transport->send({})->body == "Bearer t0ken");
  CHECK(transport->send({.headers = {{"authorization", "Basic x"}}})->body == "Basic x");
  const auto other = http::transport::make({.address = "a.example", .token = token()});
  REQUIRE_FALSE(other);
  CHECK(other.error().code() == millrace::errc::permission_denied);
  CHECK(other.error().describe().find("t0ken") == std::string::npos);
  CHECK(http::transport::make({.address = "a.example", .token = token(), .allows_plain_token = true}));
}
