#ifndef MILLRACE_MODEL_CALIBRATION_ISOTONIC_HPP
#define MILLRACE_MODEL_CALIBRATION_ISOTONIC_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/calibration/detail/labelled_scores.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/validation/weighted_measures.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// Isotonic calibration: of all functions that never fall, the one whose probabilities have the least squared distance
/// from the labels. It assumes no shape, so it wants a thousand rows and more; with fewer, `platt` is the safer choice.
///
///     auto calibrated = mr::model::isotonic::fit(held_out_scores, held_out_labels);
///     double probability = (*calibrated)(score);
///
/// Between the scores it was fitted to, it goes in straight lines; below the lowest and above the highest it stays as
/// it is there: scikit-learn's `IsotonicRegression(out_of_bounds="clip")`. Rows of equal scores count as one.
/// Guarantee: a higher score never has a lower probability.
/// Complexity: fitting, O(n log n); asking, O(log knots).
/// Allocates: while fitting, 50 bytes a row; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: pool adjacent violators: Barlow, Bartholomew, Bremner, Brunk, "Statistical inference under order
/// restrictions", 1972; as a calibration: Zadrozny, Elkan, "Transforming classifier scores into accurate multiclass
/// probability estimates", KDD 2002.
class isotonic {
 public:
  /// A score and its probability.
  struct knot {
    double score = 0;
    double probability = 0;
  };

  /// `scores`: of rows that the model was not fitted on. `labels`: 0 or 1 for each. `weights`: none, or one for each; a
  /// row of weight 0 changes nothing.
  /// Errors: invalid_argument (no rows), shape_mismatch, not_finite (a score or a weight, with its row), out_of_range
  /// (a label or a negative weight, with its row), invalid_data (every weight is 0, or one class only).
  static result<isotonic> fit(real_view scores, std::span<const float> labels, std::span<const float> weights = {});

  /// Where the function bends, in ascending order of scores; one at least.
  std::span<const knot> knots() const noexcept { return knots_; }

  /// The probability of class 1; NaN for NaN.
  double operator()(double score) const noexcept {
    if (detail::math::is_nan(score)) return score;
    if (score <= knots_[0].score) return knots_[0].probability;
    std::size_t low = 0, high = knots_.size();  // knots_[low].score < score
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      (knots_[middle].score < score ? low : high) = middle;
    }
    if (high == knots_.size()) return knots_[low].probability;
    const double width = knots_[high].score - knots_[low].score;
    // In halves, where the distance of the two scores is above the largest double.
    const double share = detail::math::is_finite(width)
                             ? (score - knots_[low].score) / width
                             : (score / 2 - knots_[low].score / 2) / (knots_[high].score / 2 - knots_[low].score / 2);
    return detail::math::interpolate(knots_[low].probability, knots_[high].probability, share);
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u64(knots_.size());
    for (const knot& at : knots_) {
      to.f64(at.score);
      to.f64(at.probability);
    }
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<isotonic> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    isotonic made;
    made.knots_.resize(from->count(16));
    bool sound = !made.knots_.empty();
    for (std::size_t i = 0; i < made.knots_.size(); ++i) {
      knot& at = made.knots_[i];
      at.score = from->f64();
      at.probability = from->f64();
      const bool rises =
          i == 0 || (at.score > made.knots_[i - 1].score && at.probability >= made.knots_[i - 1].probability);
      sound = sound && rises && detail::math::is_finite(at.score) && detail::is_probability(at.probability);
    }
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  static constexpr const char* saved_as = "isotonic";
  isotonic() = default;

  std::vector<knot> knots_;
};

inline result<isotonic> isotonic::fit(real_view scores, std::span<const float> labels, std::span<const float> weights) {
  auto of = detail::labelled_scores::read(saved_as, scores, labels, weights);
  if (!of) return std::move(of).error();
  auto ties = detail::weighted_ties(saved_as, of->labels, scores, weights);
  if (!ties) return std::move(ties).error();
  struct block {
    double first;
    double last;
    double ones;
    double all;
    double probability() const noexcept { return ones / all; }
  };
  std::vector<block> blocks;
  for (std::size_t i = ties->size(); i-- > 0;) {
    const detail::weighted_tie& at = (*ties)[i];
    blocks.push_back({at.score, at.score, at.positives, at.positives + at.negatives});
    // A block that is not above the one before it becomes one with it.
    while (blocks.size() > 1) {
      block& before = blocks[blocks.size() - 2];
      const block& last = blocks.back();
      if (before.probability() < last.probability()) break;
      before = {before.first, last.last, before.ones + last.ones, before.all + last.all};
      blocks.pop_back();
    }
  }
  isotonic fitted;
  for (const block& at : blocks) {
    fitted.knots_.push_back({at.first, at.probability()});
    if (at.last > at.first) fitted.knots_.push_back({at.last, at.probability()});
  }
  return fitted;
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_ISOTONIC_HPP
