#ifndef MILLRACE_INFER_DETAIL_OPERATORS_TABLE_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_TABLE_HPP

#include <millrace/infer/detail/operators/columns.hpp>
#include <millrace/infer/detail/operators/dense.hpp>
#include <millrace/infer/detail/operators/elementwise.hpp>
#include <millrace/infer/detail/operators/encoders.hpp>
#include <millrace/infer/detail/operators/linear_models.hpp>
#include <millrace/infer/detail/operators/places.hpp>
#include <millrace/infer/detail/operators/products.hpp>
#include <millrace/infer/detail/operators/quantized.hpp>
#include <millrace/infer/detail/operators/recurrent.hpp>
#include <millrace/infer/detail/operators/shapes.hpp>
#include <millrace/infer/detail/operators/text_casts.hpp>
#include <millrace/infer/detail/operators/trees.hpp>
#include <millrace/infer/detail/operators/windows.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// The newest version of ONNX's core operators that the table was written for.
inline constexpr std::int64_t newest_opset = 28;
/// Classical models' operators, and the newest version of them.
inline constexpr std::string_view ml = "ai.onnx.ml";
inline constexpr std::int64_t newest_ml = 5;

/// The operator that a node calls in a version of its domain; null if it is not known. A template, so that only who
/// makes an engine compiles the operators. Versions below 7 of arithmetic stretched shapes otherwise.
template <class = void>
const operator_entry* find_operator(std::string_view domain, std::string_view name, std::int64_t version) noexcept {
  static constexpr operator_entry operators[] = {
      {"", "Abs", 6, newest_opset, 1, plan_number<absolute_of>},
      {"", "Acos", 7, newest_opset, 1, plan_real<acos_of>},
      {"", "Acosh", 9, newest_opset, 1, plan_real<acosh_of>},
      {"", "Add", 7, newest_opset, 2, plan_addition},
      {"", "And", 7, newest_opset, 2, plan_logic<and_two>},
      {"", "ArgMax", 1, newest_opset, 1, plan_place_of_extreme<true>},
      {"", "ArgMin", 1, newest_opset, 1, plan_place_of_extreme<false>},
      {"", "Asin", 7, newest_opset, 1, plan_real<asin_of>},
      {"", "Asinh", 9, newest_opset, 1, plan_real<asinh_of>},
      {"", "Atan", 7, newest_opset, 1, plan_real<atan_of>},
      {"", "Atanh", 9, newest_opset, 1, plan_real<atanh_of>},
      {"", "AveragePool", 1, newest_opset, 1, plan_average_pool},
      {"", "BatchNormalization", 7, newest_opset, 5, plan_batch_norm},
      {"", "Cast", 6, newest_opset, 1, plan_any_cast},
      {"", "CastLike", 15, newest_opset, 2, plan_cast_like},
      {"", "Ceil", 6, newest_opset, 1, plan_real<ceil_of>},
      {"", "Celu", 12, newest_opset, 1, plan_celu},
      {"", "Clip", 6, newest_opset, 1, plan_clip},
      {"", "Concat", 4, newest_opset, 1, plan_concat},
      {"", "Constant", 1, newest_opset, 0, plan_constant},
      {"", "ConstantOfShape", 9, newest_opset, 1, plan_constant_of_shape},
      {"", "Conv", 1, newest_opset, 2, plan_conv},
      {"", "ConvInteger", 10, newest_opset, 2, plan_conv_integer},
      {"", "ConvTranspose", 1, newest_opset, 2, plan_conv_transpose},
      {"", "Cos", 7, newest_opset, 1, plan_real<cos_of>},
      {"", "Cosh", 9, newest_opset, 1, plan_real<cosh_of>},
      {"", "CumSum", 11, newest_opset, 2, plan_running_sum},
      {"", "DepthToSpace", 1, newest_opset, 1, plan_blocks<false>},
      {"", "DequantizeLinear", 10, newest_opset, 2, plan_dequantize},
      {"", "Div", 7, newest_opset, 2, plan_arithmetic<divide_two>},
      {"", "Dropout", 7, newest_opset, 1, plan_dropout},
      {"", "DynamicQuantizeLinear", 11, newest_opset, 1, plan_dynamic_quantize},
      {"", "Elu", 6, newest_opset, 1, plan_elu},
      {"", "Equal", 7, newest_opset, 2, plan_equal},
      {"", "Erf", 9, newest_opset, 1, plan_real<erf_of>},
      {"", "Exp", 6, newest_opset, 1, plan_real<exp_of>},
      {"", "Expand", 8, newest_opset, 2, plan_expand},
      {"", "Flatten", 1, newest_opset, 1, plan_flatten},
      {"", "Floor", 6, newest_opset, 1, plan_real<floor_of>},
      {"", "GRU", 7, newest_opset, 3, plan_recurrent<recurrence::gru>},
      {"", "Gather", 1, newest_opset, 2, plan_gather},
      {"", "GatherElements", 11, newest_opset, 2, plan_gather_elements},
      {"", "GatherND", 11, newest_opset, 2, plan_gather_nd},
      {"", "Gelu", 20, newest_opset, 1, plan_gelu},
      {"", "Gemm", 7, newest_opset, 2, plan_gemm, ready_product},
      {"", "GlobalAveragePool", 1, newest_opset, 1, plan_global_pool<false>},
      {"", "GlobalMaxPool", 1, newest_opset, 1, plan_global_pool<true>},
      {"", "Greater", 7, newest_opset, 2, plan_comparison<greater_two>},
      {"", "GreaterOrEqual", 12, newest_opset, 2, plan_comparison<at_least>},
      {"", "GroupNormalization", 18, newest_opset, 3, plan_channel_norm<true>},
      {"", "HardSigmoid", 6, newest_opset, 1, plan_hard_sigmoid},
      {"", "HardSwish", 14, newest_opset, 1, plan_real<hard_swish_of>},
      {"", "Hardmax", 1, newest_opset, 1, plan_softmax<soft::hard>},
      {"", "Identity", 1, newest_opset, 1, plan_identity},
      {"", "InstanceNormalization", 6, newest_opset, 3, plan_channel_norm<false>},
      {"", "IsInf", 10, newest_opset, 1, plan_is_infinite},
      {"", "IsNaN", 9, newest_opset, 1, plan_is_nan},
      {"", "LSTM", 7, newest_opset, 3, plan_recurrent<recurrence::lstm>},
      {"", "LayerNormalization", 17, newest_opset, 2, plan_layer_norm},
      {"", "LeakyRelu", 6, newest_opset, 1, plan_leaky_relu},
      {"", "Less", 7, newest_opset, 2, plan_comparison<less_two>},
      {"", "LessOrEqual", 12, newest_opset, 2, plan_comparison<at_most>},
      {"", "Log", 6, newest_opset, 1, plan_real<log_of>},
      {"", "LogSoftmax", 1, newest_opset, 1, plan_softmax<soft::logarithms>},
      {"", "LpPool", 2, newest_opset, 1, plan_lp_pool},
      {"", "MatMul", 1, newest_opset, 2, plan_matmul, ready_product},
      {"", "MatMulInteger", 10, newest_opset, 2, plan_matmul_integer},
      {"", "Max", 6, newest_opset, 1, plan_extreme<larger>},
      {"", "MaxPool", 1, newest_opset, 1, plan_max_pool},
      {"", "Mean", 6, newest_opset, 1, plan_sum<true>},
      {"", "Min", 6, newest_opset, 1, plan_extreme<smaller>},
      {"", "Mish", 18, newest_opset, 1, plan_real<mish_of>},
      {"", "Mod", 10, newest_opset, 2, plan_remainder},
      {"", "Mul", 7, newest_opset, 2, plan_arithmetic<multiply_two>},
      {"", "Neg", 6, newest_opset, 1, plan_signed<negative_of>},
      {"", "Not", 1, newest_opset, 1, plan_not},
      {"", "OneHot", 9, newest_opset, 3, plan_one_hot},
      {"", "Or", 7, newest_opset, 2, plan_logic<or_two>},
      {"", "PRelu", 7, newest_opset, 2, plan_arithmetic<slope_below_zero>},
      {"", "Pad", 2, newest_opset, 1, plan_pad},
      {"", "Pow", 7, newest_opset, 2, plan_power},
      {"", "QLinearConv", 10, newest_opset, 8, plan_linear_conv},
      {"", "QLinearMatMul", 10, newest_opset, 4, plan_linear_matmul},
      {"", "QuantizeLinear", 10, newest_opset, 2, plan_quantize},
      {"", "RNN", 7, newest_opset, 3, plan_recurrent<recurrence::simple>},
      {"", "Range", 11, newest_opset, 3, plan_range},
      {"", "Reciprocal", 6, newest_opset, 1, plan_real<inverse_of>},
      {"", "ReduceL1", 1, newest_opset, 1, plan_reduction<reduce_l1>},
      {"", "ReduceL2", 1, newest_opset, 1, plan_reduction<reduce_l2>},
      {"", "ReduceLogSum", 1, newest_opset, 1, plan_reduction<reduce_log_sum>},
      {"", "ReduceLogSumExp", 1, newest_opset, 1, plan_log_sum_exp},
      {"", "ReduceMax", 1, newest_opset, 1, plan_reduction<reduce_max>},
      {"", "ReduceMean", 1, newest_opset, 1, plan_reduction<reduce_mean>},
      {"", "ReduceMin", 1, newest_opset, 1, plan_reduction<reduce_min>},
      {"", "ReduceProd", 1, newest_opset, 1, plan_reduction<reduce_product>},
      {"", "ReduceSum", 1, newest_opset, 1, plan_reduction<reduce_sum, 13>},
      {"", "ReduceSumSquare", 1, newest_opset, 1, plan_reduction<reduce_squares>},
      {"", "Relu", 6, newest_opset, 1, plan_rectifier},
      {"", "Reshape", 1, newest_opset, 1, plan_reshape},
      {"", "Round", 11, newest_opset, 1, plan_real<round_of>},
      {"", "ScatterElements", 11, newest_opset, 3, plan_scatter_elements},
      {"", "ScatterND", 11, newest_opset, 3, plan_scatter_nd},
      {"", "Selu", 6, newest_opset, 1, plan_selu},
      {"", "Shape", 1, newest_opset, 1, plan_shape},
      {"", "Sigmoid", 6, newest_opset, 1, plan_real<logistic_of>},
      {"", "Sign", 9, newest_opset, 1, plan_number<sign_of>},
      {"", "Sin", 7, newest_opset, 1, plan_real<sin_of>},
      {"", "Sinh", 9, newest_opset, 1, plan_real<sinh_of>},
      {"", "Size", 1, newest_opset, 1, plan_size},
      {"", "Slice", 1, newest_opset, 1, plan_slice},
      {"", "Softmax", 1, newest_opset, 1, plan_softmax<soft::probabilities>},
      {"", "Softplus", 1, newest_opset, 1, plan_real<softplus_of>},
      {"", "Softsign", 1, newest_opset, 1, plan_real<softsign_of>},
      {"", "SpaceToDepth", 1, newest_opset, 1, plan_blocks<true>},
      {"", "Split", 2, newest_opset, 1, plan_split},
      {"", "Sqrt", 6, newest_opset, 1, plan_real<sqrt_of>},
      {"", "Squeeze", 1, newest_opset, 1, plan_squeeze},
      {"", "Sub", 7, newest_opset, 2, plan_arithmetic<subtract_two>},
      {"", "Sum", 6, newest_opset, 1, plan_sum<false>},
      {"", "Tan", 7, newest_opset, 1, plan_real<tan_of>},
      {"", "Tanh", 6, newest_opset, 1, plan_real<tanh_of>},
      {"", "ThresholdedRelu", 10, newest_opset, 1, plan_thresholded_relu},
      {"", "Tile", 6, newest_opset, 2, plan_tile},
      {"", "TopK", 1, newest_opset, 1, plan_top_k},
      {"", "Transpose", 1, newest_opset, 1, plan_transpose},
      {"", "Trilu", 14, newest_opset, 1, plan_triangle},
      {"", "Unsqueeze", 1, newest_opset, 1, plan_unsqueeze},
      {"", "Where", 9, newest_opset, 3, plan_where},
      {"", "Xor", 7, newest_opset, 2, plan_logic<xor_two>},
      {ml, "ArrayFeatureExtractor", 1, newest_ml, 2, plan_array_feature_extractor},
      {ml, "Binarizer", 1, newest_ml, 1, plan_binarizer},
      {ml, "CategoryMapper", 1, newest_ml, 1, plan_category_mapper},
      {ml, "FeatureVectorizer", 1, newest_ml, 1, plan_feature_vectorizer},
      {ml, "Imputer", 1, newest_ml, 1, plan_imputer},
      {ml, "LabelEncoder", 1, newest_ml, 1, plan_label_encoder},
      {ml, "LinearClassifier", 1, newest_ml, 1, plan_linear_classifier},
      {ml, "LinearRegressor", 1, newest_ml, 1, plan_linear_regressor},
      {ml, "Normalizer", 1, newest_ml, 1, plan_normalizer},
      {ml, "OneHotEncoder", 1, newest_ml, 1, plan_one_hot_encoder},
      {ml, "SVMClassifier", 1, newest_ml, 1, plan_svm_classifier},
      {ml, "SVMRegressor", 1, newest_ml, 1, plan_svm_regressor},
      {ml, "Scaler", 1, newest_ml, 1, plan_scaler},
      {ml, "TreeEnsemble", 5, newest_ml, 1, plan_tree_ensemble, ready_tree_ensemble},
      {ml, "TreeEnsembleClassifier", 1, newest_ml, 1, plan_tree_classifier, ready_tree_classifier},
      {ml, "TreeEnsembleRegressor", 1, newest_ml, 1, plan_tree_regressor, ready_tree_regressor},
      {ml, "ZipMap", 1, newest_ml, 1, plan_zip_map},
  };
  for (const operator_entry& each : operators)
    if (each.name == name && each.domain == domain && version >= each.from && version <= each.to) return &each;
  return nullptr;
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_TABLE_HPP
