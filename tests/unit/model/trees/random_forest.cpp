#include <millrace/model/trees/random_forest.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/made_rows.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/trees/tree_explainer.hpp>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::forest_options;
using mr::model::matrix_view;
using mr::model::random_forest;

namespace {

const float nan_value = std::nanf("");

std::vector<double> outputs_of(const random_forest& forest, const matrix_view& rows) {
  std::vector<double> out(rows.rows());
  forest.predict(rows, out);
  return out;
}
double squared_error(const random_forest& forest, const support::made_rows& of) {
  double sum = 0;
  for (std::size_t i = 0; i < of.rows(); ++i) {
    const double off = forest(of.view().row(i)) - double{of.targets[i]};
    sum += off * off;
  }
  return sum / static_cast<double>(of.rows());
}

}  // namespace

TEST_CASE("random forest: one tree on all rows and columns, as deep as it goes, returns each row's target") {
  const support::made_rows made = support::make_rows(200, 4, 60, support::a_number);
  const auto one =
      random_forest::fit(made.view(), made.targets, {.trees = 1, .depth = 64, .columns_of_node = 4, .bootstrap = false})
          .value();
  for (std::size_t i = 0; i < made.rows(); ++i)
    CHECK(one(made.view().row(i)) == Approx(double{made.targets[i]}).margin(1e-3));  // gains below 1e-6 are none
  // A leaf of two rows at least has their mean.
  const std::vector<float> features = {1, 2, 3, 4};
  const std::vector<float> targets = {0, 2, 10, 20};
  const auto pairs =
      random_forest::fit(matrix_view(features, 1), targets, {.trees = 1, .min_leaf_weight = 2, .bootstrap = false})
          .value();
  CHECK(pairs(std::vector<float>{1}) == Approx(1));
  CHECK(pairs(std::vector<float>{9}) == Approx(15));
}

TEST_CASE("random forest: many trees foretell new rows better than one, of classes and of numbers") {
  const support::made_rows made = support::make_rows(3000, 6, 61, support::two_classes);
  const support::made_rows other = support::make_rows(3000, 6, 62, support::two_classes);
  const auto many = random_forest::fit(made.view(), made.targets).value();
  const auto one = random_forest::fit(made.view(), made.targets, {.trees = 1}).value();
  CHECK(many.trees().trees() == 100);
  CHECK(squared_error(many, other) < 0.8 * squared_error(one, other));
  const std::vector<int> labels(other.targets.begin(), other.targets.end());
  CHECK(mr::model::roc_auc(labels, outputs_of(many, other.view())).value() > 0.945);
  for (const double p : outputs_of(many, other.view())) CHECK((p >= -1e-12 && p <= 1 + 1e-12));
  const auto random_places = random_forest::fit(made.view(), made.targets, {.bootstrap = false, .random_splits = true});
  CHECK(mr::model::roc_auc(labels, outputs_of(*random_places, other.view())).value() > 0.94);

  const support::made_rows numbers = support::make_rows(3000, 5, 63, support::a_number);
  const support::made_rows fresh = support::make_rows(3000, 5, 64, support::a_number);
  const auto means = random_forest::fit(numbers.view(), numbers.targets, {.columns_of_node = 3}).value();
  CHECK(squared_error(means, fresh) < 0.25);  // of a variance of 4.0
  CHECK(means.importance()[0] > 0.5);
}

TEST_CASE("random forest: the same seed gives the same bytes; a row the same bits alone and in a batch") {
  const support::made_rows made = support::make_rows(500, 8, 65, support::two_classes, 10);
  const auto fitted = random_forest::fit(made.view(), made.targets, {.trees = 20, .seed = 3}).value();
  CHECK(random_forest::fit(made.view(), made.targets, {.trees = 20, .seed = 3}).value().save() == fitted.save());
  CHECK(random_forest::fit(made.view(), made.targets, {.trees = 20, .seed = 4}).value().save() != fitted.save());
  const std::vector<double> batch = outputs_of(fitted, made.view());
  for (std::size_t i = 0; i < made.rows(); ++i) CHECK(fitted(made.view().row(i)) == batch[i]);
  CHECK(outputs_of(random_forest::load(fitted.save()).value(), made.view()) == batch);
  std::vector<double> out(made.rows());
  CHECK(support::allocations_of([&] { fitted.predict(made.view(), out); }) == 0);
  CHECK(std::isnan(fitted(std::vector<float>(7))));  // a column is missing
}

