#ifndef MILLRACE_STORE_PARQUET_DETAIL_FOOTER_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_FOOTER_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/parquet/codecs.hpp>
#include <millrace/store/parquet/detail/thrift.hpp>
#include <millrace/store/parquet/field.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What stands at the end of a Parquet file: its columns, and where their pages are.
// Source: apache/parquet-format, src/main/thrift/parquet.thrift.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The encodings of pages, by their numbers.
enum class parquet_encoding : std::uint8_t {
  plain = 0,
  plain_dictionary = 2,
  rle = 3,
  bit_packed = 4,
  delta_binary_packed = 5,
  delta_length_byte_array = 6,
  delta_byte_array = 7,
  rle_dictionary = 8,
  byte_stream_split = 9
};

/// A column's pages in a row group.
struct parquet_chunk {
  std::int64_t values = -1;
  std::int64_t compressed_size = -1;
  std::int64_t uncompressed_size = -1;
  std::int64_t data_page = -1;
  std::int64_t dictionary_page = -1;
  parquet_physical physical = parquet_physical::nested;
  std::uint8_t codec = 255;
  bool encrypted = false;
  bool elsewhere = false;
  // Statistics. The older bounds have no order of their own.
  std::int64_t missing = -1;
  bool has_min = false;
  bool has_max = false;
  bool has_older_min = false;
  bool has_older_max = false;
  std::string min_value{};
  std::string max_value{};
};
struct parquet_group {
  std::int64_t rows = -1;
  std::vector<parquet_chunk> chunks{};
};
struct parquet_footer {
  std::int64_t rows = -1;
  std::vector<parquet_field> fields{};
  std::vector<std::size_t> first_chunks{};  // which of a row group's chunks is the first of a column
  std::size_t chunks = 0;  // of a row group: one for each column that is not nested, some for each that is
  std::vector<parquet_group> groups{};
  std::vector<std::pair<std::string, std::string>> metadata{};
  std::string created_by{};
  flat_vector<bool> orders{};  // of each chunk of a row group: whether it is that of the column's type
};

/// An element of the schema, which is a tree in the order of its nodes.
struct schema_element {
  std::string_view name{};
  std::int64_t physical = -1;
  std::int64_t repetition = 0;  // that cells are all there, also where a writer does not say so
  std::int64_t children = 0;
  std::int64_t converted = -1;
  std::int64_t scale = 0;
  std::int64_t precision = 0;
  std::int64_t length = 0;
  bool has_logical = false;
  parquet_type logical{};  // what LogicalType says of it
};

template <class = void>
class basic_footer_reader {
 public:
  explicit basic_footer_reader(std::span<const std::byte> bytes) noexcept : in_(bytes) {}

  result<parquet_footer> read() {
    in_.structure([this](thrift_field at) { return top(at); });
    if (!in_.ok()) return parquet_error(errc::corrupt, "the footer cannot be read");
    if (made_.rows < 0) return parquet_error(errc::corrupt, "the footer does not say how many rows there are");
    if (auto done = make_columns(); !done) return std::move(done).error();
    if (auto done = verify_groups(); !done) return std::move(done).error();
    return std::move(made_);
  }

 private:
  bool top(thrift_field at) {
    switch (at.id) {
      case 2: return each(at, [this] { schema(); });
      case 3: made_.rows = in_.integer(at.type); return true;
      case 4: return each(at, [this] { group(); });
      case 5: return each(at, [this] { key_value(); });
      case 6: made_.created_by = in_.binary(at.type); return true;
      case 7: return each(at, [this] { order(); });
      default: return false;
    }
  }
  /// Reads a list of structs.
  template <class Element>
  bool each(thrift_field at, Element&& element) {
    if (!in_.is(at.type, thrift_type::list)) return true;
    in_.list([&](thrift_type type) {
      if (in_.is(type, thrift_type::structure)) element();
    });
    return true;
  }

