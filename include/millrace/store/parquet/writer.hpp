#ifndef MILLRACE_STORE_PARQUET_WRITER_HPP
#define MILLRACE_STORE_PARQUET_WRITER_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/parquet/codecs.hpp>
#include <millrace/store/parquet/column.hpp>
#include <millrace/store/parquet/detail/column_buffer.hpp>
#include <millrace/store/parquet/detail/dictionary.hpp>
#include <millrace/store/parquet/detail/footer_writer.hpp>
#include <millrace/store/parquet/detail/gzip.hpp>
#include <millrace/store/parquet/detail/page.hpp>
#include <millrace/store/parquet/detail/run_lengths.hpp>
#include <millrace/store/parquet/detail/value_bounds.hpp>
#include <millrace/store/parquet/field.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where a writer puts the bytes of a Parquet file, from the first to the last: an `atomic_file` or a `file` is one,
/// and `byte_sink`.
template <class S>
concept parquet_sink = requires(S& to, std::span<const std::byte> bytes) {
  { to.write(bytes) } -> std::same_as<result<void>>;
};

/// Bytes in memory, as a `parquet_sink`.
struct byte_sink {
  std::vector<std::byte> bytes{};

  result<void> write(std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
};

/// How a Parquet file is written.
struct parquet_options {
  /// `uncompressed` or `gzip`. Pages are compressed by Huffman codes alone: fast, and a dictionary does the rest.
  parquet_codec codec = parquet_codec::uncompressed;
  /// Whether a column is written as places in a dictionary where that takes fewer bytes.
  bool dictionary = true;
  /// A row group ends when it has so many rows, or about so many bytes, which the writer holds in memory until then.
  std::size_t group_rows = std::size_t{1} << 20;
  std::size_t group_bytes = std::size_t{64} << 20;
  /// About how large a page is.
  std::size_t page_bytes = std::size_t{1} << 20;
  /// Keys and values for whoever reads the file.
  std::vector<std::pair<std::string, std::string>> metadata{};
};

/// Writes a Parquet file, batch by batch.
///
///     using type = mr::store::parquet_type;
///     auto writer = mr::store::create_parquet("trades.parquet", {{"id", type::int64(), false},
///                                                                {"price", type::float64()},
///                                                                {"symbol", type::string()}});
///     if (!writer) return std::move(writer).error();
///     if (auto done = writer->write({ids, {prices, known}, symbols}); !done) return done;
///     return writer->finish();
///
/// Data pages of version 1 with checksums, PLAIN or by a dictionary, not compressed or by GZIP; every row group with
/// its missing cells counted and its bounds, which NaN is none of. Bounds of texts above 1 KiB are left out. Guarantee:
/// a write that is refused for its cells has written none of them. In an `atomic_file` the file is there as a whole
/// after `finish`, or not at all. Allocates: a row group, about twice, and the file's footer. Threads: one at a time.
template <parquet_sink Sink>
class basic_parquet_writer {
 public:
  /// Errors: invalid_argument: no column, two of one name, a name that is not UTF-8, a type that cannot be, a codec
  /// that is not written, or sizes of 0; those of the sink.
  static result<basic_parquet_writer> make(Sink sink, std::vector<parquet_field> fields, parquet_options options = {}) {
    if (auto good = examine(fields, options); !good) return std::move(good).error();
    basic_parquet_writer made(std::move(sink), std::move(fields), std::move(options));
    if (auto done = made.put({reinterpret_cast<const std::byte*>(magic), 4}); !done) return std::move(done).error();
    return made;
  }

