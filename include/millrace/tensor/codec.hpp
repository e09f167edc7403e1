#ifndef MILLRACE_TENSOR_CODEC_HPP
#define MILLRACE_TENSOR_CODEC_HPP

#include <millrace/tensor/detail/decode.hpp>
#include <millrace/tensor/detail/encode.hpp>
#include <millrace/tensor/detail/gather.hpp>
#include <millrace/tensor/view.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// A general DEFLATE encoder (RFC 1951), for data that becomes smaller only by a search for matches (repeated strings):
/// `deflate(in, bytes, level, out, room)` writes one whole raw stream to `out` and returns its size, or 0 if it takes
/// more than `room` bytes. Levels go from 1, the fastest, to 9, which compresses best. An encoder that does not search
/// for matches has `static constexpr bool finds_matches = false`.
template <class B>
concept deflate_backend =
    requires(const B& backend, const unsigned char* in, std::size_t bytes, int level, unsigned char* out) {
      { backend.deflate(in, bytes, level, out, bytes) } -> std::same_as<result<std::size_t>>;
    };

/// zlib, the default backend: include <millrace/tensor/deflate.hpp>.
struct zlib_deflate;

/// A backend without a third party: it uses Huffman codes and runs of one byte, but no other matches.
/// Models: deflate_backend.
struct huffman_deflate {
  static constexpr bool finds_matches = false;

  result<std::size_t> deflate(const unsigned char* in, std::size_t bytes, int, unsigned char* out,
                              std::size_t room) const {
    detail::entropy_coder coder;
    coder.plan(in, bytes);
    if (bytes == 0 || coder.best().bits() / 8 + 16 > room) return std::size_t{0};
    return static_cast<std::size_t>(coder.best().write(in, bytes, out) - out);
  }
};

class compressed_tensor;

/// Compresses a tensor of any dtype and layout without loss.
///
/// Level 0 stores the bytes as they are, 1 is fast, 9 compresses best. From level 1 on, samples of the data decide
/// which filter is applied first: byte planes (the first bytes of all elements, then their second bytes, and so on),
/// byte planes of those elements that are not zero, or none. Each part of the result is then stored, Huffman-coded, or
/// compressed by the backend, whichever gains enough for its time.
/// Guarantee: decompressing gives the exact bits, also of NaN payloads and -0.0. The same tensor, level and backend
/// give the same bytes.
/// Allocates: the result, about 1 MiB, and a copy of a tensor that has gaps.
/// Errors: invalid_argument (the level), and the backend's.
template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level, const Backend& backend);

/// Compresses by a backend that has a default constructor: zlib, if <millrace/tensor/deflate.hpp> is included.
template <class Backend = zlib_deflate>
result<compressed_tensor> compress(const tensor_view& tensor, int level = 6);

/// A tensor as compressed bytes, with what is needed to get it back: shape, dtype, and the order of its
/// axes in memory. `compress` and `parse` make one; both make sure that the bytes agree with shape, dtype and order.
///
/// The bytes are a gzip stream (RFC 1952): gunzip writes the filtered elements, whose CRC-32 is
/// `checksum()`. tensor/detail/tensor_file.hpp describes the format; version 1 stays readable.
class compressed_tensor {
 public:
  /// Copies compressed bytes and checks their structure; `decompress` checks the contents.
  /// Errors: corrupt, truncated, checksum_mismatch, unsupported (a later version, an unknown dtype or filter).
  static result<compressed_tensor> parse(std::span<const unsigned char> bytes) {
    auto header = detail::read_header(bytes.data(), bytes.size());
    if (!header) return std::move(header.error());
    const std::size_t head = detail::header_size(header->shape.rank());
    if (auto parts = detail::check_parts(*header, bytes.data() + head, bytes.size() - head); !parts)
      return std::move(parts.error());
    detail::byte_buffer copy(bytes.size());
    __builtin_memcpy(copy.data(), bytes.data(), bytes.size());
    return compressed_tensor(*header, std::move(copy));
  }

