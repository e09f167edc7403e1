#ifndef MILLRACE_TENSOR_XTENSOR_HPP
#define MILLRACE_TENSOR_XTENSOR_HPP

#include <millrace/core/detail/needs_exceptions.hpp>
#include <millrace/tensor/traits.hpp>

#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xtensor.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <string>
#include <type_traits>

namespace millrace {
inline namespace v0 {
namespace tensor {

namespace detail {

/// xtensor's types whose elements are in memory: xarray, xtensor, xtensor_fixed, adaptors, strided views.
template <class T>
concept xt_strided = std::is_class_v<T> && xt::is_xexpression<T>::value && requires(const T& value) {
  { value.data() } -> std::convertible_to<const typename T::value_type*>;
  { value.data_offset() } -> std::convertible_to<std::size_t>;
  value.strides().begin();
  value.shape().begin();
  requires tensor_element<typename T::value_type>;
};

template <class T>
concept xt_resizable = requires(T& value) { value.resize(value.shape()); };

template <class T>
tensor_layout xt_layout(const T& value) {
  const tensor_shape shape(value.shape().begin(), value.shape().end());
  std::ptrdiff_t strides[max_rank] = {};
  std::size_t axis = 0;
  for (const auto stride : value.strides()) strides[axis++] = static_cast<std::ptrdiff_t>(stride);
  return tensor_layout(shape, strides);
}

}  // namespace detail

/// xtensor containers, adaptors and strided views, with their own axes.
/// Precondition: at most `max_rank` axes.
template <detail::xt_strided T>
struct tensor_traits<T> {
  static tensor_view view(const T& value) {
    using element = typename T::value_type;
    return basic_tensor_view<const element>(value.data() + value.data_offset(), detail::xt_layout(value));
  }

  static result<mutable_tensor_view> resize(T& value, const tensor_shape& shape)
  requires detail::xt_resizable<T>
  {
    using element = typename T::value_type;
    if (auto wanted = value.shape(); !(detail::xt_layout(value).shape() == shape)) {
      if constexpr (requires { wanted.resize(shape.rank()); }) wanted.resize(shape.rank());
      if constexpr (requires { wanted[0] = 0; }) {  // not xtensor_fixed
        if (wanted.size() == shape.rank()) {
          using extent = std::remove_reference_t<decltype(wanted[0])>;
          for (std::size_t axis = 0; axis < shape.rank(); ++axis) wanted[axis] = static_cast<extent>(shape[axis]);
          try {
            value.resize(wanted);
          } catch (const std::exception&) {  // an adaptor that does not own its storage: reported below
          }
        }
      }
    }
    if (const tensor_layout laid = detail::xt_layout(value); laid.shape() == shape)
      return mutable_tensor_view(basic_tensor_view<element>(value.data() + value.data_offset(), laid));
    return error(errc::shape_mismatch, "an xtensor container of " + std::to_string(value.dimension()) +
                                           " axes cannot take the shape " + to_string(shape));
  }
};

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_XTENSOR_HPP
