#ifndef MILLRACE_MODEL_FORMATS_DETAIL_ONNX_READER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_ONNX_READER_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/detail/protobuf.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/detail/onnx_tensor.hpp>
#include <millrace/model/formats/detail/onnx_types.hpp>
#include <millrace/model/formats/graph.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace onnx {

/// Turns a ModelProto into a graph. Each function reads one message and returns whether all is well; the first thing
/// that is not is kept as `problem`.
/// `External` is given a tensor's place and fills its bytes: `result<std::vector<std::byte>>(const external_place&)`.
template <class External>
class reader {
 public:
  reader(const External& external, const graph_limits& limits) : external_(external), limits_(limits) {}

  result<graph> read(std::span<const std::byte> bytes) {
    if (!model(bytes)) return std::move(*problem_);
    if (made_.opsets.empty()) return error(errc::corrupt, "ONNX: no version of operators; this is no model");
    if (auto done = complete(made_, limits_); !done) return std::move(done).error().wrap("ONNX");
    return std::move(made_);
  }

 private:
  bool fail(errc code, std::string text) {
    if (!problem_) problem_ = error(code, "ONNX: " + std::move(text));
    return false;
  }
  bool damaged(std::string what) { return fail(errc::corrupt, std::move(what) + " is cut off or damaged"); }
  /// Calls `field` with each field of a message, as long as it returns true.
  template <class Field>
  bool each_field(std::span<const std::byte> bytes, const char* what, const Field& field) {
    protobuf_reader in(bytes);
    while (in.next())
      if (!field(in)) return false;
    return in.ok() || damaged(what);
  }

  bool model(std::span<const std::byte> bytes) {
    std::optional<std::span<const std::byte>> inner;
    const bool read = each_field(bytes, "the model", [&](const protobuf_reader& in) {
      switch (static_cast<model_field>(in.field)) {
        case model_field::ir_version: break;
        case model_field::producer: made_.producer = text_of(in.inner); break;
        case model_field::graph: inner = in.inner; break;
        case model_field::opset: return opset(in.inner);
        case model_field::metadata: return metadata(in.inner);
        case model_field::functions: return fail(errc::unsupported, "functions of the model's own are not read");
      }
      return true;
    });
    if (!read) return false;
    return inner ? graph_message(*inner) : fail(errc::corrupt, "no graph; this is no model");
  }
  bool opset(std::span<const std::byte> bytes) {
    graph_opset made;
    const bool read = each_field(bytes, "the version of operators", [&](const protobuf_reader& in) {
      if (static_cast<opset_field>(in.field) == opset_field::domain) made.domain = text_of(in.inner);
      if (static_cast<opset_field>(in.field) == opset_field::version)
        made.version = static_cast<std::int64_t>(in.number);
      return true;
    });
    if (made.domain == "ai.onnx") made.domain.clear();
    made_.opsets.push_back(std::move(made));
    return read;
  }
  bool metadata(std::span<const std::byte> bytes) {
    auto& made = made_.metadata.emplace_back();
    return each_field(bytes, "the metadata", [&](const protobuf_reader& in) {
      if (static_cast<entry_field>(in.field) == entry_field::key) made.first = text_of(in.inner);
      if (static_cast<entry_field>(in.field) == entry_field::value) made.second = text_of(in.inner);
      return true;
    });
  }

  bool graph_message(std::span<const std::byte> bytes) {
    return each_field(bytes, "the graph", [&](const protobuf_reader& in) {
      switch (static_cast<graph_field>(in.field)) {
        case graph_field::node: return node(in.inner);
        case graph_field::name: made_.name = text_of(in.inner); return true;
        case graph_field::initializer: return initializer(in.inner);
        case graph_field::input: return port(in.inner, made_.inputs);
        case graph_field::output: return port(in.inner, made_.outputs);
        case graph_field::value_info: {
          std::vector<std::uint32_t> nobody;
          return port(in.inner, nobody);
        }
        case graph_field::sparse_initializer: return fail(errc::unsupported, "sparse constants are not read");
      }
      return true;
    });
  }

  /// The value of a name, made where it is new. Names are kept in a deque, whose elements stay where they are.
  std::uint32_t value_of(std::string_view name) {
    if (const std::uint32_t* found = index_.find(name)) return *found;
    const auto made = made_.add_value(std::string(name));
    index_.insert(names_.emplace_back(name), made);
    return made;
  }

