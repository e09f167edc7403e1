#ifndef MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_BUILDER_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_BUILDER_HPP

#include <millrace/model/formats/detail/onnx_types.hpp>
#include <millrace/model/formats/detail/tflite_file.hpp>
#include <millrace/model/formats/graph.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace tflite {

/// A call of an operator whose output is still to be named.
struct call {
  std::string op;
  std::vector<std::uint32_t> inputs;
  std::vector<graph_attribute> attributes;
};

/// Turns the operators of a file, one after another, into nodes of a graph. Numbers with scales are computed as real
/// numbers, and stored again with the scales of where they go.
class builder {
 public:
  builder(const stored_model& from, graph& made) : from_(from), made_(made) {
    raw_.assign(from.tensors.size(), graph_node::absent);
    real_.assign(from.tensors.size(), graph_node::absent);
    for (std::size_t i = 0; i < from.tensors.size(); ++i)
      if (names_.find(from.tensors[i].name) == nullptr) names_.insert(from.tensors[i].name, i);
  }

  /// Takes the operator that is to be said next.
  void take(std::size_t index) {
    operator_ = &from_.operators[index];
    name_.clear();
    problem_.clear();
  }
  void name(std::string_view operator_name) { name_ = operator_name; }
  const std::string& name() const noexcept { return name_; }
  const std::string& problem() const noexcept { return problem_; }
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }

  std::size_t inputs() const noexcept { return operator_->inputs.size(); }
  std::size_t outputs() const noexcept { return operator_->outputs.size(); }
  bool has(std::size_t i) const noexcept { return i < inputs() && operator_->inputs[i] >= 0; }
  const stored_tensor& input(std::size_t i) {
    static const stored_tensor none;
    if (!has(i)) refuse("its input " + std::to_string(i) + " is missing");
    return has(i) ? from_.tensors[place(operator_->inputs[i])] : none;
  }
  template <class T>
  T option(std::size_t field, T otherwise = T()) const noexcept {
    if constexpr (std::is_same_v<T, bool>)
      return operator_->options.number<std::uint8_t>(field, otherwise ? 1 : 0) != 0;
    else
      return operator_->options.number<T>(field, otherwise);
  }
  std::vector<std::int64_t> option_wholes(std::size_t field) const {
    std::vector<std::int64_t> values;
    const flatbuffer_list list = operator_->options.list(field, 4);
    for (std::size_t i = 0; i < list.size() && i < 64; ++i) values.push_back(list.number<std::int32_t>(i));
    return values;
  }
  /// The whole numbers of an input that is a constant; refuses others.
  std::optional<std::vector<std::int64_t>> constant_wholes(std::size_t i) {
    const stored_tensor& from = input(i);
    const bool wide = from.type == tensor::dtype::i64;
    if (!from.is_constant || (!wide && from.type != tensor::dtype::i32) || from.data.size() > 1024) {
      refuse("its input " + std::to_string(i) + " is no short list of constant whole numbers");
      return std::nullopt;
    }
    std::vector<std::int64_t> values;
    flatbuffer bytes(from.data);
    for (std::size_t at = 0; at < from.data.size(); at += wide ? 8 : 4)
      values.push_back(wide ? bytes.at<std::int64_t>(at) : std::int64_t{bytes.at<std::int32_t>(at)});
    return values;
  }

  // Values, by their index in the graph.

  /// An input as it is stored.
  std::uint32_t raw(std::size_t i) { return has(i) ? raw_value(place(operator_->inputs[i])) : missing(i); }
  /// An input as real numbers, where its numbers have scales.
  std::uint32_t real(std::size_t i) { return has(i) ? real_value(place(operator_->inputs[i])) : missing(i); }
  /// An input that says a shape: whole numbers of 64 bits.
  std::uint32_t shape_input(std::size_t i) {
    if (has(i) && input(i).is_constant) {
      const auto values = constant_wholes(i);
      return values ? wholes(*values) : missing(i);
    }
    return emit({"Cast", {raw(i)}, {{"to", std::int64_t{7}}}});
  }
  std::uint32_t wholes(std::vector<std::int64_t> values) {
    graph_tensor made{
        .dtype = tensor::dtype::i64, .shape = {static_cast<std::int64_t>(values.size())}, .bytes = {}, .texts = {}};
    made.bytes.resize(values.size() * 8);
    if (!values.empty()) std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
    return made_.add_constant(numbered("shape"), std::move(made));
  }
  std::uint32_t scalar(float value) { return reals({value}, {}); }
  static graph_attribute ints(std::string attribute, std::vector<std::int64_t> values) {
    return {std::move(attribute), std::move(values)};
  }
  graph_attribute type_of_output() {
    const auto type = output(0).type;
    if (!type) refuse("it makes elements of a type that is not read");
    return {"to", static_cast<std::int64_t>(onnx::type_of(type.value_or(tensor::dtype::f32)))};
  }
  call clip(std::uint32_t value, float least, float most) { return {"Clip", {value, scalar(least), scalar(most)}, {}}; }

  // Nodes.

  std::uint32_t emit(call made) {
    const std::uint32_t out = made_.add_value(numbered(made.op));
    add(std::move(made), {out});
    return out;
  }
  std::vector<std::uint32_t> emit_parts(call made, std::size_t count) {
    std::vector<std::uint32_t> outs;
    for (std::size_t i = 0; i < count; ++i) outs.push_back(made_.add_value(numbered(made.op)));
    add(std::move(made), outs);
    return outs;
  }
  /// Writes all outputs of the operator, as they are stored.
  void emit_all(call made) {
    std::vector<std::uint32_t> outs;
    for (const std::int32_t out : operator_->outputs) outs.push_back(raw_value(place(out)));
    add(std::move(made), std::move(outs));
  }
  /// Writes an output: a call, what it is put through (ActivationFunctionType), and its scales if it has some.
  void settle(std::size_t i, call made, std::int8_t activation = 0) {
    if (i >= outputs()) return refuse("it has no output " + std::to_string(i));
    const stored_tensor& to = output(i);
    const std::uint32_t out = raw_value(place(operator_->outputs[i]));
    if (activation == 1) made = {"Relu", {emit(std::move(made))}, {}};
    if (activation == 2) made = clip(emit(std::move(made)), -1, 1);
    if (activation == 3) made = clip(emit(std::move(made)), 0, 6);
    if (activation == 4) made = {"Tanh", {emit(std::move(made))}, {}};
    if (activation < 0 || activation > 4)
      return refuse("its activation " + std::to_string(activation) + " is not read");
    if (!to.is_quantized()) return add(std::move(made), {out});
    if (!has_zeros(to)) return refuse("its output's zero points do not fit their type");
    const std::uint32_t value = emit(std::move(made));
    add({"QuantizeLinear", {value, scales_of(to), zeros_of(to)}, scale_axis_of(to)}, {out});
  }

  bool same_scales(std::size_t i) {
    for (const std::int32_t out : operator_->outputs)
      if (!alike(input(i), from_.tensors[place(out)])) return false;
    return true;
  }
  bool all_moved() {
    for (std::size_t i = 0; i < inputs(); ++i)
      if (!same_scales(i)) return false;
    return true;
  }
  /// An input of what only moves elements: as it is stored, if the output has the same scales.
  std::uint32_t moved(std::size_t i) { return same_scales(i) ? raw(i) : real(i); }
  void settle_moved(std::size_t i, call made, std::size_t from = 0) {
    if (i >= outputs()) return refuse("it has no output " + std::to_string(i));
    if (same_scales(from))
      add(std::move(made), {raw_value(place(operator_->outputs[i]))});
    else
      settle(i, std::move(made));
  }

  /// The value of a tensor as it is stored.
  std::uint32_t raw_value(std::size_t tensor) {
    if (raw_[tensor] != graph_node::absent) return raw_[tensor];
    const stored_tensor& from = from_.tensors[tensor];
    if (!from.type)
      refuse("its tensor \"" + from.name + "\" is of type " + std::to_string(from.type_code) + ", which is not read");
    if (!from.is_constant) return raw_[tensor] = made_.add_value(name_of(tensor), type_of(from));
    graph_tensor constant{
        .dtype = from.type.value_or(tensor::dtype::u8), .shape = from.shape, .bytes = {}, .texts = {}};
    // Constants may share their bytes in the file; a graph's do not.
    bytes_ += from.data.size();
    if (bytes_ > most_bytes) {
      refuse("its constants take more than 8 GiB");
      constant.shape = {0};
    } else {
      constant.bytes.assign(from.data.begin(), from.data.end());
    }
    return raw_[tensor] = made_.add_constant(name_of(tensor), std::move(constant));
  }
  static graph_type type_of(const stored_tensor& from) {
    graph_type type{graph_kind::tensor, from.type.value_or(tensor::dtype::f32), std::vector<graph_dimension>()};
    for (const std::int64_t size : from.signature) type.shape->push_back({size < 0 ? -1 : size, {}});
    return type;
  }

 private:
  static constexpr std::size_t most_bytes = std::size_t{1} << 33;

  static std::size_t place(std::int32_t index) noexcept { return static_cast<std::size_t>(index); }
  const stored_tensor& output(std::size_t i) { return from_.tensors[place(operator_->outputs[i < outputs() ? i : 0])]; }
  static bool alike(const stored_tensor& a, const stored_tensor& b) noexcept {
    return a.is_quantized() == b.is_quantized() && (!a.is_quantized() || (a.scales == b.scales && a.zeros == b.zeros));
  }
  std::uint32_t missing(std::size_t i) {
    refuse("its input " + std::to_string(i) + " is missing");
    return graph_node::absent;
  }
  /// A name that no other value has.
  std::string numbered(std::string_view wanted) {
    std::string made;
    do made = std::string(wanted) + '#' + std::to_string(++numbered_);
    while (names_.find(made) != nullptr);
    return made;
  }
  /// The name of a tensor, if it has one and is the first of that name.
  std::string name_of(std::size_t tensor) {
    const std::string& wanted = from_.tensors[tensor].name;
    return !wanted.empty() && *names_.find(wanted) == tensor ? wanted : numbered(wanted);
  }
  void add(call made, std::vector<std::uint32_t> outs) {
    graph_node node;
    node.name = outs.empty() ? std::string() : made_.values[outs[0]].name;
    node.op = std::move(made.op);
    node.inputs = std::move(made.inputs);
    node.outputs = std::move(outs);
    node.attributes = std::move(made.attributes);
    made_.nodes.push_back(std::move(node));
  }
  std::uint32_t reals(const std::vector<float>& values, std::vector<std::int64_t> shape) {
    graph_tensor made{.dtype = tensor::dtype::f32, .shape = std::move(shape), .bytes = {}, .texts = {}};
    made.bytes.resize(values.size() * 4);
    std::memcpy(made.bytes.data(), values.data(), made.bytes.size());
    return made_.add_constant(numbered("number"), std::move(made));
  }
  std::uint32_t real_value(std::size_t tensor) {
    const stored_tensor& from = from_.tensors[tensor];
    const std::uint32_t value = raw_value(tensor);
    const bool half = from.type == tensor::dtype::f16;
    if (!from.is_quantized() && !half) return value;
    if (real_[tensor] != graph_node::absent) return real_[tensor];
    if (half) return real_[tensor] = emit({"Cast", {value}, {{"to", std::int64_t{1}}}});
    call made{"DequantizeLinear", {value, scales_of(from)}, scale_axis_of(from)};
    // Sums of products, in 32 bits, are never shifted.
    if (from.type == tensor::dtype::i32) {
      for (const std::int64_t zero : from.zeros)
        if (zero != 0) refuse("its tensor \"" + from.name + "\" has a zero point");
    } else if (has_zeros(from)) {
      made.inputs.push_back(zeros_of(from));
    } else {
      refuse("its tensor \"" + from.name + "\" has zero points beyond its type");
    }
    return real_[tensor] = emit(std::move(made));
  }
  static std::vector<std::int64_t> scale_shape(const stored_tensor& of) {
    if (of.scales.size() == 1) return {};
    return {static_cast<std::int64_t>(of.scales.size())};
  }
  static std::vector<graph_attribute> scale_axis_of(const stored_tensor& of) {
    if (of.scales.size() == 1) return {};
    return {{"axis", of.scale_axis}};
  }
  std::uint32_t scales_of(const stored_tensor& of) { return reals(of.scales, scale_shape(of)); }
  /// Whether the zero points fit into one byte, or two.
  static bool has_zeros(const stored_tensor& of) noexcept {
    const std::size_t size = tensor::size_of(*of.type);
    if (size > 2) return of.zeros.empty();
    const bool is_signed = *of.type == tensor::dtype::i8 || *of.type == tensor::dtype::i16;
    const std::int64_t span = std::int64_t{1} << (8 * size);
    for (const std::int64_t zero : of.zeros)
      if (zero < (is_signed ? -span / 2 : 0) || zero >= (is_signed ? span / 2 : span)) return false;
    return true;
  }
  std::uint32_t zeros_of(const stored_tensor& of) {
    const std::size_t size = tensor::size_of(*of.type);
    graph_tensor made{.dtype = *of.type, .shape = scale_shape(of), .bytes = {}, .texts = {}};
    for (const std::int64_t zero : of.zeros)
      for (std::size_t i = 0; i < size; ++i)
        made.bytes.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(zero) >> (8 * i)));
    return made_.add_constant(numbered("zero"), std::move(made));
  }

  const stored_model& from_;
  graph& made_;
  const stored_operator* operator_ = nullptr;
  std::vector<std::uint32_t> raw_;   // of each tensor: its value as it is stored
  std::vector<std::uint32_t> real_;  // the same as real numbers
  name_index<std::size_t> names_;    // of the tensors
  std::size_t numbered_ = 0;
  std::size_t bytes_ = 0;
  std::string name_;
  std::string problem_;
};

}  // namespace tflite
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_BUILDER_HPP
