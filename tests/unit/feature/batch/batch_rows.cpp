#include <millrace/feature/batch/batch_rows.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace mf = millrace::feature;

TEST_CASE("rows of batches are written as JSON") {
  CHECK(mf::to_json(std::vector<mf::batch_row>{}) == "[]");
  mf::batch_row row;
  row.begin = -1;
  row.end = 1'733'551'980'123'456'789;
  row.group = {{"k", "a\"b", false}, {"l", "", true}};
  row.column = "x";
  row.count = 2;
  row.statistics = row.quantiles = row.distincts = row.frequents = true;
  row.max = std::numeric_limits<double>::infinity();
  row.distinct = 2;
  row.frequent = {{"v", 1, 2}};
  CHECK(mf::to_json(std::vector{row, row}).size() == 2 * mf::to_json(std::vector{row}).size() - 1);
  CHECK(mf::to_json(std::vector{row}) ==
        R"([{"window_begin":"1969-12-31T23:59:59.999999Z","window_end":"2024-12-07T06:13:00.123456Z",)"
        R"("group":{"k":"a\"b","l":null},"column":"x","count":2,"missing":0,"sum":null,"mean":null,"variance":null,)"
        R"("stddev":null,"min":null,"max":"Infinity","p50":null,"p90":null,"p95":null,"p99":null,"distinct":2,)"
        R"("distinct_error":null,"frequent":[{"value":"v","lower":1,"upper":2}]}])");
  CHECK(mf::to_json(std::vector{mf::anomaly_row{.row = 3, .value = 7, .mean = 1, .stddev = 2, .score = 3}}) ==
        R"([{"row":3,"value":7,"mean":1,"stddev":2,"score":3}])");
}

TEST_CASE("a table is written as JSON") {
  mf::table made;
  REQUIRE(made.add(mf::column{.name = "n", .numbers = {1.5, std::numeric_limits<double>::quiet_NaN()}}));
  REQUIRE(made.add(mf::column{.name = "t", .kind = mf::column_kind::time, .times = {0, mf::column::no_time}}));
  REQUIRE(made.add(
      mf::column{.name = "c", .kind = mf::column_kind::category, .codes = {0, mf::column::no_text}, .texts = {"x"}}));
  CHECK(mf::to_json(made) == R"([{"n":1.5,"t":"1970-01-01T00:00:00.000000Z","c":"x"},{"n":null,"t":null,"c":null}])");
}
