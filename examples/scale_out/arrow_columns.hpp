// Columns of Arrow's C data interface as column views of millrace: what is wrong with an array is an error.
#ifndef EXAMPLES_SCALE_OUT_ARROW_COLUMNS_HPP
#define EXAMPLES_SCALE_OUT_ARROW_COLUMNS_HPP

#include "millrace_c.h"

#include <millrace/core/result.hpp>
#include <millrace/feature/batch/column_view.hpp>
#include <millrace/feature/tables/table.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace scale_out {

namespace mr = millrace;
namespace mf = millrace::feature;

/// The cells of one column where they do not lie in the array as they are needed.
struct column_memory {
  std::vector<double> numbers{};
  std::vector<std::int64_t> times{};
  std::vector<std::uint32_t> codes{};
  std::vector<std::string_view> texts{};
};

/// Reads columns of a struct array. The views are valid while the array is and the object lives.
class arrow_columns {
 public:
  /// Reads the columns that wanted(name) returns true for.
  template <class Wanted>
  mr::result<void> read(const ArrowSchema& schema, const ArrowArray& array, const Wanted& wanted) {
    if (auto done = check_batch(schema, array); !done) return done;
    rows_ = static_cast<std::size_t>(array.length);
    for (std::int64_t i = 0; i < schema.n_children; ++i) {
      const ArrowSchema* const type = schema.children[i];
      const ArrowArray* const values = array.children[i];
      if (type == nullptr || values == nullptr) return refused("column " + std::to_string(i) + " is a null pointer");
      const std::string_view name = type->name == nullptr ? std::string_view() : std::string_view(type->name);
      if (!wanted(name)) continue;
      for (const mf::column_view& before : views_)
        if (before.name == name) return refused("two columns are called \"" + std::string(name) + '"');
      if (auto done = column(*type, *values, array.offset, name); !done)
        return std::move(done).error().wrap("Arrow: column \"" + std::string(name) + '"');
    }
    return {};
  }
  std::span<const mf::column_view> columns() const noexcept { return views_; }
  std::size_t rows() const noexcept { return rows_; }

 private:
  static mr::error refused(std::string why) { return mr::error(mr::errc::invalid_data, "Arrow: " + std::move(why)); }
  static mr::error wrong(std::string why) { return mr::error(mr::errc::invalid_data, std::move(why)); }

  static mr::result<void> check_batch(const ArrowSchema& schema, const ArrowArray& array) {
    if (schema.format == nullptr || std::string_view(schema.format) != "+s")
      return refused("a batch is a struct array (\"+s\"), not " +
                     (schema.format == nullptr ? "one without a format" : '"' + std::string(schema.format) + '"'));
    if (auto done = check_sizes(array); !done) return std::move(done).error().wrap("Arrow: the batch");
    if (schema.n_children < 0 || schema.n_children != array.n_children)
      return refused("the schema has " + std::to_string(schema.n_children) + " columns, the array " +
                     std::to_string(array.n_children));
    if (schema.n_children != 0 && (schema.children == nullptr || array.children == nullptr))
      return refused("the columns are a null pointer");
    if (array.null_count != 0 && array.n_buffers > 0 && array.buffers != nullptr && array.buffers[0] != nullptr)
      for (std::int64_t row = 0; row < array.length; ++row)
        if (!bit(array.buffers[0], array.offset + row))
          return refused("row " + std::to_string(row) + " is null as a whole");
    return {};
  }
  static mr::result<void> check_sizes(const ArrowArray& array) {
    if (array.release == nullptr) return wrong("it was released");
    if (array.length < 0 || array.offset < 0) return wrong("its length or offset is below zero");
    if (array.length > MILLRACE_MOST_ROWS || array.offset > std::numeric_limits<std::int64_t>::max() / 64)
      return mr::error(mr::errc::out_of_range, "length " + std::to_string(array.length) + " and offset " +
                                                   std::to_string(array.offset) + " are more than " +
                                                   std::to_string(MILLRACE_MOST_ROWS) + " rows");
    if (array.null_count < -1 || array.null_count > array.length) return wrong("its number of nulls is impossible");
    if (array.n_buffers < 0 || (array.n_buffers != 0 && array.buffers == nullptr)) return wrong("it has no buffers");
    return {};
  }
  static bool bit(const void* bits, std::int64_t at) noexcept {
    return (static_cast<const unsigned char*>(bits)[at / 8] >> (at % 8) & 1) != 0;
  }

