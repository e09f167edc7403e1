#include "family.hpp"
#include "holder.hpp"
#include "tree_reasons.hpp"

#include <millrace/model/to_graph/trees.hpp>
#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/trees/losses.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace lifecycle {

namespace {

namespace mm = mr::model;

struct boosted_family : detail::tree_reasons {
  static constexpr family kind = family::boosted_trees;

  template <class Model>
  static std::string shape(const Model& model) {
    return std::to_string(model.rounds()) + " rounds of " +
           (model.outputs() > 1 ? std::to_string(model.outputs()) + " trees" : "a tree");
  }
};

/// Early stopping on a tenth of the rows finds the number of rounds; few rows need small steps, and leaves of some
/// size.
mm::boosting_options options_for(const lesson& from) {
  mm::boosting_options with;
  with.rounds = 200;
  with.leaves = from.rows.rows() < 2'000 ? 7 : 31;
  with.learning_rate = from.rows.rows() < 2'000 ? 0.05 : 0.1;
  with.patience = from.rows.rows() < 50 ? 0 : 15;
  if (with.patience == 0) with.rounds = 30;
  with.categories = from.categories;
  with.seed = from.seed;
  return with;
}

}  // namespace

mr::result<model_ptr> fit_boosted_trees(const lesson& from) {
  const mm::boosting_options with = options_for(from);
  if (from.task.kind == task_kind::number)
    return detail::held<boosted_family>(mm::boosted_trees<mm::squared_loss>::fit(from.rows, from.targets, with));
  if (from.task.kind == task_kind::classes)
    return detail::held<boosted_family>(mm::boosted_trees<mm::softmax_loss>::fit(
        from.rows, from.targets, with, {}, mm::softmax_loss{.classes = from.task.classes}));
  return detail::held<boosted_family>(mm::boosted_trees<>::fit(from.rows, from.targets, with));
}

mr::result<model_ptr> load_boosted_trees(const learning_task& task, std::span<const std::byte> bytes) {
  if (task.kind == task_kind::number)
    return detail::held<boosted_family>(mm::boosted_trees<mm::squared_loss>::load(bytes));
  if (task.kind == task_kind::classes)
    return detail::held<boosted_family>(mm::boosted_trees<mm::softmax_loss>::load(bytes));
  return detail::held<boosted_family>(mm::boosted_trees<>::load(bytes));
}

}  // namespace lifecycle
