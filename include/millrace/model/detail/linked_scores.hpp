#ifndef MILLRACE_MODEL_DETAIL_LINKED_SCORES_HPP
#define MILLRACE_MODEL_DETAIL_LINKED_SCORES_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What models share whose outputs a loss makes of their scores. `Model` has `score(row, out)` and `score(rows, out)`,
/// `outputs()`, and `loss()` with `link(scores)`.
template <class Model>
class linked_scores {
 public:
  /// A row's outputs: probabilities, means or quantiles, as the loss says. Precondition: out.size() == outputs(), or
  /// nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != self().outputs()) return;
    self().score(row, out);
    self().loss().link(out);
  }
  /// The only output of a row. Precondition: outputs() == 1.
  double operator()(std::span<const float> row) const noexcept {
    double out = math::nan;
    predict(row, std::span(&out, 1));
    return out;
  }
  /// All rows' outputs, row after row, as far as `out` has room: rows.rows() * outputs().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    self().score(rows, out);
    const std::size_t width = self().outputs();
    for (std::size_t i = 0; i < rows.rows() && (i + 1) * width <= out.size(); ++i)
      self().loss().link(out.subspan(i * width, width));
  }

 private:
  friend Model;
  linked_scores() = default;

  const Model& self() const noexcept { return static_cast<const Model&>(*this); }
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DETAIL_LINKED_SCORES_HPP
