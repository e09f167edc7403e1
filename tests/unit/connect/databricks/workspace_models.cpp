#include <millrace/connect/databricks/workspace_models.hpp>

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>
#include <support/databricks.hpp>
#include <support/registry.hpp>

#include <string>
#include <utility>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
using mr::errc;
using mr::registry::stage;
using nlohmann::json;

namespace {

struct faked_registry : support::faked_workspace {
  db::workspace_models<decltype(workspace)> models{workspace};
  json last_body() const { return json::parse(fake.requests().back().body); }
};

}  // namespace

TEST_CASE("databricks: a version's way into a stage is asked for, approved, rejected and withdrawn") {
  faked_registry of;
  const auto asked = of.models.request_transition("churn & co", 3, stage::production, "better");
  REQUIRE(asked);
  CHECK((asked->to_stage == "Production" && asked->user == "me@x" && asked->comment == "better"));
  CHECK(asked->available_actions.at(0) == "APPROVE_TRANSITION_REQUEST");
  CHECK(of.last_body() ==
        json{{"name", "churn & co"}, {"version", "3"}, {"stage", "Production"}, {"comment", "better"}});
  CHECK(of.models.request_transition("churn & co", 3, stage::production).error().code() == errc::already_exists);
  REQUIRE(of.models.request_transition("churn & co", 3, stage::archived));
  CHECK(of.models.list_transitions("churn & co", 3)->size() == 2);
  CHECK(of.fake.requests().back().target == "/api/2.0/mlflow/transition-requests/list?name=churn%20%26%20co&version=3");

  const auto approved = of.models.approve_transition("churn & co", 3, stage::production, true, "yes");
  REQUIRE(approved);
  CHECK((approved->type == "APPROVED_REQUEST" && approved->user == "boss@x" && approved->from_stage == "None"));
  CHECK(of.last_body() == json{{"name", "churn & co"},
                               {"version", "3"},
                               {"stage", "Production"},
                               {"archive_existing_versions", true},
                               {"comment", "yes"}});
  CHECK(of.models.approve_transition("churn & co", 3, stage::production, false).error().code() == errc::not_found);
  CHECK(of.models.withdraw_transition("churn & co", 3, stage::archived, "you@x").error().code() == errc::not_found);
  REQUIRE(of.models.withdraw_transition("churn & co", 3, stage::archived, "me@x", "no more"));
  REQUIRE(of.models.request_transition("churn & co", 4, stage::staging));
  CHECK(of.models.reject_transition("churn & co", 4, stage::staging)->type == "REJECTED_REQUEST");
  CHECK(of.models.list_transitions("churn & co", 3)->empty());
  CHECK(*of.models.transition("churn & co", 4, stage::development, false) == "None");
  CHECK(of.last_body()["archive_existing_versions"] == false);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: comments on a version are made, changed and deleted") {
  faked_registry of;
  const auto made = of.models.create_comment("churn", 3, "looks good");
  REQUIRE(made);
  CHECK((made->id == "c1" && made->text == "looks good" && made->created == 1'700'000'000'000));
  CHECK(of.models.update_comment("c1", "looks bad")->text == "looks bad");
  CHECK(of.models.update_comment("c2", "x").error().code() == errc::not_found);
  CHECK(of.models.delete_comment("c1"));
  CHECK(of.models.delete_comment("c1").error().code() == errc::not_found);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: the stages of the workspace's registry have names of their own") {
  for (const auto& [stage, name] : {std::pair(stage::development, "None"), std::pair(stage::staging, "Staging"),
                                    std::pair(stage::production, "Production"), std::pair(stage::archived, "Archived")})
    CHECK(db::workspace_stage(stage) == name);
}

TEST_CASE("databricks: a registry of this library is asked for transitions as a workspace's is") {
  namespace ms = mr::store;
  ms::memory_storage storage;
  auto tracker = mr::track::tracker<ms::memory_storage>::open(storage);
  auto registry = mr::registry::open_registry(storage);
  REQUIRE((tracker && registry));
  (void)support::register_one(*registry, "churn");
  mr::connect::mlflow::server_options options;
  for (const char* name : {"ann", "bob"})
    options.users.push_back({name, ms::secret<std::string>(std::string("token-of-") + name)});
  const mr::connect::mlflow::server api(*tracker, *registry, std::move(options));
  ms::handler_transport way(api);
  db::workspace anns(way, support::fake_credentials("token-of-ann"));
  db::workspace bobs(way, support::fake_credentials("token-of-bob"));
  db::workspace_models ann(anns), bob(bobs);

  const auto asked = ann.request_transition("churn", 1, stage::staging, "better");
  REQUIRE(asked);
  CHECK((asked->user == "ann" && asked->to_stage == "Staging" && asked->comment == "better"));
  CHECK(bob.list_transitions("churn", 1)->at(0).available_actions.at(0) == "APPROVE_TRANSITION_REQUEST");
  CHECK(!ann.approve_transition("churn", 1, stage::staging, false));  // nobody approves their own
  const auto approved = bob.approve_transition("churn", 1, stage::staging, true, "yes");
  REQUIRE(approved);
  CHECK((approved->type == "APPROVED_REQUEST" && approved->user == "bob" && approved->comment == "yes"));
  CHECK(registry->find_version("churn", 1)->stage == stage::staging);
  CHECK(ann.list_transitions("churn", 1)->empty());

  REQUIRE(ann.request_transition("churn", 1, stage::production));
  REQUIRE(ann.withdraw_transition("churn", 1, stage::production, "ann"));
  CHECK(ann.request_transition("none", 1, stage::production).error().code() == errc::not_found);
  const auto said = ann.create_comment("churn", 1, "looks good");
  REQUIRE(said);
  CHECK(ann.update_comment(said->id, "looks bad")->text == "looks bad");
  CHECK(ann.delete_comment(said->id));
  db::workspace nobodys(way, support::fake_credentials("token-of-eve"));
  CHECK(db::workspace_models(nobodys).list_transitions("churn", 1).error().code() == errc::permission_denied);
}
