#include <millrace/model/formats/boosted_model.hpp>

#include <millrace/model/pipeline/detail/model_scores.hpp>
#include <millrace/model/trees/tree_explainer.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::boosted_model;
using mr::model::boosted_parts;
using mr::model::score_link;

namespace {

static_assert(mr::model::predictor<boosted_model> && mr::model::saved_as_bytes<boosted_model> &&
              mr::model::made_of_trees<boosted_model> && mr::model::weighs_columns<boosted_model>);

/// x0 <= 0.5 ? left : right, for each output.
boosted_parts stump(std::size_t outputs = 1) {
  boosted_parts made{.objective = "test", .inputs = 2, .columns = {"a", "b"}, .start = {}};
  for (std::size_t k = 0; k < outputs; ++k) {
    std::vector<mr::model::tree_node> nodes(3);
    std::vector<mr::model::node_record> records(3);
    nodes[0] = {0.5F, 1, 0, 1, 0};
    nodes[1].left = 1;
    nodes[2].left = 2;
    records[0].gain = 1;
    records[1].value = -1 - static_cast<double>(k);
    records[2].value = 2;
    made.trees.add(nodes, records);
    made.start.push_back(0.25 * static_cast<double>(k));
  }
  return made;
}
/// Its leaves add 3 b, and 2 a - b.
boosted_parts linear_leaves() {
  boosted_parts made = stump();
  made.constants = {0, 10, 20};
  made.first_term = {0, 0, 1, 3};
  made.terms = {{1, 3}, {0, 2}, {1, -1}};
  return made;
}
boosted_parts linear() {
  boosted_parts made{.objective = "line", .inputs = 2, .columns = {}, .start = {1, 2}};
  made.weights = {1, 10, 100, 1000};
  return made;
}
double asked(boosted_parts parts, std::vector<float> row) { return (*boosted_model::make(std::move(parts)))(row); }

const float nan_value = std::nanf("");

}  // namespace

TEST_CASE("boosted model: scores, and what each link makes of them") {
  const auto of = [](score_link link, float x) {
    boosted_parts parts = stump();
    parts.link = link;
    parts.slope = 0.5;
    return asked(std::move(parts), {x, 0});
  };
  CHECK(of(score_link::none, 0) == -1);
  CHECK(of(score_link::none, 1) == 2);
  CHECK(of(score_link::none, nan_value) == 2);
  CHECK(of(score_link::sigmoid, 1) == Approx(1 / (1 + std::exp(-1.0))));
  CHECK(of(score_link::exponential, 0) == Approx(std::exp(-1.0)));
  CHECK(of(score_link::square, 0) == -1);
  CHECK(of(score_link::square, 1) == 4);
  CHECK(of(score_link::softplus, 0) == Approx(std::log(1 + std::exp(-1.0))));
  CHECK(of(score_link::step, 0) == 0);
  CHECK(of(score_link::step, 1) == 1);
  boosted_parts parts = stump();
  parts.start[0] = 800;
  parts.link = score_link::softplus;
  CHECK(asked(std::move(parts), {0, 0}) == 799);
  parts = stump(3);
  parts.link = score_link::softmax;
  const auto model = boosted_model::make(parts).value();
  std::vector<double> out(3), scores(3);
  model.predict(std::vector<float>{0, 0}, out);
  model.score(std::vector<float>{0, 0}, std::span(scores));
  CHECK((scores[0] == -1 && scores[1] == -1.75 && scores[2] == -2.5));
  CHECK(out[0] + out[1] + out[2] == Approx(1));
  CHECK(out[1] / out[0] == Approx(std::exp(-0.75)));
  CHECK(model.importance()[0] == 1);
}

TEST_CASE("boosted model: linear leaves, and linear models") {
  CHECK(asked(linear_leaves(), {0, 7}) == 10 + 21);
  CHECK(asked(linear_leaves(), {1, 7}) == 20 + 2 - 7);
  CHECK(asked(linear_leaves(), {0, nan_value}) == -1);  // the leaf's value
  CHECK(asked(linear_leaves(), {nan_value, 7}) == 2);
  const auto model = boosted_model::make(linear()).value();
  CHECK_FALSE(model.sums_trees());
  std::vector<double> out(2);
  model.predict(std::vector<float>{2, 3}, out);
  CHECK((out[0] == 303 && out[1] == 3022));
  model.predict(std::vector<float>{2, nan_value}, out);
  CHECK((out[0] == 3 && out[1] == 22));
}

TEST_CASE("boosted model: where its trees are not all that a score is made of, none explains it") {
  const std::vector<float> row{0, 7};
  std::vector<double> adds(2);
  for (const auto& parts : {linear_leaves(), linear()}) {
    const auto made = boosted_model::make(parts).value();
    for (const auto& model : {made, boosted_model::load(made.save()).value()}) {
      mr::model::tree_explainer why(model.trees(), model.inputs(), model.outputs());
      CHECK(std::isnan(why.base()));
      adds = {1, 1};
      why.contributions(row, adds);
      CHECK((std::isnan(adds[0]) && std::isnan(adds[1])));
      CHECK(why.reasons(row, 2).empty());
      mr::model::detail::column_contributions<boosted_model> columns(model, 0);
      CHECK(std::isnan(columns.base()));
    }
  }
  const auto model = boosted_model::make(stump()).value();
  mr::model::tree_explainer why(model.trees(), 2);
  why.contributions(row, adds);
  CHECK(why.base() + adds[0] + adds[1] == Approx(model(row)));
}

