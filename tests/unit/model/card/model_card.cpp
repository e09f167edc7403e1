#include <millrace/model/card/model_card.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees/boosted_trees.hpp>
#include <millrace/model/validation/splits.hpp>

#include <support/catch.hpp>
#include <support/payments.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::model_card;

namespace {

model_card full_card() {
  const std::vector<int> labels{0, 1, 1, 0, 1, 0, 1, 1};
  const std::vector<double> probabilities{0.1, 0.9, 0.8, 0.4, 0.7, 0.6, 0.9, 0.3};
  const std::vector<int> decisions{0, 1, 1, 0, 1, 1, 1, 0};
  const std::vector<int> countries{0, 0, 1, 1, 2, 2, 0, 1};
  const auto auc = [&](std::span<const std::size_t> rows, double confidence) -> mr::result<mr::model::measured> {
    auto found = mr::model::roc_auc_interval(mr::model::gather(labels, rows), mr::model::gather(probabilities, rows),
                                             confidence);
    if (!found) return std::move(found).error();
    return mr::model::measured{found->value, found->interval};
  };
  // [card]
  mr::model::model_card card{.name = "fraud", .version = "2.1.0", .purpose = "Which payments a person looks at."};
  card.data = {{"training", 40'000}, {"held out", 10'000}};
  card.features = {"amount_log", "country"};
  card.measures = {{"accuracy", *mr::model::accuracy_interval(labels, decisions)}};
  card.calibration = {{"after", *mr::model::measure_reliability(labels, probabilities)}};
  card.thresholds = {{"the highest F1", *mr::model::threshold_of_max_f1(labels, probabilities)}};
  card.slices = {{"country", "area under the ROC curve", *mr::model::measure_slices(countries, auc), {"DE", "FR"}}};
  card.fairness = {{"country", *mr::model::measure_fairness(labels, decisions, countries), {"DE", "FR"}}};
  card.limits = {"Not for payments above 10,000."};
  const std::string for_people = mr::model::to_markdown(card);
  const std::string for_programs = mr::model::to_json(card);
  // [/card]
  CHECK(for_people.size() > 1000);
  CHECK(mr::is_json(for_programs));
  return card;
}

}  // namespace

TEST_CASE("a model card tells what is known, as Markdown and as valid JSON") {
  const model_card card = full_card();
  const std::string text = mr::model::to_markdown(card);
  CHECK(text.starts_with(
      "# fraud 2.1.0\n\nWhich payments a person looks at.\n\n## Data\n\n| rows of | rows |\n|---|---|\n"
      "| training | 40000 |\n| held out | 10000 |\n\n## Features\n\n- amount\\_log\n- country\n"));
  CHECK_THAT(text, ContainsSubstring("| accuracy | 0.75 (0.4093 to 0.9285) |\n"));
  CHECK_THAT(text, ContainsSubstring("## Thresholds\n\n| chosen for | threshold |"));
  CHECK_THAT(text, ContainsSubstring("## By country: area under the ROC curve\n\n"));
  CHECK_THAT(text, ContainsSubstring("| DE | 3 | 1 ("));
  CHECK_THAT(text, ContainsSubstring("| 2 | 2 | 1 ("));  // a group without a name
  CHECK_THAT(text, ContainsSubstring("| four-fifths rule | too few rows to say |\n"));
  CHECK(text.ends_with("## Limits\n\n- Not for payments above 10,000.\n"));
  const std::string json = mr::model::to_json(card);
  CHECK(json.starts_with(
      R"({"name":"fraud","version":"2.1.0","purpose":"Which payments a person looks at.",)"
      R"("data":[{"name":"training","rows":40000},{"name":"held out","rows":10000}],)"
      R"("features":["amount_log","country"],"measures":[{"name":"accuracy","figure":{"value":0.75,)"));
  CHECK_THAT(json, ContainsSubstring(R"("four_fifths_rule":"too few rows to say")"));
  CHECK(json.ends_with(R"("limits":["Not for payments above 10,000."]})"));
}

