#include <millrace/store/search/index_walk.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using entry = std::pair<double, int>;  // a value, and what stands behind it

std::string part_of(const entry& of) {
  std::string rest = std::to_string(of.second);
  rest.insert(0, 5 - rest.size(), '0');
  return ms::number_key_part(of.first) + '/' + rest;
}
/// An index of values of which many are equal, NaN and infinities among them, and other keys around it.
std::vector<entry> fill(ms::memory_storage& storage, mr::random_engine& random, int count, int different) {
  std::vector<entry> made;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (int i = 0; i < count; ++i) {
    const auto pick = static_cast<int>(random.below(static_cast<std::uint64_t>(different)));
    const double value = pick == 0 ? std::nan("") : pick == 1 ? infinity : pick == 2 ? -infinity : (pick - 9) / 4.0;
    made.push_back({value, i});
    REQUIRE(storage.write("index/" + part_of(made.back()), {}));
  }
  REQUIRE(storage.write("inde/0", {}));
  REQUIRE(storage.write("index0", {}));
  return made;
}
std::vector<std::string> sorted(std::vector<entry> all, bool descending) {
  std::vector<std::string> made;
  std::sort(all.begin(), all.end(), [&](const entry& a, const entry& b) {
    const std::string x = ms::number_key_part(a.first), y = ms::number_key_part(b.first);
    return x != y ? (descending ? x > y : x < y) : a.second < b.second;
  });
  for (const entry& each : all) made.push_back(part_of(each));
  return made;
}

}  // namespace

TEST_CASE("an index is gone through up and down, equal values in the order of what is behind them") {
  mr::random_engine random(7);
  for (const auto& [count, different] : {std::pair(0, 4), {1, 4}, {64, 3}, {64, 65}, {300, 4}, {700, 50}, {3000, 6}}) {
    ms::memory_storage storage;
    const std::vector<entry> all = fill(storage, random, count, different);
    for (const std::size_t most : {std::size_t{1}, std::size_t{65}, std::size_t{5000}}) {
      std::vector<std::string> up, down;
      const auto into = [&](std::vector<std::string>& list) {
        return [&list, most](std::string_view part) -> mr::result<bool> {
          list.emplace_back(part);
          return list.size() < most;
        };
      };
      const auto went_up = ms::walk_index_up(storage, "index/", "", into(up));
      const auto went_down = ms::walk_index_down(storage, "index/", "g", into(down));
      auto expected = sorted(all, false);
      CHECK(went_up.value() == (expected.size() < most));
      expected.resize(std::min(most, expected.size()));
      CHECK(up == expected);
      expected = sorted(all, true);
      CHECK(went_down.value() == (expected.size() < most));
      expected.resize(std::min(most, expected.size()));
      CHECK(down == expected);
    }
    // Below a value, and behind a key.
    std::vector<std::string> down, expected;
    const std::string zero = ms::number_key_part(0.0);
    REQUIRE(ms::walk_index_down(storage, "index/", zero, [&](std::string_view part) -> mr::result<bool> {
      down.emplace_back(part);
      return true;
    }));
    for (const std::string& each : sorted(all, true))
      if (each < zero) expected.push_back(each);
    CHECK(down == expected);
  }
}

TEST_CASE("an error of the storage or of the caller ends a walk") {
  ms::memory_storage storage;
  REQUIRE(storage.write("index/" + part_of({1, 1}), {}));
  const auto fails = [](std::string_view) -> mr::result<bool> { return mr::error(mr::errc::corrupt, "no"); };
  CHECK(ms::walk_index_up(storage, "index/", "", fails).error().code() == mr::errc::corrupt);
  CHECK(ms::walk_index_down(storage, "index/", "g", fails).error().code() == mr::errc::corrupt);
}

TEST_CASE("the entries of a range are those that its filter takes") {
  ms::memory_storage storage;
  mr::random_engine random(8);
  const std::vector<entry> all = fill(storage, random, 500, 20);
  for (const char* text :
       {"metrics.a > 0.5", "metrics.a >= 0.5", "metrics.a < 0.5", "metrics.a <= 0.5", "metrics.a = 0.5",
        "metrics.a IN (0.25, 1, 7)", "metrics.a BETWEEN -1 AND 1", "metrics.a IS NOT NULL",
        "metrics.a > 0 AND metrics.a < 0.6", "metrics.a > 99", "metrics.a = 0"}) {
    const auto filter = ms::search_filter::make(text, ms::run_schema).value();
    const auto ranges = ms::required_ranges(filter);
    REQUIRE(ranges.size() == 1);
    std::vector<std::string> found, expected;
    const auto done =
        ms::walk_index_range(storage, "index/", ranges[0], [&](std::string_view part) -> mr::result<bool> {
          found.emplace_back(part);
          return true;
        });
    CHECK(done.value());
    struct row {
      double value;
      ms::search_value find(const ms::search_field&) const { return value; }
    };
    for (const entry& each : all)
      if (filter.matches(row{each.first})) expected.push_back(part_of(each));
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    INFO(text);
    CHECK(found == expected);
    int taken = 0;
    const auto ended = ms::walk_index_range(storage, "index/", ranges[0],
                                            [&](std::string_view) -> mr::result<bool> { return ++taken < 2; });
    CHECK(ended.value() == (expected.size() < 2));
  }
}
