#include <millrace/connect/http.hpp>

#include <laws/http_transport.hpp>
#include <support/catch.hpp>

#include <stdexcept>
#include <string>

namespace ms = millrace::store;
namespace http = millrace::connect::http;

namespace {

/// Says what it was asked, or fails as it is told.
struct echo {
  ms::http_response handle(const ms::http_request& request) const {
    if (request.target == "/throw") throw std::runtime_error("a password");
    ms::http_response made{201, {{"X-Method", request.method}}, request.target + '\n' + request.body};
    if (const std::string* const range = ms::find_header(request.headers, "Range"); range != nullptr) {
      if (request.target == "/partial") return {206, {{"Content-Range", "bytes 2-4/6"}}, "cde"};
      made.body += *range;
    }
    if (const std::string* const kind = ms::find_header(request.headers, "X-Kind"))
      made.headers.push_back({"Content-Type", *kind});
    return made;
  }
};

}  // namespace

TEST_CASE("a server hands requests to a handler as they were sent, and its responses back") {
  const echo handler;
  auto server = http::server::listen(handler, {.max_body = 1000, .idle_seconds = 1});
  REQUIRE(server);
  ::httplib::Client client("127.0.0.1", server->port());
  client.set_keep_alive(true);

  const auto got = client.Get("/a%2Fb?c=d%26e", {{"X-Kind", "text/x"}});
  REQUIRE(got);
  CHECK(got->status == 201);
  CHECK(got->body == "/a%2Fb?c=d%26e\n");
  CHECK(got->get_header_value("Content-Type") == "text/x");
  CHECK(got->get_header_value("X-Method") == "GET");

  const auto compressible = client.Get("/z", {{"X-Kind", "application/json"}, {"Accept-Encoding", "br, gzip"}});
  REQUIRE(compressible);
  CHECK(compressible->body == "/z\n");
  CHECK_FALSE(compressible->has_header("Content-Encoding"));

  const std::string bytes("\0\xff{}", 4);
  for (const char* type : {"application/json", "application/x-www-form-urlencoded", "x"}) {
    const auto put = client.Put("/p", bytes, type);
    REQUIRE(put);
    CHECK(put->body == "/p\n" + bytes);
  }
  CHECK(client.Put("/p", bytes, "multipart/form-data; boundary=x")->status == 415);
  CHECK(client.Delete("/d")->body == "/d\n");  // a DELETE without a length, on a connection that goes on
  CHECK(client.Post("/", std::string(1000, 'x'), "text/plain")->body.size() == 1002);
  CHECK(client.Post("/", std::string(1001, 'x'), "text/plain")->status == 413);
  CHECK(client.Get("/after")->body == "/after\n");
  CHECK(client.Get(("/" + std::string(2000, 'y')).c_str())->status == 414);
  CHECK(client.Get(("/?" + std::string(4000, 'y')).c_str())->status == 201);

  const auto thrown = client.Get("/throw");
  REQUIRE(thrown);
  CHECK(thrown->status == 500);
  CHECK(thrown->body.find("password") == std::string::npos);
  for (const auto& each : thrown->headers) CHECK(each.second.find("password") == std::string::npos);

  CHECK_FALSE(http::server::listen(handler, {.port = server->port()}));
  const std::uint16_t port = server->port();
  client.stop();
  server->stop();
  server->stop();
  ::httplib::Client late("127.0.0.1", port);
  CHECK_FALSE(late.Get("/"));
  CHECK_FALSE(http::server::listen(handler, {.address = "192.0.2.1"}));  // none of this machine's
}

TEST_CASE("a server leaves ranges to its handler, and sends whole what that responds with") {
  const echo handler;
  auto server = http::server::listen(handler, {.idle_seconds = 1});
  REQUIRE(server);
  ::httplib::Client client("127.0.0.1", server->port());
  for (const char* range : {"bytes=2-4", "bytes=1-2,4-5", "bytes=-1", "bytes=100-200"}) {
    INFO(range);
    const auto whole = client.Get("/a", {{"Range", range}});
    REQUIRE(whole);
    CHECK(whole->status == 201);
    CHECK(whole->body == std::string("/a\n") + range);
    const auto part = client.Get("/partial", {{"Range", range}});
    REQUIRE(part);
    CHECK(part->status == 206);
    CHECK(part->body == "cde");
    CHECK(part->get_header_value_count("Content-Range") == 1);
    CHECK(part->get_header_value("Content-Range") == "bytes 2-4/6");
  }
}

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
