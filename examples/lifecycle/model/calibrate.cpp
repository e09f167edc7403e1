#include "calibrate.hpp"

#include <millrace/core/error.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/to_graph/calibration.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <type_traits>

namespace lifecycle {

namespace {

/// The log odds of a probability, kept within those of 1e-9 and its complement.
double log_odds(double probability) noexcept {
  const double p = std::fmin(std::fmax(probability, 1e-9), 1 - 1e-9);
  return std::log(p / (1 - p));
}

/// `make(type)` of the method's type, for two classes or for more.
template <class Make>
auto with_method(calibration_method by, std::size_t outputs, Make make) {
  if (outputs == 1)
    return by == calibration_method::platt ? make(std::type_identity<mr::model::platt>())
                                           : make(std::type_identity<bounded_isotonic>());
  return by == calibration_method::platt ? make(std::type_identity<mr::model::one_vs_rest<mr::model::platt>>())
                                         : make(std::type_identity<mr::model::one_vs_rest<bounded_isotonic>>());
}

template <class T>
mr::result<correction::any_of> as_any(mr::result<T> made) {
  if (!made) return std::move(made).error();
  return correction::any_of(*std::move(made));
}

}  // namespace

mr::result<bounded_isotonic> bounded_isotonic::fit(std::span<const double> scores, std::span<const float> labels,
                                                   std::span<const float> weights) {
  std::vector<double> all(scores.begin(), scores.end());
  std::vector<float> marks(labels.begin(), labels.end());
  std::vector<float> each(weights.begin(), weights.end());
  if (!all.empty()) {
    const auto [low, high] = std::minmax_element(scores.begin(), scores.end());
    all.insert(all.end(), {*low, *high});
    marks.insert(marks.end(), {1.0F, 0.0F});
    if (!each.empty()) each.insert(each.end(), 2, 1.0F);
  }
  mr::result<mr::model::isotonic> fitted = mr::model::isotonic::fit(all, marks, each);
  if (!fitted) return std::move(fitted).error();
  return bounded_isotonic(*std::move(fitted));
}

mr::result<bounded_isotonic> bounded_isotonic::load(std::span<const std::byte> bytes) {
  mr::result<mr::model::isotonic> loaded = mr::model::isotonic::load(bytes);
  if (!loaded) return std::move(loaded).error();
  return bounded_isotonic(*std::move(loaded));
}

mr::result<correction> correction::fit(calibration_method by, std::span<const double> probabilities,
                                       std::span<const float> labels, std::size_t outputs) {
  std::vector<double> scores;
  for (const double p : probabilities) scores.push_back(log_odds(p));
  mr::result<any_of> made = with_method(by, outputs, [&]<class Method>(std::type_identity<Method>) {
    if constexpr (requires { Method::fit(scores, labels, outputs); })
      return as_any(Method::fit(scores, labels, outputs));
    else
      return as_any(Method::fit(scores, labels));
  });
  if (!made) return std::move(made).error();
  if (const auto* one = std::get_if<mr::model::platt>(&*made); one != nullptr && !(one->slope() > 0))
    return mr::error(mr::errc::invalid_data, "Platt's method would turn the order of the rows around");
  return correction(*std::move(made));
}

void correction::operator()(std::span<double> probabilities) const noexcept {
  for (double& p : probabilities) p = log_odds(p);
  std::visit(
      [&](const auto& how) {
        if constexpr (requires { how.classes(); }) {
          for (std::size_t i = 0; i < probabilities.size(); i += how.classes())
            how(probabilities.subspan(i, how.classes()), probabilities.subspan(i, how.classes()));
        } else {
          for (double& score : probabilities) score = how(score);
        }
      },
      how_);
}

mr::model::graph_builder::value add_calibration(mr::model::graph_builder& to, const bounded_isotonic& by,
                                                mr::model::graph_builder::value scores) {
  return add_calibration(to, by.fitted(), scores);
}

mr::model::graph_builder::value correction::add_to(mr::model::graph_builder& to,
                                                   mr::model::graph_builder::value probabilities) const {
  const auto p = to.call("Clip", {probabilities, to.number(1e-9), to.number(1 - 1e-9)});
  const auto scores = to.call("Log", {to.call("Div", {p, to.call("Sub", {to.number(1), p})})});
  return std::visit([&](const auto& how) { return add_calibration(to, how, scores); }, how_);
}

std::vector<std::byte> correction::save() const {
  return std::visit([](const auto& how) { return how.save(); }, how_);
}

mr::result<correction> correction::load(calibration_method by, std::size_t outputs, std::span<const std::byte> bytes) {
  mr::result<any_of> made =
      with_method(by, outputs, [&]<class Method>(std::type_identity<Method>) { return as_any(Method::load(bytes)); });
  if (!made) return std::move(made).error();
  const std::size_t classes = std::visit(
      [](const auto& how) -> std::size_t {
        if constexpr (requires { how.classes(); }) return how.classes();
        return 1;
      },
      *made);
  if (classes != outputs)
    return mr::error(mr::errc::shape_mismatch,
                     "a calibration of " + std::to_string(classes) + " classes for " + std::to_string(outputs));
  return correction(*std::move(made));
}

namespace {

/// Probabilities and classes of some rows.
struct judged_rows {
  std::size_t outputs = 1;
  std::vector<double> probabilities;
  std::vector<float> labels;

