#ifndef MILLRACE_STORE_PARQUET_READER_HPP
#define MILLRACE_STORE_PARQUET_READER_HPP

#include <millrace/core/detail/inflate.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/parquet/codecs.hpp>
#include <millrace/store/parquet/column.hpp>
#include <millrace/store/parquet/detail/bounds.hpp>
#include <millrace/store/parquet/detail/decoder.hpp>
#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/detail/gzip.hpp>
#include <millrace/store/parquet/detail/lz_codecs.hpp>
#include <millrace/store/parquet/field.hpp>
#include <millrace/store/parquet/statistics.hpp>

#include <fcntl.h>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where a reader finds the bytes of a Parquet file: a `file` is one, and `byte_source`.
///
/// Law: read_at(offset, out, size) writes up to `size` bytes that stand at `offset`, and fewer only at the end, and
/// returns how many.
template <class S>
concept parquet_source = requires(const S& from, std::uint64_t offset, char* out, std::size_t size) {
  { from.size() } -> std::same_as<result<std::uint64_t>>;
  { from.read_at(offset, out, size) } -> std::same_as<result<std::size_t>>;
};

/// Bytes in memory, which it refers to, as a `parquet_source`.
class byte_source {
 public:
  explicit byte_source(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  result<std::uint64_t> size() const { return std::uint64_t{bytes_.size()}; }
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t now = size < bytes_.size() - at ? size : bytes_.size() - at;
    if (now != 0) __builtin_memcpy(out, bytes_.data() + at, now);
    return now;
  }

 private:
  std::span<const std::byte> bytes_;
};

namespace detail {

template <class... Decompressors>
struct decompressors_are_some {
  static_assert((parquet_decompressor<Decompressors> && ...),
                "millrace[PARQUET-3]: a decompressor has a `static constexpr parquet_codec codec`, and a const call "
                "`bool (std::span<const std::byte> in, std::span<std::byte> out)`");
  static constexpr bool value = true;
};

/// Decompresses by the first of these that knows the codec.
template <class... Decompressors>
struct decompressor_list {
  static constexpr bool knows(parquet_codec) noexcept { return false; }
  static bool run(parquet_codec, std::span<const std::byte>, std::span<std::byte>) noexcept { return false; }
};
template <class First, class... Rest>
struct decompressor_list<First, Rest...> {
  First first;
  [[no_unique_address]] decompressor_list<Rest...> rest;

  explicit decompressor_list(First one, Rest... others) : first(std::move(one)), rest(std::move(others)...) {}

  static constexpr bool knows(parquet_codec codec) noexcept {
    return First::codec == codec || decompressor_list<Rest...>::knows(codec);
  }
  bool run(parquet_codec codec, std::span<const std::byte> in, std::span<std::byte> out) const {
    return First::codec == codec ? first(in, out) : rest.run(codec, in, out);
  }
};

}  // namespace detail

/// Reads a Parquet file: what columns it has, and column by column what is in its row groups.
///
///     auto reader = mr::store::open_parquet("trades.parquet");
///     if (!reader) return std::move(reader).error();
///     for (std::size_t group = 0; group < reader->groups(); ++group) {
///       auto prices = reader->read(group, "price");
///       if (!prices) return std::move(prices).error();
///       const auto values = prices->values<double>();
///       ...
///     }
///
/// It reads data pages of both versions; PLAIN, dictionaries, RLE, DELTA_BINARY_PACKED, DELTA_LENGTH_BYTE_ARRAY,
/// DELTA_BYTE_ARRAY and BYTE_STREAM_SPLIT; what is not compressed, and SNAPPY, GZIP, LZ4 and LZ4_RAW; others, such as
/// ZSTD, by a `parquet_decompressor`. Checksums of pages are verified where a file has them.
/// Columns of lists, maps and structs, and encrypted ones, are named as such and not read; the others of their file
/// are. Guarantee: hostile bytes are an error. A claimed length allocates nothing: memory grows with what is decoded,
/// up to `parquet_limits`. Allocates: what it returns, and while it reads the column's compressed bytes of one row
/// group and a page. Threads: const calls from any number, if the source's are. Errors: corrupt, truncated,
/// checksum_mismatch: the file is not whole, with the column and what is wrong; unsupported: what this reader does not
/// read, with the column and what it is; those of the source.
template <parquet_source Source, class... Decompressors>
class basic_parquet_reader {
 public:
  /// Reads the end of the file, which says what it holds.
  static result<basic_parquet_reader> make(Source source, parquet_limits limits = {}, Decompressors... decompressors) {
    static_assert(detail::decompressors_are_some<Decompressors...>::value);
    basic_parquet_reader made(std::move(source), limits, std::move(decompressors)...);
    if (auto done = made.read_footer(); !done) return std::move(done).error();
    return made;
  }

