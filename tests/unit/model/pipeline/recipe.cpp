#include <millrace/model/pipeline/recipe.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/one_vs_rest.hpp>
#include <millrace/model/calibration/platt.hpp>
#include <millrace/model/linear.hpp>
#include <millrace/model/parallel.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/store/saved_file.hpp>

#include <laws/aggregator.hpp>
#include <laws/predictor.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/payments.hpp>
#include <support/temp_dir.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;
using support::payment;

namespace {

const auto trees = mm::trained_by<mm::boosted_trees<>>({.rounds = 15, .leaves = 7});

auto recipe() { return mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>()); }

/// A pipeline whose golden bytes are kept: of sums, products and quotients alone.
auto small_recipe() { return mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::ridge>({.l2 = 1})); }

/// As laws of saved bytes want it: `load` without a recipe.
struct saved_pipeline {
  decltype(recipe())::pipeline_type made;

  auto save() const { return made.save(); }
  static mr::result<saved_pipeline> load(std::span<const std::byte> bytes) {
    auto loaded = recipe().load(bytes);
    if (!loaded) return std::move(loaded).error();
    return saved_pipeline{*std::move(loaded)};
  }
};
struct small_saved_pipeline {
  decltype(small_recipe())::pipeline_type made;

  auto save() const { return made.save(); }
  static mr::result<small_saved_pipeline> load(std::span<const std::byte> bytes) {
    auto loaded = small_recipe().load(bytes);
    if (!loaded) return std::move(loaded).error();
    return small_saved_pipeline{*std::move(loaded)};
  }
};

std::string error_of(const auto& result) {
  REQUIRE_FALSE(result);
  return result.error().describe();
}

}  // namespace

TEST_CASE("a pipeline is fitted to targets in a list, by an accessor, or from a stream: the same") {
  const auto past = support::make_payments(300);
  std::vector<float> targets;
  for (const payment& one : past) targets.push_back(one.is_fraud ? 1 : 0);
  const auto bytes = recipe().fit(past, targets).value().save();
  CHECK(recipe().fit(past, &payment::is_fraud).value().save() == bytes);
  CHECK(recipe().fit(past, [](const payment& one) { return one.is_fraud; }, &payment::weight).value().save() == bytes);
  CHECK(recipe().fit(past, targets, std::vector<float>(300, 1.0F)).value().save() == bytes);
  int times = 0;
  const auto streamed = recipe().fit_stream([&](const auto& sink) -> mr::result<void> {
    ++times;
    for (const payment& one : past) sink(one, one.is_fraud ? 1.0F : 0.0F);
    return {};
  });
  REQUIRE(streamed);
  CHECK(streamed->save() == bytes);
  CHECK(times == 2);
}

TEST_CASE("a calibration is fitted to events that neither features nor model have seen") {
  auto past = support::make_payments(500);
  const auto first = recipe().fit(past, &payment::is_fraud);
  REQUIRE(first);
  CHECK((first->trained_on() > 350 && first->trained_on() < 450));
  // The events that the draw of seed 1 keeps are changed: features and model stay as they are, the calibration not.
  mr::random_engine random(1);
  for (payment& one : past)
    if (random.uniform() < 0.2) {
      one.amount = 1000 - one.amount;
      one.country = "XX";
    }
  const auto second = recipe().fit(past, &payment::is_fraud);
  REQUIRE(second);
  CHECK(second->features().save() == first->features().save());
  CHECK(second->model().save() == first->model().save());
  CHECK(second->calibration().save() != first->calibration().save());
}

TEST_CASE("the latest events may be held out, in memory and in a stream") {
  auto past = support::make_payments(500);
  const auto latest =
      mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>({.share = 0.3, .latest = true}));
  const auto first = latest.fit(past, &payment::is_fraud);
  REQUIRE(first);
  CHECK(first->trained_on() == 350);
  int times = 0;
  const auto streamed = latest.fit_stream([&](const auto& sink) {
    ++times;
    for (const payment& one : past) sink(one, one.is_fraud ? 1.0F : 0.0F);
  });
  REQUIRE(streamed);
  CHECK(times == 3);
  CHECK(streamed->save() == first->save());
  for (std::size_t i = 350; i < 500; ++i) past[i].amount = 1000 - past[i].amount;
  const auto second = latest.fit(past, &payment::is_fraud);
  REQUIRE(second);
  CHECK(second->features().save() == first->features().save());
  CHECK(second->model().save() == first->model().save());
  CHECK(second->calibration().save() != first->calibration().save());
}

