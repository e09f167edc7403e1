#include <millrace/connect/databricks/model_catalog.hpp>

#include <millrace/registry/model_folders.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/databricks.hpp>
#include <support/registry.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;
using mr::errc;
using mr::registry::stage;
using nlohmann::json;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

struct faked_catalog : support::faked_workspace {
  db::model_catalog<decltype(workspace)> models{workspace};
  db::unity_name name = *db::unity_name::make("main.ml.churn");
  ms::memory_storage files;

  faked_catalog() {
    const std::string head = "flavors: {}\n" + db::model_signature::make({{"x", "double"}}, {{"y", "double"}})->text();
    REQUIRE(files.write("m/MLmodel", bytes(head)));
    REQUIRE(files.write("m/data/model.onnx", bytes("onnx")));
    REQUIRE(files.write("other", bytes("not of the model")));
  }
  std::uint64_t version() { return models.register_version(name, files, "m/")->version; }
};

std::string aliases_of(const std::vector<db::model_alias>& of) {
  std::string made;
  for (const db::model_alias& each : of) made += each.name + '=' + std::to_string(each.version) + ' ';
  return made;
}

}  // namespace

TEST_CASE("databricks: models of Unity Catalog are made, listed, changed and deleted") {
  faked_catalog of;
  const auto made = of.models.create_model(of.name, "who leaves");
  REQUIRE(made);
  CHECK(made->full_name == "main.ml.churn");
  CHECK(made->comment == "who leaves");
  CHECK(made->created == 1'700'000'000'000);
  CHECK(json::parse(of.fake.requests().at(0).body) ==
        json{{"catalog_name", "main"}, {"schema_name", "ml"}, {"name", "churn"}, {"comment", "who leaves"}});
  CHECK(of.models.create_model(of.name).error().code() == errc::already_exists);
  for (const char* each : {"main.ml.b", "main.ml.c", "main.other.d"})
    REQUIRE(of.models.create_model(*db::unity_name::make(each)));
  std::string seen;
  REQUIRE(of.models.for_each_model("main", "ml", [&](const db::catalog_model& each) { seen += each.full_name + ' '; }));
  CHECK(seen == "main.ml.b main.ml.c main.ml.churn ");
  CHECK(of.models.set_comment(of.name, "who stays")->comment == "who stays");
  CHECK(of.models.get_model(of.name)->comment == "who stays");
  REQUIRE(of.models.delete_model(of.name));
  CHECK(of.models.get_model(of.name).error().code() == errc::not_found);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: a version is made, its files are uploaded, and it is made ready") {
  faked_catalog of;
  REQUIRE(of.models.create_model(of.name));
  of.fake.forget();
  const auto made = of.models.register_version(of.name, of.files, "m/",
                                               {.run_id = "r1", .description = "first", .tags = {{"team", "ds"}}});
  REQUIRE(made);
  CHECK((made->version == 1 && made->status == db::version_status::ready && made->run_id == "r1"));
  CHECK((made->catalog == "main" && made->schema == "ml" && made->model == "churn" && made->comment == "first"));
  CHECK(of.fake.journal() ==
        "POST /api/2.0/mlflow/unity-catalog/model-versions/create\n"
        "PUT /api/2.0/fs/files/Models/main/ml/churn/1/MLmodel?overwrite=true\n"
        "PUT /api/2.0/fs/files/Models/main/ml/churn/1/data/model.onnx?overwrite=true\n"
        "POST /api/2.0/mlflow/unity-catalog/model-versions/finalize\n"
        "GET /api/2.1/unity-catalog/models/main.ml.churn/versions/1?include_aliases=true\n");
  CHECK(json::parse(of.fake.requests().at(0).body) == json{{"name", "main.ml.churn"},
                                                           {"source", "millrace:m/"},
                                                           {"run_id", "r1"},
                                                           {"description", "first"},
                                                           {"tags", {{{"key", "team"}, {"value", "ds"}}}}});
  CHECK(json::parse(of.fake.requests().at(3).body) == json{{"name", "main.ml.churn"}, {"version", "1"}});
  CHECK(of.fake.file("/Models/main/ml/churn/1/data/model.onnx") == "onnx");

  ms::memory_storage back;
  REQUIRE(of.models.download_version(of.name, 1, back, "b/"));
  CHECK(back.list("", "", 9)->size() == 2);
  CHECK(*back.read("b/MLmodel") == *of.files.read("m/MLmodel"));
  CHECK(back.examine("b/data/model.onnx")->size == 4);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: a version of a registry here becomes one of Unity Catalog") {
  faked_catalog of;
  ms::memory_storage storage;
  auto registry = mr::registry::open_registry(storage);
  REQUIRE(registry);
  const auto version = support::register_one(*registry, "churn");
  REQUIRE(mr::registry::export_mlflow_model(*registry, version, of.files, "e/"));
  REQUIRE(of.models.create_model(of.name));
  CHECK(of.models.register_version(of.name, of.files, "e/").error().code() == errc::invalid_argument);
  const auto signature = db::model_signature::make({{"x", "float32", {-1, 3}}}, {{"y", "float32", {-1, 1}}});
  REQUIRE(db::add_signature(of.files, "e/", *signature));
  CHECK(db::add_signature(of.files, "e/", *signature).error().code() == errc::already_exists);
  CHECK(db::add_signature(of.files, "none/", *signature).error().code() == errc::not_found);
  CHECK(of.models.register_version(of.name, of.files, "e/"));
  CHECK(of.fake.has_file("/Models/main/ml/churn/1/model.onnx"));
  CHECK(of.fake.file("/Models/main/ml/churn/1/MLmodel").find("\nsignature:\n  inputs: ") != std::string::npos);
}

