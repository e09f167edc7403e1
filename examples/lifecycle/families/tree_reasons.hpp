#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_TREE_REASONS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_TREE_REASONS_HPP

#include <millrace/model/trees/tree_explainer.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace lifecycle::detail {

/// What each column adds to a score that trees make, as exact Shapley values.
struct tree_reasons {
  template <class Model>
  static std::vector<double> explain(const Model& model, std::span<const float> row, std::size_t output) {
    std::vector<double> adds(model.inputs());
    millrace::model::tree_explainer(model.trees(), model.inputs(), model.outputs(), output).contributions(row, adds);
    return adds;
  }
};

}  // namespace lifecycle::detail

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_TREE_REASONS_HPP