TEST_CASE("a calibrated pipeline answers what the calibration makes of the model's log odds") {
  const auto past = support::make_payments(500);
  const auto fitted = recipe().fit(past, &payment::is_fraud);
  REQUIRE(fitted);
  double score = 0;
  float row[decltype(support::payment_features())::width];
  REQUIRE_FALSE(fitted->features()(past[0], row));
  fitted->model().score(row, std::span(&score, 1));
  CHECK((*fitted)(past[0]).value == fitted->calibration()(score));
  const auto steps =
      mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::isotonic>({.share = 0.4, .seed = 2}))
          .fit(past, &payment::is_fraud);
  REQUIRE(steps);
  CHECK(steps->trained_on() < 350);
}

TEST_CASE("several classes are calibrated by one_vs_rest, on events held out") {
  const auto past = support::make_payments(600);
  const auto kind = [](const payment& of) { return of.amount > 600 ? 2 : of.is_fraud ? 1 : 0; };
  const auto three = mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1}),
                                     mm::calibrated_by<mm::one_vs_rest<>>());
  const auto fitted = three.fit(past, kind);
  REQUIRE(fitted);
  REQUIRE(fitted->outputs() == 3);
  const auto loaded = three.load(fitted->save());
  REQUIRE(loaded);
  std::vector<double> together(past.size() * 3);
  REQUIRE((*loaded)(past, together));
  float row[decltype(support::payment_features())::width];
  for (std::size_t i = 0; i < 50; ++i) {
    double alone[3];
    CHECK_FALSE((*fitted)(past[i], alone));
    CHECK(laws::bits_of(alone) == laws::bits_of(std::span(together).subspan(i * 3, 3)));
    CHECK(alone[0] + alone[1] + alone[2] == Approx(1));
    // By hand: the log odds of what the model says, and what the calibration makes of them.
    double odds[3];
    REQUIRE_FALSE(fitted->features()(past[i], row));
    fitted->model().predict(row, odds);
    for (double& one : odds) one = std::log(one / (1 - one));
    fitted->calibration()(odds, odds);
    for (std::size_t k = 0; k < 3; ++k) CHECK(odds[k] == Approx(alone[k]).epsilon(1e-9));
  }
  CHECK_THAT(error_of(three.fit(past, &payment::is_fraud)), ContainsSubstring("there must be two classes at least"));
  const auto plain = mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1}));
  CHECK_THAT(error_of(plain.load(fitted->save())), ContainsSubstring("saved form holds one_vs_rest, expected no"));
}

TEST_CASE("a pipeline fitted on threads is the same, to the byte") {
  const auto past = support::make_payments(300);
  mm::threads three(3);
  const auto same = [&](auto options, auto model) {
    using model_type = typename decltype(model)::type;
    const auto alone = mm::pipeline_of(support::payment_features(), mm::trained_by<model_type>(options));
    const auto together = mm::pipeline_of(support::payment_features(), mm::trained_by<model_type>(options, three));
    CHECK(alone.fit(past, &payment::is_fraud).value().save() == together.fit(past, &payment::is_fraud).value().save());
  };
  same(mm::forest_options{.trees = 9}, std::type_identity<mm::random_forest>());
  same(mm::boosting_options{.rounds = 9}, std::type_identity<mm::boosted_trees<>>());
  same(mm::ridge_options{}, std::type_identity<mm::ridge>());
}

TEST_CASE("events of weight 0 are not learnt from") {
  auto past = support::make_payments(200);
  const auto ridge = mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::ridge>());
  std::vector<float> weights(200, 1.0F);
  const auto without = ridge.fit(past, &payment::is_fraud, weights);
  payment odd{1e6, "FR", 99};
  past.push_back(odd);
  weights.push_back(0);
  const auto with = ridge.fit(past, &payment::is_fraud, weights);
  REQUIRE(without);
  REQUIRE(with);
  CHECK(with->features().save() == without->features().save());
  CHECK((*with)(past[0]) == Approx((*without)(past[0])).epsilon(1e-12));
}

TEST_CASE("a model without targets, and one fitted by a function of one's own, stand in a pipeline") {
  const auto past = support::make_payments(300);
  const auto odd = mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::isolation_forest>({.trees = 20}));
  const auto fitted = odd.fit(past);
  REQUIRE(fitted);
  CHECK((*fitted)({1e6, "BR", 99}) < (*fitted)(past[0]));

  const auto quantile = mm::pipeline_of(support::lenient_features(), [](const mm::matrix_view& rows,
                                                                        std::span<const float> targets,
                                                                        std::span<const float> weights) {
    return mm::boosted_trees<mm::quantile_loss>::fit(rows, targets, {.rounds = 10}, weights, mm::quantile_loss{0.9});
  });
  const auto high = quantile.fit(past, &payment::amount);
  REQUIRE(high);
  CHECK((*quantile.load(high->save()))(past[0]) == (*high)(past[0]));
}

