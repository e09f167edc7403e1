#ifndef MILLRACE_MODEL_CALIBRATION_PLATT_HPP
#define MILLRACE_MODEL_CALIBRATION_PLATT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/calibration/detail/labelled_scores.hpp>
#include <millrace/model/detail/link.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Platt's calibration: the probability of class 1 is the logistic function of slope * score + intercept. It has two
/// parameters, so a hundred rows suffice; scores should be log odds, or others whose curve is near to it.
///
///     auto calibrated = mr::model::platt::fit(held_out_scores, held_out_labels);
///     double probability = (*calibrated)(score);
///
/// Guarantee: a row of weight 0 changes nothing. The parameters are those of the only optimum of Platt's likelihood,
/// whose targets are drawn a little towards each other: (ones + 1) / (ones + 2) and 1 / (zeros + 2), of the weights of
/// both classes. scikit-learn's
/// `_sigmoid_calibration` has the same optimum, and -slope and -intercept for its a and b. Where all scores are equal
/// the slope is 0.
/// Complexity: fitting, about ten passes over the rows; asking, one exponential.
/// Allocates: while fitting, 12 bytes a row; asking, never.
/// Threads: const calls from any number.
/// Source: Platt, "Probabilistic outputs for support vector machines", 1999; Lin, Lin, Weng, "A note on Platt's
/// probabilistic outputs", Machine Learning 68, 2007.
class platt {
 public:
  /// `scores`: of rows that the model was not fitted on. `labels`: 0 or 1 for each. `weights`: none, or one for each.
  /// Errors: invalid_argument (no rows), shape_mismatch, not_finite (a score or a weight, with its row), out_of_range
  /// (a label or a negative weight, with its row), invalid_data (every weight is 0, one class only, or scores so near
  /// to each other that no slope can be written).
  static result<platt> fit(real_view scores, std::span<const float> labels, std::span<const float> weights = {});

  double slope() const noexcept { return slope_; }
  double intercept() const noexcept { return intercept_; }

  /// The probability of class 1; NaN for NaN.
  double operator()(double score) const noexcept {
    // Without a slope an infinite score, too, says nothing.
    const bool says_nothing = slope_ == 0 && detail::math::is_infinite(score);
    return detail::probability_of_score(says_nothing ? intercept_ : slope_ * score + intercept_);
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.f64(slope_);
    to.f64(intercept_);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<platt> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    platt made;
    made.slope_ = from->f64();
    made.intercept_ = from->f64();
    const bool sound = detail::math::is_finite(made.slope_) && detail::math::is_finite(made.intercept_);
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* saved_as = "platt";
  platt() = default;

  double slope_ = 0;
  double intercept_ = 0;
};

namespace detail {

/// Newton's method for two parameters. The likelihood is convex, and has one optimum if the scores differ, since no
/// target is 0 or 1.
class platt_search {
 public:
  /// Scores are moved and scaled so that neither their unit nor their mean matters to the search.
  platt_search(const real_view& scores, const labelled_scores& of, std::span<const float> weights)
      : weights_(weights), scores_(scores.size()), labels_(of.labels), total_(of.zeros + of.ones) {
    low_ = 1 / (of.zeros + 2);
    high_ = (of.ones + 1) / (of.ones + 2);
    double most = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
      if (weight_of(weights, i) > 0) most = math::fmax(most, math::absolute(scores[i]));
    scale_ = most > 0 ? most : 1;
    double sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
      if (weight_of(weights, i) > 0) sum += weight_of(weights, i) * (scores[i] / scale_);
    mean_ = sum / total_;
    double squares = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!(weight_of(weights, i) > 0)) continue;  // stays 0, since its score may be out of all proportion
      scores_[i] = scores[i] / scale_ - mean_;
      squares += weight_of(weights, i) * scores_[i] * scores_[i];
    }
    spread_ = math::sqrt(squares / total_);
    varies_ = spread_ > 0x1p-50;
    for (double& score : scores_) score = varies_ ? score / spread_ : 0;
    intercept_ = math::log((of.ones + 1) / (of.zeros + 1));
  }

  void run() noexcept {
    double value = value_at(slope_, intercept_);
    for (int step = 0; step < 100; ++step) {
      const slopes at = slopes_at(slope_, intercept_);
      const double determinant = at.aa * at.bb - at.ab * at.ab;
      const double da = varies_ ? (at.bb * at.a - at.ab * at.b) / determinant : 0;
      const double db = varies_ ? (at.aa * at.b - at.ab * at.a) / determinant : at.b / at.bb;
      const double gain = da * at.a + db * at.b;
      if (!(gain > 1e-30 * total_)) return;
      double length = 1;
      for (; length > 0x1p-40; length /= 2) {
        const double next = value_at(slope_ - length * da, intercept_ - length * db);
        // Near the optimum rounding errors hide what a step gains; there whole steps are right.
        if (next <= value - 0.1 * length * gain || gain < 1e-10 * total_) {
          value = next;
          break;
        }
      }
      slope_ -= length * da;
      intercept_ -= length * db;
    }
  }

  double slope() const noexcept { return varies_ ? slope_ / spread_ / scale_ : 0; }
  double intercept() const noexcept { return varies_ ? intercept_ - slope_ * (mean_ / spread_) : intercept_; }

 private:
  struct slopes {
    double a = 0, b = 0, aa = 0, ab = 0, bb = 0;
  };
  double target(std::size_t row) const noexcept { return labels_[row] == 1 ? high_ : low_; }

  /// The negative log likelihood: of log(1 + e^z) - t z, the larger exponential is taken out.
  double value_at(double slope, double intercept) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      const double z = slope * scores_[i] + intercept;
      const double softplus = (z > 0 ? z : 0) + math::log1p(math::exp(-math::absolute(z)));
      sum += weight_of(weights_, i) * (softplus - target(i) * z);
    }
    return sum;
  }
  slopes slopes_at(double slope, double intercept) const noexcept {
    slopes sum;
    for (std::size_t i = 0; i < scores_.size(); ++i) {
      const double p = probability_of_score(slope * scores_[i] + intercept);
      const double weight = weight_of(weights_, i);
      const double error = weight * (p - target(i));
      const double bend = weight * p * (1 - p);
      sum.a += error * scores_[i];
      sum.b += error;
      sum.aa += bend * scores_[i] * scores_[i];
      sum.ab += bend * scores_[i];
      sum.bb += bend;
    }
    return sum;
  }

  std::span<const float> weights_;
  std::vector<double> scores_;
  std::span<const int> labels_;
  double total_;
  double low_ = 0, high_ = 0;                 // targets of the classes
  double scale_ = 1, mean_ = 0, spread_ = 0;  // of the scores
  bool varies_ = false;
  double slope_ = 0, intercept_ = 0;
};

}  // namespace detail

inline result<platt> platt::fit(real_view scores, std::span<const float> labels, std::span<const float> weights) {
  auto of = detail::labelled_scores::read(saved_as, scores, labels, weights);
  if (!of) return std::move(of).error();
  detail::platt_search search(scores, *of, weights);
  search.run();
  platt fitted;
  fitted.slope_ = search.slope();
  fitted.intercept_ = search.intercept();
  if (!detail::math::is_finite(fitted.slope_) || !detail::math::is_finite(fitted.intercept_))
    return error(errc::invalid_data, "platt: the scores lie so near to each other that no slope can be written");
  return fitted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_PLATT_HPP
