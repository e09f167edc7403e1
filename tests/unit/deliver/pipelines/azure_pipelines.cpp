#include <millrace/deliver/pipelines/azure_pipelines.hpp>

#include <support/catch.hpp>
#include <support/pipelines.hpp>

namespace mr = millrace;
namespace md = millrace::deliver;
using md::detail::azure_macro;
using support::plan_of;

TEST_CASE("pipelines of Azure are the golden files") {
  CHECK(*to_azure_pipelines(support::minimal_pipeline()) == support::golden_pipeline("minimal.azure.yml"));
  CHECK(*to_azure_pipelines(support::full_pipeline()) == support::golden_pipeline("full.azure.yml"));
}

TEST_CASE("what Azure would take for a variable is refused, with what to write") {
  CHECK(azure_macro("a $(date) b") == "$(date)");
  CHECK(azure_macro("$( x) $(Build.BuildId)") == "$(Build.BuildId)");
  CHECK(azure_macro("$($(x))") == "$(x)");
  for (const char* text :
       {"", "$(", "$()", "$( date)", "$(date +%s)", "$((1 + 2))", "$date", "${date}", "(date)", "$(date"})
    CHECK(azure_macro(text).empty());
  const auto refused = to_azure_pipelines(plan_of("echo \"$(hostname)\""));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::invalid_argument);
  CHECK_THAT(refused.error().message(), ContainsSubstring("step \"Test\", holds \"$(hostname)\"") &&
                                            ContainsSubstring("the shell takes \"$( hostname)\""));
  CHECK_FALSE(to_azure_pipelines(plan_of("true", "$(x)")));
}

TEST_CASE("a text that would begin an expression of Azure's is a text") {
  CHECK_THAT(
      *to_azure_pipelines(plan_of("echo ${{ 1 }}", "${{ 2 }}")),
      ContainsSubstring("echo ${{ '${{' }} 1 }}\n") && ContainsSubstring("displayName: \"${{ '${{' }} 2 }}\"\n"));
}

TEST_CASE("a plan that is not right is no pipeline of Azure") {
  CHECK_FALSE(to_azure_pipelines(md::pipeline_plan{}));
  CHECK_FALSE(to_azure_pipelines(md::pipeline({.name = "x"}, md::test_stage<>{{.coverage = 200}})));
}
