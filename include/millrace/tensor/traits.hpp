#ifndef MILLRACE_TENSOR_TRAITS_HPP
#define MILLRACE_TENSOR_TRAITS_HPP

#include <millrace/tensor/view.hpp>

#include <concepts>
#include <cstddef>
#include <span>  // and std::contiguous_iterator: <iterator> would bring in streams and the system's errors
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// Makes a type usable as a tensor. Specialize it for a tensor type of your own:
///
///     template <>
///     struct mr::tensor::tensor_traits<image> {
///       static mr::tensor::tensor_view view(const image& i) {
///         return mr::tensor::basic_tensor_view(i.pixels, {i.rows, i.columns});
///       }
///       // Only for types that tensors are decompressed into: gives `i` that shape and returns where to write.
///       static mr::result<mr::tensor::mutable_tensor_view> resize(image& i, const mr::tensor::tensor_shape& shape);
///     };
///
/// A type that holds several tensors, or none, has this member instead of `view`:
///
///       template <class F>  // calls f(tensor_view) for each until f returns false; returns whether f never did
///       static bool for_each(const gradients& g, F&& f) { return mr::tensor::for_each_tensor(g.weights, f) && ...; }
///
/// This header has traits for numbers, and for arrays, std::vector, std::array, std::span and other types whose
/// elements lie in memory without gaps. tensor/eigen.hpp and tensor/xtensor.hpp have those of Eigen and xtensor.
template <class T>
struct tensor_traits {};

namespace detail {

template <class T>
concept has_shape = requires(const T& value) { value.shape(); };

template <class T>
concept gapless = !has_shape<T> && requires(const T& value) {
  { value.begin() } -> std::contiguous_iterator;
  { value.data() } -> std::convertible_to<const void*>;
  { value.size() } -> std::convertible_to<std::size_t>;
  requires tensor_element<std::remove_reference_t<decltype(*value.data())>>;
};

template <class T>
concept writable = !std::is_const_v<std::remove_reference_t<decltype(*std::declval<T&>().data())>>;

template <class T>
concept resizable = requires(T& value, std::size_t size) { value.resize(size); };

}  // namespace detail

/// A number is a tensor without axes.
template <detail::mutable_element T>
struct tensor_traits<T> {
  static constexpr tensor_view view(const T& value) noexcept {
    return basic_tensor_view<const T>(&value, tensor_shape{});
  }
};

template <tensor_element T, std::size_t Extent>
struct tensor_traits<T[Extent]> {
  static constexpr tensor_view view(const T (&value)[Extent]) noexcept {
    return basic_tensor_view<const T>(value, tensor_shape{Extent});
  }
};

template <detail::gapless T>
struct tensor_traits<T> {
  static constexpr tensor_view view(const T& value) noexcept {
    return basic_tensor_view(value.data(), tensor_shape{value.size()});
  }
  static result<mutable_tensor_view> resize(T& value, const tensor_shape& shape)
  requires detail::writable<T>
  {
    if (shape.rank() == 1) {
      if constexpr (detail::resizable<T>) value.resize(shape[0]);
      if (value.size() == shape[0]) return mutable_tensor_view(basic_tensor_view(value.data(), shape));
    }
    return error(errc::shape_mismatch, "a sequence cannot take the shape " + to_string(shape));
  }
};

/// A type that is one tensor.
template <class T>
concept tensor_like = requires(const T& value) {
  { tensor_traits<T>::view(value) } -> std::convertible_to<tensor_view>;
};

/// A tensor type that can be given another shape and written, as decompressing needs it.
template <class T>
concept restorable_tensor = tensor_like<T> && requires(T& value, const tensor_shape& shape) {
  { tensor_traits<T>::resize(value, shape) } -> std::same_as<result<mutable_tensor_view>>;
};

namespace detail {

struct tensor_probe {
  bool operator()(const tensor_view&) const noexcept { return true; }
};

}  // namespace detail

/// A type that holds several tensors, or none: its traits have `for_each`.
template <class T>
concept tensor_bundle = requires(const T& value, detail::tensor_probe probe) {
  { tensor_traits<T>::for_each(value, probe) } -> std::same_as<bool>;
};

/// The type of the items of a range `T`.
template <class T>
using range_item = std::remove_cvref_t<decltype(*std::declval<const T&>().begin())>;

namespace detail {

template <class T>
concept plain_range = !tensor_like<T> && !tensor_bundle<T> && requires(const T& value) {
  value.begin() != value.end();
  requires !std::same_as<range_item<T>, T>;
  requires !tensor_element<range_item<T>>;
};

/// Whether T is a range of tensors or of bundles, or a range of such ranges, to any depth.
template <class T>
struct is_tensor_range : std::false_type {};
template <plain_range T>
struct is_tensor_range<T> : std::bool_constant<tensor_like<range_item<T>> || tensor_bundle<range_item<T>> ||
                                               is_tensor_range<range_item<T>>::value> {};

}  // namespace detail

/// One tensor, a bundle of tensors, or a range of these, to any depth. A range of numbers with gaps between them, such
/// as a list, is none of these: no view can show it.
template <class T>
concept tensor_source = tensor_like<T> || tensor_bundle<T> || detail::is_tensor_range<T>::value;

/// The view of one tensor.
template <tensor_like T>
constexpr tensor_view view_of(const T& value) {
  return tensor_traits<T>::view(value);
}

/// Calls f(tensor_view) for every tensor in `value`, in order. f may return void, or a bool, of which false stops.
/// Returns whether f never returned false.
/// Allocates: never by itself.
template <tensor_source T, class F>
constexpr bool for_each_tensor(const T& value, F&& f) {
  if constexpr (tensor_like<T>) {
    if constexpr (std::is_void_v<decltype(f(view_of(value)))>) {
      f(view_of(value));
      return true;
    } else {
      return static_cast<bool>(f(view_of(value)));
    }
  } else if constexpr (tensor_bundle<T>) {
    return tensor_traits<T>::for_each(value, [&f](const tensor_view& view) {
      if constexpr (std::is_void_v<decltype(f(view))>) {
        f(view);
        return true;
      } else {
        return static_cast<bool>(f(view));
      }
    });
  } else {
    for (const auto& item : value)
      if (!for_each_tensor(item, f)) return false;
    return true;
  }
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_TRAITS_HPP
