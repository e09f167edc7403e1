#ifndef MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TENSOR_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TENSOR_HPP

#include <millrace/core/detail/protobuf.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/onnx_types.hpp>
#include <millrace/model/formats/graph.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace onnx {

inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls `number` with each number of a repeated field, which stands alone or packed.
template <class Number>
bool each_number(const protobuf_reader& field, wire kind, const Number& number) {
  if (field.type == kind) {
    number(field.number);
    return true;
  }
  if (field.type != wire::bytes) return false;
  protobuf_reader packed(field.inner);
  while (!packed.empty()) {
    const std::uint64_t value = kind == wire::varint ? packed.varint() : packed.fixed(kind == wire::fixed32 ? 4 : 8);
    if (!packed.ok()) return false;
    number(value);
  }
  return true;
}

/// Appends the numbers of a repeated field, as each_number finds them: of a list that is not packed all that stand one
/// behind the other. Returns false if they are damaged.
template <wire Kind, class T>
bool append_numbers(protobuf_reader& field, std::vector<T>& to) {
  const auto number = [](std::uint64_t bits) {
    if constexpr (std::is_same_v<T, float>)
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    else
      return static_cast<T>(bits);
  };
  if (field.type == Kind) {
    // Room for as many as the bytes can hold, so that nothing moves; what stays empty is never touched.
    constexpr std::size_t least_bytes = std::is_same_v<T, float> ? 5 : 2;
    if (to.empty()) to.reserve(1 + field.left() / least_bytes);
    do to.push_back(number(field.number));
    while (field.number_again<Kind>());
    return field.ok();
  }
  if (field.type != wire::bytes) return false;
  if constexpr (std::is_same_v<T, float> && std::endian::native == std::endian::little) {
    const std::size_t before = to.size();
    to.resize(before + field.inner.size() / sizeof(float));
    if (to.size() > before) std::memcpy(to.data() + before, field.inner.data(), (to.size() - before) * sizeof(float));
    return field.inner.size() % sizeof(float) == 0;
  } else {
    std::size_t count = 0;
    for (const std::byte each : field.inner) count += each < std::byte{0x80} ? 1 : 0;  // each number's last byte
    to.reserve(to.size() + (Kind == wire::varint ? count : field.inner.size() / sizeof(T)));
    return each_number(field, Kind, [&](std::uint64_t bits) { to.push_back(number(bits)); });
  }
}

/// Where a tensor's bytes stand that are not in the model's file.
struct external_place {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool has_length = false;
};

/// A tensor as its message has it: what it is made of may come in any order.
struct tensor_message {
  std::string name;
  std::uint64_t type = 0;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> raw;
  std::vector<protobuf_reader> numbers;  // the repeated fields, which are read once the type is known
  std::vector<std::string> texts;
  bool has_raw = false;
  bool is_external = false;
  external_place place;
  std::string problem;  // empty: none

  explicit tensor_message(std::span<const std::byte> bytes) {
    protobuf_reader in(bytes);
    while (problem.empty() && in.next()) read(in);
    if (problem.empty() && !in.ok()) problem = "is cut off or damaged";
  }

 private:
  void read(const protobuf_reader& in) {
    bool fits = true;
    switch (static_cast<tensor_field>(in.field)) {
      case tensor_field::name: name = text_of(in.inner); break;
      case tensor_field::type: type = in.number; break;
      case tensor_field::dims:
        fits = each_number(in, wire::varint, [&](std::uint64_t size) {
          shape.push_back(static_cast<std::int64_t>(size));
          if (shape.size() > 1024) problem = "has more than 1,024 dimensions";
        });
        break;
      case tensor_field::raw:
        raw = in.inner;
        has_raw = true;
        break;
      case tensor_field::floats:
      case tensor_field::int32s:
      case tensor_field::int64s:
      case tensor_field::doubles:
      case tensor_field::uint64s: numbers.push_back(in); break;
      case tensor_field::strings: texts.emplace_back(text_of(in.inner)); break;
      case tensor_field::segment: problem = "is given in segments, which are not read"; break;
      case tensor_field::external: read_place(in.inner); break;
      case tensor_field::location: is_external = in.number == 1; break;
    }
    if (!fits && problem.empty()) problem = "is damaged";
  }
  void read_place(std::span<const std::byte> bytes) {
    std::string_view key;
    std::string_view value;
    protobuf_reader in(bytes);
    while (in.next()) {
      if (in.field == static_cast<unsigned>(entry_field::key)) key = text_of(in.inner);
      if (in.field == static_cast<unsigned>(entry_field::value)) value = text_of(in.inner);
    }
    if (key == "location") place.path = value;
    if (key == "offset") fits_number(value, place.offset);
    if (key == "length") place.has_length = fits_number(value, place.length);
  }
  bool fits_number(std::string_view text, std::uint64_t& number) {
    number = 0;
    for (const char c : text) {
      if (c < '0' || c > '9' || number > 0xffff'ffff'ffff) {
        problem = "has external data at an offset or of a length that is no number";
        return false;
      }
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return !text.empty();
  }
};

/// Which field holds the numbers of a type, and how they stand in it. 16 bits of a float16 or bfloat16, and what is
/// smaller than 32 bits, stand in `int32_data`, one to a number.
struct number_field {
  tensor_field field;
  wire kind;
};
constexpr number_field field_of(tensor::dtype type) noexcept {
  switch (type) {
    case tensor::dtype::f32: return {tensor_field::floats, wire::fixed32};
    case tensor::dtype::f64: return {tensor_field::doubles, wire::fixed64};
    case tensor::dtype::i64: return {tensor_field::int64s, wire::varint};
    case tensor::dtype::u32:
    case tensor::dtype::u64: return {tensor_field::uint64s, wire::varint};
    default: return {tensor_field::int32s, wire::varint};
  }
}

/// Makes a constant of a message whose bytes are all in it; returns what is wrong, empty if nothing is.
inline std::string make_tensor(tensor_message&& from, graph_tensor& made) {
  if (!from.problem.empty()) return std::move(from.problem);
  made.shape = std::move(from.shape);
  if (from.type == text_type) {
    made.kind = graph_kind::texts;
    made.texts = std::move(from.texts);
    return {};
  }
  const auto type = dtype_of(from.type);
  if (!type) return "has the type " + std::string(name_of_type(from.type)) + ", which is not read";
  made.dtype = *type;
  if (from.has_raw) {
    made.bytes.assign(from.raw.begin(), from.raw.end());
    return {};
  }
  const std::size_t size = tensor::size_of(*type);
  const number_field wanted = field_of(*type);
  for (const protobuf_reader& each : from.numbers) {
    if (each.field != static_cast<unsigned>(wanted.field)) return "holds its numbers in the field of another type";
    const bool fits = each_number(each, wanted.kind, [&](std::uint64_t number) {
      const std::size_t at = made.bytes.size();
      made.bytes.resize(at + size);
      for (std::size_t i = 0; i < size; ++i) made.bytes[at + i] = static_cast<std::byte>(number >> (8 * i));
    });
    if (!fits) return "is damaged";
  }
  return {};
}

}  // namespace onnx
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TENSOR_HPP
