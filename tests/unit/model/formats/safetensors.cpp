#include <millrace/model/formats/safetensors.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::named_tensor;
using mr::model::read_safetensors;
using mr::model::safetensors;
namespace mt = mr::tensor;

static_assert(std::is_nothrow_move_constructible_v<safetensors>);

namespace {

/// A file of this header, and what follows.
std::vector<std::byte> file_of(std::string_view header, std::size_t data = 0, std::uint64_t length = 0) {
  if (length == 0) length = header.size();
  std::vector<std::byte> made(8 + header.size() + data);
  std::memcpy(made.data(), &length, 8);
  std::memcpy(made.data() + 8, header.data(), header.size());
  return made;
}
std::string refusal(const std::vector<std::byte>& bytes) {
  const auto made = read_safetensors(bytes);
  REQUIRE_FALSE(made);
  return made.error().describe();
}
std::string refusal(std::string_view header, std::size_t data = 0) { return refusal(file_of(header, data)); }

template <class T>
std::vector<T> numbers(const safetensors& file, const char* name) {
  REQUIRE(file.find(name) != nullptr);
  const auto typed = file.find(name)->as<T>();
  REQUIRE(typed);
  return std::vector<T>(typed->data(), typed->data() + typed->size());
}

}  // namespace

TEST_CASE("safetensors: tensors of every type lie where the package has put them") {
  const auto bytes = support::golden("formats/types.safetensors");
  const auto file = read_safetensors(bytes).value();
  CHECK(file.tensors().size() == 14);
  for (const named_tensor& each : file.tensors()) {
    INFO(each.name);
    CHECK(file.find(each.name) == &each.values);
    const auto* at = static_cast<const std::byte*>(each.values.data());
    CHECK((at >= bytes.data() && at + each.values.size_bytes() <= bytes.data() + bytes.size()));  // no copy
  }
  const auto f64 = numbers<double>(file, "float64");
  CHECK((f64[0] == 1.5 && f64[1] == -INFINITY && std::isnan(f64[2])));
  CHECK(numbers<float>(file, "float32") == std::vector<float>{0.1F, -0.0F, 3e38F});
  CHECK(file.find("float32")->shape() == mt::tensor_shape{1, 3});
  const auto half = numbers<mt::float16>(file, "float16");
  CHECK((static_cast<float>(half[0]) == 0.0999755859375F && static_cast<float>(half[1]) == 65504));
  const auto brain = numbers<mt::bfloat16>(file, "bfloat16");
  CHECK((static_cast<float>(brain[0]) == 1.5F && static_cast<float>(brain[1]) == -INFINITY));
  CHECK(numbers<std::int64_t>(file, "int64") == std::vector{std::numeric_limits<std::int64_t>::min()});
  CHECK(file.find("int64")->rank() == 0);
  CHECK(numbers<std::int32_t>(file, "int32") == std::vector<std::int32_t>{-7, 8});
  CHECK(numbers<std::int16_t>(file, "int16") == std::vector<std::int16_t>{-300});
  CHECK(numbers<std::int8_t>(file, "int8") == std::vector<std::int8_t>{-128, 127, 0});
  CHECK(numbers<std::uint64_t>(file, "uint64") == std::vector{~std::uint64_t{0}});
  CHECK(numbers<std::uint32_t>(file, "uint32") == std::vector{~std::uint32_t{0}});
  CHECK(numbers<std::uint16_t>(file, "uint16") == std::vector<std::uint16_t>{65535});
  CHECK(numbers<std::uint8_t>(file, "uint8") == std::vector<std::uint8_t>{255, 1});
  CHECK(numbers<bool>(file, "bool") == std::vector<bool>{true, false, true});
  CHECK(file.find("none \xc3\xa9 \"quoted\"")->shape() == mt::tensor_shape{0, 3});
  CHECK(file.find("float") == nullptr);
  CHECK(file.find("") == nullptr);
  REQUIRE(file.metadata().size() == 1);
  CHECK(file.metadata()[0] == std::pair<std::string, std::string>("format", "np"));
  // What the package wrote is written again to the byte.
  CHECK(write_safetensors(file.tensors(), file.metadata()).value() == bytes);
}

