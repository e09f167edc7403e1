#ifndef MILLRACE_MODEL_COMBINATION_STACKING_HPP
#define MILLRACE_MODEL_COMBINATION_STACKING_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/combination/detail/model_tuple.hpp>
#include <millrace/model/detail/renamed_rows.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/validation/splits.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How a stack is fitted.
template <class Last, class... Models>
struct stacking_options {
  /// The options of each model, and of the last one.
  std::tuple<typename Models::options_type...> models = {};
  typename Last::options_type last = {};
  /// How many folds the rows are dealt to, at random by the seed.
  std::size_t folds = 5;
  std::uint64_t seed = 1;
  /// Whether each fold has its share of each class; targets are then classes, whole numbers.
  bool stratified = false;
  /// Folds of your own instead, such as those of `group_k_fold` or `time_split`. The last model is fitted on the rows
  /// that they test.
  std::vector<fold> own_folds = {};
};

/// Several models, and a last one whose columns are their outputs.
///
///     using stack = mr::model::stacking<mr::model::logistic_regression, mr::model::boosted_trees<>, mr::model::ridge>;
///     auto fitted = stack::fit(rows, labels, {.folds = 5, .stratified = true});
///
/// The last model learns from what the others predict for rows that they were not fitted on: each is fitted once for
/// every fold on the rows outside it, asked about those in it, and in the end fitted on all rows. So the last model
/// does not trust one that only knows its rows by heart.
/// `Last`: the last model. `Models`: those below it, of any numbers of outputs, 256 in sum at most.
/// Shapes: rows x columns; the outputs of the last model.
/// Guarantee: what its models guarantee; the same seed and data give the same stack. Outputs are rounded to single
/// precision on their way to the last model.
/// Complexity: fitting, folds + 1 fits of each model; asking, the sum of its models'.
/// Allocates: while fitting, a copy of the rows besides what its models do; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Wolpert, "Stacked generalization", Neural Networks 5, 1992.
template <class Last, class... Models>
class stacking {
  static_assert(sizeof...(Models) > 0 && detail::are_combinable<Last, Models...>,
                "millrace[COMBINATION-2]: stacking takes models that are fitted to targets, saved and loaded, as "
                "model/predictor.hpp says: the last one, and those that it learns from");

 public:
  using options_type = stacking_options<Last, Models...>;

  /// `targets` and, if there are any, `weights`: one for each row. `on`: folds are fitted on any number of threads, to
  /// the same stack.
  /// Errors: those of `k_fold` or `stratified_k_fold`, shape_mismatch (targets or weights of another number; other
  /// outputs in a fold than with all rows, where a class is missing; more than 256 outputs), out_of_range (a row of
  /// `own_folds`), and those of the models. They name the fold and the model's place from 0, and the
  /// rows as the caller numbers them.
  static result<stacking> fit(const matrix_view& rows, std::span<const float> targets, const options_type& with = {},
                              std::span<const float> weights = {}, const executor_reference& on = {}) {
    if (auto same = detail::one_each(saved_as, "targets", targets.size(), rows.rows()); !same)
      return std::move(same).error();
    if (auto total = detail::sum_of_weights(saved_as, weights, rows.rows()); !total) return std::move(total).error();
    auto folds = folds_for(targets, with);
    if (!folds) return std::move(folds).error();
    auto models = detail::fit_each<Models...>(saved_as, rows, targets, with.models, weights);
    if (!models) return std::move(models).error();
    const std::size_t width = width_of(*models);
    if (width > detail::most_outputs)
      return error(errc::shape_mismatch, "stacking: the models have " + std::to_string(width) +
                                             " outputs together, above " + std::to_string(detail::most_outputs));
    std::vector<std::size_t> tested;
    std::vector<std::size_t> first;  // of each fold, where its rows begin in the last model's table
    for (const fold& of : *folds) {
      first.push_back(tested.size());
      tested.insert(tested.end(), of.test.begin(), of.test.end());
    }
    std::vector<float> table(tested.size() * width);
    std::vector<result<void>> done(folds->size());
    on(folds->size(), [&](std::size_t k) {
      done[k] = ask_fold((*folds)[k], k, rows, targets, with, weights, width, table.data() + first[k] * width);
    });
    for (result<void>& one : done)
      if (!one) return std::move(one).error();
    auto last = Last::fit(matrix_view(table, width), gather(targets, tested), with.last, gather_some(weights, tested));
    if (!last) return detail::in_rows(last.error(), tested).wrap("stacking, the last model");
    return stacking(*std::move(models), *std::move(last));
  }

  std::size_t inputs() const noexcept { return std::get<0>(models_).inputs(); }
  std::size_t outputs() const noexcept { return last_.outputs(); }
  const std::tuple<Models...>& models() const noexcept { return models_; }
  const Last& last() const noexcept { return last_; }