  std::span<const unsigned char> bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
  const tensor_shape& shape() const noexcept { return header_.shape; }
  /// The layout that decompresses fastest: without gaps, the axes in the order that they had in the original.
  tensor_layout layout() const noexcept { return tensor_layout::dense(header_.shape, header_.order); }
  tensor::dtype dtype() const noexcept { return header_.type; }
  tensor_filter filter() const noexcept { return header_.filter; }
  std::size_t original_bytes() const noexcept { return header_.bytes(); }
  std::size_t compressed_bytes() const noexcept { return bytes_.size(); }
  /// Original bytes per compressed byte.
  double ratio() const noexcept {
    return static_cast<double>(original_bytes()) / static_cast<double>(compressed_bytes());
  }
  /// The CRC-32 of the filtered elements, which gunzip writes.
  std::uint32_t checksum() const noexcept { return header_.checksum; }

  /// Writes the tensor into `to`, bit for bit, in any layout; fastest in `layout()`.
  /// Allocates: at most about 1 MiB, and the tensor's size once more if `to` has gaps or another order of axes.
  /// Errors: type_mismatch, shape_mismatch; corrupt, checksum_mismatch, after which the elements of `to` are
  /// unspecified.
  result<void> decompress(const mutable_tensor_view& to) const;

 private:
  template <class Backend>
  friend result<compressed_tensor> compress(const tensor_view&, int, const Backend&);

  compressed_tensor(const detail::tensor_header& header, detail::byte_buffer bytes) noexcept
      : header_(header), bytes_(std::move(bytes)) {}

  detail::tensor_header header_;
  detail::byte_buffer bytes_;
};

namespace detail {

template <class Backend>
inline constexpr bool is_complete = requires { sizeof(Backend); };

}  // namespace detail

template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level, const Backend& backend) {
  static_assert(deflate_backend<Backend>,
                "millrace[TENSOR-2]: a deflate backend has result<std::size_t> deflate(const unsigned char* in, "
                "std::size_t bytes, int level, unsigned char* out, std::size_t room) const");
  if constexpr (deflate_backend<Backend>) {
    if (level < 0 || level > 9)
      return error(errc::invalid_argument, "compression level " + std::to_string(level) + " is not within 0 to 9");
    detail::tensor_header header;
    header.type = tensor.dtype();
    header.shape = tensor.shape();
    header.order = tensor.layout().order();
    const auto* elements = static_cast<const unsigned char*>(tensor.data());
    detail::byte_buffer copy;
    if (!tensor.layout().is_dense()) {
      copy.resize(header.bytes());
      detail::gather(elements, tensor.layout(), header.element_size(), copy.data());
      elements = copy.data();
    }
    detail::tensor_encoder encoder(header, level, backend);
    auto bytes = encoder.encode(elements);
    if (!bytes) return std::move(bytes.error()).wrap("compressing a tensor of shape " + to_string(header.shape));
    return compressed_tensor(encoder.header(), std::move(*bytes));
  } else {
    return error(errc::unsupported, "no backend");
  }
}

template <class Backend>
result<compressed_tensor> compress(const tensor_view& tensor, int level) {
  static_assert(detail::is_complete<Backend>,
                "millrace[TENSOR-1]: compress uses zlib unless told otherwise: include <millrace/tensor/deflate.hpp>, "
                "or pass a backend such as huffman_deflate{}");
  if constexpr (detail::is_complete<Backend>)
    return compress(tensor, level, Backend());
  else
    return error(errc::unsupported, "no backend");
}

inline result<void> compressed_tensor::decompress(const mutable_tensor_view& to) const {
  if (to.dtype() != dtype())
    return error(errc::type_mismatch, "compressed tensor of " + std::string(to_string(dtype())) +
                                          " cannot be written as " + std::string(to_string(to.dtype())));
  if (!(to.shape() == shape()))
    return error(errc::shape_mismatch,
                 "compressed tensor of shape " + to_string(shape()) + " cannot be written as " + to_string(to.shape()));
  const std::size_t head = detail::header_size(shape().rank());
  detail::tensor_decoder decoder(header_, bytes_.data() + head, bytes_.size() - head);
  auto* elements = static_cast<unsigned char*>(to.data());
  if (to.layout().is_dense() && to.layout().order() == header_.order) return decoder.decode(elements);
  detail::byte_buffer block(original_bytes());
  if (auto done = decoder.decode(block.data()); !done) return done;
  detail::scatter(block.data(), header_.order, to.layout(), size_of(dtype()), elements);
  return {};
}

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_CODEC_HPP
