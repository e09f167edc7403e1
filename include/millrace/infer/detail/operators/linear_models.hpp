#ifndef MILLRACE_INFER_DETAIL_OPERATORS_LINEAR_MODELS_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_LINEAR_MODELS_HPP

#include <millrace/infer/detail/operators/class_scores.hpp>
#include <millrace/infer/detail/operators/columns.hpp>
#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Linear and support vector models of `ai.onnx.ml`. Rows are taken as floats, whatever their type, and added up in
// doubles; how scores become classes is ONNX Runtime's way.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

/// The product of a row, as floats, with coefficients.
inline double weighed(std::span<const double> row, const float* coefficients) noexcept {
  double sum = 0;
  for (std::size_t j = 0; j < row.size(); ++j)
    sum += static_cast<double>(static_cast<float>(row[j])) * static_cast<double>(coefficients[j]);
  return sum;
}
inline double as_float(double x) noexcept { return static_cast<double>(static_cast<float>(x)); }

/// Targets of so many coefficients each, and what is added to them, if there is anything.
template <class = void>
bool check_linear(planner& at, std::size_t targets, std::size_t columns) {
  const std::size_t coefficients = at.reals("coefficients").size();
  const std::size_t intercepts = at.reals("intercepts").size();
  if (targets == 0 || coefficients % targets != 0 || coefficients / targets != columns)
    return at.refuse("attribute coefficients: " + std::to_string(coefficients) + " elements for " +
                     std::to_string(targets) + " targets of " + std::to_string(columns) + " columns");
  return intercepts == 0 || intercepts == targets ||
         at.refuse("attribute intercepts: " + std::to_string(intercepts) + " elements for " + std::to_string(targets) +
                   " targets");
}

template <class = void>
bool plan_linear_regressor(planner& at) {
  number_rows rows;
  post_transform transform{};
  const std::int64_t given = at.whole("targets", 1);
  const auto targets = static_cast<std::size_t>(given < 0 ? 0 : given);
  if (!rows.plan(at) || !read_post_transform(at, transform) || !check_linear(at, targets, rows.columns())) return false;
  const shape sizes{static_cast<std::int64_t>(rows.rows()), given};
  if (!at.has_room(sizes)) return false;
  float* const out = at.out<float>(0, sizes);
  return at.run([=, coefficients = at.reals("coefficients").data(), intercepts = at.reals("intercepts"),
                 scores = std::vector<double>(targets)]() mutable {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto row = rows.row(i);
      for (std::size_t k = 0; k < targets; ++k)
        scores[k] = as_float(weighed(row, coefficients + k * row.size()) +
                             (intercepts.empty() ? 0 : static_cast<double>(intercepts[k])));
      if (targets > 1) transform_scores(transform, scores);
      if (targets == 1 && transform == post_transform::probit) scores[0] = probit_score(scores[0]);
      for (std::size_t k = 0; k < targets; ++k) out[i * targets + k] = static_cast<float>(scores[k]);
    }
  });
}

/// A single score of two classes is that of the second, above 0; of several, the largest wins, the first of equal ones.
template <class = void>
bool plan_linear_classifier(planner& at) {
  number_rows rows;
  post_transform transform{};
  class_output classes;
  if (!rows.plan(at) || !read_post_transform(at, transform)) return false;
  const auto count = static_cast<std::int64_t>(rows.rows());
  if (!classes.plan(at, "classlabels_ints", count)) return false;
  const std::size_t intercepts = at.reals("intercepts").size();
  const std::size_t targets = intercepts != 0       ? intercepts
                              : rows.columns() != 0 ? at.reals("coefficients").size() / rows.columns()
                                                    : 0;
  if (!check_linear(at, targets, rows.columns())) return false;
  const bool pair = targets == 1 && classes.size() == 2;
  if (!pair && targets != classes.size())
    return at.refuse("it has " + std::to_string(targets) + " scores for " + std::to_string(classes.size()) +
                     " classes");
  const std::size_t width = pair ? 2 : targets;
  const shape sizes{count, static_cast<std::int64_t>(width)};
  if (!at.has_room(sizes)) return false;
  float* const out = at.out<float>(1, sizes);
  return at.run([=, coefficients = at.reals("coefficients").data(), added = at.reals("intercepts"),
                 scores = std::vector<double>(width)]() mutable {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto row = rows.row(i);
      std::size_t best = 0;
      for (std::size_t k = 0; k < targets; ++k) {
        scores[k] =
            as_float(weighed(row, coefficients + k * row.size()) + (added.empty() ? 0 : static_cast<double>(added[k])));
        if (scores[k] > scores[best]) best = k;
      }
      classes.write(i, pair ? (scores[0] > 0 ? 1 : 0) : best);
      if (pair)
        pair_scores(transform, second_class::complement, scores[0], std::span(scores).template first<2>());
      else if (targets > 1)
        transform_scores(transform, scores);
      for (std::size_t k = 0; k < width; ++k) out[i * width + k] = static_cast<float>(scores[k]);
    }
  });
}