  /// A row's outputs; NaN for one of fewer columns than the models'. Precondition: out.size() == outputs(), or nothing
  /// is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() == outputs()) predict(matrix_view(row.data(), 1, row.size()), out);
  }
  /// All rows' outputs, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    double scratch[detail::most_outputs];
    float columns[detail::most_outputs];
    const std::size_t width = width_of(models_);
    const std::size_t block = detail::most_outputs / width;
    const std::size_t all = detail::rows_with_room(rows, inputs(), outputs(), out);
    for (std::size_t first = 0; first < all; first += block) {
      const std::size_t size = block < all - first ? block : all - first;
      const matrix_view some(rows.row(first).data(), size, rows.columns(), rows.stride());
      ask(models_, some, scratch, columns, width);
      last_.predict(matrix_view(columns, size, width), out.subspan(first * outputs(), size * outputs()));
    }
  }
  /// The only output of a row. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    double out = detail::math::nan;
    predict(row, std::span(&out, 1));
    return out;
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    detail::save_each(to, models_);
    to.block(last_.save());
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`, and of the models, which it names.
  static result<stacking> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    auto models = detail::load_each<Models...>(saved_as, *from);
    if (!models) return std::move(models).error();
    auto last = Last::load(from->block());
    if (!last) return std::move(last).error().wrap("stacking, the last model");
    stacking made(*std::move(models), *std::move(last));
    const std::size_t width = width_of(made.models_);
    bool sound = width >= 1 && width <= detail::most_outputs && made.last_.inputs() == width;
    detail::for_each_model(made.models_, [&](const auto& model) {
      sound = sound && model.inputs() == made.inputs() && model.outputs() >= 1;
    });
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* saved_as = "stacking";

  stacking(std::tuple<Models...> models, Last last) : models_(std::move(models)), last_(std::move(last)) {}

  static std::size_t width_of(const std::tuple<Models...>& models) noexcept {
    // A number above the most is as good as one more, and cannot overflow the sum.
    std::size_t sum = 0;
    detail::for_each_model(models, [&](const auto& model) {
      sum += model.outputs() < detail::most_outputs + 1 ? model.outputs() : detail::most_outputs + 1;
    });
    return sum;
  }
  /// Writes the outputs of the models for some rows, side by side, as the last model's columns. `scratch` has room for
  /// most_outputs numbers, `columns` for rows x width.
  static void ask(const std::tuple<Models...>& models, const matrix_view& rows, double* scratch, float* columns,
                  std::size_t width) noexcept {
    std::size_t column = 0;
    detail::for_each_model(models, [&](const auto& model) {
      const std::size_t outputs = model.outputs();
      model.predict(rows, std::span<double>(scratch, rows.rows() * outputs));
      for (std::size_t i = 0; i < rows.rows(); ++i)
        for (std::size_t k = 0; k < outputs; ++k)
          columns[i * width + column + k] = static_cast<float>(scratch[i * outputs + k]);
      column += outputs;
    });
  }
  static std::vector<float> gather_some(std::span<const float> weights, const std::vector<std::size_t>& rows) {
    return weights.empty() ? std::vector<float>() : gather(weights, rows);
  }

  static result<std::vector<fold>> folds_for(std::span<const float> targets, const options_type& with) {
    if (!with.own_folds.empty()) {
      for (std::size_t k = 0; k < with.own_folds.size(); ++k)
        for (const std::vector<std::size_t>* part : {&with.own_folds[k].train, &with.own_folds[k].test})
          for (const std::size_t row : *part)
            if (row >= targets.size())
              return error(errc::out_of_range, "stacking: fold " + std::to_string(k) + " has row " +
                                                   std::to_string(row) + " of " + std::to_string(targets.size()));
      return with.own_folds;
    }
    if (!with.stratified) return k_fold(targets.size(), with.folds, with.seed);
    std::vector<int> labels(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      if (!(targets[i] >= 0 && targets[i] < 65'536) || static_cast<float>(static_cast<int>(targets[i])) != targets[i])
        return error(errc::out_of_range, "stacking: the target of row " + std::to_string(i) + " is " +
                                             std::to_string(targets[i]) + ", not a whole number from 0 to 65535");
      labels[i] = static_cast<int>(targets[i]);
    }
    return stratified_k_fold(labels, with.folds, with.seed);
  }

  /// Fits the models outside a fold, and writes what they predict for its rows to the last model's table.
  static result<void> ask_fold(const fold& of, std::size_t number, const matrix_view& rows,
                               std::span<const float> targets, const options_type& with, std::span<const float> weights,
                               std::size_t width, float* table) {
    const std::string name = "stacking, fold " + std::to_string(number);
    const std::vector<float> train = gather_rows(rows, of.train);
    auto models = detail::fit_each<Models...>(name, matrix_view(train, rows.columns()), gather(targets, of.train),
                                              with.models, gather_some(weights, of.train));
    if (!models) return detail::in_rows(models.error(), of.train);
    if (width_of(*models) != width)
      return error(errc::shape_mismatch, name + ": the models have " + std::to_string(width_of(*models)) +
                                             " outputs, and " + std::to_string(width) +
                                             " with all rows; a class may have no rows outside the fold");
    const std::vector<float> test = gather_rows(rows, of.test);
    double scratch[detail::most_outputs];
    for (std::size_t i = 0; i < of.test.size(); ++i)
      ask(*models, matrix_view(test.data() + i * rows.columns(), 1, rows.columns()), scratch, table + i * width, width);
    return {};
  }

  std::tuple<Models...> models_;
  Last last_;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_COMBINATION_STACKING_HPP
