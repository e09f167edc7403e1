#include <millrace/feature/tables/parquet.hpp>

#include <millrace/store/parquet.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace ms = millrace::store;
using millrace::errc;
using ms::parquet_type;

namespace {

// [trades]
mr::result<void> write_trades(const std::string& path, const std::vector<std::int64_t>& times,
                              const std::vector<double>& prices, std::span<const bool> known,
                              const std::vector<std::string>& symbols) {
  using type = ms::parquet_type;
  auto writer = ms::create_parquet(path, {{"at", type::timestamp(ms::parquet_unit::microseconds), false},
                                          {"price", type::float64()},
                                          {"symbol", type::string()}});
  if (!writer) return std::move(writer).error();
  if (auto done = writer->write({times, {prices, known}, symbols}); !done) return done;  // as often as rows come
  return writer->finish();                                                               // now the file is there
}

mr::result<double> highest_price(const std::string& path, double at_least) {
  auto reader = ms::open_parquet(path);
  if (!reader) return std::move(reader).error();
  const auto column = reader->find("price");
  if (!column) return column.error();
  double highest = at_least;
  for (std::size_t group = 0; group < reader->groups(); ++group) {
    const auto bound = reader->statistics(group, *column).upper<double>();
    if (bound && *bound <= highest) continue;  // nothing in this row group
    const auto prices = reader->read(group, *column);
    if (!prices) return prices.error();
    const auto values = prices->values<double>();
    if (!values) return values.error();
    for (std::size_t row = 0; row < values->size(); ++row)
      if (!prices->missing(row) && (*values)[row] > highest) highest = (*values)[row];
  }
  return highest;
}

mr::result<mf::table> trades_by_symbol(const std::string& path) {
  auto reader = ms::open_parquet(path);
  if (!reader) return std::move(reader).error();
  return mf::read_parquet(*reader, {.columns = {"symbol", "price"}});
}
// [/trades]

/// A file of these columns, in row groups of two rows.
std::vector<std::byte> file_of(std::vector<ms::parquet_field> fields, const std::vector<ms::parquet_cells>& cells) {
  auto writer = ms::basic_parquet_writer<ms::byte_sink>::make({}, std::move(fields), {.group_rows = 2}).value();
  REQUIRE(writer.write(cells));
  REQUIRE(writer.finish());
  return std::move(writer.sink().bytes);
}
millrace::result<mf::table> table_of(const std::vector<std::byte>& file, const mf::parquet_table_options& how = {}) {
  const auto reader = ms::open_parquet(std::span<const std::byte>(file));
  REQUIRE(reader);
  return mf::read_parquet(*reader, how);
}

}  // namespace

