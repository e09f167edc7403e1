#ifndef MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_FAMILY_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_FAMILY_HPP

#include "../data/table.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/to_graph/graph_builder.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Families of models behind one interface, so that the job tries them all and serves whichever is best.
namespace lifecycle {

enum class family : std::uint8_t { linear, boosted_trees, random_forest, network };

/// In the order in which they are tried: those first that are done soonest.
inline constexpr std::array<family, 4> all_families{family::boosted_trees, family::random_forest, family::linear,
                                                    family::network};

/// As it stands on the command line and in a model's file.
constexpr std::string_view to_string(family of) noexcept {
  switch (of) {
    case family::linear: return "linear";
    case family::boosted_trees: return "boosted_trees";
    case family::random_forest: return "random_forest";
    case family::network: return "network";
  }
  return "network";
}

/// As the reader is told.
constexpr std::string_view title_of(family of, task_kind task) noexcept {
  switch (of) {
    case family::linear: return task == task_kind::number ? "ridge regression" : "logistic regression";
    case family::boosted_trees: return "boosted trees";
    case family::random_forest: return "random forest";
    case family::network: return "neural network";
  }
  return "neural network";
}

constexpr std::optional<family> family_of(std::string_view name) noexcept {
  for (const family one : all_families)
    if (to_string(one) == name) return one;
  return std::nullopt;
}

/// Trees part columns as they are; what is linear needs them scaled, and categories apart.
constexpr bool reads_plain_columns(family of) noexcept {
  return of == family::boosted_trees || of == family::random_forest;
}

/// What is to be learned, as a model needs to know it.
struct learning_task {
  task_kind kind = task_kind::binary;
  std::size_t classes = 2;

  /// Of a row: the probability of the positive class, one for each class, or the number.
  std::size_t outputs() const noexcept { return kind == task_kind::classes ? classes : 1; }
};

/// A model that was fitted, whatever its family.
/// Threads: one at a time, since the network keeps room to work in.
class fitted_model {
 public:
  virtual ~fitted_model() = default;

  virtual family kind() const noexcept = 0;
  virtual std::size_t inputs() const noexcept = 0;
  virtual std::size_t outputs() const noexcept = 0;
  /// Probabilities, or the number. Precondition: row.size() == inputs(), out.size() == outputs(). Allocates: never.
  virtual void predict(std::span<const float> row, std::span<double> out) noexcept = 0;
  /// The same for many rows, row after row.
  virtual void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept = 0;
  /// What each input adds to the score of an output, before the link: for trees by exact Shapley values. Empty where
  /// the family cannot say.
  virtual std::vector<double> contributions(std::span<const float> row, std::size_t output) = 0;
  /// Puts the model into a graph: from rows of inputs, floats, to rows of outputs.
  virtual mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                                 mr::model::graph_builder::value rows) const = 0;
  /// A few words: 146-64-32-1, or 100 trees.
  virtual std::string shape() const = 0;
  virtual std::vector<std::byte> save() const = 0;
};

using model_ptr = std::unique_ptr<fitted_model>;

/// Rows to learn from, and what they teach: classes from 0, or numbers scaled to mean 0 and deviation 1.
struct lesson {
  learning_task task;
  mr::model::matrix_view rows;
  std::span<const float> targets;
  std::vector<std::size_t> categories;  // which of the rows' columns are codes of categories
  std::uint64_t seed = 1;
};

// Each family fits and loads in a file of its own, so that each is compiled once; work/train_network.hpp fits networks.
// Errors: those of the model.
mr::result<model_ptr> fit_linear(const lesson& from);
mr::result<model_ptr> fit_boosted_trees(const lesson& from);
mr::result<model_ptr> fit_random_forest(const lesson& from);
mr::result<model_ptr> load_linear(const learning_task& task, std::span<const std::byte> bytes);
mr::result<model_ptr> load_boosted_trees(const learning_task& task, std::span<const std::byte> bytes);
mr::result<model_ptr> load_random_forest(const learning_task& task, std::span<const std::byte> bytes);
mr::result<model_ptr> load_network(const learning_task& task, std::span<const std::byte> bytes);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_FAMILIES_FAMILY_HPP
