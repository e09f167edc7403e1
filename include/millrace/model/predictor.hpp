#ifndef MILLRACE_MODEL_PREDICTOR_HPP
#define MILLRACE_MODEL_PREDICTOR_HPP

#include <millrace/core/result.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// What a model is, one requirement a concept, so that a failed one names what is missing. A model of your own needs no
// base class; tests/laws/predictor.hpp is what the library asks of each of its own. The laws, which no compiler checks:
//
// - A row's outputs have the same bits alone, in any batch, on any number of threads, and after save and load.
// - A row with NaN, or with any other float, gives outputs; nothing but memory that the caller gave is written.
// - Const calls come from any number of threads. predict never allocates.
// - fit with the same rows, targets, options and weights gives a model that predicts the same bits. A row of weight 0
//   changes nothing but what depends on the number of rows.

/// How many columns a row has, and how many numbers are predicted for it.
template <class M>
concept has_shape = requires(const M& model) {
  { model.inputs() } noexcept -> std::convertible_to<std::size_t>;
  { model.outputs() } noexcept -> std::convertible_to<std::size_t>;
};

/// Predicts one row: const, noexcept, into memory of the caller.
template <class M>
concept predicts_rows = requires(const M& model, std::span<const float> row, std::span<double> out) {
  { model.predict(row, out) } noexcept;
};

/// Predicts a batch, row after row: const, noexcept, into memory of the caller.
template <class M>
concept predicts_batches = requires(const M& model, const matrix_view& rows, std::span<double> out) {
  { model.predict(rows, out) } noexcept;
};

/// A model, however it was made.
template <class M>
concept predictor = has_shape<M> && predicts_rows<M> && predicts_batches<M>;

/// Becomes bytes, and a model again.
template <class M>
concept saved_as_bytes = requires(const M& model, std::span<const std::byte> bytes) {
  { model.save() } -> std::same_as<std::vector<std::byte>>;
  { M::load(bytes) } -> std::same_as<result<M>>;
};

/// Says how it may be fitted: `options_type`, of which every member has a default.
template <class M>
concept has_options = std::default_initializable<typename M::options_type>;

/// Is fitted to rows and a target each; options and weights may be left out.
template <class M>
concept fits_targets =
    has_options<M> && requires(const matrix_view& rows, std::span<const float> targets,
                               const typename M::options_type& with, std::span<const float> weights) {
      { M::fit(rows, targets) } -> std::same_as<result<M>>;
      { M::fit(rows, targets, with, weights) } -> std::same_as<result<M>>;
    };

/// Is fitted to rows alone; options may be left out.
template <class M>
concept fits_rows = has_options<M> && requires(const matrix_view& rows, const typename M::options_type& with) {
  { M::fit(rows) } -> std::same_as<result<M>>;
  { M::fit(rows, with) } -> std::same_as<result<M>>;
};

/// A model that is fitted to targets.
template <class M>
concept trainer = predictor<M> && fits_targets<M>;

/// A model that is fitted without targets.
template <class M>
concept unsupervised_trainer = predictor<M> && fits_rows<M>;

/// Learns from one sample, and returns what it predicted before.
template <class M>
concept learns_samples = requires(M& model, std::span<const float> row, float number) {
  { model.partial_fit(row, number) } -> std::same_as<double>;
  { model.partial_fit(row, number, number) } -> std::same_as<double>;
};

/// Learns from further rows with a target each.
template <class M>
concept learns_batches = requires(M& model, const matrix_view& rows, std::span<const float> numbers) {
  { model.partial_fit(rows, numbers) } -> std::same_as<result<void>>;
  { model.partial_fit(rows, numbers, numbers) } -> std::same_as<result<void>>;
};

/// Learns from further rows without targets.
template <class M>
concept learns_rows = requires(M& model, const matrix_view& rows) {
  { model.partial_fit(rows) } -> std::same_as<result<void>>;
};

/// A model that goes on learning.
template <class M>
concept partial_trainer = predictor<M> && (learns_samples<M> || learns_batches<M> || learns_rows<M>);

/// Says what each column adds to a row's scores, output after output: `inputs` numbers for each. With `mean_score`,
/// those of the first output sum to its score.
template <class M>
concept contributes = requires(const M& model, std::span<const float> row, std::span<double> out) {
  { model.contributions(row, out) } noexcept;
  { model.mean_score() } noexcept -> std::same_as<double>;
};

/// Predicts by trees, which a `tree_explainer` explains; NaN where they are partial.
template <class M>
concept made_of_trees = requires(const M& model) {
  { model.trees() } noexcept -> std::same_as<const tree_ensemble&>;
};

/// Predicts by the lengths of paths, as an isolation forest; `explained_trees` makes trees of it that are explained.
template <class M>
concept made_of_paths = requires(const M& model) { typename std::type_identity_t<decltype(explained_trees(model))>; };

/// A model whose scores are sums of what the columns add.
template <class M>
concept explained = predictor<M> && (contributes<M> || made_of_trees<M> || made_of_paths<M>);

/// Says how much each column matters to it.
template <class M>
concept weighs_columns = requires(const M& model) {
  { model.importance() } -> std::same_as<std::vector<double>>;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_PREDICTOR_HPP
