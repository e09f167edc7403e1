#include <millrace/connect/databricks/api_error.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
using mr::errc;

namespace {

db::api_error read(const std::string& body) { return db::api_error::read({400, {}, body}); }

}  // namespace

TEST_CASE("databricks: errors are read in all forms that the service and its proxies send") {
  const auto full = read(R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no \"x\"","details":[{"a":1}]})");
  CHECK(full.code == "RESOURCE_DOES_NOT_EXIST");
  CHECK(full.message == "no \"x\"");
  CHECK(read(R"({"error":"old"})").message == "old");
  CHECK(read(R"({"error_code":400,"message":null,"error":"number"})").code == "400");
  CHECK(read(R"({"message":{"a":[1]}})").message == R"({"a":[1]})");
  const auto line = read("INVALID_STATE: the cluster is gone: really");
  CHECK((line.code == "INVALID_STATE" && line.message == "the cluster is gone: really"));
  CHECK(read("<html><head><title>502 Bad Gateway</title></head></html>").message == "502 Bad Gateway");
  CHECK(read("<html><title>t</title><pre>why</pre>").message == "why");
  for (const char* text : {"", "{", "[]", "nothing: at all", "<pre>", "{\"error_code\":"})
    CHECK((read(text).code.empty() && read(text).message.empty()));
  CHECK(read("{\"error_code\":\"" + std::string(5000, 'A') + "\"}").code.size() == 100);
}

TEST_CASE("databricks: an error's code says what kind of failure it is, and else its status") {
  CHECK(db::errc_of("RESOURCE_DOES_NOT_EXIST", 404) == errc::not_found);
  CHECK(db::errc_of("CATALOG_DOES_NOT_EXIST", 400) == errc::not_found);
  CHECK(db::errc_of("TABLE_OR_VIEW_NOT_FOUND", 400) == errc::not_found);
  CHECK(db::errc_of("ENDPOINT_NOT_FOUND", 404) == errc::unsupported);
  CHECK(db::errc_of("RESOURCE_ALREADY_EXISTS", 400) == errc::already_exists);
  CHECK(db::errc_of("SCHEMA_ALREADY_EXISTS", 409) == errc::already_exists);
  CHECK(db::errc_of("PERMISSION_DENIED", 403) == errc::permission_denied);
  CHECK(db::errc_of("REQUEST_LIMIT_EXCEEDED", 429) == errc::unavailable);
  CHECK(db::errc_of("ABORTED", 409) == errc::conflict);
  CHECK(db::errc_of("DEADLINE_EXCEEDED", 504) == errc::timeout);
  CHECK(db::errc_of("DATA_LOSS", 500) == errc::corrupt);
  CHECK(db::errc_of("", 404) == errc::not_found);
  CHECK(db::errc_of("SOMETHING_NEW", 403) == errc::permission_denied);
  CHECK(db::errc_of("SOMETHING_NEW", 400) == errc::invalid_argument);
}

TEST_CASE("databricks: an error names its request, and leaves the query out") {
  const auto made = db::to_error({"NOT_FOUND", "none"}, {.method = "GET", .target = "/api/x?a=b"}, 404);
  CHECK(made.message() == "Databricks refuses GET /api/x: NOT_FOUND: none (status 404)");
  CHECK(
      db::to_error({}, {.target = "/a"}, 302).message() ==
      "Databricks refuses GET /a (status 302), which sends elsewhere: is the host a workspace's, and the token valid?");
  CHECK(db::to_error({"", std::string(100'000, 'x')}, {.target = "/a"}, 500).message().size() < 1100);
}