  /// Writes rows: as many cells for each column, in the order of the fields.
  /// Errors: shape_mismatch: not as many cells for each; type_mismatch, invalid_data: cells that are not what the
  /// column is declared as, with the column and the row in this batch, counted from 0; closed: after `finish` or a
  /// failed write; those of the sink.
  result<void> write(std::span<const parquet_cells> cells) {
    if (done_) return detail::parquet_error(errc::closed, "the file is finished, or could not be written");
    if (cells.size() != columns_.size())
      return detail::parquet_error(
          errc::shape_mismatch,
          "cells of " + std::to_string(cells.size()) + " columns, and there are " + std::to_string(columns_.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].size() != cells[0].size())
        return detail::parquet_error(
            errc::shape_mismatch, columns_[i].field().name,
            std::to_string(cells[i].size()) + " rows, and the first column has " + std::to_string(cells[0].size()));
      if (auto good = columns_[i].examine(cells[i]); !good) return good;
    }
    constexpr std::size_t slice = 8192;  // how often a row group's bytes are looked at
    for (std::size_t from = 0, rows = cells[0].size(); from < rows;) {
      std::size_t now = rows - from < slice ? rows - from : slice;
      if (now > options_.group_rows - rows_) now = options_.group_rows - rows_;
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        columns_[i].append(cells[i], from, from + now);
        bytes += columns_[i].bytes();
      }
      rows_ += now;
      from += now;
      if (rows_ < options_.group_rows && bytes < options_.group_bytes) continue;
      if (auto done = end_group(); !done) return done;
    }
    return {};
  }
  result<void> write(std::initializer_list<parquet_cells> cells) {
    return write(std::span(cells.begin(), cells.size()));
  }

  /// Ends the row group, if it has rows.
  result<void> end_group() {
    if (done_) return detail::parquet_error(errc::closed, "the file is finished, or could not be written");
    if (rows_ == 0) return {};
    auto done = write_group();
    done_ = !done;
    return done;
  }
  /// Writes what is left and the file's end, and commits the sink, if it is an `atomic_file`.
  result<void> finish() {
    if (auto done = end_group(); !done) return done;
    done_ = true;
    detail::basic_footer_writer<> footer;
    footer.write(footer_);
    const auto length = static_cast<std::uint32_t>(footer.written().size());
    if (auto done = put({footer.written().data(), length}); !done) return done;
    std::byte end[8];
    __builtin_memcpy(end, &length, 4);
    __builtin_memcpy(end + 4, magic, 4);
    if (auto done = put(end); !done) return done;
    if constexpr (requires { sink_.commit(); }) return sink_.commit();
    return {};
  }
  /// How many rows were written.
  std::uint64_t rows() const noexcept { return static_cast<std::uint64_t>(footer_.rows) + rows_; }
  /// What it writes to: after `finish`, where the file is.
  Sink& sink() noexcept { return sink_; }

 private:
  using buffer = detail::basic_column_buffer<>;
  using bytes_view = std::span<const std::byte>;
  static constexpr char magic[] = "PAR1";
  static constexpr std::size_t most_page_rows = std::size_t{1} << 17;

  basic_parquet_writer(Sink sink, std::vector<parquet_field> fields, parquet_options options)
      : sink_(std::move(sink)), options_(std::move(options)), dictionary_(entropy_seed()) {
    for (const parquet_field& one : fields) columns_.emplace_back(one);
    footer_.rows = 0;
    footer_.fields = std::move(fields);
    footer_.metadata = options_.metadata;
  }

  static result<void> examine(const std::vector<parquet_field>& fields, const parquet_options& options) {
    const auto refused = [](std::string_view text) { return detail::parquet_error(errc::invalid_argument, text); };
    if (fields.empty()) return refused("a file needs a column");
    if (options.codec != parquet_codec::uncompressed && options.codec != parquet_codec::gzip)
      return refused(std::string(to_string(options.codec)) + " is not written; UNCOMPRESSED and GZIP are");
    if (options.group_rows == 0 || options.group_bytes == 0 || options.page_bytes == 0)
      return refused("row groups and pages have rows");
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const parquet_field& one = fields[i];
      const auto column = [&](std::string_view text) {
        return detail::parquet_error(errc::invalid_argument, one.name, text);
      };
      if (!detail::is_utf8_text(one.name)) return column("its name is not UTF-8");
      for (std::size_t k = 0; k < i; ++k)
        if (fields[k].name == one.name) return column("another column has this name");
      if (const char* const fault = detail::fault_of_parquet_type(one.type); fault != nullptr) return column(fault);
      switch (one.type.logical) {
        case parquet_logical::other:
        case parquet_logical::unknown:
        case parquet_logical::interval: return column("columns of this type are not written");
        default: break;
      }
      if (one.type.physical == parquet_physical::nested || one.type.physical == parquet_physical::int96)
        return column(std::string(to_string(one.type.physical)) + " is not written");
    }
    return {};
  }

  result<void> put(bytes_view bytes) {
    if (auto done = sink_.write(bytes); !done) {
      done_ = true;
      return done;
    }
    offset_ += static_cast<std::int64_t>(bytes.size());
    return {};
  }

  result<void> write_group() {
    detail::parquet_group group;
    group.rows = static_cast<std::int64_t>(rows_);
    for (buffer& column : columns_) {
      detail::parquet_chunk chunk;
      if (auto done = write_chunk(column, chunk); !done) return done;
      group.chunks.push_back(std::move(chunk));
      column.clear();
    }
    footer_.rows += group.rows;
    footer_.groups.push_back(std::move(group));
    rows_ = 0;
    return {};
  }

  result<void> write_chunk(const buffer& column, detail::parquet_chunk& chunk) {
    const parquet_type& type = column.field().type;
    chunk.codec = static_cast<std::uint8_t>(options_.codec);
    chunk.values = static_cast<std::int64_t>(rows_);
    chunk.missing = static_cast<std::int64_t>(rows_ - column.value_count());
    chunk.uncompressed_size = 0;
    detail::find_bounds(column, chunk);
    const std::int64_t begin = offset_;
    const std::size_t width = detail::parquet_width(type);
    const bool coded = options_.dictionary && type.physical != parquet_physical::boolean && column.value_count() > 0 &&
                       dictionary_.build(column.values(), width, column.value_count());
    if (coded) {
      chunk.dictionary_page = offset_;
      page_.clear();
      page_.append({dictionary_.entries().data(), dictionary_.entries().size()});
      const std::size_t size = dictionary_.size();
      if (auto done = write_page(chunk, {page_.data(), page_.size()},
                                 [&](detail::thrift_writer& head, int body) {
                                   if (body == 0) return head.i32(1, 2);
                                   head.structure(7, [&] {
                                     head.i32(1, static_cast<std::int64_t>(size));
                                     head.i32(2, static_cast<std::int64_t>(detail::parquet_encoding::plain));
                                   });
                                 });
          !done)
        return done;
    }
    chunk.data_page = offset_;
    cursor at;
    while (at.row < rows_)
      if (auto done = write_data_page(column, coded, at, chunk); !done) return done;
    chunk.compressed_size = offset_ - begin;
    return {};
  }

  /// How far a column's pages have been written.
  struct cursor {
    std::size_t row = 0;
    std::size_t value = 0;
    std::size_t byte = 0;
  };
  result<void> write_data_page(const buffer& column, bool coded, cursor& at, detail::parquet_chunk& chunk) {
    const cursor from = at;
    find_page_end(column, coded, at);
    const std::size_t rows = at.row - from.row;
    page_.clear();
    if (column.field().nullable) {
      page_.resize(4);
      const bool* const valid = column.valid().data() + from.row;
      detail::write_runs(page_, 1, rows, [valid](std::size_t i) { return valid[i] ? 1U : 0U; });
      const auto length = static_cast<std::uint32_t>(page_.size() - 4);
      __builtin_memcpy(page_.data(), &length, 4);
    }
    auto encoding = detail::parquet_encoding::plain;
    if (coded) {
      encoding = detail::parquet_encoding::rle_dictionary;
      const unsigned width = detail::bit_width_of(dictionary_.size() - 1);
      page_.push_back(static_cast<std::byte>(width));
      const std::uint32_t* const places = dictionary_.places().data() + from.value;
      detail::write_runs(page_, width, at.value - from.value, [places](std::size_t i) { return places[i]; });
    } else if (column.field().type.physical == parquet_physical::boolean) {
      const std::byte* const bits = column.values().data() + from.value;
      const std::size_t count = at.value - from.value;
      const std::size_t begin = page_.size();
      page_.resize(begin + (count + 7) / 8);
      for (std::size_t i = 0; i < count; ++i) page_[begin + i / 8] |= bits[i] << (i % 8);
    } else {
      page_.append({column.values().data() + from.byte, at.byte - from.byte});
    }
    return write_page(chunk, {page_.data(), page_.size()}, [&](detail::thrift_writer& head, int body) {
      if (body == 0) return head.i32(1, 0);
      head.structure(5, [&] {
        head.i32(1, static_cast<std::int64_t>(rows));
        head.i32(2, static_cast<std::int64_t>(encoding));
        head.i32(3, static_cast<std::int64_t>(detail::parquet_encoding::rle));
        head.i32(4, static_cast<std::int64_t>(detail::parquet_encoding::rle));
      });
    });
  }
  /// Moves on to where the next page ends: behind about as many bytes as a page should have, and a row at least.
  void find_page_end(const buffer& column, bool coded, cursor& at) const noexcept {
    const parquet_type& type = column.field().type;
    const bool texts = type.physical == parquet_physical::byte_array;
    const std::size_t width = type.physical == parquet_physical::boolean ? 1 : detail::parquet_width(type);
    const std::size_t begin = at.byte;
    const std::size_t last = rows_ - at.row < most_page_rows ? rows_ : at.row + most_page_rows;
    while (at.row < last && (coded || at.byte - begin < options_.page_bytes)) {
      if (!column.field().nullable || column.valid()[at.row]) {
        std::uint32_t length = 0;
        if (texts && !coded) __builtin_memcpy(&length, column.values().data() + at.byte, 4);
        const std::size_t size = coded ? 0 : texts ? 4 + std::size_t{length} : width;
        at.byte += size;
        ++at.value;
      }
      ++at.row;
    }
  }

  /// Writes a page: its header, then its bytes. head(writer, 0) writes its type, head(writer, 1) the struct of it.
  template <class Head>
  result<void> write_page(detail::parquet_chunk& chunk, bytes_view bytes, Head&& head) {
    bytes_view stored = bytes;
    if (options_.codec == parquet_codec::gzip) {
      compressed_.clear();
      detail::encode_gzip(*block_, bytes, compressed_);
      stored = {compressed_.data(), compressed_.size()};
    }
    if (stored.size() > 0x7fff'ffffU || bytes.size() > 0x7fff'ffffU)
      return detail::parquet_error(errc::unsupported, "a page of more than 2 GiB");
    const std::uint32_t checksum =
        detail::crc32(0, reinterpret_cast<const unsigned char*>(stored.data()), stored.size());
    detail::thrift_writer header;
    header.element([&] {
      head(header, 0);
      header.i32(2, static_cast<std::int64_t>(bytes.size()));
      header.i32(3, static_cast<std::int64_t>(stored.size()));
      header.i32(4, static_cast<std::int32_t>(checksum));
      head(header, 1);
    });
    chunk.uncompressed_size += static_cast<std::int64_t>(header.written().size() + bytes.size());
    if (auto done = put({header.written().data(), header.written().size()}); !done) return done;
    return put(stored);
  }

  Sink sink_;
  parquet_options options_;
  std::vector<buffer> columns_;
  detail::parquet_footer footer_;
  detail::basic_dictionary<> dictionary_;
  detail::flat_vector<std::byte> page_;
  detail::flat_vector<std::byte> compressed_;
  detail::owning_pointer<detail::huffman_block> block_{new detail::huffman_block};
  std::size_t rows_ = 0;  // of the row group that is not written yet
  std::int64_t offset_ = 0;
  bool done_ = false;
};

/// A writer of a file on disk, which is there when it is finished.
using parquet_writer = basic_parquet_writer<atomic_file>;

/// Begins a Parquet file on disk. Without `finish` there will be none, and what stood there before stays.
/// Errors: those of `basic_parquet_writer::make` and of `atomic_file::create`.
template <class Writer = parquet_writer>
result<Writer> create_parquet(std::string path, std::vector<parquet_field> fields, parquet_options options = {}) {
  auto made = atomic_file::create(std::move(path));
  if (!made) return std::move(made).error();
  return Writer::make(*std::move(made), std::move(fields), std::move(options));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_WRITER_HPP
