#include <millrace/model/pipeline/table_pipeline.hpp>

#include <millrace/feature.hpp>
#include <millrace/model/calibration.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/store/saved_file.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/payments.hpp>
#include <support/temp_dir.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

namespace {

using trees_pipeline = mm::table_pipeline<mm::boosted_trees<>, mm::platt>;
using ridge_pipeline = mm::table_pipeline<mm::ridge>;
const mm::trained_by<mm::boosted_trees<>> trees({.rounds = 15, .leaves = 7});

const std::vector<mf::specification> list{
    {.name = "amount", .type = "standardize", .rules = {mf::missing(mf::refuse)}},
    {.name = "country", .type = "one_hot", .parameters = {{"categories", {"DE", "FR", "US"}}}},
    {.name = "age", .type = "impute"}};

/// The payments of support/payments.hpp as a table.
mf::table table_of(const std::vector<support::payment>& events, bool with_age = true) {
  mf::column amount{.name = "amount"};
  mf::column country{.name = "country", .kind = mf::column_kind::category, .texts = {"DE", "FR", "US", "BR"}};
  mf::column age{.name = "age"};
  mf::column fraud{.name = "is_fraud"};
  for (const support::payment& one : events) {
    amount.numbers.push_back(one.amount);
    country.codes.push_back(one.country == "DE" ? 0 : one.country == "FR" ? 1 : one.country == "US" ? 2 : 3);
    age.numbers.push_back(one.age ? *one.age : std::nan(""));
    fraud.numbers.push_back(one.is_fraud ? 1 : 0);
  }
  mf::table made;
  REQUIRE(made.add(std::move(fraud)));
  REQUIRE(made.add(std::move(amount)));
  REQUIRE(made.add(std::move(country)));
  if (with_age) REQUIRE(made.add(std::move(age)));
  return made;
}
const mf::table& past_payments() {
  static const mf::table made = table_of(support::make_payments(400));
  return made;
}

trees_pipeline fitted() {
  auto made = trees_pipeline::fit(list, past_payments(), "is_fraud", trees, mm::calibrated_by<mm::platt>());
  REQUIRE(made);
  return *std::move(made);
}
std::vector<mf::named_cell> cells_of(const mf::table& rows, std::size_t i) {
  std::vector<mf::named_cell> made;
  for (std::size_t j = 0; j < rows.size(); ++j) made.push_back({rows[j].name, mf::cell(rows[j], i)});
  return made;
}
std::string error_of(const auto& result) {
  REQUIRE_FALSE(result);
  return result.error().describe();
}

}  // namespace

TEST_CASE("a pipeline of listed features gives what one of typed features gives") {
  const auto past = support::make_payments(400);
  const auto typed = mm::pipeline_of(mf::features<support::payment>(
                                         mf::standardize<"amount">(&support::payment::amount, mf::missing(mf::refuse)),
                                         mf::one_hot<"country", "DE", "FR", "US">(&support::payment::country),
                                         mf::impute<"age">(&support::payment::age)),
                                     trees, mm::calibrated_by<mm::platt>())
                         .fit(past, &support::payment::is_fraud);
  REQUIRE(typed);
  const auto listed = fitted();
  std::vector<double> expected(past.size());
  std::vector<double> found(past.size());
  REQUIRE((*typed)(past, expected));
  REQUIRE(listed(past_payments(), found));
  CHECK(laws::bits_of(found) == laws::bits_of(expected));
  CHECK(listed.trained_on() == typed->trained_on());
  CHECK(listed.model().save() == typed->model().save());
}

TEST_CASE("a row of cells has the bits of its row in a table, before and after a file, and takes nothing") {
  const auto made = fitted();
  const support::temp_dir dir;
  const std::string path = dir / "fraud.mrag";
  REQUIRE(mr::store::save_file(path, made));
  const auto back = mr::store::load_file<trees_pipeline>(path);
  REQUIRE(back);
  CHECK(back->save() == made.save());
  std::vector<double> together(past_payments().rows());
  REQUIRE((*back)(past_payments(), together));
  std::vector<float> row(made.width());
  for (std::size_t i = 0; i < past_payments().rows(); ++i) {
    const auto cells = cells_of(past_payments(), i);
    double alone = 0;
    const auto taken = support::allocations_of([&] { (void)made(cells, row, std::span(&alone, 1)); });
    if (support::counts_allocations) CHECK(taken == 0);
    CHECK(alone == together[i]);
  }
}

