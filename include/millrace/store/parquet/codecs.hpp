#ifndef MILLRACE_STORE_PARQUET_CODECS_HPP
#define MILLRACE_STORE_PARQUET_CODECS_HPP

#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {

/// How pages are compressed. The numbers are those of the format.
enum class parquet_codec : std::uint8_t {
  uncompressed = 0,
  snappy = 1,
  gzip = 2,
  lzo = 3,
  brotli = 4,
  lz4 = 5,  ///< LZ4 in the frames of Hadoop
  zstd = 6,
  lz4_raw = 7
};

/// The name that the format has for it: `GZIP`.
constexpr std::string_view to_string(parquet_codec codec) noexcept {
  switch (codec) {
    case parquet_codec::uncompressed: return "UNCOMPRESSED";
    case parquet_codec::snappy: return "SNAPPY";
    case parquet_codec::gzip: return "GZIP";
    case parquet_codec::lzo: return "LZO";
    case parquet_codec::brotli: return "BROTLI";
    case parquet_codec::lz4: return "LZ4";
    case parquet_codec::zstd: return "ZSTD";
    case parquet_codec::lz4_raw: return "LZ4_RAW";
  }
  return "an unknown codec";
}

/// Decompresses what the reader does not itself, by a library that the program links:
///
///     struct zstd {
///       static constexpr mr::store::parquet_codec codec = mr::store::parquet_codec::zstd;
///       bool operator()(std::span<const std::byte> in, std::span<std::byte> out) const noexcept {
///         return ZSTD_decompress(out.data(), out.size(), in.data(), in.size()) == out.size();
///       }
///     };
///     auto reader = mr::store::open_parquet("trades.parquet", zstd{});
///
/// Law: it returns true only if `in` is exactly one compressed text of exactly out.size() bytes, which are then in
/// `out`; it reads and writes nothing beyond them.
template <class D>
concept parquet_decompressor = requires(const D& one, std::span<const std::byte> in, std::span<std::byte> out) {
  { D::codec } -> std::convertible_to<parquet_codec>;
  { one(in, out) } -> std::same_as<bool>;
};

/// Whether the reader decompresses it without a `parquet_decompressor`.
constexpr bool is_built_in(parquet_codec codec) noexcept {
  return codec == parquet_codec::uncompressed || codec == parquet_codec::snappy || codec == parquet_codec::gzip ||
         codec == parquet_codec::lz4 || codec == parquet_codec::lz4_raw;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_CODECS_HPP
