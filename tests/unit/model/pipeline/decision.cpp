#include <millrace/model/pipeline/decision.hpp>

#include <millrace/model/linear.hpp>

#include <nlohmann/json.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace mf = millrace::feature;
namespace mm = millrace::model;
namespace mr = millrace;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The decision of tests/oracle/decisions.py.
struct sample {
  std::vector<mf::named_cell> cells{
      {"amount", 12.5}, {"age", {}}, {"country", "FR"}, {"at", mf::cell::at_nanoseconds(-5)}, {"limit", -infinity}};
  std::vector<float> row{0.1F, -0.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  std::vector<double> out{0.1, std::numeric_limits<double>::quiet_NaN()};
  mm::explanation why{-2.25, -1.5, {{"country", -1}, {"amount", 0.125}}, 0.125, {}};

  mm::decision view() const {
    mm::decision made;
    made.id = "case 17";
    made.time = 1'764'000'000'123'456'789;
    made.model = "fraud";
    made.version = 3;
    made.model_hash = mr::sha256_of(std::as_bytes(std::span("a model", 7)));
    made.inputs = cells;
    made.features = row;
    made.outputs = out;
    made.why = &why;
    return made;
  }
};

}  // namespace

TEST_CASE("a decision is saved as the bytes that its layout says, in memory that is used again") {
  const sample of;
  std::vector<std::byte> bytes;
  mm::save_decision(of.view(), bytes);
  CHECK(bytes == support::golden("model/decision_record.bin"));
  const auto taken = support::allocations_of([&] { mm::save_decision(of.view(), bytes); });
  if (support::counts_allocations) CHECK(taken == 0);
  CHECK(bytes == support::golden("model/decision_record.bin"));
  CHECK(of.view().score() == 0.1);
  CHECK(std::isnan(mm::decision().score()));
}

TEST_CASE("a decision is one line of JSON, whose numbers read back to the same bits") {
  const sample of;
  mm::decision made = of.view();
  CHECK(to_json(made) ==
        "{\"id\":\"case 17\",\"time\":1764000000123456789,\"model\":\"fraud\",\"version\":3,\"model_sha256\":\"" +
            to_string(made.model_hash) +
            "\",\"inputs\":[{\"name\":\"amount\",\"number\":12.5},{\"name\":\"age\"},{\"name\":\"country\",\"text\":"
            "\"FR\"},{\"name\":\"at\",\"time\":-5},{\"name\":\"limit\",\"number\":\"-Infinity\"}],"
            "\"features\":[0.1,-0.0,\"NaN\",\"Infinity\"],\"outputs\":[0.1,\"NaN\"],"
            "\"why\":{\"score\":-2.25,\"base\":-1.5,\"reasons\":[{\"feature\":\"country\",\"amount\":-1},"
            "{\"feature\":\"amount\",\"amount\":0.125}],\"rest\":0.125}}");
  const std::vector<double> hard{1.0 / 3, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -0.0};
  const std::vector<float> hard_row{1.0F / 3, 1e-45F, 3.4028235e38F};
  const std::vector<mf::named_cell> odd{{"line\nend", "quote\" and \x01"}, {"line\nend", 0.1 + 0.7}};
  made.outputs = hard;
  made.features = hard_row;
  made.inputs = odd;
  made.refused = {"amount", mf::trouble::missing};
  const std::string line = to_json(made);
  CHECK(line.find('\n') == std::string::npos);
  const auto read = nlohmann::json::parse(line);
  for (std::size_t i = 0; i < hard.size(); ++i) {
    CHECK(read["outputs"][i].get<double>() == hard[i]);
    CHECK(std::signbit(read["outputs"][i].get<double>()) == std::signbit(hard[i]));
  }
  for (std::size_t i = 0; i < hard_row.size(); ++i) CHECK(read["features"][i].get<float>() == hard_row[i]);
  CHECK(read["inputs"][0]["text"] == "quote\" and \x01");
  CHECK(read["inputs"][1]["name"] == "line\nend");
  CHECK(read["inputs"][1]["number"].get<double>() == 0.1 + 0.7);
  CHECK(read["refused"]["feature"] == "amount");
  CHECK(read["refused"]["why"] == "missing");
}

TEST_CASE("a model's content hash is that of its file") {
  const std::vector<float> sizes{50, 60, 80};
  const std::vector<float> prices{150, 180, 240};
  const auto model = mm::linear_regression::fit(mm::matrix_view(sizes, 1), prices);
  REQUIRE(model);
  CHECK(mm::content_hash(*model) == mr::sha256_of(model->save()));
  CHECK(mm::content_hash(*mm::linear_regression::load(model->save())) == mm::content_hash(*model));
}
