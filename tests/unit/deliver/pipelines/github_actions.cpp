#include <millrace/deliver/pipelines/github_actions.hpp>

#include <support/catch.hpp>
#include <support/pipelines.hpp>

#include <string>

namespace md = millrace::deliver;
using support::plan_of;

TEST_CASE("workflows of GitHub are the golden files") {
  CHECK(*to_github_actions(support::minimal_pipeline()) == support::golden_pipeline("minimal.github.yml"));
  CHECK(*to_github_actions(support::full_pipeline()) == support::golden_pipeline("full.github.yml"));
}

TEST_CASE("actions are named by whole commits") {
  for (const auto& action :
       {md::checkout_action, md::cache_action, md::upload_artifact_action, md::download_artifact_action}) {
    CHECK(action.commit.size() == 40);
    CHECK(action.commit.find_first_not_of("0123456789abcdef") == std::string_view::npos);
    CHECK(action.release.starts_with('v'));
  }
  CHECK(to_text(md::checkout_action) == "actions/checkout@" + std::string(md::checkout_action.commit) + "  # v7.0.1");
}

TEST_CASE("a text that would begin an expression of GitHub's is a text") {
  const std::string text = *to_github_actions(plan_of("echo ${{ github.event.head_commit.message }}", "is ${{ 1 }}"));
  CHECK_THAT(text, ContainsSubstring("echo ${{ '${{' }} github.event.head_commit.message }}\n"));
  CHECK_THAT(text, ContainsSubstring("name: \"is ${{ '${{' }} 1 }}\"\n"));
  CHECK(md::detail::escaped_expression("${{${{ $ {{") == "${{ '${{' }}${{ '${{' }} $ {{");
}

TEST_CASE("a plan that is not right is no workflow") {
  CHECK_FALSE(to_github_actions(md::pipeline_plan{}));
  CHECK_FALSE(to_github_actions(md::pipeline({.name = "x"}, md::test_stage<>{{.coverage = 200}})));
}

TEST_CASE("YAML is written such that texts are what they were") {
  using md::detail::yaml_text;
  CHECK(yaml_text("plain") == "\"plain\"");
  CHECK(yaml_text("a\"b\\c\n\t\x01\x7f") == "\"a\\\"b\\\\c\\n\\t\\x01\\x7F\"");
  CHECK(yaml_text("\xc2\x85 \xe2\x80\xa8 \xef\xbb\xbf \xf0\x9f\x8d\xba \xef\xbf\xbf") ==
        "\"\\x85 \\u2028 \\uFEFF \xf0\x9f\x8d\xba \\uFFFF\"");
  using md::detail::is_yaml_block;
  CHECK((is_yaml_block("a\nb\n") && is_yaml_block("a\n\n  b: #x")));
  for (const char* text : {"", "one line", " a\nb", "\na", "a\n\n", "\ta\n", "a\x01\nb", "a\xe2\x80\xa8\nb"})
    CHECK_FALSE(is_yaml_block(text));
}
