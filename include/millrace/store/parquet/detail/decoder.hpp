#ifndef MILLRACE_STORE_PARQUET_DETAIL_DECODER_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_DECODER_HPP

#include <millrace/core/detail/crc32.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/inflate.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/parquet/column.hpp>
#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/detail/page.hpp>
#include <millrace/store/parquet/detail/page_values.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// What a reader allocates at most, whatever a file says. A column grows with what is decoded, but a few bytes can
/// stand for many equal cells.
struct parquet_limits {
  /// A page, decompressed.
  std::size_t page_bytes = std::size_t{256} << 20;
  /// The cells of a column of a row group.
  std::size_t column_bytes = std::size_t{2} << 30;
};

namespace detail {

/// Decodes a column's pages. Decompress: `bool (parquet_codec, std::span<const std::byte> in, std::byte* to,
/// std::size_t size)`, with room behind both as `decode_gzip` asks for it.
template <class Decompress>
class parquet_decoder {
 public:
  parquet_decoder(const parquet_field& field, parquet_codec codec, const parquet_limits& limits, Decompress& decompress)
      : codec_(codec), limits_(limits), decompress_(decompress) {
    made_.field_ = field;
    width_ = width_of(cell_of(field.type));
  }

  /// Precondition: 8 bytes behind them may be read.
  result<parquet_column> read(std::span<const std::byte> pages, std::uint64_t rows) {
    while (made_.rows_ < rows) {
      if (pages.empty()) return fault(errc::truncated, "its pages end before its last value");
      std::size_t head = 0;
      const page_header page = read_page_header(pages, head);
      if (page.compressed < 0 || page.uncompressed < 0) return fault(errc::corrupt, "a page has no header");
      const auto size = static_cast<std::size_t>(page.compressed);
      if (size > pages.size() - head) return fault(errc::truncated, "its last page is cut off");
      if (auto done = read_page(page, pages.subspan(head, size), rows - made_.rows_); !done)
        return std::move(done).error();
      pages = pages.subspan(head + size);
    }
    if (made_.missing_ == 0) made_.valid_ = {};
    return std::move(made_);
  }

 private:
  using kind = page_header::kind;

  error fault(errc code, std::string_view text) const { return parquet_error(code, made_.field_.name, text); }
  error corrupt(std::string_view text) const { return fault(errc::corrupt, text); }

  result<void> read_page(const page_header& page, std::span<const std::byte> bytes, std::uint64_t rows_left) {
    if (page.type == kind::index || page.type == kind::other) return {};  // as the format asks
    if (!page.whole) return corrupt("a page has no header");
    if (page.has_checksum &&
        page.checksum != crc32(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()))
      return fault(errc::checksum_mismatch, "a page is not what was written: its checksum differs");
    if (page.values < 0) return corrupt("a page says no number of values");
    if (page.type == kind::dictionary) return read_dictionary(page, bytes);
    if (static_cast<std::uint64_t>(page.values) > rows_left)
      return corrupt("its pages have more values than the row group has rows");
    return page.type == kind::data ? read_data(page, bytes) : read_data_v2(page, bytes);
  }

  result<void> read_dictionary(const page_header& page, std::span<const std::byte> bytes) {
    if (has_dictionary_) return corrupt("it has two dictionaries");
    has_dictionary_ = true;
    if (page.encoding != 0 && page.encoding != 2) return unsupported_encoding(page.encoding);
    if (made_.field_.type.physical == parquet_physical::boolean) return corrupt("it is a dictionary of booleans");
    auto plain = decompress(bytes, page.uncompressed);
    if (!plain) return std::move(plain).error();
    const auto count = static_cast<std::size_t>(page.values);
    const std::size_t least = is_text_cell() && made_.field_.type.physical != parquet_physical::fixed_bytes
                                  ? 4
                                  : parquet_width(made_.field_.type);
    if (count > plain->size() / least) return corrupt("its dictionary ends before its last value");
    page_values values(made_.field_.type, parquet_encoding::plain, *plain, {}, 0, 0);
    dictionary_.resize(count * width_);
    if (const char* const why = values.fill(dictionary_.data(), count); why != nullptr) return corrupt(why);
    dictionary_count_ = count;
    return {};
  }