  /// The order of a column's bounds: 1, that of its type; others are newer.
  void order() {
    bool known = false;
    in_.structure([&](thrift_field at) {
      known = at.id == 1;
      return false;
    });
    made_.orders.push_back(known);
  }
  void schema() {
    schema_element one;
    in_.structure([&](thrift_field at) {
      switch (at.id) {
        case 1: one.physical = in_.integer(at.type); return true;
        case 2: one.length = in_.integer(at.type); return true;
        case 3: one.repetition = in_.integer(at.type); return true;
        case 4: one.name = in_.binary(at.type); return true;
        case 5: one.children = in_.integer(at.type); return true;
        case 6: one.converted = in_.integer(at.type); return true;
        case 7: one.scale = in_.integer(at.type); return true;
        case 8: one.precision = in_.integer(at.type); return true;
        case 10: return logical_type(at, one);
        default: return false;
      }
    });
    elements_.push_back(one);
  }
  bool logical_type(thrift_field at, schema_element& one) {
    if (!in_.is(at.type, thrift_type::structure)) return true;
    one.has_logical = true;
    one.logical.logical = parquet_logical::other;
    in_.structure([&](thrift_field kind) {
      parquet_type& type = one.logical;
      type.logical = logical_of(kind.id);
      if (kind.type != thrift_type::structure) return false;
      in_.structure([&](thrift_field part) {
        switch (type.logical) {
          case parquet_logical::decimal:
            if (part.id == 1) return type.scale = static_cast<std::int32_t>(in_.integer(part.type)), true;
            if (part.id == 2) return type.precision = static_cast<std::int32_t>(in_.integer(part.type)), true;
            return false;
          case parquet_logical::integer:
            if (part.id == 1) return type.bits = static_cast<std::uint8_t>(in_.integer(part.type)), true;
            if (part.id == 2) return type.has_sign = in_.boolean(part.type), true;
            return false;
          case parquet_logical::time:
          case parquet_logical::timestamp:
            if (part.id == 1) return type.utc = in_.boolean(part.type), true;
            if (part.id == 2 && part.type == thrift_type::structure) return unit(type), true;
            return false;
          default: return false;
        }
      });
      return true;
    });
    return true;
  }
  void unit(parquet_type& type) {
    in_.structure([&](thrift_field at) {
      if (at.id < 1 || at.id > 3) type.logical = parquet_logical::other;
      type.unit = at.id == 1   ? parquet_unit::milliseconds
                  : at.id == 2 ? parquet_unit::microseconds
                               : parquet_unit::nanoseconds;
      return false;
    });
  }
  static parquet_logical logical_of(std::int64_t id) noexcept {
    switch (id) {
      case 1: return parquet_logical::string;
      case 4: return parquet_logical::enumeration;
      case 5: return parquet_logical::decimal;
      case 6: return parquet_logical::date;
      case 7: return parquet_logical::time;
      case 8: return parquet_logical::timestamp;
      case 10: return parquet_logical::integer;
      case 11: return parquet_logical::unknown;
      case 12: return parquet_logical::json;
      case 13: return parquet_logical::bson;
      case 14: return parquet_logical::uuid;
      case 15: return parquet_logical::float16;
      default: return parquet_logical::other;
    }
  }

  void group() {
    parquet_group one;
    in_.structure([&](thrift_field at) {
      if (at.id == 1) return each(at, [&] { chunk(one); });
      if (at.id == 3) return one.rows = in_.integer(at.type), true;
      return false;
    });
    made_.groups.push_back(std::move(one));
  }
  void chunk(parquet_group& in) {
    parquet_chunk one;
    in_.structure([&](thrift_field at) {
      switch (at.id) {
        case 1: return one.elsewhere = !in_.binary(at.type).empty(), true;
        case 3:
          if (!in_.is(at.type, thrift_type::structure)) return true;
          in_.structure([&](thrift_field part) { return chunk_part(part, one); });
          return true;
        case 8: one.encrypted = true; return false;
        default: return false;
      }
    });
    in.chunks.push_back(std::move(one));
  }
  bool chunk_part(thrift_field at, parquet_chunk& one) {
    switch (at.id) {
      case 1: {
        const std::int64_t type = in_.integer(at.type);
        if (type >= 0 && type <= 7) one.physical = static_cast<parquet_physical>(type);
        return true;
      }
      case 4: {
        const std::int64_t codec = in_.integer(at.type);
        if (codec >= 0 && codec < 255) one.codec = static_cast<std::uint8_t>(codec);
        return true;
      }
      case 5: one.values = in_.integer(at.type); return true;
      case 6: one.uncompressed_size = in_.integer(at.type); return true;
      case 7: one.compressed_size = in_.integer(at.type); return true;
      case 9: one.data_page = in_.integer(at.type); return true;
      case 11: one.dictionary_page = in_.integer(at.type); return true;
      case 12:
        if (!in_.is(at.type, thrift_type::structure)) return true;
        in_.structure([&](thrift_field part) { return statistic(part, one); });
        return true;
      default: return false;
    }
  }
  bool statistic(thrift_field at, parquet_chunk& one) {
    switch (at.id) {
      case 1:
        if (one.has_max) return false;
        one.has_older_max = true;
        one.max_value = in_.binary(at.type);
        return true;
      case 2:
        if (one.has_min) return false;
        one.has_older_min = true;
        one.min_value = in_.binary(at.type);
        return true;
      case 3: one.missing = in_.integer(at.type); return true;
      case 5:
        one.has_max = true;
        one.max_value = in_.binary(at.type);
        return true;
      case 6:
        one.has_min = true;
        one.min_value = in_.binary(at.type);
        return true;
      default: return false;
    }
  }
  /// What is no text is left out: some writers wrote numbers as values.
  void key_value() {
    std::pair<std::string, std::string> one;
    in_.structure([&](thrift_field at) {
      if (at.type != thrift_type::binary) return false;
      if (at.id == 1) return one.first = in_.binary(at.type), true;
      if (at.id == 2) return one.second = in_.binary(at.type), true;
      return false;
    });
    made_.metadata.push_back(std::move(one));
  }

