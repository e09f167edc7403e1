#include <millrace/deliver/pipelines/jenkinsfile.hpp>

#include <support/catch.hpp>
#include <support/pipelines.hpp>

#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;
using md::detail::groovy_text;
using support::plan_of;

TEST_CASE("Jenkinsfiles are the golden files") {
  CHECK(*to_jenkinsfile(support::minimal_pipeline()) == support::golden_pipeline("minimal.Jenkinsfile"));
  CHECK(*to_jenkinsfile(support::full_pipeline()) == support::golden_pipeline("full.Jenkinsfile"));
}

TEST_CASE("a text is a string of Groovy in which nothing is replaced") {
  CHECK(groovy_text("plain $HOME ${x} \"y\"") == "'plain $HOME ${x} \"y\"'");
  CHECK(groovy_text("it's \\ \\u0041") == R"('it\'s \\ \\u0041')");
  CHECK(groovy_text("a\n'''b") == "'''a\n\\'\\'\\'b'''");
  CHECK(groovy_text("\t\r\x01\x7f") == R"('\t\r\u0001\u007f')");
  CHECK(groovy_text("\xc3\xa4 \xe2\x80\xa8 \xf0\x9f\x8d\xba") == R"('\u00e4 \u2028 \ud83c\udf7a')");
}

TEST_CASE("a name cannot leave its string") {
  const std::string text = *to_jenkinsfile(plan_of("true", R"(x', script: 'reboot' //\u000a)"));
  CHECK_THAT(text,
             ContainsSubstring(R"(sh label: 'x\', script: \'reboot\' //\\u000a', script: '''#!/usr/bin/env bash)"));
}

TEST_CASE("Jenkins takes no script that is longer than a string of Java's") {
  CHECK(to_jenkinsfile(plan_of(std::string(20'000, 'x'))));
  const auto refused = to_jenkinsfile(plan_of(std::string(20'001, 'x')));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::invalid_argument);
  CHECK_THAT(refused.error().message(), ContainsSubstring("step \"Test\", has a script of 20001 bytes"));
}

TEST_CASE("a plan that is not right is no Jenkinsfile") {
  CHECK_FALSE(to_jenkinsfile(md::pipeline_plan{}));
  CHECK_FALSE(to_jenkinsfile(md::pipeline({.name = "x"}, md::test_stage<>{{.coverage = 200}})));
}
