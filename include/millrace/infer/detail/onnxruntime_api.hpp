#ifndef MILLRACE_INFER_DETAIL_ONNXRUNTIME_API_HPP
#define MILLRACE_INFER_DETAIL_ONNXRUNTIME_API_HPP

#include <millrace/core/result.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/tensor/dtype.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

// The C interface of ONNX Runtime by the members of its table of functions alone: its header is the caller's.
namespace millrace {
inline namespace v0 {
namespace infer {
namespace detail {

template <class Function>
struct last_argument;
template <class Result, class... Arguments>
struct last_argument<Result (*)(Arguments...)> {
  using type = typename decltype((std::type_identity<Arguments>(), ...))::type;
};
template <class Result, class... Arguments>
struct last_argument<Result (*)(Arguments...) noexcept> : last_argument<Result (*)(Arguments...)> {};
template <class Api, class Function>
Function function_of(Function Api::*);
/// The type of the last argument of a function in the table.
template <auto Member>
using last_argument_of = typename last_argument<decltype(function_of(Member))>::type;

/// A number that becomes whichever enumeration a function asks for.
struct any_enumerator {
  int value;
  template <class Enumeration>
  requires(std::is_enum_v<Enumeration>)
  constexpr operator Enumeration() const noexcept {
    return static_cast<Enumeration>(value);
  }
};

/// What the table's function `Release` lets go.
template <class Api, auto Release>
class onnxruntime_handle {
 public:
  using pointer = last_argument_of<Release>;

  explicit onnxruntime_handle(const Api& api) noexcept : api_(&api) {}
  onnxruntime_handle(onnxruntime_handle&& other) noexcept
      : api_(other.api_), held_(std::exchange(other.held_, nullptr)) {}
  onnxruntime_handle& operator=(onnxruntime_handle&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~onnxruntime_handle() {
    if (held_ != nullptr) (api_->*Release)(held_);
  }

  pointer get() const noexcept { return held_; }
  /// Where a function writes one. Precondition: none is held.
  pointer* out() noexcept { return &held_; }

 private:
  const Api* api_;
  pointer held_ = nullptr;
};

/// What a function of the table says, as a result. Its status is let go.
template <class Api, class Failure>
result<void> said(const Api& api, Failure* status, const std::string& what) {
  if (status == nullptr) return {};
  errc code = errc::invalid_data;
  switch (static_cast<int>(api.GetErrorCode(status))) {
    case 2: code = errc::invalid_argument; break;
    case 3:
    case 4: code = errc::not_found; break;
    case 7: code = errc::corrupt; break;
    case 9: code = errc::unsupported; break;
    default: break;
  }
  error made(code, "ONNX Runtime: " + what + ": " + api.GetErrorMessage(status));
  api.ReleaseStatus(status);
  return made;
}

/// The types of elements, as ONNXTensorElementDataType numbers them, which are those of TensorProto.DataType.
constexpr std::optional<tensor::dtype> dtype_of_onnxruntime(int type) noexcept {
  switch (type) {
    case 1: return tensor::dtype::f32;
    case 2: return tensor::dtype::u8;
    case 3: return tensor::dtype::i8;
    case 4: return tensor::dtype::u16;
    case 5: return tensor::dtype::i16;
    case 6: return tensor::dtype::i32;
    case 7: return tensor::dtype::i64;
    case 9: return tensor::dtype::boolean;
    case 10: return tensor::dtype::f16;
    case 11: return tensor::dtype::f64;
    case 12: return tensor::dtype::u32;
    case 13: return tensor::dtype::u64;
    case 16: return tensor::dtype::bf16;
    default: return std::nullopt;
  }
}
constexpr any_enumerator onnxruntime_type(tensor::dtype type) noexcept {
  int code = 1;
  while (dtype_of_onnxruntime(code) != type) ++code;
  return {code};
}

}  // namespace detail
}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_DETAIL_ONNXRUNTIME_API_HPP
