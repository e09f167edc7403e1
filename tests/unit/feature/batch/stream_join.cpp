#include <millrace/feature/batch/stream_join.hpp>

#include <support/catch.hpp>

#include <millrace/feature/batch/batch_rows.hpp>

#include <support/batches.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;
using namespace std::chrono_literals;
using support::rows_of;

namespace {

std::string joined(const mf::table& left, const mf::table& right, const mf::stream_join_options& how) {
  const auto made = mf::join_streams(left, right, how);
  return made ? mf::to_json(*made) : made.error().describe();
}

}  // namespace

TEST_CASE("events of two streams with the same key are joined") {
  const auto left = rows_of(
      R"([{"user": "a", "page": 1}, {"user": "b", "page": 2}, {"user": null, "page": 3}, {"user": "a", "page": 4}])");
  const auto right = rows_of(
      R"([{"user": "b", "paid": 10}, {"user": "a", "paid": 20}, {"user": "c", "paid": 30}, {"paid": 40, "user": null}])");
  CHECK(
      joined(left, right, {.key = "user"}) ==
      R"([{"user":"a","page":1,"right_paid":20},{"user":"b","page":2,"right_paid":10},{"user":"a","page":4,"right_paid":20}])");
  CHECK(
      joined(left, right, {.key = "user", .left_prefix = "seen.", .right_prefix = ""}) ==
      R"([{"user":"a","seen.page":1,"paid":20},{"user":"b","seen.page":2,"paid":10},{"user":"a","seen.page":4,"paid":20}])");
  CHECK(joined(left, right, {.key = "user", .most_rows = 2}) ==
        "join_streams: more than 2 pairs, at row 3, column \"user\" of the left stream");
}

TEST_CASE("events further apart than the bound are not joined") {
  const auto left = rows_of(R"([{"id": 1, "at": 100}, {"id": 2, "at": 100}, {"id": 1, "at": 105.5}])");
  const auto right =
      rows_of(R"([{"id": 1, "at": 104}, {"id": 1, "at": 95}, {"id": 2, "at": 94.9}, {"id": 1, "at": 105}])");
  CHECK(joined(left, right, {.key = "id", .time = "at", .within = 5s}) ==
        R"([{"id":1,"at":100,"right_at":95},{"id":1,"at":100,"right_at":104},{"id":1,"at":100,"right_at":105},)"
        R"({"id":1,"at":105.5,"right_at":104},{"id":1,"at":105.5,"right_at":105}])");
  CHECK(joined(left, right, {.key = "id", .time = "at"}) == "[]");
}

TEST_CASE("a join of streams is that of looking at every pair") {
  mr::random_engine random(4);
  for (int round = 0; round < 40; ++round) {
    mf::table sides[2];
    for (auto& side : sides) {
      mf::column key{.name = "key", .kind = mf::column_kind::text}, at{.name = "at", .kind = mf::column_kind::time},
          row{.name = "row"};
      const std::size_t rows = random.below(40);
      for (std::size_t i = 0; i < rows; ++i) {
        key.texts.push_back(std::string(1, static_cast<char>('a' + random.below(4))));
        key.codes.push_back(random.uniform() < 0.1 ? mf::column::no_text : static_cast<std::uint32_t>(i));
        const std::int64_t ends[] = {mf::column::no_time, INT64_MAX, INT64_MIN + 1};
        const std::uint64_t kind = random.below(20);
        at.times.push_back(kind < 3 ? ends[kind] : static_cast<std::int64_t>(random.below(30)));
        row.numbers.push_back(static_cast<double>(i));
      }
      REQUIRE(side.add(std::move(key)));
      REQUIRE(side.add(std::move(at)));
      REQUIRE(side.add(std::move(row)));
    }
    const auto within = static_cast<std::int64_t>(random.below(8));
    std::vector<std::pair<double, double>> wanted, found;
    const auto &left = sides[0], &right = sides[1];
    for (std::size_t i = 0; i < left.rows(); ++i) {
      std::vector<std::pair<std::int64_t, std::size_t>> of;
      for (std::size_t k = 0; k < right.rows(); ++k) {
        if (left[0].missing(i) || right[0].missing(k) || left[0].text(i) != right[0].text(k)) continue;
        if (left[1].missing(i) || right[1].missing(k)) continue;
        const auto a = static_cast<mr::detail::int128>(left[1].times[i]),
                   b = static_cast<mr::detail::int128>(right[1].times[k]);
        if (a - b <= within && b - a <= within) of.push_back({right[1].times[k], k});
      }
      std::sort(of.begin(), of.end());
      for (const auto& one : of) wanted.push_back({static_cast<double>(i), static_cast<double>(one.second)});
    }
    const auto made = mf::join_streams(left, right, {.key = "key", .time = "at", .within = mr::duration(within)});
    REQUIRE(made);
    for (std::size_t i = 0; i < made->rows(); ++i)
      found.push_back({made->find("row")->numbers[i], made->find("right_row")->numbers[i]});
    REQUIRE(found == wanted);
    for (std::size_t i = 0; i < made->rows(); ++i)
      REQUIRE(made->find("key")->text(i) == left[0].text(static_cast<std::size_t>(found[i].first)));
  }
}

TEST_CASE("wrong joins of streams are refused by name") {
  const auto left = rows_of(R"([{"id": 1, "at": "2024-12-07T06:13:00Z"}])");
  const auto right = rows_of(R"([{"id": "1", "at": "soon", "right_at": 3}])");
  CHECK(joined(left, right, {.key = "id"}) ==
        "join_streams: key \"id\" is numbers in one of the streams and texts in the other");
  CHECK(joined(left, right, {.key = "no"}) == "join_streams, the left stream: the batch has no column \"no\"");
  CHECK(joined(left, right, {.key = "at"}) ==
        "join_streams, the left stream: row 0, column \"at\": a time is no number or text");
  CHECK(joined(left, right, {.key = "id", .time = "at"}) ==
        "join_streams, the right stream: row 0, column \"at\": \"soon\" is no time");
  CHECK(joined(left, right, {.key = "id", .within = 1s}) == "join_streams: a bound on times without a column of times");
  CHECK(joined(left, right, {.key = "id", .time = "at", .within = -1s}) == "join_streams: the bound is below zero");
  CHECK(joined(rows_of(R"([{"id": "1", "right_at": 3, "at": 1}])"), right, {.key = "id"})
            .find("two columns are called \"right_at\"") != std::string::npos);
}
