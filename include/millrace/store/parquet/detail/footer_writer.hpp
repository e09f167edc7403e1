#ifndef MILLRACE_STORE_PARQUET_DETAIL_FOOTER_WRITER_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_FOOTER_WRITER_HPP

#include <millrace/core/version.hpp>
#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/detail/thrift.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Writes what stands at the end of a file, as `basic_footer_reader` reads it.
template <class = void>
class basic_footer_writer {
 public:
  void write(const parquet_footer& footer) {
    out_.element([&] {
      out_.i32(1, 1);
      out_.list(2, thrift_type::structure, footer.fields.size() + 1);
      out_.element([&] {
        out_.binary(4, "schema");  // some readers want it to have a name
        out_.i32(5, static_cast<std::int64_t>(footer.fields.size()));
      });
      for (const parquet_field& one : footer.fields) out_.element([&] { field(one); });
      out_.i64(3, footer.rows);
      out_.list(4, thrift_type::structure, footer.groups.size());
      for (std::size_t i = 0; i < footer.groups.size(); ++i) out_.element([&] { group(footer, i); });
      if (!footer.metadata.empty()) out_.list(5, thrift_type::structure, footer.metadata.size());
      for (const auto& one : footer.metadata)
        out_.element([&] {
          out_.binary(1, one.first);
          out_.binary(2, one.second);
        });
      out_.binary(6, "millrace version " MILLRACE_VERSION_STRING);
      out_.list(7, thrift_type::structure, footer.fields.size());
      for (std::size_t i = 0; i < footer.fields.size(); ++i)
        out_.element([&] { out_.structure(1, [] {}); });  // the order of the column's type
    });
  }
  const flat_vector<std::byte>& written() const noexcept { return out_.written(); }

 private:
  void field(const parquet_field& one) {
    const parquet_type& type = one.type;
    out_.i32(1, static_cast<std::int64_t>(type.physical));
    if (type.physical == parquet_physical::fixed_bytes) out_.i32(2, type.length);
    out_.i32(3, one.nullable ? 1 : 0);
    out_.binary(4, one.name);
    if (const int converted = converted_of(type); converted >= 0) out_.i32(6, converted);
    if (type.logical == parquet_logical::decimal) {
      out_.i32(7, type.scale);
      out_.i32(8, type.precision);
    }
    if (const int logical = logical_of(type.logical); logical > 0)
      out_.structure(10, [&] { out_.structure(logical, [&] { parameters(type); }); });
  }
  void parameters(const parquet_type& type) {
    switch (type.logical) {
      case parquet_logical::decimal:
        out_.i32(1, type.scale);
        out_.i32(2, type.precision);
        break;
      case parquet_logical::time:
      case parquet_logical::timestamp:
        out_.boolean(1, type.utc);
        out_.structure(2, [&] { out_.structure(static_cast<int>(type.unit) + 1, [] {}); });
        break;
      case parquet_logical::integer:
        out_.byte(1, static_cast<std::int8_t>(type.bits));
        out_.boolean(2, type.has_sign);
        break;
      default: break;
    }
  }
  static int logical_of(parquet_logical logical) noexcept {
    switch (logical) {
      case parquet_logical::string: return 1;
      case parquet_logical::enumeration: return 4;
      case parquet_logical::decimal: return 5;
      case parquet_logical::date: return 6;
      case parquet_logical::time: return 7;
      case parquet_logical::timestamp: return 8;
      case parquet_logical::integer: return 10;
      case parquet_logical::json: return 12;
      case parquet_logical::bson: return 13;
      case parquet_logical::uuid: return 14;
      case parquet_logical::float16: return 15;
      default: return 0;
    }
  }
  /// What readers that know no logical types are told.
  static int converted_of(const parquet_type& type) noexcept {
    const bool nanoseconds = type.unit == parquet_unit::nanoseconds;
    const int finer = type.unit == parquet_unit::microseconds ? 1 : 0;
    switch (type.logical) {
      case parquet_logical::string: return 0;
      case parquet_logical::enumeration: return 4;
      case parquet_logical::decimal: return 5;
      case parquet_logical::date: return 6;
      case parquet_logical::time: return nanoseconds || !type.utc ? -1 : 7 + finer;
      case parquet_logical::timestamp: return nanoseconds || !type.utc ? -1 : 9 + finer;
      case parquet_logical::integer: {
        const int width = type.bits == 8 ? 0 : type.bits == 16 ? 1 : type.bits == 32 ? 2 : 3;
        return (type.has_sign ? 15 : 11) + width;
      }
      case parquet_logical::json: return 19;
      case parquet_logical::bson: return 20;
      default: return -1;
    }
  }

  void group(const parquet_footer& footer, std::size_t i) {
    const parquet_group& one = footer.groups[i];
    std::int64_t compressed = 0;
    std::int64_t uncompressed = 0;
    for (const parquet_chunk& each : one.chunks) {
      compressed += each.compressed_size;
      uncompressed += each.uncompressed_size;
    }
    out_.list(1, thrift_type::structure, one.chunks.size());
    for (std::size_t c = 0; c < one.chunks.size(); ++c)
      out_.element([&] {
        out_.i64(2, 0);
        out_.structure(3, [&] { chunk(footer.fields[c], one.chunks[c]); });
      });
    out_.i64(2, uncompressed);
    out_.i64(3, one.rows);
    out_.i64(5, begin_of(one.chunks[0]));
    out_.i64(6, compressed);
    if (i < 32768) out_.integer(7, thrift_type::i16, static_cast<std::int64_t>(i));
  }
  static std::int64_t begin_of(const parquet_chunk& one) noexcept {
    return one.dictionary_page >= 0 ? one.dictionary_page : one.data_page;
  }
  void chunk(const parquet_field& field, const parquet_chunk& one) {
    const bool dictionary = one.dictionary_page >= 0;
    out_.i32(1, static_cast<std::int64_t>(field.type.physical));
    out_.list(2, thrift_type::i32, 2 + (dictionary ? 1U : 0U));
    out_.element(static_cast<std::int64_t>(parquet_encoding::plain));
    out_.element(static_cast<std::int64_t>(parquet_encoding::rle));
    if (dictionary) out_.element(static_cast<std::int64_t>(parquet_encoding::rle_dictionary));
    out_.list(3, thrift_type::binary, 1);
    out_.binary(field.name);
    out_.i32(4, one.codec);
    out_.i64(5, one.values);
    out_.i64(6, one.uncompressed_size);
    out_.i64(7, one.compressed_size);
    out_.i64(9, one.data_page);
    if (dictionary) out_.i64(11, one.dictionary_page);
    out_.structure(12, [&] {
      out_.i64(3, one.missing);
      if (!one.has_min) return;
      out_.binary(5, one.max_value);
      out_.binary(6, one.min_value);
      out_.boolean(7, true);
      out_.boolean(8, true);
    });
  }

  thrift_writer out_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_FOOTER_WRITER_HPP
