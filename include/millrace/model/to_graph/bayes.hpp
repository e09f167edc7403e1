#ifndef MILLRACE_MODEL_TO_GRAPH_BAYES_HPP
#define MILLRACE_MODEL_TO_GRAPH_BAYES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/bayes/gaussian_naive_bayes.hpp>
#include <millrace/model/bayes/multinomial_naive_bayes.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The logarithms of the classes' shares; that of a class without rows is -infinity.
template <class Model>
std::vector<double> log_priors(const Model& model) {
  double all = 0;
  for (std::size_t k = 0; k < model.classes(); ++k) all += model.weight(k);
  std::vector<double> made(model.classes());
  for (std::size_t k = 0; k < made.size(); ++k) made[k] = math::log(model.weight(k) > 0 ? model.weight(k) / all : 0.0);
  return made;
}

/// Probabilities of the joint log probabilities of rows with the classes: of class 1, of two classes, else of each.
inline graph_builder::value add_class_probabilities(graph_builder& to, graph_builder::value joint,
                                                    std::size_t classes) {
  if (classes > 2) return to.softmax(joint);
  const graph_builder::value one = to.columns(joint, {1});
  return to.logistic(to.call("Sub", {one, to.columns(joint, {0})}));
}

}  // namespace detail

// Naive Bayes as graphs: joint log probabilities of a row with each class, and the logistic function or softmax.

inline graph_builder::value add_outputs(graph_builder& to, const gaussian_naive_bayes& model,
                                        graph_builder::value rows) {
  const std::size_t classes = model.classes();
  std::vector<double> means, factors;
  std::vector<double> constants = detail::log_priors(model);
  for (std::size_t k = 0; k < classes; ++k)
    for (std::size_t j = 0; j < model.inputs(); ++j) {
      constexpr double two_pi = 6.283185307179586;
      means.push_back(model.means(k)[j]);
      factors.push_back(0.5 / model.variance(k, j));
      constants[k] -= 0.5 * detail::math::log(two_pi * model.variance(k, j));
    }
  const std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(classes),
                                        static_cast<std::int64_t>(model.inputs())};
  const graph_builder::value apart = to.call("Unsqueeze", {to.real(rows), to.integers({1})});
  const graph_builder::value off = to.call("Sub", {apart, to.numbers(means, shape)});
  const graph_builder::value parts = to.call("Mul", {to.call("Mul", {off, off}), to.numbers(factors, shape)});
  const graph_builder::value sums = to.call("ReduceSum", {parts, to.integers({2})}, {{"keepdims", std::int64_t{0}}});
  const graph_builder::value joint = to.call("Sub", {to.numbers(constants, {1, shape[1]}), sums});
  return detail::add_class_probabilities(to, joint, classes);
}

inline graph_builder::value add_outputs(graph_builder& to, const multinomial_naive_bayes& model,
                                        graph_builder::value rows) {
  const std::size_t classes = model.classes();
  std::vector<double> shares(model.inputs() * classes);
  for (std::size_t k = 0; k < classes; ++k)
    for (std::size_t j = 0; j < model.inputs(); ++j) shares[j * classes + k] = model.log_shares(k)[j];
  const auto width = static_cast<std::int64_t>(classes);
  const graph_builder::value sums =
      to.call("MatMul", {to.real(rows), to.numbers(shares, {static_cast<std::int64_t>(model.inputs()), width})});
  const graph_builder::value joint = to.call("Add", {sums, to.numbers(detail::log_priors(model), {1, width})});
  return detail::add_class_probabilities(to, joint, classes);
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_BAYES_HPP
