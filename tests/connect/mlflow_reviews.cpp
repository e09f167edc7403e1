// Databricks' calls of its workspace registry: requests for transitions, and comments. Their shapes are those that
// databricks-sdk sends and reads; tests/interop/mlflow_registry.py asks it.
#include <support/mlflow_models.hpp>

#include <millrace/store/content_storage.hpp>

#include <span>
#include <string>
#include <utility>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace mlflow = millrace::connect::mlflow;

namespace {

using millrace_tests::refused;
using json = nlohmann::json;
using served = millrace_tests::served_models<mg::any_edge>;

mlflow::server_options people() {
  mlflow::server_options made;
  for (const char* name : {"ada", "bo", "cy"}) made.users.push_back({name, mr::store::secret<std::string>(name)});
  return made;
}

/// A server that ada, bo and cy call, whose tokens are their names; with three versions of the model `m`.
struct reviewed {
  served server{people()};

  reviewed() {
    REQUIRE(server.post("registered-models/create", {{"name", "m"}}, "ada").at("status") == 200);
    for (int i = 0; i < 3; ++i)
      REQUIRE(server.post("model-versions/create", {{"name", "m"}, {"source", "s3://b/1"}}, "ada").at("status") == 200);
  }
  json call(const std::string& what, const std::string& who, json more = json::object(), int version = 1,
            const std::string& stage = "Production") const {
    more.update({{"name", "m"}, {"version", std::to_string(version)}, {"stage", stage}});
    return server.post("transition-requests/" + what, more, who);
  }
  json cancel(const std::string& who, const std::string& creator) const {
    return server.remove_by_query("transition-requests/delete?name=m&version=1&stage=Production&creator=" + creator,
                                  who);
  }
  json requests(const std::string& who, int version = 1) const {
    return server.get("transition-requests/list?name=m&version=" + std::to_string(version), who).at("requests");
  }
  std::string stage(int version = 1) const {
    return server.get("model-versions/get?name=m&version=" + std::to_string(version), "ada")
        .at("model_version")
        .at("current_stage");
  }
};

}  // namespace

TEST_CASE("a transition is asked for by one, and made by another's approval") {
  const reviewed of;
  const json made = of.call("create", "ada", {{"comment", "better"}});
  CHECK(made == json{{"request",
                      {{"user_id", "ada"},
                       {"creation_timestamp", 1'700'000'000'005},
                       {"to_stage", "Production"},
                       {"comment", "better"},
                       {"available_actions", {"CANCEL_TRANSITION_REQUEST"}}}},
                     {"status", 200}});
  const json listed = of.requests("bo");
  REQUIRE(listed.size() == 1);
  CHECK(listed[0] == json{{"id", "m/1/requests/1"},
                          {"activity_type", "REQUESTED_TRANSITION"},
                          {"from_stage", "None"},
                          {"user_id", "ada"},
                          {"creation_timestamp", 1'700'000'000'005},
                          {"to_stage", "Production"},
                          {"comment", "better"},
                          {"available_actions", {"APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST"}}});
  CHECK(of.requests("bo", 2).empty());
  CHECK(refused(of.call("approve", "ada"), 403, "PERMISSION_DENIED"));  // nobody approves their own
  CHECK(of.stage() == "None");
  const json approved =
      of.call("approve", "bo", {{"comment", "yes"}, {"archive_existing_versions", false}}).at("activity");
  CHECK(approved.at("activity_type") == "APPROVED_REQUEST");
  CHECK(approved.at("user_id") == "bo");
  CHECK(approved.at("comment") == "yes");
  CHECK(approved.at("to_stage") == "Production");
  CHECK(of.stage() == "Production");
  CHECK(of.requests("bo").empty());
  CHECK(refused(of.call("approve", "cy"), 409, "RESOURCE_CONFLICT"));  // it is approved

  // Whoever approves says whether others make room.
  for (const bool archives : {false, true}) {
    const int version = archives ? 3 : 2;
    REQUIRE(of.call("create", "ada", {}, version).at("status") == 200);
    REQUIRE(of.call("approve", "bo", {{"archive_existing_versions", archives}}, version).at("status") == 200);
    CHECK(of.stage(version) == "Production");
    CHECK(of.stage(1) == (archives ? "Archived" : "Production"));
  }
}

