#include <millrace/store/parquet/statistics.hpp>

#include <millrace/store/parquet/reader.hpp>
#include <millrace/store/parquet/writer.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ms = millrace::store;
using ms::parquet_type;

namespace {

/// The statistics of a file of one column.
template <class T>
ms::parquet_statistics statistics_of(parquet_type type, const std::vector<T>& values,
                                     std::span<const bool> valid = {}) {
  auto writer = ms::basic_parquet_writer<ms::byte_sink>::make({}, {{"x", type}}).value();
  REQUIRE(writer.write({{values, valid}}));
  REQUIRE(writer.finish());
  auto reader = ms::open_parquet(std::span<const std::byte>(writer.sink().bytes));
  REQUIRE(reader);
  return reader->statistics(0, 0);
}
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("parquet: bounds are those of the values that are there, in the order of their type", "[store]") {
  const bool there[] = {true, true, true, false};
  const auto integers = statistics_of<std::int64_t>(parquet_type::int64(), {5, -3, 9, -100}, there);
  CHECK(integers.missing == 1);
  CHECK(integers.lower<std::int64_t>().value() == -3);
  CHECK(integers.upper<std::int64_t>().value() == 9);

  const auto unsigned_integers = statistics_of<std::uint32_t>(parquet_type::uint32(), {5, 0xffff'ffffU});
  CHECK(unsigned_integers.lower<std::uint32_t>().value() == 5);
  CHECK(unsigned_integers.upper<std::uint32_t>().value() == 0xffff'ffffU);

  const auto texts = statistics_of<std::string>(parquet_type::string(), {"b", "\xc3\xa9", "abc", ""});
  CHECK(texts.lower<std::string_view>().value().empty());
  CHECK(texts.upper<std::string_view>().value() == "\xc3\xa9");  // bytes have no sign
}

// parquet-go PR 459, hardwood#566: a NaN that comes first must not become the bounds, nor be compared with.
TEST_CASE("parquet: NaN is no bound, and zeros bound both zeros", "[store]") {
  const auto some = statistics_of<double>(parquet_type::float64(), {not_a_number, 2, 1, not_a_number});
  CHECK(some.lower<double>().value() == 1);
  CHECK(some.upper<double>().value() == 2);
  CHECK(some.missing == 0);

  const auto none = statistics_of<double>(parquet_type::float64(), {not_a_number, not_a_number});
  CHECK_FALSE(none.has_bounds);
  CHECK(none.lower<double>().error().code() == millrace::errc::not_found);

  const auto zeros = statistics_of<double>(parquet_type::float64(), {0.0, 0.0});
  CHECK(std::signbit(zeros.lower<double>().value()));
  CHECK_FALSE(std::signbit(zeros.upper<double>().value()));
  const auto negative_zeros = statistics_of<float>(parquet_type::float32(), {-0.0F});
  CHECK(std::signbit(negative_zeros.lower<float>().value()));
  CHECK_FALSE(std::signbit(negative_zeros.upper<float>().value()));
}

TEST_CASE("parquet: there are no bounds of nothing, nor of long texts and of types without an order", "[store]") {
  const bool none[] = {false, false};
  const auto missing = statistics_of<std::int64_t>(parquet_type::int64(), {1, 2}, none);
  CHECK(missing.missing == 2);
  CHECK_FALSE(missing.has_bounds);
  CHECK_FALSE(statistics_of<std::string>(parquet_type::string(), {"a", std::string(2000, 'z')}).has_bounds);
  CHECK_FALSE(statistics_of<std::string>(
                  {.physical = ms::parquet_physical::fixed_bytes, .logical = ms::parquet_logical::float16, .length = 2},
                  {"ab", "cd"})
                  .has_bounds);
}

TEST_CASE("parquet: bounds in a file that are NaN or of another size are none", "[store]") {
  using ms::detail::mend_bounds;
  std::string one(8, '\0');
  std::string other(8, '\0');
  CHECK(mend_bounds(parquet_type::float64(), one, other));
  CHECK(one == std::string("\0\0\0\0\0\0\0\x80", 8));
  __builtin_memcpy(other.data(), &not_a_number, 8);
  CHECK_FALSE(mend_bounds(parquet_type::float64(), one, other));
  CHECK_FALSE(mend_bounds(parquet_type::int32(), one, other));
  CHECK(mend_bounds(parquet_type::int64(), one, other));
}

TEST_CASE("parquet: older bounds are believed where their order is that of the type", "[store]") {
  ms::detail::parquet_chunk chunk;
  chunk.has_older_min = chunk.has_older_max = true;
  CHECK(ms::detail::have_order(parquet_type::int32(), chunk, false));
  CHECK(ms::detail::have_order(parquet_type::float64(), chunk, false));
  CHECK_FALSE(ms::detail::have_order(parquet_type::uint32(), chunk, false));
  CHECK_FALSE(ms::detail::have_order(parquet_type::string(), chunk, false));
  chunk.has_min = chunk.has_max = true;
  CHECK_FALSE(ms::detail::have_order(parquet_type::int32(), chunk, false));  // in an order that the file does not say
  CHECK(ms::detail::have_order(parquet_type::string(), chunk, true));
  CHECK_FALSE(ms::detail::have_order({.physical = ms::parquet_physical::int96}, chunk, true));
}
