#ifndef MILLRACE_TENSOR_EIGEN_HPP
#define MILLRACE_TENSOR_EIGEN_HPP

#include <millrace/tensor/traits.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace tensor {

template <>
inline constexpr int dtype_code<Eigen::half> = static_cast<int>(dtype::f16);
template <>
inline constexpr int dtype_code<Eigen::bfloat16> = static_cast<int>(dtype::bf16);

namespace detail {

template <class Derived>
Derived eigen_derived(const Eigen::DenseBase<Derived>*);

/// Eigen's dense types whose elements are in memory: Matrix, Array, Map, Ref, Block.
template <class T>
concept eigen_dense = std::is_class_v<T> && requires(const T* value) {
  { eigen_derived(value) } -> std::same_as<T>;
  requires(T::Flags & Eigen::DirectAccessBit) != 0;
  requires tensor_element<typename T::Scalar>;
};

template <class T>
concept eigen_owner = std::is_base_of_v<Eigen::PlainObjectBase<T>, T>;

// Inlined, so that for a caller that only uses the shape the compiler leaves out the rest.
template <class T>
[[gnu::always_inline]] inline tensor_layout eigen_layout(const T& value) {
  const auto rows = static_cast<std::size_t>(value.rows());
  const auto columns = static_cast<std::size_t>(value.cols());
  if constexpr (T::IsVectorAtCompileTime) {
    return {tensor_shape{static_cast<std::size_t>(value.size())}, {value.innerStride()}};
  } else {
    return {tensor_shape{rows, columns}, {value.rowStride(), value.colStride()}};
  }
}

/// Whether a type can have `extent` on an axis, given its extent at compile time, `fixed`, and its largest one, `most`;
/// either is Eigen::Dynamic if the type does not say.
constexpr bool eigen_fits(std::size_t extent, int fixed, int most) noexcept {
  if (fixed != Eigen::Dynamic) return extent == static_cast<std::size_t>(fixed);
  return most == Eigen::Dynamic || extent <= static_cast<std::size_t>(most);
}

}  // namespace detail

/// Eigen matrices have two axes, row and column, whatever their storage order; vectors have one.
template <detail::eigen_dense T>
struct tensor_traits<T> {
  [[gnu::always_inline]] static tensor_view view(const T& value) {
    return basic_tensor_view<const typename T::Scalar>(value.data(), detail::eigen_layout(value));
  }

  static result<mutable_tensor_view> resize(T& value, const tensor_shape& shape)
  requires detail::eigen_owner<T>
  {
    constexpr bool flat = T::IsVectorAtCompileTime;
    if (shape.rank() != (flat ? 1U : 2U)) return misfit(shape);
    const std::size_t rows = flat && T::RowsAtCompileTime == 1 ? 1 : shape[0];
    const std::size_t columns = flat ? (T::RowsAtCompileTime == 1 ? shape[0] : 1) : shape[1];
    if (!detail::eigen_fits(rows, T::RowsAtCompileTime, T::MaxRowsAtCompileTime) ||
        !detail::eigen_fits(columns, T::ColsAtCompileTime, T::MaxColsAtCompileTime))
      return misfit(shape);
    value.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
    return mutable_tensor_view(basic_tensor_view<typename T::Scalar>(value.data(), detail::eigen_layout(value)));
  }

 private:
  static error misfit(const tensor_shape& shape) {
    return error(errc::shape_mismatch, std::string(T::IsVectorAtCompileTime ? "an Eigen vector" : "an Eigen matrix") +
                                           " of this type cannot take the shape " + to_string(shape));
  }
};

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_EIGEN_HPP
