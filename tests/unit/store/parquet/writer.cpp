#include <millrace/store/parquet/writer.hpp>

#include <millrace/store/file.hpp>
#include <millrace/store/parquet/reader.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ms = millrace::store;
using millrace::errc;
using ms::parquet_type;
using memory_writer = ms::basic_parquet_writer<ms::byte_sink>;

namespace {

const std::vector<ms::parquet_field> trades = {
    {"id", parquet_type::int64(), false}, {"price", parquet_type::float64()}, {"symbol", parquet_type::string()}};

/// A file of 20 trades in two row groups, of which tests/golden/store/parquet/millrace_trades.parquet has the bytes.
std::vector<std::byte> golden_trades(ms::parquet_codec codec) {
  auto writer =
      memory_writer::make({}, trades, {.codec = codec, .group_rows = 12, .metadata = {{"venue", "XETR"}}}).value();
  std::vector<std::int64_t> ids;
  std::vector<double> prices;
  std::vector<std::string> symbols;
  bool known[20];
  for (int i = 0; i < 20; ++i) {
    ids.push_back(1000 + i);
    prices.push_back(i * 0.25 - 1);
    symbols.push_back(i % 2 == 0 ? "ALPHA" : "BETA");
    known[i] = i % 5 != 0;
  }
  REQUIRE(writer.write({ids, {prices, known}, symbols}));
  REQUIRE(writer.finish());
  return std::move(writer.sink().bytes);
}
/// The first column of all row groups.
template <class T>
std::vector<T> values_of(std::span<const std::byte> file, std::size_t column) {
  auto reader = ms::open_parquet(file);
  REQUIRE(reader);
  std::vector<T> made;
  for (std::size_t group = 0; group < reader->groups(); ++group) {
    const auto read = reader->read(group, column);
    REQUIRE(read);
    const auto values = read->template values<T>().value();
    made.insert(made.end(), values.begin(), values.end());
  }
  return made;
}

}  // namespace

// pyarrow 26.0.1, DuckDB 2.0.1 and polars 2.1.0 read these files: tests/interop/parquet.py.
TEST_CASE("parquet: the bytes of a file stay what they are", "[store]") {
  CHECK(golden_trades(ms::parquet_codec::uncompressed) == support::golden("store/parquet/millrace_trades.parquet"));
  CHECK(golden_trades(ms::parquet_codec::gzip) == support::golden("store/parquet/millrace_trades_gzip.parquet"));
}

TEST_CASE("parquet: what was written is read, whatever row groups and pages it is cut into", "[store]") {
  const std::size_t rows = 3000;
  std::vector<std::int64_t> ids;
  std::vector<double> prices;
  std::vector<std::string> symbols;
  std::vector<std::string> notes;
  bool known[rows];
  for (std::size_t i = 0; i < rows; ++i) {
    ids.push_back(static_cast<std::int64_t>(i * i));
    prices.push_back(static_cast<double>(i) / 3);
    symbols.push_back("S" + std::to_string(i / 7 % 13));
    notes.push_back(std::string(i % 50, 'n') + std::to_string(i));
    known[i] = i % 3 != 0 && i / 100 % 2 == 0;
  }
  std::vector<ms::parquet_field> fields = trades;
  fields.push_back({"note", parquet_type::string()});
  fields.push_back({"known", parquet_type::boolean()});
  for (const ms::parquet_options& how :
       {ms::parquet_options{}, ms::parquet_options{.dictionary = false, .group_rows = 999, .page_bytes = 1},
        ms::parquet_options{.codec = ms::parquet_codec::gzip, .group_bytes = 20000, .page_bytes = 700},
        ms::parquet_options{.codec = ms::parquet_codec::gzip, .group_rows = 1 + rows / 2, .page_bytes = 100}}) {
    auto writer = memory_writer::make({}, fields, how).value();
    for (std::size_t from = 0; from < rows; from += 1000) {
      const std::span<const bool> there(known + from, 1000);
      REQUIRE(writer.write({std::span(ids).subspan(from, 1000),
                            {std::span(prices).subspan(from, 1000), there},
                            {std::span(symbols).subspan(from, 1000), there},
                            std::span(notes).subspan(from, 1000),
                            there}));
    }
    CHECK(writer.rows() == rows);
    REQUIRE(writer.finish());
    auto reader = ms::open_parquet(std::span<const std::byte>(writer.sink().bytes));
    REQUIRE(reader);
    CHECK(reader->rows() == rows);
    CHECK(std::vector(reader->fields().begin(), reader->fields().end()) == fields);
    std::size_t row = 0;
    bool same = true;
    for (std::size_t group = 0; group < reader->groups(); ++group) {
      const auto id = reader->read(group, "id");
      const auto price = reader->read(group, "price");
      const auto symbol = reader->read(group, "symbol");
      const auto note = reader->read(group, "note");
      const auto flag = reader->read(group, "known");
      REQUIRE((id && price && symbol && note && flag));
      for (std::size_t i = 0; i < id->rows(); ++i, ++row) {
        same = same && id->values<std::int64_t>().value()[i] == ids[row] && price->missing(i) == !known[row] &&
               price->values<double>().value()[i] == (known[row] ? prices[row] : 0) &&
               symbol->values<std::string_view>().value()[i] == (known[row] ? symbols[row] : "") &&
               note->values<std::string_view>().value()[i] == notes[row] &&
               flag->values<bool>().value()[i] == known[row];
      }
    }
    CHECK(row == rows);
    CHECK(same);
  }
}

