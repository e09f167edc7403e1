#include <millrace/model/to_graph/features.hpp>

#include <millrace/feature/specification/table_features.hpp>

#include <support/catch.hpp>
#include <support/exported_features.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

namespace {

/// A graph whose output is the features.
mr::result<mm::graph> graph_of(const mf::table_features& of, mr::tensor::dtype element = mr::tensor::dtype::f64) {
  mm::graph_builder to({.element = element});
  const mm::added_features made = add_features(to, of.fitted_specifications(), of.inputs());
  to.add_output("outputs", to.real(made.rows), of.width());
  return std::move(to).finish();
}

/// The features of a table are those of the graph, to the bit, but logarithms to one.
void has_the_features(const mf::table_features& of, const mf::table& table,
                      mr::tensor::dtype element = mr::tensor::dtype::f64) {
  const auto made = graph_of(of, element);
  INFO((made ? std::string() : made.error().message()));
  REQUIRE(made);
  std::vector<float> expected(table.rows() * of.width());
  REQUIRE(of(table, expected));
  const std::vector<double> found = support::asked_of(*made, table);
  REQUIRE(found.size() == expected.size());
  std::string wrong;  // the first number that is another one
  for (std::size_t i = 0; wrong.empty() && i < found.size(); ++i) {
    const std::size_t column = i % of.width();
    const bool is_log = of.kinds()[of.transform_of(column)].substr(0, 3) == "log";
    const double wanted = double{expected[i]};
    const double room = is_log ? 1e-7 * std::fabs(wanted) : 0;
    if (found[i] == wanted || (std::isnan(found[i]) && std::isnan(wanted)) || std::fabs(found[i] - wanted) <= room)
      continue;
    wrong = "row " + std::to_string(i / of.width()) + ", " + of.name(column) + ": " + std::to_string(found[i]) +
            ", expected " + std::to_string(wanted);
  }
  CHECK(wrong == "");
}

mf::table one_column(const std::string& name, std::vector<double> numbers) {
  mf::table made;
  mf::column one{.name = name, .kind = mf::column_kind::number};
  one.numbers = std::move(numbers);
  REQUIRE(made.add(std::move(one)));
  return made;
}

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> odd_numbers{none, infinity,  -infinity, 0,     -0.0,  1,      -1,
                                      0.5,  -0.999999, 5e-324,    1e-20, 1e300, -1e300, 1e308,
                                      3e38, 3.5e38,    -3.5e38,   10.25, 100,   7};

}  // namespace

TEST_CASE("all transforms that operators say give the bits of the features") {
  const auto table = support::table_of(support::random_orders(800, 11));
  auto features = mf::table_features::make(support::expressible(support::all_specifications()), table).value();
  REQUIRE(features.fit(table));
  has_the_features(features, table);
  has_the_features(features, support::table_of(support::random_orders(500, 12)));
}

TEST_CASE("in floats inputs are floats, and the features of numbers that floats hold have the same bits") {
  auto orders = support::random_orders(600, 13);
  for (support::order& one : orders) one.amount = double{static_cast<float>(std::fmin(one.amount, 1e30))};
  const auto table = support::table_of(orders);
  auto features = mf::table_features::make(support::expressible(support::all_specifications()), table).value();
  REQUIRE(features.fit(table));
  has_the_features(features, table, mr::tensor::dtype::f32);
}

TEST_CASE("every rule about troubles does in a graph what it does in features") {
  const auto table = one_column("x", odd_numbers);
  std::vector<mf::specification> kinds{
      {.name = "", .type = "numerical"},
      {.name = "", .type = "log"},
      {.name = "", .type = "log1p"},
      {.name = "", .type = "clip", .parameters = {{"low", -0.5}, {"high", 7}}},
      {.name = "", .type = "clip", .parameters = {{"low", -1e305}, {"high", 1e305}}},
      {.name = "", .type = "standardize", .parameters = {{"mean", 3}, {"stddev", 1e-7}}},
      {.name = "", .type = "min_max", .parameters = {{"low", -0.5}, {"high", 7}}},
      {.name = "", .type = "min_max", .parameters = {{"low", 1}, {"high", 1}}},
      {.name = "", .type = "min_max", .parameters = {{"low", -1.5e308}, {"high", 1.5e308}}},
      {.name = "", .type = "bucket", .parameters = {{"edges", {-1, 0, 7, 7, 1e300}}}},
      {.name = "", .type = "impute", .parameters = {{"with", 40}}}};
  const std::vector<std::vector<mf::specified_rule>> rules{
      {},
      {mf::missing(mf::flag), mf::outside(mf::flag)},
      {mf::missing(mf::fill(-3)), mf::not_finite(mf::keep), mf::outside(mf::fill(5))},
      {mf::missing(mf::flag(2)), mf::not_finite(mf::flag(4)), mf::outside(mf::flag(6)), mf::mistyped(mf::flag)},
      {mf::not_finite(mf::flag), mf::outside(mf::flag)}};
  std::vector<mf::specification> list;
  for (const auto& kind : kinds)
    for (const auto& each : rules) {
      list.push_back(kind);
      list.back().name = "f" + std::to_string(list.size());
      list.back().sources = {"x"};
      list.back().rules = each;
    }
  const auto features = mf::table_features::make(list, table);
  INFO((features ? std::string() : features.error().message()));
  REQUIRE(features);
  has_the_features(*features, table);
}

