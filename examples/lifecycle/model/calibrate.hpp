#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP

#include "../data/table.hpp"
#include "../families/family.hpp"
#include "features.hpp"
#include "findings.hpp"

#include <millrace/core/result.hpp>
#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Probabilities, corrected by what came of rows that the model did not learn from.
namespace lifecycle {

/// Isotonic regression assumes no shape, and so wants rows; from so many on it is tried, with so many of each class.
inline constexpr std::size_t fewest_isotonic_rows = 1'000;
inline constexpr std::size_t fewest_isotonic_rows_of_class = 200;

/// Isotonic regression whose probabilities are never 0 or 1, which would cost without bound the first time that they
/// are wrong: a row of class 1 joins those of the lowest score, and one of class 0 those of the highest.
class bounded_isotonic {
 public:
  static mr::result<bounded_isotonic> fit(std::span<const double> scores, std::span<const float> labels,
                                          std::span<const float> weights = {});
  double operator()(double score) const noexcept { return fitted_(score); }
  const mr::model::isotonic& fitted() const noexcept { return fitted_; }
  std::vector<std::byte> save() const { return fitted_.save(); }
  static mr::result<bounded_isotonic> load(std::span<const std::byte> bytes);

 private:
  explicit bounded_isotonic(mr::model::isotonic fitted) : fitted_(std::move(fitted)) {}
  mr::model::isotonic fitted_;
};

mr::model::graph_builder::value add_calibration(mr::model::graph_builder& to, const bounded_isotonic& by,
                                                mr::model::graph_builder::value scores);

/// What corrects the probabilities of two classes, or of several by each class against all others. It reads their log
/// odds.
class correction {
 public:
  using any_of = std::variant<mr::model::platt, bounded_isotonic, mr::model::one_vs_rest<mr::model::platt>,
                              mr::model::one_vs_rest<bounded_isotonic>>;

  /// `probabilities`: of class 1 of two, or of every class, row after row. Errors: those of the method; invalid_data
  /// where it would turn the order of the rows around.
  static mr::result<correction> fit(calibration_method by, std::span<const double> probabilities,
                                    std::span<const float> labels, std::size_t outputs);

  calibration_method method() const noexcept {
    return how_.index() % 2 == 0 ? calibration_method::platt : calibration_method::isotonic;
  }
  /// Corrects rows in their place.
  void operator()(std::span<double> probabilities) const noexcept;

  /// The same in a graph.
  mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                         mr::model::graph_builder::value probabilities) const;

  std::vector<std::byte> save() const;
  /// Errors: those of the method; shape_mismatch where it is one of another number of outputs.
  static mr::result<correction> load(calibration_method by, std::size_t outputs, std::span<const std::byte> bytes);

 private:
  explicit correction(any_of how) : how_(std::move(how)) {}
  any_of how_;
};

/// A model whose probabilities are corrected. Contributions are those to the score before that.
class calibrated_model final : public fitted_model {
 public:
  calibrated_model(model_ptr inner, correction correct) : inner_(std::move(inner)), correct_(std::move(correct)) {}

  fitted_model& inner() noexcept { return *inner_; }
  const correction& corrected_by() const noexcept { return correct_; }

  family kind() const noexcept override { return inner_->kind(); }
  std::size_t inputs() const noexcept override { return inner_->inputs(); }
  std::size_t outputs() const noexcept override { return inner_->outputs(); }
  void predict(std::span<const float> row, std::span<double> out) noexcept override {
    inner_->predict(row, out);
    correct_(out);
  }
  void predict(const mr::model::matrix_view& rows, std::span<double> out) noexcept override {
    inner_->predict(rows, out);
    correct_(out);
  }
  std::vector<double> contributions(std::span<const float> row, std::size_t output) override {
    return inner_->contributions(row, output);
  }
  mr::model::graph_builder::value add_to(mr::model::graph_builder& to,
                                         mr::model::graph_builder::value rows) const override {
    return correct_.add_to(to, inner_->add_to(to, rows));
  }
  std::string shape() const override { return inner_->shape(); }
  std::vector<std::byte> save() const override { return inner_->save(); }

 private:
  model_ptr inner_;
  correction correct_;
};

/// A model, corrected where that pays, and what each way of correcting it came to.
struct calibration {
  model_ptr model;
  calibration_trial trial;
};

/// Corrects a model of classes by its validation rows, in the way that has the least log loss: each is fitted to either
/// half of the rows and judged on the other. Where that is none, the model comes back as it was. Source: Platt,
/// "Probabilistic outputs for support vector machines", 1999; Zadrozny, Elkan, "Transforming classifier scores into
/// accurate multiclass probability estimates", KDD 2002.
calibration calibrate(model_ptr model, const table& data, const feature_rows& rows,
                      std::span<const std::size_t> numbers);

/// How probabilities on the holdout were before they were corrected, and after. Of several classes the curve is that of
/// the likeliest one: how often it is the row's. Source: Guo et al., "On calibration of modern neural networks", ICML
/// 2017, section 2.
std::optional<calibration_record> judge_calibration(fitted_model& model, const feature_rows& rows,
                                                    const std::vector<int>& labels, const calibration_trial& trial);

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_CALIBRATE_HPP
