#include <millrace/connect/s3/credentials.hpp>

#include <support/catch.hpp>

#include <cstdlib>
#include <string>
#include <utility>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;

namespace {

ms::secret<std::string> secret(std::string text) { return ms::secret<std::string>(std::move(text)); }
std::string message_of(std::string id, std::string key, std::string token) {
  const auto made = s3::credentials::make(secret(std::move(id)), secret(std::move(key)), secret(std::move(token)));
  return made ? "" : made.error().message();
}

}  // namespace

TEST_CASE("s3: credentials come from the environment, and what is missing is named") {
  ::unsetenv("AWS_ACCESS_KEY_ID");
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  ::unsetenv("AWS_SESSION_TOKEN");
  CHECK(s3::credentials::from_environment().error().message() ==
        "the environment variable AWS_ACCESS_KEY_ID is not set");
  ::setenv("AWS_ACCESS_KEY_ID", "id-canary", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "", 1);
  const auto empty = s3::credentials::from_environment();
  CHECK(empty.error().code() == mr::errc::not_found);
  CHECK(empty.error().message() == "the environment variable AWS_SECRET_ACCESS_KEY is empty");
  ::setenv("AWS_SECRET_ACCESS_KEY", "key-canary", 1);
  auto made = s3::credentials::from_environment();
  REQUIRE(made);
  CHECK(made->access_key_id().expose() == "id-canary");
  CHECK(made->secret_key().expose() == "key-canary");
  CHECK(made->session_token().expose().empty());
  ::setenv("AWS_SESSION_TOKEN", "token canary", 1);
  CHECK(s3::credentials::from_environment().error().message().starts_with("AWS_SESSION_TOKEN: it has a space"));
  ::setenv("AWS_SESSION_TOKEN", "token-canary==", 1);
  CHECK(s3::credentials::from_environment()->session_token().expose() == "token-canary==");
  ::unsetenv("AWS_ACCESS_KEY_ID");
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  ::unsetenv("AWS_SESSION_TOKEN");
}

TEST_CASE("s3: credentials that would end their header are refused without quoting them") {
  CHECK(message_of("id", "key", "") == "");
  CHECK(message_of("", "key", "") == "the access key's identifier: it is empty");
  CHECK(message_of("id", "", "") == "the secret access key: it is empty");
  for (const char* bad : {"can ary", "canary\r\nX: y", "canary\n", "c\xc3\xa4nary", "canary\x7f", "can,ary"}) {
    for (const std::string& made : {message_of(bad, "k", ""), message_of("i", bad, ""), message_of("i", "k", bad)}) {
      CHECK(made.find(": it has a space") != made.npos);
      CHECK(made.find("nary") == made.npos);
    }
  }
}
