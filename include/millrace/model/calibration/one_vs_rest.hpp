#ifndef MILLRACE_MODEL_CALIBRATION_ONE_VS_REST_HPP
#define MILLRACE_MODEL_CALIBRATION_ONE_VS_REST_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/calibration/calibrator.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// A calibration of several classes: one of the class against all others for each, and their probabilities divided by
/// their sum, so that they add up to 1. Where all are 0 each class has the same.
///
/// Shapes: rows x classes, one row after the other.
/// Allocates: while fitting, 12 bytes a row beside what `Each` takes; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Zadrozny, Elkan, KDD 2002; scikit-learn's `CalibratedClassifierCV` does the same.
template <calibrator Each = platt>
class one_vs_rest {
 public:
  /// `scores`: classes for each row. `labels`: the class of each row. `weights`: none, or one for each row.
  /// Errors: invalid_argument (no rows, or fewer than two classes), shape_mismatch, and those of `Each`, with the class
  /// in their text.
  static result<one_vs_rest> fit(real_view scores, std::span<const float> labels, std::size_t classes,
                                 std::span<const float> weights = {}) {
    if (classes < 2) return error(errc::invalid_argument, "one_vs_rest: there must be two classes at least");
    if (!labels.empty() && classes > scores.size() / labels.size())
      return error(errc::shape_mismatch, "scores: there are " + std::to_string(scores.size()) + " for " +
                                             std::to_string(labels.size()) + " rows of " + std::to_string(classes) +
                                             " classes");
    if (auto same = detail::same_length(labels.size() * classes, scores.size(), "scores"); !same)
      return std::move(same).error();
    one_vs_rest made;
    std::vector<double> own(labels.size());
    std::vector<float> is_own(labels.size());
    for (std::size_t k = 0; k < classes; ++k) {
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (!(labels[i] >= 0 && labels[i] < static_cast<float>(classes)) ||
            static_cast<float>(static_cast<std::size_t>(labels[i])) != labels[i])
          return error(errc::out_of_range, "one_vs_rest: the label of row " + std::to_string(i) + " is " +
                                               std::to_string(labels[i]) + ", not a whole number from 0 to " +
                                               std::to_string(classes - 1));
        own[i] = scores[i * classes + k];
        is_own[i] = labels[i] == static_cast<float>(k) ? 1 : 0;
      }
      auto fitted = Each::fit(own, is_own, weights);
      if (!fitted) return std::move(fitted).error().wrap("one_vs_rest, class " + std::to_string(k));
      made.each_.push_back(*std::move(fitted));
    }
    return made;
  }

  std::size_t classes() const noexcept { return each_.size(); }
  /// The calibration of a class against all others. Precondition: k < classes().
  const Each& operator[](std::size_t k) const noexcept { return each_[k]; }

  /// The row's probabilities. `scores` and `out` may be the same numbers.
  /// Precondition: scores.size() == classes(), out.size() == classes().
  void operator()(std::span<const double> scores, std::span<double> out) const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < classes(); ++k) sum += out[k] = each_[k](scores[k]);
    for (std::size_t k = 0; k < classes(); ++k) out[k] = sum == 0 ? 1 / static_cast<double>(classes()) : out[k] / sum;
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u64(classes());
    for (const Each& one : each_) to.block(one.save());
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`, and of `Each`, with the class in their text.
  static result<one_vs_rest> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    one_vs_rest made;
    const std::size_t classes = from->count(8);
    for (std::size_t k = 0; k < classes; ++k) {
      const std::span<const std::byte> saved = from->block();
      if (!from->ok()) break;
      auto one = Each::load(saved);
      if (!one) return std::move(one).error().wrap("one_vs_rest, class " + std::to_string(k));
      made.each_.push_back(*std::move(one));
    }
    if (auto done = from->finish(classes >= 2); !done) return std::move(done).error();
    return made;
  }

 private:
  // The parts name their own types, so the name of the whole need not.
  static constexpr const char* saved_as = "one_vs_rest";
  one_vs_rest() = default;

  std::vector<Each> each_;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_CALIBRATION_ONE_VS_REST_HPP
