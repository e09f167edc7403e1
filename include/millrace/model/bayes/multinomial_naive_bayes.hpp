#ifndef MILLRACE_MODEL_BAYES_MULTINOMIAL_NAIVE_BAYES_HPP
#define MILLRACE_MODEL_BAYES_MULTINOMIAL_NAIVE_BAYES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/bayes/bayes_options.hpp>
#include <millrace/model/bayes/detail/bayes_classifier.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Multinomial naive Bayes, for features that count: how often each word stands in a text, say. Every class draws its
/// words independently, from shares of its own.
///
///     auto fitted = mr::model::multinomial_naive_bayes::fit(word_counts, labels);
///
/// Shapes: rows x columns of numbers from 0, which need not be whole. Of two classes there is one output, the
/// probability of class 1; of more, one for each.
/// Guarantee: rows that come in parts give the counts of all rows at once. Priors are the classes' shares of the
/// weight. A row's outputs have the same bits alone and in any batch.
/// Missing values: refused by `fit` and `partial_fit`; the outputs for a row with NaN are NaN.
/// Complexity: fitting, rows x columns; asking, classes x columns.
/// Allocates: fitting, two numbers a class and column; asking, never.
/// Threads: const calls from any number; partial_fit alone.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 2008, 13.2.
class multinomial_naive_bayes : public detail::bayes_classifier<multinomial_naive_bayes> {
 public:
  /// A model that has seen no row, for `partial_fit`. `classes`: 2 or more.
  /// Errors: invalid_argument.
  static result<multinomial_naive_bayes> make(std::size_t inputs, std::size_t classes,
                                              const multinomial_bayes_options& with = {}) {
    if (auto right = detail::naive_bayes_sizes(saved_as, inputs, classes, with.smoothing); !right)
      return std::move(right).error();
    return multinomial_naive_bayes(inputs, classes, with.smoothing);
  }
  /// `labels`: the class of each row, a whole number from 0; every class up to the largest has a row, and there are two
  /// at the least. `weights`: none, or one for each row; a row of weight 0 changes nothing.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// or a weight), out_of_range (a negative feature or weight, or a label), invalid_data (every weight is 0, a class
  /// without rows, one class only).
  static result<multinomial_naive_bayes> fit(const matrix_view& rows, std::span<const float> labels,
                                             const multinomial_bayes_options& with = {},
                                             std::span<const float> weights = {}) {
    std::size_t classes = 0;
    auto batch = checked(rows, labels, weights, classes);
    if (!batch) return std::move(batch).error();
    auto made = make(rows.columns(), classes, with);
    if (made) made->update(*batch);
    return made;
  }
  /// Takes more rows of the classes that the model has. If it fails, nothing has changed.
  /// Errors: those of `fit`, and shape_mismatch for another number of columns.
  result<void> partial_fit(const matrix_view& rows, std::span<const float> labels,
                           std::span<const float> weights = {}) {
    if (auto same = detail::same_columns(saved_as, rows, inputs_); !same) return same;
    std::size_t count = classes();
    auto batch = checked(rows, labels, weights, count);
    if (!batch) return std::move(batch).error();
    update(*batch);
    return {};
  }

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t classes() const noexcept { return weight_.size(); }
  /// What the rows of class k weigh together. Precondition for this and the next: k < classes().
  double weight(std::size_t k) const noexcept { return weight_[k]; }
  /// The logarithm of each column's smoothed share in class k.
  std::span<const double> log_shares(std::size_t k) const noexcept { return {share_.data() + k * inputs_, inputs_}; }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u64(inputs_);
    to.u64(classes());
    to.f64(smoothing_);
    for (const std::vector<double>* part : {&weight_, &count_})
      for (const double x : *part) to.f64(x);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<multinomial_naive_bayes> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    const auto sizes = detail::saved_class_sizes(*from, 1);
    const double smoothing = from->f64();
    bool sound = sizes.sound && smoothing > 0 && detail::math::is_finite(smoothing);
    multinomial_naive_bayes made(sizes.inputs, sizes.classes, smoothing);
    for (std::vector<double>* part : {&made.weight_, &made.count_})
      for (double& x : *part) {
        x = from->f64();
        sound = sound && detail::math::is_finite(x) && x >= 0;
      }
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    made.prepare();
    return made;
  }

 private:
  friend bayes_classifier;
  static constexpr const char* saved_as = "multinomial_naive_bayes";

  multinomial_naive_bayes(std::size_t inputs, std::size_t classes, double smoothing)
      : inputs_(inputs),
        smoothing_(smoothing),
        weight_(classes),
        count_(classes * inputs),
        prior_(classes),
        share_(classes * inputs) {
    prepare();
  }

  static result<detail::class_batch> checked(const matrix_view& rows, std::span<const float> labels,
                                             std::span<const float> weights, std::size_t& classes) {
    auto batch = detail::class_batch::make(saved_as, rows, labels, weights, classes);
    if (!batch) return batch;
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t j = 0; j < rows.columns(); ++j)
        if (rows(i, j) < 0)
          return error(errc::out_of_range, std::string(saved_as) + ": row " + std::to_string(i) + ", column " +
                                               std::to_string(j) + " is negative");
    return batch;
  }

  double joint(const float* row, std::size_t k) const noexcept {
    return prior_[k] + detail::dot(share_.data() + k * inputs_, row, inputs_);
  }
  void update(const detail::class_batch& batch) noexcept {
    for (std::size_t i = 0; i < batch.rows.rows(); ++i) {
      const std::size_t k = batch.labels[i];
      weight_[k] += batch.weight(i);
      detail::add_multiple(count_.data() + k * inputs_, batch.weight(i), batch.rows.row(i).data(), inputs_);
    }
    prepare();
  }

  /// Computes from the counts what asking needs.
  void prepare() noexcept {
    double all = 0;
    for (const double weight : weight_) all += weight;
    for (std::size_t k = 0; k < classes(); ++k) {
      prior_[k] = weight_[k] > 0 ? detail::math::log(weight_[k] / all) : detail::math::log(0.0);
      double sum = 0;
      for (std::size_t j = 0; j < inputs_; ++j) sum += count_[k * inputs_ + j] + smoothing_;
      for (std::size_t j = 0; j < inputs_; ++j)
        share_[k * inputs_ + j] = detail::math::log(count_[k * inputs_ + j] + smoothing_) - detail::math::log(sum);
    }
  }

  std::size_t inputs_;
  double smoothing_;
  std::vector<double> weight_;  // of each class
  std::vector<double> count_;   // class after class
  std::vector<double> prior_;   // logarithms
  std::vector<double> share_;   // logarithms
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_MULTINOMIAL_NAIVE_BAYES_HPP
