#ifndef MILLRACE_MODEL_BAYES_GAUSSIAN_NAIVE_BAYES_HPP
#define MILLRACE_MODEL_BAYES_GAUSSIAN_NAIVE_BAYES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/bayes/bayes_options.hpp>
#include <millrace/model/bayes/detail/bayes_classifier.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Gaussian naive Bayes: classes whose features are taken to be normal and independent of each other, by the mean and
/// variance of every column in every class.
///
///     auto fitted = mr::model::gaussian_naive_bayes::fit(rows, labels);
///     fitted->partial_fit(more_rows, more_labels);
///
/// Shapes: rows x columns. Of two classes there is one output, the probability of class 1; of more, one for each.
/// Guarantee: rows that come in parts give the moments of all rows at once, but for rounding. Priors are the classes'
/// shares of the weight. What `smoothing` adds is its share of the largest weighted variance of a column over all rows
/// so far, or of 1 if every column is constant. A row's outputs have the same bits alone and in any batch.
/// Missing values: refused by `fit` and `partial_fit`; the outputs for a row with NaN are NaN.
/// Complexity: fitting, rows x columns; asking, classes x columns.
/// Allocates: fitting, a few numbers a class and column; asking, never.
/// Threads: const calls from any number; partial_fit alone.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
class gaussian_naive_bayes : public detail::bayes_classifier<gaussian_naive_bayes, gaussian_bayes_options> {
 public:
  /// The mean of each column in class k. Precondition for this and the next: k < classes().
  std::span<const double> means(std::size_t k) const noexcept { return {mean_.data() + k * inputs_, inputs_}; }
  /// The variance of a column in class k, smoothed. Precondition: column < inputs().
  double variance(std::size_t k, std::size_t column) const noexcept {
    return square_[k * inputs_ + column] / (weight_[k] > 0 ? weight_[k] : 1) + added_;
  }

 private:
  friend bayes_classifier;
  static constexpr const char* saved_as = "gaussian_naive_bayes";
  static constexpr std::size_t saved_parts = 2;  // numbers that are saved of each column of each class

  gaussian_naive_bayes(std::size_t inputs, std::size_t classes, double smoothing)
      : bayes_classifier(inputs, classes, smoothing),
        mean_(classes * inputs),
        square_(classes * inputs),
        constant_(classes),
        factor_(classes * inputs) {
    prepare();
  }

  /// Calls f(numbers, may be negative) for what is saved.
  template <class Self, class F>
  static void for_each_part(Self& self, F&& f) {
    f(self.weight_, false);
    f(self.mean_, true);
    f(self.square_, false);
  }

  double joint(const float* row, std::size_t k) const noexcept {
    const double* const mean = mean_.data() + k * inputs_;
    const double* const factor = factor_.data() + k * inputs_;
    double sum = constant_[k];
    for (std::size_t j = 0; j < inputs_; ++j) {
      const double off = static_cast<double>(row[j]) - mean[j];
      double square = off * off * factor[j];
      detail::rounded(square);
      sum -= square;
    }
    return sum;
  }

  void update(const detail::class_batch& batch) {
    gaussian_naive_bayes more(inputs_, classes(), smoothing_);
    more.count(batch);
    for (std::size_t k = 0; k < classes(); ++k) merge_class(k, more);
    prepare();
  }
  /// The moments of a batch, in two passes.
  void count(const detail::class_batch& batch) noexcept {
    for (std::size_t i = 0; i < batch.rows.rows(); ++i) {
      const std::size_t k = batch.labels[i];
      weight_[k] += batch.weight(i);
      detail::add_multiple(mean_.data() + k * inputs_, batch.weight(i), batch.rows.row(i).data(), inputs_);
    }
    for (std::size_t k = 0; k < classes(); ++k)
      for (std::size_t j = 0; j < inputs_ && weight_[k] > 0; ++j) mean_[k * inputs_ + j] /= weight_[k];
    for (std::size_t i = 0; i < batch.rows.rows(); ++i) {
      const std::size_t k = batch.labels[i];
      for (std::size_t j = 0; j < inputs_; ++j) {
        const double off = static_cast<double>(batch.rows(i, j)) - mean_[k * inputs_ + j];
        square_[k * inputs_ + j] += batch.weight(i) * off * off;
      }
    }
  }
  void merge_class(std::size_t k, const gaussian_naive_bayes& other) noexcept {
    const double both = weight_[k] + other.weight_[k];
    if (!(other.weight_[k] > 0)) return;
    const double share = other.weight_[k] / both;
    for (std::size_t j = k * inputs_; j < (k + 1) * inputs_; ++j) {
      const double apart = other.mean_[j] - mean_[j];
      mean_[j] = weight_[k] > 0 ? mean_[j] + share * apart : other.mean_[j];
      square_[j] += other.square_[j] + apart * apart * share * weight_[k];
    }
    weight_[k] = both;
  }

  /// Computes from the moments what asking needs.
  void prepare() noexcept {
    double all = 0;
    for (const double weight : weight_) all += weight;
    double most = 0;
    for (std::size_t j = 0; j < inputs_ && all > 0; ++j) {
      double mean = 0;
      for (std::size_t k = 0; k < classes(); ++k) mean += weight_[k] / all * mean_[k * inputs_ + j];
      double square = 0;
      for (std::size_t k = 0; k < classes(); ++k) {
        const double apart = mean_[k * inputs_ + j] - mean;
        square += square_[k * inputs_ + j] + weight_[k] * apart * apart;
      }
      most = detail::math::fmax(most, square / all);
    }
    added_ = smoothing_ * (most > 0 ? most : 1);
    for (std::size_t k = 0; k < classes(); ++k) {
      constant_[k] = weight_[k] > 0 ? detail::math::log(weight_[k] / all) : detail::math::log(0.0);
      for (std::size_t j = 0; j < inputs_; ++j) {
        constexpr double two_pi = 6.283185307179586;
        constant_[k] -= 0.5 * detail::math::log(two_pi * variance(k, j));
        factor_[k * inputs_ + j] = 0.5 / variance(k, j);
      }
    }
  }

  std::vector<double> mean_;    // class after class
  std::vector<double> square_;  // weighted sums of squared distances from the mean
  double added_ = 0;            // to each variance
  std::vector<double> constant_;
  std::vector<double> factor_;  // 1 / (2 variance)
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_GAUSSIAN_NAIVE_BAYES_HPP