TEST_CASE("boosted model: alone, in batches, saved and loaded") {
  const std::vector<float> numbers = {0, 7, 1, 7, 0.5F, 1, 3, 2, -1, 5};
  boosted_parts several = stump(2);
  several.link = score_link::softmax;
  for (const auto& parts : {stump(), several, linear_leaves(), linear()}) {
    const auto model = boosted_model::make(parts).value();
    laws::predicts(model, {numbers, 2});
    const auto back = boosted_model::load(model.save()).value();
    CHECK(back.objective() == model.objective());
    CHECK(back.column_names().size() == model.column_names().size());
    CHECK(back.link() == model.link());
    std::vector<double> out(model.outputs(), 1);
    model.predict(std::vector<float>{1}, out);
    for (const double x : out) CHECK(std::isnan(x));
    std::vector<double> few(3, 1);
    model.predict(mr::model::matrix_view(numbers.data(), 5, 1, 2), few);
    CHECK(std::isnan(few[0]));
  }
}

TEST_CASE("boosted models keep their saved form, and damaged bytes are an error or a model that works") {
  const auto model = boosted_model::make(linear_leaves()).value();
  support::from_golden("model/boosted_model.bin", model);
  const auto use = [](const boosted_model& found) {
    std::vector<double> out(found.outputs());
    found.predict(std::vector<float>(found.inputs(), 1.5F), out);
    found.predict(std::vector<float>(found.inputs(), nan_value), out);
    (void)found.save();
  };
  laws::hostile_payload(model, support::reseal, use, 18, 2000);
  laws::hostile_payload(boosted_model::make(linear()).value(), support::reseal, use, 18, 2000);
  boosted_parts known = stump();
  known.categories = {{0, 7}, {1, 9}};
  laws::hostile_payload(boosted_model::make(std::move(known)).value(), support::reseal, use, 18, 2000);
  laws::hostile_bytes(model, use);
}

TEST_CASE("boosted model: parts that do not fit to each other are refused") {
  const auto fault = [](boosted_parts parts) {
    const auto made = boosted_model::make(std::move(parts));
    return made ? std::string() : made.error().message();
  };
  const auto changed = [&](auto change, boosted_parts parts = stump(2)) {
    change(parts);
    return fault(std::move(parts));
  };
  constexpr double infinite = std::numeric_limits<double>::infinity();
  CHECK(fault(stump(2)).empty());
  CHECK(changed([](auto& p) { p.inputs = 0; }) == "boosted model: it has no columns, or more than 65,536");
  CHECK(changed([](auto& p) { p.start.clear(); }) == "boosted model: it has no output, or more than 65,536");
  CHECK(changed([](auto& p) { p.columns.pop_back(); }) == "boosted model: it has not one name for each column");
  CHECK(changed([](auto& p) { p.start[1] = infinite; }) == "boosted model: a score that it starts from is not finite");
  CHECK(changed([](auto& p) { p.slope = infinite; }) == "boosted model: its slope is not finite");
  CHECK(changed([](auto& p) { p.link = static_cast<score_link>(7); }) == "boosted model: its link is unknown");
  CHECK(changed([](auto& p) { p.start.push_back(0); }) == "boosted model: its outputs have not as many trees each");
  CHECK(changed([](auto& p) { p.weights = {1}; }) == "boosted model: it has not one weight for each column and output");
  CHECK(changed([](auto& p) { p.weights[3] = infinite; }, linear()) == "boosted model: a weight is not finite");
  CHECK(changed([](auto& p) { p.categories = {{2, 7}}; }) ==
        "boosted model: a category is of a column that it has not");
  const std::string leaves = "boosted model: its linear leaves are not whole";
  CHECK(changed([](auto& p) { p.terms.resize(1); }) == leaves);
  CHECK(changed([](auto& p) { p.constants.pop_back(); }, linear_leaves()) == leaves);
  CHECK(changed([](auto& p) { p.first_term.pop_back(); }, linear_leaves()) == leaves);
  CHECK(changed([](auto& p) { p.first_term[1] = 2; }, linear_leaves()) == leaves);
  CHECK(changed([](auto& p) { p.terms[0].column = 2; }, linear_leaves()) == leaves);
  CHECK(changed([](auto& p) { p.constants[0] = infinite; }, linear_leaves()) == leaves);
  boosted_parts narrow = stump();
  narrow.inputs = 1;
  narrow.columns.pop_back();
  narrow.trees.add(std::vector<mr::model::tree_node>{{0, 1, 1, 0, 0}, {INFINITY, 1, 0, 0, 0}, {INFINITY, 2, 0, 0, 0}},
                   std::vector<mr::model::node_record>(3));
  CHECK(fault(std::move(narrow)) == "boosted model: a node asks for a column that it has not");
}
