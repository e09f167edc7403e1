#ifndef MILLRACE_MODEL_FORMATS_GRAPH_HPP
#define MILLRACE_MODEL_FORMATS_GRAPH_HPP

#include <millrace/core/detail/name_index.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// What is between a file and an engine: readers of formats make a graph, models that are fitted here become one, and
/// engines run it.

/// A size of a shape: a number, or a name for what only the input knows, such as the number of rows.
struct graph_dimension {
  std::int64_t size = -1;  // -1: not known
  std::string name;
  friend bool operator==(const graph_dimension&, const graph_dimension&) = default;
};

enum class graph_kind : std::uint8_t {
  tensor,  // of numbers
  texts,   // a tensor of texts
  other,   // a sequence, a map: named, but not read
};

/// What a value is. Without `shape` not even the number of dimensions is known.
struct graph_type {
  graph_kind kind = graph_kind::tensor;
  tensor::dtype dtype = tensor::dtype::f32;  // of numbers
  std::optional<std::vector<graph_dimension>> shape;
  friend bool operator==(const graph_type&, const graph_type&) = default;
};

/// A constant: numbers in row-major order, little-endian, or texts.
struct graph_tensor {
  graph_kind kind = graph_kind::tensor;
  tensor::dtype dtype = tensor::dtype::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;
  std::vector<std::string> texts;

  /// How many elements the shape has. `graph_problem` refuses a shape whose product is no size.
  std::size_t size() const noexcept {
    std::size_t product = 1;
    for (const std::int64_t each : shape) product *= static_cast<std::size_t>(each);
    return product;
  }
  friend bool operator==(const graph_tensor&, const graph_tensor&) = default;
};

/// An attribute's value of a kind that no operator of ours takes, such as another graph.
struct graph_unread {
  std::string kind;
  friend bool operator==(const graph_unread&, const graph_unread&) = default;
};

/// A setting of a node.
struct graph_attribute {
  std::string name;
  std::variant<std::int64_t, float, std::string, graph_tensor, std::vector<std::int64_t>, std::vector<float>,
               std::vector<std::string>, graph_unread>
      value;
  friend bool operator==(const graph_attribute&, const graph_attribute&) = default;
};

/// One call of an operator.
struct graph_node {
  /// In place of an optional input or output that is left out.
  static constexpr std::uint32_t absent = 0xffff'ffffU;

  std::string name;
  std::string domain;  // empty: the core operators of ONNX; `ai.onnx.ml`: those of classical models
  std::string op;
  std::vector<std::uint32_t> inputs;   // indices of values, or `absent`
  std::vector<std::uint32_t> outputs;  // as inputs
  std::vector<graph_attribute> attributes;

  const graph_attribute* find(std::string_view attribute) const noexcept {
    for (const graph_attribute& each : attributes)
      if (each.name == attribute) return &each;
    return nullptr;
  }
  /// How messages call it: `Gemm "fc1"`.
  std::string title() const { return op + " \"" + name + '"'; }
  friend bool operator==(const graph_node&, const graph_node&) = default;
};

/// What flows between nodes.
struct graph_value {
  std::string name;
  std::optional<graph_type> type;         // none: said nowhere
  std::optional<std::uint32_t> constant;  // which of the graph's constants it is
  friend bool operator==(const graph_value&, const graph_value&) = default;
};

/// Which version of a domain's operators the nodes mean.
struct graph_opset {
  std::string domain;
  std::int64_t version = 0;
  friend bool operator==(const graph_opset&, const graph_opset&) = default;
};

/// Nodes in an order in which they can run, the values between them, and what goes in and comes out.
struct graph {
  std::string name;
  std::string producer;
  std::vector<graph_opset> opsets;
  std::vector<graph_value> values;
  std::vector<graph_tensor> constants;
  std::vector<graph_node> nodes;
  std::vector<std::uint32_t> inputs;
  std::vector<std::uint32_t> outputs;
  std::vector<std::pair<std::string, std::string>> metadata;

  /// The version of a domain's operators; 0 if the graph does not name it.
  std::int64_t version(std::string_view domain) const noexcept {
    for (const graph_opset& each : opsets)
      if (each.domain == domain) return each.version;
    return 0;
  }

