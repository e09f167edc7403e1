#include <millrace/deliver/pipelines/pipeline.hpp>

#include <support/catch.hpp>
#include <support/pipelines.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
using support::plan_of;

namespace {

// [own_stage]
/// A stage of your own: a gate that asks the candidate a thousand questions.
struct load_test {
  static constexpr std::string_view name = "load";
  static constexpr md::stage_kind kind = md::stage_kind::validation;

  unsigned requests = 1000;

  mr::result<std::vector<md::pipeline_job>> jobs(const md::pipeline_settings& settings) const {
    md::pipeline_job job;
    job.id = "load";
    job.runner = settings.runner;
    job.steps = {{"Ask", "tools/ask --requests " + std::to_string(requests)}};
    return std::vector<md::pipeline_job>{job};
  }
};
// [/own_stage]

std::string refusal(const md::pipeline_plan& plan) {
  const auto checked = md::detail::plan_checks<>(plan)();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == mr::errc::invalid_argument);
  return checked.error().message();
}
/// What is said of a plan of one job that `change` has changed.
template <class Change>
std::string refusal_of(Change change) {
  md::pipeline_plan plan = plan_of("true");
  change(plan, plan.jobs.front());
  return refusal(plan);
}

}  // namespace

TEST_CASE("a pipeline's stages are jobs, each behind those of the stage before") {
  const auto plan = support::full_pipeline().plan();
  REQUIRE(plan);
  CHECK(plan->stages ==
        std::vector<std::string>{"test", "integration", "validate", "security", "qa", "staging", "production"});
  CHECK(md::detail::jobs_before(*plan, "test").empty());
  CHECK(md::detail::jobs_before(*plan, "integration") == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(md::detail::jobs_before(*plan, "security") == std::vector<std::size_t>{5});
  CHECK(plan->jobs.back().artifacts == std::vector<std::string>{"validate"});
  for (const md::pipeline_job& job : plan->jobs)
    for (const md::pipeline_step& step : job.steps)
      CHECK(step.script.starts_with("export CCACHE_DIR=.ccache\nexport GREETING='it'\\''s $HOME: ${{ 7 }}'\n"));
}

TEST_CASE("a stage of one's own is one of a pipeline's") {
  const md::pipeline made({.name = "own"}, md::test_stage<>{}, load_test{.requests = 10},
                          md::deploy_to_staging<>{{.script = "./deploy"}});
  const auto plan = made.plan();
  REQUIRE(plan);
  CHECK(plan->jobs[1].steps[0].script == "tools/ask --requests 10");
  CHECK(plan->jobs[1].kind == md::stage_kind::validation);
}

TEST_CASE("what a stage refuses is what its pipeline refuses") {
  const md::pipeline made({.name = "none"}, md::test_stage<>{{.compilers = {}}});
  CHECK_THAT(made.plan().error().message(), ContainsSubstring("no compiler"));
  const md::pipeline variable({.name = "none", .variables = {{"A B", "1"}}}, md::test_stage<>{});
  CHECK_THAT(variable.plan().error().message(), ContainsSubstring("a variable is called \"A B\""));
}

TEST_CASE("a script begins strictly, asks for its secrets and ends with one newline") {
  CHECK(md::detail::whole_script({"a", "run\n\n\n", {"TOKEN"}}) ==
        std::string(md::detail::strict_shell) + md::detail::asks_for_secret("TOKEN") + "run\n");
}

TEST_CASE("texts that a platform could take for something else are refused, by name") {
  CHECK_THAT(refusal_of([](auto& plan, auto&) { plan.name = "a\nb"; }),
             ContainsSubstring("the pipeline is called \"a\\nb\""));
  CHECK_THAT(refusal_of([](auto& plan, auto&) { plan.name = " "; }), ContainsSubstring("is called"));
  CHECK_THAT(refusal_of([](auto& plan, auto&) { plan.branch = "a' || true || '"; }), ContainsSubstring("branch"));
  for (const char* bad :
       {"* * * * *'", "every day", "30 3 * *", "30 3 * * 1 2", "30  3 * * 1", "at 3 * * MON", " * * * *"})
    CHECK_THAT(refusal_of([&](auto& plan, auto&) { plan.schedule = bad; }), ContainsSubstring("schedule"));
  for (const char* good : {"30 3 * * 1-5", "*/15 0,12 1 JAN MON-FRI"}) {
    md::pipeline_plan plan = plan_of("true");
    plan.schedule = good;
    CHECK(md::detail::plan_checks<>(plan)());
  }
  CHECK_THAT(refusal_of([](auto& plan, auto&) { plan.jobs.clear(); }), ContainsSubstring("no job"));
  CHECK_THAT(refusal_of([](auto& plan, auto& job) { plan.jobs.push_back(md::pipeline_job(job)); }),
             ContainsSubstring("two jobs"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.id = "on"; }), ContainsSubstring("a job is called \"on\""));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.stage = "other"; }), ContainsSubstring("of the stage \"other\""));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.minutes = 0; }), ContainsSubstring("0 minutes"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.minutes = 361; }), ContainsSubstring("361 minutes"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.url = "http://x"; }), ContainsSubstring("https://"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.url = "https://$CI_JOB_TOKEN"; }), ContainsSubstring("address"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.runner.image = "a b"; }), ContainsSubstring("runs on \"a b\""));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.runner.labels = {"gpu && true"}; }), ContainsSubstring("label"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.environment = "staging"; }), ContainsSubstring("gates have none"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.steps.clear(); }), ContainsSubstring("no step"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.steps[0].name = "a\x01"; }), ContainsSubstring("step is called"));
  CHECK_THAT(refusal_of([](auto&, auto& job) {
               job.steps[0].name =
                   "a\xe2\x80\xa8"
                   "b";
             }),
             ContainsSubstring("step is called"));
  for (const std::string& script :
       {std::string(), std::string(" \n\t"), std::string("a\0b", 3), std::string("a\r\n"), std::string("\xff")})
    CHECK_THAT(refusal(plan_of(script)),
               ContainsSubstring("the job \"test\", step \"Test\", has a script that is blank"));
}