TEST_CASE("moments of all years are parted as the features part them") {
  mf::table table;
  mf::column at{.name = "at", .kind = mf::column_kind::time};
  constexpr std::int64_t day = 86'400'000'000'000;
  for (std::int64_t i = -106'000; i <= 106'000; i += 37) at.times.push_back(i * day + i % 7);
  for (std::int64_t i = 0; i < 40'000; ++i) at.times.push_back((i - 20'000) * day + (i % 3 - 1));  // each of 110 years
  for (const std::int64_t i : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, mf::column::no_time,
                               mf::column::no_time + 1, (std::numeric_limits<std::int64_t>::max)()})
    at.times.push_back(i);
  REQUIRE(table.add(std::move(at)));
  const auto features = mf::table_features::make(
      {{.name = "parts",
        .type = "temporal",
        .sources = {"at"},
        .parameters = {{"parts",
                        {"hour", "weekday", "day", "month", "cyclic hour", "cyclic weekday", "cyclic day",
                         "cyclic month"}}},
        .rules = {mf::missing(mf::flag(-1)), mf::outside(mf::flag)}},
       {.name = "hour", .type = "temporal", .sources = {"at"}, .parameters = {{"parts", {"hour"}}}},
       {.name = "none", .type = "missing_flag", .sources = {"at"}}},
      table);
  REQUIRE(features);
  has_the_features(*features, table);
}

TEST_CASE("rows that rules refuse are known in the graph") {
  const auto table = one_column("x", odd_numbers);
  const std::vector<mf::specification> list{
      {.name = "a", .type = "numerical", .sources = {"x"}, .rules = {mf::missing(mf::refuse)}},
      {.name = "b", .type = "log", .sources = {"x"}, .rules = {mf::not_finite(mf::keep), mf::outside(mf::refuse)}}};
  const auto features = mf::table_features::make(list, table).value();
  mm::graph_builder to({});
  const mm::added_features added = add_features(to, features.fitted_specifications(), features.inputs());
  REQUIRE(added.refused);
  to.add_output("outputs", to.cast(*added.refused, mr::tensor::dtype::f64), 1);
  const auto found = support::asked_of(std::move(to).finish().value(), table);
  std::vector<float> row(features.width());
  for (std::size_t i = 0; i < odd_numbers.size(); ++i) {
    const mf::named_cell cells[] = {{"x", odd_numbers[i]}};
    INFO(odd_numbers[i]);
    CHECK((found[i] == 1) == static_cast<bool>(features(cells, row)));
  }
}

TEST_CASE("features that no operators say are refused in one error, each with its name and type") {
  const auto table = support::table_of(support::random_orders(50, 1));
  auto features = mf::table_features::make(support::all_specifications(), table).value();
  REQUIRE(features.fit(table));
  const auto made = graph_of(features);
  REQUIRE(!made);
  CHECK(made.error().code() == mr::errc::unsupported);
  std::string expected = "graph of a model: ";
  for (const char* const each : {"device\": hashed", "pair\": cross", "triple\": cross", "note_length\": text_length",
                                 "note_words\": word_count", "note\": ngrams"}) {
    if (expected.size() > 20) expected += "; ";
    expected += "feature \"" + std::string(each) + ", which ONNX has no operators for";
  }
  CHECK(made.error().message() == expected);
}

TEST_CASE("what a list lacks is refused: parameters that were not fitted, and columns") {
  mm::graph_builder to({});
  add_features(to,
               {{.name = "z", .type = "standardize"},
                {.name = "k", .type = "one_hot"},
                {.name = "gone", .type = "log"},
                {.name = "t", .type = "temporal", .sources = {"z"}},
                {.name = "m", .type = "missing_flag"}},
               {{"z", mf::column_kind::number}, {"k", mf::column_kind::text}, {"", mf::column_kind::text}});
  const auto made = std::move(to).finish();
  REQUIRE(!made);
  CHECK(made.error().message() ==
        "graph of a model: a column without a name; feature \"z\": standardize without \"mean\"; feature \"z\": "
        "standardize without \"stddev\"; "
        "feature \"k\": one_hot without \"categories\"; feature \"gone\": no column that log could read; "
        "feature \"t\": no column that temporal could read; feature \"m\": no column that missing_flag could read");
}