  /// The columns, in the order of the file.
  std::span<const parquet_field> fields() const noexcept { return footer_.fields; }
  /// The place of the first column of that name among the fields.
  /// Errors: not_found.
  result<std::size_t> find(std::string_view name) const {
    for (std::size_t i = 0; i < footer_.fields.size(); ++i)
      if (footer_.fields[i].name == name) return i;
    return detail::parquet_error(errc::not_found, name, "the file has no such column");
  }
  std::uint64_t rows() const noexcept { return static_cast<std::uint64_t>(footer_.rows); }
  /// How many row groups there are.
  std::size_t groups() const noexcept { return footer_.groups.size(); }
  /// Precondition, here and below: group < groups() and column < fields().size().
  std::uint64_t rows(std::size_t group) const noexcept {
    return static_cast<std::uint64_t>(footer_.groups[group].rows);
  }
  /// Keys and values that whoever wrote the file added.
  std::span<const std::pair<std::string, std::string>> metadata() const noexcept { return footer_.metadata; }
  /// What wrote the file.
  const std::string& created_by() const noexcept { return footer_.created_by; }

  /// Reads a column of a row group.
  result<parquet_column> read(std::size_t group, std::size_t column) const {
    const parquet_field& field = footer_.fields[column];
    const auto fault = [&](errc code, std::string_view text) {
      return detail::parquet_error(code, field.name, "row group " + std::to_string(group) + ": " + std::string(text));
    };
    if (field.type.physical == parquet_physical::nested)
      return fault(errc::unsupported, "its cells are nested (a list, a map or a struct), which is not supported");
    const detail::parquet_chunk& chunk = chunk_of(group, column);
    if (chunk.encrypted) return fault(errc::unsupported, "it is encrypted, which is not supported");
    if (chunk.elsewhere) return fault(errc::unsupported, "its pages are in another file, which is not supported");
    if (chunk.physical != field.type.physical) return fault(errc::corrupt, "it has another type than the schema says");
    if (chunk.values != footer_.groups[group].rows)
      return fault(errc::corrupt, "it has not as many values as the row group has rows");
    if (chunk.values == 0) return parquet_column(field);  // whose pages may be nowhere
    const auto codec = static_cast<parquet_codec>(chunk.codec);
    if (!is_built_in(codec) && !detail::decompressor_list<Decompressors...>::knows(codec))
      return fault(errc::unsupported, "it is compressed by " + std::string(to_string(codec)) +
                                          ", which the reader was given no decompressor for");
    auto bytes = read_chunk(chunk, fault);
    if (!bytes) return std::move(bytes).error();
    auto decompress = [this](parquet_codec by, std::span<const std::byte> in, std::byte* to, std::size_t size) {
      return this->decompress(by, in, to, size);
    };
    detail::parquet_decoder<decltype(decompress)> decoder(field, codec, limits_, decompress);
    auto read = decoder.read({bytes->data(), bytes->size() - slack}, rows(group));
    if (!read) return std::move(read).error().wrap("row group " + std::to_string(group));
    return read;
  }
  /// Errors: not_found: there is no column of that name.
  result<parquet_column> read(std::size_t group, std::string_view name) const {
    const auto column = find(name);
    if (!column) return column.error();
    return read(group, *column);
  }

  /// What the file says of a column of a row group.
  parquet_statistics statistics(std::size_t group, std::size_t column) const {
    parquet_statistics made{.field = footer_.fields[column]};
    if (made.field.type.physical == parquet_physical::nested) return made;
    const detail::parquet_chunk& chunk = chunk_of(group, column);
    made.missing = chunk.missing;
    const std::size_t place = footer_.first_chunks[column];
    const bool ordered = place < footer_.orders.size() && footer_.orders[place];
    made.has_bounds = detail::have_order(made.field.type, chunk, ordered);
    if (!made.has_bounds) return made;
    made.lower_bytes = chunk.min_value;
    made.upper_bytes = chunk.max_value;
    made.has_bounds = detail::mend_bounds(made.field.type, made.lower_bytes, made.upper_bytes);
    return made;
  }

 private:
  static constexpr std::size_t slack = 8;
  static constexpr std::int64_t most_left_out = 100;

  basic_parquet_reader(Source source, parquet_limits limits, Decompressors... decompressors)
      : source_(std::move(source)), limits_(limits), decompressors_(std::move(decompressors)...) {}

  const detail::parquet_chunk& chunk_of(std::size_t group, std::size_t column) const noexcept {
    return footer_.groups[group].chunks[footer_.first_chunks[column]];
  }

