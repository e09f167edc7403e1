// Every room of deliver in one program: no name of one hides a name of another.

#include <millrace/deliver.hpp>
#include <millrace/deliver/experiment.hpp>
#include <millrace/deliver/observed.hpp>
#include <millrace/deliver/outcomes.hpp>
#include <millrace/deliver/pipelines.hpp>
#include <millrace/deliver/shadow.hpp>

#include <support/catch.hpp>

namespace mr = millrace;
namespace md = millrace::deliver;

TEST_CASE("a program may have a release, a shadow, an experiment and a pipeline", "[deliver]") {
  using namespace mr::stats;
  const auto model = [](const double& asked) { return 2 * asked; };

  md::rollout release{model, model, md::canary<5, 100>(), md::judge<md::error_rate<>>()};
  CHECK(release(1.0) == 2);
  md::shadow seen{model, model, md::shadow_options{.threads = 0}};
  CHECK(seen(1.0) == 2);
  using trial = md::experiment<md::experiment_layer<"one">, md::variants<md::variant<"a", 50>, md::variant<"b", 50>>,
                               outcomes<conversion<"bought">>, decision<always_valid, alpha<.05>>>;
  CHECK(trial::make({.id = "one"}));

  const md::pipeline made({.name = "one"}, md::test_stage<>{},
                          md::validation_stage<>{{.script = "true", .gates = {{"auc>=0.9", "auc"}}}},
                          md::deploy_to_staging<>{{.script = "true"}}, md::deploy_to_production<>{{.script = "true"}});
  CHECK(md::to_github_actions(made));
}
