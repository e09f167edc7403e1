#include <millrace/deliver/pipelines/gitlab_ci.hpp>

#include <support/catch.hpp>
#include <support/pipelines.hpp>

#include <string>

namespace md = millrace::deliver;

TEST_CASE("pipelines of GitLab are the golden files") {
  CHECK(*to_gitlab_ci(support::minimal_pipeline()) == support::golden_pipeline("minimal.gitlab.yml"));
  CHECK(*to_gitlab_ci(support::full_pipeline()) == support::golden_pipeline("full.gitlab.yml"));
}

TEST_CASE("a script is told to GitLab as it is, and a name without what GitLab would replace") {
  md::pipeline_plan plan = support::plan_of("echo ${{ 1 }} $HOME", "a $NAME");
  plan.name = "all of $CI_JOB_TOKEN";
  const std::string text = *to_gitlab_ci(plan);
  CHECK_THAT(text, ContainsSubstring("name: \"all of _CI_JOB_TOKEN\"\n"));
  CHECK_THAT(text, ContainsSubstring("      # a $NAME\n      (\n") &&
                       ContainsSubstring("      echo ${{ 1 }} $HOME\n      )\n"));
}

TEST_CASE("a plan that is not right is no pipeline of GitLab") {
  CHECK_FALSE(to_gitlab_ci(md::pipeline_plan{}));
  CHECK_FALSE(to_gitlab_ci(md::pipeline({.name = "x"}, md::test_stage<>{{.coverage = 200}})));
}
