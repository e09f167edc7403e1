#include <millrace/feature/batch/batch_summary.hpp>

#include <support/catch.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/feature/tables/table.hpp>

#include <laws/aggregator.hpp>
#include <support/batches.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;
using support::minute;
using support::random_events;
using support::rows_of;
using support::summary_of;

namespace {

constexpr const char* whole_plan =
    R"({"values": {"value": ["statistics", "quantiles", "distinct"], "user": ["distinct", "frequent"],
                   "count": ["count", "distinct"]},
        "by": ["service"], "time": "timestamp", "window_minutes": 30})";

mf::table part_of(const mf::table& from, std::vector<std::size_t> rows) {
  return mf::gather_rows(from, std::span<const std::size_t>(rows));
}
std::string why(const mr::result<void>& done) {
  REQUIRE_FALSE(done);
  return done.error().describe();
}

}  // namespace

TEST_CASE("statistics of all rows together") {
  auto all = summary_of(R"({"values": {"value": ["statistics", "quantiles"]}})");
  REQUIRE(all.update(rows_of(R"([{"value": 1}, {"value": 4}, {}, {"value": null}, {"value": 7.5, "other": "x"}])")));
  const auto rows = all.rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].count == 3);
  CHECK(rows[0].missing == 2);
  CHECK(rows[0].sum == 12.5);
  CHECK(rows[0].mean == 12.5 / 3);
  CHECK(rows[0].variance == Approx(10.583333333333334));
  CHECK(rows[0].min == 1);
  CHECK(rows[0].max == 7.5);
  CHECK(rows[0].p50 == Approx(4).epsilon(0.01));
  CHECK(rows[0].p99 == Approx(7.5).epsilon(0.01));
  CHECK(mf::to_json(rows).find(R"([{"column":"value","count":3,"missing":2,"sum":12.5,"mean":4.166666666666667,)") ==
        0);
}

TEST_CASE("statistics by window and group are those of the rows of each") {
  const mf::table events = random_events(1, 3000);
  auto all = summary_of(whole_plan);
  REQUIRE(all.update(events));
  // The same, row by row.
  std::map<std::pair<std::int64_t, std::string>, std::vector<double>> wanted;
  std::uint64_t refused = 0;
  const mf::column &time = *events.find("timestamp"), &service = *events.find("service"),
                   &value = *events.find("value");
  for (std::size_t row = 0; row < events.rows(); ++row) {
    if (time.missing(row)) {
      ++refused;
      continue;
    }
    const auto begin = static_cast<std::int64_t>(std::floor(static_cast<double>(time.times[row]) / (30.0 * minute)));
    wanted[{begin * 30 * minute, service.missing(row) ? "" : std::string(service.text(row))}].push_back(
        value.numbers[row]);
  }
  CHECK(all.refused() == refused);
  CHECK(all.items() == 3000);
  const auto rows = all.rows();
  REQUIRE(rows.size() == 3 * wanted.size());
  auto at = wanted.begin();
  for (std::size_t i = 0; i < rows.size(); i += 3, ++at) {
    const mf::batch_row& row = rows[i];
    CHECK(row.begin == at->first.first);
    CHECK(row.end == at->first.first + 30 * minute);
    REQUIRE(row.group.size() == 1);
    CHECK(row.group[0].column == "service");
    CHECK(row.group[0].text == at->first.second);
    CHECK(row.group[0].missing == at->first.second.empty());
    CHECK(row.column == "value");
    double sum = 0, least = INFINITY, greatest = -INFINITY;
    std::vector<double> finite;
    std::uint64_t count = 0;
    for (const double x : at->second) {
      if (std::isnan(x)) continue;
      ++count;
      sum += x;
      least = std::min(least, x);
      greatest = std::max(greatest, x);
      if (std::isfinite(x)) finite.push_back(x);
    }
    CHECK(row.count == count);
    CHECK(row.missing == at->second.size() - count);
    CHECK(row.sum == Approx(sum));
    CHECK(row.min == least);
    CHECK(row.max == greatest);
    std::sort(finite.begin(), finite.end());
    const double median = finite[(finite.size() - 1) / 2];
    CHECK(std::abs(row.p50 - median) <= 0.0101 * std::abs(median));
    finite.erase(std::unique(finite.begin(), finite.end()), finite.end());
    CHECK(row.distinct == static_cast<double>(finite.size()) + (std::isinf(sum) ? 1 : 0));
    CHECK(rows[i + 1].column == "user");
    CHECK(rows[i + 1].count == at->second.size());
    CHECK_FALSE(rows[i + 1].frequent.empty());
    CHECK(rows[i + 2].distinct <= 7);
  }
}

