#ifndef MILLRACE_MODEL_DECOMPOSITION_PCA_HPP
#define MILLRACE_MODEL_DECOMPOSITION_PCA_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/simd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/model/detail/column_centres.hpp>
#include <millrace/model/detail/dot.hpp>
#include <millrace/model/detail/gram_sum.hpp>
#include <millrace/model/detail/symmetric_eigen.hpp>
#include <millrace/model/detail/training_checks.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/matrix_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

/// How principal components are fitted.
struct pca_options {
  /// How many components are kept. 0: as many as there are columns, or rows if there are fewer.
  std::size_t components = 0;
  /// Whether each component is divided by its standard deviation, so that all have variance 1.
  bool whiten = false;
};

/// Principal components: the directions of the largest variance of centred rows, at right angles to each other. Columns
/// are not scaled.
///
///     auto fitted = mr::model::pca::fit(rows, {.components = 3});
///     fitted->transform(row, three_numbers);
///
/// Shapes: rows x columns; `outputs` numbers a row, the component of the largest variance first.
/// Guarantee: components have length 1, and the coefficient of the largest absolute value is positive (of several
/// within a billionth, the first). A component without variance, in rows that lie in a subspace, is a direction at
/// right angles to the others; whitened, its numbers are 0. A row's numbers have the same bits alone and in any batch.
/// Missing values: refused by `fit`; the numbers of a row with NaN are NaN.
/// Complexity: fitting, rows columns^2 / 2 + 9 columns^3; asking, columns x components.
/// Allocates: while fitting, three matrices of columns x columns; asking, never.
/// Threads: const calls from any number.
/// Moved from, it may only be assigned to or destroyed.
/// Source: Jolliffe, "Principal Component Analysis", 2nd ed., 2002.
class pca {
 public:
  using options_type = pca_options;