TEST_CASE("parquet: a file of no rows, and one whose cells are all missing", "[store]") {
  auto empty = memory_writer::make({}, trades).value();
  REQUIRE(empty.write({std::vector<std::int64_t>{}, std::vector<double>{}, std::vector<std::string>{}}));
  REQUIRE(empty.finish());
  auto reader = ms::open_parquet(std::span<const std::byte>(empty.sink().bytes));
  REQUIRE(reader);
  CHECK(reader->rows() == 0);
  CHECK(reader->groups() == 0);
  CHECK(reader->fields().size() == 3);

  auto missing = memory_writer::make({}, {{"x", parquet_type::string()}}).value();
  const bool none[3] = {};
  REQUIRE(missing.write({{std::vector<std::string>(3), none}}));
  REQUIRE(missing.finish());
  auto again = ms::open_parquet(std::span<const std::byte>(missing.sink().bytes));
  REQUIRE(again);
  const auto column = again->read(0, "x");
  REQUIRE(column);
  CHECK(column->missing_count() == 3);
  CHECK(column->values<std::string_view>().value()[2].empty());
}

TEST_CASE("parquet: integers widen to their column, and no further", "[store]") {
  auto writer = memory_writer::make({}, {{"wide", parquet_type::int64()}, {"byte", parquet_type::uint8()}}).value();
  REQUIRE(writer.write({std::vector<std::int8_t>{-1, 2}, std::vector<std::uint32_t>{0, 255}}));
  const auto beyond = writer.write({std::vector<std::int16_t>{1, 2}, std::vector<std::uint32_t>{0, 256}});
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code() == errc::invalid_data);
  CHECK(beyond.error().message() == "parquet: column \"byte\": row 1: 256 is beyond the column's 8 bits");
  const auto sign = writer.write({std::vector<std::uint64_t>{1}, std::vector<std::uint8_t>{0}});
  CHECK(sign.error().code() == errc::type_mismatch);
  REQUIRE(writer.finish());
  CHECK(values_of<std::int64_t>(writer.sink().bytes, 0) ==
        std::vector<std::int64_t>{-1, 2});  // nothing of what was refused
  CHECK(values_of<std::uint32_t>(writer.sink().bytes, 1) == std::vector<std::uint32_t>{0, 255});
}

TEST_CASE("parquet: cells that the column cannot have are refused, with the column and the row", "[store]") {
  auto writer =
      memory_writer::make(
          {}, {{"id", parquet_type::int64(), false}, {"name", parquet_type::string()}, {"key", parquet_type::fixed(2)}})
          .value();
  const std::vector<std::int64_t> ids = {1, 2};
  const std::vector<std::string> names = {"a", "b"};
  const std::vector<std::string> keys = {"aa", "bb"};
  const bool second_missing[] = {true, false};
  const auto said = [](const millrace::result<void>& done) {
    return done ? std::string() : std::string(done.error().message());
  };
  CHECK(said(writer.write({{ids, second_missing}, names, keys})) ==
        "parquet: column \"id\": row 1: a cell is missing, and the column is not nullable");
  CHECK(said(writer.write({ids, std::vector<std::string>{"a", "\xff"}, keys})) ==
        "parquet: column \"name\": row 1: a text that is not UTF-8");
  CHECK(said(writer.write({ids, names, std::vector<std::string>{"aa", "b"}})) ==
        "parquet: column \"key\": row 1: 1 bytes, and the column has 2");
  CHECK(said(writer.write({ids, names, std::vector<std::string>{"aa"}})) ==
        "parquet: column \"key\": 1 rows, and the first column has 2");
  CHECK(said(writer.write({ids, names})) == "parquet: cells of 2 columns, and there are 3");
  CHECK(said(writer.write({ids, {names, std::span(second_missing, 1)}, keys})) ==
        "parquet: column \"name\": 1 bools say which of 2 cells are there");
  CHECK(writer.rows() == 0);
  // A missing cell's value is not looked at.
  CHECK(writer.write({ids,
                      {std::vector<std::string>{"a", "\xff"}, second_missing},
                      {std::vector<std::string>{"aa", ""}, second_missing}}));
  CHECK(writer.finish());
  CHECK(writer.write({ids, names, keys}).error().code() == errc::closed);
  CHECK(writer.finish().error().code() == errc::closed);
}