TEST_CASE("what cannot be fitted is an error that names its step") {
  auto past = support::make_payments(50);
  // A function of one's own may return a model of other columns.
  const auto other = mm::pipeline_of(
      support::payment_features(),
      [](const mm::matrix_view& rows, std::span<const float> targets, std::span<const float> weights) {
        return mm::ridge::fit(mm::matrix_view(rows.data(), rows.rows(), 2, rows.stride()), targets, {.l2 = 1}, weights);
      });
  CHECK_THAT(error_of(other.fit(past, &payment::is_fraud)),
             ContainsSubstring("pipeline, model: it takes 2 columns and has 1 outputs; the features make "));
  CHECK(error_of(recipe().fit(past, std::vector<float>(49))) == "pipeline: 49 targets for 50 events");
  CHECK(error_of(recipe().fit(past, &payment::is_fraud, std::vector<float>(3))) == "pipeline: 3 weights for 50 events");
  CHECK(error_of(recipe().fit({}, &payment::is_fraud)) == "pipeline: there are no events to fit to");
  CHECK(error_of(recipe().fit(past, &payment::is_fraud, std::vector<float>(50))) ==
        "pipeline: there is nothing to learn from: all 50 events have weight 0");
  std::vector<float> targets(50);
  targets[31] = std::nanf("");
  CHECK(error_of(recipe().fit(past, targets)) == "pipeline: the target of event 31 is NaN");
  CHECK_THAT(error_of(recipe().fit(past, std::vector<float>(50, 2.0F))), ContainsSubstring("pipeline, model: "));
  CHECK_THAT(error_of(recipe().fit(past, std::vector<float>(50, 1.0F))), ContainsSubstring("pipeline, calibration by"));
  const auto share = mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>({.share = 1}));
  CHECK_THAT(error_of(share.fit(past, &payment::is_fraud)), ContainsSubstring("must be in (0, 1)"));
  past[7].amount = std::nan("");
  CHECK(error_of(recipe().fit(past, &payment::is_fraud)) ==
        "pipeline: event 7, feature \"amount\": the value is missing");
  int calls = 0;
  CHECK(error_of(small_recipe().fit_stream([&](const auto& sink) {
          for (std::size_t i = calls++ == 0 ? 0 : 1; i < 50; ++i) sink(past[i], 1.0F);
        })) == "pipeline: 50 events were read the first time, and 49 the second");
  CHECK_THAT(error_of(small_recipe().fit_stream(
                 [](const auto&) -> mr::result<void> { return mr::error(mr::errc::io, "the disk is gone"); })),
             ContainsSubstring("the disk is gone"));
  const auto several = mm::pipeline_of(support::payment_features(), mm::trained_by<mm::logistic_regression>({.l2 = 1}),
                                       mm::calibrated_by<mm::platt>());
  past[7].amount = 1;
  CHECK_THAT(
      error_of(several.fit(past, [](const payment& of) { return of.country == "FR" ? 2
                                                                : of.is_fraud      ? 1
                                                                                   : 0; })),
      ContainsSubstring("the model has 3 outputs"));
}

TEST_CASE("errors of a model name events by their place among all, and columns by their features") {
  auto past = support::make_payments(200);
  std::vector<float> targets;
  for (const payment& one : past) targets.push_back(one.is_fraud ? 1 : 0);
  const auto held = [&](mm::held_out from) {
    return mm::pipeline_of(support::lenient_features(), trees, mm::calibrated_by<mm::platt>(from));
  };
  const auto forest = mm::pipeline_of(support::lenient_features(), mm::trained_by<mm::random_forest>({.classes = 2}),
                                      mm::calibrated_by<mm::one_vs_rest<>>());
  for (const std::size_t bad : {0U, 77U, 150U, 199U}) {  // some of them held out, and so a matter of the calibration
    const std::string at = "event " + std::to_string(bad);
    auto wrong = targets;
    wrong[bad] = 0.5F;
    CHECK_THAT(error_of(held({}).fit(past, wrong)), ContainsSubstring(at + " is "));
    CHECK_THAT(error_of(held({.share = 0.3, .latest = true}).fit(past, wrong)), ContainsSubstring(at + " is "));
    CHECK_THAT(error_of(forest.fit(past, wrong)), ContainsSubstring("of " + at + " is "));
    std::vector<float> weights(200, 1.0F);
    weights[bad] = -1;
    CHECK_THAT(error_of(held({}).fit(past, targets, weights)), ContainsSubstring("the weight of " + at));
  }
  // A feature that is missing, for a model that takes none.
  const auto linear = mm::pipeline_of(
      mf::features<payment>(mf::numerical<"size">(&payment::amount), mf::numerical<"row 3">(&payment::age)),
      mm::trained_by<mm::logistic_regression>({.l2 = 1}), mm::calibrated_by<mm::platt>());
  for (payment& one : past) one.age = 30;
  past[150].age = {};
  CHECK_THAT(error_of(linear.fit(past, targets)), ContainsSubstring("event 150, feature \"row 3\" is NaN"));
}