  // For models that become a graph: each returns the value's index.
  std::uint32_t add_value(std::string value, std::optional<graph_type> type = {}) {
    values.push_back({std::move(value), std::move(type), {}});
    return static_cast<std::uint32_t>(values.size() - 1);
  }
  std::uint32_t add_input(std::string value, graph_type type) {
    inputs.push_back(add_value(std::move(value), std::move(type)));
    return inputs.back();
  }
  std::uint32_t add_constant(std::string value, graph_tensor tensor) {
    constants.push_back(std::move(tensor));
    const std::uint32_t index = add_value(std::move(value));
    values[index].constant = static_cast<std::uint32_t>(constants.size() - 1);
    return index;
  }
  friend bool operator==(const graph&, const graph&) = default;
};

/// What a graph may not exceed, however it came about.
struct graph_limits {
  std::size_t nodes = 1'000'000;
  std::size_t values = 4'000'000;
  std::size_t dimensions = 16;
};

/// The number of elements of a shape, if no size is negative and it is below 2^48.
inline std::optional<std::size_t> element_count(std::span<const std::int64_t> shape) noexcept {
  std::uint64_t product = 1;
  bool empty = false;
  for (const std::int64_t each : shape) {
    if (each < 0 || each >= std::int64_t{1} << 48) return std::nullopt;
    if (each == 0) empty = true;
    const auto size = static_cast<std::uint64_t>(each == 0 ? 1 : each);
    if (product > (std::uint64_t{1} << 48) / size) return std::nullopt;
    product *= size;
  }
  return empty ? 0 : static_cast<std::size_t>(product);
}

/// How messages call a node: by its place, operator and name.
inline std::string place_of(const graph& made, std::size_t node) {
  return "node " + std::to_string(node) + " (" + made.nodes[node].title() + ')';
}

namespace detail {

/// What is wrong with a constant; empty: nothing.
inline std::string constant_problem(const graph_tensor& tensor, const graph_limits& limits) {
  if (tensor.shape.size() > limits.dimensions) return std::to_string(tensor.shape.size()) + " dimensions";
  const auto size = element_count(tensor.shape);
  if (!size) return "a shape that is no number of elements";
  const bool texts = tensor.kind == graph_kind::texts;
  const std::size_t held = texts ? tensor.texts.size() : tensor.bytes.size() / tensor::size_of(tensor.dtype);
  if (held != *size || (!texts && tensor.bytes.size() % tensor::size_of(tensor.dtype) != 0))
    return "a shape of " + std::to_string(*size) + " elements, and " + std::to_string(held);
  if (!texts && tensor.dtype == tensor::dtype::boolean)
    for (const std::byte each : tensor.bytes)
      if (each > std::byte{1}) return "a truth value that is neither 0 nor 1";
  return {};
}

/// Puts nodes into an order in which each runs after those whose outputs it reads, and otherwise keeps their order.
/// Returns false, with `stuck` one that waits for ever, if there is none.
inline bool sort_nodes(graph& made, std::size_t& stuck) {
  constexpr std::uint32_t absent = graph_node::absent;
  std::vector<std::uint32_t> maker(made.values.size(), absent);
  for (std::uint32_t i = 0; i < made.nodes.size(); ++i)
    for (const std::uint32_t out : made.nodes[i].outputs)
      if (out != absent) maker[out] = i;
  bool sorted = true;
  std::vector<std::uint32_t> waits(made.nodes.size(), 0);
  std::vector<std::vector<std::uint32_t>> readers(made.nodes.size());
  for (std::uint32_t i = 0; i < made.nodes.size(); ++i)
    for (const std::uint32_t in : made.nodes[i].inputs) {
      if (in == absent || maker[in] == absent) continue;
      sorted = sorted && maker[in] < i;
      readers[maker[in]].push_back(i);
      ++waits[i];
    }
  if (sorted) return true;
  std::vector<std::uint32_t> order;
  order.reserve(made.nodes.size());
  for (std::uint32_t i = 0; i < made.nodes.size(); ++i)
    if (waits[i] == 0) order.push_back(i);
  for (std::size_t at = 0; at < order.size(); ++at)
    for (const std::uint32_t reader : readers[order[at]])
      if (--waits[reader] == 0) order.push_back(reader);
  if (order.size() != made.nodes.size()) {
    for (stuck = 0; waits[stuck] == 0;) ++stuck;
    return false;
  }
  std::vector<graph_node> nodes;
  nodes.reserve(order.size());
  for (const std::uint32_t at : order) nodes.push_back(std::move(made.nodes[at]));
  made.nodes = std::move(nodes);
  return true;
}

inline result<void> check_values(const graph& made, const graph_limits& limits) {
  name_index<std::uint32_t> names;
  for (std::uint32_t i = 0; i < made.values.size(); ++i) {
    const graph_value& value = made.values[i];
    if (names.find(value.name) != nullptr)
      return error(errc::invalid_data, "graph: two values are called \"" + value.name + '"');
    names.insert(value.name, i);
    if (!value.constant) continue;
    if (*value.constant >= made.constants.size())
      return error(errc::invalid_data, "graph: value \"" + value.name + "\" names a constant that is not there");
    if (std::string problem = constant_problem(made.constants[*value.constant], limits); !problem.empty())
      return error(errc::invalid_data, "graph: constant \"" + value.name + "\" has " + problem);
  }
  return {};
}

}  // namespace detail

