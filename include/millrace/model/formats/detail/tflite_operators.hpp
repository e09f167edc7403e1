#ifndef MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_OPERATORS_HPP
#define MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_OPERATORS_HPP

#include <millrace/model/formats/detail/tflite_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How each operator of TensorFlow Lite is said in those of ONNX. Templates, so that only who reads a file compiles
// them. Source: the comments of tensorflow/lite/schema/schema.fbs and the reference kernels' documentation.
namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {
namespace tflite {

/// One operator in: the first of its inputs and outputs is what most of them need.
template <class = void>
void say_unary(builder& to, std::string_view op) {
  to.settle(0, {std::string(op), {to.real(0)}, {}});
}
template <class = void>
void say_binary(builder& to, std::string_view op) {
  to.settle(0, {std::string(op), {to.real(0), to.real(1)}, {}}, to.option<std::int8_t>(0));
}
/// What has no activation, and is computed in its own type.
template <class = void>
void say_pair(builder& to, std::string_view op) {
  to.settle(0, {std::string(op), {to.real(0), to.real(1)}, {}});
}

/// Rows of images have channels last in the file, and second in ONNX.
template <class = void>
std::uint32_t channels_second(builder& to, std::uint32_t value) {
  return to.emit({"Transpose", {value}, {to.ints("perm", {0, 3, 1, 2})}});
}
template <class = void>
void settle_channels_last(builder& to, call made, std::int8_t activation) {
  const std::uint32_t value = to.emit(std::move(made));
  to.settle(0, {"Transpose", {value}, {to.ints("perm", {0, 2, 3, 1})}}, activation);
}
template <class = void>
graph_attribute padding_of(builder& to) {
  const bool same = to.option<std::int8_t>(0) == 0;
  return {"auto_pad", std::string(same ? "SAME_UPPER" : "VALID")};
}
template <class = void>
void say_convolution(builder& to, bool depthwise) {
  const auto& x = to.input(0).shape;
  const auto& w = to.input(1).shape;
  if (x.size() != 4 || w.size() != 4 || w[3] < 1 || x[3] % w[3] != 0) return to.refuse("its inputs are no images");
  const std::size_t fused = depthwise ? 4 : 3;
  const std::int64_t group = depthwise ? x[3] : x[3] / w[3];
  const std::vector<std::int64_t> order =
      depthwise ? std::vector<std::int64_t>{3, 0, 1, 2} : std::vector<std::int64_t>{0, 3, 1, 2};
  call made{
      "Conv", {channels_second(to, to.real(0)), to.emit({"Transpose", {to.real(1)}, {to.ints("perm", order)}})}, {}};
  if (to.has(2)) made.inputs.push_back(to.real(2));
  made.attributes = {
      padding_of(to),
      to.ints("strides", {to.option<std::int32_t>(2, 1), to.option<std::int32_t>(1, 1)}),
      to.ints("dilations", {to.option<std::int32_t>(fused + 2, 1), to.option<std::int32_t>(fused + 1, 1)}),
      {"group", group}};
  settle_channels_last(to, std::move(made), to.option<std::int8_t>(fused));
}
template <class = void>
void say_pool(builder& to, std::string_view op) {
  if (to.input(0).shape.size() != 4) return to.refuse("its input is no image");
  call made{std::string(op), {channels_second(to, to.real(0))}, {}};
  made.attributes = {padding_of(to), to.ints("strides", {to.option<std::int32_t>(2, 1), to.option<std::int32_t>(1, 1)}),
                     to.ints("kernel_shape", {to.option<std::int32_t>(4, 1), to.option<std::int32_t>(3, 1)})};
  settle_channels_last(to, std::move(made), to.option<std::int8_t>(5));
}

template <class = void>
void say_fully_connected(builder& to) {
  const auto& w = to.input(1).shape;
  if (w.size() != 2) return to.refuse("its weights are no matrix");
  if (to.option<std::int8_t>(1) != 0) return to.refuse("its weights are shuffled");
  std::uint32_t x = to.real(0);
  const std::int8_t activation = to.option<std::int8_t>(0);
  if (to.option<bool>(2)) {  // keeps the dimensions
    const std::uint32_t turned = to.emit({"Transpose", {to.real(1)}, {to.ints("perm", {1, 0})}});
    if (!to.has(2)) return to.settle(0, {"MatMul", {x, turned}, {}}, activation);
    return to.settle(0, {"Add", {to.emit({"MatMul", {x, turned}, {}}), to.real(2)}, {}}, activation);
  }
  if (to.input(0).shape.size() != 2) x = to.emit({"Reshape", {x, to.wholes({-1, w[1]})}, {}});
  call made{"Gemm", {x, to.real(1)}, {{"transB", std::int64_t{1}}}};
  if (to.has(2)) made.inputs.push_back(to.real(2));
  to.settle(0, std::move(made), activation);
}
template <class = void>
void say_batch_matmul(builder& to) {
  std::uint32_t parts[2];
  for (std::size_t i = 0; i < 2; ++i) {
    parts[i] = to.real(i);
    if (!to.option<bool>(i)) continue;
    std::vector<std::int64_t> order;
    const std::size_t rank = to.input(i).shape.size();
    for (std::size_t k = 0; k < rank; ++k) order.push_back(static_cast<std::int64_t>(k));
    if (rank < 2) return to.refuse("its inputs are no matrices");
    std::swap(order[rank - 1], order[rank - 2]);
    parts[i] = to.emit({"Transpose", {parts[i]}, {to.ints("perm", std::move(order))}});
  }
  to.settle(0, {"MatMul", {parts[0], parts[1]}, {}});
}
template <class = void>
void say_softmax(builder& to) {
  std::uint32_t x = to.real(0);
  if (const float beta = to.option<float>(0, 1); beta != 1) x = to.emit({"Mul", {x, to.scalar(beta)}, {}});
  to.settle(0, {"Softmax", {x}, {{"axis", std::int64_t{-1}}}});
}

/// What moves elements alone does so with the numbers as they are stored.
template <class = void>
void say_move(builder& to, std::string_view op, std::vector<std::uint32_t> more,
              std::vector<graph_attribute> attributes) {
  more.insert(more.begin(), to.moved(0));
  to.settle_moved(0, {std::string(op), std::move(more), std::move(attributes)});
}
template <class = void>
void say_reshape(builder& to) {
  if (to.has(1)) return say_move(to, "Reshape", {to.shape_input(1)}, {});
  say_move(to, "Reshape", {to.wholes(to.option_wholes(0))}, {});
}
template <class = void>
void say_transpose(builder& to) {
  if (const auto order = to.constant_wholes(1)) say_move(to, "Transpose", {}, {to.ints("perm", *order)});
}
template <class = void>
void say_squeeze(builder& to) {
  const auto axes = to.option_wholes(0);
  say_move(to, "Squeeze", axes.empty() ? std::vector<std::uint32_t>() : std::vector<std::uint32_t>{to.wholes(axes)},
           {});
}
template <class = void>
void say_gather(builder& to) {
  if (to.option<std::int32_t>(1) != 0) return to.refuse("it goes through batches");
  say_move(to, "Gather", {to.raw(1)}, {{"axis", std::int64_t{to.option<std::int32_t>(0)}}});
}
template <class = void>
void say_slice(builder& to) {
  const auto first = to.constant_wholes(1);
  const auto sizes = to.constant_wholes(2);
  if (!first || !sizes) return;
  if (first->size() != sizes->size()) return to.refuse("its bounds are not of one length");
  std::vector<std::int64_t> ends = *first;
  for (std::size_t i = 0; i < ends.size(); ++i)
    ends[i] = (*sizes)[i] < 0 ? (std::numeric_limits<std::int32_t>::max)() : ends[i] + (*sizes)[i];
  say_move(to, "Slice", {to.wholes(*first), to.wholes(std::move(ends))}, {});
}
/// Masks say by one bit for each dimension which bounds are left open and which dimensions are dropped.
template <class = void>
void say_strided_slice(builder& to) {
  auto first = to.constant_wholes(1);
  auto ends = to.constant_wholes(2);
  const auto steps = to.constant_wholes(3);
  if (!first || !ends || !steps) return;
  if (to.option<std::int32_t>(2) != 0 || to.option<std::int32_t>(3) != 0 || to.option<bool>(5))
    return to.refuse("it adds dimensions, or counts from its begin");
  if (ends->size() != first->size() || steps->size() != first->size() || first->size() > 31)
    return to.refuse("its bounds are not of one length");
  constexpr std::int64_t most = (std::numeric_limits<std::int32_t>::max)();
  std::vector<std::int64_t> dropped;
  for (std::size_t i = 0; i < first->size(); ++i) {
    const std::int32_t bit = std::int32_t{1} << i;
    const bool forward = (*steps)[i] > 0;
    if ((to.option<std::int32_t>(4) & bit) != 0) {
      dropped.push_back(static_cast<std::int64_t>(i));
      (*ends)[i] = (*first)[i] == -1 ? most : (*first)[i] + 1;
    } else {
      if ((to.option<std::int32_t>(0) & bit) != 0) (*first)[i] = forward ? 0 : most;
      if ((to.option<std::int32_t>(1) & bit) != 0) (*ends)[i] = forward ? most : -most;
    }
  }
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < first->size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  call made{"Slice",
            {to.moved(0), to.wholes(*std::move(first)), to.wholes(*std::move(ends)), to.wholes(std::move(axes)),
             to.wholes(*steps)},
            {}};
  if (dropped.empty()) return to.settle_moved(0, std::move(made));
  to.settle_moved(0, {"Squeeze", {to.emit(std::move(made)), to.wholes(std::move(dropped))}, {}});
}
template <class = void>
void say_concatenation(builder& to, std::size_t axis_option, bool packs) {
  const std::int64_t axis = to.option<std::int32_t>(axis_option);
  const std::int8_t activation = packs ? std::int8_t{0} : to.option<std::int8_t>(1);
  const bool moves = activation == 0 && to.all_moved();
  call made{"Concat", {}, {{"axis", axis}}};
  for (std::size_t i = 0; i < to.inputs(); ++i) {
    made.inputs.push_back(moves ? to.raw(i) : to.real(i));
    if (packs) made.inputs.back() = to.emit({"Unsqueeze", {made.inputs.back(), to.wholes({axis})}, {}});
  }
  if (moves)
    to.settle_moved(0, std::move(made));
  else
    to.settle(0, std::move(made), activation);
}
template <class = void>
void say_split(builder& to, std::size_t value, std::optional<std::vector<std::int64_t>> lengths,
               std::optional<std::vector<std::int64_t>> axis, bool drops) {
  if (!axis || axis->size() != 1) return to.refuse("its axis is no constant");
  if (!to.same_scales(value)) return to.refuse("its parts have other scales than their whole");
  call made{"Split", {to.raw(value)}, {{"axis", (*axis)[0]}}};
  if (lengths)
    made.inputs.push_back(to.wholes(*std::move(lengths)));
  else
    made.attributes.push_back({"num_outputs", static_cast<std::int64_t>(to.outputs())});
  if (!drops) return to.emit_all(std::move(made));
  const std::vector<std::uint32_t> parts = to.emit_parts(std::move(made), to.outputs());
  for (std::size_t i = 0; i < parts.size(); ++i)
    to.settle_moved(i, {"Squeeze", {parts[i], to.wholes({(*axis)[0]})}, {}}, value);
}
template <class = void>
void say_pad(builder& to) {
  const auto pairs = to.constant_wholes(1);
  if (!pairs) return;
  std::vector<std::int64_t> pads;
  for (std::size_t end = 0; end < 2; ++end)
    for (std::size_t i = end; i < pairs->size(); i += 2) pads.push_back((*pairs)[i]);
  call made{"Pad", {to.real(0), to.wholes(std::move(pads))}, {}};
  if (to.has(2)) made.inputs.push_back(to.real(2));
  to.settle(0, std::move(made));
}

/// Sizes that every file states of what is cut into blocks; empty if one is left open.
template <class = void>
std::vector<std::int64_t> sizes_behind_rows(builder& to) {
  const stored_tensor& x = to.input(0);
  for (std::size_t i = 1; i < x.signature.size(); ++i)
    if (x.signature[i] < 0) to.refuse("a size of its input is left open");
  return x.shape;
}
/// Blocks of neighbours become rows, so that a window on them sees every nth neighbour.
template <class = void>
void say_space_to_batch(builder& to) {
  auto sizes = sizes_behind_rows(to);
  const auto blocks = to.constant_wholes(1);
  const auto pairs = to.constant_wholes(2);
  if (!blocks || !pairs) return;
  const std::size_t m = blocks->size();
  if (sizes.size() < m + 1 || pairs->size() != 2 * m) return to.refuse("its blocks do not fit its input");
  std::vector<std::int64_t> before(sizes.size(), 0);
  std::vector<std::int64_t> after(sizes.size(), 0);
  std::vector<std::int64_t> cut{0};
  std::vector<std::int64_t> order;
  std::vector<std::int64_t> made{-1};
  for (std::size_t i = 0; i < m; ++i) {
    const std::int64_t block = (*blocks)[i];
    before[i + 1] = (*pairs)[2 * i];
    after[i + 1] = (*pairs)[2 * i + 1];
    const std::int64_t size = sizes[i + 1] + before[i + 1] + after[i + 1];
    if (block < 1 || before[i + 1] < 0 || after[i + 1] < 0 || size % block != 0)
      return to.refuse("its blocks do not fit its input");
    cut.insert(cut.end(), {size / block, block});
    made.push_back(size / block);
    order.push_back(static_cast<std::int64_t>(2 * i + 2));
  }
  order.push_back(0);
  for (std::size_t i = 0; i < m; ++i) order.push_back(static_cast<std::int64_t>(2 * i + 1));
  for (std::size_t i = m + 1; i < sizes.size(); ++i) {
    order.push_back(static_cast<std::int64_t>(i + m));
    cut.push_back(sizes[i]);
    made.push_back(sizes[i]);
  }
  before.insert(before.end(), after.begin(), after.end());
  const std::uint32_t padded = to.emit({"Pad", {to.real(0), to.wholes(std::move(before))}, {}});
  const std::uint32_t parts = to.emit({"Reshape", {padded, to.wholes(std::move(cut))}, {}});
  const std::uint32_t turned = to.emit({"Transpose", {parts}, {to.ints("perm", std::move(order))}});
  to.settle(0, {"Reshape", {turned, to.wholes(std::move(made))}, {}});
}
template <class = void>
void say_batch_to_space(builder& to) {
  const auto sizes = sizes_behind_rows(to);
  const auto blocks = to.constant_wholes(1);
  const auto crops = to.constant_wholes(2);
  if (!blocks || !crops) return;
  const std::size_t m = blocks->size();
  if (sizes.size() < m + 1 || crops->size() != 2 * m) return to.refuse("its blocks do not fit its input");
  std::vector<std::int64_t> parts = *blocks;
  parts.push_back(-1);
  std::vector<std::int64_t> order{static_cast<std::int64_t>(m)};
  std::vector<std::int64_t> made{-1};
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> ends;
  std::vector<std::int64_t> axes;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    parts.push_back(sizes[i]);
    order.push_back(static_cast<std::int64_t>(m + i));
    made.push_back(sizes[i]);
    if (i > m) continue;
    order.push_back(static_cast<std::int64_t>(i - 1));
    made.back() *= (*blocks)[i - 1];
    first.push_back((*crops)[2 * i - 2]);
    ends.push_back(made.back() - (*crops)[2 * i - 1]);
    axes.push_back(static_cast<std::int64_t>(i));
    if ((*blocks)[i - 1] < 1 || first.back() < 0 || ends.back() < first.back())
      return to.refuse("its blocks do not fit its input");
  }
  const std::uint32_t cut = to.emit({"Reshape", {to.real(0), to.wholes(std::move(parts))}, {}});
  const std::uint32_t turned = to.emit({"Transpose", {cut}, {to.ints("perm", std::move(order))}});
  const std::uint32_t whole = to.emit({"Reshape", {turned, to.wholes(std::move(made))}, {}});
  to.settle(
      0, {"Slice", {whole, to.wholes(std::move(first)), to.wholes(std::move(ends)), to.wholes(std::move(axes))}, {}});
}

template <class = void>
void say_reduction(builder& to, std::string_view op) {
  const auto axes = to.constant_wholes(1);
  if (axes)
    to.settle(0, {std::string(op), {to.real(0), to.wholes(*axes)}, {{"keepdims", std::int64_t{to.option<bool>(0)}}}});
}
template <class = void>
void say_place_of_extreme(builder& to, std::string_view op) {
  const auto axis = to.constant_wholes(1);
  if (!axis || axis->size() != 1) return to.refuse("its axis is no constant");
  const std::uint32_t place =
      to.emit({std::string(op), {to.real(0)}, {{"axis", (*axis)[0]}, {"keepdims", std::int64_t{0}}}});
  to.settle(0, {"Cast", {place}, {to.type_of_output()}});
}

/// Operators that are one of ONNX on the same inputs.
struct same_operator {
  std::int32_t code;
  std::string_view name;
  std::string_view onnx;
  void (*say)(builder&, std::string_view);
};
/// Returns whether the operator is known.
template <class = void>
bool say_simple(builder& to, std::int32_t code) {
  static constexpr same_operator all[] = {
      {0, "ADD", "Add", say_binary},
      {8, "FLOOR", "Floor", say_unary},
      {14, "LOGISTIC", "Sigmoid", say_unary},
      {18, "MUL", "Mul", say_binary},
      {19, "RELU", "Relu", say_unary},
      {28, "TANH", "Tanh", say_unary},
      {40, "MEAN", "ReduceMean", say_reduction},
      {41, "SUB", "Sub", say_binary},
      {42, "DIV", "Div", say_binary},
      {47, "EXP", "Exp", say_unary},
      {50, "LOG_SOFTMAX", "LogSoftmax", say_unary},
      {54, "PRELU", "PRelu", say_pair},
      {55, "MAXIMUM", "Max", say_pair},
      {56, "ARG_MAX", "ArgMax", say_place_of_extreme},
      {57, "MINIMUM", "Min", say_pair},
      {58, "LESS", "Less", say_pair},
      {59, "NEG", "Neg", say_unary},
      {61, "GREATER", "Greater", say_pair},
      {62, "GREATER_EQUAL", "GreaterOrEqual", say_pair},
      {63, "LESS_EQUAL", "LessOrEqual", say_pair},
      {66, "SIN", "Sin", say_unary},
      {71, "EQUAL", "Equal", say_pair},
      {73, "LOG", "Log", say_unary},
      {74, "SUM", "ReduceSum", say_reduction},
      {75, "SQRT", "Sqrt", say_unary},
      {78, "POW", "Pow", say_pair},
      {79, "ARG_MIN", "ArgMin", say_place_of_extreme},
      {81, "REDUCE_PROD", "ReduceProd", say_reduction},
      {82, "REDUCE_MAX", "ReduceMax", say_reduction},
      {84, "LOGICAL_OR", "Or", say_pair},
      {86, "LOGICAL_AND", "And", say_pair},
      {87, "LOGICAL_NOT", "Not", say_unary},
      {89, "REDUCE_MIN", "ReduceMin", say_reduction},
      {101, "ABS", "Abs", say_unary},
      {104, "CEIL", "Ceil", say_unary},
      {108, "COS", "Cos", say_unary},
      {111, "ELU", "Elu", say_unary},
      {114, "QUANTIZE", "Identity", say_unary},
      {6, "DEQUANTIZE", "Identity", say_unary},
      {116, "ROUND", "Round", say_unary},
      {117, "HARD_SWISH", "HardSwish", say_unary},
      {1, "AVERAGE_POOL_2D", "AveragePool", say_pool},
      {17, "MAX_POOL_2D", "MaxPool", say_pool},
  };
  for (const same_operator& each : all)
    if (each.code == code) {
      to.name(each.name);
      each.say(to, each.onnx);
      return true;
    }
  return false;
}
template <class = void>
bool say_operator(builder& to, std::int32_t code) {
  if (say_simple(to, code)) return true;
  switch (code) {
    case 2:
      to.name("CONCATENATION");
      say_concatenation(to, 0, false);
      break;
    case 3:
      to.name("CONV_2D");
      say_convolution(to, false);
      break;
    case 4:
      to.name("DEPTHWISE_CONV_2D");
      say_convolution(to, true);
      break;
    case 9:
      to.name("FULLY_CONNECTED");
      say_fully_connected(to);
      break;
    case 20:
      to.name("RELU_N1_TO_1");
      to.settle(0, to.clip(to.real(0), -1, 1));
      break;
    case 21:
      to.name("RELU6");
      to.settle(0, to.clip(to.real(0), 0, 6));
      break;
    case 22:
      to.name("RESHAPE");
      say_reshape(to);
      break;
    case 25:
      to.name("SOFTMAX");
      say_softmax(to);
      break;
    case 34:
      to.name("PAD");
      say_pad(to);
      break;
    case 60:
      to.name("PADV2");
      say_pad(to);
      break;
    case 36:
      to.name("GATHER");
      say_gather(to);
      break;
    case 37:
      to.name("BATCH_TO_SPACE_ND");
      say_batch_to_space(to);
      break;
    case 38:
      to.name("SPACE_TO_BATCH_ND");
      say_space_to_batch(to);
      break;
    case 39:
      to.name("TRANSPOSE");
      say_transpose(to);
      break;
    case 43:
      to.name("SQUEEZE");
      say_squeeze(to);
      break;
    case 45:
      to.name("STRIDED_SLICE");
      say_strided_slice(to);
      break;
    case 65:
      to.name("SLICE");
      say_slice(to);
      break;
    case 49:
      to.name("SPLIT");
      say_split(to, 1, {}, to.constant_wholes(0), false);
      break;
    case 102:
      to.name("SPLIT_V");
      say_split(to, 0, to.constant_wholes(1), to.constant_wholes(2), false);
      break;
    case 88:
      to.name("UNPACK");
      say_split(to, 0, {}, std::vector<std::int64_t>{to.option<std::int32_t>(1)}, true);
      break;
    case 83:
      to.name("PACK");
      say_concatenation(to, 1, true);
      break;
    case 53:
      to.name("CAST");
      to.settle(0, {"Cast", {to.real(0)}, {to.type_of_output()}});
      break;
    case 69:
      to.name("TILE");
      say_move(to, "Tile", {to.shape_input(1)}, {});
      break;
    case 70:
      to.name("EXPAND_DIMS");
      if (const auto axis = to.constant_wholes(1)) say_move(to, "Unsqueeze", {to.wholes(*axis)}, {});
      break;
    case 72:
      to.name("NOT_EQUAL");
      to.settle(0, {"Not", {to.emit({"Equal", {to.real(0), to.real(1)}, {}})}, {}});
      break;
    case 76:
      to.name("RSQRT");
      to.settle(0, {"Reciprocal", {to.emit({"Sqrt", {to.real(0)}, {}})}, {}});
      break;
    case 77:
      to.name("SHAPE");
      to.settle(0, {"Cast", {to.emit({"Shape", {to.raw(0)}, {}})}, {to.type_of_output()}});
      break;
    case 90:
      to.name("FLOOR_DIV");
      to.settle(0, {"Floor", {to.emit({"Div", {to.real(0), to.real(1)}, {}})}, {}});
      break;
    case 92:
      to.name("SQUARE");
      to.settle(0, {"Mul", {to.real(0), to.real(0)}, {}});
      break;
    case 98:
      to.name("LEAKY_RELU");
      to.settle(0, {"LeakyRelu", {to.real(0)}, {{"alpha", to.option<float>(0)}}});
      break;
    case 99: {
      to.name("SQUARED_DIFFERENCE");
      const std::uint32_t away = to.emit({"Sub", {to.real(0), to.real(1)}, {}});
      to.settle(0, {"Mul", {away, away}, {}});
      break;
    }
    case 64:
      to.name("SELECT");
      to.settle(0, {"Where", {to.raw(0), to.real(1), to.real(2)}, {}});
      break;
    case 123:
      to.name("SELECT_V2");
      to.settle(0, {"Where", {to.raw(0), to.real(1), to.real(2)}, {}});
      break;
    case 126:
      to.name("BATCH_MATMUL");
      say_batch_matmul(to);
      break;
    case 150:
      to.name("GELU");
      to.settle(0, {"Gelu", {to.real(0)}, {{"approximate", std::string(to.option<bool>(0) ? "tanh" : "none")}}});
      break;
    default: return false;
  }
  return true;
}

}  // namespace tflite
}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_FORMATS_DETAIL_TFLITE_OPERATORS_HPP