TEST_CASE("a saved pipeline loaded as another one is one error that lists both sides") {
  const auto past = support::make_payments(300);
  const auto bytes = recipe().fit(past, &payment::is_fraud).value().save();
  const auto other =
      mm::pipeline_of(mf::features<payment>(mf::numerical<"amount">(&payment::amount)), mm::trained_by<mm::ridge>());
  const auto found = other.load(bytes);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::type_mismatch);
  CHECK(error_of(found) ==
        "saved pipeline: features: saved features hold [amount: standardize, missing refuse; country: one_hot(DE, FR, "
        "US), unknown flag; age: impute], expected [amount: numerical]; model: saved form holds "
        "boosted_trees<logistic>, expected ridge; calibration: saved form holds platt, expected no calibration");
  const auto plain = mm::pipeline_of(support::payment_features(), trees);
  CHECK(error_of(plain.load(bytes)) == "saved pipeline: calibration: saved form holds platt, expected no calibration");
  CHECK(error_of(recipe().load(plain.fit(past, &payment::is_fraud).value().save())) ==
        "saved pipeline: calibration: saved form holds none, expected one: it is of a pipeline with `uncalibrated`");
  const auto model =
      mm::ridge::fit(mm::matrix_view(std::vector<float>{1, 2, 3}, 1), std::vector<float>{1, 2, 3}).value();
  CHECK(error_of(recipe().load(model.save())) == "saved form holds ridge, expected pipeline");
}

TEST_CASE("the rows saved with a pipeline are predicted again when it is loaded") {
  const auto past = support::make_payments(300);
  auto bytes = small_recipe().fit(past, &payment::is_fraud).value().save();
  // The last number before the checksum is the last row's answer.
  double answer = 0;
  __builtin_memcpy(&answer, bytes.data() + bytes.size() - 12, 8);
  answer += 0.125;
  __builtin_memcpy(bytes.data() + bytes.size() - 12, &answer, 8);
  support::reseal(bytes);
  const auto found = small_recipe().load(bytes);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::invalid_data);
  CHECK_THAT(error_of(found), ContainsSubstring("row 7 of those saved with it now gives "));
}

TEST_CASE("damaged bytes of a pipeline are an error, or a pipeline that works") {
  const auto past = support::make_payments(120);
  const auto use = [&](const auto& found) {
    (void)found.made(past[0]);
    CHECK_FALSE(found.save().empty());
  };
  small_saved_pipeline made{small_recipe().fit(past, &payment::is_fraud).value()};
  laws::hostile_bytes(made, use);
  laws::hostile_payload(made, support::reseal, use, 5, 3000);
  saved_pipeline whole{mm::pipeline_of(support::payment_features(), trees, mm::calibrated_by<mm::platt>())
                           .fit(past, &payment::is_fraud)
                           .value()};
  laws::hostile_payload(whole, support::reseal, use, 6, 1500);
}

TEST_CASE("golden bytes of a pipeline load, and are what is saved") {
  const auto made = small_recipe().fit(support::make_payments(200), &payment::is_fraud);
  REQUIRE(made);
  const auto back = support::from_golden("model/pipeline.bin", small_saved_pipeline{*made});
  CHECK(back.made(support::make_payments(1)[0]) == (*made)(support::make_payments(1)[0]));
}

TEST_CASE("a pipeline is one file, written and read by the recipe") {
  const support::temp_dir dir;
  const auto past = support::make_payments(120);
  const auto made = recipe().fit(past, &payment::is_fraud);
  REQUIRE(made);
  const std::string path = dir / "fraud.mrag";
  REQUIRE(mr::store::save_file(path, *made));
  const auto back = mr::store::load_file(path, recipe());
  REQUIRE(back);
  CHECK((*back)(past[0]).value == (*made)(past[0]).value);
  CHECK_THAT(error_of(mr::store::load_file(path, small_recipe())), ContainsSubstring(path));
}
