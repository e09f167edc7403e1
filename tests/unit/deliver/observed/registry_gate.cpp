#include <millrace/deliver/observed/registry_gate.hpp>

#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mg = millrace::registry;

using phase = md::rollout_phase;
using support::scale;
using support::told_judge;

namespace {

/// Version 1 is in production, version 2 in staging.
template <class Registry>
void fill(Registry& models) {
  for (int version = 1; version <= 2; ++version) {
    REQUIRE(models.register_version({.model = "fraud", .actor = "ada"}));
    REQUIRE(models.move({.model = "fraud",
                         .version = static_cast<std::uint64_t>(version),
                         .to = mg::stage::staging,
                         .archives_others = false,
                         .actor = "ada"}));
    if (version == 1) REQUIRE(models.move({.model = "fraud", .version = 1, .actor = "ada"}));
  }
}
template <class Registry>
mg::stage stage_of(Registry& models, std::uint64_t version) {
  return models.find_version("fraud", version)->stage;
}

}  // namespace

TEST_CASE("a candidate gets all requests once the registry has an approval", "[deliver][observed]") {
  mr::store::memory_storage storage;
  auto models = *mg::open_registry(storage);
  fill(models);
  const md::registered_candidate candidate{.model = "fraud", .version = 2};
  auto judge = told_judge();
  judge.says = md::verdict::promote;
  md::rollout release{scale{1},
                      scale{2},
                      md::canary<25, 50, 100>(),
                      judge,
                      md::rollout_options{.name = "fraud", .rules = {.min_requests = 0}},
                      md::registry_gate{models, candidate},
                      md::notified{md::registry_return{models, candidate}}};
  REQUIRE(release.start());
  REQUIRE(release.decide()->step == 1);
  CHECK(models.list_requests("fraud")->empty());  // it is asked for when the last step is next
  REQUIRE(release.decide()->step == 1);
  REQUIRE(release.decide()->step == 1);
  const auto requests = models.list_requests("fraud");
  REQUIRE(requests);
  REQUIRE(requests->size() == 1);
  CHECK(requests->front().justification == "rollout 1 of the release fraud is at step 2 of canary<25, 50, 100>");
  CHECK(requests->front().requester == "rollout");
  // Nobody's word opens the gate but in the registry.
  REQUIRE(release.approve("eve", "trust me"));
  CHECK(release.decide()->step == 1);

  REQUIRE(models.review({.model = "fraud", .request = requests->front().number, .actor = "ada"}));
  CHECK(stage_of(models, 2) == mg::stage::production);
  CHECK(release.decide()->phase == phase::promoting);
  // It is taken back at 100 %, and the version before is in production again.
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK(release.state().is_told);
  CHECK(stage_of(models, 1) == mg::stage::production);
  CHECK(stage_of(models, 2) != mg::stage::production);
}

TEST_CASE("a request that is rejected keeps the gate shut, and is not made again", "[deliver][observed]") {
  mr::store::memory_storage storage;
  auto models = *mg::open_registry(storage);
  fill(models);
  md::registry_gate gate{models, {.model = "fraud", .version = 2}};
  md::rollout_state state;
  state.strategy = "canary<50, 100>";
  CHECK_FALSE(*gate.allows("fraud", state));
  REQUIRE(models.review({.model = "fraud", .request = 1, .verdict = mg::verdict::reject, .actor = "ada"}));
  CHECK_FALSE(*gate.allows("fraud", state));
  CHECK(models.list_requests("fraud")->size() == 1);
  state.number = 2;  // another rollout asks anew
  CHECK_FALSE(*gate.allows("fraud", state));
  CHECK(models.list_requests("fraud")->size() == 2);
  md::registry_gate of_none{models, {.model = "spam", .version = 1}};
  CHECK(of_none.allows("spam", state).error().code() == mr::errc::not_found);
}