  /// Levels and values one after the other, compressed together.
  result<void> read_data(const page_header& page, std::span<const std::byte> bytes) {
    auto plain = decompress(bytes, page.uncompressed);
    if (!plain) return std::move(plain).error();
    byte_reader in(*plain);
    std::span<const std::byte> levels;
    if (made_.field_.nullable) {
      if (page.level_encoding != 3 && page.level_encoding != 4) return unsupported_encoding(page.level_encoding);
      levels = in.bytes(page.level_encoding == 3 ? in.number<std::uint32_t>()
                                                 : (static_cast<std::uint64_t>(page.values) + 7) / 8);
      if (!in.ok()) return corrupt("a page ends within its levels");
    }
    return read_values(page, levels, in.rest());
  }
  /// Levels as they are, and values, which may be compressed.
  result<void> read_data_v2(const page_header& page, std::span<const std::byte> bytes) {
    byte_reader in(bytes);
    const std::int64_t level_bytes = page.repetition_bytes + page.definition_bytes;
    if (page.repetition_bytes < 0 || page.definition_bytes < 0 || page.repetition_bytes > page.uncompressed ||
        page.definition_bytes > page.uncompressed || level_bytes > page.uncompressed)
      return corrupt("a page ends within its levels");
    in.bytes(static_cast<std::uint64_t>(page.repetition_bytes));  // some writers say that nothing repeats
    const auto levels = in.bytes(static_cast<std::uint64_t>(page.definition_bytes));
    if (!in.ok()) return corrupt("a page ends within its levels");
    const std::int64_t size = page.uncompressed - level_bytes;
    const parquet_codec codec = codec_;
    if (!page.is_compressed || in.left() == 0) codec_ = parquet_codec::uncompressed;
    auto plain = decompress(in.rest(), size);
    codec_ = codec;
    if (!plain) return std::move(plain).error();
    const std::size_t before = made_.missing_;
    if (auto done = read_values(page, levels, *plain); !done) return done;
    if (page.missing >= 0 && static_cast<std::uint64_t>(page.missing) != made_.missing_ - before)
      return corrupt("a page does not have as many missing values as it says");
    return {};
  }

  result<void> read_values(const page_header& page, std::span<const std::byte> levels,
                           std::span<const std::byte> bytes) {
    if (page.encoding < 0 || page.encoding > 9) return unsupported_encoding(page.encoding);
    const auto encoding = static_cast<parquet_encoding>(page.encoding);
    const bool by_dictionary =
        encoding == parquet_encoding::plain_dictionary || encoding == parquet_encoding::rle_dictionary;
    page_values values(made_.field_.type, encoding, bytes, dictionary_, dictionary_count_,
                       limits_.column_bytes - texts_bytes_);
    if (!values.supported()) return unsupported_encoding(page.encoding);
    if (static_cast<std::uint64_t>(page.values) * width_ > limits_.column_bytes) return too_large();
    run_reader runs(levels, 1);
    const bool packed = page.type == kind::data && page.level_encoding == 4;
    for (std::size_t done = 0, count = static_cast<std::size_t>(page.values); done < count;) {
      const std::size_t now = count - done < batch ? count - done : batch;
      if ((made_.rows_ + now) * (width_ + 1) + texts_bytes_ > limits_.column_bytes) return too_large();
      std::size_t present = now;
      if (made_.field_.nullable) {
        if (packed)
          read_packed_levels(levels, done, now);
        else if (!runs.read(numbers_, now))
          return corrupt("a page ends within its levels");
        const std::size_t begin = made_.valid_.size();
        made_.valid_.resize(begin + now);
        present = 0;
        for (std::size_t i = 0; i < now; ++i) {
          if (numbers_[i] > 1) return corrupt("a page has levels of a nested column");
          made_.valid_[begin + i] = numbers_[i] != 0;
          present += numbers_[i];
        }
      }
      if (present > 0 && by_dictionary && !has_dictionary_)
        return corrupt("a page needs a dictionary, and there is none");
      const std::size_t begin = made_.cells_.size();
      made_.cells_.resize(begin + now * width_);
      std::byte* const to = made_.cells_.data() + begin;
      if (const char* const why = values.fill(to, present); why != nullptr) return corrupt(why);
      if (present < now) spread(to, made_.valid_.data() + made_.valid_.size() - now, present, now);
      made_.missing_ += now - present;
      made_.rows_ += now;
      done += now;
    }
    if (is_text_cell())
      for (flat_vector<std::byte>& kept : values.kept()) keep(std::move(kept));
    return {};
  }
  /// The oldest encoding of levels: a bit each, the highest of a byte first.
  void read_packed_levels(std::span<const std::byte> levels, std::size_t from, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i)
      numbers_[i] = static_cast<unsigned>(levels[(from + i) / 8]) >> (7 - (from + i) % 8) & 1U;
  }
  /// Moves the first `present` cells to where cells are there.
  void spread(std::byte* cells, const bool* valid, std::size_t present, std::size_t rows) noexcept {
    for (std::size_t row = rows; row-- > 0;) {
      std::byte* const to = cells + row * width_;
      if (!valid[row])
        __builtin_memset(to, 0, width_);
      else if (--present != row)
        __builtin_memcpy(to, cells + present * width_, width_);
    }
  }

