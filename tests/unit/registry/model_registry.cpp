#include <millrace/registry/model_registry.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;
using mg::stage;
using support::at_a_millisecond;
using support::failure;
using support::register_one;
using support::registry_now;

TEST_CASE("a model's versions are 1, 2, 3 and so on") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  for (std::uint64_t i = 1; i <= 5; ++i) CHECK(register_one(models, "fraud").version == i);
  CHECK(register_one(models, "churn").version == 1);
  REQUIRE(models.remove({.model = "fraud", .version = 5, .actor = "ada"}));
  CHECK(register_one(models, "fraud").version == 6);
  CHECK(failure(models.find_version("fraud", 5), mr::errc::not_found) ==
        "version 5 of the model \"fraud\" is deleted; it can be restored");
  CHECK(failure(models.find_version("fraud", 7), mr::errc::not_found) ==
        "there is no version 7 of the model \"fraud\"");
  CHECK(failure(models.find_version("nobody", 1), mr::errc::not_found) == "there is no model \"nobody\"");
}

TEST_CASE("a version goes through its stages and the one before makes room") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "fraud");
  register_one(models, "fraud");
  REQUIRE(models.promote<stage::development, stage::staging>({.model = "fraud", .version = 1, .actor = "ada"}));
  registry_now = 2'000'000;
  REQUIRE(models.promote<stage::staging, stage::production>({.model = "fraud", .version = 1, .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = stage::staging, .actor = "ada"}));
  registry_now = 3'000'000;
  const auto second = models.move({.model = "fraud", .version = 2, .actor = "bob", .reason = "better"});
  REQUIRE(second);
  CHECK(second->archived == std::vector<std::uint64_t>{1});
  CHECK(models.in_stage("fraud", stage::production)->front().version == 2);
  CHECK(models.in_stage("fraud", stage::archived)->front().version == 1);
  CHECK(*models.in_stage_at("fraud", stage::production, 1'999'999) == std::vector<std::uint64_t>{});
  CHECK(*models.in_stage_at("fraud", stage::production, 2'999'999) == std::vector<std::uint64_t>{1});
  CHECK(*models.in_stage_at("fraud", stage::production, 3'000'000) == std::vector<std::uint64_t>{2});
  registry_now = 4'000'000;
  const auto back = models.roll_back("fraud", "carl", "errors");
  REQUIRE(back);
  CHECK(back->version == 1);
  CHECK(models.in_stage("fraud", stage::production)->front().version == 1);
  CHECK(models.find_version("fraud", 2)->stage == stage::archived);
  CHECK(models.history("fraud")->size() == 7);
}

TEST_CASE("n of m reviewers let a version into production") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, at_a_millisecond()).value();
  register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = stage::staging, .actor = "ada"}));
  REQUIRE(models.set_rule("fraud", {.approvals = 2, .reviewers = {"ada", "bob", "carl"}}, "root"));
  CHECK(failure(models.move({.model = "fraud", .version = 1, .actor = "ada"}), mr::errc::permission_denied) ==
        "version 1 of the model \"fraud\" enters production when 2 reviewers have approved a request for it");
  const auto asked =
      models.request_transition({.model = "fraud", .version = 1, .justification = "auc is up", .actor = "ada"});
  REQUIRE(asked);
  CHECK(asked->number == 1);
  const auto says = [&](std::string who, mg::verdict what = mg::verdict::approve) {
    return models.review({.model = "fraud", .request = 1, .verdict = what, .actor = std::move(who)});
  };
  CHECK(failure(says("ada"), mr::errc::permission_denied) ==
        "\"ada\" has asked for request 1 of the model \"fraud\" and cannot review it: nobody approves their own");
  CHECK(failure(says("eve"), mr::errc::permission_denied) ==
        "\"eve\" is none of the reviewers of request 1 of the model \"fraud\"");
  CHECK(says("bob")->status == mg::request_status::open);
  CHECK(failure(says("bob"), mr::errc::already_exists) ==
        "\"bob\" has reviewed request 1 of the model \"fraud\" already");
  CHECK(models.find_version("fraud", 1)->stage == stage::staging);
  CHECK(says("carl")->status == mg::request_status::approved);
  CHECK(models.find_version("fraud", 1)->stage == stage::production);
  CHECK(failure(says("carl"), mr::errc::conflict) == "request 1 of the model \"fraud\" is approved, and stays so");
  CHECK(models.history("fraud")->back().request == 1);
}
