#ifndef MILLRACE_MODEL_TO_GRAPH_LINEAR_HPP
#define MILLRACE_MODEL_TO_GRAPH_LINEAR_HPP

#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/ftrl_linear.hpp>
#include <millrace/model/linear/ftrl_logistic.hpp>
#include <millrace/model/linear/linear_regression.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/linear/sgd_linear.hpp>
#include <millrace/model/linear/sgd_logistic.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

template <class M>
concept linear_in_columns = std::same_as<M, linear_regression> || std::same_as<M, ridge> ||
                            std::same_as<M, sgd_linear> || std::same_as<M, sgd_logistic>;

/// Whose rows may be sparse. A graph takes dense ones.
template <class M>
concept linear_by_ftrl = std::same_as<M, ftrl_linear> || std::same_as<M, ftrl_logistic>;

namespace detail {

/// Beyond so many columns a sparse model is refused: a dense row of them is 64 MB.
inline constexpr std::size_t most_dense_columns = std::size_t{1} << 24;

/// The products of rows, of the builder's element, with one list of coefficients an output, and an intercept each.
inline graph_builder::value add_linear_map(graph_builder& to, graph_builder::value rows,
                                           std::span<const std::span<const double>> coefficients,
                                           std::span<const double> intercepts) {
  const std::size_t outputs = intercepts.size();
  const std::size_t inputs = coefficients[0].size();
  std::vector<double> columns(inputs * outputs);
  for (std::size_t k = 0; k < outputs; ++k)
    for (std::size_t j = 0; j < inputs; ++j) columns[j * outputs + k] = coefficients[k][j];
  const auto width = static_cast<std::int64_t>(outputs);
  const graph_builder::value products =
      to.call("MatMul", {rows, to.numbers(columns, {static_cast<std::int64_t>(inputs), width})});
  return to.call("Add", {products, to.numbers(intercepts, {1, width})});
}

}  // namespace detail

// Linear models as graphs: a product of matrices, and the logistic function or softmax.

/// The scores of a model of one score.
template <linear_in_columns M>
graph_builder::value add_scores(graph_builder& to, const M& model, graph_builder::value rows) {
  const std::span<const double> coefficients = model.coefficients();
  const double intercept = model.intercept();
  return detail::add_linear_map(to, to.real(rows), {&coefficients, 1}, {&intercept, 1});
}
template <linear_by_ftrl M>
graph_builder::value add_scores(graph_builder& to, const M& model, graph_builder::value rows) {
  if (model.inputs() > detail::most_dense_columns) {
    to.refuse("dense rows of " + std::to_string(model.inputs()) + " columns");
    return rows;
  }
  std::vector<double> each(model.inputs());
  for (std::size_t j = 0; j < each.size(); ++j) each[j] = model.coefficient(j);
  const std::span<const double> coefficients = each;
  const double intercept = model.intercept();
  return detail::add_linear_map(to, to.real(rows), {&coefficients, 1}, {&intercept, 1});
}
inline graph_builder::value add_scores(graph_builder& to, const logistic_regression& model, graph_builder::value rows) {
  std::vector<std::span<const double>> coefficients;
  std::vector<double> intercepts;
  for (std::size_t k = 0; k < model.outputs(); ++k) {
    coefficients.push_back(model.coefficients(k));
    intercepts.push_back(model.intercept(k));
  }
  return detail::add_linear_map(to, to.real(rows), coefficients, intercepts);
}

template <class M>
requires(linear_in_columns<M> || linear_by_ftrl<M>)
graph_builder::value add_outputs(graph_builder& to, const M& model, graph_builder::value rows) {
  const graph_builder::value scores = add_scores(to, model, rows);
  return std::same_as<M, sgd_logistic> || std::same_as<M, ftrl_logistic> ? to.logistic(scores) : scores;
}
inline graph_builder::value add_outputs(graph_builder& to, const logistic_regression& model,
                                        graph_builder::value rows) {
  const graph_builder::value scores = add_scores(to, model, rows);
  return model.outputs() == 1 ? to.logistic(scores) : to.softmax(scores);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_LINEAR_HPP
