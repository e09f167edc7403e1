#ifndef MILLRACE_INFER_DETAIL_OPERATORS_CLASS_SCORES_HPP
#define MILLRACE_INFER_DETAIL_OPERATORS_CLASS_SCORES_HPP

#include <millrace/infer/detail/planner.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// What the models of `ai.onnx.ml` do with their scores: transforms, and the classes that they name.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

enum class post_transform : std::uint8_t { none, softmax, logistic, softmax_zero, probit };  // as TreeEnsemble counts

template <class = void>
std::optional<post_transform> post_transform_of(std::string_view name) noexcept {
  if (name == "NONE") return post_transform::none;
  if (name == "SOFTMAX") return post_transform::softmax;
  if (name == "LOGISTIC") return post_transform::logistic;
  if (name == "SOFTMAX_ZERO") return post_transform::softmax_zero;
  if (name == "PROBIT") return post_transform::probit;
  return std::nullopt;
}
template <class = void>
bool read_post_transform(planner& at, post_transform& made) {
  const auto found = post_transform_of(at.text("post_transform", "NONE"));
  if (found) made = *found;
  return found || at.refuse("attribute post_transform: \"" + std::string(at.text("post_transform", {})) + '"');
}

inline double logistic_score(double x) noexcept {
  const double e = std::exp(-std::fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
/// The quantile of the normal distribution as ONNX Runtime and ONNX's reference approximate it, to a few thousandths,
/// in floats as they do.
/// Source: S. Winitzki, "A handy approximation for the error function and its inverse", 2008, with a = 0.147.
inline double probit_score(double x) noexcept {
  const float y = 2 * static_cast<float>(x) - 1;
  const float log = std::log((1 - y) * (1 + y));
  const float a = 2 / (3.14159F * 0.147F) + 0.5F * log;
  const float size = std::sqrt(std::sqrt(a * a - 1 / 0.147F * log) - a);
  return static_cast<double>(1.41421356F * (y < 0 ? -size : size));
}

/// Of more than one score.
inline void transform_scores(post_transform by, std::span<double> scores) noexcept {
  switch (by) {
    case post_transform::none: return;
    case post_transform::logistic:
      for (double& each : scores) each = logistic_score(each);
      return;
    case post_transform::probit:
      for (double& each : scores) each = probit_score(each);
      return;
    case post_transform::softmax:
    case post_transform::softmax_zero: break;
  }
  double most = scores[0];
  for (const double each : scores) most = each > most ? each : most;
  double total = 0;
  for (double& each : scores) {
    // A zero stands for a class without a score, and gets none.
    const bool none = by == post_transform::softmax_zero && std::fabs(each) <= 1e-7;
    each = none ? each * std::exp(-most) : std::exp(each - most);
    total += none ? 0 : each;
  }
  for (double& each : scores) each /= total;
}

/// What becomes of the only score of two classes, by which class it chose, and whether it counts from 0 or from 1/2.
enum class second_class : std::uint8_t { none, complement, negative };
/// Makes two scores of one. Without a second class, the score stays as it is.
inline void pair_scores(post_transform by, second_class second, double score, std::span<double, 2> out) noexcept {
  out[1] = 0;
  out[0] = by == post_transform::probit ? probit_score(score) : score;
  if (by == post_transform::probit || second == second_class::none) return;
  out[1] = by == post_transform::logistic ? logistic_score(score) : score;
  if (by == post_transform::logistic)
    out[0] = logistic_score(-score);
  else
    out[0] = second == second_class::complement ? 1 - score : -score;
}

/// The classes that a classifier names, as texts or as whole numbers, and where a run writes the chosen ones.
class class_output {
 public:
  /// Plans output 0 of `rows` labels. `wholes`: what the attribute of whole numbers is called.
  template <class = void>
  bool plan(planner& at, std::string_view wholes, std::int64_t rows) {
    texts_ = at.texts("classlabels_strings");
    numbers_ = at.wholes(wholes);
    if (!texts_.empty() && !numbers_.empty())
      return at.refuse("attributes classlabels_strings and " + std::string(wholes) + " both name classes");
    if (!texts_.empty())
      to_text_ = at.out<std::string_view>(0, {rows});
    else
      to_number_ = at.out<std::int64_t>(0, {rows});
    return true;
  }
  std::size_t size() const noexcept { return texts_.empty() ? numbers_.size() : texts_.size(); }

  void write(std::size_t row, std::size_t label) const noexcept {
    if (to_text_ != nullptr)
      to_text_[row] = label < texts_.size() ? std::string_view(texts_[label]) : std::string_view();
    if (to_number_ != nullptr)
      to_number_[row] = label < numbers_.size() ? numbers_[label] : static_cast<std::int64_t>(label);
  }

 private:
  std::span<const std::string> texts_;
  std::span<const std::int64_t> numbers_;
  std::string_view* to_text_ = nullptr;
  std::int64_t* to_number_ = nullptr;
};

/// How many rows and columns the first input has: of one dimension, it is one row.
struct table_shape {
  std::int64_t rows = 1;
  std::int64_t columns = 0;
};
template <class = void>
bool read_table_shape(planner& at, table_shape& made) {
  const shape& sizes = at.sizes(0);
  if (sizes.empty() || sizes.size() > 2) return at.refuse("its input is of shape " + text_of(sizes) + ", not of rows");
  made.columns = sizes.back();
  made.rows = sizes.size() == 2 ? sizes[0] : 1;
  return true;
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_OPERATORS_CLASS_SCORES_HPP
