#include <millrace/connect/databricks/credentials.hpp>

#include <support/catch.hpp>

#include <cstdlib>
#include <string>
#include <utility>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;

namespace {

ms::secret<std::string> secret(std::string text) { return ms::secret<std::string>(std::move(text)); }

std::string host_of(const std::string& text) {
  const auto made = db::credentials::make(text, secret("dapi-t"));
  return made ? made->host() : made.error().message();
}

}  // namespace

TEST_CASE("databricks: a workspace's host is one of https, in whatever form it is given") {
  for (const char* text : {"https://adb-12.3.azuredatabricks.net", "adb-12.3.azuredatabricks.net",
                           "HTTPS://ADB-12.3.azuredatabricks.net/", "https://adb-12.3.azuredatabricks.net:443//"})
    CHECK(host_of(text) == "https://adb-12.3.azuredatabricks.net");
  CHECK(host_of("https://dbc.example:8443") == "https://dbc.example:8443");
  CHECK(host_of("http://127.0.0.1:5000") == "http://127.0.0.1:5000");
  CHECK(host_of("http://localhost") == "http://localhost");
  CHECK(host_of("http://[::1]:80/") == "http://[::1]:80");
}

TEST_CASE("databricks: a host that would send the token elsewhere, or in the open, is refused without quoting it") {
  const std::string safe =
      "the host of a workspace: a token is sent by https alone; http is for a server on this machine";
  for (const char* text : {"http://adb.example", "http://127.0.0.1.example", "http://127.1", "http://localhost.example",
                           "http://128.0.0.1"})
    CHECK(host_of(text) == safe);
  for (const char* text :
       {"", "https://", "ftp://adb.example", "https://user:dapi-t@adb.example", "https://adb.example/path",
        "https://adb.example?o=12", "https://adb.example#x", "https://adb example", "https://adb.example\r\nX: y",
        "https://adb.example:", "https://adb.example:port", "https://adb.example:123456", "https://adb.example:1:2",
        "https://[::1", "https://[dead::beef]", "dapi-t@"}) {
    const std::string found = host_of(text);
    INFO(text);
    CHECK(found.rfind("the host of a workspace: ", 0) == 0);
    CHECK(found.find("dapi-t") == found.npos);
    CHECK(found.find("adb.ex") == found.npos);
  }
}

TEST_CASE("databricks: a token that would end its header is refused without quoting it") {
  for (const char* text : {"", "dapi t", "dapi-t\r\nX: y", "dapi-t\n", "d\xc3\xa4pi-t", "dapi-t\x7f"}) {
    const auto made = db::credentials::make("adb.example", secret(text));
    REQUIRE(!made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    CHECK(made.error().describe().find("pi-t") == std::string::npos);
  }
}

TEST_CASE("databricks: credentials come from the environment, and what is missing there is named") {
  ::unsetenv("DATABRICKS_HOST");
  ::unsetenv("DATABRICKS_TOKEN");
  CHECK(db::credentials::from_environment().error().message() == "the environment variable DATABRICKS_HOST is not set");
  ::setenv("DATABRICKS_HOST", "", 1);
  CHECK(db::credentials::from_environment().error().message() == "the environment variable DATABRICKS_HOST is empty");
  ::setenv("DATABRICKS_HOST", "adb.example", 1);
  CHECK(db::credentials::from_environment().error().message() ==
        "the environment variable DATABRICKS_TOKEN is not set");
  ::setenv("DATABRICKS_TOKEN", "dapi t", 1);
  CHECK(db::credentials::from_environment().error().message().rfind("DATABRICKS_TOKEN: ", 0) == 0);
  ::setenv("DATABRICKS_TOKEN", "dapi-t", 1);
  const auto made = db::credentials::from_environment();
  REQUIRE(made);
  CHECK(made->host() == "https://adb.example");
  CHECK(made->token().equals("dapi-t"));
  ::setenv("DATABRICKS_HOST", "http://adb.example", 1);
  CHECK(db::credentials::from_environment().error().message().rfind("DATABRICKS_HOST: ", 0) == 0);
  ::unsetenv("DATABRICKS_HOST");
  ::unsetenv("DATABRICKS_TOKEN");
}
