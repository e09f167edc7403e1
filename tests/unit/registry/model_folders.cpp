#include <millrace/registry/model_folders.hpp>

#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>
#include <support/temp_dir.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {
template <class Storage>
std::string text_of(const Storage& from, std::string_view key) {
  const auto bytes = from.read(key);
  if (!bytes) return bytes.error().message();
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}
}  // namespace

TEST_CASE("a version is written as an MLflow model and into a Triton repository") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  const auto version = support::register_one(models, "fraud");
  auto target = ms::folder_storage::open(folder / "out").value();
  REQUIRE(mg::export_mlflow_model(models, version, target, "mlflow/"));
  CHECK(text_of(target, "mlflow/model.onnx") == "fraud0.900000");
  CHECK(text_of(target, "mlflow/MLmodel") ==
        "artifact_path: model\nflavors:\n  onnx:\n    code: null\n    data: \"model.onnx\"\n    providers:\n"
        "    - CPUExecutionProvider\n  python_function:\n    data: \"model.onnx\"\n    loader_module: mlflow.onnx\n"
        "metadata:\n  registered_model: \"fraud\"\n  registered_version: \"1\"\n  sha256: \"" +
            version.digest + "\"\nmodel_uuid: \"" + version.digest.substr(0, 32) +
            "\"\nutc_time_created: \"1970-01-01 00:00:00.001000\"\n");
  REQUIRE(mg::export_triton_model(models, version, target, "triton/"));
  CHECK(text_of(target, "triton/fraud/1/model.onnx") == "fraud0.900000");
  CHECK(text_of(target, "triton/fraud/config.pbtxt") ==
        "name: \"fraud\"\nbackend: \"onnxruntime\"\nversion_policy { specific { versions: [1] } }\n");
  const auto bare = models.register_version({.model = "bare/../x", .actor = "ada"}).value();
  CHECK(mg::export_mlflow_model(models, bare, target).error().code() == mr::errc::unsupported);
  CHECK(mg::export_triton_model(models, bare, target).error().code() == mr::errc::unsupported);
}

TEST_CASE("a model goes through folders into another registry") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond()).value();
  support::register_one(models, "fraud");
  const auto file = models.put_artifact("deep/words.txt", support::bytes_of("words"), mg::artifact_type::text);
  REQUIRE(models.register_version(
      {.model = "fraud", .semantic = "1.2.0", .tags = {{"a", "b"}}, .artifacts = {*file}, .actor = "ada"}));
  REQUIRE(models.register_version({.model = "fraud_2", .actor = "ada"}));
  REQUIRE(models.move({.model = "fraud", .version = 2, .to = mg::stage::staging, .actor = "ada"}));
  REQUIRE(models.request_transition({.model = "fraud", .version = 2, .justification = "why", .actor = "ada"}));
  auto target = ms::folder_storage::open(folder / "out").value();
  REQUIRE(mg::export_registry_folders(models, "fraud", target));
  REQUIRE(mg::export_registry_folders(models, "fraud_2", target));
  CHECK(text_of(target, "models/fraud/2/deep/words.txt") == "words");
  CHECK(nlohmann::json::parse(text_of(target, "metadata/fraud_2.json"))["stage"] == "staging");
  CHECK(nlohmann::json::parse(text_of(target, "approvals/fraud_2.json"))[0]["justification"] == "why");

  ms::memory_storage elsewhere;
  auto others = mg::open_registry(elsewhere, support::at_a_millisecond()).value();
  CHECK(mg::import_registry_folders(others, "fraud", target, "eve").value() == 2);
  const auto second = others.find_semantic("fraud", "1.2.0").value();
  CHECK(second.version == 2);
  CHECK(second.stage == mg::stage::development);
  CHECK(second.digest == models.find_version("fraud", 2)->digest);
  CHECK(others.verify_artifacts(second));
  CHECK(support::failure(mg::import_registry_folders(others, "nobody", target, "eve"), mr::errc::not_found) ==
        "there is no metadata of the model nobody");
  REQUIRE(target.write("models/fraud/1/model.onnx", support::bytes_of("other bytes")));
  ms::memory_storage third;
  auto fresh = mg::open_registry(third, support::at_a_millisecond()).value();
  CHECK(mg::import_registry_folders(fresh, "fraud", target, "eve").error().code() == mr::errc::checksum_mismatch);
}
