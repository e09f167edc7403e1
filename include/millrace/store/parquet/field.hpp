#ifndef MILLRACE_STORE_PARQUET_FIELD_HPP
#define MILLRACE_STORE_PARQUET_FIELD_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// How the cells of a column are stored. The numbers are those of the format, but `nested`: a column of lists, maps or
/// structs, which are not read.
enum class parquet_physical : std::uint8_t {
  boolean = 0,
  int32 = 1,
  int64 = 2,
  int96 = 3,  ///< timestamps as Impala and Spark once wrote them; read as nanoseconds in 64 bits
  float32 = 4,
  float64 = 5,
  byte_array = 6,
  fixed_bytes = 7,
  nested = 255
};

/// What the cells of a column mean.
enum class parquet_logical : std::uint8_t {
  none,
  string,
  enumeration,
  json,
  bson,
  integer,    ///< of `bits` bits, with a sign or not
  decimal,    ///< an integer over 10^scale; in bytes: big-endian, two's complement
  date,       ///< days since 1970-01-01
  time,       ///< since midnight
  timestamp,  ///< since 1970-01-01T00:00:00, of UTC or of whatever clock was meant
  uuid,
  float16,
  interval,
  unknown,  ///< all cells are missing
  other     ///< something newer than this reader
};

/// What a time of a column counts.
enum class parquet_unit : std::uint8_t { milliseconds, microseconds, nanoseconds };

/// The type of a column's cells: how they are stored, and what they mean. Made by the functions below.
struct parquet_type {
  parquet_physical physical = parquet_physical::byte_array;
  parquet_logical logical = parquet_logical::none;
  /// Of times and timestamps.
  parquet_unit unit = parquet_unit::microseconds;
  /// Of times and timestamps: whether they are UTC, or local times of a place that the file does not say.
  bool utc = false;
  /// Of integers.
  std::uint8_t bits = 0;
  bool has_sign = true;
  /// Of decimals: how many digits there are in all, and behind the point.
  std::int32_t precision = 0;
  std::int32_t scale = 0;
  /// Of `fixed_bytes`: how many.
  std::int32_t length = 0;

  static constexpr parquet_type boolean() noexcept { return {.physical = parquet_physical::boolean}; }
  static constexpr parquet_type float32() noexcept { return {.physical = parquet_physical::float32}; }
  static constexpr parquet_type float64() noexcept { return {.physical = parquet_physical::float64}; }
  static constexpr parquet_type int8() noexcept { return integer(8, true); }
  static constexpr parquet_type int16() noexcept { return integer(16, true); }
  static constexpr parquet_type int32() noexcept { return {.physical = parquet_physical::int32}; }
  static constexpr parquet_type int64() noexcept { return {.physical = parquet_physical::int64}; }
  static constexpr parquet_type uint8() noexcept { return integer(8, false); }
  static constexpr parquet_type uint16() noexcept { return integer(16, false); }
  static constexpr parquet_type uint32() noexcept { return integer(32, false); }
  static constexpr parquet_type uint64() noexcept { return integer(64, false); }
  /// Texts in UTF-8.
  static constexpr parquet_type string() noexcept { return {.logical = parquet_logical::string}; }
  /// Texts that are JSON.
  static constexpr parquet_type json_text() noexcept { return {.logical = parquet_logical::json}; }
  /// Any bytes.
  static constexpr parquet_type binary() noexcept { return {}; }
  /// So many bytes each.
  static constexpr parquet_type fixed(std::int32_t length) noexcept {
    return {.physical = parquet_physical::fixed_bytes, .length = length};
  }
  static constexpr parquet_type uuid() noexcept {
    return {.physical = parquet_physical::fixed_bytes, .logical = parquet_logical::uuid, .length = 16};
  }
  static constexpr parquet_type date() noexcept {
    return {.physical = parquet_physical::int32, .logical = parquet_logical::date};
  }
  static constexpr parquet_type timestamp(parquet_unit unit = parquet_unit::microseconds, bool utc = true) noexcept {
    return {.physical = parquet_physical::int64, .logical = parquet_logical::timestamp, .unit = unit, .utc = utc};
  }
  static constexpr parquet_type time(parquet_unit unit = parquet_unit::microseconds, bool utc = true) noexcept {
    return {.physical = unit == parquet_unit::milliseconds ? parquet_physical::int32 : parquet_physical::int64,
            .logical = parquet_logical::time,
            .unit = unit,
            .utc = utc};
  }
  /// Up to 9 digits in 32 bits, up to 18 in 64.
  static constexpr parquet_type decimal(std::int32_t precision, std::int32_t scale) noexcept {
    return {.physical = precision <= 9 ? parquet_physical::int32 : parquet_physical::int64,
            .logical = parquet_logical::decimal,
            .precision = precision,
            .scale = scale};
  }

