#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CANDIDATES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CANDIDATES_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../families/family.hpp"
#include "../families/network_options.hpp"
#include "../work/budget.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdio>
#include <optional>
#include <span>
#include <string>

/// Tries families of models by cross-validation, under one budget of time.
namespace lifecycle {

class production;

inline constexpr std::size_t fold_count = 3;
/// Rows that are shared out into folds, at most: enough to tell families apart.
inline constexpr std::size_t most_fold_rows = 9'000;

/// What models are fitted to, and under what.
struct workbench {
  const table& data;
  const encoder& encoding;
  const bound_encoder& encode;
  const row_split& parts;
  target_scale scale;
  training_options how;  // of the network
  production& stack;
};

/// A model, and how it was trained where it is a network.
struct fitted_family {
  model_ptr model;
  std::optional<training_record> training;
};

/// Fits a family to these rows of the table. A network is trained under the production's middlewares, stopped by the
/// validation rows, and shows its progress on `out`. Errors: those of the model.
mr::result<fitted_family> fit_family(const workbench& at, family kind, std::span<const std::size_t> rows,
                                     const std::string& about, std::FILE* out, const time_budget* limit = nullptr);

/// Tries each family on the same folds of the training rows. `training` is how the last network was trained, if one
/// was. Ends the job where the budget left none to compare.
comparison_record try_candidates(const workbench& at, std::span<const family> families, const time_budget& limit,
                                 std::FILE* out, std::optional<training_record>& training);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CANDIDATES_HPP