  /// The columns: the children of the root. One that has children itself, or repeats, is nested.
  result<void> make_columns() {
    if (elements_.empty() || elements_[0].children < 0) return parquet_error(errc::corrupt, "the schema has no root");
    std::size_t at = 1;
    for (std::int64_t i = 0; i < elements_[0].children; ++i) {
      if (at >= elements_.size()) return parquet_error(errc::corrupt, "the schema ends before its last column");
      parquet_field column{.name = std::string(elements_[at].name), .nullable = elements_[at].repetition != 0};
      made_.first_chunks.push_back(made_.chunks);
      if (elements_[at].repetition < 0 || elements_[at].repetition > 2)
        return parquet_error(errc::corrupt, column.name, "it does not say whether its cells may be missing");
      const bool nested = elements_[at].children != 0 || elements_[at].repetition == 2;
      if (!nested) {
        auto type = type_of(elements_[at], column.name);
        if (!type) return std::move(type).error();
        column.type = *type;
      } else {
        column.type.physical = parquet_physical::nested;
        column.type.logical = parquet_logical::other;
      }
      // Passes over what is below it: a node with n children leaves n - 1 more to pass.
      for (std::int64_t open = 1; open > 0; --open, ++at) {
        if (at >= elements_.size() || elements_[at].children < 0 ||
            elements_[at].children > static_cast<std::int64_t>(elements_.size()))
          return parquet_error(errc::corrupt, "the schema ends before its last column");
        open += elements_[at].children;
        if (elements_[at].children == 0) ++made_.chunks;
      }
      made_.fields.push_back(std::move(column));
    }
    return {};
  }
  static result<parquet_type> type_of(const schema_element& from, std::string_view name) {
    if (from.physical < 0 || from.physical > 7)
      return parquet_error(errc::corrupt, name, "there is no physical type " + std::to_string(from.physical));
    parquet_type type = from.has_logical ? from.logical : type_of_converted(from.converted);
    type.physical = static_cast<parquet_physical>(from.physical);
    if (type.physical == parquet_physical::fixed_bytes) type.length = static_cast<std::int32_t>(from.length);
    if (type.logical == parquet_logical::decimal && type.precision == 0) {
      type.precision = static_cast<std::int32_t>(from.precision);
      type.scale = static_cast<std::int32_t>(from.scale);
    }
    if (type.logical == parquet_logical::integer && type.bits >= 32 && type.has_sign) {  // as without it
      const bool fits = type.bits == (type.physical == parquet_physical::int64 ? 64 : 32);
      if (fits) type.logical = parquet_logical::none, type.bits = 0;
    }
    if (const char* const fault = fault_of_parquet_type(type); fault != nullptr)
      return parquet_error(errc::corrupt, name, fault);
    return type;
  }
  /// What was written before there were logical types.
  static parquet_type type_of_converted(std::int64_t converted) noexcept {
    using type = parquet_type;
    switch (converted) {
      case -1: return type::binary();
      case 0: return type::string();
      case 4: return {.logical = parquet_logical::enumeration};
      case 5: return {.logical = parquet_logical::decimal};
      case 6: return type::date();
      case 7: return type::time(parquet_unit::milliseconds);
      case 8: return type::time();
      case 9: return type::timestamp(parquet_unit::milliseconds);
      case 10: return type::timestamp();
      case 11: return type::uint8();
      case 12: return type::uint16();
      case 13: return type::uint32();
      case 14: return type::uint64();
      case 15: return type::int8();
      case 16: return type::int16();
      case 17: return type::int32();
      case 18: return type::int64();
      case 19: return type::json_text();
      case 20: return {.logical = parquet_logical::bson};
      case 21: return {.logical = parquet_logical::interval};
      default: return {.logical = parquet_logical::other};
    }
  }

  result<void> verify_groups() {
    std::uint64_t rows = 0;
    for (std::size_t g = 0; g < made_.groups.size(); ++g) {
      const parquet_group& group = made_.groups[g];
      if (group.rows < 0 || group.chunks.size() != made_.chunks)
        return parquet_error(errc::corrupt, "row group " + std::to_string(g) + " does not have the schema's columns");
      rows += static_cast<std::uint64_t>(group.rows);
    }
    if (made_.rows == 0) made_.rows = static_cast<std::int64_t>(rows);  // which some writers do not count
    if (rows != static_cast<std::uint64_t>(made_.rows))
      return parquet_error(errc::corrupt, "the row groups have " + std::to_string(rows) + " rows, the footer says " +
                                              std::to_string(made_.rows));
    return {};
  }

  thrift_reader in_;
  parquet_footer made_;
  std::vector<schema_element> elements_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_FOOTER_HPP
