#ifndef MILLRACE_MODEL_LINEAR_LOGISTIC_REGRESSION_HPP
#define MILLRACE_MODEL_LINEAR_LOGISTIC_REGRESSION_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/class_labels.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/detail/elastic_net.hpp>
#include <millrace/model/linear/detail/linear_map.hpp>
#include <millrace/model/linear/detail/logistic_fit.hpp>
#include <millrace/model/linear/detail/logistic_problem.hpp>
#include <millrace/model/linear/logistic_options.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Logistic regression: the probability of class 1, or of each of several classes, from scores that are linear
/// functions of the features.
///
///     auto fitted = mr::model::logistic_regression::fit(rows, labels, {.l2 = 0.1});
///     double probability = (*fitted)(row);  // of class 1, of two classes
///
/// Shapes: rows x columns. Of two classes there is one score, the log odds of class 1, and one output, its probability.
/// Of more there is a score and a probability for each.
/// Guarantee: the coefficients are those of the only optimum, to about 1e-8 of the largest where columns have like
/// spreads. Without prices, and with columns that depend on each other, they are the shortest of all that are optimal;
/// with l1 alone, and such columns, one of the optimal ones, the same each time. A constant column beside an intercept
/// has coefficient 0. A row's outputs have the same bits alone and in any batch.
/// Missing values: refused by `fit`; the outputs for a row with NaN are NaN.
/// Complexity: fitting, a few tens of passes over the rows, and for some of them rows columns^2 / 2 a score (with more
/// than 1,024 columns, and without l1, none).
/// Allocates: while fitting, matrices of columns x columns; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2nd ed., 4.4 and 18.4.
class logistic_regression {
 public:
  using options_type = logistic_options;

  /// `labels`: the class of each row, a whole number from 0; every class up to the largest has a row, and there are two
  /// at the least. `weights`: none, or one for each row; a row of weight 0 changes nothing.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// or a weight), out_of_range (a label or a negative weight), invalid_data (every weight is 0, a class without rows,
  /// one class only, or no optimum: without prices, a hyperplane may part the classes so that coefficients grow for
  /// ever).
  static result<logistic_regression> fit(const matrix_view& rows, std::span<const float> labels,
                                         const logistic_options& with = {}, std::span<const float> weights = {});

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return map_.inputs(); }
  /// 1 for two classes, else one for each class.
  std::size_t outputs() const noexcept { return map_.outputs(); }
  std::size_t classes() const noexcept { return outputs() == 1 ? 2 : outputs(); }
  /// One number for each column, of one score. Precondition: score < outputs().
  std::span<const double> coefficients(std::size_t score = 0) const noexcept { return map_.row(score); }
  double intercept(std::size_t score = 0) const noexcept { return map_.intercepts[score]; }
  /// The weighted mean of each column that the model was fitted to.
  std::span<const double> means() const noexcept { return map_.means; }

  /// The row's scores: log odds of class 1, or for each class a number from which its probability comes by softmax. All
  /// are NaN for a row of fewer columns than the model's. Precondition: out.size() == outputs(), or nothing is written.
  void score(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != outputs()) return;
    for (std::size_t k = 0; k < outputs(); ++k) out[k] = map_.score(k, row);
  }
  /// The row's probabilities. Precondition: out.size() == outputs(), or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != outputs()) return;
    score(row, out);
    if (outputs() == 1)
      out[0] = detail::probability_of_score(out[0]);
    else
      detail::probabilities_of_scores(out.data(), outputs());
  }
  /// The probability of class 1. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    return detail::probability_of_score(map_.score(0, row));
  }
  /// All rows' probabilities, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    const std::size_t width = outputs();
    for (std::size_t i = 0; i < rows.rows() && (i + 1) * width <= out.size(); ++i)
      predict(rows.row(i), out.subspan(i * width, width));
  }

  /// What each feature adds to each score (not to the probability), compared with a row of means: coefficient *
  /// (feature - mean). With `mean_score(k)` they sum to score k. Score after score.
  /// All are NaN for a row of fewer columns. Precondition: out.size() == inputs() * outputs(), or nothing is written.
  void contributions(std::span<const float> row, std::span<double> out) const noexcept { map_.contributions(row, out); }
  /// The score for the row of means.
  double mean_score(std::size_t score = 0) const noexcept { return map_.mean_score(score); }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    map_.save(to);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<logistic_regression> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    logistic_regression made;
    const bool sound = made.map_.load(*from) && made.map_.outputs() != 2;
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* saved_as = "logistic_regression";
  logistic_regression() = default;

  /// Takes over the parameters, of centred columns.
  void adopt(const detail::logistic_problem& problem, const std::vector<double>& parameters) {
    const std::size_t width = problem.width();
    const std::size_t columns = problem.columns();
    map_.means = problem.means();
    map_.intercepts.resize(problem.functions());
    map_.coefficients.resize(problem.functions() * columns);
    double sum = 0;
    for (std::size_t f = 0; f < problem.functions(); ++f) {
      const double* const from = parameters.data() + f * width;
      double* const to = map_.coefficients.data() + f * columns;
      for (std::size_t j = 0; j < columns; ++j) to[j] = from[j];
      if (!problem.has_intercept()) continue;
      map_.intercepts[f] = from[columns] - detail::dot(to, map_.means.data(), columns);
      sum += map_.intercepts[f];
    }
    // The intercepts of several classes, of which any number may be taken from all, sum to 0.
    if (problem.functions() > 1)
      for (double& intercept : map_.intercepts) intercept -= sum / static_cast<double>(problem.functions());
  }

  detail::linear_map map_;
};

