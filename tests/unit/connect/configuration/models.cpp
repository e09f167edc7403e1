#include <millrace/connect/configuration/models.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/mlops/stored_backend.hpp>
#include <millrace/store/documents/document_folder.hpp>

#include <filesystem>
#include <string>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;
namespace ml = millrace::mlops;

namespace {

mc::ml_settings with_models() {
  mc::ml_settings made;
  const std::string folder = MILLRACE_GOLDEN_DIR;
  mc::model_settings one;
  one.name = "fraud-detector";
  one.version = "v2.0";
  one.path = folder + "/formats/attributes.onnx";
  one.warmup_on_load = true;
  one.tags = {{"task", "classification"}};
  made.models.push_back(one);
  one.name = "off";
  one.path = "none.onnx";
  one.enabled = false;
  made.models.push_back(one);
  return made;
}

}  // namespace

TEST_CASE("models that settings name are read and registered once, with their versions and tags") {
  auto by = with_models();
  const auto loaded = mc::load_models(by);
  REQUIRE(loaded);
  REQUIRE(loaded->size() == 1);
  CHECK(loaded->front().name == "fraud-detector");
  CHECK(loaded->front().warmup_on_load);
  CHECK_FALSE(loaded->front().graph.nodes.empty());

  const support::temp_dir folder;
  by.model_registry.base_path = (folder.path() / "models").string();
  auto opened = mc::open_registry<ml::in_folders<mr::store::document_folder<>>>(by.model_registry);
  REQUIRE(opened);
  CHECK(*mc::register_models(by, opened->registry(), "ada") == 1);
  CHECK(*mc::register_models(by, opened->registry(), "ada") == 0);
  const auto version = opened->registry().find_semantic("fraud-detector", "2.0.0");
  REQUIRE(version);
  CHECK(version->tags.at(0).key == "task");
  CHECK(version->artifacts.at(0).path == "attributes.onnx");
}

TEST_CASE("models that cannot be had are errors with their names and lines") {
  auto by = with_models();
  by.models[0].path = "none.onnx";
  by.models[0].at = {12, 7};
  const auto none = mc::load_models(by);
  REQUIRE_FALSE(none);
  CHECK(none.error().describe().starts_with("the model \"fraud-detector\" in line 12: "));
  by.models[0].type = mc::model_format::tensorflow;
  CHECK_FALSE(mc::load_models(by));
  by.enabled = false;
  CHECK(mc::load_models(by)->empty());
  CHECK(mc::semantic_text("v2") == "2.0.0");
  CHECK(mc::semantic_text("1.4.2-rc.1") == "1.4.2-rc.1");
  CHECK(mc::semantic_text("newest").empty());
  by.model_registry.type = mc::model_place::s3;
  by.model_registry.at = {5, 3};
  const auto bucket = mc::open_registry<ml::in_memory>(by.model_registry);
  REQUIRE_FALSE(bucket);
  CHECK(bucket.error().code() == mr::errc::unsupported);
}
