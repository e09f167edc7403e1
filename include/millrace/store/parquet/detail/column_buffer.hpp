#ifndef MILLRACE_STORE_PARQUET_DETAIL_COLUMN_BUFFER_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_COLUMN_BUFFER_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/parquet/column.hpp>
#include <millrace/store/parquet/field.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Whether a text is UTF-8.
inline bool is_utf8_text(std::string_view text) noexcept {
  while (!text.empty()) {
    std::uint64_t word = 0;
    if (text.size() >= 8) {
      __builtin_memcpy(&word, text.data(), 8);
      if ((word & 0x8080808080808080U) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const std::size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// What was written of a column since its last row group: the values that are there, as a PLAIN page has them, but a
/// byte for each boolean; and which cells are there.
template <class = void>
class basic_column_buffer {
 public:
  explicit basic_column_buffer(parquet_field field) : field_(std::move(field)) {}

  const parquet_field& field() const noexcept { return field_; }
  const flat_vector<std::byte>& values() const noexcept { return values_; }
  std::size_t value_count() const noexcept { return count_; }
  /// A bool for each row; of a column that is not nullable, none.
  const flat_vector<bool>& valid() const noexcept { return valid_; }
  std::size_t bytes() const noexcept { return values_.size() + valid_.size(); }
  void clear() noexcept {
    values_.clear();
    valid_.clear();
    count_ = 0;
  }

  /// Whether these cells may be written to the column.
  /// Errors: type_mismatch: they are another type; shape_mismatch: not as many bools as values; invalid_data, with the
  /// row, counted from 0: a missing cell where none may be, a number beyond the column's width, a text of another
  /// length or that is no UTF-8.
  result<void> examine(const parquet_cells& cells) const {
    if (!fits(cells))
      return parquet_error(errc::type_mismatch, field_.name,
                           "cells of another type were given than " + std::string(to_string(cell_of(field_.type))));
    if (!cells.valid().empty() && cells.valid().size() != cells.size())
      return parquet_error(errc::shape_mismatch, field_.name,
                           std::to_string(cells.valid().size()) + " bools say which of " +
                               std::to_string(cells.size()) + " cells are there");
    if (!field_.nullable)
      for (std::size_t row = 0; row < cells.valid().size(); ++row)
        if (!cells.valid()[row]) return refused(row, "a cell is missing, and the column is not nullable");
    switch (cell_of(field_.type)) {
      case parquet_cell::text: return examine_texts(cells);
      case parquet_cell::int32:
      case parquet_cell::uint32: return examine_widths(cells);
      default: return {};
    }
  }
  /// Adds rows of cells that were examined.
  void append(const parquet_cells& cells, std::size_t from, std::size_t to) {
    const std::size_t before = valid_.size();
    if (field_.nullable) {
      valid_.resize(before + to - from);
      for (std::size_t row = from; row < to; ++row) valid_[before + row - from] = !cells.missing(row);
    }
    if (cell_of(field_.type) == parquet_cell::text) return append_texts(cells, from, to);
    const std::size_t width = cell_of(field_.type) == parquet_cell::boolean ? 1 : parquet_width(field_.type);
    if (width == cells.width() && cells.valid().empty()) {
      values_.append({static_cast<const std::byte*>(cells.data()) + from * width, (to - from) * width});
      count_ += to - from;
    } else if (width == cells.width()) {
      const auto* const bytes = static_cast<const std::byte*>(cells.data());
      for (std::size_t row = from; row < to; ++row)
        if (cells.valid()[row]) values_.append({bytes + row * width, width}), ++count_;
    } else {
      for (std::size_t row = from; row < to; ++row)
        if (!cells.missing(row)) {
          const std::int64_t value = integer_at(cells, row);
          values_.append({reinterpret_cast<const std::byte*>(&value), width});
          ++count_;
        }
    }
  }
  /// Calls each(text) for each value of a column of bytes.
  template <class Each>
  void for_each_text(Each&& each) const {
    const char* at = reinterpret_cast<const char*>(values_.data());
    const std::size_t fixed = parquet_width(field_.type);
    for (std::size_t i = 0; i < count_; ++i) {
      std::uint32_t length = static_cast<std::uint32_t>(fixed);
      if (fixed == 0) __builtin_memcpy(&length, at, 4), at += 4;
      each(std::string_view(at, length));
      at += length;
    }
  }

 private:
  using kind = parquet_cells::kind;

  bool fits(const parquet_cells& cells) const noexcept {
    const std::size_t width = parquet_width(field_.type);
    switch (cell_of(field_.type)) {
      case parquet_cell::boolean: return cells.what() == kind::boolean;
      case parquet_cell::int32:
      case parquet_cell::int64: return cells.what() == kind::integer && cells.width() <= width;
      case parquet_cell::uint32:
      case parquet_cell::uint64: return cells.what() == kind::unsigned_integer && cells.width() <= width;
      case parquet_cell::float32:
      case parquet_cell::float64: return cells.what() == kind::real && cells.width() == width;
      case parquet_cell::text: return cells.what() == kind::string || cells.what() == kind::view;
      case parquet_cell::none: break;
    }
    return false;
  }
  error refused(std::size_t row, std::string_view text) const {
    return parquet_error(errc::invalid_data, field_.name, "row " + std::to_string(row) + ": " + std::string(text));
  }
  result<void> examine_texts(const parquet_cells& cells) const {
    const parquet_type& type = field_.type;
    const bool utf8 = type.logical == parquet_logical::string || type.logical == parquet_logical::json ||
                      type.logical == parquet_logical::enumeration;
    const bool fixed = type.physical == parquet_physical::fixed_bytes;
    for (std::size_t row = 0; row < cells.size(); ++row) {
      if (cells.missing(row)) continue;
      const std::string_view text = cells.text(row);
      if (fixed && text.size() != static_cast<std::size_t>(type.length))
        return refused(row, std::to_string(text.size()) + " bytes, and the column has " + std::to_string(type.length));
      if (text.size() > std::size_t{1} << 30) return refused(row, "a text of more than 1 GiB");
      if (utf8 && !is_utf8_text(text)) return refused(row, "a text that is not UTF-8");
    }
    return {};
  }
  /// Whether integers of 8 and 16 bits, and decimals, are what they say.
  result<void> examine_widths(const parquet_cells& cells) const {
    const parquet_type& type = field_.type;
    if (type.logical != parquet_logical::integer || cells.width() * 8 <= type.bits) return {};
    const std::int64_t most = (std::int64_t{1} << (type.bits - (type.has_sign ? 1 : 0))) - 1;
    const std::int64_t least = type.has_sign ? -most - 1 : 0;
    for (std::size_t row = 0; row < cells.size(); ++row) {
      if (cells.missing(row)) continue;
      const std::int64_t value = integer_at(cells, row);
      if (value < least || value > most)
        return refused(row, std::to_string(value) + " is beyond the column's " + std::to_string(type.bits) + " bits");
    }
    return {};
  }
  template <class T>
  static std::int64_t integer_of(const parquet_cells& cells, std::size_t row) noexcept {
    T value{};
    __builtin_memcpy(&value, static_cast<const char*>(cells.data()) + row * sizeof(T), sizeof(T));
    return static_cast<std::int64_t>(value);
  }
  static std::int64_t integer_at(const parquet_cells& cells, std::size_t row) noexcept {
    const bool has_sign = cells.what() == kind::integer;
    switch (cells.width()) {
      case 1: return has_sign ? integer_of<std::int8_t>(cells, row) : integer_of<std::uint8_t>(cells, row);
      case 2: return has_sign ? integer_of<std::int16_t>(cells, row) : integer_of<std::uint16_t>(cells, row);
      case 4: return has_sign ? integer_of<std::int32_t>(cells, row) : integer_of<std::uint32_t>(cells, row);
      default: return integer_of<std::int64_t>(cells, row);
    }
  }
  void append_texts(const parquet_cells& cells, std::size_t from, std::size_t to) {
    const bool fixed = field_.type.physical == parquet_physical::fixed_bytes;
    for (std::size_t row = from; row < to; ++row) {
      if (cells.missing(row)) continue;
      const std::string_view text = cells.text(row);
      const auto length = static_cast<std::uint32_t>(text.size());
      if (!fixed) values_.append({reinterpret_cast<const std::byte*>(&length), 4});
      values_.append({reinterpret_cast<const std::byte*>(text.data()), text.size()});
      ++count_;
    }
  }

  parquet_field field_;
  flat_vector<std::byte> values_;
  flat_vector<bool> valid_;
  std::size_t count_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_COLUMN_BUFFER_HPP