TEST_CASE("read_parquet: each kind of column becomes what a table has for it", "[feature]") {
  const bool there[] = {true, false, true};
  const std::vector<std::int64_t> counts = {3, 5, -7};
  const std::vector<double> prices = {1.5, 2.5, std::numeric_limits<double>::infinity()};
  const std::vector<std::int32_t> cents = {1999, 5, -100};
  const std::vector<std::int32_t> days = {1, 2, -1};
  const std::vector<std::int64_t> moments = {1500, 0, -1};
  const std::vector<std::string> words = {"buy", "sell", "buy"};
  const std::vector<std::string> notes = {"x", "", "x"};
  const std::vector<std::string> big = {std::string("\xff\xff\xff\xff\xff\xff\xff\x85"), std::string(8, '\0'),
                                        std::string("\0\0\0\0\0\0\1\0", 8)};
  const std::vector<std::string> keys = {"aa", "bb", "cc"};
  const auto file =
      file_of({{"flag", parquet_type::boolean()},
               {"count", parquet_type::int64()},
               {"price", parquet_type::float64()},
               {"cost", parquet_type::decimal(9, 2)},
               {"day", parquet_type::date()},
               {"at", parquet_type::timestamp(ms::parquet_unit::milliseconds)},
               {"side", parquet_type::string()},
               {"note", parquet_type::string()},
               {"key", parquet_type::fixed(2)},
               {"big",
                {.physical = ms::parquet_physical::fixed_bytes,
                 .logical = ms::parquet_logical::decimal,
                 .precision = 18,
                 .scale = 1,
                 .length = 8}}},
              {there, {counts, there}, prices, cents, days, {moments, there}, {words, there}, notes, keys, big});
  const auto made = table_of(
      file, {.columns = {"at", "flag", "count", "price", "cost", "day", "side", "note", "big"}, .texts = {"note"}});
  REQUIRE(made);
  CHECK(made->rows() == 3);
  CHECK((*made)[0].name == "at");
  CHECK(made->find("flag")->numbers == std::vector<double>{1, 0, 1});
  CHECK(made->find("count")->numbers[2] == -7);
  CHECK(made->find("count")->missing(1));
  CHECK(std::isinf(made->find("price")->numbers[2]));
  CHECK(made->find("cost")->numbers == std::vector<double>{19.99, .05, -1});
  CHECK(made->find("big")->numbers == std::vector<double>{-12.3, 0, 25.6});
  CHECK(made->find("day")->times ==
        std::vector<std::int64_t>{86'400'000'000'000, 2 * 86'400'000'000'000, -86'400'000'000'000});
  CHECK(made->find("at")->times == std::vector<std::int64_t>{1'500'000'000, mf::column::no_time, -1'000'000});
  const mf::column& side = *made->find("side");
  CHECK(side.kind == mf::column_kind::category);
  CHECK(side.texts == std::vector<std::string>{"buy"});
  CHECK(side.codes == std::vector<std::uint32_t>{0, mf::column::no_text, 0});
  const mf::column& note = *made->find("note");
  CHECK(note.kind == mf::column_kind::text);
  CHECK(note.texts == std::vector<std::string>{"x", "", "x"});

  const auto all = table_of(file);
  REQUIRE(all);
  CHECK(all->size() == 9);
  CHECK(all->find("key") == nullptr);
  CHECK(all->find("note")->missing(1));  // an empty category
}

TEST_CASE("read_parquet: what a table cannot have is refused when it is asked for", "[feature]") {
  const std::vector<std::int64_t> far = {0, 0, std::int64_t{1} << 60};
  const std::vector<std::string> keys = {"aa", "bb", "cc"};
  const auto file = file_of(
      {{"at", parquet_type::timestamp(ms::parquet_unit::microseconds)}, {"key", parquet_type::fixed(2)}}, {far, keys});
  const auto key = table_of(file, {.columns = {"key"}});
  REQUIRE_FALSE(key);
  CHECK(key.error().code() == errc::unsupported);
  CHECK(key.error().message() ==
        "parquet: column \"key\" is FIXED_LEN_BYTE_ARRAY of none, which a table has no column of");
  const auto at = table_of(file, {.columns = {"at"}});
  REQUIRE_FALSE(at);
  CHECK(at.error().code() == errc::invalid_data);
  CHECK(at.error().message() == "parquet: column \"at\": row 2 is a time that is not within the years 1678 to 2261");
  CHECK(table_of(file, {.columns = {"absent"}}).error().code() == errc::not_found);
  CHECK(table_of(file, {.columns = {"at", "at"}}).error().code() == errc::invalid_data);

  const auto nested = support::golden("store/parquet/pyarrow_nested.parquet");
  const auto flat = table_of(nested);
  REQUIRE(flat);
  CHECK(flat->size() == 2);
  CHECK(flat->find("last")->texts == std::vector<std::string>{"a", "b"});
}

TEST_CASE("read_parquet: the guide's trades go to a file and come back", "[feature]") {
  const support::temp_dir folder;
  const std::string path = folder / "trades.parquet";
  const bool known[] = {true, true, false};
  REQUIRE(write_trades(path, {1, 2, 3}, {10, 12.5, 99}, known, {"A", "B", "A"}));
  CHECK(highest_price(path, 0).value() == 12.5);
  CHECK(highest_price(path, 50).value() == 50);
  const auto table = trades_by_symbol(path);
  REQUIRE(table);
  CHECK(table->find("symbol")->codes == std::vector<std::uint32_t>{0, 1, 0});
  CHECK(table->find("price")->missing(2));
}