  friend constexpr bool operator==(const parquet_type&, const parquet_type&) = default;

 private:
  static constexpr parquet_type integer(std::uint8_t bits, bool has_sign) noexcept {
    return {.physical = bits == 64 ? parquet_physical::int64 : parquet_physical::int32,
            .logical = parquet_logical::integer,
            .bits = bits,
            .has_sign = has_sign};
  }
};

/// A column: its name, its type, and whether cells may be missing.
struct parquet_field {
  std::string name;
  parquet_type type{};
  bool nullable = true;

  friend bool operator==(const parquet_field&, const parquet_field&) = default;
};

/// The name that the format has for it: `INT64`.
constexpr std::string_view to_string(parquet_physical physical) noexcept {
  switch (physical) {
    case parquet_physical::boolean: return "BOOLEAN";
    case parquet_physical::int32: return "INT32";
    case parquet_physical::int64: return "INT64";
    case parquet_physical::int96: return "INT96";
    case parquet_physical::float32: return "FLOAT";
    case parquet_physical::float64: return "DOUBLE";
    case parquet_physical::byte_array: return "BYTE_ARRAY";
    case parquet_physical::fixed_bytes: return "FIXED_LEN_BYTE_ARRAY";
    case parquet_physical::nested: return "nested";
  }
  return "nested";
}

/// The name that the format has for it: `TIMESTAMP`.
constexpr std::string_view to_string(parquet_logical logical) noexcept {
  switch (logical) {
    case parquet_logical::none: return "none";
    case parquet_logical::string: return "STRING";
    case parquet_logical::enumeration: return "ENUM";
    case parquet_logical::json: return "JSON";
    case parquet_logical::bson: return "BSON";
    case parquet_logical::integer: return "INTEGER";
    case parquet_logical::decimal: return "DECIMAL";
    case parquet_logical::date: return "DATE";
    case parquet_logical::time: return "TIME";
    case parquet_logical::timestamp: return "TIMESTAMP";
    case parquet_logical::uuid: return "UUID";
    case parquet_logical::float16: return "FLOAT16";
    case parquet_logical::interval: return "INTERVAL";
    case parquet_logical::unknown: return "UNKNOWN";
    case parquet_logical::other: return "a newer type";
  }
  return "a newer type";
}

/// What cells are in memory.
enum class parquet_cell : std::uint8_t { boolean, int32, uint32, int64, uint64, float32, float64, text, none };

/// The C++ type of those cells: `std::int64_t`.
constexpr std::string_view to_string(parquet_cell cell) noexcept {
  switch (cell) {
    case parquet_cell::boolean: return "bool";
    case parquet_cell::int32: return "std::int32_t";
    case parquet_cell::uint32: return "std::uint32_t";
    case parquet_cell::int64: return "std::int64_t";
    case parquet_cell::uint64: return "std::uint64_t";
    case parquet_cell::float32: return "float";
    case parquet_cell::float64: return "double";
    case parquet_cell::text: return "std::string_view";
    case parquet_cell::none: return "none";
  }
  return "none";
}