  /// A column whose `from` is where its first wanted row is.
  struct cells {
    const ArrowArray& array;
    std::int64_t from;
    std::int64_t rows;
    const void* validity;

    bool missing(std::int64_t row) const noexcept { return validity != nullptr && !bit(validity, from + row); }
    const void* buffer(int which) const noexcept { return array.buffers[which]; }
    template <class T>
    T at(std::int64_t row) const noexcept {
      T value;
      std::memcpy(&value, static_cast<const unsigned char*>(array.buffers[1]) + (from + row) * std::int64_t{sizeof(T)},
                  sizeof(T));
      return value;
    }
  };
  static mr::result<cells> cells_of(const ArrowArray& array, std::int64_t offset, std::int64_t rows, int buffers) {
    if (auto done = check_sizes(array); !done) return std::move(done).error();
    if (array.length - offset < rows)
      return mr::error(mr::errc::shape_mismatch,
                       "it has " + std::to_string(array.length) + " rows, the batch " + std::to_string(offset + rows));
    if (array.n_buffers != buffers)
      return wrong("it has " + std::to_string(array.n_buffers) + " buffers, its type " + std::to_string(buffers));
    if (rows != 0 && buffers > 1 && array.buffers[1] == nullptr) return wrong("its values are a null pointer");
    if (array.null_count > 0 && buffers != 0 && array.buffers[0] == nullptr)
      return wrong("it has nulls, and does not say where");
    return cells{array, array.offset + offset, rows,
                 buffers == 0 || array.null_count == 0 ? nullptr : array.buffers[0]};
  }

  mr::result<void> column(const ArrowSchema& type, const ArrowArray& array, std::int64_t offset,
                          std::string_view name) {
    if (type.release == nullptr) return wrong("its schema was released");
    if (type.format == nullptr) return wrong("its type is a null pointer");
    memory_.push_back({});
    views_.push_back({.name = name});
    const std::string_view format = type.format;
    if (type.dictionary != nullptr) return dictionary(type, array, offset);
    if (format == "u") return texts<std::int32_t>(array, offset);
    if (format == "U") return texts<std::int64_t>(array, offset);
    if (format == "n") return nothing(array, offset);
    if (format.starts_with("ts")) return stamps(format, array, offset);
    if (format == "tdD") return times<std::int32_t>(array, offset, 86'400'000'000'000);
    if (format == "tdm") return times<std::int64_t>(array, offset, 1'000'000);
    return numbers(format, array, offset);
  }

