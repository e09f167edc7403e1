#include <millrace/connect/rest/route.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

namespace {

struct own {
  mr::result<ms::http_response> get(const rest::call&) const { return rest::json_response("1"); }
  static constexpr rest::route<own> routes[] = {{"GET", "/own", &own::get}};
};
struct none {};

}  // namespace

static_assert(rest::part<own>);
static_assert(!rest::part<none>);

TEST_CASE("a call says what is in its path and its query") {
  const ms::http_request request;
  const std::vector<ms::http_parameter> path{{"name", "a"}}, query{{"q", "1"}, {"q", "2"}};
  const rest::body in;
  const rest::call one{request, path, query, in, "ada", "id"};
  CHECK(one.in_path("name") == "a");
  CHECK(one.in_path("q").empty());
  CHECK(one.in_query("q") == "1");
}

TEST_CASE("a problem's response tells messages below 500 alone") {
  const auto text = [](const ms::http_response& one) { return std::to_string(one.status) + one.body; };
  const mr::error missing(mr::errc::not_found, "no key");
  CHECK(text(rest::problem_response(missing)) ==
        R"(404{"type":"about:blank","title":"Not Found","status":404,"detail":"no key","code":"not_found"})");
  CHECK(text(rest::problem_response(missing, 500)).find("no key") == std::string::npos);
  CHECK(rest::busy_response("later").status == 429);
  CHECK(rest::json_response("{}", 201).status == 201);
}
