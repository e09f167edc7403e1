#ifndef MILLRACE_INFER_GRAPH_ENGINE_HPP
#define MILLRACE_INFER_GRAPH_ENGINE_HPP

#include <millrace/core/result.hpp>
#include <millrace/infer/detail/operators/table.hpp>
#include <millrace/infer/detail/planner.hpp>
#include <millrace/infer/detail/ports.hpp>
#include <millrace/infer/detail/row_independence.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// What an input or output may be asked for as: a number that a tensor can hold, or a text.
template <class T>
concept graph_element = tensor::tensor_element<T> || std::is_same_v<T, std::string_view>;

/// A graph that is ready for inputs of certain shapes: all memory is there, all shapes are known. Fill the inputs, call
/// `run`, read the outputs; as often as wanted.
/// It keeps what it needs of its engine, which may be gone before it.
/// Guarantee: `run` does the same on the same inputs, to the bit.
/// Allocates: in `graph_engine::prepare`, never later.
/// Threads: one at a time; make one for each thread.
class graph_run {
 public:
  std::size_t inputs() const noexcept { return inputs_.size(); }
  std::size_t outputs() const noexcept { return outputs_.size(); }
  std::span<const std::int64_t> input_shape(std::size_t i) const noexcept { return value(inputs_[i]).sizes; }
  std::span<const std::int64_t> output_shape(std::size_t i) const noexcept { return value(outputs_[i]).sizes; }
  tensor::dtype input_type(std::size_t i) const noexcept { return value(inputs_[i]).type; }
  tensor::dtype output_type(std::size_t i) const noexcept { return value(outputs_[i]).type; }
  bool input_is_text(std::size_t i) const noexcept { return value(inputs_[i]).kind == model::graph_kind::texts; }
  bool output_is_text(std::size_t i) const noexcept { return value(outputs_[i]).kind == model::graph_kind::texts; }
  std::string_view input_name(std::size_t i) const noexcept { return named_[inputs_[i]].name; }
  std::string_view output_name(std::size_t i) const noexcept { return named_[outputs_[i]].name; }

  /// Which input, or output, has a name. Errors: not_found, with the names that there are.
  result<std::size_t> find_input(std::string_view name) const {
    return detail::find_port(detail::input_ports{*this}, name);
  }
  result<std::size_t> find_output(std::string_view name) const {
    return detail::find_port(detail::output_ports{*this}, name);
  }

  /// Where an input's elements are to be written, in row-major order; empty if they are not of type `T`. Texts are
  /// `std::string_view`s, whose characters the caller keeps.
  template <graph_element T>
  std::span<T> input(std::size_t i) noexcept {
    return elements_of<T>(value(inputs_[i]));
  }
  /// An output's elements after `run`; empty if they are not of type `T`.
  template <graph_element T>
  std::span<const T> output(std::size_t i) const noexcept {
    return elements_of<T>(value(outputs_[i]));
  }

  /// The same of a model that comes from elsewhere, by its place or its name: once, before the first run.
  /// Errors: type_mismatch, with its name, the type that it has and the one that was asked for; not_found;
  /// out_of_range.
  template <graph_element T>
  result<std::span<T>> input_as(std::size_t i) {
    return detail::elements_as<T>(detail::input_ports{*this}, i);
  }
  template <graph_element T>
  result<std::span<T>> input_as(std::string_view name) {
    return detail::elements_as<T>(detail::input_ports{*this}, name);
  }
  template <graph_element T>
  result<std::span<const T>> output_as(std::size_t i) const {
    return detail::elements_as<T>(detail::output_ports{*this}, i);
  }
  template <graph_element T>
  result<std::span<const T>> output_as(std::string_view name) const {
    return detail::elements_as<T>(detail::output_ports{*this}, name);
  }

  void run() noexcept {
    for (const auto& each : steps_) each->run();
  }
  /// The memory of inputs, outputs and what is between them, in bytes.
  std::size_t memory() const noexcept { return memory_.total(); }

 private:
  friend class graph_engine;
  const detail::planned_value& value(std::size_t i) const noexcept { return memory_.values[i]; }
  template <class T>
  static std::span<T> elements_of(const detail::planned_value& value) noexcept {
    const bool texts = std::is_same_v<T, std::string_view>;
    if (texts ? value.kind != model::graph_kind::texts : !value.is(detail::dtype_for<T>)) return {};
    return {reinterpret_cast<T*>(value.data), value.count()};
  }