static_assert(!std::is_copy_constructible_v<mr::model::safetensors> &&
              std::is_nothrow_move_constructible_v<mr::model::safetensors>);

TEST_CASE("safetensors: a file's tensors live as long as it, wherever they lie") {
  const std::string path = std::string(MILLRACE_GOLDEN_DIR) + "/formats/types.safetensors";
  auto loaded = mr::model::load_safetensors(path).value();
  const safetensors moved = std::move(loaded);
  CHECK(numbers<std::int32_t>(moved, "int32") == std::vector<std::int32_t>{-7, 8});
  CHECK(mr::model::load_safetensors("no/such").error().describe().find("no/such") != std::string::npos);
  const std::string other = std::string(MILLRACE_GOLDEN_DIR) + "/audit.jsonl";
  CHECK(mr::model::load_safetensors(other).error().describe().starts_with(other + ": safetensors: "));

  // A double behind one byte, and whole bytes anywhere: what cannot be read in place is copied.
  auto bytes = file_of(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("a":{"dtype":"F64","shape":[],"data_offsets":[1,9]},)"
                       R"("c":{"dtype":"I16","shape":[1],"data_offsets":[9,11]}})",
                       11);
  const double number = 2.5;
  std::memcpy(bytes.data() + bytes.size() - 10, &number, 8);
  bytes[bytes.size() - 2] = std::byte{7};
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::vector<std::byte> room(bytes.size() + shift);
    std::memcpy(room.data() + shift, bytes.data(), bytes.size());
    const auto file = read_safetensors(std::span(room).subspan(shift)).value();
    CHECK(numbers<double>(file, "a") == std::vector{2.5});
    CHECK(numbers<std::int16_t>(file, "c") == std::vector<std::int16_t>{7});
    CHECK(reinterpret_cast<std::uintptr_t>(file.find("a")->data()) % 8 == 0);
  }
}

TEST_CASE("safetensors: what is no such file is refused by name") {
  CHECK(read_safetensors(file_of("{}")).value().tensors().empty());
  CHECK(read_safetensors(file_of("{\"__metadata__\":null}")).value().metadata().empty());
  CHECK(refusal(std::vector<std::byte>(7)) == "safetensors: 7 bytes are no header");
  CHECK(refusal("[]").starts_with("safetensors: the file: an object is expected"));
  CHECK(refusal("{").starts_with("safetensors: the file: this is no JSON"));
  CHECK(refusal("{} x").starts_with("safetensors: the file: "));
  CHECK(refusal(R"({"a":1})").starts_with("safetensors: a: an object is expected"));
  CHECK(refusal(R"({"__metadata__":{"a":1}})").starts_with("safetensors: __metadata__.a: a text is expected"));
  const auto tensor = [](const char* dtype, const char* shape, const char* offsets) {
    return std::string(R"({"w":{"dtype":")") + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  const auto says = [&](const std::string& header, std::size_t data, std::string_view what) {
    const std::string text = refusal(header, data);
    INFO(text);
    CHECK(text.find(what) != text.npos);
  };
  for (const char* type : {"F8_E4M3", "F4", "C64", "f32"})
    says(tensor(type, "[1]", "[0,4]"), 4, std::string("w.dtype: elements of type ") + type + " are not supported");
  CHECK(refusal(support::golden("formats/small_floats.safetensors")).find("type F8_E4M3 are not") != std::string::npos);
  says(tensor("F32", "[1]", "[0,3]"), 4, "w: it has 3 bytes, and a shape of 1 elements of 4");
  says(tensor("F32", "[1]", "[0,4]"), 3, "w: its data_offsets are no part of the 3 bytes there are");
  says(tensor("F32", "[1]", "[4,0]"), 4, "no part of");
  says(tensor("F32", "[1]", "[0]"), 4, "no part of");
  says(tensor("F32", "[1]", "[0,18446744073709551620]"), 4, "an unexpected value");
  says(tensor("F32", "[-1]", "[0,4]"), 4, "w: its shape is no number of elements");
  says(tensor("F32", "[4294967296,4294967296]", "[0,0]"), 0, "w: its shape is no number of elements");
  says(tensor("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "w: more than 8 axes");
  says(tensor("F32", "[1]", "[0,4]"), 5, "1 bytes behind the last tensor");
  says(tensor("F32", "[1]", "[4,8]"), 8, "\"w\": bytes before it are of no tensor");
  says(R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4, "w: it has no dtype, or no shape");
  says(R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4, "w: it has no dtype, or no shape");
  says(R"({"w":{"dtype":"F32","shape":[1]}})", 4, "no part of");
  says(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}})", 4, "w.more: neither dtype, nor shape");
  const std::string one = R"({"dtype":"U8","shape":[2],"data_offsets":[)";
  says("{\"w\":" + one + "0,2]},\"v\":" + one + "1,3]}}", 3, "\"v\": its bytes are another's too");
  says("{\"w\":" + one + "0,2]},\"v\":" + one + "0,2]}}", 2, "its bytes are another's too");
  says("{\"w\":" + one + "0,2]},\"\\u0077\":" + one + "2,4]}}", 4, "two tensors are called \"w\"");
  auto truth = file_of(tensor("BOOL", "[2]", "[0,2]"), 2);
  CHECK(read_safetensors(truth));
  truth.back() = std::byte{2};
  CHECK(refusal(truth) == "safetensors: \"w\": a truth value that is neither 0 nor 1");
}

