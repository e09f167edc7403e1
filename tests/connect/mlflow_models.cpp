// The registry's side of MLflow's REST API. What MLflow's own server says to the same requests is in
// tests/interop/mlflow_registry.py.
#include <support/mlflow_models.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace mlflow = millrace::connect::mlflow;

namespace {

using millrace_tests::refused;
using json = nlohmann::json;
using served = millrace_tests::served_models<mg::any_edge>;
using texts = std::vector<std::string>;

const json ok = {{"status", 200}};

json named(const std::string& name) { return {{"name", name}}; }
json at(const std::string& name, const std::string& version) { return {{"name", name}, {"version", version}}; }
json with(json body, const json& more) {
  body.update(more);
  return body;
}
template <class Found>
texts names_of(const Found& found, const char* list, const char* key) {
  texts made;
  for (const json& each : found.value(list, json::array())) made.push_back(each.at(key));
  return made;
}
texts models_of(const json& found) { return names_of(found, "registered_models", "name"); }
texts versions_of(const json& found) {
  texts made;
  for (const json& each : found.value("model_versions", json::array()))
    made.push_back(each.at("name").get<std::string>() + '/' + each.at("version").get<std::string>());
  return made;
}

}  // namespace

TEST_CASE("models are registered, found, renamed, described and deleted as MLflow's clients ask for it") {
  const served server;
  const json tags = {
      {{"key", "team"}, {"value", "old"}}, {{"key", "a b"}, {"value", ""}}, {{"key", "team"}, {"value", "ds"}}};
  const json made = server.post("registered-models/create", {{"name", "m 1"}, {"description", "d"}, {"tags", tags}});
  json expected = {{"name", "m 1"},
                   {"creation_timestamp", 1'700'000'000'001},
                   {"last_updated_timestamp", 1'700'000'000'001},
                   {"description", "d"},
                   {"tags", {{{"key", "team"}, {"value", "ds"}}, {{"key", "a b"}, {"value", ""}}}}};
  CHECK(made == json{{"registered_model", expected}, {"status", 200}});
  CHECK(server.get("registered-models/get?name=m+1") == made);
  CHECK(server.send({"GET", "/ajax-api/2.0/mlflow/registered-models/get?name=m%201", {}, {}}).status == 200);
  CHECK(refused(server.post("registered-models/create", named("m 1")), 400, "RESOURCE_ALREADY_EXISTS"));

  expected["name"] = "m2";
  expected["last_updated_timestamp"] = 1'700'000'000'003;  // the second one was the refused creation
  CHECK(server.post("registered-models/rename", {{"name", "m 1"}, {"new_name", "m2"}}).at("registered_model") ==
        expected);
  CHECK(refused(server.get("registered-models/get?name=m+1"), 404, "RESOURCE_DOES_NOT_EXIST"));
  expected["description"] = "e";
  expected["last_updated_timestamp"] = 1'700'000'000'004;
  CHECK(server.patch("registered-models/update", {{"name", "m2"}, {"description", "e"}}).at("registered_model") ==
        expected);
  CHECK_FALSE(server.patch("registered-models/update", named("m2")).at("registered_model").contains("description"));

  server.model("m3");
  CHECK(refused(server.post("registered-models/rename", {{"name", "m2"}, {"new_name", "m3"}}), 400,
                "RESOURCE_ALREADY_EXISTS"));
  CHECK(refused(server.post("registered-models/rename", {{"name", "m2"}}), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.remove("registered-models/delete", named("m2")) == ok);
  CHECK(refused(server.remove("registered-models/delete", named("m2")), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(server.remove_by_query("registered-models/delete?name=m3") == ok);  // as Databricks' clients do
  for (const char* call : {"registered-models/update", "registered-models/get", "registered-models/delete"}) {
    const std::string method = std::string_view(call).ends_with("get")      ? "GET"
                               : std::string_view(call).ends_with("update") ? "PATCH"
                                                                            : "DELETE";
    for (const json& wrong : {json::object(), named(""), json{{"name", nullptr}}, json{{"name", 3}}, named("a/b"),
                              named("a:b"), named(" "), named(".."), named("."), named(std::string(501, 'x'))}) {
      INFO(call << ' ' << wrong.dump());
      if (method != "GET") {
        CHECK(refused(server.sent(method, call, wrong.dump(), {}), 400, "INVALID_PARAMETER_VALUE"));
      }
    }
    CHECK(refused(
        server.sent(method, std::string(call) + "?name=none", method == "PATCH" ? named("none").dump() : "", {}), 404,
        "RESOURCE_DOES_NOT_EXIST"));
  }
  for (const json& wrong : {json{{"name", "x"}, {"tags", 3}}, json{{"name", "x"}, {"tags", {{{"value", "v"}}}}},
                            json{{"name", "x"}, {"tags", {{{"key", "k;"}, {"value", "v"}}}}},
                            json{{"name", "x"}, {"tags", {{{"key", "k"}, {"value", std::string(100'001, 'v')}}}}},
                            json{{"name", "x"}, {"description", json::array()}}})
    CHECK(refused(server.post("registered-models/create", wrong), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(server
            .post("registered-models/create",
                  json{{"name", "x"}, {"tags", {{{"key", "k"}, {"value", std::string(100'000, 'v')}}}}})
            .at("status") == 200);
}

TEST_CASE("versions are registered with numbers of their own, and a deleted one does not come back") {
  const served server;
  server.model("m");
  const json made = server.post("model-versions/create", {{"name", "m"},
                                                          {"source", "s3://bucket/a%20b"},
                                                          {"run_id", "r1"},
                                                          {"run_link", "https://other/run"},
                                                          {"description", "d"},
                                                          {"tags", {{{"key", "k"}, {"value", "v"}}}}});
  const json expected = {{"name", "m"},
                         {"version", "1"},
                         {"creation_timestamp", 1'700'000'000'002},
                         {"last_updated_timestamp", 1'700'000'000'002},
                         {"current_stage", "None"},
                         {"description", "d"},
                         {"source", "s3://bucket/a%20b"},
                         {"run_id", "r1"},
                         {"run_link", "https://other/run"},
                         {"status", "READY"},
                         {"tags", {{{"key", "k"}, {"value", "v"}}}}};
  CHECK(made == json{{"model_version", expected}, {"status", 200}});
  CHECK(server.version("m", 1) == expected);
  CHECK(server.get("registered-models/get?name=m").at("registered_model").at("latest_versions") == json{expected});
  CHECK(server.get("model-versions/get-download-uri?name=m&version=1") ==
        json{{"artifact_uri", "s3://bucket/a%20b"}, {"status", 200}});

  CHECK(server.patch("model-versions/update", with(at("m", "1"), {{"description", "e"}}))
            .at("model_version")
            .at("description") == "e");
  CHECK(
      server.post("model-versions/create", {{"name", "m"}, {"source", "s3://b/2"}}).at("model_version").at("version") ==
      "2");
  CHECK(server.remove("model-versions/delete", at("m", "2")) == ok);
  CHECK(refused(server.remove("model-versions/delete", at("m", "2")), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.get("model-versions/get?name=m&version=2"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(
      server.post("model-versions/create", {{"name", "m"}, {"source", "s3://b/3"}}).at("model_version").at("version") ==
      "3");

  CHECK(refused(server.post("model-versions/create", {{"name", "none"}, {"source", "s3://b/1"}}), 404,
                "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.post("model-versions/create", named("m")), 400, "INVALID_PARAMETER_VALUE"));
  for (const char* number : {"", "x", "1.5", "1x", "+", "--1", "+-1"})
    CHECK(refused(server.patch("model-versions/update", at("m", number)), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(
      refused(server.patch("model-versions/update", {{"name", "m"}, {"version", 1}}), 400, "INVALID_PARAMETER_VALUE"));
  for (const char* number : {"0", "-1", "9", "9223372036854775807", "9223372036854775808", "99999999999999999999999"})
    for (const char* call : {"model-versions/update", "model-versions/delete"})
      CHECK(refused(server.sent(*call == 'm' && std::string_view(call).ends_with("update") ? "PATCH" : "DELETE", call,
                                at("m", number).dump(), {}),
                    404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(server.version("m", 1).at("description") == "e");  // and no call about version 0 is about the model
  CHECK(server.get("registered-models/get?name=m").at("status") == 200);
  CHECK(server.get("model-versions/get?name=m&version=%2B1").at("status") == 200);
}

TEST_CASE("tags of models and versions are set and deleted, also what is not there") {
  const served server;
  server.model("m", 1);
  const auto tags = [&] {
    return std::pair(server.get("registered-models/get?name=m").at("registered_model").value("tags", json()),
                     server.version("m", 1).value("tags", json()));
  };
  const json tag = {{"key", "a/b c.d-e"}, {"value", "1"}};
  CHECK(server.post("registered-models/set-tag", with(named("m"), tag)) == ok);
  CHECK(tags() == std::pair(json{tag}, json()));
  CHECK(server.post("model-versions/set-tag", with(at("m", "1"), tag)) == ok);
  CHECK(server.post("model-versions/set-tag", with(at("m", "1"), {{"key", "a/b c.d-e"}, {"value", "2"}})) == ok);
  const json second = {{"key", "a/b c.d-e"}, {"value", "2"}};
  CHECK(tags() == std::pair(json{tag}, json{second}));
  for (int twice = 0; twice < 2; ++twice) {
    CHECK(server.remove("registered-models/delete-tag", with(named("m"), {{"key", "a/b c.d-e"}})) == ok);
    CHECK(server.remove("model-versions/delete-tag", with(at("m", "1"), {{"key", "a/b c.d-e"}})) == ok);
  }
  CHECK(tags() == std::pair(json(), json()));
  for (const char* key : {"", "a;b", "a//b", "../a", "/a", "a/", "."}) {
    INFO(key);
    CHECK(refused(server.post("registered-models/set-tag", with(named("m"), {{"key", key}, {"value", "v"}})), 400,
                  "INVALID_PARAMETER_VALUE"));
    CHECK(refused(server.remove("model-versions/delete-tag", with(at("m", "1"), {{"key", key}})), 400,
                  "INVALID_PARAMETER_VALUE"));
  }
  for (const auto& [name, version] : {std::pair("none", "1"), std::pair("m", "7")})
    for (const char* method : {"POST", "DELETE"}) {
      const std::string call = *method == 'P' ? "model-versions/set-tag" : "model-versions/delete-tag";
      CHECK(
          refused(server.sent(method, call, with(at(name, version), tag).dump(), {}), 404, "RESOURCE_DOES_NOT_EXIST"));
    }
  CHECK(
      refused(server.remove("registered-models/delete-tag", with(named("none"), tag)), 404, "RESOURCE_DOES_NOT_EXIST"));
}

TEST_CASE("aliases lead to versions, and latest to the last one") {
  const served server;
  server.model("m", 3);
  const auto lead = [&](const std::string& alias) {
    return server.get("registered-models/alias?name=m&alias=" + alias);
  };
  CHECK(server.post("registered-models/alias", with(at("m", "1"), {{"alias", "champion"}})) == ok);
  CHECK(lead("champion").at("model_version").at("version") == "1");
  CHECK(server.post("registered-models/alias", with(at("m", "2"), {{"alias", "champion"}})) == ok);
  CHECK(server.post("registered-models/alias", with(at("m", "2"), {{"alias", "\xc3\xbc-2"}})) == ok);
  CHECK(lead("champion").at("model_version").at("aliases") == json{"champion", "\xc3\xbc-2"});
  const json aliases = {{{"alias", "champion"}, {"version", "2"}}, {{"alias", "\xc3\xbc-2"}, {"version", "2"}}};
  CHECK(server.get("registered-models/get?name=m").at("registered_model").at("aliases") == aliases);
  CHECK(lead("LATEST").at("model_version").at("version") == "3");
  CHECK(refused(lead("none"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(lead("a%20b"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.get("registered-models/alias?name=none&alias=champion"), 404, "RESOURCE_DOES_NOT_EXIST"));
  for (const char* alias : {"", "a b", "latest", "Latest", "v1", "V22", "a/b", "a;", "@"})
    CHECK(refused(server.post("registered-models/alias", with(at("m", "1"), {{"alias", alias}})), 400,
                  "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("registered-models/alias", with(at("m", "1"), {{"alias", std::string(256, 'a')}})), 400,
                "INVALID_PARAMETER_VALUE"));
  for (const char* alias : {"v", "v1a", "late"})
    CHECK(server.post("registered-models/alias", with(at("m", "3"), {{"alias", alias}})) == ok);
  CHECK(refused(server.post("registered-models/alias", with(at("m", "4"), {{"alias", "a"}})), 404,
                "RESOURCE_DOES_NOT_EXIST"));
  for (int twice = 0; twice < 2; ++twice)
    CHECK(server.remove("registered-models/alias", with(named("m"), {{"alias", "late"}})) == ok);
  CHECK(refused(server.remove("registered-models/alias", with(named("none"), {{"alias", "late"}})), 404,
                "RESOURCE_DOES_NOT_EXIST"));
  CHECK(server.remove("model-versions/delete", at("m", "2")) == ok);
  CHECK(refused(lead("champion"), 400, "INVALID_PARAMETER_VALUE"));  // went with its version
  server.model("empty");
  CHECK(refused(server.get("registered-models/alias?name=empty&alias=latest"), 404, "RESOURCE_DOES_NOT_EXIST"));
}

TEST_CASE("versions go from stage to stage, and make room for others") {
  const served server;
  server.model("m", 4);
  const auto go = [&](const std::string& version, const std::string& stage, bool archives = false) {
    return server.post("model-versions/transition-stage",
                       with(at("m", version), {{"stage", stage}, {"archive_existing_versions", archives}}));
  };
  const auto stages = [&] {
    texts made;
    for (int i = 1; i <= 4; ++i) made.push_back(server.version("m", i).at("current_stage"));
    return made;
  };
  CHECK(go("1", "production").at("model_version").at("current_stage") == "Production");
  CHECK(go("2", "Production").at("status") == 200);
  CHECK(go("3", "STAGING", true).at("status") == 200);
  CHECK(stages() == texts{"Production", "Production", "Staging", "None"});
  CHECK(go("4", "Production", true).at("status") == 200);
  CHECK(stages() == texts{"Archived", "Archived", "Staging", "Production"});
  CHECK(go("4", "Production").at("status") == 200);  // where it is
  CHECK(go("1", "Production").at("status") == 200);
  CHECK(go("4", "Production", true).at("status") == 200);
  CHECK(stages() == texts{"Archived", "Archived", "Staging", "Production"});
  CHECK(go("3", "None").at("status") == 200);
  const auto latest = [&](const std::string& query) {
    return versions_of(server.get("registered-models/get-latest-versions?name=m" + query));
  };
  CHECK(latest("") == texts{"m/3", "m/4", "m/2"});
  CHECK(latest("&stages=archived&stages=None") == texts{"m/3", "m/2"});
  CHECK(versions_of(server.post("registered-models/get-latest-versions",
                                {{"name", "m"}, {"stages", {"Production"}}})) == texts{"m/4"});
  CHECK(latest("&stages=Staging").empty());
  CHECK(refused(server.get("registered-models/get-latest-versions?name=m&stages=Nowhere"), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.get("registered-models/get-latest-versions?name=none"), 404, "RESOURCE_DOES_NOT_EXIST"));
  for (const char* stage : {"", "Nowhere", "development", "Deleted_Internal"})
    CHECK(refused(go("1", stage), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(go("1", "Archived", true), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(go("9", "Archived"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(server.post("model-versions/transition-stage",
                            with(at("m", "1"), {{"stage", "Staging"}, {"archive_existing_versions", 1}})),
                400, "INVALID_PARAMETER_VALUE"));
  CHECK(server.remove("model-versions/delete", at("m", "4")) == ok);  // MLflow deletes what is in production too
}

TEST_CASE("a registry's steps and rules hold for MLflow's clients") {
  millrace_tests::served_models<> server;
  server.model("m", 1);
  const auto go = [&](const char* stage) {
    return server.post("model-versions/transition-stage", with(at("m", "1"), {{"stage", stage}}));
  };
  CHECK(refused(go("Production"), 400, "INVALID_PARAMETER_VALUE"));  // not from None
  CHECK(go("Staging").at("status") == 200);
  const mg::stage_rule floor{.to = mg::stage::production, .gates = {{.name = "floor", .metric = "auc", .bound = .9}}};
  REQUIRE(server.models().set_rule("m", floor, "ada"));
  CHECK(refused(go("Production"), 409, "RESOURCE_CONFLICT"));
  REQUIRE(server.models().set_rule("m", {.to = mg::stage::production, .approvals = 1}, "ada"));
  CHECK(refused(go("Production"), 403, "PERMISSION_DENIED"));
  CHECK(server.version("m", 1).at("current_stage") == "Staging");
}

TEST_CASE("models and versions are searched for, in pages") {
  const served server;
  for (const char* name : {"a1", "b1", "a2"}) server.model(name, 2);
  CHECK(server.post("registered-models/set-tag", {{"name", "a2"}, {"key", "team x"}, {"value", "ds"}}) == ok);
  CHECK(server.post("model-versions/set-tag", {{"name", "b1"}, {"version", "1"}, {"key", "ok"}, {"value", "yes"}}) ==
        ok);
  const auto models = [&](const std::string& query) { return server.get("registered-models/search?" + query); };
  const auto versions = [&](const std::string& query) { return server.get("model-versions/search?" + query); };
  CHECK(models_of(models("")) == texts{"a1", "a2", "b1"});
  CHECK(models_of(models("filter=name+LIKE+'a%25'&order_by=name+DESC")) == texts{"a2", "a1"});
  CHECK(models_of(models("filter=tags.%60team+x%60+%3D+'ds'")) == texts{"a2"});
  CHECK(models("").at("registered_models")[0].at("latest_versions")[0].at("version") == "2");
  const json first = models("max_results=2");
  CHECK(models_of(first) == texts{"a1", "a2"});
  CHECK(models_of(models("max_results=2&page_token=" + first.at("next_page_token").get<std::string>())) == texts{"b1"});
  CHECK(refused(models("filter=name+ILIKE+'A%25'&page_token=" + first.at("next_page_token").get<std::string>()), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(versions_of(versions("filter=name%3D'b1'")) == texts{"b1/1", "b1/2"});  // by the last change, which was a tag
  CHECK(versions_of(versions("filter=tags.ok+%3D+'yes'")) == texts{"b1/1"});
  CHECK(versions_of(
            versions("filter=name+IN+('a1','a2')&order_by=name+DESC&order_by=version_number+ASC&max_results=3")) ==
        texts{"a2/1", "a2/2", "a1/1"});
  CHECK(versions_of(versions("filter=name+%3D+'a1'+OR+version_number+%3D+'1'&order_by=name")) ==
        texts{"a1/2", "a1/1", "a2/1", "b1/1"});
  CHECK(versions_of(versions("max_results=200000")).size() == 6);
  CHECK(server.remove("registered-models/delete", named("a1")) == ok);
  CHECK(versions_of(versions("order_by=name+ASC")) == texts{"a2/2", "a2/1", "b1/2", "b1/1"});
  for (const char* query : {"filter=name+%3D", "filter=nothing+%3D+'x'", "order_by=nothing", "max_results=0",
                            "max_results=-1", "max_results=x", "page_token=x", "filter='%3B+DROP+TABLE+models%3B+--"}) {
    INFO(query);
    CHECK(refused(models(query), 400, "INVALID_PARAMETER_VALUE"));
    CHECK(refused(versions(query), 400, "INVALID_PARAMETER_VALUE"));
  }
  CHECK(refused(models("max_results=1001"), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(versions("max_results=200001"), 400, "INVALID_PARAMETER_VALUE"));
  const served strict(mlflow::server_options{.grammar = mr::store::search_grammar::mlflow});
  CHECK(refused(strict.get("registered-models/search?filter=name+%3D+'a'+OR+name+%3D+'b'"), 400,
                "INVALID_PARAMETER_VALUE"));
  CHECK(strict.get("registered-models/search?filter=name+%3D+'a'") == ok);
}

TEST_CASE("prompts are found by those who ask for them") {
  for (const auto grammar : {mr::store::search_grammar::full, mr::store::search_grammar::mlflow}) {
    const served server(mlflow::server_options{.grammar = grammar});
    const json tags = {{{"key", "mlflow.prompt.is_prompt"}, {"value", "true"}},
                       {{"key", "mlflow.prompt.text"}, {"value", "Hello {{name}}"}}};
    server.model("m", 1);
    CHECK(server.post("registered-models/create", {{"name", "p"}, {"tags", tags}}).at("status") == 200);
    CHECK(server.post("model-versions/create", {{"name", "p"}, {"source", "dummy-source"}, {"tags", tags}})
              .at("status") == 200);
    CHECK(refused(server.post("model-versions/create", {{"name", "p"}, {"source", "s3://b/1"}, {"tags", tags}}), 400,
                  "INVALID_PARAMETER_VALUE"));
    CHECK(refused(server.post("model-versions/create", {{"name", "m"}, {"source", "models:/p/1"}}), 400,
                  "INVALID_PARAMETER_VALUE"));
    const auto found = [&](const std::string& filter) {
      return std::pair(models_of(server.get("registered-models/search?filter=" + filter)),
                       versions_of(server.get("model-versions/search?filter=" + filter)));
    };
    const std::pair only_models(texts{"m"}, texts{"m/1"}), only_prompts(texts{"p"}, texts{"p/1"});
    CHECK(found("") == only_models);
    CHECK(found("name+LIKE+'%25'") == only_models);
    CHECK(found("tags.%60mlflow.prompt.is_prompt%60+!%3D+'true'") == only_models);
    CHECK(found("tags.%60mlflow.prompt.is_prompt%60+%3D+'false'+AND+name+LIKE+'%25'") == only_models);
    CHECK(found("tags.%60mlflow.prompt.is_prompt%60+%3D+'true'") == only_prompts);
    CHECK(found("name+LIKE+'p'+AND+tags.%60mlflow.prompt.is_prompt%60+!%3D+'false'") == only_prompts);
    if (grammar == mr::store::search_grammar::full) {
      CHECK(found("name+%3D+'p'+OR+name+%3D+'m'") == only_models);
    }
  }
}

TEST_CASE("a version's source leads nowhere that its run is not") {
  served server;
  server.model("m");
  const std::string run = server.run(), other = server.run();
  const std::string root = "mlflow-artifacts:/1/" + run + "/artifacts";
  const auto create = [&](const std::string& source, const std::string& of_run = {}) {
    json body = {{"name", "m"}, {"source", source}};
    if (!of_run.empty()) body["run_id"] = of_run;
    return server.post("model-versions/create", body);
  };
  for (const auto& [source, of_run] :
       std::vector<std::pair<std::string, std::string>>{{root, run},
                                                        {root + "/model", run},
                                                        {root + "/a%20b/c", run},
                                                        {"MLFLOW-ARTIFACTS:/1//" + run + "/artifacts/model/", run},
                                                        {"runs:/" + run + "/model", run},
                                                        {"runs:/not-known-here", "not-known-here"},
                                                        {"s3://bucket/x?versionId=..", ""},
                                                        {"dbfs:/databricks/mlflow-registry/1/models", ""},
                                                        {"https://host/model.zip", ""}}) {
    INFO(source);
    CHECK(create(source, of_run).at("status") == 200);
  }
  const std::size_t before = versions_of(server.get("model-versions/search")).size();
  for (const auto& [source, of_run] : std::vector<std::pair<std::string, std::string>>{
           {root, ""},
           {root, other},
           {root, "none"},
           {root + "/..", run},
           {root + "/../../" + other + "/artifacts", run},
           {root + "/%2e%2e/x", run},
           {root + "/%252e%252e/x", run},
           {root + "/%25252e%25252e%25252fx", run},
           {root + "/%4%31/../x", run},
           {root + "/a%00b", run},
           {"mlflow-artifacts:/1/" + run, run},
           {"mlflow-artifacts:/1/" + run + "/artifactsx", run},
           {"mlflow-artifacts://host/1/" + run + "/artifacts", run},
           {"http://h/api/2.0/mlflow-artifacts/artifacts/1/" + run + "/artifacts", run},
           {"/etc/passwd", ""},
           {"/etc/passwd", run},
           {"file:///etc/passwd", run},
           {"FILE:/etc/passwd", run},
           {"relative/path", run},
           {"./x", ""},
           {"s3://bucket/../x", ""},
           {"s3://bucket/a/%2e%2e", ""},
           {"s3://bucket", ""},
           {"s3:relative", ""},
           {"runs:/" + run + "/model", ""},
           {"runs:/" + run + "/model", other},
           {"runs://host/" + run, run},
           {"runs:/", run},
           {"models:/", ""},
           {"models:/m-1", ""},
           {"models:/m/", ""},
           {"models:/m/1/2", ""},
           {"models:/m@", ""},
           {"models://m/1", ""},
           {"models:/m/0", ""},
           {"models:/m/99999999999999999999999999", ""},
           {"s3://b/" + std::string(20'000, 'x'), ""},
           {"s3://b/" + std::string(9'000, '%'), ""},
           {"x", ""}}) {
    INFO(source.substr(0, 100) << " of " << of_run);
    const json response = create(source, of_run);
    if (source.find("%%") == source.npos) CHECK(refused(response, 400, "INVALID_PARAMETER_VALUE"));
  }
  CHECK(versions_of(server.get("model-versions/search")).size() == before + 1);
  CHECK(refused(create("models:/m/9000"), 404, "RESOURCE_DOES_NOT_EXIST"));
  CHECK(refused(create("models:/none/1"), 404, "RESOURCE_DOES_NOT_EXIST"));
}

TEST_CASE("a version of a model beside a run has that model's run and files") {
  served server;
  server.model("m");
  const std::string run = server.run();
  const auto logged = [&](const std::string& name) {
    const json body = {{"experiment_id", "1"}, {"name", name}, {"source_run_id", run}};
    return server.post("logged-models", body).at("model").at("info");
  };
  const json model = logged("a"), other = logged("b");
  const std::string id = model.at("model_id"), place = model.at("artifact_uri");
  const auto create = [&](const std::string& source, const std::string& of) {
    return server.post("model-versions/create", {{"name", "m"}, {"source", source}, {"model_id", of}});
  };
  for (const std::string& source : {"models:/" + id, place, place + "/MLmodel"}) {
    const json made = create(source, id).at("model_version");
    CHECK(made.at("source") == source);
    CHECK(made.at("run_id") == run);
    const std::string version = made.at("version");
    CHECK(server.get("model-versions/get-download-uri?name=m&version=" + version).at("artifact_uri") ==
          (source.starts_with("models:") ? place : source));
  }
  const std::string other_id = other.at("model_id");
  for (const auto& [source, of] :
       {std::pair("models:/" + id, std::string()), std::pair("models:/" + id, other_id), std::pair(place, other_id),
        std::pair(place, std::string()), std::pair("runs:/" + run + "/x", id), std::pair(place + "/../x", id)})
    CHECK(refused(create(source, of), 400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(create("models:/m-none", "m-none"), 404, "RESOURCE_DOES_NOT_EXIST"));
}

TEST_CASE("a version that is a copy of another has its run and its files") {
  served server;
  server.model("m");
  server.model("copy");
  const std::string run = server.run();
  const std::string files = "mlflow-artifacts:/1/" + run + "/artifacts/model";
  REQUIRE(server.post("model-versions/create", {{"name", "m"}, {"source", files}, {"run_id", run}}).at("status") ==
          200);
  REQUIRE(server.post("registered-models/alias", with(at("m", "1"), {{"alias", "best"}})).at("status") == 200);
  REQUIRE(server.post("model-versions/transition-stage", with(at("m", "1"), {{"stage", "Staging"}})).at("status") ==
          200);
  int number = 0;
  for (const char* source :
       {"models:/m/1", "models:/m@best", "models:/m/staging", "models:/m/latest", "models:/copy/1"}) {
    const json made = server.post("model-versions/create", {{"name", "copy"}, {"source", source}}).at("model_version");
    CHECK(made.at("source") == (++number < 5 ? "models:/m/1" : "models:/copy/1"));
    CHECK(made.at("run_id") == run);
    CHECK(
        server.get("model-versions/get-download-uri?name=copy&version=" + std::to_string(number)).at("artifact_uri") ==
        files);
  }
  CHECK(
      refused(server.post("model-versions/create", {{"name", "copy"}, {"source", "models:/m/1"}, {"run_id", "other"}}),
              400, "INVALID_PARAMETER_VALUE"));
  CHECK(refused(server.post("model-versions/create", {{"name", "copy"}, {"source", "models:/m/Production"}}), 404,
                "RESOURCE_DOES_NOT_EXIST"));
  // Whoever registers without a server may go in a circle.
  for (const char* name : {"x", "y"})
    REQUIRE(server.models().register_version({.model = name, .source = *name == 'x' ? "models:/y/1" : "models:/x/1"}));
  CHECK(server.get("model-versions/get-download-uri?name=x&version=1").at("status") == 200);
}

TEST_CASE("files that a registry has are loaded by way of MLflow's artifacts, and stay as they are") {
  served server;
  const std::string bytes("\0<script>\xff", 10), text = "flavors: {}";
  const std::string name = "a b/\xc3\xbc%20~";  // a name that MLflow's clients cannot give, and the registry can
  const auto weights = server.models().put_artifact("data/deep/w.bin", std::as_bytes(std::span(bytes)));
  const auto head = server.models().put_artifact("MLmodel", std::as_bytes(std::span(text)));
  const auto notes = server.models().put_artifact("data/n", std::as_bytes(std::span(text)));
  for (const std::string& each : {name, std::string("m")})
    REQUIRE(server.models().register_version({.model = each, .artifacts = {*weights, *head, *notes}}));
  CHECK(server.get("model-versions/get-download-uri?name=m&version=1").at("artifact_uri") ==
        "mlflow-artifacts:/models/m/1");
  server.model("copy");
  REQUIRE(server.post("model-versions/create", {{"name", "copy"}, {"source", "models:/m/1"}}).at("status") == 200);
  CHECK(server.get("model-versions/get-download-uri?name=copy&version=1").at("artifact_uri") ==
        "mlflow-artifacts:/models/m/1");

  const std::string base = "/api/2.0/mlflow-artifacts/artifacts";
  const auto listed = [&](const std::string& folder) {
    return json::parse(server.send({"GET", base + "?path=" + folder, {}, {}}).body).value("files", json());
  };
  const json top = {{{"path", "data"}, {"is_dir", true}}, {{"path", "MLmodel"}, {"is_dir", false}, {"file_size", 11}}};
  const json data = {{{"path", "deep"}, {"is_dir", true}}, {{"path", "n"}, {"is_dir", false}, {"file_size", 11}}};
  for (const std::string root : {"models/m/1", "models/a~20b~2F~C3~BC~2520~7E/1"}) {
    INFO(root);
    CHECK(listed(root) == top);
    CHECK(listed(root + "/data") == data);
    CHECK(listed(root + "/none") == json::array());
    const auto file = server.send({"GET", base + '/' + root + "/data/deep/w.bin", {}, {}});
    CHECK(file.status == 200);
    CHECK(file.body == bytes);
    CHECK(*mr::store::find_header(file.headers, "X-Content-Type-Options") == "nosniff");
  }
  for (const char* method : {"PUT", "DELETE", "PATCH"})
    CHECK(server.send({method, base + "/models/m/1/MLmodel", {}, "x"}).status == 403);
  for (const char* place :
       {"models/m/1/none", "models/m/1/data", "models/m/1", "models/m/1/", "models/m/1/../../../etc/passwd",
        "models/m/1/%2e%2e/x", "models/m/1/data//n", "models/m/2/MLmodel", "models/m/0/MLmodel", "models/m/x/MLmodel",
        "models/none/1/MLmodel", "models/~/1/MLmodel", "models/~2/1/MLmodel", "models/~zz/1/MLmodel",
        "models/~00/1/MLmodel", "models//1/MLmodel", "models/m", "models/", "models/m/99999999999999999999/MLmodel"}) {
    INFO(place);
    const int status = server.send({"GET", base + '/' + place, {}, {}}).status;
    CHECK((status == 400 || status == 404));
  }
}

TEST_CASE("users are known by their tokens, and versions by their users") {
  mlflow::server_options options;
  options.token = mr::store::secret<std::string>("shared");
  options.users.push_back({"ada", mr::store::secret<std::string>("ada's")});
  options.users.push_back({"bo", mr::store::secret<std::string>("bo's")});
  const served server(std::move(options));
  CHECK(server.post("registered-models/create", named("m"), "ada's").at("registered_model").at("user_id") == "ada");
  const json body = {{"name", "m"}, {"source", "s3://b/1"}};
  CHECK(server.post("model-versions/create", body, "bo's").at("model_version").at("user_id") == "bo");
  CHECK_FALSE(server.post("model-versions/create", body, "shared").at("model_version").contains("user_id"));
  for (const char* wrong : {"", "ada", "ada's ", "bo'", "unknown"})
    CHECK(refused(server.post("model-versions/create", body, wrong), 401, "UNAUTHENTICATED"));
  mlflow::server_options named_only;
  named_only.users.push_back({"ada", mr::store::secret<std::string>("ada's")});
  named_only.users.push_back({"nobody", {}});
  const served closed(std::move(named_only));
  CHECK(closed.get("registered-models/search", "ada's").at("status") == 200);
  CHECK(refused(closed.get("registered-models/search", ""), 401, "UNAUTHENTICATED"));  // an empty token is nobody's
}

TEST_CASE("a server without a registry has no models") {
  mr::store::memory_storage storage;
  auto tracker = *mr::track::tracker<mr::store::memory_storage>::open(storage);
  const mlflow::server server(tracker);
  const auto response = server.handle({"GET", "/api/2.0/mlflow/registered-models/search", {}, {}});
  CHECK(response.status == 404);
  CHECK(json::parse(response.body).at("error_code") == "ENDPOINT_NOT_FOUND");
}

TEST_CASE("requests about models that are cut off or of other types are refused") {
  const served server;
  server.model("m", 1);
  const std::string body = with(at("m", "1"), {{"stage", "Staging"}, {"archive_existing_versions", true}}).dump();
  for (std::size_t i = 0; i < body.size(); ++i) {
    INFO(body.substr(0, i));
    CHECK(refused(server.sent("POST", "model-versions/transition-stage", body.substr(0, i), {}), 400,
                  "INVALID_PARAMETER_VALUE"));
  }
  const json any[] = {nullptr,
                      true,
                      1,
                      -1.5,
                      "",
                      "\x01",
                      json::array(),
                      json::array({1}),
                      json::object(),
                      json::array({json::array()}),
                      std::string(1000, 'x')};
  for (const char* call : {"registered-models/create", "registered-models/rename", "registered-models/set-tag",
                           "registered-models/alias", "registered-models/get-latest-versions", "model-versions/create",
                           "model-versions/transition-stage", "model-versions/set-tag"})
    for (const char* key : {"name", "new_name", "version", "tags", "stages", "alias", "source", "stage", "key", "value",
                            "description", "run_id", "archive_existing_versions", "model_id"})
      for (const json& each : any) {
        json sent = {{"name", "m"},        {"version", "1"}, {"source", "s3://b/1"},
                     {"stage", "Staging"}, {"alias", "a"},   {"key", "k"}};
        sent[key] = each;
        const json response = server.post(call, sent);
        INFO(call << ' ' << sent.dump() << ' ' << response.dump());
        const int status = response.at("status");
        CHECK((status == 200 || status == 400 || (status == 404 && key == std::string_view("model_id"))));
      }
}