  std::shared_ptr<const void> engine_;  // what stands there: constants, attributes, trees, packed weights
  std::span<const model::graph_value> named_;
  detail::run_memory memory_;
  std::vector<std::unique_ptr<detail::kernel>> steps_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::uint32_t> outputs_;
};

/// Runs graphs: models of other libraries, read by `model::read_onnx`.
///
///     auto graph = mr::model::load_onnx("model.onnx");
///     auto engine = mr::infer::graph_engine::make(*std::move(graph));
///     auto run = engine->prepare({{1, 30}});
///     auto in = run->input_as<float>("x");
///     auto out = run->output_as<float>("score");
///     if (!in || !out) return complain(in ? out.error() : in.error());  // both names, or both types
///     std::ranges::copy(row, in->begin());
///     run->run();
///     float score = out->front();
///
/// A copy shares all with what it is of, since nothing in it ever changes; so do runs. One that was moved from may only
/// be assigned to.
/// Threads: const calls from any number.
class graph_engine {
 public:
  using run_type = graph_run;

  /// Takes a graph and finds the operator of each node.
  /// Errors: those of `model::complete`; unsupported: one error that lists every operator which is missing, with its
  /// version and the nodes that call it; invalid_data: attributes that contradict each other, such as trees that never
  /// end, with the node and the attribute.
  ///
  /// Compiles all operators, once for each source file that calls it, which takes 15 to 30 seconds without a cache. A
  /// program of several such files says in one of them
  ///
  ///     template mr::result<mr::infer::graph_engine> mr::infer::graph_engine::make<>(mr::model::graph,
  ///                                                                                const mr::model::graph_limits&);
  ///
  /// and the same after `extern` in the others.
  template <class = void>
  static result<graph_engine> make(model::graph made, const model::graph_limits& limits = {});

  const model::graph& graph() const noexcept { return parts_->graph; }
  std::size_t inputs() const noexcept { return parts_->inputs.size(); }
  const model::graph_value& input(std::size_t i) const noexcept { return graph().values[parts_->inputs[i]]; }

  std::size_t outputs() const noexcept { return graph().outputs.size(); }
  const model::graph_value& output(std::size_t i) const noexcept { return graph().values[graph().outputs[i]]; }

  /// Which input, or output, has a name. Errors: not_found, with the names that there are.
  result<std::size_t> find_input(std::string_view name) const {
    return detail::find_port(detail::input_ports{*this}, name);
  }
  result<std::size_t> find_output(std::string_view name) const {
    return detail::find_port(detail::output_ports{*this}, name);
  }

  /// What the columns of an output mean that is a map from classes to scores in the model (ZipMap): the classes' names,
  /// whole numbers as text. Empty for every other output, which is what it is.
  std::vector<std::string> class_names(std::size_t output) const {
    std::vector<std::string> names;
    for (const model::graph_node& node : graph().nodes) {
      if (node.op != "ZipMap" || node.outputs.empty() || node.outputs[0] != graph().outputs[output]) continue;
      for (const model::graph_attribute& each : node.attributes) {
        if (const auto* texts = std::get_if<std::vector<std::string>>(&each.value)) names = *texts;
        if (const auto* wholes = std::get_if<std::vector<std::int64_t>>(&each.value))
          for (const std::int64_t label : *wholes) names.push_back(std::to_string(label));
      }
    }
    return names;
  }

  /// Lays out the memory for inputs of these shapes, one for each input in the graph's order, and finds the shape of
  /// every value. What does not depend on the inputs is computed here, once.
  /// Errors: shape_mismatch (shapes that contradict the graph's, or each other), unsupported (a type that an operator
  /// is not computed in, a shape that depends on an input's elements), out_of_range (more than `most_memory` bytes);
  /// the message names the node.
  result<graph_run> prepare(std::span<const std::vector<std::int64_t>> shapes,
                            std::size_t most_memory = std::size_t{1} << 34) const {
    const parts& has = *parts_;
    graph_run run;
    run.engine_ = parts_;
    run.named_ = has.graph.values;
    run.memory_.values.resize(has.graph.values.size());
    run.memory_.most = most_memory;
    run.inputs_ = has.inputs;
    run.outputs_ = has.graph.outputs;
    if (auto placed = place_inputs(run, shapes); !placed) return std::move(placed).error();
    place_constants(run);
    for (std::size_t i = 0; i < has.graph.nodes.size(); ++i) {
      const model::graph_node& node = has.graph.nodes[i];
      detail::planner at(node, has.graph.version(node.domain), run.memory_, has.readers, has.ready[i].get());
      const bool known = at.knows_all();
      if (!has_needed(at, has.operators[i]->needs) || !has.operators[i]->plan(at) || !at.problem().empty())
        return error(errc::unsupported, model::place_of(has.graph, i) + ": " + at.problem());
      if (run.memory_.total() > most_memory)
        return error(errc::out_of_range,
                     model::place_of(has.graph, i) + ": more than " + std::to_string(most_memory) + " bytes");
      settle(run, node, at.planned(), known);
    }
    return run;
  }
  result<graph_run> prepare(std::initializer_list<std::vector<std::int64_t>> shapes) const {
    return prepare(std::span(shapes.begin(), shapes.size()));
  }

