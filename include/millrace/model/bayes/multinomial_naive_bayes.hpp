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
class multinomial_naive_bayes : public detail::bayes_classifier<multinomial_naive_bayes, multinomial_bayes_options> {
 public:
  /// The logarithm of each column's smoothed share in class k.
  std::span<const double> log_shares(std::size_t k) const noexcept { return {share_.data() + k * inputs_, inputs_}; }

 private:
  friend bayes_classifier;
  static constexpr const char* saved_as = "multinomial_naive_bayes";
  static constexpr std::size_t saved_parts = 1;  // numbers that are saved of each column of each class

  multinomial_naive_bayes(std::size_t inputs, std::size_t classes, double smoothing)
      : bayes_classifier(inputs, classes, smoothing),
        count_(classes * inputs),
        prior_(classes),
        share_(classes * inputs) {
    prepare();
  }

  /// Counts are not negative.
  static result<void> check_features(const matrix_view& rows) {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t j = 0; j < rows.columns(); ++j)
        if (rows(i, j) < 0)
          return error(errc::out_of_range, std::string(saved_as) + ": row " + std::to_string(i) + ", column " +
                                               std::to_string(j) + " is negative");
    return {};
  }

  /// Calls f(numbers, may be negative) for what is saved.
  template <class Self, class F>
  static void for_each_part(Self& self, F&& f) {
    f(self.weight_, false);
    f(self.count_, false);
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

  std::vector<double> count_;  // class after class
  std::vector<double> prior_;  // logarithms
  std::vector<double> share_;  // logarithms
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_MULTINOMIAL_NAIVE_BAYES_HPP
