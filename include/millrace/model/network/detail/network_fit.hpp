#ifndef MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_FIT_HPP
#define MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_FIT_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>
#include <millrace/model/network/detail/column_scales.hpp>
#include <millrace/model/network/detail/trained_layers.hpp>
#include <millrace/model/network/mlp_options.hpp>
#include <millrace/model/trees/losses.hpp>

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

/// What the network's outputs are multiplied by to be scores: of losses whose scores have the unit of the targets,
/// their standard deviation, so that any unit is learnt alike.
template <class Loss>
inline constexpr bool has_scores_in_target_units = false;
template <>
inline constexpr bool has_scores_in_target_units<squared_loss> = true;
template <>
inline constexpr bool has_scores_in_target_units<quantile_loss> = true;

/// The gradient by the outputs of a loss that is measured in units of `spread`: that of squared_loss, in its square.
template <class Loss>
inline constexpr bool is_measured_in_squares = false;
template <>
inline constexpr bool is_measured_in_squares<squared_loss> = true;

inline double rate_at(const mlp_options& with, std::uint64_t step, std::uint64_t steps) noexcept {
  const double share = static_cast<double>(step) / static_cast<double>(steps);
  switch (with.schedule) {
    case rate_schedule::linear: return with.rate * (1 - share);
    case rate_schedule::cosine: return with.rate * (1 + math::cos(3.141592653589793 * share)) / 2;
    case rate_schedule::constant: return with.rate;
  }
  return with.rate;
}

/// The learning of one network. `fit` has checked what it is given.
template <class Loss>
class network_fit {
 public:
  network_fit(const Loss& loss, const matrix_view& rows, std::span<const float> targets, std::span<const float> weights,
              const mlp_options& with, lane_cpu cpu = best_lane_cpu())
      : loss_(loss), rows_(rows), targets_(targets), weights_(weights), with_(with), cpu_(cpu), random_(with.seed) {
    for (const std::size_t units : with.hidden) shape_.push_back({units, with.function});
    shape_.push_back({loss.outputs(), activation::identity});
  }

  /// Errors: out_of_range (a feature beyond 1e30), invalid_data (the weights left the range of floats).
  result<void> run() {
    draw_rows();
    if (auto right = scales_.measure(rows_, train_, weights_, with_.standardize); !right) return right;
    offset_ = loss_.start(targets_, train_, weights_);
    if (has_scores_in_target_units<Loss> && with_.standardize) spread_ = target_spread();
    const std::size_t batch = with_.batch < train_.size() ? with_.batch : train_.size();
    layers_ = trained_layers(rows_.columns(), shape_, batch, cpu_);
    layers_.draw(random_);
    reserve(batch);
    return learn(batch);
  }

  std::vector<std::pair<std::size_t, activation>> shape() const { return shape_; }
  dense_layers layers() const { return layers_.finish(shape_); }
  column_scales& scales() noexcept { return scales_; }
  const std::vector<double>& offset() const noexcept { return offset_; }
  double spread() const noexcept { return spread_; }

 private:
  /// Rows of weight 0 are left out; a share is held out.
  void draw_rows() {
    for (std::size_t i = 0; i < rows_.rows(); ++i)
      if (weight_of(weights_, i) > 0) train_.push_back(static_cast<std::uint32_t>(i));
    double sum = 0;
    for (const std::uint32_t row : train_) sum += weight_of(weights_, row);
    mean_weight_ = sum / static_cast<double>(train_.size());
    if (with_.patience == 0 || train_.size() < 2) return;
    random_.shuffle(train_);
    auto held = static_cast<std::size_t>(with_.validation_share * static_cast<double>(train_.size()));
    held = held < 1 ? 1 : held >= train_.size() ? train_.size() - 1 : held;
    held_.resize(held);
    for (std::size_t i = 0; i < held; ++i) held_[i] = train_[train_.size() - held + i];
    train_.resize(train_.size() - held);
  }
  double target_spread() const noexcept {
    const double mean = mean_target(targets_, train_, weights_);
    double squares = 0;
    double weight = 0;
    for (const std::uint32_t row : train_) {
      const double off = static_cast<double>(targets_[row]) - mean;
      squares += weight_of(weights_, row) * off * off;
      weight += weight_of(weights_, row);
    }
    const double spread = math::sqrt(squares / weight);
    return spread > 0 ? spread : 1;
  }
  void reserve(std::size_t batch) {
    scores_.resize(batch * loss_.outputs());
    row_scores_.resize(loss_.outputs());
    batch_targets_.resize(batch);
    first_.resize(batch);
    second_.resize(batch);
  }

