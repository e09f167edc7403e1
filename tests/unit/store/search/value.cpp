#include <millrace/store/search/value.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace ms = millrace::store;

namespace {

constexpr std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
constexpr std::int64_t least = (std::numeric_limits<std::int64_t>::min)();

}  // namespace

TEST_CASE("search: a value is nothing, an integer, a double or a text") {
  CHECK(ms::search_value().is_absent());
  CHECK(ms::search_value(5).integer() == 5);
  CHECK(ms::search_value(std::size_t{7}).holds() == ms::search_value::form::integer);
  CHECK(ms::search_value(~std::uint64_t{0}).real() == 0x1p64);
  CHECK(ms::search_value(0.5).real() == 0.5);
  CHECK(ms::search_value("a").text() == "a");
  CHECK(ms::search_value(std::string_view()).is_text());
  CHECK(ms::search_value(std::nan("")).is_nan());
  CHECK_FALSE(ms::search_value("nan").is_nan());
}

TEST_CASE("search: numbers are equal or not to the last digit, whichever type they have") {
  CHECK(ms::search_value(1) == ms::search_value(1.0));
  CHECK_FALSE(ms::search_value((std::int64_t{1} << 53) + 1) == ms::search_value(0x1p53));
  CHECK_FALSE(ms::search_value(most) == ms::search_value(0x1p63));
  CHECK(ms::search_value(least) == ms::search_value(-0x1p63));
  CHECK_FALSE(ms::search_value(most) == ms::search_value(most - 1));
  CHECK(ms::search_value(0.0) == ms::search_value(-0.0));
  CHECK_FALSE(ms::search_value(std::nan("")) == ms::search_value(std::nan("")));
  CHECK_FALSE(ms::search_value("1") == ms::search_value(1));
  CHECK(ms::search_value() == ms::search_value());
  CHECK_FALSE(ms::search_value() == ms::search_value(""));
}