TEST_CASE("images are pinned, and paths stay in the repository") {
  const auto image = [](const char* name) { return [name](auto&, auto& job) { job.container = name; }; };
  for (const char* bad : {"gcc", "gcc:latest", "gcc:", "localhost:5000/gcc", "gcc:12 x", "$IMAGE:1"})
    CHECK_THAT(refusal_of(image(bad)), ContainsSubstring("runs in the image"));
  for (const char* good : {"gcc:12.4", "localhost:5000/a/gcc:12", "gcc@sha256:0123abcd"}) {
    md::pipeline_plan plan = plan_of("true");
    plan.jobs[0].container = good;
    CHECK(md::detail::plan_checks<>(plan)());
  }
  for (const char* bad : {"/etc", "../up", "a/../b", "-x", "a*", "~/.cache", "$HOME", "a,b", ""})
    CHECK_THAT(refusal_of([bad](auto&, auto& job) { job.cache.folders = {bad}; }), ContainsSubstring("caches"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.cache = {{"a"}, {"1", "2", "3"}}; }),
             ContainsSubstring("GitLab's bound"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.cache = {{}, {"1"}}; }), ContainsSubstring("caches no folder"));
  for (const char* bad : {"/etc/passwd", "a/../../b", ".."})
    CHECK_THAT(refusal_of([bad](auto&, auto& job) {
                 job.artifact = "x";
                 job.files = {bad};
               }),
               ContainsSubstring("keeps"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.files = {"a"}; }), ContainsSubstring("files without an artifact"));
  CHECK_THAT(refusal_of([](auto&, auto& job) { job.artifacts = {"model"}; }),
             ContainsSubstring("needs the artifact \"model\""));
}