TEST_CASE("random forest: any number of threads gives the same bytes, of numbers and of classes") {
  support::made_rows made = support::make_rows(2000, 13, 71, support::a_number, 5);
  for (std::size_t i = 0; i < made.rows(); ++i) made.features[13 * i + 4] = static_cast<float>(i % 30);
  std::vector<float> labels;
  for (const float target : made.targets) labels.push_back(target < -1 ? 0.0F : target < 1 ? 1.0F : 2.0F);
  forest_options with{.trees = 21, .depth = 6, .categories = {4}};
  const auto numbers = random_forest::fit(made.view(), made.targets, with).value().save();
  with.classes = 3;
  const auto classes = random_forest::fit(made.view(), labels, with).value().save();
  for (const std::size_t count : {2U, 3U, 8U}) {
    mr::model::threads some(count);
    with.classes = 0;
    CHECK(random_forest::fit(made.view(), made.targets, with, {}, some).value().save() == numbers);
    with.classes = 3;
    CHECK(random_forest::fit(made.view(), labels, with, {}, some).value().save() == classes);
  }
}

TEST_CASE("random forest: the first split of classes is the one of least impurity, found by trying all") {
  mr::random_engine random(5);
  for (int round = 0; round < 40; ++round) {
    support::made_rows made =
        support::make_rows(50, 4, 300 + static_cast<unsigned>(round), support::a_number, round % 3 == 0 ? 0 : 25);
    std::vector<float> labels;
    std::vector<float> weights;
    for (const float target : made.targets) {
      labels.push_back(target < -1.5F ? 0.0F : target < 0 ? 1.0F : target < 1.5F ? 2.0F : 3.0F);
      if (round % 2 == 1) weights.push_back(static_cast<float>(random.below(4)));
    }
    double best = 0;
    for (std::size_t column = 0; column < 4; ++column)
      for (std::size_t at = 0; at < made.rows(); ++at)
        for (const bool missing_left : {false, true}) {
          double of[2][4] = {};
          double sum[2] = {};
          for (std::size_t i = 0; i < made.rows(); ++i) {
            const float x = made.view()(i, column);
            const float threshold = made.view()(at, column);
            const bool left = x != x ? missing_left : threshold != threshold || x <= threshold;
            const double weight = weights.empty() ? 1 : double{weights[i]};
            of[left ? 0 : 1][static_cast<std::size_t>(labels[i])] += weight;
            sum[left ? 0 : 1] += weight;
          }
          if (sum[0] < 3 || sum[1] < 3) continue;
          double gain = 0;
          for (std::size_t k = 0; k < 4; ++k) {
            const double all = of[0][k] + of[1][k];
            gain += of[0][k] * of[0][k] / sum[0] + of[1][k] * of[1][k] / sum[1] - all * all / (sum[0] + sum[1]);
          }
          best = std::max(best, gain);
        }
    const forest_options with{
        .trees = 1, .depth = 1, .min_leaf_weight = 3, .columns_of_node = 4, .bootstrap = false, .classes = 4};
    const auto fitted = random_forest::fit(made.view(), labels, with, weights).value();
    CHECK(fitted.trees().records()[0].gain == Approx(best).epsilon(1e-5));
  }
}