/// Checks a graph and puts its nodes in order: values have names of their own and are written once, by a node, as an
/// input or as a constant; what is read is written; constants have as many elements as their shape; nodes do not wait
/// for each other in a circle.
/// Errors: invalid_data, out_of_range (beyond the limits); the message names the value or node.
inline result<void> complete(graph& made, const graph_limits& limits = {}) {
  constexpr std::uint32_t absent = graph_node::absent;
  if (made.nodes.size() > limits.nodes || made.values.size() > limits.values)
    return error(errc::out_of_range, "graph: " + std::to_string(made.nodes.size()) + " nodes and " +
                                         std::to_string(made.values.size()) + " values, more than allowed");
  if (auto named = detail::check_values(made, limits); !named) return named;
  std::vector<bool> written(made.values.size(), false);
  for (std::size_t i = 0; i < made.values.size(); ++i) written[i] = made.values[i].constant.has_value();
  // An input may have a constant: its value where the caller gives none.
  for (const std::uint32_t in : made.inputs) {
    if (in >= made.values.size()) return error(errc::invalid_data, "graph: an input is no value");
    written[in] = true;
  }
  for (std::size_t i = 0; i < made.nodes.size(); ++i) {
    for (const std::uint32_t out : made.nodes[i].outputs) {
      if (out == absent) continue;
      if (out >= made.values.size())
        return error(errc::invalid_data, "graph: " + place_of(made, i) + " writes what is no value");
      if (written[out])
        return error(errc::invalid_data, "graph: " + place_of(made, i) + " writes \"" + made.values[out].name +
                                             "\", which something else writes too");
      written[out] = true;
    }
  }
  const auto is_written = [&](std::uint32_t value) { return value < made.values.size() && written[value]; };
  const auto name_of = [&](std::uint32_t value) { return value < made.values.size() ? made.values[value].name : "?"; };
  for (std::size_t i = 0; i < made.nodes.size(); ++i)
    for (const std::uint32_t in : made.nodes[i].inputs)
      if (in != absent && !is_written(in))
        return error(errc::invalid_data,
                     "graph: " + place_of(made, i) + " reads \"" + name_of(in) + "\", which nothing writes");
  for (const std::uint32_t out : made.outputs)
    if (!is_written(out))
      return error(errc::invalid_data, "graph: output \"" + name_of(out) + "\" is written by nothing");
  std::size_t stuck = 0;
  if (!detail::sort_nodes(made, stuck))
    return error(errc::invalid_data, "graph: " + place_of(made, stuck) + " waits for its own output");
  return {};
}

/// Gives an input a value for good, such as axes or a shape that a model leaves to its caller.
/// Errors: not_found, type_mismatch, shape_mismatch (the value contradicts the input's type).
inline result<void> fix_input(graph& made, std::string_view name, graph_tensor value) {
  for (std::size_t i = 0; i < made.inputs.size(); ++i) {
    graph_value& input = made.values[made.inputs[i]];
    if (input.name != name) continue;
    if (input.type &&
        (input.type->kind != value.kind || (value.kind == graph_kind::tensor && input.type->dtype != value.dtype)))
      return error(errc::type_mismatch, "graph: input \"" + input.name + "\" is of another type");
    if (input.type && input.type->shape && input.type->shape->size() != value.shape.size())
      return error(errc::shape_mismatch, "graph: input \"" + input.name + "\" has another number of dimensions");
    input.constant = static_cast<std::uint32_t>(made.constants.size());
    made.constants.push_back(std::move(value));
    made.inputs.erase(made.inputs.begin() + static_cast<std::ptrdiff_t>(i));
    return {};
  }
  return error(errc::not_found, "graph: no input is called \"" + std::string(name) + '"');
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_GRAPH_HPP