TEST_CASE("parquet: a schema that cannot be written is refused", "[store]") {
  const auto said = [](std::vector<ms::parquet_field> fields, ms::parquet_options how = {}) {
    const auto made = memory_writer::make({}, std::move(fields), std::move(how));
    return made ? std::string() : std::string(made.error().message());
  };
  CHECK(said({}) == "parquet: a file needs a column");
  CHECK(said({{"a"}, {"a"}}) == "parquet: column \"a\": another column has this name");
  CHECK(said({{"\xff"}}) == "parquet: column \"\\\\xff\": its name is not UTF-8");
  CHECK(said({{"a", parquet_type::fixed(0)}}) == "parquet: column \"a\": its bytes have no length");
  CHECK(said({{"a", parquet_type::decimal(19, 2)}}) ==
        "parquet: column \"a\": its decimals do not fit how they are stored");
  CHECK(said({{"a", {.physical = ms::parquet_physical::int96}}}) == "parquet: column \"a\": INT96 is not written");
  CHECK(said({{"a"}}, {.codec = ms::parquet_codec::zstd}) == "parquet: ZSTD is not written; UNCOMPRESSED and GZIP are");
  CHECK(said({{"a"}}, {.group_rows = 0}) == "parquet: row groups and pages have rows");
}

namespace {

/// A sink that has room for so many bytes.
struct full_disk {
  std::size_t room = 0;
  std::size_t* written = nullptr;
  millrace::result<void> write(std::span<const std::byte> bytes) {
    if (bytes.size() > room) return millrace::error(errc::no_space, "the disk is full");
    room -= bytes.size();
    return {};
  }
};

}  // namespace

TEST_CASE("parquet: after an error of the sink the writer is closed", "[store]") {
  CHECK(ms::basic_parquet_writer<full_disk>::make({3}, trades).error().code() == errc::no_space);
  auto writer =
      ms::basic_parquet_writer<full_disk>::make({50}, {{"x", parquet_type::int64()}}, {.group_rows = 10}).value();
  CHECK(writer.write({std::vector<std::int64_t>(25)}).error().code() == errc::no_space);
  CHECK(writer.write({std::vector<std::int64_t>(1)}).error().code() == errc::closed);
  CHECK(writer.finish().error().code() == errc::closed);
}

TEST_CASE("parquet: a file on disk is there when it is finished", "[store]") {
  const support::temp_dir folder;
  const std::string path = folder / "trades.parquet";
  {
    auto abandoned = ms::create_parquet(path, trades);
    REQUIRE(abandoned);
    REQUIRE(abandoned->write({std::vector<std::int64_t>{1}, std::vector<double>{2}, std::vector<std::string>{"x"}}));
  }
  CHECK(ms::open_parquet(path).error().code() == errc::not_found);
  auto writer = ms::create_parquet(path, trades);
  REQUIRE(writer);
  REQUIRE(writer->write({std::vector<std::int64_t>{1}, std::vector<double>{2}, std::vector<std::string>{"x"}}));
  REQUIRE(writer->finish());
  auto reader = ms::open_parquet(path);
  REQUIRE(reader);
  CHECK(reader->read(0, "symbol").value().values<std::string_view>().value()[0] == "x");
  CHECK(reader->created_by() == "millrace version 0.1.0");
  CHECK(ms::create_parquet(folder / "missing/x.parquet", trades).error().code() == errc::not_found);
}
