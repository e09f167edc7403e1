#include <millrace/store/parquet/reader.hpp>

#include <millrace/store/parquet/writer.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ms = millrace::store;
using millrace::errc;
using ms::parquet_type;

namespace {

/// Compares all row groups of a column with what tests/oracle/parquet_files.py writes: row i is expected(i), and rows
/// 3, 7, 11, ... are missing.
template <class T, class Reader, class Expected>
void verify_column(const Reader& reader, std::string_view name, Expected expected) {
  INFO(name);
  int row = 0;
  for (std::size_t group = 0; group < reader.groups(); ++group) {
    const auto column = reader.read(group, name);
    if (!column) FAIL(column.error().describe());
    const auto values = column->template values<T>();
    if (!values) FAIL(values.error().describe());
    for (std::size_t i = 0; i < column->rows(); ++i, ++row) {
      CHECK(column->missing(i) == (row % 4 == 3));
      CHECK((*values)[i] == (column->missing(i) ? T() : static_cast<T>(expected(row))));
    }
  }
  CHECK(row == 20);
}
template <class Reader>
void verify_golden(const Reader& reader) {
  std::vector<std::string> texts;
  std::vector<std::string> reversed;
  std::vector<std::string> fixed;
  for (int i = 0; i < 20; ++i) {
    texts.push_back("text/" + std::to_string(i / 5) + "/" + std::to_string(i));
    reversed.emplace_back(texts.back().rbegin(), texts.back().rend());
    fixed.push_back((i < 10 ? "000" : "00") + std::to_string(i));
  }
  verify_column<bool>(reader, "flag", [](int i) { return i % 3 == 0; });
  verify_column<std::int32_t>(reader, "i32", [](int i) { return i * i * i * 1000 - 50000; });
  verify_column<std::int64_t>(reader, "i64", [](int i) { return i * std::int64_t{1'000'000'000'000'000} - 5; });
  verify_column<std::uint64_t>(reader, "u64", [](int i) { return ~std::uint64_t{0} - static_cast<std::uint64_t>(i); });
  verify_column<float>(reader, "f32", [](int i) { return static_cast<float>(i) / 4; });
  verify_column<std::string_view>(reader, "text",
                                  [&](int i) { return std::string_view(texts[static_cast<std::size_t>(i)]); });
  verify_column<std::string_view>(reader, "bytes",
                                  [&](int i) { return std::string_view(reversed[static_cast<std::size_t>(i)]); });
  verify_column<std::string_view>(reader, "fixed",
                                  [&](int i) { return std::string_view(fixed[static_cast<std::size_t>(i)]); });
  verify_column<std::int64_t>(reader, "when", [](int i) { return i * std::int64_t{1'000'000'007}; });
  const auto reals = reader.read(0, "f64");
  REQUIRE(reals);
  const auto values = reals->template values<double>().value();
  CHECK(std::isnan(values[4]));
  CHECK_FALSE(reals->missing(4));
  CHECK(values[9] == 9.0 / 8);
}

/// What reading every column of a file of hostile bytes comes to: how many were read. Also exercises the statistics.
std::size_t read_all(std::span<const std::byte> bytes) {
  auto reader = ms::open_parquet(bytes);
  if (!reader) return 0;
  std::size_t read = 0;
  for (std::size_t group = 0; group < reader->groups(); ++group)
    for (std::size_t i = 0; i < reader->fields().size(); ++i) {
      (void)reader->statistics(group, i);
      const auto column = reader->read(group, i);
      if (!column) continue;
      ++read;
      if (const auto texts = column->values<std::string_view>())
        for (const std::string_view text : *texts)
          if (!text.empty()) read += text.back() == '\x7f' ? 1U : 0U;
    }
  return read;
}

}  // namespace

// What other libraries write by default: dictionaries and Snappy, pages of version 2, INT96, DELTA, BYTE_STREAM_SPLIT.
TEST_CASE("parquet: files of pyarrow are read", "[store]") {
  for (const char* name : {"v1_snappy", "v2_gzip", "lz4_int96", "encodings"}) {
    INFO(name);
    const auto bytes = support::golden("store/parquet/pyarrow_" + std::string(name) + ".parquet");
    auto reader = ms::open_parquet(std::span<const std::byte>(bytes));
    REQUIRE(reader);
    CHECK(reader->rows() == 20);
    verify_golden(*reader);
    CHECK(reader->created_by().substr(0, 11) == "parquet-cpp");
  }
}

TEST_CASE("parquet: columns of lists and structs are refused by name, and the others of their file are read",
          "[store]") {
  const auto bytes = support::golden("store/parquet/pyarrow_nested.parquet");
  auto reader = ms::open_parquet(std::span<const std::byte>(bytes));
  REQUIRE(reader);
  REQUIRE(reader->fields().size() == 4);
  CHECK(reader->fields()[0].type.physical == ms::parquet_physical::nested);
  const auto list = reader->read(0, "list");
  REQUIRE_FALSE(list);
  CHECK(list.error().code() == errc::unsupported);
  CHECK(list.error().message() ==
        "parquet: column \"list\": row group 0: its cells are nested (a list, a map or a struct), "
        "which is not supported");
  CHECK(reader->read(0, "struct").error().code() == errc::unsupported);
  const auto flat = reader->read(0, "flat");
  REQUIRE(flat);
  CHECK(flat->values<std::int64_t>().value()[2] == 3);
  CHECK(flat->missing(1));
  const auto last = reader->read(0, "last");
  REQUIRE(last);
  CHECK(last->values<std::string_view>().value()[1] == "b");
  CHECK(reader->read(0, "absent").error().code() == errc::not_found);
}

namespace {

/// Stands for a program's zstd: it knows what the one page of pyarrow_zstd.parquet is.
struct known_zstd {
  static constexpr ms::parquet_codec codec = ms::parquet_codec::zstd;
  bool operator()(std::span<const std::byte> in, std::span<std::byte> out) const {
    if (in[0] != std::byte{0x28} || in[1] != std::byte{0xb5}) return false;  // zstd's magic number
    std::vector<std::byte> page = {std::byte{4}, std::byte{0},    std::byte{0},    std::byte{0},
                                   std::byte{7}, std::byte{0x77}, std::byte{0x77}, std::byte{0x07}};  // levels
    for (std::int64_t i = 0; i < 20; ++i) {
      if (i % 4 == 3) continue;
      const std::int64_t value = i * 1'000'000'000'000'000 - 5;
      const auto* const at = reinterpret_cast<const std::byte*>(&value);
      page.insert(page.end(), at, at + 8);
    }
    if (out.size() != page.size()) return false;
    std::copy(page.begin(), page.end(), out.begin());
    return true;
  }
};

}  // namespace

TEST_CASE("parquet: a codec that the reader lacks is named, and read by a decompressor of the caller", "[store]") {
  const auto bytes = support::golden("store/parquet/pyarrow_zstd.parquet");
  const std::span<const std::byte> file(bytes);
  const auto refused = ms::open_parquet(file).value().read(0, "i64");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errc::unsupported);
  CHECK(refused.error().message() ==
        "parquet: column \"i64\": row group 0: it is compressed by ZSTD, which the reader was "
        "given no decompressor for");
  auto reader = ms::open_parquet(file, known_zstd{});
  REQUIRE(reader);
  verify_column<std::int64_t>(*reader, "i64", [](int i) { return i * std::int64_t{1'000'000'000'000'000} - 5; });
}

TEST_CASE("parquet: what is no Parquet file is refused", "[store]") {
  const auto said = [](std::string_view text) {
    return std::string(
        ms::open_parquet({reinterpret_cast<const std::byte*>(text.data()), text.size()}).error().message());
  };
  using namespace std::string_view_literals;
  CHECK(said("") == "parquet: the file has less than 12 bytes");
  CHECK(said("a,b,c\n1,2,3\n") == "parquet: the file does not begin as Parquet files do");
  CHECK(said("PAR1 and then nothing") == "parquet: the file does not end as Parquet files do: it is cut off");
  CHECK(said("PAR1\xff\xff\xff\x7fPAR1"sv) == "parquet: the footer is longer than the file");
  CHECK(said("PAR1\0\0\0\0PAR1"sv) == "parquet: the footer cannot be read");
  CHECK(said("PARE\0\0\0\0PARE"sv) == "parquet: the file is encrypted, which is not supported");
}

TEST_CASE("parquet: a file that was cut or changed is an error, whatever byte it is", "[store]") {
  for (const char* name : {"millrace_trades", "pyarrow_encodings"}) {
    auto bytes = support::golden("store/parquet/" + std::string(name) + ".parquet");
    const std::size_t whole = read_all(bytes);
    REQUIRE(whole > 0);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      if (read_all(std::span(bytes).first(size)) != 0) FAIL(name << " was read, cut to " << size << " bytes");
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const unsigned flip : {1U, 0x80U}) {
        bytes[at] ^= static_cast<std::byte>(flip);
        (void)read_all(bytes);  // some bytes are names and numbers of which any are possible
        bytes[at] ^= static_cast<std::byte>(flip);
      }
    CHECK(read_all(bytes) == whole);
  }
}

TEST_CASE("parquet: a page that was changed does not have its checksum", "[store]") {
  auto bytes = support::golden("store/parquet/millrace_trades.parquet");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  bytes[text.find("ALPHA")] ^= std::byte{1};
  auto reader = ms::open_parquet(std::span<const std::byte>(bytes));
  REQUIRE(reader);
  const auto read = reader->read(0, "symbol");
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == errc::checksum_mismatch);
  CHECK(reader->read(0, "id"));
}

namespace {

/// A file of one column whose pages are given: for what no writer should write.
struct made_page {
  bool dictionary = false;
  int values = 0;
  int encoding = 0;
  std::string bytes{};
  int uncompressed = -1;
};
/// The beginning of a file: its pages.
std::string made_pages(const std::vector<made_page>& pages) {
  std::string file = "PAR1";
  for (const made_page& page : pages) {
    ms::detail::thrift_writer head;
    head.element([&] {
      head.i32(1, page.dictionary ? 2 : 0);
      head.i32(2, page.uncompressed >= 0 ? page.uncompressed : static_cast<int>(page.bytes.size()));
      head.i32(3, static_cast<int>(page.bytes.size()));
      head.structure(page.dictionary ? 7 : 5, [&] {
        head.i32(1, page.values);
        head.i32(2, page.encoding);
        if (page.dictionary) return;
        head.i32(3, 3);
        head.i32(4, 3);
      });
    });
    file.append(reinterpret_cast<const char*>(head.written().data()), head.written().size());
    file += page.bytes;
  }
  return file;
}
std::vector<std::byte> with_footer(std::string file, std::span<const std::byte> footer) {
  file.append(reinterpret_cast<const char*>(footer.data()), footer.size());
  const auto length = static_cast<std::uint32_t>(footer.size());
  file.append(reinterpret_cast<const char*>(&length), 4);
  file += "PAR1";
  const auto* const begin = reinterpret_cast<const std::byte*>(file.data());
  return {begin, begin + file.size()};
}
std::vector<std::byte> made_file(const ms::parquet_field& field, std::int64_t rows, const std::vector<made_page>& pages,
                                 ms::parquet_codec codec = ms::parquet_codec::uncompressed,
                                 std::int64_t dictionary_page = -1) {
  const std::string file = made_pages(pages);
  ms::detail::parquet_footer footer;
  footer.rows = rows;
  footer.fields = {field};
  ms::detail::parquet_chunk chunk;
  chunk.values = rows;
  chunk.codec = static_cast<std::uint8_t>(codec);
  chunk.data_page = 4;
  chunk.dictionary_page = dictionary_page;
  chunk.compressed_size = chunk.uncompressed_size = static_cast<std::int64_t>(file.size() - 4);
  footer.groups = {{rows, {chunk}}};
  ms::detail::basic_footer_writer<> writer;
  writer.write(footer);
  return with_footer(file, {writer.written().data(), writer.written().size()});
}
std::string number_bytes(std::initializer_list<std::int64_t> numbers) {
  std::string made;
  for (const std::int64_t one : numbers) made.append(reinterpret_cast<const char*>(&one), 8);
  return made;
}
/// What reading the column says: its values with commas, or the error.
std::string read_numbers(const std::vector<std::byte>& file) {
  auto reader = ms::open_parquet(std::span<const std::byte>(file));
  if (!reader) return reader.error().describe();
  const auto column = reader->read(0, std::size_t{0});
  if (!column) return column.error().describe();
  std::string made;
  for (std::size_t i = 0; i < column->rows(); ++i)
    made += (column->missing(i) ? "null" : std::to_string(column->values<std::int64_t>().value()[i])) + ",";
  return made;
}
const ms::parquet_field required = {"x", parquet_type::int64(), false};
const ms::parquet_field nullable = {"x", parquet_type::int64(), true};
std::string fault(std::string_view text) { return "row group 0: parquet: column \"x\": " + std::string(text); }

}  // namespace

// duckdb#12096, #13464, deephaven#3651: writers disagree on where a dictionary's page is said to be.
TEST_CASE("parquet: a dictionary is found where data pages begin, also if the file says no place or 0", "[store]") {
  using namespace std::string_literals;
  const std::vector<made_page> pages = {{true, 2, 0, number_bytes({7, 9})}, {false, 3, 8, "\x01\x03\x02"s}};
  CHECK(read_numbers(made_file(required, 3, pages)) == "7,9,7,");
  CHECK(read_numbers(made_file(required, 3, pages, ms::parquet_codec::uncompressed, 0)) == "7,9,7,");
  CHECK(read_numbers(made_file(required, 3, pages, ms::parquet_codec::uncompressed, 4)) == "7,9,7,");
}

// duckdb#14120: a page of missing cells needs no dictionary; arrow#34667: an empty page with values is an error.
TEST_CASE("parquet: pages of missing cells have no values, and pages of values are not empty", "[store]") {
  using namespace std::string_literals;
  const std::string none = "\x02\0\0\0\x06\0"s;  // a run of three cells that are missing
  CHECK(read_numbers(made_file(nullable, 3, {{false, 3, 8, none}})) == "null,null,null,");
  CHECK(read_numbers(made_file(nullable, 3, {{false, 3, 0, none}})) == "null,null,null,");
  const std::string all = "\x02\0\0\0\x06\x01"s;
  CHECK(read_numbers(made_file(nullable, 3, {{false, 3, 8, all + "\x01\x03\x02"s}})) ==
        fault("a page needs a dictionary, and there is none"));
  CHECK(read_numbers(made_file(nullable, 3, {{false, 3, 0, all}})) == fault("a page ends before its last value"));
  CHECK(read_numbers(made_file(required, 3, {{false, 3, 0, ""}})) == fault("a page ends before its last value"));
  CHECK(read_numbers(made_file(required, 3, {{false, 0, 0, ""}})) == fault("its pages end before its last value"));
  CHECK(read_numbers(made_file(required, 3, {{false, 0, 0, ""}, {false, 3, 0, number_bytes({1, 2, 3})}})) == "1,2,3,");
}

TEST_CASE("parquet: pages that contradict themselves are refused", "[store]") {
  using namespace std::string_literals;
  const std::string two = number_bytes({7, 9});
  CHECK(read_numbers(made_file(required, 3, {{true, 2, 0, two}, {false, 3, 8, "\x02\x06\x02"s}})) ==
        fault("a page names a value that its dictionary does not have"));
  CHECK(read_numbers(made_file(required, 3, {{true, 3, 0, two}})) ==
        fault("its dictionary ends before its last value"));
  CHECK(read_numbers(made_file(required, 3, {{true, 2, 0, two}, {true, 2, 0, two}})) ==
        fault("it has two dictionaries"));
  CHECK(read_numbers(made_file(required, 3, {{false, 4, 0, number_bytes({1, 2, 3, 4})}})) ==
        fault("its pages have more values than the row group has rows"));
  CHECK(read_numbers(made_file(required, 3, {{false, 3, 7, two}})) ==
        fault("a page has the encoding 7 for INT64, which is not supported"));
  CHECK(read_numbers(made_file(required, 3, {{false, 3, 77, two}})) ==
        fault("a page has the encoding 77 for INT64, which is not supported"));
  CHECK(read_numbers(made_file(nullable, 3, {{false, 3, 0, "\x02\0\0\0\x06"s}})) ==
        fault("a page ends within its levels"));
  CHECK(read_numbers(made_file(required, 3, {{true, 2, 0, two}, {false, 3, 8, "\x21\x06\x02"s}})) ==
        fault("a page's places in the dictionary have more than 32 bits"));
}

TEST_CASE("parquet: what a file claims allocates nothing", "[store]") {
  using namespace std::string_literals;
  const std::int64_t many = std::int64_t{1} << 40;
  // A billion values in a run of six bytes; a page of 2 GiB in one of ten bytes.
  CHECK(read_numbers(made_file(nullable, many, {{false, 0x7fff'ffff, 0, "\x06\0\0\0\xfe\xff\xff\xff\x0f\0"s}})) ==
        fault("it has more bytes in a row group or a page than the reader's limits allow"));
  CHECK(read_numbers(made_file(required, many, {{false, 1, 0, "0123456789", 0x7fff'ffff}}, ms::parquet_codec::gzip)) ==
        fault("it has more bytes in a row group or a page than the reader's limits allow"));
  CHECK(read_numbers(made_file(required, many, {{false, 1, 0, "0123456789", 1 << 20}}, ms::parquet_codec::snappy)) ==
        fault("a page is smaller than what it should hold"));
  CHECK(read_numbers(made_file(required, many, {{true, 0x7fff'ffff, 0, "0123456789"}})) ==
        fault("its dictionary ends before its last value"));
  // DELTA_BINARY_PACKED: 2^60 integers that are said to follow in blocks of 2^30.
  CHECK(read_numbers(made_file(
            required, 100, {{false, 100, 5, "\x80\x80\x80\x80\x04\x01\x80\x80\x80\x80\x80\x80\x80\x80\x10\0\0"s}})) ==
        fault("a page ends before its last value"));
  const auto bytes = support::golden("store/parquet/pyarrow_encodings.parquet");
  auto limited = ms::basic_parquet_reader<ms::byte_source>::make(ms::byte_source(bytes), {.column_bytes = 100});
  REQUIRE(limited);
  CHECK(limited->read(0, "flag"));
  CHECK(limited->read(0, "i64").error().code() == errc::unsupported);
  CHECK(limited->read(0, "text").error().code() == errc::unsupported);
}

TEST_CASE("parquet: timestamps of 96 bits that 64 bits do not hold are refused", "[store]") {
  const ms::parquet_field field = {"x", {.physical = ms::parquet_physical::int96}, false};
  const auto page = [](std::int64_t nanoseconds, std::int32_t day) {
    std::string made(12, '\0');
    __builtin_memcpy(made.data(), &nanoseconds, 8);
    __builtin_memcpy(made.data() + 8, &day, 4);
    return made_page{false, 1, 0, made};
  };
  CHECK(read_numbers(made_file(field, 1, {page(5, 2440588)})) == "5,");
  CHECK(read_numbers(made_file(field, 1, {page(0, 2440587)})) == "-86400000000000,");
  CHECK(read_numbers(made_file(field, 1, {page(0, 5373484)})) ==
        fault("a timestamp is not within the years 1678 to 2261"));
}

namespace {

/// What the footers of some writers have that the format does not ask for.
struct writer_habits {
  std::string_view created_by = "somebody";
  std::int64_t bytes_left_out = 0;  // of the size of the pages
  std::int64_t rows = 3;
  bool says_repetition = true;
  bool has_numbers_as_values = false;
  bool has_secret = false;  // a second column, which is encrypted
};
/// A file of the numbers 7, 9, 7, with a dictionary.
std::vector<std::byte> foreign_file(const writer_habits& habits) {
  using namespace std::string_literals;
  using ms::detail::thrift_type;
  const std::string pages = made_pages({{true, 2, 0, number_bytes({7, 9})}, {false, 3, 8, "\x01\x03\x02"s}});
  const auto size = static_cast<std::int64_t>(pages.size() - 4) - habits.bytes_left_out;
  ms::detail::thrift_writer out;
  const auto nothing = [] {};
  const auto chunk = [&] {
    out.i32(1, 2);
    out.i32(4, 0);
    out.i64(5, 3);
    out.i64(6, size);
    out.i64(7, size);
    out.i64(9, 4);
  };
  out.element([&] {
    out.i32(1, 1);
    out.list(2, thrift_type::structure, habits.has_secret ? 3 : 2);
    out.element([&] {
      out.binary(4, "schema");
      out.i32(5, habits.has_secret ? 2 : 1);
    });
    out.element([&] {
      out.i32(1, 2);
      if (habits.says_repetition) out.i32(3, 0);
      out.binary(4, "x");
    });
    if (habits.has_secret)
      out.element([&] {
        out.i32(1, 2);
        out.i32(3, 0);
        out.binary(4, "secret");
      });
    out.i64(3, habits.rows);
    out.list(4, thrift_type::structure, 1);
    out.element([&] {
      out.list(1, thrift_type::structure, habits.has_secret ? 2 : 1);
      out.element([&] { out.structure(3, chunk); });
      if (habits.has_secret)
        out.element([&] {
          out.structure(3, chunk);
          out.structure(8, [&] { out.structure(2, nothing); });  // by a key of its own
        });
      out.i64(3, 3);
    });
    if (habits.has_numbers_as_values) {
      out.list(5, thrift_type::structure, 2);
      out.element([&] {
        out.binary(1, "number");
        out.i64(2, 1);
      });
      out.element([&] {
        out.binary(1, "key");
        out.binary(2, "value");
      });
    }
    out.binary(6, habits.created_by);
    if (habits.has_secret) out.structure(8, [&] { out.structure(1, nothing); });  // AES_GCM_V1
  });
  return with_footer(pages, {out.written().data(), out.written().size()});
}

}  // namespace

// As in the files of old writers in apache/parquet-testing (nation.dict-malformed, repeated_no_annotation), and in the
// tests of fastparquet (non-std-kvm) and hyparquet (strings), which other readers take.
TEST_CASE("parquet: what older writers leave out of a footer is made up for", "[store]") {
  CHECK(read_numbers(foreign_file({})) == "7,9,7,");
  // parquet-mr left the header of a dictionary out of the size of its pages; whoever else does so cut pages off.
  CHECK(read_numbers(foreign_file({.created_by = "parquet-mr", .bytes_left_out = 2})) == "7,9,7,");
  CHECK(read_numbers(foreign_file({.bytes_left_out = 2})) == fault("its last page is cut off"));
  CHECK(read_numbers(foreign_file({.created_by = "parquet-mr", .bytes_left_out = -1000})) ==
        "parquet: column \"x\": row group 0: its pages are not within the file");
  // parquet-rs said 0 rows, whatever there were; another number is a contradiction.
  const auto uncounted = foreign_file({.rows = 0});
  CHECK(read_numbers(uncounted) == "7,9,7,");
  CHECK(ms::open_parquet(std::span<const std::byte>(uncounted))->rows() == 3);
  CHECK(read_numbers(foreign_file({.rows = 2})) == "parquet: the row groups have 3 rows, the footer says 2");
  // Without a word, cells are all there.
  CHECK(read_numbers(foreign_file({.says_repetition = false})) == "7,9,7,");
  // fastparquet wrote values of metadata that are no texts.
  const auto numbers = foreign_file({.has_numbers_as_values = true});
  CHECK(read_numbers(numbers) == "7,9,7,");
  const auto reader = ms::open_parquet(std::span<const std::byte>(numbers));
  REQUIRE(reader->metadata().size() == 2);
  CHECK(reader->metadata()[0] == std::pair<std::string, std::string>("number", ""));
  CHECK(reader->metadata()[1] == std::pair<std::string, std::string>("key", "value"));
}

TEST_CASE("parquet: where the footer can be read, only the columns that are encrypted are refused", "[store]") {
  const auto file = foreign_file({.has_secret = true});
  CHECK(read_numbers(file) == "7,9,7,");
  const auto reader = ms::open_parquet(std::span<const std::byte>(file));
  REQUIRE(reader);
  const auto secret = reader->read(0, "secret");
  REQUIRE_FALSE(secret);
  CHECK(secret.error().describe() ==
        "parquet: column \"secret\": row group 0: it is encrypted, which is not supported");
}
