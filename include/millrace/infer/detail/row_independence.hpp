#ifndef MILLRACE_INFER_DETAIL_ROW_INDEPENDENCE_HPP
#define MILLRACE_INFER_DETAIL_ROW_INDEPENDENCE_HPP

#include <millrace/infer/detail/planner.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/formats/graph.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

// Whether a graph computes each row from that row alone, so that rows may run together and keep their bits.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// What an operator asks of its inputs to keep rows, the first dimension, apart. What is not here mixes them.
enum class row_rule : std::uint8_t {
  mixes,
  elementwise,     // inputs stretch to each other
  same_order,      // elements stay in row-major order, or are summed within what has the same first index
  along_axis,      // works along attribute `axis`, by default the last
  along_second,    // works along attribute `axis`, by default the second
  columns,         // rows of columns; what else comes in is fixed
  matrix_product,  // rows times what is fixed
};

template <class = void>
row_rule row_rule_of(std::string_view domain, std::string_view op) noexcept {
  struct rule {
    row_rule is;
    std::string_view ops;  // each between spaces
  };
  constexpr rule core[] = {
      {row_rule::elementwise,
       " Abs Acos Acosh Add And Asin Asinh Atan Atanh Cast Ceil Celu Clip Cos Cosh Div Dropout Elu Equal Erf Exp Floor "
       "Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean "
       "Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt "
       "Sub Sum Tan Tanh ThresholdedRelu Where Xor "},
      {row_rule::same_order,
       " ArgMax ArgMin Flatten ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin "
       "ReduceProd "
       "ReduceSum ReduceSumSquare Reshape Squeeze Unsqueeze "},
      {row_rule::along_axis, " LayerNormalization TopK "},
      {row_rule::along_second, " Concat Hardmax LogSoftmax Softmax "},
      {row_rule::columns, " BatchNormalization "},
      {row_rule::matrix_product, " Gemm MatMul "},
  };
  constexpr rule classical[] = {
      {row_rule::elementwise, " CategoryMapper LabelEncoder ZipMap "},
      {row_rule::columns,
       " ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer "
       "OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor "},
  };
  const bool is_core = domain.empty();
  if (!is_core && domain != "ai.onnx.ml") return row_rule::mixes;
  for (const rule& each : is_core ? std::span<const rule>(core) : std::span<const rule>(classical)) {
    for (std::size_t at = each.ops.find(op); at != std::string_view::npos; at = each.ops.find(op, at + 1))
      if (at > 0 && each.ops[at - 1] == ' ' && each.ops[at + op.size()] == ' ') return each.is;
  }
  return row_rule::mixes;
}

/// Compares a run of one row with one of `rows`: what has as many more elements as there are more rows, and is made by
/// operators that keep rows apart, has each row's values where the run of one row has its own.
class row_independence {
 public:
  row_independence(const model::graph& of, const std::vector<planned_value>& one,
                   const std::vector<planned_value>& many, std::int64_t rows)
      : one_(one), many_(many), rows_(rows), places_(of.values.size(), place::other) {
    for (std::size_t i = 0; i < of.values.size(); ++i)
      if (is_fixed(i)) places_[i] = place::fixed;
    for (const std::uint32_t in : of.inputs)
      if (!of.values[in].constant && has_rows(in)) places_[in] = place::rows;
    for (const graph_node& node : of.nodes) {
      const bool apart = keeps_apart(node);
      for (const std::uint32_t out : node.outputs)
        if (out != graph_node::absent && places_[out] == place::other && apart && has_rows(out))
          places_[out] = place::rows;
    }
  }
  bool holds(std::uint32_t value) const noexcept { return places_[value] == place::rows; }

 private:
  enum class place : std::uint8_t { other, fixed, rows };