TEST_CASE("a batch cut and merged in any way leaves the same bytes") {
  const mf::table events = random_events(2, 2000);
  for (const std::string& plan :
       {std::string(whole_plan), std::string(R"({"values": {"value": ["statistics", "quantiles", "distinct"]}})"),
        std::string(
            R"({"values": {"value": "statistics", "user": ["distinct", "frequent"]}, "by": ["service", "user"]})")}) {
    auto whole = summary_of(plan);
    REQUIRE(whole.update(events));
    const auto bytes = whole.save();
    mr::random_engine random(3);
    for (int round = 0; round < 6; ++round) {
      std::vector<std::vector<std::size_t>> rows(1 + random.below(9));
      for (std::size_t row = 0; row < events.rows(); ++row) rows[random.below(rows.size())].push_back(row);
      std::vector<mf::batch_summary> parts;
      for (auto& part : rows) {
        random.shuffle(part);
        parts.push_back(summary_of(plan));
        REQUIRE(parts.back().update(part_of(events, part)));
      }
      while (parts.size() > 1) {  // a tree of any shape; some parts travel as bytes
        const auto a = static_cast<std::size_t>(random.below(parts.size())), last = parts.size() - 1;
        std::swap(parts[a], parts[last]);
        auto taken = mf::batch_summary::load(parts[last].save());
        REQUIRE(taken);
        parts.pop_back();
        REQUIRE(parts[random.below(parts.size())].merge(*taken));
      }
      REQUIRE(parts[0].save() == bytes);
      REQUIRE(mf::to_json(parts[0].rows()) == mf::to_json(whole.rows()));
    }
  }
}

