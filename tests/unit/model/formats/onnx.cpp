#include <millrace/model/formats/onnx.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <millrace/core/detail/protobuf.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace mr = millrace;
using mr::model::graph;
using mr::model::graph_kind;
using mr::model::graph_tensor;
using mr::tensor::dtype;

namespace {

graph read(const std::string& name) {
  auto made = mr::model::read_onnx(support::golden("formats/" + name));
  if (!made) FAIL(made.error().describe());
  return *std::move(made);
}

const graph_tensor& constant(const graph& made, const std::string& name) {
  for (const auto& value : made.values)
    if (value.name == name) return made.constants.at(value.constant.value());
  FAIL("no " + name);
  throw 0;
}

template <class T>
std::vector<T> numbers(const graph_tensor& tensor) {
  std::vector<T> made(tensor.bytes.size() / sizeof(T));
  std::memcpy(made.data(), tensor.bytes.data(), tensor.bytes.size());
  return made;
}

/// As tests/oracle/onnx_files.py writes them, in both ways.
template <class T>
void check_numbers(const graph& made, const std::string& type, dtype expected, std::vector<T> values) {
  for (const char* way : {"raw_", "field_"}) {
    INFO(way << type);
    const graph_tensor tensor = constant(made, way + type);
    CHECK(tensor.dtype == expected);
    CHECK(tensor.shape == std::vector<std::int64_t>{2, 3});
    CHECK(numbers<T>(tensor) == values);
  }
}

template <class T>
std::vector<T> whole_ends() {
  return {0, 1, std::numeric_limits<T>::max(), std::numeric_limits<T>::min(), 7, 100};
}
template <class T>
std::vector<T> real_ends() {
  return {T(0.5), T(-0.0), std::numeric_limits<T>::max(), -std::numeric_limits<T>::max(), T(1.25), T(3)};
}

/// A model around the bytes of a graph's message.
std::vector<std::byte> model_of(const std::vector<std::byte>& inner) {
  mr::detail::protobuf_writer opset;
  opset.varint(2, 21);
  mr::detail::protobuf_writer to;
  to.bytes(7, inner);
  to.bytes(8, opset.written());
  return to.written();
}
/// A model with one constant, whose message the caller fills.
template <class Fill>
std::vector<std::byte> with_constant(const Fill& fill) {
  mr::detail::protobuf_writer tensor;
  tensor.text(8, "c");
  fill(tensor);
  mr::detail::protobuf_writer inner;
  inner.bytes(5, tensor.written());
  return model_of(inner.written());
}

std::string refusal(const std::vector<std::byte>& bytes, mr::errc code) {
  const auto made = mr::model::read_onnx(bytes);
  REQUIRE(!made);
  CHECK(made.error().code() == code);
  return made.error().describe();
}

}  // namespace

TEST_CASE("constants of every type are read, as raw bytes and from the field of their type") {
  const graph made = read("tensors.onnx");
  check_numbers<float>(made, "FLOAT", dtype::f32, real_ends<float>());
  check_numbers<double>(made, "DOUBLE", dtype::f64, real_ends<double>());
  check_numbers<std::uint8_t>(made, "UINT8", dtype::u8, whole_ends<std::uint8_t>());
  check_numbers<std::int8_t>(made, "INT8", dtype::i8, whole_ends<std::int8_t>());
  check_numbers<std::uint16_t>(made, "UINT16", dtype::u16, whole_ends<std::uint16_t>());
  check_numbers<std::int16_t>(made, "INT16", dtype::i16, whole_ends<std::int16_t>());
  check_numbers<std::int32_t>(made, "INT32", dtype::i32, whole_ends<std::int32_t>());
  check_numbers<std::int64_t>(made, "INT64", dtype::i64, whole_ends<std::int64_t>());
  check_numbers<std::uint32_t>(made, "UINT32", dtype::u32, whole_ends<std::uint32_t>());
  check_numbers<std::uint64_t>(made, "UINT64", dtype::u64, whole_ends<std::uint64_t>());
  check_numbers<std::uint8_t>(made, "BOOL", dtype::boolean, {1, 0, 1, 0, 0, 1});
  // 0.5, -0, 65504, -65504, 1.25 and 3 as binary16.
  check_numbers<std::uint16_t>(made, "FLOAT16", dtype::f16, {0x3800, 0x8000, 0x7bff, 0xfbff, 0x3d00, 0x4200});
  CHECK(constant(made, "field_STRING").texts == std::vector<std::string>{"yes", "gr\u00f6\u00dfer"});
  CHECK(constant(made, "field_STRING").kind == graph_kind::texts);
  CHECK(constant(made, "empty").shape == std::vector<std::int64_t>{0, 4});
  CHECK(constant(made, "empty").size() == 0);
  CHECK(constant(made, "scalar").shape.empty());
  CHECK(numbers<std::int64_t>(constant(made, "scalar")) == std::vector<std::int64_t>{42});
  CHECK(made.producer == "onnx_files.py");
  CHECK(made.name == "tensors");
  CHECK(made.metadata == std::vector<std::pair<std::string, std::string>>{{"author", "none"}, {"hash", "0"}});
}