TEST_CASE("safetensors: lengths that are only claimed take no memory") {
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{1} << 32, ~std::uint64_t{0}, ~std::uint64_t{7}})
    CHECK(refusal(file_of("{}", 0, length)).find("bytes, of 2 that follow") != std::string::npos);
  for (const std::string& deep : {std::string(1'000'000, '['), std::string(1'000'000, '{')})
    CHECK_FALSE(read_safetensors(file_of("{\"a\":" + deep)));
}

TEST_CASE("safetensors: every truncation is refused, and no damaged byte does harm") {
  for (const char* name : {"formats/types.safetensors", "formats/network.safetensors"}) {
    const auto bytes = support::golden(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::vector<std::byte> fewer(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(read_safetensors(fewer));
    }
    std::size_t sound = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (unsigned bit = 0; bit < 8; ++bit) {
        auto damaged = bytes;
        damaged[at] ^= static_cast<std::byte>(1U << bit);
        const auto file = read_safetensors(damaged);
        if (!file) continue;
        ++sound;
        const auto again = write_safetensors(file->tensors(), file->metadata());
        REQUIRE(again);
        CHECK(read_safetensors(*again).value().tensors().size() == file->tensors().size());
      }
    CHECK(sound > 0);
  }
}

TEST_CASE("safetensors: tensors that cannot be written are refused by name") {
  const std::vector<float> data{1, 2, 3, 4, 5, 6};
  const mt::basic_tensor_view<const float> whole(data.data(), mt::tensor_shape{2, 3});
  const std::vector<named_tensor> both{{"b", whole}, {"a", whole}};
  const auto bytes = write_safetensors(both).value();
  const auto file = read_safetensors(bytes).value();
  CHECK((file.tensors()[0].name == "a" && file.tensors()[1].name == "b"));
  CHECK(numbers<float>(file, "b") == data);
  CHECK(read_safetensors(write_safetensors(std::span<const named_tensor>()).value()).value().tensors().empty());
  const std::vector<named_tensor> twice{{"a", whole}, {"a", whole}};
  CHECK(write_safetensors(twice).error().message() == "safetensors: \"a\" is no name, or two tensors'");
  const std::vector<named_tensor> reserved{{"__metadata__", whole}};
  CHECK(write_safetensors(reserved).error().message() == "safetensors: \"__metadata__\" is no name, or two tensors'");
  const std::ptrdiff_t strides[] = {1, 2};
  const mt::basic_tensor_view<const float> turned(data.data(), mt::tensor_layout({2, 3}, strides));
  const std::vector<named_tensor> columns{{"t", turned}};
  CHECK(write_safetensors(columns).error().message() == "safetensors: \"t\" does not lie row by row");
}