  /// `weights`: none, or one for each row; a row of weight 2 counts as two, and one of weight 0 not at all. Variances
  /// are those of as many rows as are as sure (Kish's effective number), whatever the unit of the weights.
  /// Errors: shape_mismatch (no columns, weights), invalid_argument (no rows, or more components than columns or rows
  /// with a weight), not_finite (a feature, with its row and column, or a weight), out_of_range (a negative weight),
  /// invalid_data (one row with a weight, which has no variance, or none).
  static result<pca> fit(const matrix_view& rows, const pca_options& with = {}, std::span<const float> weights = {}) {
    if (auto right = detail::finite_rows(saved_as, rows); !right) return std::move(right).error();
    const auto total = detail::sum_of_weights(saved_as, weights, rows.rows());
    if (!total) return std::move(total).error();
    std::size_t heavy = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) heavy += detail::weight_of(weights, i) > 0 ? 1U : 0U;
    if (heavy == 1) return error(errc::invalid_data, "pca: one row has no variance");
    const std::size_t most = heavy < rows.columns() ? heavy : rows.columns();
    if (with.components > most)
      return error(errc::invalid_argument, "pca: option components is " + std::to_string(with.components) + ", above " +
                                               std::to_string(most) + ", of rows and columns the fewer");
    pca fitted;
    fitted.means_ = detail::column_means(rows, weights, *total);
    fitted.find_components(rows, weights, *total, with.components > 0 ? with.components : most);
    fitted.whiten_ = with.whiten;
    fitted.prepare();
    return fitted;
  }

  /// Columns that a row must have.
  std::size_t inputs() const noexcept { return means_.size(); }
  /// Components.
  std::size_t outputs() const noexcept { return variances_.size(); }
  std::span<const double> means() const noexcept { return means_; }
  /// Precondition: component < outputs().
  std::span<const double> component(std::size_t component) const noexcept {
    return {components_.data() + component * inputs(), inputs()};
  }
  /// The variance of each component, with rows - 1, or the effective number of rows - 1, in the denominator.
  std::span<const double> explained_variance() const noexcept { return variances_; }
  /// The component's share of the variance of all columns; 0 if there is none.
  double explained_share(std::size_t component) const noexcept {
    return total_variance_ > 0 ? variances_[component] / total_variance_ : 0;
  }
  bool whitens() const noexcept { return whiten_; }

  /// The row in components: component . (row - means), divided by its standard deviation if whitened.
  /// Precondition: row.size() == inputs(), out.size() == outputs().
  void transform(std::span<const float> row, std::span<double> out) const noexcept {
    for (std::size_t k = 0; k < outputs(); ++k) out[k] = along(row.data(), k) * factors_[k];
  }
  /// All rows, one after the other. Precondition: out.size() == rows.rows() * outputs().
  void transform(const matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) transform(rows.row(i), out.subspan(i * outputs(), outputs()));
  }
  /// The row that has these numbers, and no part in components left out.
  /// Precondition: numbers.size() == outputs(), row.size() == inputs().
  void inverse_transform(std::span<const double> numbers, std::span<double> row) const noexcept {
    for (std::size_t j = 0; j < inputs(); ++j) row[j] = means_[j];
    for (std::size_t k = 0; k < outputs(); ++k)
      if (factors_[k] > 0)
        detail::add_multiple(row.data(), numbers[k] / factors_[k], components_.data() + k * inputs(), inputs());
  }

  /// Allocates: the bytes.
  std::vector<std::byte> save() const {
    envelope_writer to(saved_as);
    to.u64(inputs());
    to.u64(outputs());
    to.u8(whiten_ ? 1 : 0);
    to.f64(total_variance_);
    for (const std::vector<double>* part : {&means_, &variances_, &components_})
      for (const double x : *part) to.f64(x);
    return std::move(to).finish();
  }
  /// Errors: those of `envelope_reader::open` and `finish`.
  static result<pca> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, saved_as);
    if (!from) return std::move(from).error();
    pca made;
    const bool sound = made.read(*from);
    if (auto done = from->finish(sound); !done) return std::move(done).error();
    made.prepare();
    return made;
  }

 private:
  static constexpr const char* saved_as = "pca";
  pca() = default;

  double along(const float* row, std::size_t k) const noexcept {
    const double* const component = components_.data() + k * inputs();
    double sum = 0;
    for (std::size_t j = 0; j < inputs(); ++j) {
      double product = component[j] * (static_cast<double>(row[j]) - means_[j]);
      detail::rounded(product);
      sum += product;
    }
    return sum;
  }

  void find_components(const matrix_view& rows, std::span<const float> weights, double total, std::size_t count) {
    const std::size_t columns = inputs();
    detail::gram_sum products(columns);
    double squares = 0;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const double weight = detail::weight_of(weights, i);
      if (weight == 0) continue;
      squares += weight * weight;
      const double root = detail::math::sqrt(weight);
      double* const to = products.next_row();
      for (std::size_t j = 0; j < columns; ++j) to[j] = root * (static_cast<double>(rows(i, j)) - means_[j]);
    }
    const double scale = 1 / (total - squares / total);
    std::vector<double> covariance = products.finish();
    for (std::size_t j = 0; j < columns; ++j) total_variance_ += scale * covariance[j * columns + j];
    const detail::symmetric_eigen eigen(std::move(covariance), columns);
    variances_.resize(count);
    components_.resize(count * columns);
    for (std::size_t k = 0; k < count; ++k) {
      // Rounding leaves a little of either sign where there is no variance.
      const double noise = 0x1p-50 * eigen.value(0);
      variances_[k] = eigen.value(k) > noise ? scale * eigen.value(k) : 0;
      const double sign = leading_sign(eigen.vector(k));
      for (std::size_t j = 0; j < columns; ++j) components_[k * columns + j] = sign * eigen.vector(k)[j];
    }
  }
  /// The sign of the first of the coefficients with the largest absolute value.
  double leading_sign(const double* component) const noexcept {
    double most = 0;
    for (std::size_t j = 0; j < inputs(); ++j) most = detail::math::fmax(most, detail::math::absolute(component[j]));
    std::size_t first = 0;
    while (detail::math::absolute(component[first]) < (1 - 1e-9) * most) ++first;
    return component[first] < 0 ? -1 : 1;
  }

  /// Computes what asking needs.
  void prepare() {
    factors_.resize(outputs());
    for (std::size_t k = 0; k < outputs(); ++k)
      factors_[k] = !whiten_ ? 1 : variances_[k] > 0 ? 1 / detail::math::sqrt(variances_[k]) : 0;
  }
  bool read(envelope_reader& from) {
    const std::size_t inputs = from.count(0);
    const std::size_t outputs = from.count(0);
    const unsigned whiten = from.u8();
    total_variance_ = from.f64();
    const std::size_t numbers = from.remaining() / 8;
    if (inputs == 0 || outputs == 0 || outputs > inputs || whiten > 1 || inputs > numbers / outputs) return false;
    if (inputs * outputs + inputs + outputs != numbers) return false;
    whiten_ = whiten == 1;
    means_.resize(inputs);
    variances_.resize(outputs);
    components_.resize(inputs * outputs);
    bool sound = total_variance_ >= 0 && detail::math::is_finite(total_variance_);
    for (std::vector<double>* part : {&means_, &variances_, &components_})
      for (double& x : *part) {
        x = from.f64();
        sound = sound && detail::math::is_finite(x) && (part != &variances_ || x >= 0);
      }
    return sound;
  }

  std::vector<double> means_;
  std::vector<double> variances_;
  std::vector<double> components_;  // one after the other
  std::vector<double> factors_;     // what each component is multiplied by
  double total_variance_ = 0;
  bool whiten_ = false;
};

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_DECOMPOSITION_PCA_HPP