  bool initializer(std::span<const std::byte> bytes) {
    graph_tensor made;
    std::string name;
    if (!constant(bytes, "a constant", made, name)) return false;
    const std::uint32_t value = value_of(name);
    if (made_.values[value].constant) return fail(errc::corrupt, "two constants are called \"" + name + '"');
    made_.constants.push_back(std::move(made));
    made_.values[value].constant = static_cast<std::uint32_t>(made_.constants.size() - 1);
    return true;
  }
  bool constant(std::span<const std::byte> bytes, std::string what, graph_tensor& made, std::string& name) {
    tensor_message message(bytes);
    name = message.name;
    const bool external = message.is_external;
    const external_place place = message.place;
    if (!name.empty()) what += " \"" + name + '"';
    if (std::string wrong = make_tensor(std::move(message), made); !wrong.empty())
      return fail(dtype_wrong(wrong) ? errc::unsupported : errc::corrupt, what + ' ' + wrong);
    if (!external) return true;
    auto found = external_(place);
    if (!found) {
      problem_ = std::move(found).error().wrap("ONNX: " + what + " stands in another file");
      return false;
    }
    made.bytes = std::move(*found);
    return true;
  }
  static bool dtype_wrong(std::string_view wrong) { return wrong.find("not read") != std::string_view::npos; }

  bool port(std::span<const std::byte> bytes, std::vector<std::uint32_t>& ports) {
    std::string_view name;
    std::optional<graph_type> type;
    const bool read = each_field(bytes, "an input or output", [&](const protobuf_reader& in) {
      if (static_cast<value_field>(in.field) == value_field::name) name = text_of(in.inner);
      if (static_cast<value_field>(in.field) == value_field::type) return value_type(in.inner, type);
      return true;
    });
    if (!read) return false;
    const std::uint32_t value = value_of(name);
    if (type) made_.values[value].type = std::move(type);
    ports.push_back(value);
    return true;
  }
  bool value_type(std::span<const std::byte> bytes, std::optional<graph_type>& type) {
    return each_field(bytes, "a type", [&](const protobuf_reader& in) {
      type.emplace();
      type->kind = graph_kind::other;
      if (static_cast<type_field>(in.field) == type_field::tensor) return tensor_type(in.inner, *type);
      return true;
    });
  }
  bool tensor_type(std::span<const std::byte> bytes, graph_type& type) {
    return each_field(bytes, "a tensor's type", [&](const protobuf_reader& in) {
      if (static_cast<tensor_type_field>(in.field) == tensor_type_field::element) {
        if (in.number == text_type) {
          type.kind = graph_kind::texts;
        } else if (const auto known = dtype_of(in.number)) {
          type.kind = graph_kind::tensor;
          type.dtype = *known;
        }
      }
      if (static_cast<tensor_type_field>(in.field) == tensor_type_field::shape) return shape(in.inner, type);
      return true;
    });
  }
  bool shape(std::span<const std::byte> bytes, graph_type& type) {
    auto& made = type.shape.emplace();
    return each_field(bytes, "a shape", [&](const protobuf_reader& in) {
      if (static_cast<shape_field>(in.field) != shape_field::dimension) return true;
      if (made.size() == limits_.dimensions)
        return fail(errc::out_of_range, "a shape of more than " + std::to_string(made.size()) + " dimensions");
      graph_dimension& one = made.emplace_back();
      return each_field(in.inner, "a dimension", [&](const protobuf_reader& part) {
        if (static_cast<dimension_field>(part.field) == dimension_field::size)
          one.size = static_cast<std::int64_t>(part.number) < 0 ? -1 : static_cast<std::int64_t>(part.number);
        if (static_cast<dimension_field>(part.field) == dimension_field::name) one.name = text_of(part.inner);
        return true;
      });
    });
  }