TEST_CASE("names are short, of small letters, digits and dashes, and no words of the platforms") {
  using md::detail::is_job_name;
  static_assert(is_job_name("a") && is_job_name("unit-2") && is_job_name("a--b"));
  CHECK(is_job_name(std::string(40, 'a')));
  for (const std::string& bad :
       {std::string(), std::string(41, 'a'), std::string("1a"), std::string("-a"), std::string("a-"), std::string("A"),
        std::string("a_b"), std::string("a b"), std::string("a\n"), std::string("image"), std::string("pages"),
        std::string("y"), std::string("null")}) {
    CAPTURE(bad);
    CHECK_FALSE(is_job_name(bad));
    CHECK_THAT(refusal_of([&](auto&, auto& job) { job.id = bad; }), ContainsSubstring("a job is called"));
    if (bad.empty()) continue;
    CHECK_THAT(refusal_of([&](auto&, auto& job) {
                 job.artifact = bad;
                 job.files = {"x"};
               }),
               ContainsSubstring("keeps an artifact called"));
  }
}

TEST_CASE("two jobs keep no artifact of one name") {
  md::pipeline_plan plan = plan_of("true");
  plan.jobs[0].artifact = "model";
  plan.jobs[0].files = {"a"};
  plan.jobs.push_back(md::pipeline_job(plan.jobs[0]));
  plan.jobs[1].id = "other";
  CHECK_THAT(refusal(plan), ContainsSubstring("called \"model\", as another does"));
  CHECK(md::detail::all_steps(plan.jobs[0]).back().script == "tar -czf model.tar.gz -- a");
}

TEST_CASE("a matrix has values that differ, and 200 runs at most") {
  const auto axis = [](const char* variable, std::vector<std::string> values) {
    return [=](auto&, auto& job) { job.matrix = {{variable, values}}; };
  };
  CHECK_THAT(refusal_of(axis("CXX", {"g++", "g++"})), ContainsSubstring("CXX g++ twice"));
  CHECK_THAT(refusal_of(axis("CXX", {})), ContainsSubstring("no value for CXX"));
  CHECK_THAT(refusal_of(axis("CXX", {"$(reboot)"})), ContainsSubstring("runs with CXX"));
  CHECK_THAT(refusal_of(axis("2X", {"a"})), ContainsSubstring("name of a variable"));
  std::vector<std::string> many;
  for (int i = 0; i < 201; ++i) many.push_back(std::to_string(i));
  CHECK_THAT(refusal_of(axis("CXX", many)), ContainsSubstring("more than 200 runs"));
  CHECK_THAT(refusal_of([](auto&, auto& job) {
               job.matrix = {{"A", {"1", "2"}}};
               job.artifact = "x";
               job.files = {"y"};
             }),
             ContainsSubstring("each run of its matrix"));
}

TEST_CASE("a pipeline for production without its approval is refused, also where a stage is one's own") {
  const auto production = [](auto&, auto& job) {
    job.kind = md::stage_kind::production;
    job.environment = "production";
  };
  CHECK_THAT(refusal_of(production), ContainsSubstring("approval"));
  CHECK_THAT(refusal_of([&](auto& plan, auto& job) {
               production(plan, job);
               job.approval = "Go?";
             }),
             ContainsSubstring("0 minutes for its approval"));
  CHECK_THAT(refusal_of([&](auto& plan, auto& job) {
               production(plan, job);
               job.approval = "Go?";
               job.approval_minutes = 10;
               job.approvers = {"bob, eve"};
             }),
             ContainsSubstring("approved by"));
}

TEST_CASE("a token anywhere is refused, and not repeated") {
  const std::string token = "ghp" + std::string("_") + std::string(36, 'a');
  for (const auto& said : {refusal(plan_of("curl --header 'Authorization: " + token + "'")),
                           refusal(plan_of("true", token)), refusal_of([&](auto& plan, auto&) { plan.name = token; }),
                           refusal_of([&](auto& plan, auto&) { plan.branch = token + "$"; })}) {
    CHECK_THAT(said, ContainsSubstring("a GitHub token"));
    CHECK(said.find(token) == std::string::npos);
  }
  const md::pipeline made({.name = "p", .variables = {{"TOKEN", token}}}, md::test_stage<>{});
  CHECK_THAT(made.plan().error().message(), ContainsSubstring("a GitHub token"));
}
