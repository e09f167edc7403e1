#include <millrace/deliver/pipelines/pipeline_plan.hpp>

#include <support/catch.hpp>

#include <string_view>

namespace md = millrace::deliver;

namespace {
struct no_jobs {
  static constexpr std::string_view name = "n";
  static constexpr md::stage_kind kind = md::stage_kind::test;
};
}  // namespace

TEST_CASE("stages for tests, validation and security are gates") {
  static_assert(md::is_gate(md::stage_kind::test) && md::is_gate(md::stage_kind::validation) &&
                md::is_gate(md::stage_kind::security));
  static_assert(!md::is_gate(md::stage_kind::staging) && !md::is_gate(md::stage_kind::production));
  static_assert(name(md::stage_kind::test) == "test" && name(md::stage_kind::production) == "production");
  static_assert(!md::pipeline_stage<no_jobs> && !md::pipeline_stage<int>);
}

TEST_CASE("a job begins with the settings of its pipeline, and their set-up") {
  md::pipeline_settings settings{.runner = {"debian", {"gpu"}}, .container = "gcc:12.4", .minutes = 7};
  CHECK(md::detail::begin_job(settings, "a").steps.empty());
  settings.setup = "apt-get update";
  const md::pipeline_job job = md::detail::begin_job(settings, "b");
  CHECK((job.id == "b" && job.container == "gcc:12.4" && job.minutes == 7 && job.runner.image == "debian" &&
         job.runner.labels == settings.runner.labels));
  REQUIRE(job.steps.size() == 1);
  CHECK(job.steps[0].script == "apt-get update");
}
