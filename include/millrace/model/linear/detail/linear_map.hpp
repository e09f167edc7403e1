#ifndef MILLRACE_MODEL_LINEAR_DETAIL_LINEAR_MAP_HPP
#define MILLRACE_MODEL_LINEAR_DETAIL_LINEAR_MAP_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Linear functions of a row, and the means of the columns that they were fitted to.
struct linear_map {
  std::vector<double> intercepts;    // one a function
  std::vector<double> coefficients;  // a row a function
  std::vector<double> means;         // one a column

  std::size_t inputs() const noexcept { return means.size(); }
  std::size_t outputs() const noexcept { return intercepts.size(); }
  std::span<const double> row(std::size_t output) const noexcept {
    return {coefficients.data() + output * inputs(), inputs()};
  }
  /// NaN for a row of fewer columns.
  double score(std::size_t output, std::span<const float> row) const noexcept {
    if (row.size() < inputs()) return math::nan;
    return intercepts[output] + dot(coefficients.data() + output * inputs(), row.data(), inputs());
  }
  double mean_score(std::size_t output) const noexcept {
    return intercepts[output] + dot(coefficients.data() + output * inputs(), means.data(), inputs());
  }
  void contributions(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() != outputs() * inputs()) return;
    for (std::size_t k = 0; k < outputs(); ++k)
      for (std::size_t j = 0; j < inputs(); ++j)
        out[k * inputs() + j] = row.size() < inputs()
                                    ? math::nan
                                    : coefficients[k * inputs() + j] * (static_cast<double>(row[j]) - means[j]);
  }

  // The payload: columns (u64), functions (u64), then f64s: intercepts, coefficients, means.
  void save(envelope_writer& to) const {
    to.u64(inputs());
    to.u64(outputs());
    for (const std::vector<double>* part : {&intercepts, &coefficients, &means})
      for (const double x : *part) to.f64(x);
  }
  /// Whether what was read is a linear map.
  bool load(envelope_reader& from) {
    const std::size_t inputs = from.count(0);
    const std::size_t outputs = from.count(0);
    const std::size_t numbers = from.remaining() / 8;
    if (inputs == 0 || outputs == 0 || inputs > numbers / outputs) return false;
    if (inputs * outputs + inputs + outputs != numbers) return false;
    intercepts.resize(outputs);
    coefficients.resize(outputs * inputs);
    means.resize(inputs);
    bool finite = true;
    for (std::vector<double>* part : {&intercepts, &coefficients, &means})
      for (double& x : *part) {
        x = from.f64();
        finite = finite && math::is_finite(x);
      }
    return finite;
  }
};

/// What linear models with one output share. `Model` has `saved_as`, the name in its saved form, and this as a friend.
template <class Model>
class scalar_linear_model {
 public:
  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return map_.inputs(); }
  std::size_t outputs() const noexcept { return 1; }
  /// One number for each column, in the units of the target over those of the column.
  std::span<const double> coefficients() const noexcept { return map_.coefficients; }
  double intercept() const noexcept { return map_.intercepts[0]; }
  /// The weighted mean of each column that the model was fitted to.
  std::span<const double> means() const noexcept { return map_.means; }

  /// The row's prediction: intercept + the sum of coefficient * feature. It is NaN if a feature is, and
  /// for a row of fewer columns than the model's.
  double operator()(std::span<const float> row) const noexcept { return map_.score(0, row); }
  /// Precondition: out.size() == 1, or nothing is written.
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    if (out.size() == 1) out[0] = (*this)(row);
  }
  /// One prediction a row, as far as `out` has room: rows.rows().
  void predict(const matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows() && i < out.size(); ++i) out[i] = (*this)(rows.row(i));
  }

  /// What each feature adds to the prediction, compared with a row of means: coefficient * (feature - mean). With
  /// `mean_score()` they sum to the prediction; they are its SHAP values if features are taken as independent.
  /// All are NaN for a row of fewer columns. Precondition: out.size() == inputs(), or nothing is written.
  void contributions(std::span<const float> row, std::span<double> out) const noexcept { map_.contributions(row, out); }
  /// The prediction for the row of means.
  double mean_score() const noexcept { return map_.mean_score(0); }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(Model::saved_as);
    map_.save(to);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<Model> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, Model::saved_as);
    if (!from) return std::move(from).error();
    Model made;
    const bool sound = made.map_.load(*from) && made.map_.outputs() == 1;
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    return made;
  }

 protected:
  scalar_linear_model() = default;

  linear_map map_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_LINEAR_DETAIL_LINEAR_MAP_HPP
