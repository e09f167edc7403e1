#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_HOLDOUT_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_HOLDOUT_HPP

#include "../data/split.hpp"
#include "../data/table.hpp"
#include "../model/candidates.hpp"
#include "../model/features.hpp"
#include "../model/findings.hpp"
#include "../model/model_files.hpp"
#include "../options.hpp"

#include <optional>
#include <vector>

/// The model on the rows held out: how good it is, beside a simple one, and why it answers as it does.
namespace lifecycle {

/// How the model does on rows that it never saw. `corrected`: what was tried on its probabilities.
holdout_findings judge(const options& asked, const trained_model& model, const table& data, const row_split& parts,
                       const feature_rows& rows, const calibration_trial& corrected);

/// How a linear model does on the same rows: what a model has to be better than. None where that is the model, or where
/// it was not compared. Source: Rendle et al., "On the difficulty of evaluating baselines", 2019, for why.
std::optional<reference_record> judge_reference(const workbench& at, const comparison_record& compared);

/// Why the rows with the highest answers got them; of classes, the surest row of each.
std::vector<row_reasons> explain(const trained_model& model, const table& data, const row_split& parts,
                                 const feature_rows& rows, const std::vector<double>& answers);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_HOLDOUT_HPP
