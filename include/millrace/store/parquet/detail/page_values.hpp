#ifndef MILLRACE_STORE_PARQUET_DETAIL_PAGE_VALUES_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_PAGE_VALUES_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/store/parquet/detail/deltas.hpp>
#include <millrace/store/parquet/detail/footer.hpp>
#include <millrace/store/parquet/detail/run_lengths.hpp>
#include <millrace/store/parquet/field.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// How many bytes a cell has in memory.
constexpr std::size_t width_of(parquet_cell cell) noexcept {
  switch (cell) {
    case parquet_cell::boolean: return 1;
    case parquet_cell::int32:
    case parquet_cell::uint32:
    case parquet_cell::float32: return 4;
    case parquet_cell::int64:
    case parquet_cell::uint64:
    case parquet_cell::float64: return 8;
    case parquet_cell::text: return sizeof(std::string_view);
    case parquet_cell::none: break;
  }
  return 0;
}

/// Nanoseconds since 1970 of 12 bytes: nanoseconds of the day, and the Julian day. False if 64 bits do not hold them.
inline bool read_int96(const std::byte* from, std::int64_t& nanoseconds) noexcept {
  std::int64_t of_day = 0;
  std::int32_t day = 0;
  __builtin_memcpy(&of_day, from, 8);
  __builtin_memcpy(&day, from + 8, 4);
  constexpr std::int64_t epoch = 2440588;  // the Julian day of 1970-01-01
  return !__builtin_mul_overflow(day - epoch, std::int64_t{86'400'000'000'000}, &nanoseconds) &&
         !__builtin_add_overflow(nanoseconds, of_day, &nanoseconds);
}

/// The values of a page, in any encoding, as cells.
template <class = void>
class basic_page_values {
 public:
  /// `bytes` are the page's, behind its levels, and `dictionary` has `dictionary_count` cells. Both stay where they are
  /// as long as the cells are used. No more than `most_bytes` are put together.
  basic_page_values(const parquet_type& type, parquet_encoding encoding, std::span<const std::byte> bytes,
                    const flat_vector<std::byte>& dictionary, std::size_t dictionary_count, std::uint64_t most_bytes)
      : type_(type),
        encoding_(encoding),
        plain_(bytes),
        dictionary_(dictionary),
        dictionary_count_(dictionary_count),
        most_bytes_(most_bytes),
        runs_({}, 0),
        prefixes_({}),
        lengths_({}) {
    begin(bytes);
  }

  /// Whether values of this type may be encoded so.
  bool supported() const noexcept { return supported_; }
  /// Texts that were put together: whoever keeps the cells keeps them.
  std::vector<flat_vector<std::byte>>& kept() noexcept { return kept_; }

  /// Writes the next `count` cells. Returns why that was not possible, or null.
  const char* fill(std::byte* to, std::size_t count) {
    if (count == 0) return nullptr;
    switch (encoding_) {
      case parquet_encoding::plain:
      case parquet_encoding::byte_stream_split: return fill_plain(to, count);
      case parquet_encoding::plain_dictionary:
      case parquet_encoding::rle_dictionary: return fill_from_dictionary(to, count);
      case parquet_encoding::rle: return fill_booleans(to, count);
      case parquet_encoding::delta_binary_packed: return fill_deltas(to, count);
      case parquet_encoding::delta_length_byte_array: return fill_lengths(to, count);
      case parquet_encoding::delta_byte_array: return fill_prefixed(to, count);
      case parquet_encoding::bit_packed: break;
    }
    return "a page has an encoding that is none for values";
  }

 private:
  using physical = parquet_physical;
  static constexpr const char* ends_early = "a page ends before its last value";

