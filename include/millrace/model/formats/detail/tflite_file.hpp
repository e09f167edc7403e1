#ifndef MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_FILE_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_FILE_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/flatbuffer.hpp>
#include <millrace/model/formats/graph.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a TensorFlow Lite file holds: tensors, operators, and which tensors they read and write.
// Source: tensorflow/lite/schema/schema.fbs of TensorFlow 2.20, version 3.
namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace tflite {

/// A tensor as the file has it. Numbers with scales stand for (number - zero) * scale.
struct stored_tensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> signature;  // -1 where only the input knows
  std::optional<tensor::dtype> type;
  unsigned type_code = 0;
  std::span<const std::byte> data;
  bool is_constant = false;
  std::vector<float> scales;
  std::vector<std::int64_t> zeros;
  std::int64_t scale_axis = 0;

  bool is_quantized() const noexcept {
    return !scales.empty() && type && *type != tensor::dtype::f32 && *type != tensor::dtype::i64;
  }
};

struct stored_operator {
  std::int32_t code = 0;
  std::string_view custom;
  std::vector<std::int32_t> inputs;  // -1: left out
  std::vector<std::int32_t> outputs;
  flatbuffer_table options;
};

struct stored_model {
  std::vector<stored_tensor> tensors;
  std::vector<stored_operator> operators;
  std::vector<std::int32_t> inputs;
  std::vector<std::int32_t> outputs;
};

constexpr std::optional<tensor::dtype> dtype_of(unsigned type) noexcept {
  switch (type) {
    case 0: return tensor::dtype::f32;
    case 1: return tensor::dtype::f16;
    case 2: return tensor::dtype::i32;
    case 3: return tensor::dtype::u8;
    case 4: return tensor::dtype::i64;
    case 6: return tensor::dtype::boolean;
    case 7: return tensor::dtype::i16;
    case 9: return tensor::dtype::i8;
    case 10: return tensor::dtype::f64;
    case 12: return tensor::dtype::u64;
    case 15: return tensor::dtype::u32;
    case 16: return tensor::dtype::u16;
    default: return std::nullopt;
  }
}

/// Reads the file; every offset is verified. What it has read, it must outlive: options are read when they are asked
/// for.
class file {
 public:
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  explicit file(std::span<const std::byte> bytes) noexcept : in_(bytes) {}

  result<stored_model> read(const graph_limits& limits) {
    const auto bytes = in_.bytes();
    if (bytes.size() < 8 || bytes[4] != std::byte{'T'} || bytes[5] != std::byte{'F'} || bytes[6] != std::byte{'L'} ||
        bytes[7] != std::byte{'3'})
      return error(errc::corrupt, "TensorFlow Lite: the bytes do not begin as such a file does");
    const flatbuffer_table root(in_, in_.follow(0));
    const flatbuffer_list graphs = root.list(2, 4);
    if (in_.damaged() || graphs.size() == 0) return damage("the model");
    if (graphs.size() != 1)
      return error(errc::unsupported, "TensorFlow Lite: the model has " + std::to_string(graphs.size()) +
                                          " subgraphs; control flow is not read");
    const flatbuffer_table graph(in_, graphs.place(0));
    const flatbuffer_list tensors = graph.list(0, 4);
    const flatbuffer_list operators = graph.list(3, 4);
    if (tensors.size() > limits.values || operators.size() > limits.nodes)
      return error(errc::out_of_range, "TensorFlow Lite: " + std::to_string(operators.size()) + " operators and " +
                                           std::to_string(tensors.size()) + " tensors, more than allowed");
    stored_model made;
    const flatbuffer_list buffers = root.list(4, 4);
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (auto read = read_tensor(flatbuffer_table(in_, tensors.place(i)), buffers, made); !read)
        return std::move(read).error().wrap("tensor " + std::to_string(i));
    const flatbuffer_list codes = root.list(1, 4);
    for (std::size_t i = 0; i < operators.size(); ++i)
      if (!read_operator(flatbuffer_table(in_, operators.place(i)), codes, made))
        return damage("operator " + std::to_string(i));
    if (!read_indices(graph.list(1, 4), made, made.inputs) || !read_indices(graph.list(2, 4), made, made.outputs))
      return damage("the inputs or outputs");
    return made;
  }