/// How near a row is to a support vector.
struct vector_kernel {
  enum class kind : std::uint8_t { linear, power, radial, tanh };
  kind by = kind::linear;
  double gamma = 0;
  double added = 0;
  double degree = 0;

  template <class = void>
  bool read(planner& at) {
    const std::string_view name = at.text("kernel_type", "LINEAR");
    constexpr std::string_view names[] = {"LINEAR", "POLY", "RBF", "SIGMOID"};
    std::uint8_t which = 0;
    while (which < 4 && names[which] != name) ++which;
    if (which == 4) return at.refuse("attribute kernel_type: \"" + std::string(name) + '"');
    by = static_cast<kind>(which);
    const auto given = at.reals("kernel_params");
    if (given.size() != 3 && (!given.empty() || by != kind::linear))
      return at.refuse("attribute kernel_params: " + std::to_string(given.size()) + " elements, not 3");
    if (given.empty()) return true;
    gamma = static_cast<double>(given[0]);
    added = static_cast<double>(given[1]);
    degree = static_cast<double>(given[2]);
    return true;
  }
  double operator()(std::span<const double> row, const float* vector) const noexcept {
    if (by == kind::radial) {
      double distance = 0;
      for (std::size_t j = 0; j < row.size(); ++j) {
        const double step = as_float(row[j]) - static_cast<double>(vector[j]);
        distance += step * step;
      }
      return std::exp(-gamma * distance);
    }
    const double product = weighed(row, vector);
    if (by == kind::power) return std::pow(gamma * product + added, degree);
    return by == kind::tanh ? std::tanh(gamma * product + added) : product;
  }
};

template <class = void>
bool plan_svm_regressor(planner& at) {
  number_rows rows;
  vector_kernel kernel;
  if (!rows.plan(at) || !kernel.read(at)) return false;
  const auto coefficients = at.reals("coefficients");
  const std::int64_t given = at.whole("n_supports", 0);
  const std::size_t vectors = given > 0 ? static_cast<std::size_t>(given) : 0;
  const std::size_t columns = rows.columns();
  // Without support vectors the coefficients are those of columns.
  if (vectors == 0) kernel = {};
  if (coefficients.size() != (vectors == 0 ? columns : vectors))
    return at.refuse("attribute coefficients: " + std::to_string(coefficients.size()) + " elements");
  if (const std::size_t size = at.reals("support_vectors").size();
      vectors != 0 && (size % vectors != 0 || size / vectors != columns))
    return at.refuse("attribute support_vectors: " + std::to_string(size) + " elements, for " +
                     std::to_string(vectors) + " vectors of " + std::to_string(columns));
  if (at.reals("rho").empty()) return at.refuse("attribute rho: no element");
  const bool one_class = at.whole("one_class", 0) != 0;
  float* const out = at.out<float>(0, {static_cast<std::int64_t>(rows.rows()), 1});
  return at.run(
      [=, support = at.reals("support_vectors").data(), rho = static_cast<double>(at.reals("rho")[0])]() mutable {
        for (std::size_t i = 0; i < rows.rows(); ++i) {
          const auto row = rows.row(i);
          double sum = vectors == 0 ? weighed(row, coefficients.data()) : 0;
          for (std::size_t k = 0; k < vectors; ++k)
            sum += static_cast<double>(coefficients[k]) * kernel(row, support + k * row.size());
          sum += rho;
          out[i] = one_class ? (sum > 0 ? 1.0F : -1.0F) : static_cast<float>(sum);
        }
      });
}