  bool node(std::span<const std::byte> bytes) {
    if (made_.nodes.size() == limits_.nodes)
      return fail(errc::out_of_range, "more than " + std::to_string(limits_.nodes) + " nodes");
    graph_node& made = made_.nodes.emplace_back();
    const auto value = [&](const protobuf_reader& in) {
      return in.inner.empty() ? graph_node::absent : value_of(text_of(in.inner));
    };
    const bool read = each_field(bytes, "a node", [&](const protobuf_reader& in) {
      switch (static_cast<node_field>(in.field)) {
        case node_field::input: made.inputs.push_back(value(in)); break;
        case node_field::output: made.outputs.push_back(value(in)); break;
        case node_field::name: made.name = text_of(in.inner); break;
        case node_field::op: made.op = text_of(in.inner); break;
        case node_field::domain: made.domain = text_of(in.inner); break;
        case node_field::attribute: return attribute(in.inner, made);
      }
      return true;
    });
    if (made.domain == "ai.onnx") made.domain.clear();
    return read && (made_.values.size() <= limits_.values ||
                    fail(errc::out_of_range, "more than " + std::to_string(limits_.values) + " values"));
  }

  /// What an attribute's message holds, of which its type says which counts.
  struct attribute_parts {
    std::string_view name;
    std::uint64_t type = 0;
    float number = 0;
    std::int64_t whole = 0;
    std::span<const std::byte> text;
    std::span<const std::byte> tensor;
    std::vector<float> numbers;
    std::vector<std::int64_t> wholes;
    std::vector<std::string> texts;
    bool refers = false;
  };
  bool attribute(std::span<const std::byte> bytes, graph_node& to) {
    attribute_parts parts;
    const bool read = each_field(bytes, "an attribute", [&](protobuf_reader& in) {
      switch (static_cast<attribute_field>(in.field)) {
        case attribute_field::name: parts.name = text_of(in.inner); break;
        case attribute_field::type: parts.type = in.number; break;
        case attribute_field::f: parts.number = std::bit_cast<float>(static_cast<std::uint32_t>(in.number)); break;
        case attribute_field::i: parts.whole = static_cast<std::int64_t>(in.number); break;
        case attribute_field::s: parts.text = in.inner; break;
        case attribute_field::t: parts.tensor = in.inner; break;
        case attribute_field::strings:
          // As many as there would be if all were as long as the first.
          if (parts.texts.empty()) parts.texts.reserve(1 + in.left() / (2 + in.inner.size()));
          do parts.texts.emplace_back(text_of(in.inner));
          while (in.again());
          break;
        case attribute_field::reference: parts.refers = true; break;
        case attribute_field::floats:
          return append_numbers<wire::fixed32>(in, parts.numbers) || damaged("an attribute");
        case attribute_field::ints: return append_numbers<wire::varint>(in, parts.wholes) || damaged("an attribute");
      }
      return true;
    });
    return read && keep(parts, to);
  }
  bool keep(attribute_parts& parts, graph_node& to) {
    graph_attribute made{std::string(parts.name), graph_unread{}};
    if (to.find(made.name) != nullptr)
      return fail(errc::corrupt, to.title() + " has the attribute \"" + made.name + "\" twice");
    switch (parts.refers ? attribute_type{} : static_cast<attribute_type>(parts.type)) {
      case attribute_type::f: made.value = parts.number; break;
      case attribute_type::i: made.value = parts.whole; break;
      case attribute_type::s: made.value = std::string(text_of(parts.text)); break;
      case attribute_type::floats: made.value = std::move(parts.numbers); break;
      case attribute_type::ints: made.value = std::move(parts.wholes); break;
      case attribute_type::strings: made.value = std::move(parts.texts); break;
      case attribute_type::graph: made.value = graph_unread{"a graph"}; break;
      case attribute_type::t: {
        graph_tensor tensor;
        std::string name;
        if (!constant(parts.tensor, "attribute \"" + made.name + "\" of " + to.title(), tensor, name)) return false;
        if (std::string wrong = constant_problem(tensor, limits_); !wrong.empty())
          return fail(errc::corrupt, "attribute \"" + made.name + "\" of " + to.title() + " has " + wrong);
        made.value = std::move(tensor);
        break;
      }
      default: made.value = graph_unread{"a value of kind " + std::to_string(parts.type)}; break;
    }
    to.attributes.push_back(std::move(made));
    return true;
  }

  const External& external_;
  const graph_limits& limits_;
  graph made_;
  name_index<std::uint32_t> index_;
  std::deque<std::string> names_;
  std::optional<error> problem_;
};

}  // namespace onnx
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_ONNX_READER_HPP
