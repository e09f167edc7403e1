#ifndef MILLRACE_MODEL_TO_GRAPH_GRAPH_BUILDER_HPP
#define MILLRACE_MODEL_TO_GRAPH_GRAPH_BUILDER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/tensor/dtype.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a model becomes a graph.
struct graph_options {
  /// The numbers that the graph computes in and returns, f64 or f32. Models here compute in doubles, and so does the
  /// graph by default. With f32 it computes in floats, by operators that older and smaller engines know too.
  tensor::dtype element = tensor::dtype::f64;
  /// The graph's name in its file.
  std::string name = "model";
};

/// Puts a graph together, operator by operator. A model of your own becomes a graph by a function beside it:
///
///     mm::graph_builder::value add_outputs(mm::graph_builder& to, const doubled& of, mm::graph_builder::value rows) {
///       return to.call("Mul", {to.real(rows), to.number(2)});
///     }
///
/// `rows` are floats, rows x inputs; what is returned is rows x outputs, of the builder's `element()`. What cannot be
/// said by operators is refused by `refuse`, and the graph is then not made.
/// Allocates: the graph. Threads: one at a time.
class graph_builder {
 public:
  /// The index of a value in the graph.
  using value = std::uint32_t;

  /// The versions of ONNX's operators that graphs call: those of ONNX Runtime 1.13 and newer, but for trees in doubles,
  /// which take the fifth version of the domain ai.onnx.ml, of ONNX Runtime 1.20.
  static constexpr std::int64_t core_opset = 17;
  static constexpr std::int64_t float_ml_opset = 3;
  static constexpr std::int64_t double_ml_opset = 5;

  explicit graph_builder(const graph_options& with) : element_(with.element) {
    made_.name = with.name;
    made_.producer = "millrace";
    made_.opsets = {{"", core_opset}};
    if (element_ != tensor::dtype::f32 && element_ != tensor::dtype::f64)
      refuse("option element is neither f32 nor f64");
  }

  tensor::dtype element() const noexcept { return element_; }
  bool is_double() const noexcept { return element_ == tensor::dtype::f64; }

  /// An input of rows x width.
  value add_input(std::string name, tensor::dtype type, std::size_t width) {
    return made_.add_input(std::move(name), matrix_type(graph_kind::tensor, type, width));
  }
  value add_input_of_texts(std::string name, std::size_t width) {
    return made_.add_input(std::move(name), matrix_type(graph_kind::texts, tensor::dtype::f32, width));
  }
  /// Makes a value an output of rows x width, by this name.
  void add_output(std::string name, value of, std::size_t width) {
    const value named = call("Identity", {of});
    made_.values[named].name = std::move(name);
    made_.values[named].type = matrix_type(graph_kind::tensor, element_, width);
    made_.outputs.push_back(named);
  }

  /// The output of an operator.
  value call(std::string_view op, std::vector<value> inputs, std::vector<graph_attribute> attributes = {},
             std::string_view domain = {}) {
    const std::string name = "/" + std::string(op) + "_" + std::to_string(made_.nodes.size());
    const value out = made_.add_value(name);
    made_.nodes.push_back(
        {name, std::string(domain), std::string(op), std::move(inputs), {out}, std::move(attributes)});
    if (!domain.empty() && made_.version(domain) == 0)
      made_.opsets.push_back({std::string(domain), is_double() ? double_ml_opset : float_ml_opset});
    return out;
  }