  result<void> learn(std::size_t batch) {
    const std::size_t steps = (train_.size() + batch - 1) / batch;
    const std::uint64_t all = std::uint64_t{with_.epochs} * steps;
    double least = 0;
    std::size_t since = 0;
    std::vector<float> best;
    for (std::size_t epoch = 0; epoch < with_.epochs; ++epoch) {
      random_.shuffle(train_);
      for (std::size_t step = 0; step < steps; ++step) {
        const std::size_t begin = step * batch;
        const std::size_t size = train_.size() - begin < batch ? train_.size() - begin : batch;
        learn_from(std::span(train_).subspan(begin, size), rate_at(with_, epoch * steps + step, all));
      }
      const std::span<const float> now = std::as_const(layers_).parameters();
      if (!all_finite(now))
        return error(errc::invalid_data, "mlp: the weights left the range of floats in epoch " + std::to_string(epoch) +
                                             ": lower the option rate");
      if (held_.empty()) continue;
      const double loss = held_out_loss();
      if (epoch == 0 || loss < least) {
        least = loss;
        since = 0;
        best.assign(now.begin(), now.end());
      } else if (++since >= with_.patience) {
        break;
      }
    }
    for (std::size_t i = 0; i < best.size(); ++i) layers_.parameters()[i] = best[i];
    return {};
  }

  /// The scores of rows, output by output, as the loss takes them.
  void score(std::span<const std::uint32_t> rows) noexcept {
    layers_.take(rows_.data(), rows_.stride(), rows, scales_.view());
    layers_.forward(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t k = 0; k < loss_.outputs(); ++k) {
        double part = spread_ * static_cast<double>(layers_.outputs()[i * layers_.output_row() + k]);
        rounded(part);
        scores_[k * rows.size() + i] = offset_[k] + part;
      }
  }
  void learn_from(std::span<const std::uint32_t> rows, double rate) noexcept {
    const std::size_t size = rows.size();
    score(rows);
    for (std::size_t i = 0; i < size; ++i) batch_targets_[i] = targets_[rows[i]];
    float* const to = layers_.output_gradient();
    const std::size_t width = layers_.output_row();
    for (std::size_t i = 0; i < (size + 7) / 8 * 8 * width; ++i) to[i] = 0;
    const double unit = (is_measured_in_squares<Loss> ? 1 / spread_ : 1) / static_cast<double>(size);
    const std::span<const double> scores(scores_.data(), size * loss_.outputs());
    for (std::size_t k = 0; k < loss_.outputs(); ++k) {
      loss_.gradients(std::span<const float>(batch_targets_.data(), size), scores, k, std::span(first_.data(), size),
                      std::span(second_.data(), size));
      for (std::size_t i = 0; i < size; ++i) {
        const double share = weights_.empty() ? unit : unit * (weight_of(weights_, rows[i]) / mean_weight_);
        to[i * width + k] = static_cast<float>(static_cast<double>(first_[i]) * share);
      }
    }
    layers_.backward(size);
    step_.keep = static_cast<float>(1 - rate * with_.weight_decay);
    step_.l2 = static_cast<float>(with_.l2);
    remaining1_ *= adam_step::beta1;
    remaining2_ *= adam_step::beta2;
    step_.rate = static_cast<float>(rate / (1 - remaining1_));
    step_.unbias = static_cast<float>(1 / math::sqrt(1 - remaining2_));
    layers_.update(step_);
  }

  double held_out_loss() noexcept {
    double sum = 0;
    double weight = 0;
    for (std::size_t begin = 0; begin < held_.size(); begin += batch_targets_.size()) {
      const std::size_t left = held_.size() - begin;
      const auto rows = std::span<const std::uint32_t>(held_).subspan(
          begin, left < batch_targets_.size() ? left : batch_targets_.size());
      score(rows);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t k = 0; k < row_scores_.size(); ++k) row_scores_[k] = scores_[k * rows.size() + i];
        sum += weight_of(weights_, rows[i]) * loss_.loss(targets_[rows[i]], row_scores_);
        weight += weight_of(weights_, rows[i]);
      }
    }
    return sum / weight;
  }

  Loss loss_;
  matrix_view rows_;
  std::span<const float> targets_;
  std::span<const float> weights_;
  mlp_options with_;
  lane_cpu cpu_;
  random_engine random_;
  trained_layers::shape_type shape_;
  std::vector<std::uint32_t> train_;
  std::vector<std::uint32_t> held_;
  double mean_weight_ = 1;
  column_scales scales_;
  std::vector<double> offset_;
  double spread_ = 1;
  trained_layers layers_;
  std::vector<double> scores_;
  std::vector<double> row_scores_;
  std::vector<float> batch_targets_;
  std::vector<float> first_;   // derivatives of the batch's losses
  std::vector<float> second_;  // which nothing needs here
  adam_step step_;
  double remaining1_ = 1;  // what is left in a running mean of its start at 0
  double remaining2_ = 1;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_DETAIL_NETWORK_FIT_HPP
