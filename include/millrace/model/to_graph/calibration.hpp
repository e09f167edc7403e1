#ifndef MILLRACE_MODEL_TO_GRAPH_CALIBRATION_HPP
#define MILLRACE_MODEL_TO_GRAPH_CALIBRATION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Calibrations as operators: from scores, rows x 1 of the builder's element (rows x classes for `one_vs_rest`), to
// probabilities. A calibration of your own has such a function beside it.

inline graph_builder::value add_calibration(graph_builder& to, const platt& by, graph_builder::value scores) {
  // Without a slope an infinite score says nothing.
  const graph_builder::value scaled = by.slope() == 0
                                          ? to.call("Where", {to.call("IsNaN", {scores}), scores, to.number(0)})
                                          : to.call("Mul", {scores, to.number(by.slope())});
  return to.logistic(to.call("Add", {scaled, to.number(by.intercept())}));
}

/// Of a line between two knots, a score has gone the share (score - begin) / width, which is 0 before it and 1 behind;
/// the probability is the first one and what each line adds. Computed in doubles, since knots may lie close together.
inline graph_builder::value add_calibration(graph_builder& to, const isotonic& by, graph_builder::value scores) {
  const auto knots = by.knots();
  std::vector<double> begins, widths, rises;
  for (std::size_t i = 0; i + 1 < knots.size(); ++i) {
    begins.push_back(knots[i].score);
    widths.push_back(knots[i + 1].score - knots[i].score);
    rises.push_back(knots[i + 1].probability - knots[i].probability);
    if (!detail::math::is_finite(widths.back()))
      to.refuse("isotonic: two scores farther apart than the largest double");
  }
  const auto lines = static_cast<std::int64_t>(begins.size());
  const auto constant = [&](double x) { return to.doubles({&x, 1}, {}); };
  const graph_builder::value x = to.is_double() ? scores : to.cast(scores, tensor::dtype::f64);
  graph_builder::value made = constant(knots[0].probability);
  if (lines > 0) {
    const graph_builder::value off = to.call("Sub", {x, to.doubles(begins, {1, lines})});
    const graph_builder::value gone = to.call("Div", {off, to.doubles(widths, {1, lines})});
    const graph_builder::value share = to.call("Clip", {gone, constant(0), constant(1)});
    made = to.call("Add", {to.call("MatMul", {share, to.doubles(rises, {lines, 1})}), made});
  }
  const graph_builder::value probability = to.call("Where", {to.call("IsNaN", {x}), x, made});
  return to.is_double() ? probability : to.cast(probability, to.element());
}

template <class Each>
graph_builder::value add_calibration(graph_builder& to, const one_vs_rest<Each>& by, graph_builder::value scores) {
  std::vector<graph_builder::value> each;
  for (std::size_t k = 0; k < by.classes(); ++k) {
    each.push_back(add_calibration(to, by[k], to.columns(scores, {static_cast<std::int64_t>(k)})));
  }
  const graph_builder::value all = to.beside(std::move(each));
  const graph_builder::value sum = to.call("ReduceSum", {all, to.integers({1})});
  const graph_builder::value is_zero = to.call("Equal", {sum, to.number(0)});
  return to.call("Where", {is_zero, to.number(1 / static_cast<double>(by.classes())), to.call("Div", {all, sum})});
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TO_GRAPH_CALIBRATION_HPP