TEST_CASE("a card begins with what a pipeline knows of itself") {
  const auto past = support::make_payments(300);
  const auto fitted = mr::model::pipeline_of(support::payment_features(),
                                             mr::model::trained_by<mr::model::boosted_trees<>>({.rounds = 15}),
                                             mr::model::calibrated_by<mr::model::platt>())
                          .fit(past, &support::payment::is_fraud);
  REQUIRE(fitted);
  const model_card card = mr::model::card_of(*fitted, "fraud");
  CHECK(card.family == "boosted_trees");
  CHECK(card.calibrated_by == "platt");
  CHECK(card.data[0].rows == fitted->trained_on());
  CHECK(card.features == fitted->features().names());
  REQUIRE(card.importance.size() == 3);
  CHECK(card.importance[0].feature == fitted->importance()[0].feature);
  CHECK(card.importance[0].share == fitted->importance()[0].amount);
  const std::string text = mr::model::to_markdown(card);
  CHECK(text.starts_with("# fraud\n\nModel: boosted\\_trees, calibrated by platt\n\n## Data\n\n"));
  CHECK_THAT(text, ContainsSubstring("## Importance\n\n| feature | share |\n|---|---|\n| "));
  CHECK(mr::is_json(mr::model::to_json(card)));
  CHECK_THAT(mr::model::to_json(card), ContainsSubstring(R"("family":"boosted_trees","calibrated_by":"platt",)"));
  // A model that does not weigh its columns.
  const auto line = mr::model::pipeline_of(support::lenient_features(), mr::model::trained_by<mr::model::ridge>())
                        .fit(past, &support::payment::is_fraud);
  REQUIRE(line);
  CHECK(mr::model::card_of(*line, "x").family == "ridge");
  CHECK(mr::model::card_of(*line, "x").calibrated_by.empty());
}

TEST_CASE("a card begins with what a pipeline of listed features knows of itself") {
  millrace::feature::table past;
  REQUIRE(past.add({.name = "amount", .numbers = {1, 2, 3, 5, 8, 13}}));
  REQUIRE(past.add({.name = "y", .numbers = {0, 1, 0, 1, 1, 0}}));
  const auto fitted = mr::model::table_pipeline<mr::model::ridge>::fit(
      {{.name = "amount", .type = "standardize"}}, past, "y", mr::model::trained_by<mr::model::ridge>());
  REQUIRE(fitted);
  const model_card card = mr::model::card_of(*fitted, "y");
  CHECK(card.family == "ridge");
  CHECK(card.calibrated_by.empty());
  CHECK(card.features == std::vector<std::string>{"amount"});
  CHECK(card.data[0].rows == 6);
}

TEST_CASE("a card leaves out what is empty") {
  CHECK(mr::model::to_markdown({.name = "bare"}) == "# bare\n\n");
  CHECK(mr::model::to_json({.name = "bare"}) == R"({"name":"bare"})");
  // A figure without an interval.
  const model_card card{.name = "x", .measures = {{"RMSE", {2.5, {}}}}};
  CHECK_THAT(mr::model::to_markdown(card), ContainsSubstring("| RMSE | 2.5 |\n"));
  CHECK(mr::model::to_json(card) == R"({"name":"x","measures":[{"name":"RMSE","figure":{"value":2.5}}]})");
}

TEST_CASE("no text of a card begins a list, or is code") {
  const model_card card{.name = " 1. x", .purpose = "12) y", .limits = {"\n- a", "     b", "3.5", "1.2.3", "2"}};
  CHECK(mr::model::to_markdown(card) == "# 1\\. x\n\n12\\) y\n\n## Limits\n\n- \\- a\n- b\n- 3\\.5\n- 1\\.2.3\n- 2\n");
}

TEST_CASE("no text of a card makes a cell, a line, a tag or a link of its own, and its JSON is valid") {
  const std::string hostile = "a|b\n# c\r<script>&[x](y)`*_\\ \"\x01\xff";
  model_card card = full_card();
  card.name = card.version = card.purpose = hostile;
  card.features = card.limits = {hostile};
  card.data[0].name = card.measures[0].name = card.calibration[0].name = card.thresholds[0].purpose = hostile;
  card.slices[0].column = card.slices[0].measure = card.fairness[0].column = hostile;
  card.slices[0].names = card.fairness[0].names = {hostile};
  CHECK(mr::is_json(mr::model::to_json(card)));
  const std::string text = mr::model::to_markdown(card);
  CHECK_THAT(text, ContainsSubstring("| a\\|b \\# c &lt;script\\>&amp;\\[x\\](y)\\`\\*\\_\\\\ \" \\\\xff | 40000 |\n"));
  CHECK(text.find("<script") == std::string::npos);
  // Every line of a table has as many cells as its head.
  std::size_t cells = 0, first = 0;
  while (first < text.size()) {
    const std::size_t end = text.find('\n', first);
    const std::string line = text.substr(first, end - first);
    first = end + 1;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
    if (line.empty() || line[0] != '|') {
      cells = 0;
      CHECK((line.empty() || line[0] == '#' || line[0] == '-' || line[0] == 'T' || line[0] == 'a'));
      continue;
    }
    if (cells != 0) CHECK(bars == cells);
    cells = bars;
  }
}

TEST_CASE("a model card is UTF-8 whatever its texts are: other bytes are spelled as in JSON") {
  CHECK(mr::model::to_markdown({.name = "M\xc3\xbcnchen \xff\xc3 a\xe2\x82"}) ==
        "# M\xc3\xbcnchen \\\\xff\\\\xc3 a\\\\xe2\\\\x82\n\n");
  CHECK(mr::model::to_markdown({.name = "\xe2\x82\xac. 5"}) == "# \xe2\x82\xac. 5\n\n");
}