TEST_CASE("random forest: classes have probabilities that add up to 1, and the likeliest is mostly right") {
  const auto label = [](const float* x, mr::random_engine&) {
    return x[0] * x[1] > 0.1F ? 2.0 : x[2] > 0.3F ? 1.0 : x[3] > 0.5F ? 3.0 : 0.0;
  };
  const support::made_rows made = support::make_rows(3000, 6, 72, label, 2);
  const support::made_rows other = support::make_rows(2000, 6, 73, label);
  for (const bool at_random : {false, true}) {
    const forest_options with{.trees = 60, .random_splits = at_random, .classes = 5};
    const auto fitted = random_forest::fit(made.view(), made.targets, with).value();
    REQUIRE(fitted.outputs() == 5);
    CHECK(fitted.trees().trees() == 300);
    std::vector<double> out(other.rows() * 5);
    fitted.predict(other.view(), out);
    std::size_t right = 0;
    for (std::size_t i = 0; i < other.rows(); ++i) {
      const std::span<const double> of = std::span(out).subspan(5 * i, 5);
      REQUIRE(of[0] + of[1] + of[2] + of[3] + of[4] == Approx(1));
      REQUIRE(of[4] == 0);  // a class that no row had
      std::size_t likeliest = 0;
      for (std::size_t k = 1; k < 5; ++k) likeliest = of[k] > of[likeliest] ? k : likeliest;
      right += likeliest == static_cast<std::size_t>(other.targets[i]);
      double alone[5];
      fitted.predict(other.view().row(i), alone);
      for (std::size_t k = 0; k < 5; ++k) REQUIRE(alone[k] == of[k]);
    }
    CHECK(right > (at_random ? 1700 : 1800));
    CHECK(std::isnan(fitted(other.view().row(0))));  // no single output
    std::vector<double> few(7, -1);
    fitted.predict(other.view(), few);  // one row of five, and no part of the second
    CHECK(few[5] == -1);
    std::vector<double> after(out.size());
    random_forest::load(fitted.save()).value().predict(other.view(), after);
    CHECK(after == out);
    const std::vector<double> matters = fitted.importance();
    CHECK(matters[0] + matters[1] + matters[2] + matters[3] > 0.8);
    CHECK(support::allocations_of([&] { fitted.predict(other.view(), out); }) == 0);
  }
}

TEST_CASE("random forest: no probability is above 1 by rounding") {
  std::vector<float> numbers;
  std::vector<float> labels;
  for (int i = 0; i < 97; ++i) {
    numbers.push_back(static_cast<float>(i));
    labels.push_back(static_cast<float>(i / 33));
  }
  const mr::model::matrix_view rows(numbers, 1);
  for (std::size_t trees = 1; trees < 60; ++trees) {
    const auto fitted = random_forest::fit(rows, labels, {.trees = trees, .classes = 3}).value();
    std::vector<double> many(rows.rows() * 3);
    fitted.predict(rows, many);
    double one[3];
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      fitted.predict(rows.row(i), one);
      for (std::size_t k = 0; k < 3; ++k) {
        CHECK(one[k] <= 1);
        CHECK(many[i * 3 + k] == one[k]);
      }
    }
  }
}

TEST_CASE("random forest: two classes by Gini's impurity are parted as by the squared error") {
  const support::made_rows made = support::make_rows(800, 5, 74, support::two_classes, 5);
  forest_options with{.trees = 1, .depth = 4, .columns_of_node = 5, .bootstrap = false};
  const auto one = random_forest::fit(made.view(), made.targets, with).value();
  with.classes = 2;
  const auto both = random_forest::fit(made.view(), made.targets, with).value();
  REQUIRE(both.trees().records().size() == 2 * one.trees().records().size());
  for (std::size_t i = 0; i < one.trees().records().size(); ++i)
    CHECK(both.trees().records()[i].gain == Approx(2 * one.trees().records()[i].gain).epsilon(1e-5));
  double out[2];
  for (std::size_t i = 0; i < made.rows(); ++i) {
    both.predict(made.view().row(i), out);
    CHECK(out[1] == Approx(one(made.view().row(i))).margin(1e-5));
    CHECK(out[0] + out[1] == Approx(1));
  }
}

