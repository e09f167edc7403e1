#include <millrace/connect/databricks/model_signature.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
using fields = std::vector<db::signature_field>;

TEST_CASE("databricks: a signature is written as MLflow reads it") {
  const auto tensors = db::model_signature::make({{"input", "float32", {-1, 30}}}, {{"", "float32", {-1, 1}}});
  REQUIRE(tensors);
  CHECK(
      tensors->text() ==
      "signature:\n"
      R"(  inputs: "[{\"name\":\"input\",\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,30]}}]")"
      "\n"
      R"(  outputs: "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,1]}}]")"
      "\n  params: null\n");
  const auto columns = db::model_signature::make({{"age", "long"}, {"name", "string"}}, {{"score", "double"}});
  REQUIRE(columns);
  CHECK(columns->text().find(R"({\"name\":\"age\",\"type\":\"long\",\"required\":true})") != std::string::npos);
  CHECK(db::check_signature("flavors: {}\n" + tensors->text()));
  CHECK(db::check_signature(columns->text() + "utc_time_created: x\n"));

  const auto fault = [](const fields& inputs, const fields& outputs) {
    const auto refused = db::model_signature::make(inputs, outputs);
    return refused ? std::string("made") : refused.error().message();
  };
  const fields good = {{"x", "double"}};
  CHECK(fault({}, good) == "the inputs of a signature: there are none");
  CHECK(fault(good, {}) == "the outputs of a signature: there are none");
  CHECK(fault({{"x", "float64"}}, good) == "the inputs of a signature: MLflow has no column of the type \"float64\"");
  CHECK(fault({{"x", "double", {-1}}}, good) ==
        "the inputs of a signature: MLflow has no tensor of the type \"double\"");
  CHECK(fault({{"x", "double"}, {"y", "float32", {1}}}, good) ==
        "the inputs of a signature: they are tensors or columns, and not both");
  CHECK(fault({{"", "double"}}, good) == "the inputs of a signature: each has a name");
  CHECK(fault({{"x", "float32", {-2}}}, good) == "the inputs of a signature: a length of a tensor is -1 or more");
}

TEST_CASE("databricks: an MLmodel file is asked for inputs and outputs of its signature") {
  // As mlflow 3.17 writes it.
  const std::string file =
      "flavors:\n  python_function:\n    inputs: x\n    outputs: y\nmodel_uuid: 1\nsignature:\n"
      "  inputs: '[{\"type\": \"double\", \"name\": \"x\", \"required\": true}]'\n"
      "  outputs: '[{\"type\": \"double\", \"required\": true}]'\n  params: null\nutc_time_created: '2026'\n";
  CHECK(db::check_signature(file));
  const auto without = [&](std::string text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
    const auto refused = db::check_signature(text);
    if (refused) return std::string("fine");
    const std::string message = refused.error().message();
    return message.substr(message.find("file has ") + 9);
  };
  CHECK(without(file, "signature:", "other:") == "none");
  CHECK(without(file, "  inputs: '", "  ins: '") == "no inputs in it");
  CHECK(without(file, "  outputs: '[{\"type\": \"double\", \"required\": true}]'", "  outputs: null") ==
        "no outputs in it");
  CHECK(without(file, "  outputs: '[{\"type\": \"double\", \"required\": true}]'", "  outputs:") == "no outputs in it");
  CHECK(without(file, "\nutc", "\r\nutc") == "fine");
  CHECK(!db::check_signature(""));
  CHECK(!db::check_signature("signature"));
}
