#include <millrace/connect/configuration/experiments.hpp>

#include <support/catch.hpp>

#include <millrace/deliver/split/unit_hash.hpp>

#include <string>

namespace mc = millrace::connect::configuration;
namespace md = millrace::deliver;

namespace {

mc::ab_experiment_settings of_two(mc::ab_strategy strategy) {
  mc::ab_experiment_settings made;
  made.name = "fraud-model-test";
  made.strategy = strategy;
  made.variants = {{"control", "fraud", "v1.0", 70, true, {}},
                   {"off", "fraud", "v1.5", 0, false, {}},
                   {"treatment", "fraud", "v2.0", 30, true, {}}};
  return made;
}

}  // namespace

TEST_CASE("an experiment of a file splits units as the library's own split of its name and weights") {
  auto made = mc::ab_experiment::make(of_two(mc::ab_strategy::hash), 1);
  REQUIRE(made);
  CHECK(made->variants() == 2);
  CHECK(made->variant(1).model_version == "v2.0");
  CHECK(made->split_key() == "user_id");
  const md::salted_split<> reference(md::salt("fraud-model-test"), *md::any_weights::make({70, 30}, 100));
  int treated = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string user = "user-" + std::to_string(i);
    const auto got = made->assign(user);
    CHECK(got == reference.assign(std::string_view(user)));
    treated += got.variant == 1 ? 1 : 0;
  }
  CHECK(treated > 520);
  CHECK(treated < 680);
  CHECK_FALSE(made->assign(""));
}

TEST_CASE("an experiment of a file draws each request, or shows all the first variant, as it says") {
  auto drawn = mc::ab_experiment::make(of_two(mc::ab_strategy::random), 1);
  REQUIRE(drawn);
  int treated = 0;
  for (int i = 0; i < 2000; ++i) treated += drawn->assign("one").variant == 1 ? 1 : 0;
  CHECK(treated > 520);
  CHECK(treated < 680);

  auto by = of_two(mc::ab_strategy::percentage);
  by.enable_shadow_mode = true;
  auto shadowed = mc::ab_experiment::make(by, 1);
  REQUIRE(shadowed);
  CHECK(shadowed->is_shadow());
  CHECK(shadowed->shadows() == 1);
  for (int i = 0; i < 100; ++i) CHECK(shadowed->assign("user-" + std::to_string(i)).variant == 0);

  mc::ab_testing_settings all{.enabled = true, .experiments = {of_two(mc::ab_strategy::hash), by}};
  CHECK(mc::make_experiments(all, 1)->size() == 2);
  all.enabled = false;
  CHECK(mc::make_experiments(all, 1)->empty());
  auto none = of_two(mc::ab_strategy::hash);
  for (auto& each : none.variants) each.enabled = false;
  REQUIRE_FALSE(mc::ab_experiment::make(none, 1));
  CHECK(mc::ab_experiment::make(none, 1).error().describe().starts_with("the experiment \"fraud-model-test\""));
}
