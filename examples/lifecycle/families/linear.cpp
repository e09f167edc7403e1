#include "family.hpp"
#include "holder.hpp"

#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/to_graph/linear.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace lifecycle {

namespace {

struct linear_family {
  static constexpr family kind = family::linear;

  /// coefficient * (feature - mean).
  template <class Model>
  static std::vector<double> explain(const Model& model, std::span<const float> row, std::size_t output) {
    std::vector<double> all(model.inputs() * model.outputs());
    model.contributions(row, all);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(output * model.inputs());
    return {first, first + static_cast<std::ptrdiff_t>(model.inputs())};
  }
  template <class Model>
  static std::string shape(const Model& model) {
    return std::to_string(model.inputs()) + " coefficients" +
           (model.outputs() > 1 ? " a class, of " + std::to_string(model.outputs()) : "");
  }
};

}  // namespace

mr::result<model_ptr> fit_linear(const lesson& from) {
  if (from.task.kind == task_kind::number)
    return detail::held<linear_family>(mr::model::ridge::fit(from.rows, from.targets, {.l2 = 1}));
  return detail::held<linear_family>(mr::model::logistic_regression::fit(from.rows, from.targets, {.l2 = 1}));
}

mr::result<model_ptr> load_linear(const learning_task& task, std::span<const std::byte> bytes) {
  if (task.kind == task_kind::number) return detail::held<linear_family>(mr::model::ridge::load(bytes));
  return detail::held<linear_family>(mr::model::logistic_regression::load(bytes));
}

}  // namespace lifecycle
