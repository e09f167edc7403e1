#ifndef MILLRACE_DELIVER_OUTCOMES_TRAINING_ROWS_HPP
#define MILLRACE_DELIVER_OUTCOMES_TRAINING_ROWS_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/deliver/outcomes/prediction.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace deliver {

/// The features, labels and weights of joined rows, to train a model on. There are at most so many: of more, the newest
/// that came.
///
///     mr::deliver::training_rows table(1'000'000);
///     join->rows(table);
///     auto next = mr::model::logistic_regression::fit(table.features(), table.targets(), {}, table.weights());
///
/// A request that two arms predicted comes twice; `arm` takes those of one. A row's weight is 1 over its propensity, as
/// where the arm was chosen by what is to be learned about; `weights` may be left out.
/// Shapes: rows x columns of the first row; rows of another width, without features, or with a label that is not finite
/// are counted as refused.
/// Allocates: (columns + 2) * 4 bytes a row. Threads: one at a time.
class training_rows {
 public:
  /// Precondition: max_rows > 0.
  explicit training_rows(std::size_t max_rows) noexcept : max_rows_(max_rows) {}
  /// Of one arm alone.
  training_rows(std::size_t max_rows, deliver::arm arm) noexcept : max_rows_(max_rows), takes_all_(false), arm_(arm) {}

  void update(const joined_row& row) {
    const prediction& made = row.prediction;
    if (!takes_all_ && made.arm != arm_) return;
    if (columns_ == 0) columns_ = made.features.size();
    const auto target = static_cast<float>(row.label);
    const auto weight = static_cast<float>(1 / made.propensity);
    if (columns_ == 0 || made.features.size() != columns_ || !detail::math::is_finite(static_cast<double>(target)) ||
        !detail::math::is_finite(static_cast<double>(weight)) || !(weight > 0))
      return void(++refused_);
    if (targets_.size() < max_rows_) {
      features_.append(made.features);
      targets_.push_back(target);
      weights_.push_back(weight);
      return;
    }
    for (std::size_t i = 0; i < columns_; ++i) features_[oldest_ * columns_ + i] = made.features[i];
    targets_[oldest_] = target;
    weights_[oldest_] = weight;
    oldest_ = oldest_ + 1 == max_rows_ ? 0 : oldest_ + 1;
    ++dropped_;
  }
  void operator()(const joined_row& row) { update(row); }

  std::size_t size() const noexcept { return targets_.size(); }
  std::uint64_t refused() const noexcept { return refused_; }
  /// Rows that newer ones have taken the place of.
  std::uint64_t dropped() const noexcept { return dropped_; }

  // Row after row, in no order of time where some were dropped.
  model::matrix_view features() const noexcept { return {features_.data(), targets_.size(), columns_}; }
  std::span<const float> targets() const noexcept { return {targets_.data(), targets_.size()}; }
  std::span<const float> weights() const noexcept { return {weights_.data(), weights_.size()}; }

 private:
  std::size_t max_rows_;
  bool takes_all_ = true;
  deliver::arm arm_ = deliver::arm::stable;
  std::size_t columns_ = 0;
  std::size_t oldest_ = 0;
  detail::flat_vector<float> features_;
  detail::flat_vector<float> targets_;
  detail::flat_vector<float> weights_;
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_TRAINING_ROWS_HPP
