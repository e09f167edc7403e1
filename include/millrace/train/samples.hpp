#ifndef MILLRACE_TRAIN_SAMPLES_HPP
#define MILLRACE_TRAIN_SAMPLES_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace train {

/// A data set that answers chosen samples: `read(rows, batch, reference)` fills one row of `batch`
/// for each number in `rows`, and the reference (class labels or targets) beside it.
template <class Source, class Reference>
concept sample_source = requires(const Source& source, std::span<const std::uint32_t> rows,
                                 row_major_matrix<typename Source::scalar_type>& batch, Reference& reference) {
  { source.size() } -> std::convertible_to<std::size_t>;
  { source.read(rows, batch, reference) } -> std::same_as<result<void>>;
};

namespace detail {

/// Matrices whose rows lie in memory, one element beside the other unless the inner stride says otherwise.
template <class Matrix>
concept rows_in_memory = bool(Matrix::IsRowMajor) && (Matrix::Flags & Eigen::DirectAccessBit) != 0;

/// Rows of a shuffled data set are nowhere near each other, so the beginning of each is asked for while earlier ones
/// are copied; the processor goes on by itself where a row is long.
template <class Matrix>
void gather_rows(const Matrix& from, std::span<const std::uint32_t> rows, typename Matrix::Scalar* to) noexcept {
  constexpr std::size_t ahead = 8;
  constexpr auto line = static_cast<Eigen::Index>(64 / sizeof(typename Matrix::Scalar));
  const Eigen::Index columns = from.cols();
  const Eigen::Index asked = (std::min)(columns, 8 * line);
  const auto begin = [&](std::size_t i) {
    return from.data() + static_cast<Eigen::Index>(rows[i]) * from.outerStride();
  };
  for (std::size_t i = 0; i < rows.size(); ++i, to += columns) {
    if (i + ahead < rows.size())
      for (Eigen::Index column = 0; column < asked; column += line) __builtin_prefetch(begin(i + ahead) + column);
    std::copy_n(begin(i), columns, to);
  }
}

}  // namespace detail

/// The rows of a matrix, with a class label or a row of targets each. `Features` and `Targets` are
/// matrices of Eigen, of either storage order; row-major ones are copied fastest.
/// Refers to both, which must outlive it. Threads: any.
template <class Features, class Reference>
class matrix_samples {
 public:
  using scalar_type = typename Features::Scalar;

  matrix_samples(const Features& features, const Reference& reference) noexcept
      : features_(&features), reference_(&reference) {}
  matrix_samples(const Features&&, const Reference&) = delete;
  matrix_samples(const Features&, const Reference&&) = delete;

  std::size_t size() const noexcept { return static_cast<std::size_t>(features_->rows()); }

  /// Errors: shape_mismatch where labels or targets are not one a row.
  template <class Out>
  requires(Out::ColsAtCompileTime ==
           Reference::ColsAtCompileTime) result<void> read(std::span<const std::uint32_t> rows,
                                                           row_major_matrix<scalar_type>& batch, Out& reference)
  const {
    if (reference_->rows() != features_->rows())
      return error(errc::shape_mismatch, "the data set has " + std::to_string(features_->rows()) + " rows but " +
                                             std::to_string(reference_->rows()) + " labels or targets");
    const auto count = static_cast<Eigen::Index>(rows.size());
    batch.resize(count, features_->cols());
    reference.resize(count, reference_->cols());
    const auto at = [&](Eigen::Index i) { return static_cast<Eigen::Index>(rows[static_cast<std::size_t>(i)]); };
    for (Eigen::Index i = 0; i < count; ++i) reference.row(i) = reference_->row(at(i));
    if constexpr (detail::rows_in_memory<Features>) {
      if (features_->innerStride() == 1) {
        detail::gather_rows(*features_, rows, batch.data());
        return {};
      }
    }
    for (Eigen::Index i = 0; i < count; ++i) batch.row(i) = features_->row(at(i));
    return {};
  }

 private:
  const Features* features_;
  const Reference* reference_;
};

/// The elements of a random-access range, turned into numbers by a function:
///
///     mr::train::range_samples(payments, 2, [](const payment& p, std::span<float> x) {
///       x[0] = p.amount; x[1] = p.hour; return p.is_fraud;
///     })
///
/// The function fills the element's features and answers its class (bool or an integer) or its
/// target (a floating-point number). Refers to the range, which must outlive it. Threads: as many as
/// the function allows.
template <std::ranges::random_access_range Range, class Read, class Scalar = float>
class range_samples {
 public:
  using scalar_type = Scalar;
  using answer_type = std::invoke_result_t<const Read&, std::ranges::range_reference_t<const Range>, std::span<Scalar>>;
  /// What the range's elements carry: class labels or targets.
  using reference_type =
      std::conditional_t<std::is_floating_point_v<answer_type>, row_major_matrix<Scalar>, Eigen::VectorXi>;

  range_samples(const Range& range, std::size_t features, Read read)
      : range_(&range), features_(features), read_(std::move(read)) {}
  range_samples(const Range&&, std::size_t, Read) = delete;

  std::size_t size() const noexcept { return static_cast<std::size_t>(std::ranges::size(*range_)); }

  result<void> read(std::span<const std::uint32_t> rows, row_major_matrix<Scalar>& batch,
                    reference_type& reference) const {
    const auto count = static_cast<Eigen::Index>(rows.size());
    batch.resize(count, static_cast<Eigen::Index>(features_));
    reference.resize(count, 1);
    for (Eigen::Index i = 0; i < count; ++i) {
      using step = std::ranges::range_difference_t<const Range>;
      const auto element = std::ranges::begin(*range_) + static_cast<step>(rows[static_cast<std::size_t>(i)]);
      reference(i, 0) = static_cast<typename reference_type::Scalar>(
          read_(*element, std::span<Scalar>(batch.data() + i * batch.cols(), features_)));
    }
    return {};
  }

 private:
  const Range* range_;
  std::size_t features_;
  [[no_unique_address]] Read read_;
};

}  // namespace train
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRAIN_SAMPLES_HPP
