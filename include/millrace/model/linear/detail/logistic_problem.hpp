#ifndef MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_PROBLEM_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_PROBLEM_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/detail/column_centres.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/gram_sum.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/logistic_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// The smooth part of what logistic regression minimises: log losses and l2, as a function of the parameters. For each
/// function (the one of two classes, or one a class) these are the coefficients of the centred columns and, if there is
/// one, the intercept.
class logistic_problem {
 public:
  /// `labels`: one a row, below `classes`.
  logistic_problem(const matrix_view& rows, std::vector<std::uint32_t> labels, std::size_t classes,
                   std::span<const float> weights, double total, const logistic_options& with)
      : rows_(rows),
        labels_(std::move(labels)),
        weights_(weights),
        functions_(classes == 2 ? 1 : classes),
        intercept_(with.intercept),
        l2_(with.l2),
        total_(total),
        means_(column_means(rows, weights, total)),
        row_(rows.columns() + 1, 1.0),
        scores_(functions_) {
    centres_ = means_;
    if (!intercept_) centres_.assign(centres_.size(), 0.0);
  }

  std::size_t columns() const noexcept { return rows_.columns(); }
  std::size_t functions() const noexcept { return functions_; }
  /// Parameters of a function.
  std::size_t width() const noexcept { return columns() + (intercept_ ? 1 : 0); }
  std::size_t size() const noexcept { return functions_ * width(); }
  bool has_intercept() const noexcept { return intercept_; }
  double l2() const noexcept { return l2_; }
  double total_weight() const noexcept { return total_; }
  const std::vector<double>& means() const noexcept { return means_; }
  const std::vector<double>& centres() const noexcept { return centres_; }

  /// Returns the value, and puts its slope into `slope`.
  double value(const std::vector<double>& at, std::vector<double>& slope) noexcept {
    double sum = 0;
    for (double& x : slope) x = 0;
    each_row(at, [&](std::uint32_t, double weight, double loss) {
      sum += weight * loss;
      for (std::size_t f = 0; f < functions_; ++f)
        add_multiple(slope.data() + f * width(), weight * scores_[f], row_.data(), width());
    });
    double squares = 0;
    for (std::size_t f = 0; f < functions_; ++f) {
      const double* const coefficients = at.data() + f * width();
      squares += dot(coefficients, coefficients, columns());
      add_multiple(slope.data() + f * width(), l2_, coefficients, columns());
    }
    return sum + 0.5 * l2_ * squares;
  }

  /// The second derivatives with regard to the parameters of function f; or, with their sign turned, those with regard
  /// to the parameters of f and of another function g.
  std::vector<double> curvature(const std::vector<double>& at, std::size_t f) { return curvature(at, f, f); }
  std::vector<double> curvature(const std::vector<double>& at, std::size_t f, std::size_t g) {
    gram_sum sum(width());
    each_row(at, [&](std::uint32_t label, double weight, double) {
      put_row(sum, math::sqrt(weight * (f == g ? spread(f) : probability(label, f) * probability(label, g))));
    });
    std::vector<double> made = sum.finish();
    for (std::size_t j = 0; j < columns() && f == g; ++j) made[j * width() + j] += l2_;
    return made;
  }
  /// Their diagonal, for all functions.
  void diagonal(const std::vector<double>& at, std::vector<double>& made) noexcept {
    for (double& x : made) x = 0;
    each_row(at, [&](std::uint32_t, double weight, double) {
      for (std::size_t f = 0; f < functions_; ++f) {
        const double share = weight * spread(f);
        for (std::size_t j = 0; j < width(); ++j) made[f * width() + j] += share * row_[j] * row_[j];
      }
    });
    for (std::size_t f = 0; f < functions_; ++f)
      for (std::size_t j = 0; j < columns(); ++j) made[f * width() + j] += l2_;
  }
  /// The sums of products of the rows themselves.
  std::vector<double> products() {
    gram_sum sum(width());
    for (std::size_t i = 0; i < rows_.rows(); ++i) {
      if (weight_of(weights_, i) == 0) continue;
      centre(i);
      put_row(sum, math::sqrt(weight_of(weights_, i)));
    }
    return sum.finish();
  }

 private:
  void centre(std::size_t i) noexcept {
    const float* const row = rows_.row(i).data();
    for (std::size_t j = 0; j < columns(); ++j) row_[j] = static_cast<double>(row[j]) - centres_[j];
  }
  void put_row(gram_sum& sum, double factor) noexcept {
    double* const to = sum.next_row();
    for (std::size_t j = 0; j < width(); ++j) to[j] = factor * row_[j];
  }
  /// Calls use(label, weight, log loss) for every row that weighs something, with the row in `row_` and the slopes of
  /// its loss with regard to the scores in `scores_`.
  template <class Use>
  void each_row(const std::vector<double>& at, Use use) {
    for (std::size_t i = 0; i < rows_.rows(); ++i) {
      const double weight = weight_of(weights_, i);
      if (weight == 0) continue;
      centre(i);
      for (std::size_t f = 0; f < functions_; ++f) scores_[f] = dot(at.data() + f * width(), row_.data(), width());
      use(labels_[i], weight, loss(labels_[i]));
    }
  }
  /// The log loss of a row whose scores are in `scores_`; leaves its slopes there.
  double loss(std::uint32_t label) noexcept {
    if (functions_ == 1) {
      const double margin = label == 1 ? scores_[0] : -scores_[0];
      const double odds = math::exp(-math::absolute(margin));
      const double wrong = (margin < 0 ? 1 : odds) / (1 + odds);
      scores_[0] = label == 1 ? -wrong : wrong;
      return math::log1p(odds) + (margin < 0 ? -margin : 0);
    }
    double most = scores_[0];
    for (const double score : scores_) most = score > most ? score : most;
    double others = 0;
    for (std::size_t k = 0; k < functions_; ++k)
      if (k != label) others += math::exp(scores_[k] - most);
    const double own = scores_[label] - most;
    const double sum = others + math::exp(own);
    for (std::size_t k = 0; k < functions_; ++k)
      scores_[k] = k == label ? -others / sum : math::exp(scores_[k] - most) / sum;
    // log(sum) - own, without loss where the own class's score is the highest
    return own == 0 ? math::log1p(others) : math::log(sum) - own;
  }
  /// p (1 - p) for function f's probability p, of which the slope is p or p - 1.
  double spread(std::size_t f) const noexcept {
    const double wrong = math::absolute(scores_[f]);
    return wrong * (1 - wrong);
  }

  /// Of several functions.
  double probability(std::uint32_t label, std::size_t f) const noexcept {
    return f == label ? 1 + scores_[f] : scores_[f];
  }

  matrix_view rows_;
  std::vector<std::uint32_t> labels_;
  std::span<const float> weights_;
  std::size_t functions_;
  bool intercept_;
  double l2_;
  double total_;
  std::vector<double> means_;
  std::vector<double> centres_;  // the means, or zeros if there is no intercept
  std::vector<double> row_;      // centred, and 1 for the intercept
  std::vector<double> scores_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_LOGISTIC_PROBLEM_HPP
