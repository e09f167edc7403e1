#include <millrace/store/parquet/field.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;
using ms::parquet_type;

TEST_CASE("parquet: a type says what its cells are in memory", "[store]") {
  CHECK(ms::cell_of(parquet_type::boolean()) == ms::parquet_cell::boolean);
  CHECK(ms::cell_of(parquet_type::int8()) == ms::parquet_cell::int32);
  CHECK(ms::cell_of(parquet_type::uint16()) == ms::parquet_cell::uint32);
  CHECK(ms::cell_of(parquet_type::int64()) == ms::parquet_cell::int64);
  CHECK(ms::cell_of(parquet_type::uint64()) == ms::parquet_cell::uint64);
  CHECK(ms::cell_of(parquet_type::date()) == ms::parquet_cell::int32);
  CHECK(ms::cell_of(parquet_type::timestamp()) == ms::parquet_cell::int64);
  CHECK(ms::cell_of(parquet_type::uuid()) == ms::parquet_cell::text);
  CHECK(ms::cell_of({.physical = ms::parquet_physical::int96}) == ms::parquet_cell::int64);
  CHECK(ms::cell_of({.physical = ms::parquet_physical::nested}) == ms::parquet_cell::none);
}

TEST_CASE("parquet: times and decimals are stored as their unit and precision ask for", "[store]") {
  CHECK(parquet_type::time(ms::parquet_unit::milliseconds).physical == ms::parquet_physical::int32);
  CHECK(parquet_type::time(ms::parquet_unit::nanoseconds).physical == ms::parquet_physical::int64);
  CHECK(parquet_type::decimal(9, 2).physical == ms::parquet_physical::int32);
  CHECK(parquet_type::decimal(10, 2).physical == ms::parquet_physical::int64);
  CHECK_FALSE(parquet_type::timestamp(ms::parquet_unit::nanoseconds, false).utc);
  CHECK(parquet_type::timestamp() == parquet_type::timestamp(ms::parquet_unit::microseconds, true));
  CHECK(to_string(ms::parquet_physical::fixed_bytes) == "FIXED_LEN_BYTE_ARRAY");
  CHECK(to_string(ms::parquet_logical::timestamp) == "TIMESTAMP");
  CHECK(to_string(ms::parquet_cell::uint32) == "std::uint32_t");
}