/// Probabilities of classes from those of pairs: the method of Wu, Lin and Weng (JMLR 5, 2004, algorithm 2), as LIBSVM
/// and ONNX Runtime stop it. `pairs` and `work` have a square of classes and a class's worth of numbers.
inline void couple_pairs(std::span<const double> pairs, std::span<double> square, std::span<double> along,
                         std::span<double> out) noexcept {
  const std::size_t classes = out.size();
  const auto count = static_cast<double>(classes);
  for (std::size_t i = 0; i < classes; ++i) {
    out[i] = 1 / count;
    double& diagonal = square[i * classes + i];
    diagonal = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      if (j == i) continue;
      const double other = pairs[j * classes + i];
      diagonal += other * other;
      square[i * classes + j] = -other * pairs[i * classes + j];
    }
  }
  for (int round = 0; round < 100; ++round) {
    double total = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      along[i] = 0;
      for (std::size_t j = 0; j < classes; ++j) along[i] += square[i * classes + j] * out[j];
      total += out[i] * along[i];
    }
    double worst = 0;
    for (std::size_t i = 0; i < classes; ++i) {
      const double off = std::fabs(along[i] - total);
      worst = off > worst ? off : worst;
    }
    if (worst < 0.005 / count) return;
    for (std::size_t i = 0; i < classes; ++i) {
      const double diagonal = square[i * classes + i];
      const double step = (total - along[i]) / diagonal;
      out[i] += step;
      total = (total + step * (step * diagonal + 2 * along[i])) / (1 + step) / (1 + step);
      for (std::size_t j = 0; j < classes; ++j) {
        along[j] = (along[j] + step * square[i * classes + j]) / (1 + step);
        out[j] /= 1 + step;
      }
    }
  }
}

/// A support vector classifier: a vote of each pair of classes.
class pair_votes {
 public:
  template <class = void>
  bool read(planner& at, std::size_t classes, std::size_t columns) {
    classes_ = classes;
    for (const std::int64_t each : at.wholes("vectors_per_class")) {
      if (each < 0 || each > std::int64_t{1} << 32)
        return at.refuse("attribute vectors_per_class: " + std::to_string(each));
      starts_.push_back(starts_.back() + static_cast<std::size_t>(each));
    }
    const std::size_t vectors = starts_.back();
    const std::size_t pairs = classes * (classes - 1) / 2;
    if (starts_.size() != classes + 1)
      return at.refuse("attribute vectors_per_class: " + std::to_string(starts_.size() - 1) + " elements for " +
                       std::to_string(classes) + " classes");
    const auto has = [&](std::string_view name, std::size_t wanted) {
      const std::size_t size = at.reals(name).size();
      return size == wanted || at.refuse("attribute " + std::string(name) + ": " + std::to_string(size) +
                                         " elements, not " + std::to_string(wanted));
    };
    const bool proba = !at.reals("prob_a").empty();
    if (!has("support_vectors", vectors * columns) || !has("coefficients", vectors * (classes - 1)) ||
        !has("rho", pairs) || !has("prob_b", proba ? pairs : 0) || (proba && !has("prob_a", pairs)) ||
        !kernel_.read(at))
      return false;
    support_ = at.reals("support_vectors");
    coefficients_ = at.reals("coefficients");
    rho_ = at.reals("rho");
    prob_a_ = at.reals("prob_a");
    prob_b_ = at.reals("prob_b");
    near_.resize(vectors);
    scores_.resize(pairs);
    votes_.resize(classes);
    if (proba) {
      pairs_.resize(classes * classes);
      square_.resize(classes * classes);
      along_.resize(classes);
      shares_.resize(classes);
    }
    return true;
  }
  bool has_probabilities() const noexcept { return !prob_a_.empty(); }
  std::span<double> scores() noexcept { return scores_; }

  /// Scores of pairs; returns the class of most votes, the first of equal ones.
  std::size_t vote(std::span<const double> row) noexcept {
    for (std::size_t i = 0; i < near_.size(); ++i) near_[i] = kernel_(row, support_.data() + i * row.size());
    for (std::size_t& each : votes_) each = 0;
    std::size_t pair = 0;
    for (std::size_t i = 0; i < classes_; ++i)
      for (std::size_t j = i + 1; j < classes_; ++j, ++pair) {
        const double sum = part(j - 1, i) + part(i, j) + static_cast<double>(rho_[pair]);
        scores_[pair] = as_float(sum);
        ++votes_[sum > 0 ? i : j];
      }
    std::size_t best = 0;
    for (std::size_t i = 1; i < classes_; ++i) best = votes_[i] > votes_[best] ? i : best;
    return best;
  }
  /// Probabilities of classes after `vote`: Platt's of pairs, coupled.
  std::span<double> probabilities() noexcept {
    std::size_t pair = 0;
    for (std::size_t i = 0; i < classes_; ++i)
      for (std::size_t j = i + 1; j < classes_; ++j, ++pair) {
        const double score = scores_[pair] * static_cast<double>(prob_a_[pair]) + static_cast<double>(prob_b_[pair]);
        const double share = logistic_score(-score);
        const double kept = share < 1e-7 ? 1e-7 : share > 1 - 1e-7 ? 1 - 1e-7 : share;
        pairs_[i * classes_ + j] = kept;
        pairs_[j * classes_ + i] = 1 - kept;
      }
    couple_pairs(pairs_, square_, along_, shares_);
    return shares_;
  }

