#include <millrace/deliver/pipelines/deployments.hpp>

#include <support/catch.hpp>

namespace mr = millrace;
namespace md = millrace::deliver;

TEST_CASE("a deployment has its environment, its script and its secrets") {
  const md::deploy_to_staging<"qa"> qa{{.script = "./deploy", .smoke_test = "./ask", .secrets = {"QA_TOKEN"}}};
  const auto jobs = qa.jobs({});
  REQUIRE(jobs);
  REQUIRE(jobs->size() == 1);
  const md::pipeline_job& job = jobs->front();
  CHECK((job.id == "deploy-qa" && job.environment == "qa" && job.approval.empty()));
  REQUIRE(job.steps.size() == 2);
  CHECK(job.steps[0].secrets.front() == md::secret_name("QA_TOKEN"));
  CHECK(job.steps[1].script == "./ask");
  CHECK(md::deploy_to_staging<>{}.jobs({}).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("production asks before it is deployed to") {
  const auto jobs =
      md::deploy_to_production<>{{.script = "./deploy"}, {.approvers = {"alice"}, .minutes = 60}}.jobs({});
  REQUIRE(jobs);
  CHECK(jobs->front().approval == "Deploy to production?");
  CHECK((jobs->front().approvers.front() == "alice" && jobs->front().approval_minutes == 60));
  CHECK_FALSE(md::deploy_to_production<>{}.jobs({}));
}
