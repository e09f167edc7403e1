#include <millrace/feature/batch/z_scores.hpp>

#include <support/catch.hpp>

#include <support/batches.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mr = millrace;
using support::rows_of;

TEST_CASE("values far from the mean are anomalies") {
  // The expected figures are those of Python's statistics.mean and stdev.
  const auto events =
      rows_of(R"([{"value": 10}, {"value": 11}, {"value": 9}, {"value": 10}, {"value": 12}, {"value": 100},
                                  {"value": 8}, {"value": 10}, {"value": null}, {"value": 11}, {"value": 11}])");
  const auto found = mf::z_scores(events, {.threshold = 2});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].row == 5);
  CHECK((*found)[0].value == 100);
  CHECK((*found)[0].mean == 19.2);
  CHECK((*found)[0].stddev == Approx(28.41282965297348).epsilon(1e-14));
  CHECK((*found)[0].score == Approx(2.8437857470329098).epsilon(1e-14));
  CHECK(mf::to_json(*found).find(R"([{"row":5,"value":100,"mean":19.2,"stddev":)") == 0);
  CHECK(mf::z_scores(events, {.threshold = 3})->empty());
  CHECK(mf::z_scores(events, {.threshold = 0})->size() == 10);
}

TEST_CASE("each group has its own mean and deviation") {
  std::string json = "[";
  for (int i = 0; i < 20; ++i) json += R"({"value": )" + std::to_string(i % 3) + R"(, "service": "slow"},)";
  for (int i = 0; i < 20; ++i) json += R"({"value": )" + std::to_string(1000 + i % 3) + R"(, "service": "fast"},)";
  const auto events = rows_of(json + R"({"value": 500, "service": "slow"}, {"value": 5, "service": "lone"}])");
  const auto found = mf::z_scores(events, {.column = "value", .threshold = 3, .by = {"service"}});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK((*found)[0].row == 40);
  CHECK((*found)[0].group[0].text == "slow");
  CHECK(mf::z_scores(events, {.threshold = 3})->empty());
}

TEST_CASE("anomalies of parts by the merged summary are those of the whole") {
  const mf::table events = support::random_events(9, 3000);
  const mf::z_score_options how{.column = "value", .threshold = 2.5, .by = {"service"}};
  const auto whole = mf::z_scores(events, how);
  REQUIRE(whole);
  CHECK(whole->size() > 20);
  auto merged = mf::batch_summary::make(how.plan());
  REQUIRE(merged);
  std::vector<mf::table> parts;
  for (std::size_t from = 0; from < events.rows(); from += 700) {
    std::vector<std::size_t> rows;
    for (std::size_t row = from; row < from + 700 && row < events.rows(); ++row) rows.push_back(row);
    parts.push_back(mf::gather_rows(events, std::span<const std::size_t>(rows)));
    auto part = mf::batch_summary::make(how.plan());
    REQUIRE(part->update(parts.back()));
    REQUIRE(merged->merge(*part));
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto found = mf::z_scores(parts[i], how, *merged);
    REQUIRE(found);
    for (const mf::anomaly_row& one : *found) {
      REQUIRE(at < whole->size());
      CHECK((*whole)[at].row == one.row + 700 * i);
      CHECK((*whole)[at].score == one.score);
      ++at;
    }
  }
  CHECK(at == whole->size());
}

TEST_CASE("z-scores of equal, infinite, missing and wrong values") {
  CHECK(mf::z_scores(rows_of(R"([{"value": 2}, {"value": 2}, {"value": 2}])"), {.threshold = 0})->empty());
  mf::table events;
  REQUIRE(events.add(mf::column{.name = "value", .numbers = {1, INFINITY, 3, -INFINITY, NAN, 2}}));
  const auto found = mf::z_scores(events);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK((*found)[0].row == 1);
  CHECK((*found)[0].score == INFINITY);
  CHECK((*found)[0].mean == 2);
  CHECK((*found)[1].score == -INFINITY);
  CHECK(mf::z_scores(rows_of(R"([{"value": "x"}])")).error().describe() ==
        "row 0, column \"value\": \"x\" is no number");
  CHECK(mf::z_scores(events, {.column = "latency"}).error().code() == mr::errc::not_found);
  CHECK(mf::z_scores(events, {.threshold = -1}).error().code() == mr::errc::invalid_argument);
  CHECK(mf::z_scores(events, {.threshold = NAN}).error().code() == mr::errc::invalid_argument);
  const auto other = mf::batch_summary::make(mf::z_score_options{.column = "other"}.plan());
  CHECK(mf::z_scores(events, {}, *other).error().code() == mr::errc::type_mismatch);
  CHECK(mf::z_scores(rows_of(R"([{"value": null}])"))->empty());
}
