#include <millrace/store/http.hpp>

#include <support/catch.hpp>

#include <string>

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

TEST_CASE("names of headers are equal whatever their case") {
  const std::vector<ms::http_header> headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  CHECK(*ms::find_header(headers, "CONTENT-TYPE") == "a");
  CHECK(ms::find_header(headers, "Content") == nullptr);
}
