#include <millrace/model/formats/tflite.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mr = millrace;

namespace {

std::vector<std::byte> file(const std::string& name) { return support::golden("formats/tflite-" + name + ".tflite"); }

mr::model::graph read(const std::string& name) {
  auto made = mr::model::read_tflite(file(name));
  if (!made) FAIL(made.error().describe());
  return *std::move(made);
}

std::size_t count(const mr::model::graph& made, const std::string& op) {
  std::size_t found = 0;
  for (const auto& node : made.nodes) found += node.op == op ? 1U : 0U;
  return found;
}

}  // namespace

// What the models say when they run is in tests/unit/infer/graph_engine.cpp.
TEST_CASE("a network of dense layers becomes a graph whose input leaves the number of rows open") {
  const auto made = read("dense");
  REQUIRE(made.inputs.size() == 1);
  const auto& input = made.values[made.inputs[0]];
  CHECK(input.name == "serving_default_keras_tensor:0");
  REQUIRE(input.type->shape.has_value());
  CHECK(input.type->shape->at(0).size == -1);
  CHECK(input.type->shape->at(1).size == 10);
  CHECK(count(made, "Gemm") == 3);
  CHECK(count(made, "Relu") == 1);
  CHECK(count(made, "Tanh") == 1);
  CHECK(count(made, "Softmax") == 1);
  CHECK(made.nodes.size() == 6);
}

TEST_CASE("numbers with scales are computed as real ones") {
  const auto made = read("dense-int8");
  CHECK(count(made, "Gemm") == 3);
  CHECK(count(made, "QuantizeLinear") >= 4);
  CHECK(count(made, "DequantizeLinear") >= 6);
}

TEST_CASE("an image has its channels last, as it is given") {
  const auto made = read("image");
  const auto& shape = made.values[made.inputs[0]].type->shape.value();
  CHECK(shape[3].size == 2);
  for (const auto& node : made.nodes) {
    if (node.op != "Conv") continue;
    const auto* const strides = node.find("strides");
    REQUIRE(strides != nullptr);
    CHECK(std::get<std::vector<std::int64_t>>(strides->value).size() == 2);
  }
  CHECK(count(made, "Conv") == 3);
}

TEST_CASE("bytes that are cut off, or of another format, are refused") {
  const auto whole = file("dense");
  for (std::size_t size = 0; size < whole.size(); size += size < 600 ? 1 : 11)
    CHECK_FALSE(mr::model::read_tflite(std::span(whole).first(size)));
  const auto other = mr::model::read_tflite(support::golden("formats/operators-11.onnx"));
  REQUIRE_FALSE(other);
  CHECK(other.error().message() == "TensorFlow Lite: the bytes do not begin as such a file does");
}

TEST_CASE("a file with flipped bits is read or refused, never believed beyond its bytes") {
  for (const char* const name : {"dense-int8", "pieces"}) {
    auto bytes = file(name);
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size(); i += i < 600 ? 1 : 13)
      for (const unsigned bit : {0U, 6U, 7U}) {
        bytes[i] ^= std::byte{1} << bit;
        refused += mr::model::read_tflite(bytes) ? 0U : 1U;
        bytes[i] ^= std::byte{1} << bit;
      }
    CHECK(refused > 100);
  }
}

TEST_CASE("every operator that is not read is named in one error") {
  auto bytes = file("dense");
  // The codes' table: FULLY_CONNECTED (9) becomes one that no file of ours has.
  const auto whole = mr::model::read_tflite(bytes);
  REQUIRE(whole);
  bool found = false;
  for (std::size_t i = 8; i < bytes.size() && !found; ++i) {
    if (bytes[i] != std::byte{9}) continue;
    bytes[i] = std::byte{119};
    const auto made = mr::model::read_tflite(bytes);
    if (!made && made.error().message().find("number 119") != std::string::npos) {
      CHECK(made.error().code() == mr::errc::unsupported);
      CHECK(made.error().message().find("0 (number 119), 1 (number 119), 3 (number 119)") != std::string::npos);
      found = true;
    }
    bytes[i] = std::byte{9};
  }
  CHECK(found);
}

TEST_CASE("a file that is not there is named") {
  const auto made = mr::model::load_tflite("/nowhere/model.tflite");
  REQUIRE_FALSE(made);
  CHECK(made.error().describe().find("/nowhere/model.tflite") != std::string::npos);
}
