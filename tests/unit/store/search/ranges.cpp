#include <millrace/store/search/ranges.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>
#include <support/catch.hpp>
#include <support/search_rows.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

std::string written(const ms::search_value& value) {
  if (value.is_absent()) return "*";
  if (value.is_text()) return "'" + std::string(value.text()) + "'";
  if (value.real() == -INFINITY) return "-inf";
  std::string text;
  mr::append_json(text, value.real());
  return text;
}
/// All ranges in words.
std::string ranges(const std::string& text) {
  const auto filter = ms::search_filter::make(text, ms::run_schema);
  if (!filter) FAIL(filter.error().message());
  std::string all;
  for (const ms::search_range& each : ms::required_ranges(*filter)) {
    if (!all.empty()) all += "; ";
    all += filter->fields()[each.field].key;
    all += (each.low_open ? " (" : " [") + written(each.low) + ", " + written(each.high) + (each.high_open ? ")" : "]");
    if (!each.prefix.empty()) all += " " + std::string(each.prefix) + "%";
    for (const ms::search_value& value : each.values) all += " " + written(value);
  }
  return all;
}

/// Whether a value is in a range, by the words of search_range.
bool in_range(const ms::search_range& range, const ms::search_value& value) {
  if (value.is_absent()) return false;
  const auto meets = [&](const char* sign, const ms::search_value& end) {
    const std::string text = "metrics.x " + std::string(sign) + " " + written(end);
    searched::row one;
    one.metric("x", value.real());
    return ms::search_filter::make(text, ms::run_schema)->matches(one);
  };
  if (!range.low.is_absent() && !meets(range.low_open ? ">" : ">=", range.low)) return false;
  if (!range.high.is_absent() && !meets(range.high_open ? "<" : "<=", range.high)) return false;
  for (const ms::search_value& each : range.values)
    if (each == value) return true;
  return range.values.empty();
}

}  // namespace

TEST_CASE("search: what a filter requires of single keys") {
  CHECK(ranges("").empty());
  CHECK(ranges("metrics.a > 1 AND metrics.a <= 2 AND metrics.a > 0.5") == "a (1, 2]");
  CHECK(ranges("metrics.a >= 1 AND metrics.a > 1 AND metrics.b < 3") == "a (1, *]; b [*, 3)");
  CHECK(ranges("metrics.a BETWEEN 1 AND 5 AND (metrics.a < 4 AND params.p = 'x')") == "a [1, 4); p [*, *] 'x'");
  CHECK(ranges("metrics.a = 1 AND metrics.a > 0") == "a (0, *] 1");
  CHECK(ranges("run_id IN ('b', 'a')") == "run_id [*, *] 'a' 'b'");
  CHECK(ranges("run_name LIKE 'res%50' AND run_name LIKE 'r%'") == "run_name [*, *] res%");
  // That there is a value is required by most conditions, and by nothing else here.
  CHECK(ranges("metrics.a != 1 AND tags.t NOT IN ('x') AND params.p ILIKE 'x' AND tags.u IS NOT NULL") ==
        "a [*, *]; t [*, *]; p [*, *]; u [*, *]");
  CHECK(ranges("metrics.a IS NULL").empty());
  CHECK(ranges("metrics.a > 1 OR metrics.a < 0").empty());
  CHECK(ranges("NOT metrics.a > 1").empty());
  CHECK(ranges("metrics.a > 1 AND (metrics.b > 1 OR metrics.c > 1)") == "a (1, *]");
  // An index of texts does not sort as numbers do; and one data set may meet one condition, one the other.
  CHECK(ranges("params.lr < 0.1") == "lr [*, *]");
  CHECK(ranges("dataset.name > 'a' AND dataset.name < 'b'") == "name ('a', *]; name [*, 'b')");
  // 2^53 + 1 is no double: the range ends at the nearest one, which belongs to it.
  CHECK(ranges("metrics.a > 9007199254740993") == "a [9007199254740992, *]");
  CHECK(ranges("metrics.a > 9007199254740992") == "a (9007199254740992, *]");
}

TEST_CASE("search: no row outside of a required range matches") {
  mr::random_engine draw(51);
  const std::vector<std::string> numbers = {"0", "1", "2.5", "-3", "9007199254740993", "9007199254740995", "-inf"};
  const std::vector<double> values = {0, 1, 2.5, -3, 0x1p53, 0x1p53 + 2, 0x1p53 + 4, -INFINITY, NAN, 7};
  const std::vector<std::string> signs = {"=", "!=", "<", "<=", ">", ">=", "IN (", "BETWEEN ", "NOT BETWEEN "};
  std::size_t excluded = 0;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (std::size_t n = 1 + draw() % 3; n != 0; --n) {
      const std::string& sign = signs[draw() % signs.size()];
      const auto number = [&] { return numbers[draw() % numbers.size()]; };
      text += (text.empty() ? "" : draw() % 5 == 0 ? " OR " : " AND ");
      text += "metrics.x " + sign + " " + number();
      if (sign == "IN (") text += ", " + number() + ")";
      if (sign.ends_with("BETWEEN ")) text += " AND " + number();
    }
    const auto filter = ms::search_filter::make(text, ms::run_schema);
    REQUIRE(filter);
    const auto required = ms::required_ranges(*filter);
    for (const double value : values) {
      bool inside = true;
      for (const ms::search_range& each : required) inside = inside && in_range(each, value);
      excluded += !inside;
      INFO(text << " for " << value);
      if (filter->matches(searched::row().metric("x", value))) REQUIRE(inside);
    }
  }
  CHECK(excluded > 500);
}
