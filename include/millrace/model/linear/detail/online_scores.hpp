#ifndef MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_SCORES_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/linear/sgd_options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// A linear score that is moved sample by sample.
class online_scores {
 public:
  online_scores() = default;
  online_scores(std::size_t inputs, const sgd_options& with) : with_(with), coefficients_(inputs) {}

  std::size_t inputs() const noexcept { return coefficients_.size(); }
  const std::vector<double>& coefficients() const noexcept { return coefficients_; }
  double intercept() const noexcept { return intercept_; }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t skipped() const noexcept { return skipped_; }

  /// Not finite exactly if a feature is not, since a coefficient times NaN or infinity is not finite, even if it is 0;
  /// or if columns are missing.
  double score(std::span<const float> row) const noexcept {
    if (row.size() < coefficients_.size()) return math::nan;
    return intercept_ + dot(coefficients_.data(), row.data(), coefficients_.size());
  }
  /// By how much a step of 1 along the row moves its score.
  double square(const float* row) const noexcept {
    return (with_.intercept ? 1 : 0) + dot(row, row, coefficients_.size());
  }

  /// The learning rate of the next sample.
  double rate() const noexcept {
    const double fall = 1 + with_.decay * static_cast<double>(count_);
    if (with_.schedule == sgd_schedule::constant) return with_.rate;
    return with_.rate / (with_.schedule == sgd_schedule::inverse ? fall : math::sqrt(fall));
  }
  /// Moves the scores of rows like this one by `step` times the row's square, and coefficients towards 0 by the price
  /// of one sample that is `shrink` times as dear as the learning rate says.
  void move(const float* row, double step, double shrink) noexcept {
    const double keep = with_.l2 > 0 ? 1 / (1 + with_.l2 * shrink) : 1;
    keep_and_add(coefficients_.data(), keep, step, row, coefficients_.size());
    if (with_.intercept) intercept_ += step;
    ++count_;
  }
  void skip() noexcept { ++skipped_; }

  static result<void> check_options(const char* model, std::size_t inputs, const sgd_options& with) {
    const auto is_price = [](double x) { return x >= 0 && math::is_finite(x); };
    if (inputs == 0) return wrong_option(model, "inputs", "above 0");
    if (!(with.rate > 0 && math::is_finite(with.rate))) return wrong_option(model, "rate", "finite and above 0");
    if (with.schedule > sgd_schedule::inverse) return wrong_option(model, "schedule", "one of sgd_schedule");
    if (!is_price(with.decay)) return wrong_option(model, "decay", "finite and 0 or above");
    if (!is_price(with.l2)) return wrong_option(model, "l2", "finite and 0 or above");
    return {};
  }

  // The payload: columns (u64), samples (u64), skipped (u64), schedule (u8), intercept or not (u8), then f64s: rate,
  // decay, l2, intercept, coefficients. Epochs and seed are of use to `fit` alone.
  void save(envelope_writer& to) const {
    to.u64(inputs());
    to.u64(count_);
    to.u64(skipped_);
    to.u8(static_cast<std::uint8_t>(with_.schedule));
    to.u8(with_.intercept ? 1 : 0);
    for (const double x : {with_.rate, with_.decay, with_.l2, intercept_}) to.f64(x);
    for (const double x : coefficients_) to.f64(x);
  }
  bool load(const char* model, envelope_reader& from) {
    const std::size_t inputs = from.count(0);
    count_ = from.u64();
    skipped_ = from.u64();
    with_.schedule = static_cast<sgd_schedule>(from.u8());
    const unsigned intercept = from.u8();
    with_.intercept = intercept == 1;
    with_.rate = from.f64();
    with_.decay = from.f64();
    with_.l2 = from.f64();
    intercept_ = from.f64();
    if (inputs != from.remaining() / 8 || intercept > 1 || !check_options(model, inputs, with_)) return false;
    coefficients_.resize(inputs);
    bool finite = math::is_finite(intercept_) && (with_.intercept || intercept_ == 0);
    for (double& x : coefficients_) {
      x = from.f64();
      finite = finite && math::is_finite(x);
    }
    return finite;
  }

 private:
  sgd_options with_;
  std::vector<double> coefficients_;
  double intercept_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_ONLINE_SCORES_HPP
