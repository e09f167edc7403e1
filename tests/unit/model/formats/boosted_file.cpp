#include <millrace/model/formats/boosted_file.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mr = millrace;
using mr::model::load_boosted_model;
using mr::model::read_boosted_model;

TEST_CASE("boosted files: the first bytes say whose a model is") {
  const std::string folder = MILLRACE_GOLDEN_DIR;
  CHECK(load_boosted_model(folder + "/formats/lightgbm_binary.txt").value().objective() == "binary sigmoid:1.7");
  CHECK(load_boosted_model(folder + "/formats/xgboost_binary.json").value().objective() == "binary:logistic");
  CHECK(load_boosted_model(folder + "/formats/xgboost_several.ubj").value().outputs() == 3);
  CHECK(load_boosted_model(folder + "/formats/catboost_binary.json").value().objective() == "Logloss");
  CHECK(load_boosted_model(folder + "/model/boosted_model.bin").value().objective() == "test");
  const auto refusal = [](std::string_view text) {
    return read_boosted_model(std::as_bytes(std::span(text))).error().describe();
  };
  for (const char* text : {"", " ", "trees\n", "PK"})
    CHECK(refusal(text).starts_with("boosted model: neither LightGBM's"));
  CHECK(refusal("PK").ends_with("nor a saved boosted_model"));
  CHECK(refusal("\x08\x0a\x12\x04").ends_with("; an ONNX model is read by load_onnx"));
  CHECK(refusal("tree\r\n").starts_with("LightGBM model: "));
  CHECK(refusal(" {").starts_with("XGBoost model: "));
  CHECK(refusal("{\"learner\":1}").starts_with("XGBoost model: "));
  for (const char* name : {"features_info", "ctr_data", "model_info", "oblivious_trees", "trees", "scale_and_bias"})
    CHECK(refusal(std::string("\n{ \"") + name + "\": 1}").starts_with("CatBoost model: "));
  CHECK(refusal("MRAG").find("boosted_model") != std::string::npos);
}

TEST_CASE("boosted files: an ONNX model is told apart, by the file that a library wrote") {
  const std::string path = std::string(MILLRACE_GOLDEN_DIR) + "/formats/operators-21.onnx";
  CHECK(load_boosted_model(path).error().describe().ends_with("; an ONNX model is read by load_onnx"));
}

TEST_CASE("boosted files: errors name the path") {
  const std::string path = std::string(MILLRACE_GOLDEN_DIR) + "/audit.jsonl";
  CHECK(load_boosted_model(path).error().describe().starts_with(path + ": "));
  CHECK(load_boosted_model("no/such.ubj").error().describe().find("no/such.ubj") != std::string::npos);
}