  void add(std::span<const double> row, float label) {
    probabilities.insert(probabilities.end(), row.begin(), row.end());
    labels.push_back(label);
  }
  mr::result<correction> fit(calibration_method by) const {
    return correction::fit(by, probabilities, labels, outputs);
  }
  /// The mean log loss; without a correction that of the probabilities as they are.
  mr::result<double> loss(const correction* correct) const {
    std::vector<double> answers = probabilities;
    if (correct != nullptr) (*correct)(answers);
    const std::vector<int> classes(labels.begin(), labels.end());
    return outputs == 1 ? mr::model::log_loss(classes, answers) : mr::model::log_loss(classes, answers, outputs);
  }
};

/// Whether there are rows enough to learn a curve without a shape from; the rarest class decides.
bool enough_for_isotonic(const judged_rows& of) {
  std::vector<std::size_t> rows(of.outputs == 1 ? 2 : of.outputs);
  for (const float label : of.labels) ++rows[static_cast<std::size_t>(label)];
  return of.labels.size() >= fewest_isotonic_rows &&
         *std::min_element(rows.begin(), rows.end()) >= fewest_isotonic_rows_of_class;
}

/// The log loss of each half as corrected by the other; none where a half cannot be learnt from.
std::optional<double> crossed_loss(const std::array<judged_rows, 2>& halves, calibration_method by) {
  double sum = 0;
  for (const std::size_t k : {0U, 1U}) {
    const mr::result<correction> correct = halves[1 - k].fit(by);
    const mr::result<double> loss = correct ? halves[k].loss(&*correct) : correct.error();
    if (!loss) return std::nullopt;
    sum += *loss / 2;
  }
  return sum;
}

}  // namespace

calibration calibrate(model_ptr model, const table& data, const feature_rows& rows,
                      std::span<const std::size_t> numbers) {
  calibration made{std::move(model), {}};
  const std::vector<double> answers = answers_of(*made.model, rows, {});
  const std::size_t outputs = made.model->outputs();
  judged_rows all{outputs, {}, {}};
  std::array<judged_rows, 2> halves{all, all};
  for (std::size_t i = 0; i < numbers.size(); ++i)
    for (judged_rows* to : {&all, &halves[i % 2]})
      to->add(std::span(answers).subspan(i * outputs, outputs), data.target.labels[numbers[i]]);
  calibration_trial& trial = made.trial;
  const mr::result<double> ends[] = {halves[0].loss(nullptr), halves[1].loss(nullptr)};
  if (!ends[0] || !ends[1]) return made;
  trial.uncorrected = (*ends[0] + *ends[1]) / 2;
  trial.platt = crossed_loss(halves, calibration_method::platt);
  if (enough_for_isotonic(all)) trial.isotonic = crossed_loss(halves, calibration_method::isotonic);
  const bool rather_isotonic = trial.isotonic && (!trial.platt || *trial.isotonic < *trial.platt);
  const std::optional<double> least = rather_isotonic ? trial.isotonic : trial.platt;
  if (!least || !(*least < trial.uncorrected)) return made;
  const calibration_method by = rather_isotonic ? calibration_method::isotonic : calibration_method::platt;
  mr::result<correction> correct = all.fit(by);
  if (!correct) return made;
  trial.chosen = by;
  made.model = std::make_unique<calibrated_model>(std::move(made.model), *std::move(correct));
  return made;
}

namespace {

/// Of two classes, the probability and the class; of several, those of the likeliest and whether it is right.
mr::result<calibration_side> side_of(fitted_model& model, const feature_rows& rows, const std::vector<int>& labels) {
  const std::vector<double> answers = answers_of(model, rows, {});
  const std::size_t outputs = model.outputs();
  const mr::result<double> loss =
      outputs == 1 ? mr::model::log_loss(labels, answers) : mr::model::log_loss(labels, answers, outputs);
  if (!loss) return loss.error();
  std::vector<double> probabilities;
  std::vector<int> right;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const double> row = std::span(answers).subspan(i * outputs, outputs);
    const std::size_t best = likeliest(row);
    probabilities.push_back(row[best]);
    right.push_back(outputs == 1 ? labels[i] : labels[i] == static_cast<int>(best) ? 1 : 0);
  }
  auto curve = mr::model::calibration_curve(right, probabilities);
  if (!curve) return std::move(curve).error();
  const double error = mr::model::expected_calibration_error(*curve);
  return calibration_side{*std::move(curve), error, *loss};
}

}  // namespace

std::optional<calibration_record> judge_calibration(fitted_model& model, const feature_rows& rows,
                                                    const std::vector<int>& labels, const calibration_trial& trial) {
  auto* const corrected = dynamic_cast<calibrated_model*>(&model);
  mr::result<calibration_side> after = side_of(model, rows, labels);
  mr::result<calibration_side> before = corrected != nullptr ? side_of(corrected->inner(), rows, labels) : after;
  if (!before || !after) return std::nullopt;
  return calibration_record{trial, *std::move(before), *std::move(after)};
}

}  // namespace lifecycle
