#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP

#include "../data/describe.hpp"
#include "../data/table.hpp"
#include "encode.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/result.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/selection/permutation_importance.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Which columns a model looks at, and why a row got its answer.
namespace lifecycle {

namespace detail {

/// A model as the library's importance sees it: where rows are dealt anew, a column of the table is one number, the row
/// whose cells it takes, however many of the model's inputs are made of it. Exact up to 2^24 rows.
class dealt_columns {
 public:
  dealt_columns(fitted_model& model, const std::vector<column_place>& places, const feature_rows& from,
                const target_scale& scale)
      : model_(&model), places_(&places), from_(&from), scale_(scale) {}

  std::size_t inputs() const noexcept { return places_->size(); }
  std::size_t outputs() const noexcept { return model_->outputs(); }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    predict(mr::model::matrix_view(row, row.size()), out);
  }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) const noexcept {
    std::vector<float> numbers(rows.rows() * from_->columns);
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t j = 0; j < places_->size(); ++j) {
        const column_place& at = (*places_)[j];
        const std::size_t source = static_cast<std::size_t>(rows(i, j));
        std::copy_n(from_->numbers.data() + source * from_->columns + at.first, at.width,
                    numbers.data() + i * from_->columns + at.first);
      }
    model_->predict({numbers, from_->columns}, out);
    for (double& one : out) one = scale_.unscaled(one);
  }

 private:
  fitted_model* model_;
  const std::vector<column_place>* places_;
  const feature_rows* from_;
  target_scale scale_;
};

}  // namespace detail

/// What the answers on all rows are measured by.
using holdout_measure = std::function<mr::result<double>(std::span<const double>)>;

/// How much worse the measure gets when the cells of one column are dealt out anew among these rows, for every column;
/// the most first. Errors: those of the measure.
inline mr::result<column_importance> importance(fitted_model& model, const std::vector<column_place>& places,
                                                const feature_rows& rows, const target_scale& scale,
                                                const holdout_measure& measure,
                                                const mr::model::importance_options& with) {
  std::vector<float> own(rows.view().rows() * places.size());
  for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<float>(i / places.size());
  const auto found = mr::model::permutation_importance(detail::dealt_columns(model, places, rows, scale),
                                                       {own, places.size()}, measure, with);
  if (!found) return found.error();
  column_importance lost;
  for (std::size_t j = 0; j < places.size(); ++j) lost.emplace_back(places[j].name, (*found)[j].mean);
  std::stable_sort(lost.begin(), lost.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return lost;
}

namespace detail {

/// A cell as a reader knows it.
inline std::string cell_text(const column& of, std::size_t row) {
  if (of.type == column_type::category)
    return of.codes[row] == missing_code ? "missing" : clipped(of.categories[of.codes[row]], 30);
  if (std::isnan(of.numbers[row])) return "missing";
  return number_text(of, of.numbers[row]);
}

}  // namespace detail

/// The columns that move this row's score most; none where the family cannot say.
inline std::vector<row_reasons::reason> reasons_of(fitted_model& model, const std::vector<column_place>& places,
                                                   std::span<const float> features, std::size_t output,
                                                   const table& from, std::size_t row, std::size_t most) {
  const std::vector<double> adds = model.contributions(features, output);
  std::vector<row_reasons::reason> found;
  for (const column_place& at : places) {
    if (adds.empty()) break;
    const auto first = adds.begin() + static_cast<std::ptrdiff_t>(at.first);
    const auto named =
        std::find_if(from.columns.begin(), from.columns.end(), [&](const column& one) { return one.name == at.name; });
    found.push_back({at.name, detail::cell_text(*named, row),
                     std::accumulate(first, first + static_cast<std::ptrdiff_t>(at.width), 0.0)});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return std::fabs(a.adds) > std::fabs(b.adds); });
  if (found.size() > most) found.resize(most);
  return found;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_IMPORTANCE_HPP