 private:
  /// What the support vectors of a class add by one row of coefficients.
  double part(std::size_t row, std::size_t of) const noexcept {
    double sum = 0;
    for (std::size_t k = starts_[of]; k < starts_[of + 1]; ++k)
      sum += static_cast<double>(coefficients_[row * near_.size() + k]) * near_[k];
    return sum;
  }

  std::size_t classes_ = 0;
  std::vector<std::size_t> starts_{0};
  vector_kernel kernel_;
  std::span<const float> support_, coefficients_, rho_, prob_a_, prob_b_;
  std::vector<double> near_, scores_, pairs_, square_, along_, shares_;
  std::vector<std::size_t> votes_;
};

/// Without support vectors: a score of each class, by coefficients of columns.
template <class = void>
bool plan_linear_svm(planner& at, number_rows rows, const class_output& classes, post_transform transform) {
  const auto coefficients = at.reals("coefficients");
  const std::size_t targets = classes.size();
  if (coefficients.size() % targets != 0 || coefficients.size() / targets != rows.columns())
    return at.refuse("attribute coefficients: " + std::to_string(coefficients.size()) + " elements for " +
                     std::to_string(targets) + " classes of " + std::to_string(rows.columns()) + " columns");
  if (at.reals("rho").empty()) return at.refuse("attribute rho: no element");
  bool all_positive = true;
  for (const float each : coefficients) all_positive = all_positive && each >= 0;
  const bool has_probabilities = !at.reals("prob_a").empty();
  float* const out = at.out<float>(1, {static_cast<std::int64_t>(rows.rows()), static_cast<std::int64_t>(targets)});
  return at.run([=, rho = static_cast<double>(at.reals("rho")[0]), scores = std::vector<double>(targets)]() mutable {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto row = rows.row(i);
      std::size_t best = 0;
      for (std::size_t k = 0; k < targets; ++k) {
        scores[k] = as_float(weighed(row, coefficients.data() + k * row.size()) + rho);
        if (scores[k] > scores[best]) best = k;
      }
      // Of two classes, the second wins where the larger score says so, whichever it is.
      const bool second = all_positive ? scores[best] >= 0.5 : scores[best] > 0;
      classes.write(i, targets == 2 && !has_probabilities && second ? 1 : best);
      if (targets > 1) transform_scores(transform, scores);
      for (std::size_t k = 0; k < targets; ++k) out[i * targets + k] = static_cast<float>(scores[k]);
    }
  });
}
template <class = void>
bool plan_svm_classifier(planner& at) {
  number_rows rows;
  post_transform transform{};
  class_output classes;
  pair_votes votes;
  if (!rows.plan(at) || !read_post_transform(at, transform)) return false;
  const auto count = static_cast<std::int64_t>(rows.rows());
  if (!classes.plan(at, "classlabels_ints", count)) return false;
  if (classes.size() == 0 || classes.size() > 65535)
    return at.refuse("it names " + std::to_string(classes.size()) + " classes");
  bool has_vectors = false;
  for (const std::int64_t each : at.wholes("vectors_per_class")) has_vectors = has_vectors || each != 0;
  if (!has_vectors) return plan_linear_svm(at, std::move(rows), classes, transform);
  if (!votes.read(at, classes.size(), rows.columns())) return false;
  const bool probabilities = votes.has_probabilities();
  const std::size_t width = probabilities || classes.size() <= 2 ? classes.size() : votes.scores().size();
  const shape sizes{count, static_cast<std::int64_t>(width)};
  if (!at.has_room(sizes)) return false;
  float* const out = at.out<float>(1, sizes);
  return at.run([=, votes = std::move(votes), rows = std::move(rows)]() mutable {
    double two[2] = {};
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      classes.write(i, votes.vote(rows.row(i)));
      std::span<double> scores = probabilities ? votes.probabilities() : votes.scores();
      if (scores.size() > 1) {
        transform_scores(transform, scores);
      } else if (width == 2) {
        const bool none = transform == post_transform::none;
        pair_scores(transform, none ? second_class::negative : second_class::complement, scores[0],
                    std::span<double, 2>(two));
        scores = two;
      }
      for (std::size_t k = 0; k < width; ++k)
        out[i * width + k] = k < scores.size() ? static_cast<float>(scores[k]) : 0;
    }
  });
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_LINEAR_MODELS_HPP