  void begin(std::span<const std::byte> bytes) {
    const physical as = type_.physical;
    const bool integer = as == physical::int32 || as == physical::int64;
    switch (encoding_) {
      case parquet_encoding::plain: supported_ = true; break;
      case parquet_encoding::plain_dictionary:
      case parquet_encoding::rle_dictionary: {
        supported_ = as != physical::boolean;
        if (bytes.empty()) break;  // of a page whose values are all missing
        const auto width = static_cast<unsigned>(bytes[0]);
        if (width > 32) fault_ = "a page's places in the dictionary have more than 32 bits";
        runs_ = run_reader(bytes.subspan(1), width > 32 ? 0 : width);
        break;
      }
      case parquet_encoding::rle: {
        supported_ = as == physical::boolean;
        const auto size = plain_.number<std::uint32_t>();
        const auto runs = plain_.bytes(size);
        runs_ = run_reader(runs, 1);
        break;
      }
      case parquet_encoding::delta_binary_packed:
        supported_ = integer;
        lengths_ = delta_reader(bytes);
        break;
      case parquet_encoding::delta_length_byte_array:
        supported_ = as == physical::byte_array;
        if (supported_) begin_lengths(bytes);
        break;
      case parquet_encoding::delta_byte_array:
        supported_ = as == physical::byte_array || as == physical::fixed_bytes;
        if (!supported_) break;
        prefixes_ = delta_reader(bytes);
        begin_lengths(behind(prefixes_));
        break;
      case parquet_encoding::byte_stream_split:
        supported_ = integer || as == physical::float32 || as == physical::float64 || as == physical::fixed_bytes;
        if (supported_) unsplit(bytes);
        break;
      case parquet_encoding::bit_packed: break;
    }
  }
  /// What stands behind integers, which are passed over.
  std::span<const std::byte> behind(delta_reader integers) {
    if (integers.skip()) return integers.rest();
    fault_ = ends_early;
    return {};
  }
  void begin_lengths(std::span<const std::byte> bytes) {
    lengths_ = delta_reader(bytes);
    if (fault_ == nullptr) plain_ = byte_reader(behind(lengths_));
  }
  /// Puts the bytes of each value together: all first bytes stand first, then all second ones.
  void unsplit(std::span<const std::byte> bytes) {
    const std::size_t width = parquet_width(type_);
    const std::size_t count = bytes.size() / width;
    flat_vector<std::byte> whole(count * width);
    for (std::size_t k = 0; k < width; ++k)
      for (std::size_t i = 0; i < count; ++i) whole[i * width + k] = bytes[k * count + i];
    plain_ = byte_reader({whole.data(), whole.size()});
    kept_.push_back(std::move(whole));
  }