TEST_CASE("random forest: categories part classes, and one class is certain") {
  std::vector<float> features;
  std::vector<float> labels;
  for (int i = 0; i < 900; ++i) {
    features.push_back(i % 18 == 17 ? nan_value : static_cast<float>(i % 18));
    features.push_back(3);
    labels.push_back(static_cast<float>(i % 18 * 7 % 4));
  }
  const matrix_view rows(features, 2);
  const forest_options with{.trees = 20, .columns_of_node = 2, .classes = 4, .categories = {0}};
  const auto fitted = random_forest::fit(rows, labels, with).value();
  double out[4];
  for (std::size_t i = 0; i < 18; ++i) {
    fitted.predict(rows.row(i), out);
    CHECK(out[static_cast<std::size_t>(labels[i])] > 0.95);
  }
  const auto certain = random_forest::fit(rows, std::vector<float>(900, 2), with).value();
  certain.predict(rows.row(0), out);
  CHECK(out[2] == Approx(1));
}

TEST_CASE("random forest: contributions add up to the mean that it foretells") {
  const support::made_rows made = support::make_rows(400, 4, 66, support::a_number, 5);
  const auto fitted = random_forest::fit(made.view(), made.targets, {.trees = 10}).value();
  mr::model::tree_explainer why(fitted.trees(), 4);
  std::vector<double> adds(4);
  for (std::size_t i = 0; i < 20; ++i) {
    why.contributions(made.view().row(i), adds);
    CHECK(why.base() + adds[0] + adds[1] + adds[2] + adds[3] == Approx(fitted(made.view().row(i))));
  }
}

TEST_CASE("random forest: missing values, categories, constant columns, one row") {
  std::vector<float> features;
  std::vector<float> targets;
  for (int i = 0; i < 600; ++i) {
    features.push_back(static_cast<float>(i % 12));
    features.push_back(i % 5 == 0 ? nan_value : 1);
    features.push_back(7);
    targets.push_back((i % 12) % 3 == 1 || i % 5 == 0 ? 1.0F : 0.0F);
  }
  forest_options with{.trees = 30, .columns_of_node = 3};
  with.categories = {0};
  const auto fitted = random_forest::fit(matrix_view(features, 3), targets, with).value();
  CHECK(fitted(std::vector<float>{4, 1, 7}) > 0.9);
  CHECK(fitted(std::vector<float>{5, 1, 7}) < 0.1);
  CHECK(fitted(std::vector<float>{5, nan_value, 7}) > 0.9);
  CHECK(std::isfinite(fitted(std::vector<float>{1e9F, nan_value, nan_value})));
  const std::vector<float> one = {1, 2};
  const std::vector<float> four = {4};
  CHECK(random_forest::fit(matrix_view(one, 2), four).value()(one) == Approx(4));
  const std::vector<float> missing(40, nan_value);
  const std::vector<float> some(20, 3);
  CHECK(random_forest::fit(matrix_view(missing, 2), some).value()(one) == Approx(3));
}

TEST_CASE("random forest: rows of weight 0 count as none") {
  support::made_rows made = support::make_rows(300, 4, 67, support::a_number);
  std::vector<float> weights(made.rows(), 1);
  for (std::size_t i = 0; i < made.rows(); i += 3) {
    weights[i] = 0;
    made.targets[i] = 1e6F;
  }
  const auto fitted = random_forest::fit(made.view(), made.targets, {.trees = 20}, weights).value();
  for (std::size_t i = 0; i < made.rows(); ++i) CHECK(std::fabs(fitted(made.view().row(i))) < 10);
  weights.assign(made.rows(), 0);
  CHECK(random_forest::fit(made.view(), made.targets, {}, weights).error().code() == mr::errc::invalid_data);
}

TEST_CASE("random forest: probabilities add up to 1 where trees drew no row that weighs anything") {
  support::made_rows made = support::make_rows(60, 3, 79, support::a_number);
  std::vector<float> weights(made.rows(), 0);
  for (std::size_t i = 0; i < made.rows(); ++i) made.targets[i] = static_cast<float>(i % 3);
  for (std::size_t i = 0; i < 3; ++i) weights[i] = 1;
  const auto fitted = random_forest::fit(made.view(), made.targets, {.trees = 40, .classes = 3}, weights).value();
  std::vector<double> out(3);
  for (std::size_t i = 0; i < made.rows(); ++i) {
    fitted.predict(made.view().row(i), out);
    CHECK(out[0] + out[1] + out[2] == Approx(1).epsilon(1e-12));
  }
}

