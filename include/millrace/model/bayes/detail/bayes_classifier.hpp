#ifndef MILLRACE_MODEL_BAYES_DETAIL_BAYES_CLASSIFIER_HPP
#define MILLRACE_MODEL_BAYES_DETAIL_BAYES_CLASSIFIER_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/class_labels.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
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
namespace detail {

/// What naive Bayes models share: they ask `Model` for a row's joint log probability with each class,
/// `joint(row, class)`, and for `inputs()` and `classes()`.
template <class Model>
class bayes_classifier {
 public:
  /// 1 for two classes, else one for each class.
  std::size_t outputs() const noexcept { return self().classes() == 2 ? 1 : self().classes(); }

  /// The row's probabilities: of class 1, of two classes, else of each class. They are NaN if a feature is, and before
  /// the first row. A class without rows has probability 0.
  /// Precondition: row.size() == inputs(), out.size() == outputs().
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (self().classes() == 2) {
      out[0] = probability_of_score(self().joint(row.data(), 1) - self().joint(row.data(), 0));
    } else {
      for (std::size_t k = 0; k < self().classes(); ++k) out[k] = self().joint(row.data(), k);
      probabilities_of_scores(out.data(), out.size());
    }
  }
  /// The probability of class 1. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    double out = 0;
    predict(row, std::span(&out, 1));
    return out;
  }
  /// All rows' probabilities, row after row. Precondition: out.size() == rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(i * outputs(), outputs()));
  }

 protected:
  bayes_classifier() = default;

 private:
  const Model& self() const noexcept { return static_cast<const Model&>(*this); }
};

/// A batch of rows that naive Bayes takes: finite features and known classes.
struct class_batch {
  const matrix_view& rows;
  std::vector<std::uint32_t> labels;
  std::span<const float> weights;

  double weight(std::size_t row) const noexcept { return weight_of(weights, row); }

  /// `classes` 0: as many as there are labels, each of which has a row.
  static result<class_batch> make(const char* model, const matrix_view& rows, std::span<const float> labels,
                                  std::span<const float> weights, std::size_t& classes) {
    if (auto right = finite_rows(model, rows); !right) return std::move(right).error();
    if (auto total = sum_of_weights(model, weights, rows.rows()); !total) return std::move(total).error();
    auto found = class_labels::read(model, labels, rows.rows(), weights);
    if (!found) return std::move(found).error();
    if (classes == 0) {
      if (auto right = found->two_or_more(model); !right) return std::move(right).error();
      classes = found->classes();
    }
    for (std::size_t i = 0; i < found->labels.size(); ++i)
      if (found->labels[i] >= classes)
        return error(errc::out_of_range, std::string(model) + ": the label of row " + std::to_string(i) + " is " +
                                             std::to_string(found->labels[i]) + ", but there are " +
                                             std::to_string(classes) + " classes");
    return class_batch{rows, std::move(found->labels), weights};
  }
};

/// Why a model for these sizes cannot be made.
inline result<void> naive_bayes_sizes(const char* model, std::size_t inputs, std::size_t classes, double smoothing) {
  if (inputs == 0) return wrong_option(model, "inputs", "above 0");
  if (classes < 2 || classes > class_labels::most) return wrong_option(model, "classes", "in [2, 65536]");
  if (!(smoothing > 0 && math::is_finite(smoothing))) return wrong_option(model, "smoothing", "finite and above 0");
  return {};
}

inline result<void> same_columns(const char* model, const matrix_view& rows, std::size_t inputs) {
  if (rows.columns() == inputs) return {};
  return error(errc::shape_mismatch, std::string(model) + ": the rows have " + std::to_string(rows.columns()) +
                                         " columns, the model " + std::to_string(inputs));
}

/// The sizes at the beginning of a saved payload: columns and classes, of which each has a weight and, behind the
/// smoothing, `parts` numbers a column. If they are not sound, they are those of the smallest model.
struct saved_class_sizes {
  std::size_t inputs;
  std::size_t classes;
  bool sound = false;

  saved_class_sizes(envelope_reader& from, std::size_t parts) noexcept : inputs(from.count(0)), classes(from.count(0)) {
    const std::size_t numbers = from.remaining() / 8;
    sound = inputs > 0 && classes >= 2 && classes <= class_labels::most && inputs <= numbers / classes &&
            1 + classes + parts * inputs * classes == numbers;
    if (!sound) inputs = 1;
    if (!sound) classes = 2;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_DETAIL_BAYES_CLASSIFIER_HPP
