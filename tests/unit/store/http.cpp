#include <millrace/store/http.hpp>

#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("percent-escapes are decoded once, and what comes out is looked at") {
  CHECK(*ms::percent_decoded("a%20b%2Fc") == "a b/c");
  CHECK(*ms::percent_decoded("%2520") == "%20");
  CHECK(*ms::percent_decoded("a+b") == "a+b");
  CHECK(*ms::percent_decoded("a+b%2B", true) == "a b+");
  CHECK(*ms::percent_decoded("%C3%A4") == "\xc3\xa4");
  for (const char* wrong : {"%", "%2", "%2g", "a%", "%00", "%0a", "%7f", "%ff", "%C3", "%c0%ae", "\xff"}) {
    const auto refused = ms::percent_decoded(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
  CHECK(*ms::percent_decoded("two%0Alines", true) == "two\nlines");  // a query's value may have several lines
  CHECK_FALSE(ms::percent_decoded("%00", true));
}

TEST_CASE("a request's target is taken apart before it is decoded") {
  const auto target = ms::http_target::parse("/a%3Fb/c?k=v%26w&k=x=y&empty&=z&&name=a%20b+c#fragment");
  REQUIRE(target);
  CHECK(target->path == "/a?b/c");
  const std::vector<ms::http_parameter> query = {
      {"k", "v&w"}, {"k", "x=y"}, {"empty", ""}, {"", "z"}, {"name", "a b c"}};
  CHECK(target->query == query);
  CHECK(ms::http_target::parse("/")->query.empty());
  for (const char* wrong : {"", "a", "http://host/a", "?a", "*", "/%", "/?%", "/?a=%zz", "/a%00"})
    CHECK_FALSE(ms::http_target::parse(wrong));
  std::string many = "/?";
  for (std::size_t i = 0; i < ms::max_http_parameters; ++i) many += "a&";
  CHECK(ms::http_target::parse(many)->query.size() == ms::max_http_parameters);
  CHECK_FALSE(ms::http_target::parse(many + "a"));
}

TEST_CASE("what is encoded is decoded to what it was, and has nothing that a target means something by") {
  CHECK(ms::percent_encoded("aZ09-._~") == "aZ09-._~");
  CHECK(ms::percent_encoded("a b/c?d#e%20+&=\xc3\xa4") == "a%20b%2Fc%3Fd%23e%2520%2B%26%3D%C3%A4");
  CHECK(ms::percent_encoded("/a b/c", true) == "/a%20b/c");
  CHECK(ms::percent_encoded(std::string_view("\0\r\n\xff", 4)) == "%00%0D%0A%FF");

  mr::random_engine random(1);
  for (int round = 0; round < 300; ++round) {
    const auto text = [&](std::size_t size) {
      std::string made;
      while (made.size() < size) {
        mr::detail::put_utf8(static_cast<std::uint32_t>(0x20 + random() % 0x4f),
                             [&](std::uint32_t byte) { made += static_cast<char>(byte); });
        if (random() % 8 == 0) made += "\xe2\x82\xac";
      }
      return made;
    };
    ms::http_target target{'/' + text(random() % 20), {}};
    for (std::uint64_t i = random() % 4; i > 0; --i)
      target.query.push_back({text(1 + random() % 5), text(random() % 9)});
    const std::string sent = target.text();
    CAPTURE(sent);
    for (const char each : sent) CHECK((each > ' ' && each < 0x7f));
    const auto again = ms::http_target::parse(sent);
    REQUIRE(again);
    CHECK(again->path == target.path);
    CHECK(again->query == target.query);
  }
}

namespace {

struct late {
  ms::http_response handle(const ms::http_request& request) const {
    return {503, {{"A", request.target}}, request.body};
  }
};
struct sends_no_result {
  ms::http_response send(const ms::http_request&);
};

}  // namespace

TEST_CASE("a handler in the same process is a server behind a transport") {
  STATIC_REQUIRE(ms::http_transport<ms::handler_transport<late>>);
  STATIC_REQUIRE_FALSE(ms::http_transport<sends_no_result>);
  STATIC_REQUIRE_FALSE(ms::http_transport<late>);
  const late handler;
  ms::handler_transport server(handler);
  const auto response = server.send({"PUT", "/x?y", {}, "bytes"});
  REQUIRE(response);  // whatever its status
  CHECK(response->status == 503);
  CHECK(*ms::find_header(response->headers, "a") == "/x?y");
  CHECK(response->body == "bytes");
}

TEST_CASE("a request whose text would become a header, or another request, is refused") {
  const auto refused = [](const ms::http_request& request) {
    const auto fine = ms::check_request(request);
    return !fine && fine.error().code() == mr::errc::invalid_argument &&
           fine.error().message().find("t0ken") == std::string::npos;
  };
  CHECK(ms::check_request({}));
  CHECK(
      ms::check_request({"PATCH", "/a%20b?c=d", {{"X-One", "a b\xc3\xa4"}, {"Empty", ""}}, std::string("\0\r\n", 3)}));
  for (const char* method : {"", "get", "GET / HTTP/1.1\r\nA: t0ken", "GE T"}) CHECK(refused({.method = method}));
  for (const char* target : {"", "a", "@t0ken/", "/t0ken b", "/\r\nA: t0ken", "/\xc3\xa4", "/\x7f"})
    CHECK(refused({.target = target}));
  for (const char* name :
       {"", "a b", "t0ken:", "a;", "\xc3", "host", "Content-Length", "TRANSFER-ENCODING", "Connection"})
    CHECK(refused({.headers = {{name, "1"}}}));
  for (const std::string& value : {std::string("t0ken\r\nb: c"), std::string("\n"), std::string("a\0", 2)})
    CHECK(refused({.headers = {{"A", value}}}));
}

TEST_CASE("a status says what kind of failure it is") {
  using mr::errc;
  for (const auto& [status, code] : {std::pair{401, errc::permission_denied},
                                     {403, errc::permission_denied},
                                     {404, errc::not_found},
                                     {409, errc::conflict},
                                     {400, errc::invalid_argument},
                                     {418, errc::invalid_argument},
                                     {413, errc::out_of_range},
                                     {429, errc::unavailable},
                                     {503, errc::unavailable},
                                     {504, errc::timeout},
                                     {500, errc::io},
                                     {599, errc::io},
                                     {501, errc::unsupported},
                                     {302, errc::unsupported}})
    CHECK(ms::errc_of_status(status) == code);
}

TEST_CASE("a response says in seconds when to come again, or does not") {
  const auto told = [](const char* text) { return ms::retry_after({429, {{"retry-after", text}}}).nanoseconds; };
  CHECK(told("7") == 7'000'000'000);
  CHECK(told("999999999") == 999'999'999'000'000'000);
  for (const char* other : {"", "-1", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT", "9999999999"}) CHECK(told(other) == 0);
  CHECK(ms::retry_after({503}).nanoseconds == 0);
}

TEST_CASE("names of headers are equal whatever their case") {
  const std::vector<ms::http_header> headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  CHECK(*ms::find_header(headers, "CONTENT-TYPE") == "a");
  CHECK(ms::find_header(headers, "Content") == nullptr);
}
