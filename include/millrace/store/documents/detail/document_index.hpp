#ifndef MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_INDEX_HPP
#define MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_INDEX_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/json_reader.hpp>
#include <millrace/core/detail/number_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/crc32c.hpp>
#include <millrace/store/detail/object_tree.hpp>
#include <millrace/store/parquet/reader.hpp>
#include <millrace/store/parquet/writer.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// The index of a folder of documents, `index.parquet`: a row for each of its files, in the order of their keys, with
// the columns `_key`, `_version`, `_size` and `_crc32c`, and one for each member of the JSON objects that is a text, a
// number, true or false. It is made of the files and can be made again.
namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// What an index says of a file.
struct index_row {
  std::string key;
  std::uint64_t version = 0;
  std::uint64_t size = 0;
  std::uint32_t checksum = 0;
};

/// The members of one name of many documents, as a column.
class member_column {
 public:
  explicit member_column(std::string name) : name_(std::move(name)) {}

  const std::string& name() const noexcept { return name_; }
  void update(std::size_t row, json_token token, std::string_view raw) {
    if (!rows_.empty() && rows_.back() == row) return;  // a name twice in one object
    std::int64_t integer = 0;
    const char* const end = raw.data() + raw.size();
    const bool is_number = token == json_token::number;
    const auto read = is_number ? std::from_chars(raw.data(), end, integer) : std::from_chars_result{end, {}};
    texts_ = texts_ && token == json_token::text;
    numbers_ = numbers_ && is_number;
    integers_ = integers_ && is_number && read.ec == std::errc() && read.ptr == end;
    flags_ = flags_ && (token == json_token::yes || token == json_token::no);
    rows_.push_back(row);
    cells_.push_back(token == json_token::text  ? json_unescaped(raw)
                     : token == json_token::yes ? std::string("true")
                     : token == json_token::no  ? std::string("false")
                                                : std::string(raw));
  }
  parquet_field field() const {
    return {name_, flags_      ? parquet_type::boolean()
                   : integers_ ? parquet_type::int64()
                   : numbers_  ? parquet_type::float64()
                               : parquet_type::string()};
  }
  /// The cells of all rows. They refer to this column.
  parquet_cells cells(std::size_t rows) {
    valid_.assign(rows, false);
    for (const std::size_t row : rows_) valid_[row] = true;
    const std::span<const bool> valid(valid_.data(), valid_.size());
    if (flags_) {
      booleans_.assign(rows, false);
      for (std::size_t i = 0; i < rows_.size(); ++i) booleans_[rows_[i]] = cells_[i] == "true";
      return {booleans_, valid};
    }
    if (numbers_) {
      whole_.assign(rows, 0);
      reals_.assign(rows, 0.0);
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        const std::string& cell = cells_[i];
        if (integers_)
          (void)std::from_chars(cell.data(), cell.data() + cell.size(), whole_[rows_[i]]);
        else
          (void)read_real(cell, reals_[rows_[i]]);
      }
      return integers_ ? parquet_cells(whole_, valid) : parquet_cells(reals_, valid);
    }
    placed_.assign(rows, {});
    for (std::size_t i = 0; i < rows_.size(); ++i) placed_[rows_[i]] = std::move(cells_[i]);
    return {placed_, valid};
  }

 private:
  std::string name_;
  flat_vector<std::size_t> rows_;
  std::vector<std::string> cells_;
  bool texts_ = true;
  bool numbers_ = true;
  bool integers_ = true;
  bool flags_ = true;
  flat_vector<bool> valid_;
  flat_vector<bool> booleans_;
  flat_vector<std::int64_t> whole_;
  flat_vector<double> reals_;
  std::vector<std::string> placed_;
};

