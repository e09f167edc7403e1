#include <millrace/connect/curl.hpp>

#include <millrace/connect/http.hpp>
#include <millrace/store/file.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <laws/http_transport.hpp>
#include <support/catch.hpp>
#include <support/raw_server.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace curl = millrace::connect::curl;
namespace http = millrace::connect::http;

using support::raw_server;
using support::read_request;
using support::say;

namespace {

ms::secret<std::string> secret(const char* text) { return ms::secret<std::string>(std::string(text)); }

}  // namespace

TEST_CASE("libcurl carries requests to our own server and back") {
  const laws::echo_handler handler;
  auto server = http::server::listen(handler, {.idle_seconds = 1});
  REQUIRE(server);
  const std::string address = "http://127.0.0.1:" + std::to_string(server->port());
  auto transport = curl::transport::make(address + "/");
  REQUIRE(transport);
  CHECK(transport->address() == address);
  laws::carries_requests(*transport);
  laws::carries_from_many_threads(*transport);
  *transport = std::move(*curl::transport::make(address + "/in/front"));  // closes what is open
  CHECK(transport->send({.target = "/a?b"})->body == "GET /in/front/a?b\n");
}

TEST_CASE("a request is on the wire what was asked for, with the token, and nothing that nobody asked for") {
  std::string seen;
  const raw_server server([&](int connection) {
    seen = read_request(connection);
    say(connection,
        "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\nX-A:  b \r\n\r\nok");
  });
  auto transport =
      curl::transport::make(server.address() + "/front/", {.token = secret("t0ken"), .user_agent = "tests"});
  REQUIRE(transport);
  auto response = transport->send({"POST", "/a/../b?c=%2F#d", {{"X-One", "1"}, {"Empty", ""}}, "body"});
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(response->headers == std::vector<ms::http_header>{{"Content-Length", "2"}, {"X-A", "b"}});
  CHECK(response->body == "ok");
  CHECK(seen == "POST /front/a/../b?c=%2F#d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                    "\r\nUser-Agent: tests\r\nAccept: */*\r\nX-One: 1\r\nEmpty:\r\nAuthorization: Bearer t0ken\r\n"
                    "Content-Length: 4\r\n\r\nbody");
  response = transport->send({"DELETE", "/x", {{"authorization", "Basic abc"}}, ""});
  REQUIRE(response);
  CHECK(seen.find("t0ken") == seen.npos);
  CHECK(seen.starts_with("DELETE /front/x HTTP/1.1\r\n"));
}

TEST_CASE("what cannot be sent as it is is refused, and nothing is sent") {
  const raw_server server([](int) { FAIL("a connection"); });
  auto transport = curl::transport::make(server.address());
  REQUIRE(transport);
  const auto refused = [&](const ms::http_request& request) {
    const auto response = transport->send(request);
    return !response && response.error().code() == mr::errc::invalid_argument;
  };
  for (const char* target : {"", "a", "http://other/", "@other/", "/a b", "/a\r\nX: 1", "/\xc3\xa4", "/\x7f"})
    CHECK(refused({.target = target}));
  for (const char* method : {"", "get", "GET /x HTTP/1.1\r\n", "GE T"}) CHECK(refused({.method = method}));
  for (const char* name : {"", "a b", "a:b", "a;", "\xc3", "Host", "content-length", "Transfer-Encoding", "Connection"})
    CHECK(refused({.headers = {{name, "1"}}}));
  for (const char* value : {"a\r\nb: c", "a\n", "\r"}) CHECK(refused({.headers = {{"A", value}}}));
  CHECK(refused({.headers = {{"A", std::string(1, '\0')}}}));
}

TEST_CASE("an address is one, keeps no secrets, and no token goes over plain http to others") {
  const auto code = [](std::string_view address, const char* token = "", bool allows = false) {
    const auto made = curl::transport::make(address, {.token = secret(token), .allows_plain_token = allows});
    if (made) return std::string("none");
    CHECK(made.error().describe().find("s3cret") == std::string::npos);
    CHECK(made.error().describe().find("t0ken") == std::string::npos);
    return std::string(to_string(made.error().code()));
  };
  for (const char* fine :
       {"https://a.example", "https://a.example:8443/x/y/", "http://127.0.0.1:5000", "http://[::1]:5"})
    CHECK(code(fine, "t0ken") == "none");
  CHECK(code("http://a.example") == "none");
  CHECK(code("http://LOCALHOST", "t0ken") == "none");
  CHECK(code("http://a.example", "t0ken") == "permission_denied");
  CHECK(code("http://127.evil.example", "t0ken") == "permission_denied");
  CHECK(code("http://a.example", "t0ken", true) == "none");
  CHECK(code("https://a.example", "t0ken\r\nX: y") == "invalid_argument");
  for (const char* wrong :
       {"", "a.example", "localhost:5000", "ftp://a.example", "file:///etc/passwd", "https://",
        "https://u:s3cret@a.example", "https://u@a.example", "https://a.example/?q", "https://a.example/#f",
        "https://a.example/a b", "https://a.example:999999", "https://a.example\r\nX: y"})
    CHECK(code(wrong) == "invalid_argument");
  CHECK(code(std::string_view("https://a.example\0.other", 24)) == "invalid_argument");
}

TEST_CASE("redirects are responses, and lead nowhere") {
  std::atomic<int> others = 0;
  const raw_server other([&](int) { ++others; });
  const raw_server server([&](int connection) {
    static_cast<void>(read_request(connection));
    say(connection, "HTTP/1.1 302 Found\r\nLocation: " + other.address() + "/\r\nContent-Length: 0\r\n\r\n");
  });
  auto transport = curl::transport::make(server.address(), {.token = secret("t0ken")});
  const auto response = transport->send({});
  REQUIRE(response);
  CHECK(response->status == 302);
  CHECK(*ms::find_header(response->headers, "location") == other.address() + "/");
  CHECK(others == 0);
}

TEST_CASE("no proxy is asked but the one of the options, whatever the environment says") {
  std::string seen;
  const raw_server proxy([&](int connection) {
    seen = read_request(connection);
    say(connection, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  });
  const laws::echo_handler handler;
  auto server = http::server::listen(handler);
  REQUIRE(server);
  const std::string address = "http://127.0.0.1:" + std::to_string(server->port());
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::setenv(name, proxy.address().c_str(), 1);
  auto direct = curl::transport::make(address, {.token = secret("t0ken")});
  CHECK(direct->send({}));
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  CHECK(seen.empty());
  auto by_proxy = curl::transport::make(address, {.token = secret("t0ken"), .proxy = proxy.address()});
  const auto refused = by_proxy->send({});
  REQUIRE_FALSE(refused);  // the proxy's own response is not the server's
  CHECK(seen.starts_with("CONNECT 127.0.0.1:"));
  CHECK(seen.find("t0ken") == seen.npos);
}

TEST_CASE("errors say what has become of the request, and nothing of what is in it") {
  enum { silent, cut, short_body, no_http, resets, long_body, long_chunks, long_head };
  std::atomic<int> how = silent;
  const raw_server server([&](int connection) {
    const std::string all = read_request(connection);
    switch (how) {
      case silent: static_cast<void>(read_request(connection)); break;  // until the client goes
      case cut: break;
      case short_body: say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nt0ken"); break;
      case no_http: say(connection, "t0ken t0ken\r\n\r\n"); break;
      case resets: {
        const linger at_once{1, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        break;
      }
      case long_body: say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nt0ken"); break;
      case long_chunks: {
        std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
        say(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 64; ++i) say(connection, chunk);
        break;
      }
      default:
        say(connection, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 300; ++i) say(connection, "X-" + std::string(100, 'h') + ": t0ken\r\n");
    }
  });
  const auto code = [&](int which, const char* method = "POST") {
    how = which;
    auto transport = curl::transport::make(server.address(), {.token = secret("t0ken"),
                                                              .total_ms = which == silent ? 150U : 5000U,
                                                              .max_response = 100'000,
                                                              .max_head = 10'000});
    const auto response = transport->send({method, "/where?t0ken", {{"A", "t0ken"}}, "t0ken"});
    REQUIRE_FALSE(response);
    const std::string text = response.error().describe();
    INFO(text);
    CHECK(text.find("t0ken") == text.npos);
    CHECK(text.find(server.address() + "/where") != text.npos);
    return response.error().code();
  };
  CHECK(code(silent) == mr::errc::timeout);
  CHECK(code(cut) == mr::errc::io);
  CHECK(code(short_body) == mr::errc::io);
  CHECK(code(no_http) == mr::errc::invalid_data);
  CHECK(code(resets) == mr::errc::io);
  CHECK(code(long_body) == mr::errc::out_of_range);
  CHECK(code(long_chunks) == mr::errc::out_of_range);
  CHECK(code(long_head) == mr::errc::out_of_range);

  // A port that nobody listens at any more; a host that is none.
  std::string gone;
  {
    gone = raw_server([](int) {}).address();
  }
  CHECK(curl::transport::make(gone)->send({}).error().code() == mr::errc::unavailable);
  CHECK(curl::transport::make("http://host.invalid", {.connect_ms = 1000})->send({}).error().code() ==
        mr::errc::unavailable);
}

TEST_CASE("a request that a server may have acted on is not sent again by libcurl") {
  std::atomic<int> posts = 0;
  const raw_server server([&](int connection) {
    // The first request of a connection gets its response; the second is read whole, and gets none.
    for (int i = 0; i < 2; ++i) {
      const std::string request = read_request(connection);
      if (request.empty()) return;
      if (request.starts_with("GET /first")) {
        say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        continue;
      }
      ++posts;
      return;
    }
  });
  auto transport = curl::transport::make(server.address(), {.total_ms = 5000});
  for (const ms::http_request& request :
       {ms::http_request{"POST", "/", {}, "body"}, ms::http_request{"POST", "/", {}, ""},
        ms::http_request{"DELETE", "/", {}, ""}, ms::http_request{"PATCH", "/", {}, "x"}}) {
    REQUIRE(transport->send({.target = "/first"}));
    posts = 0;
    const auto response = transport->send(request);
    REQUIRE_FALSE(response);
    CHECK(response.error().code() == mr::errc::io);
    CHECK(posts == 1);
  }
}

TEST_CASE("a forked child asks by connections of its own, and leaves its parent's alone") {
  std::atomic<int> connections = 0;
  const raw_server server([&](int connection) {
    ++connections;
    while (!read_request(connection).empty()) say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  auto transport = curl::transport::make(server.address(), {.total_ms = 5000});
  REQUIRE(transport->send({.target = "/before"}));
  const pid_t child = ::fork();
  if (child == 0) {
    bool fine = true;
    {
      const auto moved = std::move(*transport);
      for (int i = 0; i < 3; ++i) fine = static_cast<bool>(moved.send({.target = "/child"})) && fine;
    }
    ::_exit(fine ? 0 : 1);
  }
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(connections == 4);
  CHECK(transport->send({.target = "/after"}));
  CHECK(connections == 4);
}

TEST_CASE("a certificate has to be trusted, and the host's") {
  const support::temp_dir folder;
  const auto run = [](const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()); };
  const auto certificate = [&](const std::string& name, const std::string& host) {
    return run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test -keyout " +
        folder.path().string() + '/' + name + ".key -out " + folder.path().string() + '/' + name +
        ".crt -addext subjectAltName=" + host);
  };
  if (certificate("here", "IP:127.0.0.1") != 0) {
    WARN("openssl makes no certificate here: TLS is not tried");
    return;
  }
  REQUIRE(certificate("other", "DNS:other.example") == 0);
  const auto asked = [&](const std::string& serving, const std::string& trusted) {
    const std::string files = folder.path().string() + '/' + serving;
    // Ends when its input does.
    std::FILE* const server = ::popen(("exec openssl s_server -accept 127.0.0.1:0 -www -naccept 1 -key " + files +
                                       ".key -cert " + files + ".crt 2>/dev/null")
                                          .c_str(),
                                      "r");
    REQUIRE(server != nullptr);
    std::string port;
    char line[256];
    while (port.empty() && std::fgets(line, sizeof line, server) != nullptr)
      if (std::string_view(line).starts_with("ACCEPT"))
        port = std::string(line).substr(std::string(line).rfind(':') + 1);
    while (!port.empty() && (port.back() < '0' || port.back() > '9')) port.pop_back();
    auto transport = curl::transport::make("https://127.0.0.1:" + port, {.token = secret("t0ken"), .trusted = trusted});
    REQUIRE(transport);
    auto response = transport->send({});
    std::string rest;
    while (std::fgets(line, sizeof line, server) != nullptr) rest += line;
    ::pclose(server);
    CHECK(rest.find("t0ken") == rest.npos);
    return response;
  };
  const auto code = [](const mr::result<ms::http_response>& response) {
    return std::string(response ? std::string_view("none") : to_string(response.error().code()));
  };
  const auto good = asked("here", folder.path().string() + "/here.crt");
  REQUIRE(good);
  CHECK(good->status == 200);
  CHECK(good->body.find("TLSv1") != std::string::npos);
  CHECK(code(asked("here", "")) == "not_authentic");
  CHECK(code(asked("here", folder.path().string() + "/other.crt")) == "not_authentic");
  CHECK(code(asked("other", folder.path().string() + "/other.crt")) == "not_authentic");
  CHECK(code(asked("here", folder.path().string() + "/none.crt")) == "invalid_argument");
}