  mr::result<void> numbers(std::string_view format, const ArrowArray& array, std::int64_t offset) {
    if (format.size() == 1) switch (format[0]) {
        case 'c': return numbers<std::int8_t>(array, offset);
        case 'C': return numbers<std::uint8_t>(array, offset);
        case 's': return numbers<std::int16_t>(array, offset);
        case 'S': return numbers<std::uint16_t>(array, offset);
        case 'i': return numbers<std::int32_t>(array, offset);
        case 'I': return numbers<std::uint32_t>(array, offset);
        case 'l': return numbers<std::int64_t>(array, offset);
        case 'L': return numbers<std::uint64_t>(array, offset);
        case 'f': return numbers<float>(array, offset);
        case 'g': return numbers<double>(array, offset);
        case 'b': return booleans(array, offset);
        default: break;
      }
    return mr::error(mr::errc::unsupported, "type \"" + std::string(format) +
                                                "\" is none of those that are read: integers, float, double, boolean, "
                                                "utf8, large utf8, dictionaries of them, timestamps, dates, null");
  }
  template <class T>
  mr::result<void> numbers(const ArrowArray& array, std::int64_t offset) {
    auto from = cells_of(array, offset, signed_rows(), 2);
    if (!from) return std::move(from).error();
    if constexpr (std::is_same_v<T, double>) {
      const auto* const first = static_cast<const unsigned char*>(from->buffer(1)) + 8 * from->from;
      if (from->validity == nullptr && reinterpret_cast<std::uintptr_t>(first) % alignof(double) == 0 && rows_ != 0) {
        views_.back().numbers = {reinterpret_cast<const double*>(first), rows_};
        return {};
      }
    }
    std::vector<double>& to = memory_.back().numbers;
    to.resize(rows_, std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t row = 0; row < from->rows; ++row)
      if (!from->missing(row)) to[static_cast<std::size_t>(row)] = static_cast<double>(from->template at<T>(row));
    views_.back().numbers = to;
    return {};
  }
  mr::result<void> booleans(const ArrowArray& array, std::int64_t offset) {
    auto from = cells_of(array, offset, signed_rows(), 2);
    if (!from) return std::move(from).error();
    for (std::int64_t row = 0; row < from->rows; ++row)
      memory_.back().numbers.push_back(from->missing(row) ? std::numeric_limits<double>::quiet_NaN()
                                       : bit(from->buffer(1), from->from + row) ? 1.0
                                                                                : 0.0);
    views_.back().numbers = memory_.back().numbers;
    return {};
  }
  mr::result<void> nothing(const ArrowArray& array, std::int64_t offset) {
    auto from = cells_of(array, offset, signed_rows(), 0);
    if (!from) return std::move(from).error();
    memory_.back().numbers.assign(rows_, std::numeric_limits<double>::quiet_NaN());
    views_.back().numbers = memory_.back().numbers;
    return {};
  }

