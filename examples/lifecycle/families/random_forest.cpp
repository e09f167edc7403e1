#include "family.hpp"
#include "holder.hpp"
#include "tree_reasons.hpp"

#include <millrace/model/to_graph/trees.hpp>
#include <millrace/model/trees/random_forest.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace lifecycle {

namespace {

namespace mm = mr::model;

struct forest_family : detail::tree_reasons {
  static constexpr family kind = family::random_forest;

  static std::string shape(const mm::random_forest& model) {
    return std::to_string(model.trees().trees() / model.outputs()) + " trees";
  }
};

/// A mean of shares that was summed up in steps may lie beyond 0 and 1 by a last bit.
struct forest_of_classes : forest_family {
  static void tidy(std::span<double> out) noexcept {
    for (double& p : out) p = p < 0 ? 0 : p > 1 ? 1 : p;
  }
};

mr::result<model_ptr> held(const learning_task& task, mr::result<mm::random_forest> fitted) {
  if (task.kind == task_kind::number) return detail::held<forest_family>(std::move(fitted));
  return detail::held<forest_of_classes>(std::move(fitted));
}

}  // namespace

mr::result<model_ptr> fit_random_forest(const lesson& from) {
  mm::forest_options with;
  with.trees = 100;
  with.depth = 12;
  with.min_leaf_weight = 3;
  // Numbers need more columns at a node than classes do. Source: Breiman, "Random forests", 2001, section 11.
  if (from.task.kind == task_kind::number) with.columns_of_node = from.rows.columns() / 3 + 1;
  if (with.columns_of_node > from.rows.columns()) with.columns_of_node = from.rows.columns();
  if (from.task.kind == task_kind::classes) with.classes = from.task.classes;
  with.categories = from.categories;
  with.seed = from.seed;
  return held(from.task, mm::random_forest::fit(from.rows, from.targets, with));
}

mr::result<model_ptr> load_random_forest(const learning_task& task, std::span<const std::byte> bytes) {
  return held(task, mm::random_forest::load(bytes));
}

}  // namespace lifecycle