TEST_CASE("attributes of every kind are read, and types of inputs and outputs") {
  const graph made = read("attributes.onnx");
  REQUIRE(made.nodes.size() == 1);
  const auto& node = made.nodes[0];
  CHECK(node.title() == "Everything \"one of each\"");
  CHECK(node.domain == "ai.onnx.ml");
  CHECK(made.version("") == 21);
  CHECK(made.version("ai.onnx.ml") == 3);
  const auto is = [&](const char* name, const auto& expected) {
    INFO(name);
    REQUIRE(node.find(name) != nullptr);
    CHECK(node.find(name)->value == decltype(node.find(name)->value)(expected));
  };
  is("number", 0.25F);
  is("whole", std::int64_t{-3});
  is("text", std::string("LEAF"));
  is("floats", std::vector<float>{1.5F, -0.0F, 3e38F});
  is("wholes", std::vector<std::int64_t>{1, -1, std::int64_t{1} << 40});
  is("texts", std::vector<std::string>{"a", "", "c"});
  is("nothing", std::vector<float>{});
  is("body", mr::model::graph_unread{"a graph"});
  CHECK(numbers<double>(std::get<graph_tensor>(node.find("tensor")->value)) == std::vector<double>{0, 1, 2, 3});
  CHECK(node.find("none") == nullptr);
  REQUIRE(node.inputs.size() == 3);
  CHECK(node.inputs[1] == mr::model::graph_node::absent);
  CHECK(node.outputs[1] == mr::model::graph_node::absent);
  const auto& x = made.values[made.inputs[0]];
  CHECK(x.name == "x");
  CHECK(x.type->shape == std::vector<mr::model::graph_dimension>{{-1, "rows"}, {3, ""}});
  CHECK(made.values[made.inputs[1]].type->kind == graph_kind::texts);
  CHECK(made.values[made.outputs[1]].type->dtype == dtype::i64);
}

TEST_CASE("nodes come in an order in which they can run, and what was written reads the same") {
  const graph made = read("late.onnx");
  CHECK(made.nodes[0].name == "first");
  CHECK(made.nodes[1].name == "second");
  CHECK(made.nodes[2].name == "last");
  for (const char* name : {"late.onnx", "tensors.onnx"}) {
    const graph first = read(name);
    const auto bytes = mr::model::write_onnx(first);
    REQUIRE(bytes);
    const auto again = mr::model::read_onnx(*bytes);
    REQUIRE(again);
    CHECK(mr::model::write_onnx(*again).value() == *bytes);
    CHECK(again->constants.size() == first.constants.size());
    for (const auto& value : first.values)
      if (value.constant) CHECK(constant(*again, value.name) == constant(first, value.name));
    CHECK(again->metadata == first.metadata);
    CHECK(again->opsets == first.opsets);
  }
}

TEST_CASE("what was not read is not written") {
  const auto bytes = mr::model::write_onnx(read("attributes.onnx"));
  REQUIRE(!bytes);
  CHECK(bytes.error().message() == "ONNX: attribute \"body\" of Everything \"one of each\" was not read");
  graph made;
  made.add_input("scores", {.kind = graph_kind::other, .shape = {}});
  CHECK(!mr::model::write_onnx(made));
}

TEST_CASE("every truncation is an error, and no flipped bit is worse than one") {
  for (const char* name : {"late.onnx", "attributes.onnx", "tensors.onnx"}) {
    const auto bytes = support::golden(std::string("formats/") + name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      (void)mr::model::read_onnx(part);  // a cut between two fields of the model may leave a model
    }
    CHECK(!mr::model::read_onnx(std::span(bytes).first(bytes.size() / 2)));
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      auto changed = bytes;
      changed[bit / 8] ^= std::byte{1} << bit % 8;
      if (const auto made = mr::model::read_onnx(changed)) (void)mr::model::write_onnx(*made);
    }
  }
}

