#include <millrace/connect/databricks/workspace_models.hpp>

#include <support/catch.hpp>
#include <support/databricks.hpp>

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