  /// Whether an output has each row of a run of many from that row alone, with the bits of the run of one row: rows are
  /// the first dimension of the inputs and of the output. False where that isn't plain from the operators.
  /// Precondition: both runs are of this engine.
  bool keeps_rows_apart(const graph_run& one, const graph_run& many, std::size_t output) const {
    const std::int64_t rows = many.inputs_.empty() || many.input_shape(0).empty() ? 0 : many.input_shape(0)[0];
    const detail::row_independence found(graph(), one.memory_.values, many.memory_.values, rows);
    return output < outputs() && found.holds(graph().outputs[output]);
  }

 private:
  struct missing_operator {
    std::string name;
    std::vector<std::string> nodes;
    std::size_t count = 0;
  };

  /// What an engine is, for its copies and its runs too. Nobody changes it once it is made, nor moves it.
  struct parts {
    explicit parts(model::graph made) : graph(std::move(made)) {
      // An input with a constant has it as its value, as files of IR version 3 name all constants among the inputs.
      for (const std::uint32_t in : graph.inputs)
        if (!graph.values[in].constant) inputs.push_back(in);
      for (const model::graph_tensor& each : graph.constants) texts.emplace_back(each.texts.begin(), each.texts.end());
    }
    parts(const parts&) = delete;
    parts& operator=(const parts&) = delete;

    result<void> make_ready() {
      detail::run_memory none;
      ready.resize(graph.nodes.size());
      for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (operators[i]->ready == nullptr) continue;
        detail::planner at(graph.nodes[i], graph.version(graph.nodes[i].domain), none, readers);
        ready[i] = operators[i]->ready(at);
        if (!at.problem().empty()) return error(errc::invalid_data, model::place_of(graph, i) + ": " + at.problem());
      }
      return {};
    }
    void count_readers() {
      readers.assign(graph.values.size(), 0);
      for (const model::graph_node& node : graph.nodes)
        for (const std::uint32_t in : node.inputs)
          if (in != model::graph_node::absent) ++readers[in];
      for (const std::uint32_t out : graph.outputs) ++readers[out];  // the caller, who is never done
      for (const std::uint32_t in : graph.inputs) ++readers[in];     // a run may follow with the same input
    }

