#ifndef MILLRACE_INFER_ONLINE_ONLINE_OPTIONS_HPP
#define MILLRACE_INFER_ONLINE_ONLINE_OPTIONS_HPP

#include <millrace/core/duration.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace infer {

/// What is an error of a prediction: what a learner's detector watches, and its score is the mean of.
enum class online_loss : std::uint8_t {
  /// 1 if the class is wrong, else 0. Of one output, class 1 is predicted above 1/2; of several, the largest one's.
  wrong_class = 0,
  /// -log of the probability given to the class that occurred, as in model::log_loss.
  log_loss = 1,
  /// The squared difference; of probabilities, the Brier score.
  squared = 2,
  /// The absolute difference.
  absolute = 3,
};

/// The loss's name, which is the label `metric` of the model's score: `log_loss`.
constexpr std::string_view to_string(online_loss loss) noexcept {
  switch (loss) {
    case online_loss::wrong_class: return "wrong_class";
    case online_loss::log_loss: return "log_loss";
    case online_loss::squared: return "squared";
    case online_loss::absolute: return "absolute";
  }
  return "none";
}

/// What a learner does when its detector finds that errors have risen for good.
enum class drift_action : std::uint8_t {
  /// Counts it; the model goes on.
  warn = 0,
  /// The model begins anew.
  reset = 1,
  /// The model begins anew, with the samples that came after the change: those since the detector's first warning or,
  /// if
  /// there was none, those that it still counts. Source: Gama et al., "Learning with drift detection", SBIA 2004.
  shrink = 2,
};

/// How an `online_learner` learns.
struct online_options {
  /// Samples of a mini-batch, 1 or above.
  std::size_t batch = 1;
  /// A batch is learnt at the latest so long after its first sample; 0: when it is full.
  duration interval{};
  online_loss loss = online_loss::log_loss;
  /// Measures are of this many newest predictions, 1 or above.
  std::size_t window = 1000;
  /// Each so-manieth sample is held out of learning; 0: none.
  std::uint64_t holdout_every = 0;
  /// So many of the newest samples held out are kept, 1 or above if there are any.
  std::size_t holdout = 1000;
  drift_action on_drift = drift_action::warn;
  /// So many losses at the start and after a drift are not shown to the detector: errors of a model that has only begun
  /// to learn are not steady, and would be taken for another drift.
  std::uint64_t settle = 500;
  /// So many of the newest samples are kept for `drift_action::shrink`, 1 or above.
  std::size_t shrink_to = 1000;
};

/// Schedule: every sample counts by its own weight. Any function from a number of batches to a factor will do, such as
/// those of train/schedule.hpp: a sample's weight is multiplied by that of its batch.
struct unchanged_weight {
  constexpr double operator()(std::uint64_t) const noexcept { return 1; }
};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_ONLINE_ONLINE_OPTIONS_HPP