TEST_CASE("a pipeline of listed features is fitted, saved, loaded and asked in a few lines") {
  const mf::table& history = past_payments();
  const mf::table& today = history;
  // [listed]
  using fraud_pipeline = mm::table_pipeline<mm::boosted_trees<>, mm::platt>;
  const std::vector<mf::specification> features{
      {.name = "amount", .type = "standardize", .rules = {mf::missing(mf::refuse)}},
      {.name = "country", .type = "one_hot"}};
  const auto made = fraud_pipeline::fit(features, history, "is_fraud", mm::trained_by<mm::boosted_trees<>>(),
                                        mm::calibrated_by<mm::platt>());
  if (!made) throw std::runtime_error(made.error().describe());  // names the feature, the column or the step at fault
  const auto served = fraud_pipeline::load(made->save());        // the list of features is in the bytes
  std::vector<double> probabilities(today.rows());
  if (auto done = (*served)(today, probabilities); !done)  // lacks a column: one error that lists both sides
    throw std::runtime_error(done.error().describe());
  std::vector<float> row(served->width());  // while serving one row, as it comes: no allocation
  double probability = 0;
  const std::vector<mf::named_cell> cells{{"amount", 420.0}, {"country", "FR"}};
  if (const mf::refusal refused = (*served)(cells, row, std::span(&probability, 1)))
    throw std::runtime_error(std::string(refused.column));
  // [/listed]
  CHECK((probability > 0 && probability < 1));
}

TEST_CASE("a pipeline of several classes is given their number with the loss") {
  std::string text = "size,colour,kind\n";
  for (int i = 0; i < 120; ++i)
    text +=
        std::to_string(i % 7) + (i % 2 == 0 ? ",red," : ",blue,") + std::to_string(i % 7 < 3 ? 0 : 1 + i % 2) + "\n";
  const auto history = mf::read_csv(text).value();
  const std::vector<mf::specification> features{{.name = "size", .type = "numerical"},
                                                {.name = "colour", .type = "one_hot"}};
  // [classes]
  using boosted = mm::boosted_trees<mm::softmax_loss>;  // classes are 0, 1 and 2
  const auto kinds = mm::table_pipeline<boosted>::fit(features, history, "kind",
                                                      mm::trained_by<boosted>({.rounds = 20}, mm::softmax_loss{3}));
  if (!kinds) throw std::runtime_error(kinds.error().describe());
  std::vector<double> probabilities(history.rows() * kinds->outputs());  // three a row
  const auto done = (*kinds)(history, probabilities);
  // [/classes]
  REQUIRE(done);
  REQUIRE(kinds->outputs() == 3);
  for (std::size_t i = 0; i < history.rows(); ++i)
    CHECK(probabilities[3 * i + static_cast<std::size_t>(history[2].numbers[i])] > 0.5);
}