TEST_CASE("random forest: what is out of range is an error that names it") {
  const support::made_rows made = support::make_rows(50, 4, 68, support::two_classes);
  const auto refused = [&](const char* name, const forest_options& with) {
    const auto fitted = random_forest::fit(made.view(), made.targets, with);
    REQUIRE_FALSE(fitted.has_value());
    CHECK(fitted.error().code() == mr::errc::invalid_argument);
    CHECK(std::string(fitted.error().message()).find(name) != std::string::npos);
  };
  refused("trees", {.trees = 0});
  refused("depth", {.depth = 0});
  refused("depth", {.depth = 65});
  refused("min_leaf_weight", {.min_leaf_weight = -1});
  refused("min_leaf_weight", {.min_leaf_weight = std::nan("")});
  refused("columns_of_node", {.columns_of_node = 5});
  refused("bins", {.bins = 1});
  refused("categories", {.categories = {9}});
  CHECK(random_forest::fit(matrix_view(), {}).error().code() == mr::errc::invalid_argument);
  CHECK(random_forest::fit(made.view(), std::vector<float>(3)).error().code() == mr::errc::shape_mismatch);
  std::vector<float> targets = made.targets;
  targets[7] = 3e38F;
  const std::vector<float> heavy(made.rows(), 1e30F);
  CHECK(random_forest::fit(made.view(), targets, {}, heavy).error().code() == mr::errc::not_finite);
  targets[7] = std::numeric_limits<float>::infinity();
  CHECK(random_forest::fit(made.view(), targets).error().code() == mr::errc::not_finite);
}

TEST_CASE("random forests keep their saved form, and damaged bytes are an error or a forest that works") {
  support::made_rows made = support::make_rows(60, 4, 69, support::two_classes, 10);
  for (std::size_t i = 0; i < made.rows(); ++i) made.features[4 * i] = static_cast<float>(i % 5);
  const auto fitted =
      random_forest::fit(made.view(), made.targets, {.trees = 3, .depth = 3, .categories = {0}}).value();
  const auto old = random_forest::load(support::golden("model/random_forest.bin")).value();
  CHECK(old.save() == support::golden("model/random_forest.bin"));
  for (std::size_t i = 0; i < made.rows(); ++i)
    CHECK(old(made.view().row(i)) == Approx(fitted(made.view().row(i))).epsilon(1e-9).margin(1e-12));
  const auto use = [](const random_forest& found) {
    (void)found(std::vector<float>(found.inputs(), 1.5F));
    (void)found(std::vector<float>(found.inputs(), nan_value));
    (void)found.save();
  };
  laws::hostile_payload(fitted, support::reseal, use, 18, 2000);
  laws::hostile_bytes(fitted, use);
}

TEST_CASE("random forest: kernels are chosen on rows of the caller's, and no output changes") {
  const support::made_rows made = support::make_rows(300, 4, 63, support::a_number);
  auto forest = random_forest::fit(made.view(), made.targets, {.trees = 20}).value();
  const auto before = outputs_of(forest, made.view());
  const auto chosen = forest.calibrate_kernels(made.view());
  CHECK(chosen == forest.trees().kernels());
  CHECK(chosen.fewest_rows <= 32);
  CHECK(outputs_of(forest, made.view()) == before);
  CHECK(forest.calibrate_kernels(matrix_view(made.view().data(), 100, 3)) == chosen);  // too few columns
}

TEST_CASE("random forest: rows of fewer columns are NaN, one by one and together") {
  const support::made_rows made = support::make_rows(100, 4, 78, support::a_number);
  const auto fitted = random_forest::fit(made.view(), made.targets, {.trees = 3}).value();
  const matrix_view narrow(made.features.data(), 40, 3, 4);
  for (const double x : outputs_of(fitted, narrow)) CHECK(std::isnan(x));
  CHECK(std::isnan(fitted(narrow.row(0))));
  std::vector<double> few(20);
  fitted.predict(made.view(), few);
  for (std::size_t i = 0; i < 20; ++i) CHECK(few[i] == fitted(made.view().row(i)));
}