  /// The bytes of a page, which stay as long as the column does if it is one of texts.
  result<std::span<const std::byte>> decompress(std::span<const std::byte> bytes, std::int64_t claimed) {
    const auto size = static_cast<std::uint64_t>(claimed);
    flat_vector<std::byte> page;
    if (codec_ == parquet_codec::uncompressed) {
      if (bytes.size() != size) return corrupt("a page is not as long as its header says");
      if (!is_text_cell()) return bytes;
      page.append(bytes);
    } else {
      if (size > limits_.page_bytes) return too_large();
      if (size > bytes.size() * most_ratio() + 64) return corrupt("a page is smaller than what it should hold");
      page.resize(static_cast<std::size_t>(size) + inflate_slack);
      if (!decompress_(codec_, bytes, page.data(), static_cast<std::size_t>(size)))
        return corrupt("a page cannot be decompressed by " + std::string(to_string(codec_)));
      page.truncate(static_cast<std::size_t>(size));
    }
    const std::span<const std::byte> kept(page.data(), page.size());
    if (is_text_cell()) {
      if (texts_bytes_ + page.size() > limits_.column_bytes) return too_large();
      keep(std::move(page));
    } else {
      // A dictionary is copied to cells at once, so that one page is needed at a time.
      page_ = std::move(page);
    }
    return kept;
  }
  /// How many bytes one compressed byte stands for at most.
  std::uint64_t most_ratio() const noexcept {
    switch (codec_) {
      case parquet_codec::gzip: return 1040;
      case parquet_codec::snappy: return 64;
      case parquet_codec::lz4:
      case parquet_codec::lz4_raw: return 256;
      default: return 1U << 17;
    }
  }
  void keep(flat_vector<std::byte> page) {
    texts_bytes_ += page.size();
    made_.pages_.push_back(std::move(page));
  }

  bool is_text_cell() const noexcept { return cell_of(made_.field_.type) == parquet_cell::text; }
  error too_large() const {
    return fault(errc::unsupported, "it has more bytes in a row group or a page than the reader's limits allow");
  }
  error unsupported_encoding(std::int64_t encoding) const {
    return fault(errc::unsupported, "a page has the encoding " + std::to_string(encoding) + " for " +
                                        std::string(to_string(made_.field_.type.physical)) +
                                        ", which is not supported");
  }

  static constexpr std::size_t batch = 4096;

  parquet_column made_;
  parquet_codec codec_;
  parquet_limits limits_;
  Decompress& decompress_;
  std::size_t width_ = 0;
  flat_vector<std::byte> page_;
  flat_vector<std::byte> dictionary_;
  std::size_t dictionary_count_ = 0;
  bool has_dictionary_ = false;
  std::size_t texts_bytes_ = 0;
  std::uint32_t numbers_[batch];
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_DECODER_HPP