inline result<logistic_regression> logistic_regression::fit(const matrix_view& rows, std::span<const float> labels,
                                                            const logistic_options& with,
                                                            std::span<const float> weights) {
  constexpr const char* name = saved_as;
  const auto is_price = [](double x) { return x >= 0 && detail::math::is_finite(x); };
  if (!is_price(with.l2)) return detail::wrong_option(name, "l2", "finite and 0 or above");
  if (!is_price(with.l1)) return detail::wrong_option(name, "l1", "finite and 0 or above");
  if (with.steps == 0) return detail::wrong_option(name, "steps", "above 0");
  if (auto right = detail::finite_rows(name, rows); !right) return std::move(right).error();
  auto total = detail::sum_of_weights(name, weights, rows.rows());
  if (!total) return std::move(total).error();
  auto classes = detail::class_labels::read(name, labels, rows.rows(), weights);
  if (!classes) return std::move(classes).error();
  if (auto right = classes->two_or_more(name); !right) return std::move(right).error();

  const std::size_t count = classes->classes();
  detail::logistic_problem problem(rows, std::move(classes->labels), count, weights, *total, with);
  std::vector<double> parameters;
  detail::search_end end;
  if (with.l1 > 0) {
    detail::elastic_net_search search(problem, with.l1, with.steps);
    end = search.run();
    parameters = search.parameters();
  } else {
    detail::logistic_search search(problem, with.steps);
    end = search.run();
    parameters = search.parameters();
  }
  const bool is_free = with.l1 == 0 && with.l2 == 0;
  const std::string hint = is_free ? "; a hyperplane may part some classes: give l2 or l1 above 0" : "";
  if (end == detail::search_end::out_of_steps)
    return error(errc::invalid_data,
                 std::string(name) + ": no optimum after " + std::to_string(with.steps) + " steps" + hint);
  if (end == detail::search_end::no_progress)
    return error(errc::invalid_data, std::string(name) + ": the search makes no more progress" + hint);
  if (is_free && problem.width() <= 1024) {
    if (detail::has_flat_direction(problem, parameters))
      return error(errc::invalid_data,
                   std::string(name) +
                       ": without prices there is no optimum, since a hyperplane parts some classes: "
                       "give l2 or l1 above 0");
    detail::shorten_parameters(problem, parameters);
  }
  logistic_regression fitted;
  fitted.adopt(problem, parameters);
  return fitted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_LOGISTIC_REGRESSION_HPP