TEST_CASE("more different values than a batch summary counts one by one merge to the same bytes") {
  const auto of = [](std::size_t from, std::size_t to, std::size_t step) {
    mf::table made;
    mf::column id{.name = "id"};
    for (std::size_t i = from; i < to; i += step) id.numbers.push_back(static_cast<double>(i));
    REQUIRE(made.add(std::move(id)));
    return made;
  };
  const char* plan = R"({"values": {"id": ["distinct"]}})";
  auto whole = summary_of(plan), odd = summary_of(plan), even = summary_of(plan);
  REQUIRE(whole.update(of(0, 40'000, 1)));
  REQUIRE(odd.update(of(1, 40'000, 2)));
  REQUIRE(even.update(of(0, 40'000, 2)));
  REQUIRE(odd.merge(even));
  CHECK(odd.save() == whole.save());
  const auto row = whole.rows()[0];
  CHECK(row.distinct_error > 0);
  CHECK(std::abs(row.distinct / 40'000 - 1) < 3 * row.distinct_error);
}

TEST_CASE("an update of a batch summary that fails changes nothing and names row and column") {
  auto all = summary_of(R"({"values": {"value": ["statistics"], "user": ["frequent"]}, "by": ["service"],
                            "most_groups": 2})");
  const auto events =
      rows_of(R"([{"value": 1, "user": "a", "service": "x"}, {"value": 2, "user": "b", "service": "y"}])");
  REQUIRE(all.update(events));
  const auto before = all.save();
  CHECK(why(all.update(rows_of(R"([{"value": 1, "user": "a"}])"))) == "the batch has no column \"service\"");
  CHECK(why(all.update(rows_of(R"([{"value": 3, "user": "a", "service": "x"},
                                   {"value": "12,5", "user": "a", "service": "x"}])"))) ==
        "row 1, column \"value\": \"12,5\" is no number");
  CHECK(why(all.update(rows_of(R"([{"value": "3", "user": "a", "service": "x"}])"))) ==
        "row 0, column \"value\": \"3\" is no number");
  CHECK(why(all.update(rows_of(R"([{"value": 3, "user": 7, "service": "x"}])"))) ==
        "row 0, column \"user\": 7 is no text");
  CHECK(why(all.update(
            rows_of(R"([{"value": 3, "user": "u", "service": null}, {"value": 3, "user": "u", "service": 4}])"))) ==
        "row 1, column \"service\": 4 is no text to group by");
  CHECK(why(all.update(rows_of(R"([{"value": 3, "user": "u", "service": "z"}])"))) ==
        "batch summary: 3 groups, the plan allows 2");
  const double one[] = {1};
  const mf::column_view short_column[] = {{.name = "value", .numbers = one}, {.name = "user"}, {.name = "service"}};
  CHECK(why(all.update(std::span<const mf::column_view>(short_column), 1)) ==
        "column \"user\" has 0 rows, the batch 1");
  CHECK(all.save() == before);
  // Columns of nothing but null are of any kind.
  REQUIRE(all.update(rows_of(R"([{"value": null, "user": null, "service": "x"}])")));
  CHECK(all.rows()[0].missing == 1);
}

TEST_CASE("times of batches: seconds, windows before 1970, and beyond what there is") {
  auto all = summary_of(R"({"values": {"value": ["statistics"]}, "time": "at", "window_minutes": 1})");
  mf::table events;
  REQUIRE(events.add(mf::column{.name = "at", .numbers = {0, 59.999, 60, -0.001, 1e300, NAN, 9.3e9}}));
  REQUIRE(events.add(mf::column{.name = "value", .numbers = {1, 2, 3, 4, 5, 6, 7}}));
  REQUIRE(all.update(events));
  CHECK(all.refused() == 3);
  const auto rows = all.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].begin == -minute);
  CHECK(rows[0].sum == 4);
  CHECK(rows[1].sum == 3);
  CHECK(rows[2].sum == 3);
  CHECK(mf::to_json(rows).find(
            R"({"window_begin":"1969-12-31T23:59:00.000000Z","window_end":"1970-01-01T00:00:00.000000Z",)") == 1);
  CHECK(why(all.update(rows_of(R"([{"at": "2024-12-07T06:13:00Z", "value": 1}, {"at": "at noon", "value": 1}])"))) ==
        "row 1, column \"at\": \"at noon\" is no time");
  REQUIRE(all.update(rows_of(R"([{"at": "2024-12-07T06:13:30Z", "value": 1}])")));
  CHECK(all.rows().back().begin == 1'733'551'980'000'000'000);
  mf::table ends;
  REQUIRE(ends.add(mf::column{.name = "at", .kind = mf::column_kind::time, .times = {INT64_MAX, INT64_MIN + 1}}));
  REQUIRE(ends.add(mf::column{.name = "value", .numbers = {1, 2}}));
  REQUIRE(all.update(ends));
  CHECK(all.rows().back().end == mf::column::no_time);
  CHECK(all.refused() == 4);
  CHECK(mf::to_json(all.rows()).find("\"window_end\":null") != std::string::npos);
}

TEST_CASE("summaries of other plans, and of other kinds, do not merge") {
  auto a = summary_of(R"({"values": {"x": ["distinct"]}})"), b = summary_of(R"({"values": {"x": ["count"]}})");
  CHECK(why(a.merge(b)) == "batch summary: the two follow different plans");
  auto c = summary_of(R"({"values": {"x": ["distinct"]}})");
  REQUIRE(a.update(rows_of(R"([{"x": 1}])")));
  REQUIRE(c.update(rows_of(R"([{"x": "1"}])")));
  CHECK(why(a.merge(c)) == "batch summary: column \"x\" is numbers in one of the two and texts in the other");
  CHECK(why(a.update(rows_of(R"([{"x": "1"}])"))) == "row 0, column \"x\": \"1\" is no number");
  REQUIRE(a.merge(a));
  CHECK(a.rows()[0].count == 2);
  CHECK(a.rows()[0].distinct == 1);
  auto few = summary_of(R"({"values": {"x": ["count"]}, "by": ["k"], "most_groups": 1})");
  auto other = summary_of(R"({"values": {"x": ["count"]}, "by": ["k"], "most_groups": 1})");
  REQUIRE(few.update(rows_of(R"([{"x": 1, "k": "a"}])")));
  REQUIRE(other.update(rows_of(R"([{"x": 1, "k": "b"}])")));
  const auto before = few.save();
  CHECK(why(few.merge(other)) == "batch summary: 2 groups, the plan allows 1");
  CHECK(few.save() == before);
}

TEST_CASE("group texts of any bytes are kept apart and in order") {
  auto all = summary_of(R"({"values": {"x": ["count"]}, "by": ["k", "l"]})");
  REQUIRE(all.update(rows_of(R"([{"x": 1, "k": "a\u0000", "l": "b"}, {"x": 1, "k": "a", "l": "\u0000b"},
      {"x": 1, "k": "a", "l": null}, {"x": 1, "k": null, "l": "a"}, {"x": 1, "k": "", "l": ""},
      {"x": 1, "k": "ab", "l": ""}, {"x": 1, "k": "a", "l": "\u0000b"}])")));
  const auto rows = all.rows();
  std::vector<std::string> found;
  for (const auto& row : rows) {
    std::string one;
    for (const auto& text : row.group) one += text.missing ? "-|" : text.text + "|";
    found.push_back(one + std::to_string(row.count));
  }
  using namespace std::string_literals;
  // JSON's empty texts are missing categories.
  CHECK(found == std::vector<std::string>{"-|-|1", "-|a|1", "a|-|1", "a|\0b|2"s, "a\0|b|1"s, "ab|-|1"});
  mf::table empty;
  REQUIRE(empty.add(mf::column{.name = "x", .numbers = {1, 2}}));
  for (const char* name : {"k", "l"})
    REQUIRE(empty.add(
        mf::column{.name = name, .kind = mf::column_kind::text, .codes = {0, mf::column::no_text}, .texts = {""}}));
  REQUIRE(all.update(empty));
  CHECK(all.size() == 7);
  CHECK(all.rows()[0].count == 2);
  CHECK_FALSE(all.rows()[2].group[0].missing);
  auto back = mf::batch_summary::load(all.save());
  REQUIRE(back);
  CHECK(back->save() == all.save());
}

TEST_CASE("an empty batch, and a batch without rows of a group") {
  auto all = summary_of(whole_plan);
  CHECK(all.rows().empty());
  CHECK(mf::to_json(all.rows()) == "[]");
  REQUIRE(all.update(random_events(1, 0)));
  CHECK(all.size() == 0);
  auto back = mf::batch_summary::load(all.save());
  REQUIRE(back);
  CHECK(back->save() == all.save());
  REQUIRE(all.update(random_events(1, 10)));
  CHECK(all.size() != 0);
}

TEST_CASE("a loaded batch summary goes on as the saved one") {
  auto all = summary_of(whole_plan);
  REQUIRE(all.update(random_events(5, 500)));
  auto back = mf::batch_summary::load(all.save());
  REQUIRE(back);
  CHECK(mf::to_json(back->rows()) == mf::to_json(all.rows()));
  REQUIRE(all.update(random_events(6, 500)));
  REQUIRE(back->update(random_events(6, 500)));
  CHECK(back->save() == all.save());
}

TEST_CASE("the saved form of a batch summary is stable, and damage is noticed") {
  auto all = summary_of(whole_plan);
  REQUIRE(all.update(rows_of(R"([
      {"timestamp": "2024-12-07T06:13:00Z", "service": "eu", "user": "a", "value": 100.5, "count": 1},
      {"timestamp": "2024-12-07T06:29:59Z", "service": "eu", "user": "b", "value": -3, "count": 1},
      {"timestamp": "2024-12-07T06:30:00Z", "service": "us", "user": "a", "value": null, "count": 2}])")));
  const auto back = support::from_golden("feature/batch_summary.bin", all);
  CHECK(mf::to_json(back.rows()) == mf::to_json(all.rows()));
  laws::hostile_bytes(all, [](mf::batch_summary& one) {
    (void)one.rows();
    (void)one.update(random_events(1, 20));
  });
}

TEST_CASE("saved batch summaries whose inside contradicts itself are refused") {
  // What stands in the payload is sealed again after each change.
  auto all = summary_of(whole_plan);
  REQUIRE(all.update(random_events(7, 30)));
  laws::hostile_payload(
      all, support::reseal,
      [](mf::batch_summary& one) {
        (void)mf::to_json(one.rows());
        (void)one.save();
        (void)one.update(random_events(1, 20));
      },
      11, 100);
}