TEST_CASE("a request that is over stays so, and each refusal says why") {
  reviewed of;
  CHECK(refused(of.call("approve", "bo"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(of.call("create", "ada", {}, 9), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(of.call("create", "ada", {}, 1, "Nowhere"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(of.call("create", "ada", {}, 1, "None"), 409, "RESOURCE_CONFLICT"));  // it is there
  REQUIRE(of.call("create", "ada").at("status") == 200);
  CHECK(of.call("reject", "bo", {{"comment", "no"}}).at("activity").at("activity_type") == "REJECTED_REQUEST");
  CHECK(refused(of.call("approve", "cy"), 400, "INVALID_STATE_TRANSITION"));
  CHECK(refused(of.call("reject", "cy"), 400, "INVALID_STATE_TRANSITION"));
  CHECK(refused(of.cancel("ada", "ada"), 400, "INVALID_STATE_TRANSITION"));

  // Two have asked: what is meant is the one that the caller may do something about.
  REQUIRE(of.call("create", "ada").at("status") == 200);
  REQUIRE(of.call("create", "bo").at("status") == 200);
  CHECK(of.requests("cy").size() == 2);
  CHECK(refused(of.cancel("cy", "bo"), 403, "PERMISSION_DENIED"));
  CHECK(refused(of.server.remove_by_query("transition-requests/delete?name=m&version=1&stage=Production", "bo"), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(of.cancel("bo", "bo").at("activity").at("activity_type") == "CANCELLED_REQUEST");
  REQUIRE(of.call("create", "bo").at("status") == 200);
  CHECK(of.call("approve", "ada").at("activity").at("user_id") == "ada");  // bo's
  CHECK(of.stage() == "Production");
  CHECK(of.requests("cy").size() == 1);
  CHECK(refused(of.call("approve", "cy"), 409, "RESOURCE_CONFLICT"));  // the version is there already

  // One whose time is over.
  REQUIRE(of.server.models().request_transition({.model = "m", .version = 2, .actor = "ada", .lifetime = 50'000'000}));
  CHECK(of.requests("bo", 2).size() == 1);
  of.server.clock() += 100;
  CHECK(of.requests("bo", 2).empty());
  CHECK(refused(of.call("approve", "bo", {}, 2), 400, "INVALID_STATE_TRANSITION"));
  CHECK(of.stage(2) == "None");
}

TEST_CASE("a rule's approvals are all asked for, and gates besides") {
  reviewed of;
  REQUIRE(of.server.models().set_rule("m",
                                      {.to = mg::stage::production,
                                       .gates = {{.name = "floor", .metric = "auc", .bound = .9}},
                                       .approvals = 2,
                                       .reviewers = {"ada", "bo", "cy"}},
                                      "ada"));
  REQUIRE(of.call("create", "ada").at("status") == 200);
  CHECK(of.call("approve", "bo").at("status") == 200);
  CHECK(of.stage() == "None");
  CHECK(refused(of.call("approve", "bo"), 400, "RESOURCE_ALREADY_EXISTS"));
  CHECK(refused(of.call("approve", "cy"), 409, "RESOURCE_CONFLICT"));  // the gate: it has no auc
  CHECK(of.stage() == "None");
  REQUIRE(of.server.models().register_version({.model = "m", .metrics = {{"auc", .95}}, .actor = "ada"}));
  REQUIRE(of.call("create", "ada", {}, 4).at("status") == 200);
  CHECK(of.call("approve", "bo", {}, 4).at("status") == 200);
  CHECK(of.call("approve", "cy", {}, 4).at("status") == 200);
  CHECK(of.stage(4) == "Production");
}

TEST_CASE("what has changed since it was asked for is not approved") {
  reviewed of;
  const std::string bytes = "weights";
  const auto file = of.server.models().put_artifact("model.bin", std::as_bytes(std::span(bytes)));
  REQUIRE(file);
  REQUIRE(of.server.models().register_version({.model = "m", .artifacts = {*file}, .actor = "ada"}));
  REQUIRE(of.call("create", "ada", {}, 4).at("status") == 200);
  const std::string other = "weightz";
  auto& storage = of.server.stored();
  const std::string key =
      mr::store::content_storage<mr::store::memory_storage>(storage).key_of(*mr::store::parse_content_id(file->sha256));
  REQUIRE(storage.write(key, std::as_bytes(std::span(other))));
  CHECK(refused(of.call("approve", "bo", {}, 4), 409, "DATA_LOSS"));
  CHECK(of.stage(4) == "None");
  REQUIRE(storage.write(key, std::as_bytes(std::span(bytes))));
  CHECK(of.call("approve", "bo", {}, 4).at("status") == 200);
}

TEST_CASE("comments are written, changed and removed by their authors") {
  reviewed of;
  auto& server = of.server;
  const json made = server.post("comments/create", {{"name", "m"}, {"version", "2"}, {"comment", "fine"}}, "ada");
  const json expected = {{"id", "m/2/1"},
                         {"user_id", "ada"},
                         {"comment", "fine"},
                         {"creation_timestamp", 1'700'000'000'005},
                         {"last_updated_timestamp", 1'700'000'000'005},
                         {"available_actions", {"EDIT_COMMENT", "DELETE_COMMENT"}}};
  CHECK(made == json{{"comment", expected}, {"status", 200}});
  const json changed =
      server.patch("comments/update", {{"id", "m/2/1"}, {"comment", "very fine"}}, "ada").at("comment");
  CHECK(changed.at("comment") == "very fine");
  CHECK(changed.at("creation_timestamp") == 1'700'000'000'005);
  CHECK(changed.at("last_updated_timestamp") == 1'700'000'000'006);
  REQUIRE(server.models().comments("m", 2));
  CHECK(server.models().comments("m", 2)->front().text == "very fine");
  CHECK(
      refused(server.patch("comments/update", {{"id", "m/2/1"}, {"comment", "mine"}}, "bo"), 403, "PERMISSION_DENIED"));
  CHECK(refused(server.remove_by_query("comments/delete?id=m/2/1", "bo"), 403, "PERMISSION_DENIED"));
  CHECK(server.remove_by_query("comments/delete?id=m/2/1", "ada") == json{{"status", 200}});
  CHECK(refused(server.remove_by_query("comments/delete?id=m/2/1", "ada"), 404, "RESOURCE_DOES_NOT_EXIST"));
  for (const char* id : {"", "m", "m/2", "m/2/", "/2/1", "m/2/x", "m/0/1", "m/2/0", "m/2/-1",
                         "m/2/99999999999999999999", "none/1/1", "///", "m/9/1"}) {
    INFO(id);
    const json response = server.patch("comments/update", {{"id", id}, {"comment", "c"}}, "ada");
    CHECK((response.at("status") == 400 || response.at("status") == 404));
  }
  CHECK(refused(server.post("comments/create", {{"name", "m"}, {"version", "9"}, {"comment", "c"}}, "ada"), 404,
                "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.post("comments/create", {{"name", "m"}, {"version", "1"}, {"comment", ""}}, "ada"), 400,
                "INVALID_PARAMETER_VALUE"));
}

TEST_CASE("Databricks' own calls about a model and its stages have what MLflow's have") {
  const reviewed of;
  const json model = of.server.get("databricks/registered-models/get?name=m", "ada").at("registered_model_databricks");
  CHECK(model.at("id") == "1");
  CHECK(model.at("permission_level") == "CAN_MANAGE");
  CHECK(model.at("latest_versions").size() == 1);
  const json moved = of.server
                         .post("databricks/model-versions/transition-stage",
                               {{"name", "m"},
                                {"version", "1"},
                                {"stage", "Staging"},
                                {"archive_existing_versions", true},
                                {"comment", "because"}},
                               "bo")
                         .at("model_version_databricks");
  CHECK(moved.at("current_stage") == "Staging");
  CHECK(moved.at("permission_level") == "CAN_MANAGE");
}