/// What a column's cells are in memory: integers of at most 32 bits are 32 bits wide, all kinds of bytes are texts.
constexpr parquet_cell cell_of(const parquet_type& type) noexcept {
  const bool has_sign = type.logical != parquet_logical::integer || type.has_sign;
  switch (type.physical) {
    case parquet_physical::boolean: return parquet_cell::boolean;
    case parquet_physical::int32: return has_sign ? parquet_cell::int32 : parquet_cell::uint32;
    case parquet_physical::int64: return has_sign ? parquet_cell::int64 : parquet_cell::uint64;
    case parquet_physical::int96: return parquet_cell::int64;
    case parquet_physical::float32: return parquet_cell::float32;
    case parquet_physical::float64: return parquet_cell::float64;
    case parquet_physical::byte_array:
    case parquet_physical::fixed_bytes: return parquet_cell::text;
    case parquet_physical::nested: break;
  }
  return parquet_cell::none;
}

namespace detail {

/// An error about a column.
inline error parquet_error(errc code, std::string_view column, std::string_view text) {
  std::string message = "parquet: column ";
  append_json(message, column.substr(0, 100));
  message += ": ";
  message += text;
  return error(code, std::move(message));
}
/// An error about a file as a whole.
inline error parquet_error(errc code, std::string_view text) {
  std::string message = "parquet: ";
  message += text;
  return error(code, std::move(message));
}

/// How many bytes a value takes in a file, apart from those of variable length and from booleans.
constexpr std::size_t parquet_width(const parquet_type& type) noexcept {
  switch (type.physical) {
    case parquet_physical::int32:
    case parquet_physical::float32: return 4;
    case parquet_physical::int64:
    case parquet_physical::float64: return 8;
    case parquet_physical::int96: return 12;
    case parquet_physical::fixed_bytes: return static_cast<std::size_t>(type.length);
    default: return 0;
  }
}

/// Why there can be no such column, or null.
constexpr const char* fault_of_parquet_type(const parquet_type& type) noexcept {
  using physical = parquet_physical;
  const physical as = type.physical;
  const bool bytes = as == physical::byte_array;
  const bool fixed = as == physical::fixed_bytes;
  if (fixed && type.length <= 0) return "its bytes have no length";
  switch (type.logical) {
    case parquet_logical::string:
    case parquet_logical::enumeration:
    case parquet_logical::json:
    case parquet_logical::bson: return bytes ? nullptr : "its texts are not stored as BYTE_ARRAY";
    case parquet_logical::integer: {
      const bool known = type.bits == 8 || type.bits == 16 || type.bits == 32 || type.bits == 64;
      return known && as == (type.bits == 64 ? physical::int64 : physical::int32) ? nullptr
                                                                                  : "its integers have no such width";
    }
    case parquet_logical::decimal: {
      if (type.precision <= 0 || type.scale < 0 || type.scale > type.precision)
        return "its decimals have no such precision and scale";
      const bool fits = as == physical::int32 ? type.precision <= 9 : as != physical::int64 || type.precision <= 18;
      return fits && (as == physical::int32 || as == physical::int64 || bytes || fixed)
                 ? nullptr
                 : "its decimals do not fit how they are stored";
    }
    case parquet_logical::date: return as == physical::int32 ? nullptr : "its dates are not stored as INT32";
    case parquet_logical::time:
      return as == (type.unit == parquet_unit::milliseconds ? physical::int32 : physical::int64)
                 ? nullptr
                 : "its times are not stored as their unit asks for";
    case parquet_logical::timestamp: return as == physical::int64 ? nullptr : "its timestamps are not stored as INT64";
    case parquet_logical::uuid: return fixed && type.length == 16 ? nullptr : "its UUIDs do not have 16 bytes";
    case parquet_logical::float16: return fixed && type.length == 2 ? nullptr : "its halves do not have 2 bytes";
    case parquet_logical::interval: return fixed && type.length == 12 ? nullptr : "its intervals do not have 12 bytes";
    case parquet_logical::none:
    case parquet_logical::unknown:
    case parquet_logical::other: break;
  }
  return nullptr;
}

}  // namespace detail

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_FIELD_HPP