TEST_CASE("what is no model says so") {
  CHECK(refusal({}, mr::errc::corrupt) == "ONNX: no graph; this is no model");
  const std::string text = "{\"learner\": {}}";
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  CHECK(refusal(bytes, mr::errc::corrupt).starts_with("ONNX: "));
  mr::detail::protobuf_writer only_graph;
  only_graph.bytes(7, std::vector<std::byte>{});
  CHECK(refusal(only_graph.written(), mr::errc::corrupt) == "ONNX: no version of operators; this is no model");
}

TEST_CASE("what is another file says whose it is") {
  const auto told = [](std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return refusal({bytes.begin(), bytes.end()}, mr::errc::corrupt);
  };
  using namespace std::string_view_literals;
  CHECK(told("tree\nversion=v4\n") == "ONNX: this is no model: it is LightGBM's text, which load_boosted_model reads");
  CHECK(told("tree\r\nversion=v4\r\n").find("LightGBM") != std::string::npos);
  CHECK(told("\n {\"learner\": {}}") ==
        "ONNX: this is no model: it is JSON; load_boosted_model reads that of XGBoost and CatBoost");
  CHECK(told("age,income\r\n39,\t77\n") == "ONNX: this is no model: it is text");
  CHECK(told("\x1c\0\0\0TFL3 and more"sv) ==
        "ONNX: this is no model: it is TensorFlow Lite's, which load_tflite reads");
  CHECK(told("\xff\xff\x01\x02"sv) == "ONNX: the model is cut off or damaged");
  CHECK(told(" \n") == "ONNX: no graph; this is no model");
}

TEST_CASE("a constant that lies about itself is refused by name, and nothing is allocated for its claim") {
  using writer = mr::detail::protobuf_writer;
  const std::uint64_t four_gib = std::uint64_t{1} << 32;
  CHECK(refusal(with_constant([&](writer& to) {
                  to.varint(1, four_gib);
                  to.varint(2, 1);
                  to.bytes(9, std::vector<std::byte>(4));
                }),
                mr::errc::invalid_data) == "ONNX: graph: constant \"c\" has a shape of 4294967296 elements, and 1");
  CHECK(refusal(with_constant([](writer& to) { to.varint(2, 17); }), mr::errc::unsupported) ==
        "ONNX: a constant \"c\" has the type FLOAT8E4M3FN, which is not read");
  CHECK(refusal(with_constant([](writer& to) {
                  to.varint(1, 1);
                  to.varint(2, 1);
                  to.f64(10, 1.5);
                }),
                mr::errc::corrupt) == "ONNX: a constant \"c\" holds its numbers in the field of another type");
  CHECK(refusal(with_constant([](writer& to) {
                  to.varint(1, 1);
                  to.varint(2, 1);
                  to.bytes(4, std::vector<std::byte>(3));
                }),
                mr::errc::corrupt) == "ONNX: a constant \"c\" is damaged");
  // A length of 4 GB with three bytes behind it.
  auto bytes = with_constant([](writer& to) { to.varint(2, 1); });
  bytes.resize(bytes.size() + 6, std::byte{0xff});
  CHECK(refusal(bytes, mr::errc::corrupt) == "ONNX: the model is cut off or damaged");
}

TEST_CASE("numbers may stand alone or packed") {
  using writer = mr::detail::protobuf_writer;
  const auto made = mr::model::read_onnx(with_constant([](writer& to) {
    writer sizes;
    sizes.varint(3);
    to.bytes(1, sizes.written());  // packed
    to.varint(2, 1);
    to.f32(4, 1.5F);  // alone
    writer two;
    two.f32(2.5F);
    two.f32(-1.0F);
    to.bytes(4, two.written());
  }));
  REQUIRE(made);
  CHECK(numbers<float>(constant(*made, "c")) == std::vector<float>{1.5F, 2.5F, -1.0F});
}

