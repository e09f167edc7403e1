#ifndef MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TYPES_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TYPES_HPP

#include <millrace/core/config.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

// The numbers of fields and types in ONNX's messages. Source: onnx/onnx.proto3 of ONNX 1.23, IR version 14.
namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace onnx {

enum class model_field : unsigned { ir_version = 1, producer = 2, graph = 7, opset = 8, metadata = 14, functions = 25 };
enum class opset_field : unsigned { domain = 1, version = 2 };
enum class entry_field : unsigned { key = 1, value = 2 };
enum class graph_field : unsigned {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15
};
enum class node_field : unsigned { input = 1, output = 2, name = 3, op = 4, attribute = 5, domain = 7 };
enum class attribute_field : unsigned {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  floats = 7,
  ints = 8,
  strings = 9,
  type = 20,
  reference = 21
};
enum class attribute_type : std::uint64_t { f = 1, i = 2, s = 3, t = 4, graph = 5, floats = 6, ints = 7, strings = 8 };
enum class tensor_field : unsigned {
  dims = 1,
  type = 2,
  segment = 3,
  floats = 4,
  int32s = 5,
  strings = 6,
  int64s = 7,
  name = 8,
  raw = 9,
  doubles = 10,
  uint64s = 11,
  external = 13,
  location = 14
};
enum class value_field : unsigned { name = 1, type = 2 };
enum class type_field : unsigned { tensor = 1, sequence = 4, map = 5 };
enum class tensor_type_field : unsigned { element = 1, shape = 2 };
enum class shape_field : unsigned { dimension = 1 };
enum class dimension_field : unsigned { size = 1, name = 2 };

inline constexpr std::uint64_t text_type = 8;

/// The type of a number in TensorProto.DataType; none: texts, complex numbers, and those of 8 and 4 bits.
constexpr std::optional<tensor::dtype> dtype_of(std::uint64_t type) noexcept {
  switch (type) {
    case 1: return tensor::dtype::f32;
    case 2: return tensor::dtype::u8;
    case 3: return tensor::dtype::i8;
    case 4: return tensor::dtype::u16;
    case 5: return tensor::dtype::i16;
    case 6: return tensor::dtype::i32;
    case 7: return tensor::dtype::i64;
    case 9: return tensor::dtype::boolean;
    case 10: return tensor::dtype::f16;
    case 11: return tensor::dtype::f64;
    case 12: return tensor::dtype::u32;
    case 13: return tensor::dtype::u64;
    case 16: return tensor::dtype::bf16;
    default: return std::nullopt;
  }
}
constexpr std::uint64_t type_of(tensor::dtype type) noexcept {
  std::uint64_t code = 1;
  while (dtype_of(code) != type) ++code;
  return code;
}

/// What ONNX calls a type that is not read, for messages.
constexpr std::string_view name_of_type(std::uint64_t type) noexcept {
  constexpr std::string_view names[] = {"UNDEFINED",      "FLOAT",    "UINT8",        "INT8",           "UINT16",
                                        "INT16",          "INT32",    "INT64",        "STRING",         "BOOL",
                                        "FLOAT16",        "DOUBLE",   "UINT32",       "UINT64",         "COMPLEX64",
                                        "COMPLEX128",     "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2",
                                        "FLOAT8E5M2FNUZ", "UINT4",    "INT4",         "FLOAT4E2M1",     "FLOAT8E8M0",
                                        "UINT2",          "INT2",     "FLOAT6E2M3",   "FLOAT6E3M2"};
  return type < sizeof(names) / sizeof(names[0]) ? names[type] : std::string_view("an unknown type");
}

}  // namespace onnx
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_ONNX_TYPES_HPP