  const char* fill_plain(std::byte* to, std::size_t count) {
    switch (type_.physical) {
      case physical::boolean: return fill_bits(to, count);
      case physical::byte_array:
        for (std::size_t i = 0; i < count; ++i)
          if (!put_text(to, i, plain_.number<std::uint32_t>())) return ends_early;
        return nullptr;
      case physical::fixed_bytes:
        for (std::size_t i = 0; i < count; ++i)
          if (!put_text(to, i, static_cast<std::uint64_t>(type_.length))) return ends_early;
        return nullptr;
      case physical::int96: {
        const auto from = plain_.bytes(std::uint64_t{12} * count);
        if (!plain_.ok()) return ends_early;
        for (std::size_t i = 0; i < count; ++i) {
          std::int64_t value = 0;
          if (!read_int96(from.data() + 12 * i, value)) return "a timestamp is not within the years 1678 to 2261";
          __builtin_memcpy(to + 8 * i, &value, 8);
        }
        return nullptr;
      }
      default: {
        const auto from = plain_.bytes(std::uint64_t{parquet_width(type_)} * count);
        if (!plain_.ok()) return ends_early;
        __builtin_memcpy(to, from.data(), from.size());
        return nullptr;
      }
    }
  }
  bool put_text(std::byte* to, std::size_t i, std::uint64_t length) noexcept {
    const auto from = plain_.bytes(length);
    const std::string_view text(reinterpret_cast<const char*>(from.data()), from.size());
    __builtin_memcpy(to + i * sizeof text, &text, sizeof text);
    return plain_.ok();
  }
  const char* fill_bits(std::byte* to, std::size_t count) noexcept {
    const auto bits = plain_.rest();
    if (bit_ + count > std::uint64_t{8} * bits.size()) return ends_early;
    for (std::size_t i = 0; i < count; ++i, ++bit_)
      to[i] = bits[static_cast<std::size_t>(bit_ / 8)] >> (bit_ % 8) & std::byte{1};
    return nullptr;
  }
  const char* fill_booleans(std::byte* to, std::size_t count) noexcept {
    std::uint32_t numbers[256];
    for (std::size_t i = 0; i < count;) {
      const std::size_t now = count - i < 256 ? count - i : 256;
      if (!plain_.ok() || !runs_.read(numbers, now)) return ends_early;
      for (std::size_t k = 0; k < now; ++k) to[i + k] = static_cast<std::byte>(numbers[k]);
      i += now;
    }
    return nullptr;
  }
  template <std::size_t Width>
  const char* gather(std::byte* to, std::size_t count) noexcept {
    std::uint32_t places[1024];
    for (std::size_t i = 0; i < count;) {
      const std::size_t now = count - i < 1024 ? count - i : 1024;
      if (!runs_.read(places, now)) return ends_early;
      std::uint32_t most = 0;
      for (std::size_t k = 0; k < now; ++k) most = places[k] > most ? places[k] : most;
      if (most >= dictionary_count_) return "a page names a value that its dictionary does not have";
      for (std::size_t k = 0; k < now; ++k)
        __builtin_memcpy(to + (i + k) * Width, dictionary_.data() + places[k] * Width, Width);
      i += now;
    }
    return nullptr;
  }
  const char* fill_from_dictionary(std::byte* to, std::size_t count) noexcept {
    if (fault_ != nullptr) return fault_;
    switch (width_of(cell_of(type_))) {
      case 4: return gather<4>(to, count);
      case 8: return gather<8>(to, count);
      default: return gather<sizeof(std::string_view)>(to, count);
    }
  }
  const char* fill_deltas(std::byte* to, std::size_t count) {
    const bool narrow = type_.physical == physical::int32;
    const bool done = lengths_.read(count, [&](std::size_t i, std::uint64_t value) {
      if (narrow)
        __builtin_memcpy(to + 4 * i, &value, 4);  // the lower half
      else
        __builtin_memcpy(to + 8 * i, &value, 8);
    });
    return done ? nullptr : ends_early;
  }
  const char* fill_lengths(std::byte* to, std::size_t count) {
    if (fault_ != nullptr) return fault_;
    bool fits = true;
    const bool done =
        lengths_.read(count, [&](std::size_t i, std::uint64_t length) { fits = fits && put_text(to, i, length); });
    return done && fits ? nullptr : ends_early;
  }
  /// Each text begins as the one before it does.
  const char* fill_prefixed(std::byte* to, std::size_t count) {
    if (fault_ != nullptr) return fault_;
    constexpr std::size_t most = 4096;  // as many as `fill` is asked for
    std::uint64_t prefixes[most];
    std::uint64_t lengths[most];
    if (count > most) return "a batch is too large";
    if (!prefixes_.read(count, [&](std::size_t i, std::uint64_t value) { prefixes[i] = value; }) ||
        !lengths_.read(count, [&](std::size_t i, std::uint64_t value) { lengths[i] = value; }))
      return ends_early;
    std::uint64_t total = 0;
    std::uint64_t before = previous_.size();
    std::uint64_t left = plain_.left();
    for (std::size_t i = 0; i < count; ++i) {
      if (prefixes[i] > before || lengths[i] > left) return "a text begins with more than the one before it has";
      before = prefixes[i] + lengths[i];
      left -= lengths[i];
      total += before;
      if (type_.physical == physical::fixed_bytes && before != static_cast<std::uint64_t>(type_.length))
        return "a value does not have the length of its type";
    }
    if (total > most_bytes_) return "its texts have more bytes than the reader's limits allow";
    most_bytes_ -= total;
    flat_vector<std::byte> made(static_cast<std::size_t>(total));
    char* at = reinterpret_cast<char*>(made.data());
    for (std::size_t i = 0; i < count; ++i) {
      const auto suffix = plain_.bytes(lengths[i]);
      const std::string_view text(at, static_cast<std::size_t>(prefixes[i]) + suffix.size());
      if (prefixes[i] != 0) __builtin_memcpy(at, previous_.data(), static_cast<std::size_t>(prefixes[i]));
      if (!suffix.empty()) __builtin_memcpy(at + prefixes[i], suffix.data(), suffix.size());
      __builtin_memcpy(to + i * sizeof text, &text, sizeof text);
      at += text.size();
      previous_ = text;
    }
    kept_.push_back(std::move(made));
    return nullptr;
  }

  parquet_type type_;
  parquet_encoding encoding_;
  byte_reader plain_;
  const flat_vector<std::byte>& dictionary_;
  std::size_t dictionary_count_;
  std::uint64_t most_bytes_;
  run_reader runs_;
  delta_reader prefixes_;
  delta_reader lengths_;
  std::uint64_t bit_ = 0;
  std::string_view previous_{};
  std::vector<flat_vector<std::byte>> kept_;
  bool supported_ = false;
  const char* fault_ = nullptr;
};
using page_values = basic_page_values<>;

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_PAGE_VALUES_HPP