  /// Constants of `element()`. A number that f32 has no room for is refused.
  value numbers(std::span<const double> of, std::vector<std::int64_t> shape) {
    return add_constant(tensor_of(of, std::move(shape)));
  }
  /// Constants of doubles, whatever `element()` is.
  value doubles(std::span<const double> of, std::vector<std::int64_t> shape) {
    graph_tensor made{graph_kind::tensor, tensor::dtype::f64, std::move(shape), {}, {}};
    append(made.bytes, of);
    return add_constant(std::move(made));
  }
  /// Constants of floats, whatever `element()` is.
  value floats(std::span<const float> of, std::vector<std::int64_t> shape) {
    graph_tensor made{graph_kind::tensor, tensor::dtype::f32, std::move(shape), {}, {}};
    append(made.bytes, of);
    return add_constant(std::move(made));
  }
  value numbers(std::span<const float> of, std::vector<std::int64_t> shape) {
    return numbers(std::vector<double>(of.begin(), of.end()), std::move(shape));
  }
  /// A constant that goes with tensors of any shape.
  value number(double of) { return numbers(std::span<const double>(&of, 1), {}); }
  /// A list of whole numbers: axes, indices, a shape.
  value integers(std::vector<std::int64_t> of) {
    graph_tensor made{graph_kind::tensor, tensor::dtype::i64, {static_cast<std::int64_t>(of.size())}, {}, {}};
    append(made.bytes, std::span<const std::int64_t>(of));
    return add_constant(std::move(made));
  }
  value texts(std::vector<std::string> of) {
    graph_tensor made{graph_kind::texts, tensor::dtype::f32, {static_cast<std::int64_t>(of.size())}, {}, {}};
    made.texts = std::move(of);
    return add_constant(std::move(made));
  }
  /// Numbers of `element()` as an attribute's tensor.
  graph_tensor tensor_of(std::span<const double> of, std::vector<std::int64_t> shape) {
    graph_tensor made{graph_kind::tensor, element_, std::move(shape), {}, {}};
    if (is_double()) {
      append(made.bytes, of);
      return made;
    }
    std::vector<float> narrow(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) narrow[i] = narrowed(of[i]);
    append(made.bytes, std::span<const float>(narrow));
    return made;
  }
  /// A number as a float; one beyond floats is refused.
  float narrowed(double of) {
    const auto made = static_cast<float>(of);
    if (detail::math::is_finite(of) && !detail::math::is_finite(double{made}))
      refuse("a number of the model is beyond float; with option element f64 it is none");
    return made;
  }

  value cast(value of, tensor::dtype type) {
    constexpr std::pair<tensor::dtype, std::int64_t> codes[] = {
        {tensor::dtype::f32, 1}, {tensor::dtype::i64, 7}, {tensor::dtype::boolean, 9}, {tensor::dtype::f64, 11}};
    for (const auto& [known, code] : codes)
      if (known == type) return call("Cast", {of}, {{"to", code}});
    refuse("a cast to " + std::string(to_string(type)));
    return of;
  }
  /// Floats as numbers of `element()`; the same value each time.
  value real(value floats) {
    if (!is_double()) return floats;
    for (const auto& [from, to] : widened_)
      if (from == floats) return to;
    widened_.emplace_back(floats, cast(floats, tensor::dtype::f64));
    return widened_.back().second;
  }
  /// 1 / (1 + exp(-x)). In doubles it is spelled out: ONNX Runtime's Sigmoid has few digits below x = -18, and is 0
  /// below -37.
  value logistic(value x) {
    if (!is_double()) return call("Sigmoid", {x});
    const value one = number(1);
    return call("Div", {one, call("Add", {one, call("Exp", {call("Neg", {x})})})});
  }
  /// Probabilities of each row's scores that sum to 1.
  value softmax(value scores) { return call("Softmax", {scores}, {{"axis", std::int64_t{1}}}); }
  /// Which rows of a matrix have a NaN: truth values of rows x 1. Some operators of engines lose NaN.
  value any_nan(value matrix) {
    const value is_nan = cast(call("IsNaN", {matrix}), tensor::dtype::f32);
    return cast(call("ReduceMax", {is_nan}, {{"axes", std::vector<std::int64_t>{1}}}), tensor::dtype::boolean);
  }
  /// Columns of a matrix, by their indices.
  value columns(value matrix, std::vector<std::int64_t> which) {
    return call("Gather", {matrix, integers(std::move(which))}, {{"axis", std::int64_t{1}}});
  }
  /// Matrices side by side.
  value beside(std::vector<value> matrices) { return call("Concat", std::move(matrices), {{"axis", std::int64_t{1}}}); }
  /// Numbers of `element()` as floats: rows for another model.
  value to_floats(value of) { return is_double() ? cast(of, tensor::dtype::f32) : of; }