TEST_CASE("lists of an attribute may stand alone, packed, or both ways, with anything between them") {
  using writer = mr::detail::protobuf_writer;
  const auto model = [](const auto& write_lists) {
    writer attribute;
    attribute.text(1, "a");
    write_lists(attribute);
    writer node;
    node.text(4, "Constant");
    node.text(2, "y");
    node.bytes(5, attribute.written());
    writer graph;
    graph.bytes(1, node.written());
    return model_of(graph.written());
  };
  const auto list = [&](const auto& write_lists) {
    const auto made = mr::model::read_onnx(model(write_lists));
    if (!made) FAIL(made.error().describe());
    return made->nodes.at(0).attributes.at(0).value;
  };
  const auto largest = std::numeric_limits<std::int64_t>::max();
  const auto wholes = list([&](writer& to) {
    for (const std::int64_t each : {std::int64_t{1}, std::int64_t{-1}, std::int64_t{300}, largest})
      to.varint(8, static_cast<std::uint64_t>(each));
    writer packed;
    for (const std::uint64_t each : {2U, 127U, 128U, 16'384U}) packed.varint(each);
    to.bytes(8, packed.written());
    to.f32(7, 0.5F);  // which is not the attribute's kind
    to.varint(8, 4);
    to.varint(20, 7);
  });
  CHECK(std::get<std::vector<std::int64_t>>(wholes) ==
        std::vector<std::int64_t>{1, -1, 300, largest, 2, 127, 128, 16'384, 4});
  const auto reals = list([&](writer& to) {
    to.f32(7, 1.5F);
    to.f32(7, -0.0F);
    writer packed;
    packed.f32(2.5F);
    packed.f32(3.5F);
    to.bytes(7, packed.written());
    to.f32(7, 4.5F);
    to.varint(20, 6);
  });
  CHECK(std::get<std::vector<float>>(reals) == std::vector<float>{1.5F, -0.0F, 2.5F, 3.5F, 4.5F});
  const auto texts = list([&](writer& to) {
    for (const char* each : {"", "one", "a longer text than fits in place"}) to.text(9, each);
    to.varint(20, 8);
    to.text(9, "last");
  });
  CHECK(std::get<std::vector<std::string>>(texts) ==
        std::vector<std::string>{"", "one", "a longer text than fits in place", "last"});
  const std::byte part[] = {std::byte{1}, std::byte{2}, std::byte{0x80}};
  CHECK(refusal(model([&](writer& to) { to.bytes(8, part); }), mr::errc::corrupt) ==
        "ONNX: an attribute is cut off or damaged");
  CHECK(refusal(model([&](writer& to) { to.bytes(7, part); }), mr::errc::corrupt) ==
        "ONNX: an attribute is cut off or damaged");
  CHECK(refusal(model([&](writer& to) { to.fixed64(8, 1); }), mr::errc::corrupt) ==
        "ONNX: an attribute is cut off or damaged");
}

TEST_CASE("constants in other files are read beside the model, and nowhere else") {
  using writer = mr::detail::protobuf_writer;
  const auto model = [](const char* path, const char* offset, const char* length) {
    return with_constant([&](writer& to) {
      to.varint(1, 2);
      to.varint(2, 1);
      for (const auto& [key, value] : {std::pair{"location", path}, {"offset", offset}, {"length", length}}) {
        writer entry;
        entry.text(1, key);
        entry.text(2, value);
        to.bytes(13, entry.written());
      }
      to.varint(14, 1);
    });
  };
  const support::temp_dir folder;
  const float weights[] = {1, 2, 3, 4};
  std::filesystem::create_directory(folder / "m");
  REQUIRE(mr::store::write_file(folder / "m/w.bin", std::as_bytes(std::span(weights))));
  REQUIRE(mr::store::write_file(folder / "secret", std::as_bytes(std::span(weights))));
  const auto load = [&](const std::vector<std::byte>& bytes) {
    REQUIRE(mr::store::write_file(folder / "m/model.onnx", bytes));
    return mr::model::load_onnx(folder / "m/model.onnx");
  };
  const auto made = load(model("w.bin", "4", "8"));
  REQUIRE(made);
  CHECK(numbers<float>(constant(*made, "c")) == std::vector<float>{2, 3});
  CHECK(mr::model::load_onnx(folder / "m/model.onnx", {}, mr::store::file_access::map).value() == *made);
  for (const char* path : {"../secret", "/etc/hostname", "none.bin", ""}) CHECK(!load(model(path, "0", "8")));
  CHECK(!load(model("w.bin", "12", "8")));
  CHECK(!load(model("w.bin", "0", "99999999999999999999")));
  CHECK(!load(model("w.bin", "-1", "8")));
  CHECK(refusal(model("w.bin", "4", "8"), mr::errc::unsupported) ==
        "ONNX: a constant \"c\" stands in another file: \"w.bin\" is only read by load_onnx, beside the model's file");
  const auto missing = mr::model::load_onnx(folder / "none.onnx");
  REQUIRE(!missing);
  CHECK(missing.error().code() == mr::errc::not_found);
}
