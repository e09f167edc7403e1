#ifndef MILLRACE_TRAIN_SAMPLES_HPP
#define MILLRACE_TRAIN_SAMPLES_HPP

#include <millrace/core/result.hpp>
#include <millrace/train/fields.hpp>
#include <millrace/train/fwd.hpp>
#include <millrace/train/model.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace train {

/// A data set whose samples are read by number: for each number in `rows`, `read(rows, batch, reference)` fills a row
/// of `batch` with the sample's features, and a row of `reference` with its class label or its targets.
template <class Source, class Reference>
concept sample_source = requires(const Source& source, std::span<const std::uint32_t> rows,
                                 row_major_matrix<typename Source::scalar_type>& batch, Reference& reference) {
  { source.size() } -> std::convertible_to<std::size_t>;
  { source.read(rows, batch, reference) } -> std::same_as<result<void>>;
};

namespace detail {

/// Row-major matrices whose memory can be read directly.
template <class Matrix>
concept rows_in_memory = bool(Matrix::IsRowMajor) && (Matrix::Flags & Eigen::DirectAccessBit) != 0;

/// Copies the given rows, one after the other. Rows of a shuffled data set lie far apart in memory, so the first cache
/// lines of a row are prefetched while the eighth row before it is copied; the processor prefetches the rest by itself.
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

namespace detail {

template <class Matrix>
concept eigen_matrix = requires {
  typename Matrix::Scalar;
  Matrix::ColsAtCompileTime;
};

/// Whether a matrix holds classes: one whole number a row. Anything else is targets.
template <class Matrix>
inline constexpr bool holds_labels = false;
template <eigen_matrix Matrix>
inline constexpr bool holds_labels<Matrix> =
    Matrix::ColsAtCompileTime == 1 && std::is_integral_v<typename Matrix::Scalar>;

/// The type in which `matrix_samples` keeps an argument: an Eigen::Map of contiguous numbers (std::vector<int>,
/// std::span), and the argument's own type otherwise.
template <class T>
struct kept_as {
  using type = T;
};
template <std::ranges::contiguous_range T>
requires(!eigen_matrix<T> && std::is_arithmetic_v<std::ranges::range_value_t<T>>)
struct kept_as<T> {
  using type = Eigen::Map<const Eigen::Matrix<std::ranges::range_value_t<T>, Eigen::Dynamic, 1>>;
};
template <class T>
using kept_t = typename kept_as<std::remove_cvref_t<T>>::type;

template <class Features, class Reference>
struct are_samples {
  static_assert(detail::requirement<eigen_matrix<Features> && eigen_matrix<Reference>, Features, Reference>,
                "millrace[TRAIN-11]: samples are a matrix of Eigen; labels or targets are one, or numbers that lie "
                "side by side, such as std::vector<int>");
  static constexpr bool value = true;
};

template <class T>
inline constexpr bool is_plain_matrix = std::is_base_of_v<Eigen::PlainObjectBase<T>, T>;

/// Whether what an argument of type T&& refers to outlives the call: it is an lvalue, or a view.
template <class T, class Plain = std::remove_cvref_t<T>>
inline constexpr bool outlives_the_call =
    std::is_lvalue_reference_v<T> || (eigen_matrix<Plain> ? !is_plain_matrix<Plain> : std::ranges::borrowed_range<T>);

/// Keeps a matrix by its address, and a view (a block, a map or another expression) by value.
template <class Matrix>
class kept {
 public:
  template <class T>
  explicit kept(const T& given) noexcept {
    if constexpr (is_plain_matrix<Matrix>)
      held_ = &given;
    else if constexpr (eigen_matrix<T>)
      held_.emplace(given);
    else
      held_.emplace(std::ranges::data(given), static_cast<Eigen::Index>(std::ranges::size(given)));
  }
  kept(const kept&) = default;
  /// Replaces the view. Eigen's own assignment would write into the matrix that it shows.
  kept& operator=(const kept& other) noexcept {
    if constexpr (is_plain_matrix<Matrix>)
      held_ = other.held_;
    else if (this != &other)
      held_.emplace(*other.held_);
    return *this;
  }
  ~kept() = default;

  const Matrix& operator*() const noexcept { return *held_; }
  const Matrix* operator->() const noexcept { return &*held_; }

 private:
  std::conditional_t<is_plain_matrix<Matrix>, const Matrix*, std::optional<Matrix>> held_{};
};

}  // namespace detail

/// Samples whose features are the rows of a matrix, with a class label or a row of targets for each.
///
/// `Features` is an Eigen matrix of either storage order, or an expression of one such as `x.topRows(20)`; row-major
/// ones are copied fastest. `Reference` is a matrix or an expression, too, or a contiguous range of numbers: one column
/// of integers is labels, anything else is targets. Matrices and containers are referred to and must outlive this;
/// expressions, maps and spans are kept by value, and what they show must outlive it.
/// Threads: any.
template <class Features, class Reference>
class matrix_samples {
  static_assert(detail::are_samples<Features, Reference>::value);

 public:
  using scalar_type = typename Features::Scalar;

  template <class X, class Y>
  matrix_samples(X&& features, Y&& reference) noexcept : features_(features), reference_(reference) {
    static_assert(detail::requirement < detail::outlives_the_call<X> && detail::outlives_the_call<Y>, X, Y >,
                  "millrace[TRAIN-12]: samples refer to their matrices, and this one ends with the statement: give it "
                  "a name that lives as long as the training");
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(features_->rows()); }

  /// Reads the samples with these numbers, as sample_source says.
  /// Errors: shape_mismatch: another number of labels or targets than of rows.
  template <class Out>
  requires(detail::holds_labels<Out> == detail::holds_labels<Reference>)
  result<void> read(std::span<const std::uint32_t> rows, row_major_matrix<scalar_type>& batch, Out& reference) const {
    if (reference_->rows() != features_->rows())
      return error(errc::shape_mismatch, "the data set has " + std::to_string(features_->rows()) + " rows but " +
                                             std::to_string(reference_->rows()) + " labels or targets");
    const auto count = static_cast<Eigen::Index>(rows.size());
    batch.resize(count, features_->cols());
    reference.resize(count, reference_->cols());
    const auto at = [&](Eigen::Index i) { return static_cast<Eigen::Index>(rows[static_cast<std::size_t>(i)]); };
    for (Eigen::Index i = 0; i < count; ++i)
      reference.row(i) = reference_->row(at(i)).template cast<typename Out::Scalar>();
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
  detail::kept<Features> features_;
  detail::kept<Reference> reference_;
};
template <class Features, class Reference>
matrix_samples(Features&&, Reference&&) -> matrix_samples<detail::kept_t<Features>, detail::kept_t<Reference>>;

namespace detail {
/// Stands in the place of `matrix_samples` for arguments that are no matrices, and fails with TRAIN-11. With
/// matrix_samples itself clang would print the whole path of instantiations before that.
template <class Features, class Reference>
struct no_samples {
  no_samples(const auto&, const auto&) noexcept {}
};
template <class Source>
struct is_source : std::true_type {};
template <class Features, class Reference>
struct is_source<no_samples<Features, Reference>> : are_samples<Features, Reference> {};
}  // namespace detail

/// Samples that a function makes of the elements of a random-access range:
///
///     mr::train::range_samples(payments, 2, [](const payment& p, std::span<float> x) {
///       x[0] = p.amount; x[1] = p.hour; return p.is_fraud;
///     })
///
/// The second argument is the number of features. The function fills in the features of an element and returns its
/// class (bool or an integer) or its target (a floating-point number). The range is referred to and must outlive this.
/// Threads: as many as may call the function.
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
