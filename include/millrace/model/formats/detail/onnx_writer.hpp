#ifndef MILLRACE_MODEL_FORMATS_DETAIL_ONNX_WRITER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_ONNX_WRITER_HPP

#include <millrace/core/detail/protobuf.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/onnx_types.hpp>
#include <millrace/model/formats/graph.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace onnx {

/// Old enough for engines of 2024, young enough for constants that are no inputs.
inline constexpr std::uint64_t written_ir_version = 10;

template <class Field>
constexpr unsigned number_of(Field field) noexcept {
  return static_cast<unsigned>(field);
}

inline protobuf_writer tensor_message_of(const graph_tensor& tensor, std::string_view name) {
  protobuf_writer to;
  for (const std::int64_t size : tensor.shape)
    to.varint(number_of(tensor_field::dims), static_cast<std::uint64_t>(size));
  const bool texts = tensor.kind == graph_kind::texts;
  to.varint(number_of(tensor_field::type), texts ? text_type : type_of(tensor.dtype));
  for (const std::string& text : tensor.texts) to.text(number_of(tensor_field::strings), text);
  if (!name.empty()) to.text(number_of(tensor_field::name), name);
  if (!texts) to.bytes(number_of(tensor_field::raw), tensor.bytes);
  return to;
}

/// Writes an attribute's value into its message; returns false for one that was not read.
class attribute_writer {
 public:
  explicit attribute_writer(protobuf_writer& to) noexcept : to_(to) {}

  bool operator()(std::int64_t number) {
    to_.varint(number_of(attribute_field::i), static_cast<std::uint64_t>(number));
    return type(attribute_type::i);
  }
  bool operator()(float number) {
    to_.f32(number_of(attribute_field::f), number);
    return type(attribute_type::f);
  }
  bool operator()(const std::string& text) {
    to_.text(number_of(attribute_field::s), text);
    return type(attribute_type::s);
  }
  bool operator()(const graph_tensor& tensor) {
    to_.bytes(number_of(attribute_field::t), tensor_message_of(tensor, {}).written());
    return type(attribute_type::t);
  }
  bool operator()(const std::vector<std::int64_t>& numbers) {
    protobuf_writer packed;
    for (const std::int64_t number : numbers) packed.varint(static_cast<std::uint64_t>(number));
    to_.bytes(number_of(attribute_field::ints), packed.written());
    return type(attribute_type::ints);
  }
  bool operator()(const std::vector<float>& numbers) {
    protobuf_writer packed;
    for (const float number : numbers) packed.f32(number);
    to_.bytes(number_of(attribute_field::floats), packed.written());
    return type(attribute_type::floats);
  }
  bool operator()(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) to_.text(number_of(attribute_field::strings), text);
    return type(attribute_type::strings);
  }
  bool operator()(const graph_unread&) { return false; }

 private:
  bool type(attribute_type type) {
    to_.varint(number_of(attribute_field::type), static_cast<std::uint64_t>(type));
    return true;
  }

  protobuf_writer& to_;
};

inline protobuf_writer type_message(const graph_type& type) {
  protobuf_writer tensor;
  tensor.varint(number_of(tensor_type_field::element),
                type.kind == graph_kind::texts ? text_type : type_of(type.dtype));
  if (type.shape) {
    protobuf_writer shape;
    for (const graph_dimension& each : *type.shape) {
      protobuf_writer dimension;
      if (each.size >= 0) dimension.varint(number_of(dimension_field::size), static_cast<std::uint64_t>(each.size));
      if (each.size < 0 && !each.name.empty()) dimension.text(number_of(dimension_field::name), each.name);
      shape.bytes(number_of(shape_field::dimension), dimension.written());
    }
    tensor.bytes(number_of(tensor_type_field::shape), shape.written());
  }
  protobuf_writer to;
  to.bytes(number_of(type_field::tensor), tensor.written());
  return to;
}

inline protobuf_writer port_message(const graph_value& value) {
  protobuf_writer to;
  to.text(number_of(value_field::name), value.name);
  if (value.type) to.bytes(number_of(value_field::type), type_message(*value.type).written());
  return to;
}

/// Writes a node's message; returns the attribute that cannot be written, null if all can.
inline const graph_attribute* write_node(const graph& made, const graph_node& node, protobuf_writer& to) {
  const auto name_of = [&](std::uint32_t value) -> std::string_view {
    return value == graph_node::absent ? std::string_view() : std::string_view(made.values[value].name);
  };
  for (const std::uint32_t in : node.inputs) to.text(number_of(node_field::input), name_of(in));
  for (const std::uint32_t out : node.outputs) to.text(number_of(node_field::output), name_of(out));
  if (!node.name.empty()) to.text(number_of(node_field::name), node.name);
  to.text(number_of(node_field::op), node.op);
  for (const graph_attribute& each : node.attributes) {
    protobuf_writer inner;
    inner.text(number_of(attribute_field::name), each.name);
    if (!std::visit(attribute_writer(inner), each.value)) return &each;
    to.bytes(number_of(node_field::attribute), inner.written());
  }
  if (!node.domain.empty()) to.text(number_of(node_field::domain), node.domain);
  return nullptr;
}

inline result<protobuf_writer> graph_message(const graph& made) {
  protobuf_writer to;
  for (const graph_node& node : made.nodes) {
    protobuf_writer inner;
    if (const graph_attribute* bad = write_node(made, node, inner); bad != nullptr)
      return error(errc::unsupported, "ONNX: attribute \"" + bad->name + "\" of " + node.title() + " was not read");
    to.bytes(number_of(graph_field::node), inner.written());
  }
  to.text(number_of(graph_field::name), made.name);
  for (const graph_value& value : made.values)
    if (value.constant)
      to.bytes(number_of(graph_field::initializer),
               tensor_message_of(made.constants[*value.constant], value.name).written());
  for (const std::uint32_t in : made.inputs)
    to.bytes(number_of(graph_field::input), port_message(made.values[in]).written());
  for (const std::uint32_t out : made.outputs)
    to.bytes(number_of(graph_field::output), port_message(made.values[out]).written());
  return to;
}

inline result<std::vector<std::byte>> write(const graph& made) {
  for (const auto* ports : {&made.inputs, &made.outputs})
    for (const std::uint32_t port : *ports)
      if (made.values[port].type && made.values[port].type->kind == graph_kind::other)
        return error(errc::unsupported,
                     "ONNX: \"" + made.values[port].name + "\" is no tensor, and its type was not read");
  auto inner = graph_message(made);
  if (!inner) return std::move(inner).error();
  protobuf_writer to;
  to.varint(number_of(model_field::ir_version), written_ir_version);
  to.text(number_of(model_field::producer), made.producer);
  to.bytes(number_of(model_field::graph), inner->written());
  for (const graph_opset& each : made.opsets) {
    protobuf_writer opset;
    if (!each.domain.empty()) opset.text(number_of(opset_field::domain), each.domain);
    opset.varint(number_of(opset_field::version), static_cast<std::uint64_t>(each.version));
    to.bytes(number_of(model_field::opset), opset.written());
  }
  for (const auto& [key, value] : made.metadata) {
    protobuf_writer entry;
    entry.text(number_of(entry_field::key), key);
    entry.text(number_of(entry_field::value), value);
    to.bytes(number_of(model_field::metadata), entry.written());
  }
  return to.written();
}

}  // namespace onnx
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_ONNX_WRITER_HPP
