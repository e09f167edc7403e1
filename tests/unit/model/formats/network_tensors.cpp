#include <millrace/model/formats/network_tensors.hpp>

#include <support/boosted_formats.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mm = millrace::model;
namespace mt = millrace::tensor;
using mm::named_tensor;
using mm::network_of;

namespace {

/// Tensors of `size` numbers 0.5, and of these shapes.
struct made_file {
  std::vector<float> numbers = std::vector<float>(64, 0.5F);
  std::vector<named_tensor> tensors;

  made_file& add(const char* name, const mt::tensor_shape& shape) {
    tensors.push_back({name, mt::basic_tensor_view<const float>(numbers.data(), shape)});
    return *this;
  }
  std::string refusal(const mm::network_names& names = {}) const {
    const auto bytes = mm::write_safetensors(tensors).value();
    const auto made = network_of<>(mm::read_safetensors(bytes).value(), names);
    REQUIRE_FALSE(made);
    return made.error().message();
  }
};

template <class Model>
void says(const Model& model, const support::asked_rows& asked, double share) {
  REQUIRE(model.inputs() == asked.columns);
  REQUIRE(model.outputs() == asked.outputs);
  std::vector<double> found(asked.expected.size());
  model.score(asked.view(), std::span(found));
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(asked.expected[i]).epsilon(share).margin(share));
}

}  // namespace

TEST_CASE("network tensors: a file's layers say what NumPy says, and are written as they were") {
  const auto bytes = support::golden("formats/network.safetensors");
  const auto file = mm::read_safetensors(bytes).value();
  const auto model = network_of<>(file, {.prefix = "layers."}).value();
  CHECK(model.layers() == 3);  // in the order 0, 1, 10
  CHECK((model.units(0) == 8 && model.units(1) == 5));
  CHECK((model.function(1) == mm::activation::relu && model.function(2) == mm::activation::identity));
  says(model, support::asked_rows("network"), 1e-5);

  const auto again = mm::write_safetensors(model).value();
  const auto back = mm::read_safetensors(again).value();
  REQUIRE(back.find("layers.2.weight") != nullptr);
  CHECK(back.find("layers.2.weight")->shape() == mt::tensor_shape{1, 5});
  for (const char* part : {"0.weight", "0.bias", "1.weight", "1.bias"}) {
    const auto a = file.find("layers." + std::string(part))->as<float>().value();
    const auto b = back.find("layers." + std::string(part))->as<float>().value();
    CHECK(std::vector<float>(a.data(), a.data() + a.size()) == std::vector<float>(b.data(), b.data() + b.size()));
  }
  CHECK(network_of<>(back, {.prefix = "layers."}).value().save() == model.save());
}

TEST_CASE("network tensors: small floats, no biases, no prefix, several classes") {
  const auto bytes = support::golden("formats/sequential.safetensors");
  const auto file = mm::read_safetensors(bytes).value();
  const auto model = network_of(file, {}, mm::softmax_loss(3)).value();
  says(model, support::asked_rows("sequential"), 1e-5);
  const auto bent = network_of(file, {.hidden = mm::activation::tanh}, mm::softmax_loss(3)).value();
  CHECK(bent.function(0) == mm::activation::tanh);
}

TEST_CASE("network tensors: what fit measured of columns is part of what is written") {
  std::vector<float> rows, targets;
  for (int i = 0; i < 200; ++i) {
    const float a = static_cast<float>(i % 17) * 100 + 5'000;
    const float b = static_cast<float>(i % 13) * 0.01F;
    rows.insert(rows.end(), {a, b, 7});  // the last says nothing
    targets.push_back(a / 50 + 300 * b);
  }
  const mm::matrix_view view(rows, 3);
  const auto fitted = mm::mlp<mm::squared_loss>::fit(view, targets, {.hidden = {6}, .epochs = 20}).value();
  const auto bytes = mm::write_safetensors(fitted, "net").value();
  const auto file = mm::read_safetensors(bytes).value();
  const auto read = network_of<mm::squared_loss>(file, {.prefix = "net", .hidden = fitted.function(0)}).value();
  std::vector<double> a(200), b(200);
  fitted.predict(view, a);
  read.predict(view, b);
  for (std::size_t i = 0; i < 200; ++i) CHECK(b[i] == Approx(a[i]).epsilon(1e-3));
}

TEST_CASE("network tensors: what is no network is refused by name") {
  CHECK(made_file().refusal() == "network: no tensor's name begins with \"\"");
  CHECK(made_file().add("a", {1}).refusal({.prefix = "b"}) == "network: no tensor's name begins with \"b\"");
  CHECK(made_file().add("0.running_mean", {4}).refusal() ==
        "network: \"0.running_mean\": it is neither <number>.weight nor <number>.bias behind the prefix \"\"");
  CHECK(made_file().add("fc.weight", {1, 1}).refusal({.prefix = "fc"}).find("neither <number>.weight") !=
        std::string::npos);
  // A layer has one name: 0 beside 00, and numbers beyond 64 bits, would be one layer, of which a part is lost.
  CHECK(made_file().add("0.weight", {1, 4}).add("00.weight", {1, 4}).refusal() ==
        "network: \"00.weight\": it is neither <number>.weight nor <number>.bias behind the prefix \"\"");
  CHECK(made_file().add("a01.bias", {1}).refusal({.prefix = "a"}).find("\"a01.bias\": it is neither") !=
        std::string::npos);
  CHECK(made_file().add("0.weight", {1, 4}).add("99999999999999999999.weight", {1, 4}).refusal().find("neither") !=
        std::string::npos);
  CHECK(made_file().add("0.weight", {4}).refusal() == "network: \"0.weight\": it has 1 axes");
  CHECK(made_file().add("0.weight", {2, 2, 2}).refusal() == "network: \"0.weight\": it has 3 axes");
  CHECK(made_file().add("0.bias", {4}).refusal() == "network: layer 0 has no weights");
  CHECK(made_file().add("0.weight", {4, 0}).refusal() == "network: layer 0 has no weights");
  CHECK(made_file().add("0.weight", {4, 3}).add("1.weight", {1, 5}).refusal() ==
        "mlp: layer 1: 5 weights for 4 inputs and 1 units");
  CHECK(made_file().add("0.weight", {4, 3}).add("0.bias", {3}).refusal().starts_with("mlp: layer 0: "));
  CHECK(made_file().add("0.weight", {4, 3}).refusal().starts_with("mlp: layer 0: 4 units for a loss of 1 outputs"));
  made_file many;
  for (int i = 0; i < 65; ++i) many.add((std::to_string(i) + ".weight").c_str(), {1, 1});
  CHECK(many.refusal() == "network: more than 64 layers");
  made_file whole;
  const std::vector<std::int32_t> numbers{1, 2};
  whole.tensors.push_back(
      {"0.weight", mt::basic_tensor_view<const std::int32_t>(numbers.data(), mt::tensor_shape{1, 2})});
  CHECK(whole.refusal() == "network: \"0.weight\": its numbers are of type i32, and no floats");
}
