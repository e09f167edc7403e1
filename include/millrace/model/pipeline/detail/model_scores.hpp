#ifndef MILLRACE_MODEL_PIPELINE_DETAIL_MODEL_SCORES_HPP
#define MILLRACE_MODEL_PIPELINE_DETAIL_MODEL_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/predictor.hpp>
#include <millrace/model/trees/isolation_reasons.hpp>
#include <millrace/model/trees/tree_ensemble.hpp>
#include <millrace/model/trees/tree_explainer.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

template <class M>
concept scores_rows = requires(const M& model, std::span<const float> row, std::span<double> out) {
  { model.score(row, out) } noexcept;
};
template <class M>
concept scores_batches = requires(const M& model, const matrix_view& rows, std::span<double> out) {
  { model.score(rows, out) } noexcept;
};
template <class M>
concept scores_one = requires(const M& model, std::span<const float> row) {
  { model.score(row) } noexcept -> std::same_as<double>;
};

/// A row's scores: what a model adds up, before it makes probabilities of that, where it says so; else its outputs.
template <predictor M>
void write_scores(const M& model, std::span<const float> row, std::span<double> out) noexcept {
  if constexpr (scores_rows<M>)
    model.score(row, out);
  else if constexpr (scores_one<M>)
    out[0] = model.score(row);
  else
    model.predict(row, out);
}

/// The log odds of each class against all others, of a model whose outputs are probabilities. Those below 1e-15 count
/// as 1e-15, those above 1 - 1e-15 as that.
template <predictor M>
void write_class_odds(const M& model, std::span<const float> row, std::span<double> out) noexcept {
  model.predict(row, out);
  for (double& one : out) {
    if (one < 1e-15) one = 1e-15;
    if (one > 1 - 1e-15) one = 1 - 1e-15;
    one = math::log(one) - math::log1p(-one);
  }
}

/// What each column adds to one of a model's scores.
template <class M>
class column_contributions;

template <contributes M>
class column_contributions<M> {
 public:
  column_contributions(const M& model, std::size_t output)
      : model_(&model), output_(output), all_(model.inputs() * model.outputs()) {
    if constexpr (requires { model.mean_score(output); })
      base_ = model.mean_score(output);
    else
      base_ = model.mean_score();
  }

  double base() const noexcept { return base_; }
  void write(std::span<const float> row, std::span<double> out) {
    model_->contributions(row, all_);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = all_[output_ * out.size() + i];
  }

 private:
  const M* model_;
  std::size_t output_;
  std::vector<double> all_;
  double base_ = 0;
};

template <made_of_trees M>
requires(!contributes<M>)
class column_contributions<M> {
 public:
  column_contributions(const M& model, std::size_t output)
      : explainer_(model.trees(), model.inputs(), model.outputs(), output), base_(explainer_.base()) {
    if constexpr (requires { model.start()[output]; }) base_ += model.start()[output];
  }

  double base() const noexcept { return base_; }
  void write(std::span<const float> row, std::span<double> out) { explainer_.contributions(row, out); }

 private:
  tree_explainer explainer_;
  double base_;
};

/// Of an isolation forest, to the logarithm of its score's size: all NaN where its columns are too many for trees.
template <made_of_paths M>
requires(!contributes<M> && !made_of_trees<M>)
class column_contributions<M> {
 public:
  column_contributions(const M& model, std::size_t) {
    auto trees = explained_trees(model);
    if (!trees) return;
    trees_ = millrace::detail::make_owning<tree_ensemble>(*std::move(trees));
    explainer_ = millrace::detail::make_owning<tree_explainer>(*trees_, model.inputs());
  }

  double base() const noexcept { return explainer_ ? explainer_->base() : math::nan; }
  void write(std::span<const float> row, std::span<double> out) {
    for (double& one : out) one = math::nan;
    if (explainer_) explainer_->contributions(row, out);
  }

 private:
  millrace::detail::owning_pointer<tree_ensemble> trees_;
  millrace::detail::owning_pointer<tree_explainer> explainer_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PIPELINE_DETAIL_MODEL_SCORES_HPP
