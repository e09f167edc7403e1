#include <millrace/store/parquet/column.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace ms = millrace::store;

TEST_CASE("parquet: cells are made of anything contiguous", "[store]") {
  const std::vector<std::int64_t> numbers = {1, 2, 3};
  const ms::parquet_cells cells = numbers;
  CHECK(cells.size() == 3);
  CHECK(cells.what() == ms::parquet_cells::kind::integer);
  CHECK(cells.width() == 8);
  CHECK_FALSE(cells.missing(1));

  const bool there[] = {true, false};
  const std::array<std::string, 2> texts = {"a", "b"};
  const ms::parquet_cells some(texts, there);
  CHECK(some.what() == ms::parquet_cells::kind::string);
  CHECK(some.text(0) == "a");
  CHECK(some.missing(1));

  const std::string_view views[] = {"x"};
  CHECK(ms::parquet_cells(views).text(0) == "x");
  CHECK(ms::parquet_cells(std::span(there)).what() == ms::parquet_cells::kind::boolean);
  CHECK(ms::parquet_cells(std::vector<float>{}).what() == ms::parquet_cells::kind::real);
  CHECK(ms::parquet_cells(std::vector<std::uint8_t>{7}).what() == ms::parquet_cells::kind::unsigned_integer);
}

TEST_CASE("parquet: a column that was not read has no rows, and is moved, not copied", "[store]") {
  const ms::parquet_column column({"price", ms::parquet_type::float64(), true});
  CHECK(column.rows() == 0);
  CHECK(column.values<double>().value().empty());
  CHECK(column.valid().empty());
  const auto wrong = column.values<float>();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == millrace::errc::type_mismatch);
  CHECK(wrong.error().message() == "parquet: column \"price\": its cells are double, not float");
  CHECK_FALSE(std::is_copy_constructible_v<ms::parquet_column>);
}
