#ifndef MILLRACE_TENSOR_DEFLATE_HPP
#define MILLRACE_TENSOR_DEFLATE_HPP

#include <millrace/tensor/codec.hpp>

#include <zlib.h>

#include <cstddef>
#include <string>

namespace millrace {
inline namespace v0 {
namespace tensor {

/// zlib's deflate, as the default backend of `compress`.
/// Models: deflate_backend.
/// Allocates: zlib's state, about 270 KiB, for each call.
/// Threads: any.
/// Errors: unavailable, if zlib cannot be set up.
struct zlib_deflate {
  result<std::size_t> deflate(const unsigned char* in, std::size_t bytes, int level, unsigned char* out,
                              std::size_t room) const {
    z_stream stream{};
    constexpr int raw = -15;  // no zlib header, a window of 2^15 bytes
    if (const int status = ::deflateInit2(&stream, level, Z_DEFLATED, raw, 8, Z_DEFAULT_STRATEGY); status != Z_OK)
      return error(errc::unavailable, "zlib cannot be set up: " + std::string(::zError(status)));
    // A part is at most 1 MiB, so these fit zlib's 32-bit counts.
    stream.next_in = const_cast<Bytef*>(in);
    stream.avail_in = static_cast<uInt>(bytes);
    stream.next_out = out;
    stream.avail_out = static_cast<uInt>(room);
    const int status = ::deflate(&stream, Z_FINISH);
    const auto size = static_cast<std::size_t>(stream.total_out);
    ::deflateEnd(&stream);
    return status == Z_STREAM_END ? size : 0;
  }
};

}  // namespace tensor
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TENSOR_DEFLATE_HPP