/// The columns of documents' members: at most 200, those that come first.
class member_columns {
 public:
  void update(std::size_t row, std::string_view document) {
    json_reader reader(document);
    if (reader.next() != json_token::object) return;
    std::string name;
    for (std::size_t depth = 1; depth != 0;) {
      const json_token token = reader.next();
      switch (token) {
        case json_token::wrong:
        case json_token::end: return;
        case json_token::object:
        case json_token::array: ++depth; break;
        case json_token::close: --depth; break;
        case json_token::key:
          if (depth == 1) name = json_unescaped(reader.raw());
          break;
        case json_token::null: break;
        default:
          if (depth == 1 && !name.starts_with('_')) update(row, name, token, reader.raw());
      }
    }
  }
  std::vector<member_column>& all() noexcept { return all_; }

 private:
  void update(std::size_t row, const std::string& name, json_token token, std::string_view raw) {
    for (member_column& each : all_)
      if (each.name() == name) return each.update(row, token, raw);
    constexpr std::size_t most = 200;
    if (all_.size() == most) return;
    all_.emplace_back(name).update(row, token, raw);
  }

  std::vector<member_column> all_;
};

/// The bytes of an index of these objects, which are in the order of their keys.
inline result<std::vector<std::byte>> write_document_index(std::span<const object_tree::object* const> objects) {
  std::vector<std::string_view> keys;
  flat_vector<std::uint64_t> versions;
  flat_vector<std::uint64_t> sizes;
  flat_vector<std::uint32_t> checksums;
  member_columns members;
  for (const object_tree::object* each : objects) {
    members.update(keys.size(), {reinterpret_cast<const char*>(each->bytes.data()), each->bytes.size()});
    keys.push_back(each->key);
    versions.push_back(each->version);
    sizes.push_back(each->bytes.size());
    checksums.push_back(crc32c(each->bytes.data(), each->bytes.size()));
  }
  std::vector<parquet_field> fields{{"_key", parquet_type::string(), false},
                                    {"_version", parquet_type::uint64(), false},
                                    {"_size", parquet_type::uint64(), false},
                                    {"_crc32c", parquet_type::uint32(), false}};
  std::vector<parquet_cells> cells{keys, versions, sizes, checksums};
  for (member_column& each : members.all()) {
    fields.push_back(each.field());
    cells.push_back(each.cells(keys.size()));
  }
  auto writer = basic_parquet_writer<byte_sink>::make(byte_sink(), std::move(fields));
  if (!writer) return std::move(writer).error();
  if (auto done = writer->write(std::span<const parquet_cells>(cells)); !done) return std::move(done).error();
  if (auto done = writer->finish(); !done) return std::move(done).error();
  return std::move(writer->sink().bytes);
}

/// The rows of an index. Errors: those of the reader, and corrupt: the keys are out of order.
inline result<std::vector<index_row>> read_document_index(std::span<const std::byte> bytes) {
  auto reader = basic_parquet_reader<byte_source>::make(byte_source(bytes));
  if (!reader) return std::move(reader).error();
  std::vector<index_row> rows;
  for (std::size_t group = 0; group < reader->groups(); ++group) {
    const auto keys = reader->read(group, "_key");
    if (!keys) return keys.error();
    const auto versions = reader->read(group, "_version");
    if (!versions) return versions.error();
    const auto sizes = reader->read(group, "_size");
    if (!sizes) return sizes.error();
    const auto checksums = reader->read(group, "_crc32c");
    if (!checksums) return checksums.error();
    const auto key = keys->values<std::string_view>();
    const auto version = versions->values<std::uint64_t>();
    const auto size = sizes->values<std::uint64_t>();
    const auto checksum = checksums->values<std::uint32_t>();
    for (const error* each : {key ? nullptr : &key.error(), version ? nullptr : &version.error(),
                              size ? nullptr : &size.error(), checksum ? nullptr : &checksum.error()})
      if (each != nullptr) return *each;
    for (std::size_t i = 0; i < key->size(); ++i) {
      if (!rows.empty() && !(rows.back().key < (*key)[i])) return error(errc::corrupt, "its keys are out of order");
      rows.push_back({std::string((*key)[i]), (*version)[i], (*size)[i], (*checksum)[i]});
    }
  }
  return rows;
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_INDEX_HPP