  /// Known in both runs, and the same: elements that are made of the number of rows are not.
  bool is_fixed(std::size_t i) const noexcept {
    const planned_value& a = one_[i];
    const planned_value& b = many_[i];
    if (!a.known || !b.known || a.kind != b.kind || a.type != b.type || a.sizes != b.sizes) return false;
    if (a.data == b.data || a.kind == graph_kind::texts) return a.data == b.data;
    return std::memcmp(a.data, b.data, a.count() * tensor::size_of(a.type)) == 0;
  }
  bool has_rows(std::size_t i) const noexcept {
    const shape& a = one_[i].sizes;
    const shape& b = many_[i].sizes;
    if (a.empty() || a.size() != b.size() || a[0] != 1 || b[0] != rows_) return false;
    for (std::size_t k = 1; k < a.size(); ++k)
      if (a[k] != b[k]) return false;
    return true;
  }
  bool keeps_apart(const graph_node& node) const noexcept {
    const row_rule rule = row_rule_of<>(node.domain, node.op);
    if (rule == row_rule::mixes || node.inputs.empty()) return false;
    if (rule == row_rule::same_order) return is(node, 0, place::rows);  // its shape says the rest
    std::size_t rank = 0;
    for (const std::uint32_t in : node.inputs) {
      if (in == graph_node::absent) continue;
      if (places_[in] == place::other) return false;
      rank = many_[in].sizes.size() > rank ? many_[in].sizes.size() : rank;
    }
    switch (rule) {
      case row_rule::elementwise: return stretches(node, rank);
      case row_rule::along_axis: return is(node, 0, place::rows) && axis_of(node, -1) > 0 && others_fixed(node);
      case row_rule::along_second: return axis_of(node, node.op == "Concat" ? 0 : 1) > 0 && all_rows(node);
      case row_rule::columns: return is(node, 0, place::rows) && rank >= 2 && fits_columns(node);
      case row_rule::matrix_product: return multiplies_rows(node);
      case row_rule::same_order:
      case row_rule::mixes: break;
    }
    return false;
  }
  /// Rows are the first dimension of all that has them, and stand beside no other first dimension but 1.
  bool stretches(const graph_node& node, std::size_t rank) const noexcept {
    for (const std::uint32_t in : node.inputs) {
      if (in == graph_node::absent) continue;
      const shape& sizes = many_[in].sizes;
      if (places_[in] == place::rows ? sizes.size() != rank : sizes.size() == rank && rank > 0 && sizes[0] != 1)
        return false;
    }
    return true;
  }
  bool fits_columns(const graph_node& node) const noexcept {
    if (node.op == "FeatureVectorizer") return all_rows(node);
    return others_fixed(node) && many_[node.inputs[0]].sizes.size() >= 2;
  }
  bool multiplies_rows(const graph_node& node) const noexcept {
    if (!is(node, 0, place::rows) || !others_fixed(node) || many_[node.inputs[0]].sizes.size() < 2) return false;
    if (node.inputs.size() < 2 || many_[node.inputs[1]].sizes.size() > 2) return false;
    if (node.inputs.size() < 3 || node.inputs[2] == graph_node::absent) return whole(node, "transA", 0) == 0;
    const shape& addend = many_[node.inputs[2]].sizes;
    return whole(node, "transA", 0) == 0 && (addend.size() < 2 || addend[0] == 1);
  }
  bool is(const graph_node& node, std::size_t i, place wanted) const noexcept {
    return node.inputs.size() > i && node.inputs[i] != graph_node::absent && places_[node.inputs[i]] == wanted;
  }
  bool all_rows(const graph_node& node) const noexcept {
    const std::size_t rank = many_[node.inputs[0]].sizes.size();
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (!is(node, i, place::rows) || many_[node.inputs[i]].sizes.size() != rank) return false;
    return true;
  }
  bool others_fixed(const graph_node& node) const noexcept {
    for (std::size_t i = 1; i < node.inputs.size(); ++i)
      if (node.inputs[i] != graph_node::absent && places_[node.inputs[i]] != place::fixed) return false;
    return true;
  }
  static std::int64_t whole(const graph_node& node, std::string_view name, std::int64_t otherwise) noexcept {
    const model::graph_attribute* const found = node.find(name);
    const auto* const number = found == nullptr ? nullptr : std::get_if<std::int64_t>(&found->value);
    return number == nullptr ? otherwise : *number;
  }
  /// Attribute `axis` of the first input, counted from the start; 0 if there is none such.
  std::int64_t axis_of(const graph_node& node, std::int64_t otherwise) const noexcept {
    std::int64_t axis = whole(node, "axis", otherwise);
    return settle_axis(axis, many_[node.inputs[0]].sizes.size()) ? axis : 0;
  }

  const std::vector<planned_value>& one_;
  const std::vector<planned_value>& many_;
  std::int64_t rows_;
  std::vector<place> places_;
};

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_ROW_INDEPENDENCE_HPP
