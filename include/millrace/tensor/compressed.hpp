#ifndef MILLRACE_TENSOR_COMPRESSED_HPP
#define MILLRACE_TENSOR_COMPRESSED_HPP

#include <millrace/tensor/codec.hpp>
#include <millrace/tensor/traits.hpp>

#include <concepts>
#include <utility>
#include <variant>

namespace millrace {
inline namespace v0 {
namespace tensor {

namespace detail {
template <class T>
concept default_made_tensor = restorable_tensor<T> && std::default_initializable<T>;
}  // namespace detail

/// Decompresses a tensor into a T: an Eigen matrix, a std::vector, ...
/// Errors: type_mismatch, shape_mismatch, if T cannot hold the tensor; those of `decompress`.
template <detail::default_made_tensor T>
result<T> decompress_as(const compressed_tensor& tensor) {
  T value{};
  auto place = tensor_traits<T>::resize(value, tensor.shape());
  if (!place) return std::move(place.error());
  if (auto done = tensor.decompress(*place); !done) return std::move(done.error());
  return value;
}

/// Holds a tensor as a T or, after `compress`, its compressed form instead; never both. `get` brings the T back, bit
/// for bit. The compression middleware works on fields of this type, or of ranges of it, such as a vector for the
/// activations of several layers. Copies are deep.
/// Threads: as T; `get` and `compress` change the object.
template <class T>
class compressible {
  static_assert(
      restorable_tensor<T>,
      "millrace[TENSOR-3]: compressible<T> needs a tensor type that can be written back: tensor_traits<T> with "
      "view and resize (for Eigen and xtensor, include <millrace/tensor/eigen.hpp> or xtensor.hpp)");

 public:
  using value_type = T;

  compressible() = default;
  compressible(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  /// Takes a compressed form from elsewhere. If it cannot become a T, `get` fails.
  explicit compressible(compressed_tensor tensor) : held_(std::in_place_index<1>, std::move(tensor)) {}
  compressible& operator=(T value) {
    held_.template emplace<0>(std::move(value));
    return *this;
  }

  bool is_compressed() const noexcept { return held_.index() == 1; }

  /// Returns the T, decompressed first if need be. The pointer is valid until the object is compressed, assigned or
  /// destroyed.
  /// Errors: those of `decompress_as`; the object then keeps the compressed form.
  result<T*> get() {
    if (is_compressed()) {
      auto value = decompress_as<T>(*std::get_if<1>(&held_));
      if (!value) return std::move(value.error());
      held_.template emplace<0>(std::move(*value));
    }
    return std::get_if<0>(&held_);
  }
  /// Returns a copy of the T; the object stays as it is.
  /// Errors: those of `decompress_as`.
  result<T> copy() const {
    if (is_compressed()) return decompress_as<T>(*std::get_if<1>(&held_));
    return *std::get_if<0>(&held_);
  }
  /// The T, or null if the object holds the compressed form.
  const T* plain() const noexcept { return std::get_if<0>(&held_); }
  T* plain() noexcept { return std::get_if<0>(&held_); }
  /// The compressed form, or null if the object holds the T.
  const compressed_tensor* compressed() const noexcept { return std::get_if<1>(&held_); }

  /// Compresses the T and frees it; does nothing if the object is compressed already.
  /// Errors: those of tensor::compress; the object then keeps the T.
  template <class Backend>
  result<void> compress(int level, const Backend& backend) {
    return replace([&](const tensor_view& tensor) { return tensor::compress(tensor, level, backend); });
  }
  template <class Backend = zlib_deflate>
  result<void> compress(int level = 6) {
    return replace([&](const tensor_view& tensor) { return tensor::compress<Backend>(tensor, level); });
  }

 private:
  template <class Compress>
  result<void> replace(Compress&& compress_view) {
    if (is_compressed()) return {};
    auto tensor = compress_view(view_of(*plain()));
    if (!tensor) return std::move(tensor.error());
    held_.template emplace<1>(std::move(*tensor));
    return {};
  }

  std::variant<T, compressed_tensor> held_;
};

/// A compressible is a bundle of one tensor while it holds that uncompressed, and else of none.
template <class T>
struct tensor_traits<compressible<T>> {
  template <class F>
  static bool for_each(const compressible<T>& value, F&& f) {
    return value.plain() == nullptr || for_each_tensor(*value.plain(), f);
  }
};

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_COMPRESSED_HPP
