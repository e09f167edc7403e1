// What somebody who means harm sends to a server of HTTP: each gets a clear refusal, in bounded memory and time, and
// others are served meanwhile.

#include <millrace/connect/curl.hpp>
#include <millrace/connect/http.hpp>
#include <millrace/store/event_feed.hpp>

#include <support/catch.hpp>
#include <support/raw_client.hpp>
#include <support/temp_dir.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace http = millrace::connect::http;
using support::count_of;
using support::raw_client;
using support::request_of;

namespace {

/// Says what it was asked.
struct echo {
  ms::http_response handle(const ms::http_request& request) const {
    if (request.target == "/busy") return {429, {}, "later"};
    return {200, {{"Content-Type", "text/plain"}}, request.method + ' ' + request.target + '\n' + request.body};
  }
};

/// The most memory that the process has had, in KiB.
long most_memory() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

std::string asked(std::uint16_t port, const std::string& request) {
  raw_client client(port);
  client.send(request);
  return client.receive();
}
bool is_status(const std::string& response, int status) {
  return response.rfind("HTTP/1.1 " + std::to_string(status), 0) == 0 && count_of(response, "HTTP/1.1") == 1 &&
         response.find("<late>") == response.npos;
}

}  // namespace

TEST_CASE("heads that are too long, have too many headers, or are read in two ways are refused") {
  const echo handler;
  auto server = http::server::listen(handler, {.max_head = 20'000, .max_body = 1000, .idle_seconds = 30});
  REQUIRE(server);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  std::string hundred;
  for (int i = 0; i < 98; ++i) hundred += "X-" + std::to_string(i) + ": 1\r\n";
  const std::string large(30'000, 'x');
  for (const auto& [status, request] : std::vector<std::pair<int, std::string>>{
           {431, request_of("GET /", many + "\r\n")},
           {431, request_of("GET /", hundred + "X: 1\r\nY: 1\r\n\r\n")},
           {431, request_of("GET /", "X: " + large + "\r\n\r\n")},
           {414, "GET /" + large},
           {400, request_of("GET /", "X: 1\nY: 2\r\n\r\n")},
           {400, "GET / HTTP/1.1\nHost: a\n\n"},
           {400, request_of("GET /", "X: 1\r\n Y: 2\r\n\r\n")},
           {400, request_of("GET /", std::string("X: \0\r\n\r\n", 8))},
           {400, std::string("\x16\x03\x01\x02\x00\x01\x00", 7)},  // a client that speaks TLS
           {413, request_of("POST /", "Content-Length: 1000000000\r\n\r\n")},
           {413, request_of("POST /", "Expect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n")},
           {413, request_of("POST /", "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') + "\r\n")},
       }) {
    const std::string response = asked(server->port(), request);
    INFO(request.substr(0, 100) << "\n---\n" << response);
    CHECK(is_status(response, status));
  }
  CHECK(is_status(asked(server->port(), request_of("GET /", hundred + "Connection: close\r\n\r\n")), 200));
  CHECK(is_status(asked(server->port(), request_of("TRACE /", "Connection: close\r\n\r\n")), 200));
  const std::string busy = asked(server->port(), request_of("GET /busy", "Connection: close\r\n\r\n"));
  CHECK(busy.find("Retry-After: 1\r\n") != busy.npos);
}

TEST_CASE("a body of a gigabyte is refused before it is sent, and passed over where it is") {
  const echo handler;
  auto server = http::server::listen(handler, {.max_body = std::size_t{1} << 20});
  REQUIRE(server);
  const long before = most_memory();
  raw_client client(server->port());
  client.send(request_of("POST /", "Content-Length: 1000000000\r\n\r\n"));
  std::thread sends([&] {
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 64 && client.try_send(piece); ++i) {
    }
  });
  const std::string response = client.receive();
  sends.join();
  CHECK(response.rfind("HTTP/1.1 413", 0) == 0);
  CHECK(most_memory() - before < 20'000);
}

// As in CVE-2018-5702 of Transmission and others: a page whose name leads to loopback.
TEST_CASE("a server of one machine is not read by web pages whose names lead to it") {
  const echo handler;
  const auto check_all = [&](const http::server_options& options, int named, int own, int page) {
    auto server = http::server::listen(handler, options);
    REQUIRE(server);
    const std::string port = std::to_string(server->port());
    for (const auto& [status, head] : std::vector<std::pair<int, std::string>>{
             {own, "Host: localhost:" + port},
             {own, "host: LOCALHOST"},
             {own, "Host: 127.0.0.1:" + port},
             {own, "Host: [::1]:" + port},
             {own, "Host: localhost\r\nOrigin: http://localhost:" + port},
             {named, "Host: evil.example"},
             {named, "Host: evil.example:" + port},
             {named, "Host: localhost.evil.example:" + port},
             {named, "Host: 127.0.0.1.evil.example"},
             {named, "Host: [::1"},
             {page, "Host: localhost\r\nOrigin: http://evil.example"},
             {page, "Host: localhost\r\nOrigin: null"},
             {page, "Host: localhost\r\nOrigin: localhost"},
             {400, "Host: localhost\r\nHost: localhost"},
             {400, "X: y"},
         }) {
      const std::string response =
          asked(server->port(), "GET /secret HTTP/1.1\r\n" + head + "\r\nConnection: close\r\n\r\n");
      INFO(head << "\n---\n" << response);
      CHECK(is_status(response, status));
      CHECK((response.find("/secret") != response.npos) == (status == 200));
    }
    CHECK(is_status(asked(server->port(), "GET / HTTP/1.0\r\n\r\n"), 200));
  };
  check_all({}, 421, 200, 403);
  check_all({.hosts = {"*"}}, 200, 200, 200);
  check_all({.address = "0.0.0.0"}, 200, 200, 200);

  auto server = http::server::listen(handler, {.hosts = {"here.example"}});
  REQUIRE(server);
  const auto status = [&](const std::string& line, const std::string& head) {
    return asked(server->port(), line + " HTTP/1.1\r\n" + head + "\r\nConnection: close\r\n\r\n").substr(9, 3);
  };
  CHECK(status("GET /", "Host: HERE.example:80\r\nOrigin: https://here.example") == "200");
  CHECK(status("GET /", "Host: localhost") == "421");
  CHECK(status("POST /", "Host: localhost\r\nContent-Length: 1000000") == "421");  // whose body never comes
}

TEST_CASE("requests that come at once are each served, in their order") {
  const echo handler;
  auto server = http::server::listen(handler, {});
  REQUIRE(server);
  raw_client client(server->port());
  std::string all;
  for (int i = 0; i < 20; ++i)
    all += request_of("POST /" + std::to_string(i), "Content-Length: 3\r\n\r\nabc") + request_of("DELETE /d", "\r\n");
  client.send(all + request_of("GET /last", "Connection: close\r\n\r\n"));
  const std::string got = client.receive();
  CHECK(count_of(got, "HTTP/1.1 200") == 41);
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    const std::size_t found = got.find("POST /" + std::to_string(i) + "\nabc", at);
    REQUIRE(found != got.npos);
    at = found;
  }
  CHECK(got.find("GET /last\n", at) != got.npos);
}

TEST_CASE("clients that send or read as slowly as they can keep nobody, and are sent away in time") {
  const echo handler;
  auto server = http::server::listen(
      handler, {.threads = 20, .idle_seconds = 30, .io_seconds = 30, .head_seconds = 1, .request_seconds = 1});
  REQUIRE(server);
  std::vector<std::unique_ptr<raw_client>> slow;
  for (int i = 0; i < 10; ++i) slow.push_back(std::make_unique<raw_client>(server->port()));
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < slow.size(); ++i)
    slow[i]->send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: a\r\nX:" : request_of("POST /", "Content-Length: 90\r\n\r\nx"));
  std::atomic<bool> is_over = false;
  std::thread dribble([&] {  // a byte again and again, which no limit between two pieces ends
    while (!is_over) {
      for (const auto& each : slow) static_cast<void>(each->try_send("x"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  raw_client other(server->port());
  other.send(request_of("GET /g", "Connection: close\r\n\r\n"));
  CHECK(is_status(other.receive(), 200));
  for (const auto& each : slow) CHECK(each->receive("\r\n\r\n").rfind("HTTP/1.1 408", 0) == 0);
  is_over = true;
  dribble.join();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
}

TEST_CASE("there are as many connections as may be, and one more is told to come again") {
  const echo handler;
  auto server = http::server::listen(handler, {.threads = 4, .max_connections = 6, .idle_seconds = 30});
  REQUIRE(server);
  std::vector<std::unique_ptr<raw_client>> open;
  for (int i = 0; i < 6; ++i) open.push_back(std::make_unique<raw_client>(server->port()));
  std::string refused;
  for (int i = 0; i < 100 && refused.rfind("HTTP/1.1 503", 0) != 0; ++i) {
    raw_client more(server->port());
    refused = more.receive();
  }
  CHECK(refused.rfind("HTTP/1.1 503", 0) == 0);
  CHECK(refused.find("Retry-After: 1\r\n") != refused.npos);
  open.clear();
  std::string served;
  for (int i = 0; i < 1000 && served.rfind("HTTP/1.1 200", 0) != 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    served = asked(server->port(), request_of("GET /", "Connection: close\r\n\r\n"));
  }
  CHECK(served.rfind("HTTP/1.1 200", 0) == 0);
}

namespace {

/// Streams of a feed, and one that never ends.
struct feeding {
  ms::event_feed* feed;

  struct endless {
    bool read(std::string& piece) const {
      piece.append(100'000, 'x');
      return true;
    }
  };
  struct counting {
    int left;
    bool read(std::string& piece) {
      piece += std::to_string(left);
      return --left > 0;
    }
  };
  struct silent {
    static bool read(std::string&) { return true; }
  };
  ms::http_response handle(const ms::http_request& request) const {
    if (request.target == "/count") return {200, {}, "from ", ms::http_stream(counting{3})};
    if (request.target == "/endless") return {200, {}, {}, ms::http_stream(endless())};
    if (request.target == "/silent")
      return {200,
              {},
              "begun",
              ms::http_stream(silent(), {.heartbeat = "<beat>", .heartbeat_after = mr::duration(50'000'000)})};
    if (request.target == "/events") return feed->respond(request);
    return {200, {}, "plain"};
  }
};

}  // namespace

TEST_CASE("streams are sent beside requests, without a thread, and end with the server") {
  ms::event_feed feed;
  const feeding handler{&feed};
  auto server = http::server::listen(handler, {.threads = 2, .max_streams = 5, .idle_seconds = 1});
  REQUIRE(server);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<raw_client>(server->port()));
    clients.back()->send(request_of("GET /events", "\r\n"));
    const std::string head = clients.back()->receive("retry: 2000\n\n");
    CHECK(head.find("Content-Type: text/event-stream\r\n") != head.npos);
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != head.npos);
  }
  CHECK(server->streams() == 5);
  CHECK(feed.clients() == 5);
  const std::string refused = asked(server->port(), request_of("GET /events", "Connection: close\r\n\r\n"));
  CHECK(is_status(refused, 503));
  CHECK(refused.find("Retry-After") != refused.npos);
  CHECK(is_status(asked(server->port(), request_of("GET /", "Connection: close\r\n\r\n")), 200));
  feed.publish("stats", "{}");
  for (const auto& each : clients)
    CHECK(each->receive("{}\n\n").find("id: 1\nevent: stats\ndata: {}\n\n") != std::string::npos);
  clients.pop_back();  // one that leaves makes room
  for (int i = 0; i < 2000 && server->streams() != 4; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(server->streams() == 4);
  CHECK(feed.clients() == 4);
  raw_client old(server->port());
  old.send("GET /silent HTTP/1.0\r\n\r\n");
  const std::string beats = old.receive("<beat><beat>");
  CHECK(beats.find("\r\n\r\nbegun<beat><beat>") != beats.npos);
  CHECK(beats.find("chunked") == beats.npos);
  server->stop();
  for (const auto& each : clients) {
    const std::string rest = each->receive();
    CHECK(rest.size() >= 5);
    CHECK(rest.substr(rest.size() - 5) == "0\r\n\r\n");
  }
  CHECK(feed.clients() == 0);
}

TEST_CASE("a client that does not read its stream waits for itself alone, and is let go") {
  ms::event_feed feed;
  const feeding handler{&feed};
  auto server = http::server::listen(handler, {.io_seconds = 1});
  REQUIRE(server);
  const long before = most_memory();
  raw_client stuck(server->port());
  stuck.send(request_of("GET /endless", "\r\n"));
  raw_client listens(server->port());
  listens.send(request_of("GET /events", "\r\n"));
  CHECK(listens.receive("retry: 2000\n\n").find("200") != std::string::npos);
  feed.publish("", "there");
  CHECK(listens.receive("there\n\n").find("there") != std::string::npos);
  for (int i = 0; i < 4000 && server->streams() != 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(server->streams() == 1);
  CHECK(most_memory() - before < 20'000);
}

TEST_CASE("a server with a certificate speaks TLS, and nothing else") {
  const support::temp_dir folder;
  const std::string certificate = folder.path().string() + "/cert.pem", key = folder.path().string() + "/key.pem";
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=here "
      "-addext subjectAltName=IP:127.0.0.1 -keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  if (std::system(make.c_str()) != 0) {
    WARN("openssl makes no certificate here: TLS is not tried");
    return;
  }
  ms::event_feed feed;
  const feeding handler{&feed};
  auto server = http::server::listen(handler, {.certificate = certificate, .key = key, .head_seconds = 1});
  REQUIRE(server);
  const std::string address = "https://127.0.0.1:" + std::to_string(server->port());
  const auto transport = mr::connect::curl::transport::make(address, {.trusted = certificate});
  REQUIRE(transport);
  for (int i = 0; i < 3; ++i) {
    const auto got = transport->send({});
    REQUIRE(got);
    CHECK(got->body == "plain");
  }
  CHECK(transport->send({.target = "/count"})->body == "from 321");
  const auto strange = mr::connect::curl::transport::make(address, {});
  CHECK(strange->send({}).error().code() == mr::errc::not_authentic);
  feed.publish("", "first");
  feed.close();
  CHECK(transport->send({.target = "/events"})->status == 503);
  CHECK(asked(server->port(), request_of("GET /", "\r\n")).find("200") == std::string::npos);

  CHECK(http::server::listen(handler, {.certificate = certificate}).error().code() == mr::errc::invalid_argument);
  CHECK(http::server::listen(handler, {.certificate = key, .key = key}).error().code() == mr::errc::invalid_data);
  const auto none = http::server::listen(handler, {.certificate = certificate, .key = certificate});
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == mr::errc::invalid_data);
  CHECK(none.error().message().find("cert.pem") != std::string::npos);
}