    model::graph graph;
    std::vector<std::uint32_t> inputs;
    std::vector<std::vector<std::string_view>> texts;  // of each constant
    std::vector<const detail::operator_entry*> operators;
    std::vector<detail::ready_state> ready;  // of each node
    std::vector<std::size_t> readers;
  };

  explicit graph_engine(std::shared_ptr<const parts> made) noexcept : parts_(std::move(made)) {}

  static void note(std::vector<missing_operator>& missing, const model::graph_node& node, std::int64_t version) {
    const std::string name =
        (node.domain.empty() ? "" : node.domain + '.') + node.op + " version " + std::to_string(version);
    std::size_t at = 0;
    while (at < missing.size() && missing[at].name != name) ++at;
    if (at == missing.size()) missing.push_back({name, {}, 0});
    if (++missing[at].count <= 3) missing[at].nodes.push_back('"' + node.name + '"');
  }
  static std::string list_of(const std::vector<missing_operator>& missing) {
    std::string text;
    for (const missing_operator& each : missing) {
      text += (text.empty() ? "" : "; ") + each.name + " (" + std::to_string(each.count) + " nodes:";
      for (const std::string& node : each.nodes) text += ' ' + node;
      text += each.count > each.nodes.size() ? " ...)" : ")";
    }
    return text;
  }

  result<void> place_inputs(graph_run& run, std::span<const std::vector<std::int64_t>> shapes) const {
    if (shapes.size() != inputs())
      return error(errc::shape_mismatch, "the graph has " + std::to_string(inputs()) + " inputs, " +
                                             std::to_string(shapes.size()) + " shapes are given");
    for (std::size_t i = 0; i < inputs(); ++i) {
      const std::uint32_t place = parts_->inputs[i];
      const model::graph_value& named = graph().values[place];
      if (!named.type || named.type->kind == model::graph_kind::other)
        return error(errc::unsupported, "input \"" + named.name + "\" is no tensor");
      if (!fits(shapes[i], *named.type, run.memory_.most))
        return error(errc::shape_mismatch,
                     "input \"" + named.name + "\" is not of shape " + detail::text_of(shapes[i]) +
                         (named.type->shape ? ", but of " + text_of(*named.type->shape) : std::string()));
      detail::planned_value& value = run.memory_.values[place];
      value.kind = named.type->kind;
      value.type = named.type->dtype;
      value.sizes = shapes[i];
      run.memory_.give(value, parts_->readers[place], true);
    }
    return {};
  }
  /// `[rows, 30]`: sizes that the graph does not know by their names, or as ?.
  [[gnu::cold]] static std::string text_of(const std::vector<model::graph_dimension>& shape) {
    std::string text = "[";
    for (const model::graph_dimension& each : shape) {
      if (text.size() > 1) text += ", ";
      text += each.size >= 0 ? std::to_string(each.size) : each.name.empty() ? std::string("?") : each.name;
    }
    return text + ']';
  }
  static bool fits(const std::vector<std::int64_t>& sizes, const model::graph_type& type, std::size_t most_memory) {
    const auto count = model::element_count(sizes);
    if (!count || *count > most_memory / 16 || sizes.size() > detail::most_dimensions) return false;
    if (!type.shape) return true;
    if (type.shape->size() != sizes.size()) return false;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if ((*type.shape)[i].size >= 0 && (*type.shape)[i].size != sizes[i]) return false;
    return true;
  }
  void place_constants(graph_run& run) const {
    for (std::size_t i = 0; i < graph().values.size(); ++i) {
      if (!graph().values[i].constant) continue;
      const std::uint32_t place = *graph().values[i].constant;
      const model::graph_tensor& constant = graph().constants[place];
      const bool texts = constant.kind == model::graph_kind::texts;
      const void* const data = texts ? static_cast<const void*>(parts_->texts[place].data()) : constant.bytes.data();
      // Kernels read their inputs, and write nothing but their outputs.
      auto* const bytes = static_cast<std::byte*>(const_cast<void*>(data));
      run.memory_.values[i] = {constant.kind, constant.dtype, constant.shape, bytes, detail::planned_value::no_block,
                               true};
    }
  }

  static bool has_needed(detail::planner& at, std::size_t needs) {
    for (std::size_t i = 0; i < needs; ++i)
      if (!at.has(i)) return at.refuse("its input " + std::to_string(i) + " is missing");
    return true;
  }
  void settle(graph_run& run, const model::graph_node& node, std::unique_ptr<detail::kernel> kernel, bool known) const {
    if (kernel != nullptr && known) kernel->run();
    if (kernel != nullptr && !known) run.steps_.push_back(std::move(kernel));
    for (const std::uint32_t out : node.outputs)
      if (known && out != model::graph_node::absent) run.memory_.values[out].known = true;
    for (const std::uint32_t in : node.inputs)
      if (in != model::graph_node::absent) run.memory_.release(run.memory_.values[in]);
  }

  std::shared_ptr<const parts> parts_;
};

template <class>
result<graph_engine> graph_engine::make(model::graph made, const model::graph_limits& limits) {
  if (auto done = model::complete(made, limits); !done) return std::move(done).error();
  auto all = std::make_shared<parts>(std::move(made));
  std::vector<missing_operator> missing;
  for (const model::graph_node& node : all->graph.nodes) {
    const std::int64_t version = all->graph.version(node.domain);
    const auto* found = detail::find_operator<>(node.domain, node.op, version);
    all->operators.push_back(found);
    if (found == nullptr) note(missing, node, version);
  }
  if (!missing.empty()) return error(errc::unsupported, "no operator for " + list_of(missing));
  if (auto done = all->make_ready(); !done) return std::move(done).error();
  all->count_readers();
  return graph_engine(std::move(all));
}

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_GRAPH_ENGINE_HPP
