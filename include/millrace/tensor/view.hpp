#ifndef MILLRACE_TENSOR_VIEW_HPP
#define MILLRACE_TENSOR_VIEW_HPP

#include <millrace/core/result.hpp>
#include <millrace/tensor/dtype.hpp>
#include <millrace/tensor/layout.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// A view of elements of type T, which may be const, in memory of another owner: a pointer and a layout. It must not
/// outlive the elements.
/// Allocates: never.
template <tensor_element T>
class basic_tensor_view {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;

  constexpr basic_tensor_view() noexcept : layout_(tensor_layout::row_major({0})) {}
  constexpr basic_tensor_view(T* data, const tensor_layout& layout) noexcept : data_(data), layout_(layout) {}
  /// A view of elements that lie row-major without gaps.
  constexpr basic_tensor_view(T* data, const tensor_shape& shape) noexcept
      : data_(data), layout_(tensor_layout::row_major(shape)) {}
  template <std::same_as<value_type> U>
  requires std::is_const_v<T>
  constexpr basic_tensor_view(const basic_tensor_view<U>& other) noexcept
      : data_(other.data()), layout_(other.layout()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr const tensor_layout& layout() const noexcept { return layout_; }
  constexpr const tensor_shape& shape() const noexcept { return layout_.shape(); }
  constexpr std::size_t rank() const noexcept { return layout_.rank(); }
  constexpr std::size_t size() const noexcept { return layout_.element_count(); }
  constexpr bool is_contiguous() const noexcept { return layout_.is_contiguous(); }

  /// The element at a position. Precondition: there are as many indices as axes, each within its extent.
  template <std::integral... Indices>
  constexpr T& operator()(Indices... at) const noexcept {
    return data_[layout_.offset(tensor_position{static_cast<std::size_t>(at)...})];
  }
  constexpr T& operator[](const tensor_position& at) const noexcept { return data_[layout_.offset(at)]; }

 private:
  T* data_ = nullptr;
  tensor_layout layout_;
};

template <class T>
basic_tensor_view(T*, tensor_layout) -> basic_tensor_view<T>;
template <class T>
basic_tensor_view(T*, tensor_shape) -> basic_tensor_view<T>;

namespace detail {

template <class T>
concept mutable_element = tensor_element<T> && !std::is_const_v<T>;

/// The common base of tensor_view (`Void` is const void) and mutable_tensor_view (void), which know the type of their
/// elements at run time only.
template <class Void>
class erased_view {
  template <class T>
  using like = std::conditional_t<std::is_const_v<Void>, const T, T>;

 public:
  constexpr erased_view() noexcept : layout_(tensor_layout::row_major({0})) {}
  constexpr erased_view(tensor::dtype type, Void* data, const tensor_layout& layout) noexcept
      : data_(data), layout_(layout), type_(type) {}

  constexpr tensor::dtype dtype() const noexcept { return type_; }
  constexpr Void* data() const noexcept { return data_; }
  constexpr const tensor_layout& layout() const noexcept { return layout_; }
  constexpr const tensor_shape& shape() const noexcept { return layout_.shape(); }
  constexpr std::size_t rank() const noexcept { return layout_.rank(); }
  /// The number of elements.
  constexpr std::size_t size() const noexcept { return layout_.element_count(); }
  constexpr std::size_t size_bytes() const noexcept { return size() * size_of(type_); }
  constexpr bool is_contiguous() const noexcept { return layout_.is_contiguous(); }

  /// Returns a view of elements of type T.
  /// Errors: type_mismatch, if the elements have another type.
  template <tensor_element T>
  result<basic_tensor_view<like<T>>> as() const {
    if (dtype_of<T> != type_)
      return error(errc::type_mismatch, std::string("tensor has elements of type ") + std::string(to_string(type_)) +
                                            ", asked for as " + std::string(to_string(dtype_of<T>)));
    return basic_tensor_view<like<T>>(static_cast<like<T>*>(data_), layout_);
  }

 private:
  Void* data_ = nullptr;
  tensor_layout layout_;
  tensor::dtype type_ = tensor::dtype::f32;
};
}  // namespace detail

/// A read-only view of a tensor of any dtype and layout, as validation, audit log and compression take it. It must not
/// outlive the elements.
/// Allocates: never.
class tensor_view : public detail::erased_view<const void> {
 public:
  using erased_view::erased_view;
  template <class T>
  constexpr tensor_view(const basic_tensor_view<T>& typed) noexcept
      : erased_view(dtype_of<T>, typed.data(), typed.layout()) {}
  constexpr tensor_view(const detail::erased_view<void>& writable) noexcept
      : erased_view(writable.dtype(), writable.data(), writable.layout()) {}
};

/// A view of a tensor of any dtype and layout whose elements may be written.
class mutable_tensor_view : public detail::erased_view<void> {
 public:
  using erased_view::erased_view;
  template <detail::mutable_element T>
  constexpr mutable_tensor_view(const basic_tensor_view<T>& typed) noexcept
      : erased_view(dtype_of<T>, typed.data(), typed.layout()) {}
};

/// Calls f(element) for every element, in memory order (largest stride outermost), whatever the layout. If the elements
/// are evenly spaced, that is one plain loop.
template <class T, class F>
constexpr void for_each_element(const basic_tensor_view<T>& view, F&& f) {
  detail::for_each_run(view.layout(), [&](std::ptrdiff_t offset, std::size_t count, std::ptrdiff_t stride) {
    T* at = view.data() + offset;
    if (stride == 1) {
      for (std::size_t i = 0; i < count; ++i) f(at[i]);
    } else {
      for (std::size_t i = 0; i < count; ++i) f(at[static_cast<std::ptrdiff_t>(i) * stride]);
    }
    return true;
  });
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_VIEW_HPP