TEST_CASE("a table that lacks a column is one error that lists both sides") {
  const auto made = fitted();
  std::vector<double> out(30, -1.0);
  const auto done = made(table_of(support::make_payments(30), false), out);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::type_mismatch);
  CHECK(error_of(done) ==
        "pipeline: column \"age\" is not there: the features read [amount: number, country: category, age: number], "
        "the table has [is_fraud: number, amount: number, country: category]");
  CHECK(out[0] == -1);
  std::vector<double> few(29);
  CHECK(made(table_of(support::make_payments(30)), few).error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("a row that a rule refuses fails alone, in a table too") {
  const auto made = fitted();
  auto events = support::make_payments(30);
  events[4].amount = events[9].amount = std::nan("");
  std::vector<double> out(30);
  const auto done = made(table_of(events), out);
  CHECK_THAT(error_of(done), ContainsSubstring("row 4, column \"amount\": the value is missing"));
  std::vector<double> sound(30);
  REQUIRE(made(table_of(support::make_payments(30)), sound));
  for (std::size_t i = 0; i < 30; ++i) {
    if (i == 4 || i == 9)
      CHECK(std::isnan(out[i]));
    else
      CHECK(out[i] == sound[i]);
  }
  std::vector<float> row(made.width());
  const std::vector<mf::named_cell> cells{{"country", "DE"}};
  double alone = 0;
  CHECK(made(cells, row, std::span(&alone, 1)).column == "amount");
  CHECK(std::isnan(alone));
  CHECK(made.explain(cells).refused.column == "amount");
}

TEST_CASE("a pipeline of listed features explains itself by their names") {
  const auto made = fitted();
  const auto found = made.explain(cells_of(past_payments(), 3), 2);
  REQUIRE(found.reasons.size() == 2);
  CHECK(found.base + found.rest + found.reasons[0].amount + found.reasons[1].amount == Approx(found.score));
  const auto shares = made.importance();
  REQUIRE(shares.size() == 3);
  CHECK(shares[0].amount + shares[1].amount + shares[2].amount == Approx(1));
}

TEST_CASE("what a pipeline of listed features cannot be fitted to is an error that names it") {
  const mm::trained_by<mm::ridge> ridge;
  CHECK(error_of(ridge_pipeline::fit(list, past_payments(), "fraud", ridge)) ==
        "pipeline: there is no target \"fraud\"; the table has [is_fraud, amount, country, age]");
  CHECK(error_of(ridge_pipeline::fit(list, past_payments(), "country", ridge)) ==
        "pipeline: the target \"country\" is a column of kind category, not of numbers; of classes, add a column "
        "of numbers to the table: of two 1 for the one to be found and 0 for the other, of several their places");
  CHECK(error_of(ridge_pipeline::fit(list, past_payments(), "is_fraud", ridge, {}, std::vector<float>(3))) ==
        "pipeline: 3 weights for 400 rows");
  CHECK_THAT(error_of(ridge_pipeline::fit({{.name = "size", .type = "numerical"}}, past_payments(), "is_fraud", ridge)),
             ContainsSubstring("size"));
  CHECK_THAT(error_of(ridge_pipeline::fit(mf::automatic(past_payments()), past_payments(), "is_fraud", ridge)),
             ContainsSubstring("read the target \"is_fraud\""));
  CHECK_THAT(error_of(trees_pipeline::fit(list, past_payments(), "is_fraud", trees,
                                          mm::calibrated_by<mm::platt>({.share = 0}))),
             ContainsSubstring("(0, 1)"));
}

TEST_CASE("errors of a model of tables name rows by their lines, and columns by their features") {
  std::string text = "size,cost,target\n";
  for (int i = 0; i < 300; ++i)
    text += std::to_string(i % 7) + ',' + std::to_string(i % 5) + ',' + (i % 3 ? "1\n" : "0\n");
  const std::vector<mf::specification> both{{.name = "size", .type = "numerical"},
                                            {.name = "cost", .type = "numerical"}};
  using calibrated = mm::table_pipeline<mm::logistic_regression, mm::platt>;
  const auto error_with = [&](const std::string& last) {
    const auto read = mf::read_csv(text + last);
    REQUIRE(read);
    return error_of(calibrated::fit(both, *read, "target", mm::trained_by<mm::logistic_regression>({.l2 = 1}),
                                    mm::calibrated_by<mm::platt>({.share = 0.4})));
  };
  CHECK(error_with("5,4,\n") == "pipeline: row 300 (line 302), column \"target\": the target is missing");
  // By which of them the model and the calibration were fitted to, the row number 300 is another.
  const auto wrong = error_with("1,2,0.5\n1,2,0.5\n1,2,0.5\n");
  CHECK_THAT(wrong, ContainsSubstring("row 30") && ContainsSubstring(" (line 30"));
  CHECK_THAT(error_with("5,,1\n5,,1\n5,,0\n"), ContainsSubstring("row 30") && ContainsSubstring("(line 30") &&
                                                   ContainsSubstring("feature \"cost\" is NaN"));
  CHECK_THAT(error_of(calibrated::fit(both, *mf::read_csv(text), "target",
                                      mm::trained_by<mm::logistic_regression>({.l2 = 1}), {}, std::vector<float>(300))),
             ContainsSubstring("all 300 rows have weight 0"));
}

TEST_CASE("a saved pipeline of listed features loaded as another one lists both, and damage is seen") {
  CHECK(
      error_of(ridge_pipeline::load(fitted().save())) ==
      "saved table pipeline: model: saved form holds boosted_trees<logistic>, expected ridge; calibration: saved form "
      "holds platt, expected no calibration");
  auto made = ridge_pipeline::fit(list, past_payments(), "is_fraud", mm::trained_by<mm::ridge>());
  REQUIRE(made);
  std::vector<float> row(256);
  const auto use = [&](const ridge_pipeline& found) {
    row.resize(found.width());
    double out = 0;
    (void)found(std::span<const mf::named_cell>(), row, std::span(&out, 1));
    CHECK_FALSE(found.save().empty());
  };
  laws::hostile_bytes(*made, use);
  laws::hostile_payload(*made, support::reseal, use, 5, 3000);
}

TEST_CASE("golden bytes of a pipeline of listed features load, and are what is saved") {
  const auto made = ridge_pipeline::fit(list, past_payments(), "is_fraud", mm::trained_by<mm::ridge>({.l2 = 1}));
  REQUIRE(made);
  support::from_golden("model/table_pipeline.bin", *made);
}
