#include <examples/lifecycle/work/watch.hpp>

#include <support/catch.hpp>

#include <examples/lifecycle/page/tables.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace lifecycle;

TEST_CASE("a stream of any length is watched in at most twenty windows that cover it") {
  for (const std::size_t rows : {1U, 7U, 20U, 21U, 399U, 400U, 1003U}) {
    CAPTURE(rows);
    stream_watch watch(rows);
    for (std::size_t i = 0; i < rows; ++i) watch.update(1000, 0.5, i % 2 == 0);
    const stream_times record = watch.finish();
    CHECK(record.windows.size() <= stream_watch::most_windows);
    std::uint64_t next = 0;
    for (const stream_window& one : record.windows) {
      CHECK(one.first == next);
      next += one.rows;
      CHECK(one.rows_per_second == Approx(1e6));
      CHECK(one.p50 == 1000);
      CHECK(one.mean_answer == Approx(0.5));
    }
    CHECK(next == rows);
  }
}

TEST_CASE("a slow spell and refused rows show in their windows") {
  stream_watch watch(2000);
  for (int i = 0; i < 2000; ++i) {
    const bool slow = i >= 1000 && i < 1100;
    const bool refused = i >= 500 && i < 600;
    watch.update(slow ? 5000 : 100 + i % 10, refused ? std::nan("") : 0.25, i >= 1900);
  }
  const stream_times record = watch.finish();
  REQUIRE(record.windows.size() == 20);
  CHECK(record.windows[10].p50 == 5000);
  CHECK(record.windows[9].longest == 109);
  CHECK(std::isnan(record.windows[5].mean_answer));
  CHECK(record.windows[6].mean_answer == 0.25);
  CHECK(record.windows[19].positive_share == 1);
  CHECK(record.windows[18].positive_share == 0);
  REQUIRE(record.percentiles.size() == 4);
  CHECK(record.percentiles[0].second == Approx(104).margin(2));
  CHECK(record.percentiles[3].second == 5000);
  const std::string table = windows_table(record, task_kind::binary);
  CHECK(table.find("nan") == std::string::npos);
  CHECK(table.find("1,000") != std::string::npos);
  CHECK(percentile_list(record).find("p99.9 5") != std::string::npos);
  CHECK(windows_table(record, task_kind::number).find("positive") == std::string::npos);
}
