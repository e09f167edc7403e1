// Writes Parquet files for other libraries to read, and unpacks theirs.
//
// usage: parquet write FOLDER          files of every type, encoding and codec that the writer has
//        parquet unpack FILE FOLDER    of column i: FOLDER/i.cells, FOLDER/i.valid; a line of each on the standard
//        output parquet refuse FILE           the error of the file, or of its first column that has one
#include <millrace/store/parquet.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ms = millrace::store;

namespace {

/// A vector of bools that has a span.
struct bools {
  explicit bools(std::size_t size) : size_(size), data_(new bool[size]()) {}
  bools(const bools&) = delete;
  bools& operator=(const bools&) = delete;
  ~bools() { delete[] data_; }
  bool& operator[](std::size_t i) { return data_[i]; }
  const bool* begin() const { return data_; }
  const bool* end() const { return data_ + size_; }

 private:
  std::size_t size_;
  bool* data_;
};

/// Rows of every type, of which parquet.py makes the same. Every seventh cell is missing, in another row of each
/// column.
millrace::result<void> write_all(const std::string& path, std::size_t rows, ms::parquet_options options) {
  using type = ms::parquet_type;
  using unit = ms::parquet_unit;
  const std::vector<ms::parquet_field> fields = {
      {"bool", type::boolean()},
      {"int8", type::int8()},
      {"int16", type::int16()},
      {"int32", type::int32()},
      {"int64", type::int64()},
      {"uint8", type::uint8()},
      {"uint16", type::uint16()},
      {"uint32", type::uint32()},
      {"uint64", type::uint64()},
      {"float", type::float32()},
      {"double", type::float64()},
      {"string", type::string()},
      {"binary", type::binary()},
      {"fixed", type::fixed(3)},
      {"date", type::date()},
      {"time_ms", type::time(unit::milliseconds)},
      {"time_us", type::time(unit::microseconds)},
      {"timestamp_ms", type::timestamp(unit::milliseconds)},
      {"timestamp_us", type::timestamp(unit::microseconds, false)},
      {"timestamp_ns", type::timestamp(unit::nanoseconds)},
      {"decimal_9", type::decimal(9, 2)},
      {"decimal_18", type::decimal(18, 4)},
      {"required", type::int64(), false},
      {"few", type::string()},
      {"json", type::json_text()},
      {"uuid", type::uuid()},
  };
  auto writer = ms::create_parquet(path, fields, std::move(options));
  if (!writer) return std::move(writer).error();
  std::vector<std::int32_t> i32(rows), date(rows), time_ms(rows), d9(rows);
  std::vector<std::int8_t> i8(rows);
  std::vector<std::int16_t> i16(rows);
  std::vector<std::int64_t> i64(rows), time_us(rows), ms(rows), us(rows), ns(rows), d18(rows), required(rows);
  std::vector<std::uint8_t> u8(rows);
  std::vector<std::uint16_t> u16(rows);
  std::vector<std::uint32_t> u32(rows);
  std::vector<std::uint64_t> u64(rows);
  std::vector<float> f32(rows);
  std::vector<double> f64(rows);
  std::vector<std::string> text(rows), binary(rows), fixed(rows), few(rows), json(rows), uuid(rows);
  bools yes(rows);
  std::vector<bools*> valid;
  for (std::size_t c = 0; c < fields.size(); ++c) {
    valid.push_back(new bools(rows));
    for (std::size_t i = 0; i < rows; ++i) (*valid[c])[i] = (i + c) % 7 != 0;
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint64_t mixed = i * 0x9e3779b97f4a7c15U;
    yes[i] = i % 3 == 0;
    i8[i] = static_cast<std::int8_t>(mixed);
    i16[i] = static_cast<std::int16_t>(mixed);
    i32[i] = static_cast<std::int32_t>(mixed);
    i64[i] = static_cast<std::int64_t>(mixed);
    u8[i] = static_cast<std::uint8_t>(mixed);
    u16[i] = static_cast<std::uint16_t>(mixed);
    u32[i] = static_cast<std::uint32_t>(mixed);
    u64[i] = mixed;
    f32[i] = i % 11 == 0   ? std::numeric_limits<float>::quiet_NaN()
             : i % 13 == 0 ? -std::numeric_limits<float>::infinity()
                           : static_cast<float>(i) / 4 - 100;
    f64[i] = i % 11 == 0 ? std::numeric_limits<double>::quiet_NaN() : i % 5 == 0 ? -0.0 : static_cast<double>(i) / 8;
    text[i] = "r\xc3\xb6w " + std::to_string(mixed % 1000003);
    binary[i] = std::string(i % 9, static_cast<char>(i));
    fixed[i] = {static_cast<char>(i), static_cast<char>(i >> 8), '\xff'};
    few[i] = "value " + std::to_string(i / 3 % 5);
    json[i] = "{\"i\": " + std::to_string(i % 10) + "}";
    uuid[i] = std::string(8, static_cast<char>(i % 256)) + std::string(8, '\x01');
    date[i] = static_cast<std::int32_t>(i % 40000) - 10000;
    time_ms[i] = static_cast<std::int32_t>(i * 1009 % 86400000);
    time_us[i] = static_cast<std::int64_t>(i * 1000003 % 86400000000);
    ms[i] = static_cast<std::int64_t>(i) * 86399999 - 100000000000;
    us[i] = ms[i] * 1000 + 1;
    ns[i] = ms[i] * 1000000 + 7;
    d9[i] = static_cast<std::int32_t>(mixed % 1999999999) - 999999999;
    d18[i] = static_cast<std::int64_t>(mixed % 1999999999999999999) - 999999999999999999;
    required[i] = static_cast<std::int64_t>(i);
  }
  std::size_t c = 0;
  const auto next = [&]() -> std::span<const bool> { return std::span(*valid[c++]); };
  // In two batches of different length, so that row groups end within them.
  const ms::parquet_cells cells[] = {
      {yes, next()},      {i8, next()},      {i16, next()},  {i32, next()},     {i64, next()},     {u8, next()},
      {u16, next()},      {u32, next()},     {u64, next()},  {f32, next()},     {f64, next()},     {text, next()},
      {binary, next()},   {fixed, next()},   {date, next()}, {time_ms, next()}, {time_us, next()}, {ms, next()},
      {us, next()},       {ns, next()},      {d9, next()},   {d18, next()},     required,          {few, *valid[23]},
      {json, *valid[24]}, {uuid, *valid[25]}};
  if (auto done = writer->write(cells); !done) return done;
  for (bools* each : valid) delete each;
  return writer->finish();
}

millrace::result<void> write_rest(const std::string& folder) {
  using type = ms::parquet_type;
  {  // no rows
    auto writer = ms::create_parquet(folder + "/no_rows.parquet", {{"a", type::int64()}, {"b", type::string()}});
    if (!writer) return std::move(writer).error();
    if (auto done = writer->finish(); !done) return done;
  }
  {  // nothing but missing cells
    auto writer = ms::create_parquet(folder + "/all_missing.parquet",
                                     {{"a", type::int64()}, {"b", type::string()}, {"c", type::boolean()}},
                                     {.group_rows = 300, .metadata = {{"key", "value"}, {"empty", ""}}});
    if (!writer) return std::move(writer).error();
    const std::vector<std::int64_t> a(1000);
    const std::vector<std::string> b(1000);
    const bools none(1000);
    if (auto done = writer->write({{a, none}, {b, none}, {none, none}}); !done) return done;
    return writer->finish();
  }
}

millrace::result<void> write(const std::string& folder) {
  using codec = ms::parquet_codec;
  if (auto done = write_all(folder + "/plain.parquet", 1000, {.dictionary = false, .group_rows = 400}); !done)
    return done;
  if (auto done = write_all(folder + "/dictionary.parquet", 1000, {.page_bytes = 500}); !done) return done;
  if (auto done = write_all(folder + "/gzip.parquet", 5000, {.codec = codec::gzip, .group_rows = 3000}); !done)
    return done;
  if (auto done = write_all(folder + "/one.parquet", 1, {}); !done) return done;
  if (auto done = write_all(folder + "/million.parquet", 1000000, {.group_rows = 300000}); !done) return done;
  return write_rest(folder);
}

template <class T>
void put(std::FILE* to, const ms::parquet_column& column) {
  const auto values = column.values<T>().value();
  if constexpr (std::is_same_v<T, std::string_view>) {
    for (const std::string_view text : values) {
      const auto length = static_cast<std::uint32_t>(text.size());
      std::fwrite(&length, 1, 4, to);
      std::fwrite(text.data(), 1, text.size(), to);
    }
  } else {
    std::fwrite(values.data(), sizeof(T), values.size(), to);
  }
}

millrace::result<void> unpack(const std::string& path, const std::string& folder) {
  auto reader = ms::open_parquet(path);
  if (!reader) return std::move(reader).error();
  for (std::size_t i = 0; i < reader->fields().size(); ++i) {
    const ms::parquet_field& field = reader->fields()[i];
    std::FILE* const cells = std::fopen((folder + "/" + std::to_string(i) + ".cells").c_str(), "wb");
    std::FILE* const valid = std::fopen((folder + "/" + std::to_string(i) + ".valid").c_str(), "wb");
    for (std::size_t group = 0; group < reader->groups(); ++group) {
      auto read = reader->read(group, i);
      if (!read) return std::move(read).error();
      for (std::size_t row = 0; row < read->rows(); ++row) std::fputc(read->missing(row) ? 0 : 1, valid);
      switch (ms::cell_of(field.type)) {
        case ms::parquet_cell::boolean: put<bool>(cells, *read); break;
        case ms::parquet_cell::int32: put<std::int32_t>(cells, *read); break;
        case ms::parquet_cell::uint32: put<std::uint32_t>(cells, *read); break;
        case ms::parquet_cell::int64: put<std::int64_t>(cells, *read); break;
        case ms::parquet_cell::uint64: put<std::uint64_t>(cells, *read); break;
        case ms::parquet_cell::float32: put<float>(cells, *read); break;
        case ms::parquet_cell::float64: put<double>(cells, *read); break;
        default: put<std::string_view>(cells, *read); break;
      }
    }
    std::fclose(cells);
    std::fclose(valid);
    std::printf("%s\t%s\t%s\t%s\t%d\n", field.name.c_str(), std::string(to_string(ms::cell_of(field.type))).c_str(),
                std::string(to_string(field.type.physical)).c_str(), std::string(to_string(field.type.logical)).c_str(),
                static_cast<int>(field.type.unit));
  }
  return {};
}

millrace::result<void> refuse(const std::string& path) {
  auto reader = ms::open_parquet(path);
  if (!reader) return std::move(reader).error();
  std::size_t read_columns = 0;
  std::string why;
  for (std::size_t i = 0; i < reader->fields().size(); ++i) {
    bool good = true;
    for (std::size_t group = 0; group < reader->groups(); ++group)
      if (auto read = reader->read(group, i); !read) {
        if (good && why.empty()) why = read.error().describe();
        good = false;
      }
    if (good) ++read_columns;
  }
  std::printf("%zu of %zu columns, %llu rows; %s\n", read_columns, reader->fields().size(),
              static_cast<unsigned long long>(reader->rows()), why.c_str());
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "";
  millrace::result<void> done;
  if (what == "write" && count == 3)
    done = write(arguments[2]);
  else if (what == "unpack" && count == 4)
    done = unpack(arguments[2], arguments[3]);
  else if (what == "refuse" && count == 3)
    done = refuse(arguments[2]);
  else
    return 2;
  if (!done) std::printf("%s\n", done.error().describe().c_str());
  return done ? 0 : 1;
}