 private:
  /// Lists may overlap, so that few bytes could claim many numbers: all together are no more than there are bytes.
  bool may_read(std::size_t numbers) {
    numbers_ += numbers;
    if (numbers_ > in_.bytes().size()) in_.damage();
    return !in_.damaged();
  }
  static error damage(const std::string& where) {
    return error(errc::corrupt, "TensorFlow Lite: " + where + " is cut off or damaged");
  }
  bool read_indices(const flatbuffer_list& from, const stored_model& made, std::vector<std::int32_t>& to) {
    for (std::size_t i = 0; may_read(1) && i < from.size(); ++i) {
      to.push_back(from.number<std::int32_t>(i));
      if (to.back() < -1 || to.back() >= static_cast<std::int64_t>(made.tensors.size())) return false;
    }
    return !in_.damaged();
  }
  std::vector<std::int64_t> sizes_of(const flatbuffer_list& from) {
    std::vector<std::int64_t> made;
    for (std::size_t i = 0; may_read(1) && i < from.size(); ++i) made.push_back(from.number<std::int32_t>(i));
    return made;
  }
  result<void> read_tensor(const flatbuffer_table& from, const flatbuffer_list& buffers, stored_model& made) {
    stored_tensor tensor;
    tensor.name = from.text(3);
    tensor.shape = sizes_of(from.list(0, 4));
    tensor.signature = sizes_of(from.list(7, 4));
    if (tensor.signature.size() != tensor.shape.size()) tensor.signature = tensor.shape;
    tensor.type_code = from.number<std::uint8_t>(1);
    tensor.type = dtype_of(tensor.type_code);
    read_scales(from.table(4), tensor);
    const auto buffer = from.number<std::uint32_t>(2);
    if (buffer >= buffers.size() && buffer != 0) in_.damage();
    if (buffer < buffers.size() && buffer != 0) {
      const flatbuffer_table held(in_, buffers.place(buffer));
      tensor.data = held.list(0, 1).bytes();
      const auto offset = held.number<std::uint64_t>(1);
      const auto size = held.number<std::uint64_t>(2);
      if (offset > 1) {  // beyond the tables, for models above 2 GiB
        if (offset > in_.bytes().size() || size > in_.bytes().size() - offset) in_.damage();
        if (!in_.damaged())
          tensor.data = in_.bytes().subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
      }
      tensor.is_constant = !tensor.data.empty();
    }
    if (in_.damaged()) return damage("its description");
    if (from.table(6)) return error(errc::unsupported, "TensorFlow Lite: \"" + tensor.name + "\" is sparse");
    if (tensor.is_constant && tensor.type) {
      const auto count = element_count(tensor.shape);
      if (!count || tensor.data.size() / tensor::size_of(*tensor.type) != *count)
        return error(errc::corrupt, "TensorFlow Lite: \"" + tensor.name + "\" holds " +
                                        std::to_string(tensor.data.size()) + " bytes, which is not its shape");
    }
    made.tensors.push_back(std::move(tensor));
    return {};
  }
  void read_scales(const flatbuffer_table& from, stored_tensor& to) {
    const flatbuffer_list scales = from.list(2, 4);
    const flatbuffer_list zeros = from.list(3, 8);
    for (std::size_t i = 0; may_read(1) && i < scales.size(); ++i) {
      to.scales.push_back(scales.number<float>(i));
      to.zeros.push_back(i < zeros.size() ? zeros.number<std::int64_t>(i) : 0);
    }
    to.scale_axis = from.number<std::int32_t>(6);
  }
  bool read_operator(const flatbuffer_table& from, const flatbuffer_list& codes, stored_model& made) {
    const auto index = from.number<std::uint32_t>(0);
    if (in_.damaged() || index >= codes.size()) return false;
    const flatbuffer_table code(in_, codes.place(index));
    stored_operator read;
    // Files from before 2020 have their code in a byte alone.
    const auto old = std::int32_t{code.number<std::int8_t>(0)};
    const auto now = code.number<std::int32_t>(3);
    read.code = old > now ? old : now;
    read.custom = code.text(1);
    read.options = from.table(4);
    const bool fits =
        read_indices(from.list(1, 4), made, read.inputs) && read_indices(from.list(2, 4), made, read.outputs);
    for (const std::int32_t out : read.outputs)
      if (out < 0) return false;
    made.operators.push_back(std::move(read));
    return fits;
  }

  flatbuffer in_;
  std::size_t numbers_ = 0;
};

}  // namespace tflite
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_FILE_HPP
