#ifndef MILLRACE_INFER_ONLINE_PREQUENTIAL_HPP
#define MILLRACE_INFER_ONLINE_PREQUENTIAL_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/model/evaluation/measures.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace infer {

/// Measures of predictions that were made before their targets were known: test, then train. Over all samples the mean
/// loss; over the newest ones, faded and by a window, how the model does now.
///
/// Guarantee: what is loaded goes on as what was saved, to the bit.
/// Complexity: update O(1); a measure, one pass over the window.
/// Allocates: until the window is full; measures, and copies of labels for them.
/// Threads: const calls from any number, while none updates.
/// Source: Gama, Sebastiao, Rodrigues, "On evaluating stream learning algorithms", Machine Learning 90, 2013.
class prequential {
 public:
  /// How much of its weight a loss keeps from sample to sample in `faded_loss`.
  static constexpr double fading = 0.995;

  /// Measures of the `window` newest predictions. Precondition: window > 0.
  explicit prequential(std::size_t window) : window_(window) {}

  /// The most that a loss counts as, here and for an online_learner's detector: sums of losses stay finite, also where
  /// a model that diverges predicts numbers whose squares are not.
  static constexpr double max_loss = 0x1p400;

  /// A prediction, the target that came true, and the loss between them, of which one above max_loss counts as that.
  void update(double prediction, float target, double loss) {
    loss = loss < max_loss ? loss : max_loss;
    if (predictions_.size() < window_) {
      predictions_.push_back(prediction);
      targets_.push_back(target);
    } else {
      predictions_[next_] = prediction;
      targets_[next_] = target;
      next_ = next_ + 1 == window_ ? 0 : next_ + 1;
    }
    ++count_;
    sum_ += loss;
    faded_ = fading * faded_ + loss;
    faded_weight_ = fading * faded_weight_ + 1;
  }
  void reset() noexcept {
    predictions_.clear();
    targets_.clear();
    next_ = 0;
    count_ = 0;
    sum_ = faded_ = faded_weight_ = 0;
  }

  std::uint64_t count() const noexcept { return count_; }
  /// The mean loss of all predictions, and the faded one, in which older losses weigh less and less. NaN without any.
  double mean_loss() const noexcept { return count_ == 0 ? detail::math::nan : sum_ / static_cast<double>(count_); }
  double faded_loss() const noexcept { return count_ == 0 ? detail::math::nan : faded_ / faded_weight_; }
  /// The newest predictions and their targets, in no order of time.
  std::span<const double> predictions() const noexcept { return predictions_; }
  std::span<const float> targets() const noexcept { return targets_; }

  // Of the window. Errors: those of the measures of model/evaluation.
  /// The share of right classes; of one output, class 1 is predicted above the threshold.
  result<double> accuracy(double threshold = 0.5) const {
    std::vector<int> predicted;
    for (const double x : predictions_) predicted.push_back(x > threshold ? 1 : 0);
    return model::accuracy(labels(), predicted);
  }
  result<double> log_loss() const { return model::log_loss(labels(), predictions_); }
  result<double> brier_score() const { return model::brier_score(labels(), predictions_); }
  result<double> roc_auc() const { return model::roc_auc(labels(), predictions_); }
  result<double> rmse() const { return model::rmse(targets_, predictions_); }
  result<double> mae() const { return model::mae(targets_, predictions_); }
  result<double> r2() const { return model::r2(targets_, predictions_); }

  /// Saved form: an envelope "prequential" of window, next place, samples (u64), the sums of losses, of faded losses
  /// and of their weights (f64), predictions in the window (u64), and then of each the prediction and the target (f64).
  std::vector<std::byte> save() const {
    envelope_writer to("prequential");
    to.u64(window_);
    to.u64(next_);
    to.u64(count_);
    for (const double x : {sum_, faded_, faded_weight_}) to.f64(x);
    to.u64(predictions_.size());
    for (std::size_t i = 0; i < predictions_.size(); ++i) {
      to.f64(predictions_[i]);
      to.f64(static_cast<double>(targets_[i]));
    }
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<prequential> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, "prequential");
    if (!from) return std::move(from).error();
    prequential made(1);
    const bool sound = made.read(*from);
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 private:
  bool read(envelope_reader& from) {
    const std::uint64_t window = from.u64();
    const std::uint64_t next = from.u64();
    count_ = from.u64();
    sum_ = from.f64();
    faded_ = from.f64();
    faded_weight_ = from.f64();
    const std::size_t size = from.count(16);
    if (size > window || count_ < size || (size < window ? next != 0 || count_ != size : next >= window)) return false;
    window_ = static_cast<std::size_t>(window);
    next_ = static_cast<std::size_t>(next);
    bool sound = detail::math::is_finite(sum_) && detail::math::is_finite(faded_) && faded_weight_ >= 0 &&
                 faded_weight_ <= 1 / (1 - fading) + 1 && (count_ == 0 || faded_weight_ >= 1);
    predictions_.resize(size);
    targets_.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
      predictions_[i] = from.f64();
      const double target = from.f64();
      sound = sound && detail::math::absolute(target) <= static_cast<double>((std::numeric_limits<float>::max)()) &&
              static_cast<double>(static_cast<float>(target)) == target && detail::math::is_finite(predictions_[i]);
      targets_[i] = sound ? static_cast<float>(target) : 0.0F;
    }
    return sound;
  }
  /// Targets that are no whole numbers become one that is no class, which measures refuse.
  std::vector<int> labels() const {
    std::vector<int> made;
    for (const float x : targets_) {
      const bool whole = x >= 0 && x < 1e9F && static_cast<float>(static_cast<int>(x)) == x;
      made.push_back(whole ? static_cast<int>(x) : (std::numeric_limits<int>::min)());
    }
    return made;
  }

  std::size_t window_;
  std::size_t next_ = 0;
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double faded_ = 0;
  double faded_weight_ = 0;
  std::vector<double> predictions_;
  std::vector<float> targets_;
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_PREQUENTIAL_HPP