TEST_CASE("databricks: a model without a signature is refused before anything is sent") {
  faked_catalog of;
  REQUIRE(of.files.write("n/MLmodel", bytes("flavors: {}\n")));
  const auto refused = of.models.register_version(of.name, of.files, "n/");
  CHECK(refused.error().code() == errc::invalid_argument);
  CHECK(of.models.register_version(of.name, of.files, "none/").error().code() == errc::not_found);
  CHECK(of.fake.requests().empty());
}

TEST_CASE("databricks: a version whose files do not arrive is taken back") {
  faked_catalog of;
  REQUIRE(of.models.create_model(of.name));
  const ms::http_response none{.status = 0};
  of.fake.script({none, none, {403, {}, R"({"error_code":"PERMISSION_DENIED","message":"no"})"}});
  const auto refused = of.models.register_version(of.name, of.files, "m/");
  CHECK(refused.error().code() == errc::permission_denied);
  CHECK(of.models.get_version(of.name, std::uint64_t{1}).error().code() == errc::not_found);
  CHECK(of.version() == 2);  // a number never comes back
  of.fake.script({none, {403, {}, "{}"}, {403, {}, "{}"}});
  CHECK(of.models.register_version(of.name, of.files, "m/")
            .error()
            .describe()
            .rfind("version 3 of main.ml.churn is left half-made: Databricks refuses PUT ", 0) == 0);
}

TEST_CASE("databricks: aliases stand for versions, and for stages, which Unity Catalog does not have") {
  faked_catalog of;
  REQUIRE(of.models.create_model(of.name));
  const std::uint64_t first = of.version();
  const std::uint64_t second = of.version();
  REQUIRE(of.models.set_alias(of.name, "champion", first));
  REQUIRE(of.models.set_alias(of.name, "champion", second));
  CHECK(of.models.get_version(of.name, "champion")->version == second);
  CHECK(aliases_of(of.models.get_version(of.name, second)->aliases) == "champion=2 ");
  CHECK(of.models.set_alias(of.name, "x", 9).error().code() == errc::not_found);

  REQUIRE(of.models.enter_stage(of.name, first, stage::staging));
  CHECK(db::stage_of(*of.models.get_version(of.name, first)) == stage::staging);
  REQUIRE(of.models.enter_stage(of.name, first, stage::production));
  CHECK(of.models.version_in(of.name, stage::production)->version == first);
  CHECK(of.models.version_in(of.name, stage::staging).error().code() == errc::not_found);
  REQUIRE(of.models.enter_stage(of.name, second, stage::production));  // and so the first is in production no more
  CHECK(aliases_of(of.models.get_model(of.name)->aliases) == "champion=2 production=2 ");
  CHECK(db::stage_of(*of.models.get_version(of.name, first)) == stage::development);
  REQUIRE(of.models.enter_stage(of.name, second, stage::archived));
  CHECK(aliases_of(of.models.get_model(of.name)->aliases) == "champion=2 ");
  CHECK(of.models.version_in(of.name, stage::archived).error().code() == errc::invalid_argument);
  CHECK(of.models.enter_stage(of.name, 9, stage::production).error().code() == errc::not_found);
  REQUIRE(of.models.delete_alias(of.name, "champion"));
  CHECK(of.models.get_version(of.name, "champion").error().code() == errc::not_found);

  REQUIRE(of.models.set_comment(of.name, first, "kept"));
  std::string seen;
  REQUIRE(of.models.for_each_version(
      of.name, [&](const db::catalog_version& each) { seen += each.comment + std::to_string(each.version) + ' '; }));
  CHECK(seen == "kept1 2 ");
  REQUIRE(of.models.delete_version(of.name, first));
  CHECK(of.models.get_version(of.name, first).error().code() == errc::not_found);
  CHECK(of.fake.faults().empty());
}

TEST_CASE("databricks: a list of models that goes round, or a version without a number, is an error") {
  faked_catalog of;
  of.fake.script({{200, {}, R"({"next_page_token":"t"})"}, {200, {}, R"({"next_page_token":"t"})"}});
  CHECK(of.models.for_each_model("a", "b", [](const db::catalog_model&) {}).error().code() == errc::corrupt);
  of.fake.script({{200, {}, R"({"model_version":{"version":"x"}})"}});
  CHECK(of.models.register_version(of.name, of.files, "m/").error().code() == errc::corrupt);
  of.fake.script({{200, {}, "{}"}});
  CHECK(of.models.register_version(of.name, of.files, "m/").error().code() == errc::corrupt);
}
