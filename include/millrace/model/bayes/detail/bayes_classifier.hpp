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

/// The most inputs x classes: a model has four numbers of 8 bytes for each.
inline constexpr std::size_t most_class_numbers = std::size_t{1} << 27;

/// Why a model for these sizes cannot be made.
inline result<void> naive_bayes_sizes(const char* model, std::size_t inputs, std::size_t classes, double smoothing) {
  if (inputs == 0) return wrong_option(model, "inputs", "above 0");
  if (classes < 2 || classes > class_labels::most) return wrong_option(model, "classes", "in [2, 65536]");
  if (inputs > most_class_numbers / classes)
    return wrong_option(model, "inputs", "at most 2^27 over the number of classes");
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

/// What naive Bayes models share. `Model` has `joint(row, class)`, a row's joint log probability with a class;
/// `update(batch)`; `prepare()`, which computes what `joint` needs; `for_each_part(self, f)` for what is saved, and, if
/// it does not take every finite feature, `check_features(rows)`.
template <class Model, class Options>
class bayes_classifier {
 public:
  using options_type = Options;

  /// A model that has seen no row, for `partial_fit`. `classes`: 2 or more.
  /// Errors: invalid_argument, also of sizes whose product is above 2^27.
  static result<Model> make(std::size_t inputs, std::size_t classes, const Options& with = {}) {
    if (auto right = naive_bayes_sizes(Model::saved_as, inputs, classes, with.smoothing); !right)
      return std::move(right).error();
    return Model(inputs, classes, with.smoothing);
  }
  /// `labels`: the class of each row, a whole number from 0; every class up to the largest has a row, and there are two
  /// at the least. `weights`: none, or one for each row; a row of weight 0 changes nothing.
  /// Errors: shape_mismatch, invalid_argument (an option, or no rows), not_finite (a feature, with its row and column,
  /// or a weight), out_of_range (a label, a negative weight, or a feature that the model does not take), invalid_data
  /// (every weight is 0, a class without rows, one class only).
  static result<Model> fit(const matrix_view& rows, std::span<const float> labels, const Options& with = {},
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
    if (auto same = same_columns(Model::saved_as, rows, inputs_); !same) return same;
    std::size_t count = classes();
    auto batch = checked(rows, labels, weights, count);
    if (!batch) return std::move(batch).error();
    static_cast<Model&>(*this).update(*batch);
    return {};
  }

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t classes() const noexcept { return weight_.size(); }
  /// What the rows of class k weigh together. Precondition: k < classes().
  double weight(std::size_t k) const noexcept { return weight_[k]; }
  /// 1 for two classes, else one for each class.
  std::size_t outputs() const noexcept { return classes() == 2 ? 1 : classes(); }

  /// The row's probabilities: of class 1, of two classes, else of each class. They are NaN if a feature is, and before
  /// the first row. A class without rows has probability 0.
  /// Precondition: row.size() == inputs(), out.size() == outputs().
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (classes() == 2) {
      out[0] = probability_of_score(self().joint(row.data(), 1) - self().joint(row.data(), 0));
    } else {
      for (std::size_t k = 0; k < classes(); ++k) out[k] = self().joint(row.data(), k);
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

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(Model::saved_as);
    to.u64(inputs_);
    to.u64(classes());
    to.f64(smoothing_);
    Model::for_each_part(self(), [&](const std::vector<double>& part, bool) {
      for (const double x : part) to.f64(x);
    });
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<Model> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, Model::saved_as);
    if (!from) return std::move(from).error();
    const saved_class_sizes sizes(*from, Model::saved_parts);
    const double smoothing = from->f64();
    bool sound = sizes.sound && smoothing > 0 && math::is_finite(smoothing);
    Model made(sizes.inputs, sizes.classes, smoothing);
    Model::for_each_part(made, [&](std::vector<double>& part, bool may_be_negative) {
      for (double& x : part) {
        x = from->f64();
        sound = sound && math::is_finite(x) && (may_be_negative || x >= 0);
      }
    });
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    made.prepare();
    return made;
  }

 protected:
  bayes_classifier(std::size_t inputs, std::size_t classes, double smoothing)
      : inputs_(inputs), smoothing_(smoothing), weight_(classes) {}

  std::size_t inputs_;
  double smoothing_;
  std::vector<double> weight_;  // of each class

 private:
  const Model& self() const noexcept { return static_cast<const Model&>(*this); }
  static result<class_batch> checked(const matrix_view& rows, std::span<const float> labels,
                                     std::span<const float> weights, std::size_t& classes) {
    auto batch = class_batch::make(Model::saved_as, rows, labels, weights, classes);
    if constexpr (requires { Model::check_features(rows); }) {
      if (!batch) return batch;
      if (auto right = Model::check_features(rows); !right) return std::move(right).error();
    }
    return batch;
  }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_BAYES_DETAIL_BAYES_CLASSIFIER_HPP
