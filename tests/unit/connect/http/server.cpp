#include <millrace/connect/http/server.hpp>

#include <support/catch.hpp>
#include <support/raw_client.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ms = millrace::store;
namespace http = millrace::connect::http;
using support::count_of;
using support::raw_client;
using support::request_of;

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

// cpp-httplib PR 2516, hotaru#28: what is left of a request that was refused is no request.
TEST_CASE("a server ends a connection on which it is not clear where the next request begins") {
  const echo handler;
  auto server = http::server::listen(handler, {.max_body = 1000, .idle_seconds = 30});
  REQUIRE(server);
  const std::string hidden = request_of("GET /hidden", "\r\n");
  const auto asked = [&](const std::string& request) {
    raw_client client(server->port());
    client.send(request + hidden);
    return client.receive();
  };
  const std::string post = "POST /p";
  for (const auto& [status, request] : std::vector<std::pair<const char*, std::string>>{
           {"400", request_of(post, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")},
           {"400", request_of(post, "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")},
           {"400", request_of(post, "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")},
           {"400", request_of(post, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
           {"400", request_of(post, "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")},
           {"400", request_of(post, "Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}")},
           {"400", request_of(post, "Content-Length: -1\r\n\r\n{}")},
           {"400", request_of(post, "Content-Length: +2\r\n\r\n{}")},
           {"400", request_of(post, "Content-Length: 2, 2\r\n\r\n{}")},
           {"400", request_of(post, "Content-Length: two\r\n\r\n{}")},
           {"400", request_of(post, "Content-Length: 99999999999999999999\r\n\r\n{}")},
           {"400", request_of(post, "Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n0123456789")},
           {"400", request_of("GET /g", "Content-Length: 2\r\n\r\n{}")},
           {"400", request_of("HEAD /g", "Content-Length: 2\r\n\r\n{}")},
           {"400", request_of("OPTIONS /g", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")},
           {"413", request_of(post, "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'))},
           {"415", request_of(post, "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2\r\n\r\n{}")},
           {"400", "NONSENSE\r\n\r\n"},
           {"400", "N(/ / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
           {"501", request_of("QUERY /q", "Content-Length: 2\r\n\r\n{}")},
           {"501", request_of("get /g", "\r\n")},
           {"400", "GET / HTTP/9.9\r\n\r\n"},
           {"414", request_of("GET /" + std::string(3000, 'x'), "\r\n")},
           {"500", request_of("POST /throw", "Content-Length: 2\r\n\r\n{}")},
       }) {
    const std::string response = asked(request);
    INFO(request.substr(0, 200) << "\n---\n" << response);
    CHECK(response.rfind(std::string("HTTP/1.1 ") + status, 0) == 0);
    CHECK(count_of(response, "HTTP/1.1") == 1);
    CHECK(response.find("<late>") == response.npos);
  }
  // Others go on.
  raw_client client(server->port());
  for (const std::string& request : {
           request_of(post, "Content-Length: 2\r\n\r\n{}"),
           request_of("DELETE /p", "Content-Length: 2\r\n\r\n{}"),
           request_of(post, "Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
       }) {
    INFO(request);
    client.send(request);
    CHECK(client.receive("/p\n{}").find("HTTP/1.1 201") != std::string::npos);
  }
}

TEST_CASE("a request that a server has taken gets its whole response while the server stops") {
  struct slow {
    std::atomic<bool>* is_taken;
    ms::http_response handle(const ms::http_request&) const {
      *is_taken = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      return {200, {}, "whole"};
    }
  };
  std::atomic<bool> is_taken = false;
  const slow handler{&is_taken};
  auto server = http::server::listen(handler, {.idle_seconds = 30});
  REQUIRE(server);
  raw_client client(server->port());
  client.send(request_of("GET /", "Accept-Encoding: gzip, br\r\n\r\n"));
  while (!is_taken) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  server->stop();
  const std::string got = client.receive();
  CHECK(got.find("\r\nContent-Length: 5\r\n") != got.npos);
  CHECK(got.substr(got.size() - 9) == "\r\n\r\nwhole");
}

TEST_CASE("a large response is sent whole to a client that reads it late") {
  struct large {
    ms::http_response handle(const ms::http_request&) const { return {200, {}, std::string(8'000'000, 'x') + "end"}; }
  };
  const large handler;
  auto server = http::server::listen(handler, {.idle_seconds = 1});
  REQUIRE(server);
  raw_client client(server->port());
  client.send(request_of("GET /", "Connection: close\r\n\r\n"));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::httplib::Client other("127.0.0.1", server->port());
  CHECK(other.Get("/")->body.size() == 8'000'003);
  std::size_t received = 0;
  for (std::string piece = client.receive_some(); !piece.empty(); piece = client.receive_some())
    received += piece.size();
  CHECK(received > 8'000'003);  // with its head
  CHECK(received < 8'001'000);
}

TEST_CASE("a server has a thread for each connection up to a most, and beyond it takes turns") {
  const echo handler;
  const std::string request = request_of("GET /g", "\r\n");
  {
    auto server = http::server::listen(handler, {.threads = 40, .idle_seconds = 30});
    REQUIRE(server);
    std::vector<std::unique_ptr<raw_client>> silent;
    for (int i = 0; i < 30; ++i) {
      silent.push_back(std::make_unique<raw_client>(server->port()));
      silent.back()->send("POST /slow HTTP/1.1\r\nContent-");
    }
    raw_client other(server->port());
    other.send(request);
    CHECK(other.receive("/g\n").find("201") != std::string::npos);
    silent.clear();
  }
  auto server = http::server::listen(handler, {.threads = 2, .idle_seconds = 30});
  REQUIRE(server);
  raw_client first(server->port());
  raw_client second(server->port());
  for (raw_client* each : {&first, &second}) {
    each->send(request);
    CHECK(each->receive("/g\n").find("Connection: close") == std::string::npos);
  }
  raw_client third(server->port());  // for whom there is no thread, as long as the others go on asking
  third.send(request);
  std::string last;
  for (int i = 0; i < 1000 && last.find("Connection: close") == std::string::npos; ++i) {
    first.send(request);
    last = first.receive("/g\n");
  }
  CHECK(last.find("/g\n") != std::string::npos);  // whole, and the last one of its connection
  CHECK(first.receive().empty());
  CHECK(third.receive("/g\n").find("201") != std::string::npos);
}