  /// Says what the graph cannot have; all of it is in the error.
  void refuse(std::string_view what) {
    if (refused_.find(what) != std::string::npos) return;
    if (!refused_.empty()) refused_ += "; ";
    refused_ += what;
  }
  /// Errors: unsupported, with all that was refused; those of `complete`.
  result<graph> finish() && {
    if (!refused_.empty()) return error(errc::unsupported, "graph of a model: " + refused_);
    if (auto whole = complete(made_); !whole) return std::move(whole).error();
    return std::move(made_);
  }

 private:
  static graph_type matrix_type(graph_kind kind, tensor::dtype type, std::size_t width) {
    return {kind, type, std::vector<graph_dimension>{{-1, "rows"}, {static_cast<std::int64_t>(width), {}}}};
  }
  template <class Number>
  static void append(std::vector<std::byte>& bytes, std::span<const Number> numbers) {
    const auto* const first = reinterpret_cast<const std::byte*>(numbers.data());
    bytes.insert(bytes.end(), first, first + numbers.size_bytes());
  }
  value add_constant(graph_tensor made) {
    return made_.add_constant("/constant_" + std::to_string(made_.constants.size()), std::move(made));
  }

  graph made_;
  tensor::dtype element_;
  std::vector<std::pair<value, value>> widened_;
  std::string refused_;
};

/// A model of which a header of model/to_graph/, or a function beside it, says how it becomes a graph.
template <class M>
concept becomes_graph = requires(const M& model, graph_builder& to, graph_builder::value rows) {
  { add_outputs(to, model, rows) } -> std::same_as<graph_builder::value>;
  { model.inputs() } -> std::convertible_to<std::size_t>;
  { model.outputs() } -> std::convertible_to<std::size_t>;
};

namespace detail {

/// Whether a model becomes a graph; if not, the compiler says what is missing.
template <class Model>
constexpr bool is_said_how() noexcept {
  static_assert(becomes_graph<Model>,
                "millrace[GRAPH-1]: no header of model/to_graph/ that is included here, and no add_outputs(builder, "
                "model, rows) of yours, says how this model becomes a graph");
  return becomes_graph<Model>;
}

}  // namespace detail

/// A model as a graph: from `rows`, floats as the model takes them, rows x inputs, to `outputs`, rows x outputs. A
/// model of centres has `distances` besides. `write_onnx` makes a file of it.
///
///     auto made = mr::model::to_graph(forest);
///     auto bytes = mr::model::write_onnx(*made);
///
/// Guarantee: with element f64 every row reaches the same leaves and comparisons as in the model, on thresholds, with
/// NaN and with infinities, and outputs are the model's but for the rounding of an engine's sums and functions: to 1e-9
/// of their size with ONNX Runtime 1.32. With f32
/// leaves are the same, since thresholds are floats; sums are rounded as floats are, about 1e-6 of the largest term,
/// and so are outputs.
/// Errors: unsupported: all that the graph cannot have.
/// Allocates: the graph.
template <class Model>
result<graph> to_graph(const Model& model, const graph_options& with = {}) {
  graph_builder to(with);
  if constexpr (detail::is_said_how<Model>()) {
    const graph_builder::value rows = to.add_input("rows", tensor::dtype::f32, model.inputs());
    to.add_output("outputs", add_outputs(to, model, rows), model.outputs());
  }
  return std::move(to).finish();
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_GRAPH_BUILDER_HPP
