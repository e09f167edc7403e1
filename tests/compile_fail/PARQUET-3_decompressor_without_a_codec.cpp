// expect: millrace\[PARQUET-3\]: a decompressor has a `static constexpr parquet_codec codec`
#include <millrace/store/parquet/reader.hpp>

#include <span>

struct decompressor {
#ifndef MILLRACE_MISUSE
  static constexpr millrace::store::parquet_codec codec = millrace::store::parquet_codec::zstd;
#endif
  bool operator()(std::span<const std::byte>, std::span<std::byte>) const { return false; }
};

bool opens() { return millrace::store::open_parquet("trades.parquet", decompressor{}).has_value(); }
