#include <millrace/deliver/observed/registry_gate.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge.hpp>
#include <millrace/deliver/rollout/rollout.hpp>
#include <millrace/deliver/shadow.hpp>
#include <millrace/detect/change/page_hinkley.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/releases.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

namespace {

struct flat {
  float size = 0;
};
/// A fitted model, or one that fails for a tenth of all flats.
struct priced {
  mr::model::linear_regression fitted;
  bool is_broken = false;
  mr::result<double> operator()(const flat& asked) const {
    if (is_broken && asked.size < 0.1F) return mr::error(mr::errc::invalid_data, "too small");
    const float row[] = {asked.size};
    return fitted(row);
  }
};

/// Rents, which grow with the size by a factor that is not the same for ever.
struct market {
  mr::random_engine random{7};
  double factor = 2;
  std::vector<float> sizes;
  std::vector<float> rents;

  std::pair<flat, double> next() {
    const flat one{static_cast<float>(random.uniform())};
    const double rent = factor * static_cast<double>(one.size) + 0.1 * random.normal();
    sizes.push_back(one.size);
    rents.push_back(static_cast<float>(rent));
    return {one, rent};
  }
  priced fit(std::size_t last) const {
    const std::size_t from = sizes.size() - last;
    return {*mr::model::linear_regression::fit(mr::model::matrix_view(sizes.data() + from, last, 1),
                                               std::span(rents).subspan(from))};
  }
};

}  // namespace

TEST_CASE("a drift is fitted, registered, shadowed, tried, approved and promoted; what fails is rolled back",
          "[deliver][observed]") {
  mr::store::memory_storage storage;
  auto models = *mg::open_registry(storage);
  market rents;
  for (int i = 0; i < 500; ++i) rents.next();
  const priced first = rents.fit(500);
  fill(models);  // version 1 is in production, version 2 in staging: the one that is to be fitted

  // Drift of the errors.
  mr::detect::page_hinkley<> errors;
  std::size_t seen = 0;
  for (bool has_drifted = false; !has_drifted; ++seen) {
    REQUIRE(seen < 20'000);
    if (seen == 1000) rents.factor = 3;
    const auto [one, rent] = rents.next();
    const double missed = *first(one) - rent;
    has_drifted = errors.update(missed * missed) == mr::detect::signal::drift && seen >= 1000;
  }
  for (int i = 0; i < 500; ++i) rents.next();
  const priced second = rents.fit(500);

  // Shadow: it has a rent for everything.
  md::shadow copies{first, second, md::within{.absolute = 2}, md::shadow_options{.name = "rent"}};
  for (int i = 0; i < 300; ++i) REQUIRE(copies(rents.next().first));
  REQUIRE(copies.drain(std::chrono::seconds(10)));
  REQUIRE(copies.report().assess({.min_comparisons = 200, .min_agreement = 0.95}).verdict == md::verdict::promote);

  // Canary, with an approval before all requests, and again with a model that fails.
  for (const bool is_broken : {true, false}) {
    const md::registered_candidate candidate{.model = "fraud", .version = 2};
    md::rollout release{first,
                        priced{second.fitted, is_broken},
                        md::canary<20, 50, 100>(),
                        md::judge<md::error_rate<md::max_ratio<2>, md::max_difference<.02>>, md::min_requests<100>>(),
                        md::rollout_options{.name = "rent", .rules = {.min_requests = 100}},
                        md::registry_gate{models, candidate}};
    REQUIRE(release.start("loop", "the errors drift"));
    for (int i = 0; i < 20'000 && is_under_way(release.state().phase); ++i) {
      REQUIRE(release(rents.next().first));
      if (i % 100 != 0) continue;
      REQUIRE(release.decide());
      const auto open = models.open_requests();
      REQUIRE(open);
      for (const auto& each : *open) REQUIRE(models.review({.model = "fraud", .request = each.number, .actor = "ada"}));
    }
    CHECK(release.state().phase == (is_broken ? phase::rolled_back : phase::promoted));
    CHECK(stage_of(models, 2) == (is_broken ? mg::stage::staging : mg::stage::production));
    CHECK((*release(flat{1.0F}) > 2.5) == !is_broken);
  }
}