  mr::result<void> stamps(std::string_view format, const ArrowArray& array, std::int64_t offset) {
    const std::string_view unit = format.substr(0, 4);
    if (unit == "tss:") return times<std::int64_t>(array, offset, 1'000'000'000);
    if (unit == "tsm:") return times<std::int64_t>(array, offset, 1'000'000);
    if (unit == "tsu:") return times<std::int64_t>(array, offset, 1'000);
    if (unit == "tsn:") return times<std::int64_t>(array, offset, 1);
    return wrong("\"" + std::string(format) + "\" is no timestamp");
  }
  /// Times of so many nanoseconds a unit; those beyond the range are missing, and so counted as refused.
  template <class T>
  mr::result<void> times(const ArrowArray& array, std::int64_t offset, std::int64_t unit) {
    auto from = cells_of(array, offset, signed_rows(), 2);
    if (!from) return std::move(from).error();
    std::vector<std::int64_t>& to = memory_.back().times;
    to.assign(rows_, mf::column::no_time);
    for (std::int64_t row = 0; row < from->rows; ++row) {
      std::int64_t time = 0;
      if (!from->missing(row) && !__builtin_mul_overflow(std::int64_t{from->template at<T>(row)}, unit, &time))
        to[static_cast<std::size_t>(row)] = time;
    }
    views_.back().kind = mf::column_kind::time;
    views_.back().times = to;
    return {};
  }

  /// Texts of an array, in its order; a missing one is null.
  template <class Offset>
  static mr::result<std::vector<std::string_view>> read_texts(const cells& from) {
    std::vector<std::string_view> made;
    const auto* const data = static_cast<const char*>(from.buffer(2));
    for (std::int64_t row = 0; row < from.rows; ++row) {
      const auto begin = std::int64_t{from.at<Offset>(row)}, end = std::int64_t{from.at<Offset>(row + 1)};
      if (begin < 0 || end < begin) return wrong("row " + std::to_string(row) + ": its offsets go back");
      if (from.missing(row)) {
        made.push_back({});
        continue;
      }
      if (end != begin && data == nullptr) return wrong("its texts are a null pointer");
      made.push_back(end == begin ? std::string_view("")
                                  : std::string_view(data + begin, static_cast<std::size_t>(end - begin)));
    }
    return made;
  }
  template <class Offset>
  mr::result<void> texts(const ArrowArray& array, std::int64_t offset) {
    auto from = cells_of(array, offset, signed_rows(), 3);
    if (!from) return std::move(from).error();
    auto read = read_texts<Offset>(*from);
    if (!read) return std::move(read).error();
    column_memory& to = memory_.back();
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (const std::string_view text : *read) {
      if (text.data() == nullptr) {
        to.codes.push_back(mf::column::no_text);
        continue;
      }
      const auto [at, fresh] = known.try_emplace(text, static_cast<std::uint32_t>(to.texts.size()));
      if (fresh) to.texts.push_back(text);
      to.codes.push_back(at->second);
    }
    return show_texts();
  }
  mr::result<void> show_texts() {
    views_.back().kind = mf::column_kind::category;
    views_.back().codes = memory_.back().codes;
    views_.back().texts = memory_.back().texts;
    return {};
  }

  mr::result<void> dictionary(const ArrowSchema& type, const ArrowArray& array, std::int64_t offset) {
    const ArrowSchema& words = *type.dictionary;
    if (array.dictionary == nullptr) return wrong("its dictionary is a null pointer");
    if (words.release == nullptr) return wrong("its dictionary's schema was released");
    const std::string_view format = words.format == nullptr ? std::string_view() : std::string_view(words.format);
    if ((format != "u" && format != "U") || words.dictionary != nullptr)
      return mr::error(mr::errc::unsupported,
                       "its dictionary is of type \"" + std::string(format) + "\", not of texts");
    auto from = cells_of(*array.dictionary, 0, array.dictionary->length, 3);
    if (!from) return std::move(from).error().wrap("its dictionary");
    auto read = format == "u" ? read_texts<std::int32_t>(*from) : read_texts<std::int64_t>(*from);
    if (!read) return std::move(read).error().wrap("its dictionary");
    memory_.back().texts = *std::move(read);
    const std::string_view index = type.format;
    if (index.size() == 1) switch (index[0]) {
        case 'c': return codes<std::int8_t>(array, offset);
        case 'C': return codes<std::uint8_t>(array, offset);
        case 's': return codes<std::int16_t>(array, offset);
        case 'S': return codes<std::uint16_t>(array, offset);
        case 'i': return codes<std::int32_t>(array, offset);
        case 'I': return codes<std::uint32_t>(array, offset);
        case 'l': return codes<std::int64_t>(array, offset);
        case 'L': return codes<std::uint64_t>(array, offset);
        default: break;
      }
    return wrong("the indices into its dictionary are of type \"" + std::string(index) + "\", not integers");
  }
  template <class T>
  mr::result<void> codes(const ArrowArray& array, std::int64_t offset) {
    auto from = cells_of(array, offset, signed_rows(), 2);
    if (!from) return std::move(from).error();
    column_memory& to = memory_.back();
    for (std::int64_t row = 0; row < from->rows; ++row) {
      if (from->missing(row)) {
        to.codes.push_back(mf::column::no_text);
        continue;
      }
      const T at = from->template at<T>(row);
      if (std::cmp_less(at, 0) || std::cmp_greater_equal(at, to.texts.size()))
        return wrong("row " + std::to_string(row) + ": index " + std::to_string(at) + " into a dictionary of " +
                     std::to_string(to.texts.size()));
      const auto code = static_cast<std::uint32_t>(at);
      to.codes.push_back(to.texts[code].data() == nullptr ? mf::column::no_text : code);
    }
    return show_texts();
  }

  std::int64_t signed_rows() const noexcept { return static_cast<std::int64_t>(rows_); }

  std::size_t rows_ = 0;
  std::vector<column_memory> memory_;
  std::vector<mf::column_view> views_;
};

}  // namespace scale_out

#endif  // EXAMPLES_SCALE_OUT_ARROW_COLUMNS_HPP
