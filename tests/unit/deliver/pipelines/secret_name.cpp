#include <millrace/deliver/pipelines/secret_name.hpp>

#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
using mr::deliver::secret_name;
using mr::deliver::detail::token_in;

TEST_CASE("a secret's name is of capitals, digits and underscores, and none of the platforms' own") {
  static_assert(secret_name("DEPLOY_TOKEN").view() == "DEPLOY_TOKEN");
  for (const std::string good : {"T", "DEPLOY_TOKEN", "A1_", "CIRCLE"}) {
    CAPTURE(good);
    const auto name = secret_name::make(good);
    REQUIRE(name);
    CHECK(name->view() == good);
  }
  CHECK(secret_name::make(std::string(64, 'A')));
  for (const std::string& bad :
       {std::string(), std::string("token"), std::string("Deploy"), std::string("1A"), std::string("_A"),
        std::string("A-B"), std::string("A B"), std::string("A\n"), std::string("A\0", 2), std::string("GITHUB_TOKEN"),
        std::string("CI_X"), std::string("PATH"), std::string("BASH_ENV"), std::string("LD_PRELOAD"),
        std::string(65, 'A'), "AKIA" + std::string("IOSFODNN7EXAMPLE")}) {
    CAPTURE(bad);
    CHECK(secret_name::make(bad).error().code() == mr::errc::invalid_argument);
  }
}

TEST_CASE("a secret in the place of its name is not repeated by the message") {
  const std::string given = "hunter2-and-more";
  const auto refused = secret_name::make(given);
  CHECK(refused.error().message().find(given) == std::string::npos);
  CHECK_THAT(refused.error().message(), ContainsSubstring("DEPLOY_TOKEN") && ContainsSubstring("16 bytes"));
}

TEST_CASE("tokens of well-known services are found by their shape, and texts about them are not") {
  const std::string ten = "0123456789";
  // In two parts each, so that this file holds none.
  for (const std::string& token :
       {"AKIA" + std::string("IOSFODNN7EXAMPLE"), "x=ghp" + std::string("_") + ten + ten + ten + "abcdef",
        "glpat" + std::string("-") + ten + ten, "xoxb" + std::string("-") + ten + "-" + ten,
        "-----BEGIN " + std::string("PRIVATE KEY-----"), "a\n-----BEGIN RSA " + std::string("PRIVATE KEY-----\nMII"),
        "github" + std::string("_pat_") + ten + ten + ten + ten}) {
    CAPTURE(token);
    CHECK_FALSE(token_in(token).empty());
  }
  for (const std::string& text : {std::string("AKIA"), std::string("AKIA0123"), std::string("ghp_short"),
                                  std::string("-----BEGIN CERTIFICATE-----"), std::string("-----BEGIN PUBLIC KEY-----"),
                                  std::string("PRIVATE KEY-----"), "-----BEGIN NO" + std::string("PRIVATE KEY-----"),
                                  "-----BEGIN  " + std::string("PRIVATE KEY")}) {
    CAPTURE(text);
    CHECK(token_in(text).empty());
  }
  for (const auto& shape : mr::deliver::detail::token_shapes) CHECK(token_in(shape.expression).empty());
}