  result<void> read_footer() {
    const auto size = source_.size();
    if (!size) return size.error();
    if (*size < 12) return detail::parquet_error(errc::truncated, "the file has less than 12 bytes");
    char front[4];
    char back[8];
    if (auto done = read_exactly(0, front, 4); !done) return done;
    if (auto done = read_exactly(*size - 8, back, 8); !done) return done;
    if (std::string_view(back + 4, 4) == "PARE" || std::string_view(front, 4) == "PARE")
      return detail::parquet_error(errc::unsupported, "the file is encrypted, which is not supported");
    if (std::string_view(front, 4) != "PAR1")
      return detail::parquet_error(errc::invalid_data, "the file does not begin as Parquet files do");
    if (std::string_view(back + 4, 4) != "PAR1")
      return detail::parquet_error(errc::truncated, "the file does not end as Parquet files do: it is cut off");
    std::uint32_t length = 0;
    __builtin_memcpy(&length, back, 4);
    if (length > *size - 12) return detail::parquet_error(errc::corrupt, "the footer is longer than the file");
    pages_end_ = *size - 8 - length;
    detail::flat_vector<std::byte> bytes(length);
    if (auto done = read_exactly(pages_end_, reinterpret_cast<char*>(bytes.data()), length); !done) return done;
    auto footer = detail::basic_footer_reader<>({bytes.data(), bytes.size()}).read();
    if (!footer) return std::move(footer).error();
    footer_ = *std::move(footer);
    return {};
  }
  result<void> read_exactly(std::uint64_t offset, char* to, std::size_t size) const {
    const auto got = source_.read_at(offset, to, size);
    if (!got) return got.error();
    if (*got != size) return detail::parquet_error(errc::truncated, "the file became shorter while it was read");
    return {};
  }
  /// The bytes of a column's pages in a row group, and `slack` behind them.
  template <class Fault>
  result<detail::flat_vector<std::byte>> read_chunk(const detail::parquet_chunk& chunk, const Fault& fault) const {
    // Some writers give no place of a dictionary, or 0, though there is one: then it is where the data pages begin.
    const bool dictionary = chunk.dictionary_page > 0 && chunk.dictionary_page < chunk.data_page;
    const std::int64_t begin = dictionary ? chunk.dictionary_page : chunk.data_page;
    const auto end = static_cast<std::int64_t>(pages_end_);
    if (begin < 4 || begin > end || chunk.compressed_size < 0 || chunk.compressed_size > end - begin)
      return fault(errc::corrupt, "its pages are not within the file");
    std::int64_t size = chunk.compressed_size;
    if (created_by().starts_with("parquet-mr"))  // whose first versions left out the header of the dictionary
      size += end - begin - size < most_left_out ? end - begin - size : most_left_out;
    detail::flat_vector<std::byte> bytes(static_cast<std::size_t>(size) + slack);
    auto done = read_exactly(static_cast<std::uint64_t>(begin), reinterpret_cast<char*>(bytes.data()),
                             static_cast<std::size_t>(size));
    if (!done) return std::move(done).error();
    return bytes;
  }
  bool decompress(parquet_codec by, std::span<const std::byte> in, std::byte* to, std::size_t size) const {
    if (detail::decompressor_list<Decompressors...>::knows(by)) return decompressors_.run(by, in, {to, size});
    switch (by) {
      case parquet_codec::snappy: return detail::decode_snappy(in, {to, size});
      case parquet_codec::lz4_raw: return detail::decode_lz4(in, {to, size});
      case parquet_codec::lz4: return detail::decode_hadoop_lz4(in, {to, size}) || detail::decode_lz4(in, {to, size});
      case parquet_codec::gzip: {
        detail::inflater inflater;
        return detail::decode_gzip(inflater, in, to, size);
      }
      default: return false;
    }
  }

  Source source_;
  parquet_limits limits_;
  [[no_unique_address]] detail::decompressor_list<Decompressors...> decompressors_;
  std::uint64_t pages_end_ = 0;
  detail::parquet_footer footer_;
};

/// A reader of a file on disk.
using parquet_reader = basic_parquet_reader<file>;

/// Opens a Parquet file, or reads one that is in memory; the bytes have to stay where they are as long as the reader.
/// Errors: those of `basic_parquet_reader` and of the system, with the path.
template <class... Decompressors>
auto open_parquet(std::string path, Decompressors... decompressors) {
  static_assert(detail::decompressors_are_some<Decompressors...>::value);
  using reader = basic_parquet_reader<file, Decompressors...>;
  auto opened = file::open(path, O_RDONLY);
  if (!opened) return result<reader>(std::move(opened).error());
  auto made = reader::make(*std::move(opened), {}, std::move(decompressors)...);
  if (!made) return result<reader>(std::move(made).error().wrap(std::move(path)));
  return made;
}
template <class... Decompressors>
auto open_parquet(std::span<const std::byte> bytes, Decompressors... decompressors) {
  static_assert(detail::decompressors_are_some<Decompressors...>::value);
  return basic_parquet_reader<byte_source, Decompressors...>::make(byte_source(bytes), {}, std::move(decompressors)...);
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_READER_HPP
