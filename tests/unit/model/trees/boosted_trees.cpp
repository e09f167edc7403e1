#include <millrace/model/trees/boosted_trees.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/made_rows.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::boosted_trees;
using mr::model::boosting_options;
using mr::model::matrix_view;

namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
const float nan_value = std::nanf("");

/// The best first split of the squared loss, by trying every threshold of every column and both sides for missing
/// values: the gain, in doubles.
double best_gain(const support::made_rows& of, const std::vector<float>& weights, double l2, double min_weight) {
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : double{weights[i]}; };
  double mean = 0;
  double total = 0;
  for (std::size_t i = 0; i < of.rows(); ++i) {
    mean += weight(i) * double{of.targets[i]};
    total += weight(i);
  }
  mean /= total;
  double best = 0;
  for (std::size_t column = 0; column < of.columns; ++column)
    for (std::size_t at = 0; at < of.rows(); ++at)
      for (const bool missing_left : {false, true}) {
        double g[2] = {0, 0};
        double h[2] = {0, 0};
        for (std::size_t i = 0; i < of.rows(); ++i) {
          const float x = of.view()(i, column);
          const float threshold = of.view()(at, column);
          const bool left = x != x ? missing_left : threshold != threshold || x <= threshold;
          g[left ? 0 : 1] += weight(i) * (mean - double{of.targets[i]});
          h[left ? 0 : 1] += weight(i);
        }
        if (h[0] < min_weight || h[1] < min_weight) continue;
        const double all = g[0] + g[1];
        best = std::max(best, g[0] * g[0] / (h[0] + l2) + g[1] * g[1] / (h[1] + l2) - all * all / (h[0] + h[1] + l2));
      }
  return best;
}

double log_loss(const boosted_trees<>& model, const support::made_rows& of) {
  double sum = 0;
  for (std::size_t i = 0; i < of.rows(); ++i) {
    const double p = model(of.view().row(i));
    sum -= std::log(of.targets[i] > 0 ? p : 1 - p);
  }
  return sum / static_cast<double>(of.rows());
}

template <class Loss>
std::vector<double> outputs_of(const boosted_trees<Loss>& model, const matrix_view& rows) {
  std::vector<double> out(rows.rows() * model.outputs());
  model.predict(rows, out);
  return out;
}

}  // namespace

TEST_CASE("the guide's boosted trees") {
  // [boosted_trees]
  // Was the payment a fraud? Amount, hour of the day, and the country as a number from a list.
  const std::vector<float> payments{12, 9, 0, 900, 3, 1, 15, 10, 2, 850, 2, 0, 20, 14, 1, 990, 4, 2};
  const std::vector<float> frauds{0, 1, 0, 1, 0, 1};
  const mr::model::boosting_options with{.rounds = 20, .min_child_weight = 0.1, .categories = {2}};
  const auto fitted = mr::model::boosted_trees<>::fit(mr::model::matrix_view(payments, 3), frauds, with);
  if (!fitted) throw std::runtime_error(fitted.error().describe());     // names the row, column or option at fault
  const double probability = (*fitted)(std::vector<float>{940, 3, 7});  // a country never seen counts as missing
  const std::vector<double> by_column = fitted->importance();
  // [/boosted_trees]
  CHECK(probability > 0.7);
  CHECK(by_column[0] + by_column[1] + by_column[2] == Approx(1));
}

TEST_CASE("boosted trees: the first split is the best of all, found by trying them") {
  mr::random_engine random(3);
  for (int round = 0; round < 60; ++round) {
    support::made_rows made =
        support::make_rows(40, 4, 100 + static_cast<unsigned>(round), support::a_number, round % 3 == 0 ? 0 : 25);
    if (round % 4 == 1)  // ties
      for (float& x : made.features) x = std::floor(x * 3);
    std::vector<float> weights;
    if (round % 2 == 1)
      for (std::size_t i = 0; i < made.rows(); ++i) weights.push_back(static_cast<float>(random.below(4)));
    const double least = round % 5 == 0 ? 6 : 1;
    const auto fitted = boosted_trees<mr::model::squared_loss>::fit(
        made.view(), made.targets, {.rounds = 1, .leaves = 2, .l2 = 0.5, .min_child_weight = least}, weights);
    REQUIRE(fitted.has_value());
    REQUIRE(fitted->trees().trees() == 1);
    CHECK(fitted->trees().records()[0].gain == Approx(best_gain(made, weights, 0.5, least)).epsilon(1e-5));
  }
}

TEST_CASE("boosted trees: a leaf's value is the mean of what its rows still ask for, drawn towards 0") {
  const std::vector<float> features = {1, 2, 3, 10, 11, 12};
  const std::vector<float> targets = {1, 1, 1, 5, 5, 5};
  const auto fitted = boosted_trees<mr::model::squared_loss>::fit(
      matrix_view(features, 1), targets, {.rounds = 1, .leaves = 2, .learning_rate = 0.5, .l2 = 1});
  REQUIRE(fitted.has_value());
  // The start is 3, each side asks for -2 and 2 thrice: 6 / (3 + 1) / 2.
  CHECK((*fitted)(std::vector<float>{2}) == Approx(3 - 0.75));
  CHECK((*fitted)(std::vector<float>{6.5F}) == Approx(3 - 0.75));  // the threshold: in the middle, not above it
  CHECK((*fitted)(std::vector<float>{6.6F}) == Approx(3 + 0.75));
}

TEST_CASE("boosted trees: they learn, and more rounds fit the training rows better") {
  const support::made_rows made = support::make_rows(4000, 6, 5, support::two_classes);
  const support::made_rows other = support::make_rows(4000, 6, 6, support::two_classes);
  double before = 1;
  for (const std::size_t rounds : {1U, 10U, 50U, 150U}) {
    const auto fitted = boosted_trees<>::fit(made.view(), made.targets, {.rounds = rounds});
    REQUIRE(fitted.has_value());
    const double now = log_loss(*fitted, made);
    CHECK(now < before);
    before = now;
    if (rounds == 50) CHECK(log_loss(*fitted, other) < 0.3);  // 0.69 by the share alone
  }
}

TEST_CASE("boosted trees: the same seed and data give the same bytes, another seed others") {
  const support::made_rows made = support::make_rows(500, 12, 7, support::two_classes, 5);
  boosting_options with{.rounds = 20, .row_share = 0.7, .column_share = 0.5, .patience = 5, .seed = 9};
  const auto bytes = boosted_trees<>::fit(made.view(), made.targets, with).value().save();
  CHECK(boosted_trees<>::fit(made.view(), made.targets, with).value().save() == bytes);
  for (const std::size_t count : {2U, 3U, 8U}) {
    mr::model::threads some(count);
    CHECK(boosted_trees<>::fit(made.view(), made.targets, with, {}, {}, some).value().save() == bytes);
  }
  with.seed = 10;
  CHECK(boosted_trees<>::fit(made.view(), made.targets, with).value().save() != bytes);
  // A view with a stride is the same table.
  std::vector<float> wide;
  for (std::size_t i = 0; i < made.rows(); ++i) {
    for (const float x : made.view().row(i)) wide.push_back(x);
    wide.push_back(inf);
  }
  with.seed = 9;
  const matrix_view strided(wide.data(), made.rows(), 12, 13);
  CHECK(boosted_trees<>::fit(strided, made.targets, with).value().save() == bytes);
}

TEST_CASE("boosted trees: any number of threads gives the same bytes, of many rows, columns, classes and categories") {
  support::made_rows made = support::make_rows(20'000, 33, 41, support::two_classes, 3);
  std::vector<float> weights;
  for (std::size_t i = 0; i < made.rows(); ++i) {
    made.features[33 * i + 21] = static_cast<float>(i % 40);
    weights.push_back(static_cast<float>(i % 7) / 4);
  }
  const boosting_options with{.rounds = 5, .categories = {21}};
  const auto bytes = boosted_trees<>::fit(made.view(), made.targets, with, weights).value().save();
  const auto of_classes =
      boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, with, {}, {3}).value().save();
  const auto medians =
      boosted_trees<mr::model::quantile_loss>::fit(made.view(), made.targets, with, weights).value().save();
  for (const std::size_t count : {2U, 3U, 8U}) {
    mr::model::threads some(count);
    CHECK(boosted_trees<>::fit(made.view(), made.targets, with, weights, {}, some).value().save() == bytes);
    CHECK(boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, with, {}, {3}, some).value().save() ==
          of_classes);
    CHECK(boosted_trees<mr::model::quantile_loss>::fit(made.view(), made.targets, with, weights, {}, some)
              .value()
              .save() == medians);
  }
}

TEST_CASE("boosted trees: a row has the same bits alone, in a batch, by any thread and after loading") {
  const support::made_rows made = support::make_rows(600, 10, 8, support::two_classes, 10);
  const auto fitted = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 37, .leaves = 20}).value();
  const std::vector<double> batch = outputs_of(fitted, made.view());
  for (std::size_t i = 0; i < made.rows(); ++i) CHECK(fitted(made.view().row(i)) == batch[i]);
  const auto loaded = boosted_trees<>::load(fitted.save()).value();
  CHECK(outputs_of(loaded, made.view()) == batch);
  std::vector<std::vector<double>> by_thread(4);
  std::vector<std::thread> threads;
  for (auto& out : by_thread) threads.emplace_back([&] { out = outputs_of(fitted, made.view()); });
  for (auto& thread : threads) thread.join();
  for (const auto& out : by_thread) CHECK(out == batch);
}

TEST_CASE("boosted trees: a row too short is NaN, and nothing is written beyond what there is room for") {
  const support::made_rows made = support::make_rows(200, 4, 8, support::two_classes);
  const auto fitted = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 5}).value();
  CHECK(std::isnan(fitted(std::vector<float>{1, 2, 3})));
  CHECK(std::isnan(fitted(std::vector<float>{})));
  CHECK(fitted(std::vector<float>{1, 2, 3, 4, 5}) == fitted(std::vector<float>{1, 2, 3, 4}));
  std::vector<double> few(3, -1);
  fitted.predict(made.view(), few);
  CHECK(few[2] == fitted(made.view().row(2)));
  const auto classes =
      boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, {.rounds = 5}, {}, {3}).value();
  std::vector<double> out(4, -1);
  classes.predict(made.view(), out);  // one row of three, and no part of the second
  CHECK(out[0] + out[1] + out[2] == Approx(1));
  CHECK(out[3] == -1);
  CHECK(std::isnan(classes(made.view().row(0))));
}

TEST_CASE("boosted trees: prediction allocates nothing") {
  const support::made_rows made = support::make_rows(200, 5, 8, support::two_classes);
  const auto fitted = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 10}).value();
  std::vector<double> out(made.rows());
  CHECK(support::allocations_of([&] {
          fitted.predict(made.view(), out);
          out[0] = fitted(made.view().row(0));
        }) == 0);
}

TEST_CASE("boosted trees: missing values go where the loss falls most, and to a side of their own if that is best") {
  std::vector<float> features;
  std::vector<float> targets;
  for (int i = 0; i < 60; ++i) {
    features.push_back(i % 3 == 0 ? nan_value : static_cast<float>(i));
    targets.push_back(i % 3 == 0 ? 1.0F : 0.0F);
  }
  const auto fitted = boosted_trees<>::fit(matrix_view(features, 1), targets, {.rounds = 20}).value();
  CHECK(fitted(std::vector<float>{nan_value}) > 0.8);
  CHECK(fitted(std::vector<float>{10.0F}) < 0.2);
}

TEST_CASE("boosted trees: where none were missing when it was fitted, a missing value goes with most rows") {
  const boosting_options once{.rounds = 1, .leaves = 2, .min_child_weight = 0.1};
  for (const bool most_left : {false, true}) {
    std::vector<float> features;
    std::vector<float> targets;
    for (int i = 0; i < 60; ++i) {
      features.push_back(static_cast<float>(i));
      targets.push_back(i < (most_left ? 40 : 20) ? 1.0F : 0.0F);
    }
    const auto fitted = boosted_trees<>::fit(matrix_view(features, 1), targets, once).value();
    CHECK(fitted(std::vector<float>{nan_value}) == fitted(std::vector<float>{most_left ? -inf : inf}));
  }
}

TEST_CASE("boosted trees: so it does in the nodes without missing values of a column that has some") {
  // Rows without x1 are those of x0 = 0; the others are parted by x1 at 30, 100 of 130 rows above it.
  std::vector<float> features;
  std::vector<float> targets;
  for (int i = 0; i < 260; ++i) {
    const bool lacks = i % 2 == 0;
    features.insert(features.end(), {lacks ? 0.0F : 1.0F, lacks ? nan_value : static_cast<float>(i / 2)});
    targets.push_back(lacks ? 9.0F : i / 2 < 30 ? 0.0F : 1.0F);
  }
  const auto fitted = boosted_trees<mr::model::squared_loss>::fit(matrix_view(features, 2), targets,
                                                                  {.rounds = 1, .leaves = 3, .learning_rate = 1})
                          .value();
  CHECK(fitted(std::vector<float>{1, nan_value}) == fitted(std::vector<float>{1, 200}));
  CHECK(fitted(std::vector<float>{1, 200}) > fitted(std::vector<float>{1, 0}));
  for (float& target : targets) target = target == 9 ? 9.0F : 1 - target;
  for (float& x : features) x = -x;
  const auto turned = boosted_trees<mr::model::squared_loss>::fit(matrix_view(features, 2), targets,
                                                                  {.rounds = 1, .leaves = 3, .learning_rate = 1})
                          .value();
  CHECK(turned(std::vector<float>{-1, nan_value}) == turned(std::vector<float>{-1, -200}));
}

TEST_CASE("boosted trees: categories are parted as sets; one never seen counts as missing") {
  std::vector<float> features;
  std::vector<float> targets;
  for (int i = 0; i < 3000; ++i) {
    const int category = (i * 7) % 30;
    features.push_back(category == 29 ? nan_value : static_cast<float>(category));
    targets.push_back(category % 3 == 1 || category == 29 ? 1.0F : 0.0F);
  }
  boosting_options with{.rounds = 30, .leaves = 2};
  with.categories = {0};
  const auto fitted = boosted_trees<>::fit(matrix_view(features, 1), targets, with).value();
  for (float category = 0; category < 29; ++category)
    CHECK((fitted(std::vector<float>{category}) > 0.5) == (static_cast<int>(category) % 3 == 1));
  const double missing = fitted(std::vector<float>{nan_value});
  CHECK(missing > 0.5);
  for (const float unseen : {29.0F, 31.0F, 1e9F, -4.0F, inf, -inf})
    CHECK(fitted(std::vector<float>{unseen}) == missing);
  CHECK(boosted_trees<>::load(fitted.save()).value()(std::vector<float>{4}) == fitted(std::vector<float>{4}));
}

TEST_CASE("boosted trees: categories of few rows are not learnt by heart") {
  std::vector<float> features;
  std::vector<float> targets;
  mr::random_engine random(21);
  for (int i = 0; i < 6000; ++i) {
    const auto category = random.below(600);
    features.push_back(static_cast<float>(category));
    targets.push_back(random.uniform() < (category < 30 ? 0.8 : 0.4) ? 1.0F : 0.0F);  // the category tells little
  }
  const std::size_t half = 3000;
  const auto loss_of = [&](double rows) {
    const boosting_options with{.rounds = 50, .min_category_rows = rows, .categories = {0}};
    const auto fitted =
        boosted_trees<>::fit(matrix_view(features.data(), half, 1), std::span(targets).first(half), with).value();
    double sum = 0;
    for (std::size_t i = half; i < 2 * half; ++i) {
      const double p = fitted(std::span(features).subspan(i, 1));
      sum -= std::log(targets[i] > 0 ? p : 1 - p);
    }
    return sum / static_cast<double>(half);
  };
  CHECK(loss_of(15) < 0.99 * loss_of(0));
  // Told apart by none, all categories are one.
  const boosting_options none{.rounds = 5, .min_category_rows = 1e9, .categories = {0}};
  const auto fitted = boosted_trees<>::fit(matrix_view(features, 1), targets, none).value();
  CHECK(fitted(std::vector<float>{3}) == fitted(std::vector<float>{300}));
}

TEST_CASE("boosted trees: a model is swapped while eight threads ask it") {
  const support::made_rows made = support::make_rows(400, 5, 31, support::two_classes);
  const auto fit = [&](std::uint64_t seed) {
    mr::model::threads two(2);
    return std::make_shared<const boosted_trees<>>(
        boosted_trees<>::fit(made.view(), made.targets, {.rounds = 5, .row_share = 0.5, .seed = seed}, {}, {}, two)
            .value());
  };
  std::vector<std::shared_ptr<const boosted_trees<>>> models = {fit(1), fit(2)};
  const double answers[] = {(*models[0])(made.view().row(3)), (*models[1])(made.view().row(3))};
  REQUIRE(answers[0] != answers[1]);
  std::mutex guard;  // of current
  std::shared_ptr<const boosted_trees<>> current = models[0];
  const auto swap_to = [&](std::shared_ptr<const boosted_trees<>> next) {
    const std::lock_guard locked(guard);
    current = std::move(next);
  };
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      std::vector<double> out(20);
      while (!stop) {
        std::shared_ptr<const boosted_trees<>> model;
        {
          const std::lock_guard locked(guard);
          model = current;
        }
        const double alone = (*model)(made.view().row(3));
        model->predict(matrix_view(made.features.data(), 20, 5), out);
        wrong += (alone != answers[0] && alone != answers[1]) || out[3] != alone;
      }
    });
  for (std::size_t swap = 0; swap < 300; ++swap) {
    swap_to(models[swap % 2]);
    std::this_thread::yield();
  }
  swap_to(fit(2));
  models.clear();  // the old ones live as long as somebody asks them
  swap_to(fit(1));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("boosted trees: ten thousand categories share what places there are") {
  std::vector<float> features;
  std::vector<float> targets;
  mr::random_engine random(4);
  for (int i = 0; i < 20000; ++i) {
    const bool frequent = i % 2 == 0;
    const auto category = frequent ? random.below(50) : 50 + random.below(10000);
    features.push_back(static_cast<float>(category));
    targets.push_back(frequent && category % 2 == 0 ? 1.0F : 0.0F);
  }
  boosting_options with{.rounds = 20};
  with.categories = {0};
  const auto fitted = boosted_trees<>::fit(matrix_view(features, 1), targets, with);
  REQUIRE(fitted.has_value());
  CHECK((*fitted)(std::vector<float>{4}) > 0.8);
  CHECK((*fitted)(std::vector<float>{5}) < 0.2);
  CHECK((*fitted)(std::vector<float>{7777}) < 0.2);

  features[17] = 70000;
  const auto too_large = boosted_trees<>::fit(matrix_view(features, 1), targets, with);
  CHECK(too_large.error().code() == mr::errc::out_of_range);
  CHECK(std::string(too_large.error().message()).find("column 0") != std::string::npos);
  features[17] = 1.5F;
  CHECK_FALSE(boosted_trees<>::fit(matrix_view(features, 1), targets, with).has_value());
}

TEST_CASE("boosted trees: a monotone column never turns the score the other way") {
  const support::made_rows made = support::make_rows(3000, 4, 12, support::a_number);
  boosting_options with{.rounds = 60};
  with.monotone = {1, -1, 0, 1};
  const auto fitted = boosted_trees<mr::model::squared_loss>::fit(made.view(), made.targets, with).value();
  mr::random_engine random(2);
  std::size_t moved = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<float> row(4);
    for (float& x : row) x = static_cast<float>(2 * random.uniform() - 1);
    for (std::size_t column = 0; column < 4; ++column) {
      double before = 0;
      for (int step = 0; step <= 40; ++step) {
        std::vector<float> there = row;
        there[column] = -1 + static_cast<float>(step) / 20;
        const double now = fitted(there);
        if (step > 0 && with.monotone[column] != 0) {
          CHECK((now - before) * with.monotone[column] >= 0);
          moved += now != before;
        }
        before = now;
      }
    }
  }
  CHECK(moved > 1000);
}

TEST_CASE("boosted trees: weights count as rows, and rows of weight 0 as none") {
  support::made_rows made = support::make_rows(300, 4, 14, support::a_number);
  std::vector<float> weights;
  support::made_rows repeated;
  repeated.columns = 4;
  for (std::size_t i = 0; i < made.rows(); ++i) {
    weights.push_back(static_cast<float>(i % 3));
    for (std::size_t k = 0; k < i % 3; ++k) {
      for (const float x : made.view().row(i)) repeated.features.push_back(x);
      repeated.targets.push_back(made.targets[i]);
    }
  }
  // Few values, so that both tables are coded alike.
  for (float& x : made.features) x = std::round(x * 20);
  for (float& x : repeated.features) x = std::round(x * 20);
  using squares = boosted_trees<mr::model::squared_loss>;
  const auto by_weight = squares::fit(made.view(), made.targets, {.rounds = 10}, weights).value();
  const auto by_rows = squares::fit(repeated.view(), repeated.targets, {.rounds = 10}).value();
  for (std::size_t i = 0; i < made.rows(); ++i)
    CHECK(by_weight(made.view().row(i)) == Approx(by_rows(made.view().row(i))).epsilon(1e-5));

  weights.assign(made.rows(), 0);
  CHECK(squares::fit(made.view(), made.targets, {}, weights).error().code() == mr::errc::invalid_data);
  weights[3] = -1;
  CHECK(squares::fit(made.view(), made.targets, {}, weights).error().code() == mr::errc::out_of_range);
  weights[3] = inf;
  CHECK(squares::fit(made.view(), made.targets, {}, weights).error().code() == mr::errc::not_finite);
}

TEST_CASE("boosted trees: rows are parted in their order, sixteen at a time as one by one") {
  namespace detail = mr::model::detail;
  mr::random_engine random(3);
  std::vector<std::uint8_t> codes(1000 + 3);
  for (std::uint8_t& code : codes) code = random.uniform() < 0.1 ? 255 : static_cast<std::uint8_t>(random.below(255));
  for (const std::size_t count : {0U, 1U, 15U, 16U, 17U, 500U}) {
    for (const unsigned code : {0U, 100U, 254U}) {
      for (const bool missing_left : {false, true}) {
        const detail::split by{.code = static_cast<std::uint8_t>(code), .missing_left = missing_left};
        std::vector<std::uint32_t> left;
        std::vector<std::uint32_t> right;
        std::vector<std::uint32_t> ids;
        for (std::size_t i = 0; i < count; ++i) ids.push_back(static_cast<std::uint32_t>(1000 - 2 * i - 1));
        for (const std::uint32_t id : ids) (by.goes_left(codes[id]) ? left : right).push_back(id);
        for (const bool in_sixteens : {false, mr::detail::cpu_has_avx512()}) {
          std::vector<std::uint32_t> parted = ids;
          std::vector<std::uint32_t> room(count + 16);
          REQUIRE(detail::part_rows(by, codes.data(), parted, room.data(), in_sixteens) == left.size());
          std::vector<std::uint32_t> all = left;
          all.insert(all.end(), right.begin(), right.end());
          REQUIRE(parted == all);
        }
      }
    }
  }
}

TEST_CASE("boosted trees: values are coded side by side as alone: numbers, categories, missing and infinite ones") {
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  mr::model::detail::column_bins bins;
  for (int i = 0; i < 254; ++i) bins.bounds.push_back(static_cast<float>(i));
  const auto table = bins.padded();
  const float values[8] = {nan, -infinity, infinity, 0.0F, -0.0F, 253.0F, 253.5F, 99.5F};
  const unsigned wanted[8] = {255, 0, 254, 0, 0, 253, 254, 100};
  std::uint8_t codes[8];
  bins.code_eight(values, table, codes);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(codes[i] == wanted[i]);
    CHECK(bins.code(values[i], table) == wanted[i]);
  }
  bins.categories = true;
  bins.code_eight(values, table, codes);
  const unsigned categories[8] = {255, 254, 254, 0, 0, 253, 254, 254};
  for (std::size_t i = 0; i < 8; ++i) CHECK(codes[i] == categories[i]);
}

TEST_CASE("boosted trees: it stops when held-out rows gain nothing more, and keeps the best") {
  const support::made_rows made = support::make_rows(600, 8, 15, [](const float*, mr::random_engine& random) {
    return random.below(2) == 0 ? 0.0 : 1.0;  // nothing to learn
  });
  const auto fitted = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 500, .patience = 10}).value();
  CHECK(fitted.rounds() < 30);
  const support::made_rows real = support::make_rows(600, 8, 15, support::two_classes);
  CHECK(boosted_trees<>::fit(real.view(), real.targets, {.rounds = 500, .patience = 10}).value().rounds() > 30);
}

TEST_CASE("boosted trees: classes, counts and quantiles") {
  const auto three = [](const float* x, mr::random_engine&) { return x[0] > 0.3F ? 2 : x[1] * x[0] > 0 ? 1 : 0; };
  const support::made_rows made = support::make_rows(2000, 4, 16, three);
  const auto classes =
      boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, {.rounds = 40}, {}, {3}).value();
  CHECK(classes.outputs() == 3);
  CHECK(classes.rounds() == 40);
  const std::vector<double> out = outputs_of(classes, made.view());
  std::size_t right = 0;
  for (std::size_t i = 0; i < made.rows(); ++i) {
    CHECK(out[3 * i] + out[3 * i + 1] + out[3 * i + 2] == Approx(1));
    const auto most = std::max_element(out.begin() + static_cast<std::ptrdiff_t>(3 * i),
                                       out.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
    right += static_cast<std::size_t>(most - out.begin()) - 3 * i == static_cast<std::size_t>(made.targets[i]);
  }
  CHECK(right > 1950);
  CHECK(outputs_of(boosted_trees<mr::model::softmax_loss>::load(classes.save()).value(), made.view()) == out);

  // Uniform in [0, 2 + 2 x): its quantile at p is p times that, and its mean half of it.
  const support::made_rows spread = support::make_rows(
      6000, 1, 17, [](const float* x, mr::random_engine& random) { return random.uniform() * (2 + 2 * double{x[0]}); });
  const boosting_options few{.rounds = 100, .leaves = 8, .min_child_weight = 50};
  const auto high = boosted_trees<mr::model::quantile_loss>::fit(spread.view(), spread.targets, few, {}, {0.9}).value();
  const auto middle = boosted_trees<mr::model::quantile_loss>::fit(spread.view(), spread.targets, few).value();
  const auto mean = boosted_trees<mr::model::poisson_loss>::fit(spread.view(), spread.targets, few).value();
  for (const float x : {-0.5F, 0.0F, 0.75F}) {
    const std::vector<float> row = {x};
    const double width = 2 + 2 * double{x};
    CHECK(high(row) == Approx(0.9 * width).epsilon(0.1));
    CHECK(middle(row) == Approx(0.5 * width).epsilon(0.15));
    CHECK(mean(row) == Approx(0.5 * width).epsilon(0.15));
  }
}

TEST_CASE("boosted trees: targets far from 0 and of any scale are learnt as others are") {
  const support::made_rows made = support::make_rows(1000, 4, 80, support::a_number);
  using squares = boosted_trees<mr::model::squared_loss>;
  using median = boosted_trees<mr::model::quantile_loss>;
  const auto error_of = [&](const auto& model, double factor, double offset) {
    double sum = 0;
    for (std::size_t i = 0; i < made.rows(); ++i)
      sum += std::fabs((model(made.view().row(i)) - offset) / factor - double{made.targets[i]});
    return sum / static_cast<double>(made.rows());
  };
  const boosting_options with{.rounds = 300, .learning_rate = 0.03};
  const double plain = error_of(squares::fit(made.view(), made.targets, with).value(), 1, 0);
  const double plain_median = error_of(median::fit(made.view(), made.targets, with).value(), 1, 0);
  for (const double factor : {1e-30, 1e-3, 1e25}) {
    std::vector<float> scaled;
    for (const float target : made.targets) scaled.push_back(static_cast<float>(factor * double{target}));
    CHECK(error_of(squares::fit(made.view(), scaled, with).value(), factor, 0) == Approx(plain).epsilon(0.02));
  }
  std::vector<float> far;
  for (const float target : made.targets) far.push_back(target + 1e6F);  // to 1 / 16
  CHECK(error_of(squares::fit(made.view(), far, with).value(), 1, 1e6) < plain + 0.05);
  CHECK(error_of(median::fit(made.view(), far, with).value(), 1, 1e6) < plain_median + 0.05);
}

TEST_CASE("boosted trees: what cannot be fitted is an error and not a model of NaN") {
  const support::made_rows made = support::make_rows(100, 4, 81, support::two_classes);
  using squares = boosted_trees<mr::model::squared_loss>;
  std::vector<float> extreme = made.targets;
  extreme[5] = -3e38F;
  CHECK(squares::fit(made.view(), extreme).error().code() == mr::errc::out_of_range);
  std::vector<float> large;
  for (const float target : made.targets) large.push_back(1e20F * target);
  const std::vector<float> heavy(made.rows(), 1e37F);
  CHECK(squares::fit(made.view(), large, {}, heavy).error().code() == mr::errc::not_finite);
  const auto diverged = squares::fit(made.view(), made.targets, {.learning_rate = 1e30});
  CHECK(diverged.error().code() == mr::errc::not_finite);
  CHECK(std::string(diverged.error().message()).find("learning_rate") != std::string::npos);
  using quantiles = boosted_trees<mr::model::quantile_loss>;
  CHECK(quantiles::fit(made.view(), made.targets, {}, {}, {2}).error().code() == mr::errc::invalid_argument);
  CHECK(boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, {}, {}, {1}).error().code() ==
        mr::errc::invalid_argument);
  boosting_options with;
  with.monotone = {1, 0, 0, 0};
  CHECK(quantiles::fit(made.view(), made.targets, with).error().code() == mr::errc::invalid_argument);
  with.categories = {0};
  CHECK(boosted_trees<>::fit(made.view(), made.targets, with).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("boosted trees: quantiles go by weight") {
  std::vector<float> features;
  std::vector<float> targets;
  std::vector<float> weights;
  for (int i = 0; i < 1000; ++i) {
    features.push_back(static_cast<float>(i % 10));
    targets.push_back(i < 900 ? -1e6F : static_cast<float>(i % 10));
    weights.push_back(i < 900 ? 0.0F : 1.0F);
  }
  const auto fitted =
      boosted_trees<mr::model::quantile_loss>::fit(matrix_view(features, 1), targets, {.rounds = 100}, weights);
  REQUIRE(fitted.has_value());
  for (float x = 0; x < 10; ++x)
    CHECK((*fitted)(std::vector<float>{x}) == Approx(x).margin(1.1));  // a leaf may hold two values of x
}

TEST_CASE("boosted trees: rare categories are known wherever they stand, and fractions are none") {
  for (const bool mirrored : {false, true}) {
    std::vector<float> features;
    std::vector<float> targets;
    for (int category = 0; category < 300; ++category)
      for (int i = 0; i < (category < 254 ? 20 : 10); ++i) {
        features.push_back(static_cast<float>(mirrored ? 299 - category : category));
        targets.push_back(category < 254 ? 0.0F : 100.0F);
      }
    boosting_options with{.rounds = 100};
    with.categories = {0};
    const auto fitted = boosted_trees<mr::model::squared_loss>::fit(matrix_view(features, 1), targets, with).value();
    for (int category = 0; category < 300; category += 7)
      CHECK(fitted(std::vector<float>{static_cast<float>(mirrored ? 299 - category : category)}) ==
            Approx(category < 254 ? 0.0 : 100.0).margin(1));
    CHECK(fitted(std::vector<float>{17.5F}) == fitted(std::vector<float>{nan_value}));
  }
}

TEST_CASE("boosted trees: stopping early holds out a row at least, and fits on one at least") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const support::made_rows made =
        support::make_rows(12, 4, seed, [](const float* x, mr::random_engine&) { return x[0] > 0 ? 5 : -5; });
    for (const double share : {0.01, 0.1, 0.99}) {
      const boosting_options with{
          .rounds = 60, .min_child_weight = 0.1, .patience = 60, .validation_share = share, .seed = seed};
      const auto fitted = boosted_trees<mr::model::squared_loss>::fit(made.view(), made.targets, with);
      REQUIRE(fitted.has_value());
      CHECK(std::fabs(fitted->start()[0]) > 0);  // of the rows that are fitted on: there are some
    }
  }
  const std::vector<float> one = {1};
  CHECK(boosted_trees<>::fit(matrix_view(one, 1), one, {.patience = 5}).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("boosted trees: tables with nothing to part by") {
  const std::vector<float> targets = {0, 1, 1, 0, 1, 1, 0, 1};
  const auto share_of = [&](const std::vector<float>& features, std::size_t columns) {
    const auto fitted = boosted_trees<>::fit(matrix_view(features, columns), targets, {.rounds = 5});
    REQUIRE(fitted.has_value());
    return (*fitted)(std::span(features).first(columns));
  };
  CHECK(share_of(std::vector<float>(8, 3), 1) == Approx(0.625));          // constant
  CHECK(share_of(std::vector<float>(8, nan_value), 1) == Approx(0.625));  // all missing
  const std::vector<float> one = {1, 2};
  const std::vector<float> yes = {1};
  const auto single = boosted_trees<>::fit(matrix_view(one, 2), yes);  // one row, one class
  REQUIRE(single.has_value());
  CHECK((*single)(one) > 0.999);
  CHECK(boosted_trees<>::fit(matrix_view(), {}).error().code() == mr::errc::invalid_argument);
  CHECK(boosted_trees<>::fit(matrix_view(one, 2), targets).error().code() == mr::errc::shape_mismatch);
  CHECK(boosted_trees<>::fit(matrix_view(one, 2), std::vector<float>{nan_value}).error().code() ==
        mr::errc::out_of_range);
}

TEST_CASE("boosted trees: infinite and huge values are values; duplicates of a column change nothing") {
  support::made_rows made = support::make_rows(400, 4, 19, support::two_classes);
  const auto plain = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 15}).value();
  support::made_rows twice;
  twice.columns = 8;
  twice.targets = made.targets;
  for (std::size_t i = 0; i < made.rows(); ++i)
    for (int copy = 0; copy < 2; ++copy)
      for (const float x : made.view().row(i)) twice.features.push_back(x);
  const auto doubled = boosted_trees<>::fit(twice.view(), twice.targets, {.rounds = 15}).value();
  for (std::size_t i = 0; i < made.rows(); ++i) CHECK(doubled(twice.view().row(i)) == plain(made.view().row(i)));

  for (std::size_t i = 0; i < made.rows(); ++i) {
    float& x = made.features[4 * i];
    x = x > 0.8F ? inf : x < -0.8F ? -inf : x > 0.5F ? std::numeric_limits<float>::max() : x;
  }
  const auto wild = boosted_trees<>::fit(made.view(), made.targets, {.rounds = 15}).value();
  for (const float x : {inf, -inf, std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(), nan_value})
    CHECK(std::isfinite(wild(std::vector<float>{x, 0, 0, 0})));
  CHECK(log_loss(wild, made) < 0.6);

  // Huge targets: gradients of 1e30.
  std::vector<float> huge;
  for (const float target : made.targets) huge.push_back(target * 1e30F);
  const auto large = boosted_trees<mr::model::squared_loss>::fit(made.view(), huge, {.rounds = 15}).value();
  CHECK(large(made.view().row(0)) / 1e30 < 1.5);
  CHECK(std::isfinite(large(made.view().row(0))));
}

TEST_CASE("boosted trees: importance is a share of all gains, of columns that matter") {
  const support::made_rows made = support::make_rows(2000, 7, 21, support::a_number);
  const auto fitted = boosted_trees<mr::model::squared_loss>::fit(made.view(), made.targets).value();
  const std::vector<double> shares = fitted.importance();
  REQUIRE(shares.size() == 7);
  double sum = 0;
  for (const double share : shares) sum += share;
  CHECK(sum == Approx(1));
  CHECK(shares[0] > 0.5);
  CHECK(shares[6] < 0.01);
}

TEST_CASE("boosted trees keep their saved form, and damaged bytes are an error or a model that works") {
  support::made_rows made = support::make_rows(80, 4, 23, support::two_classes, 10);
  for (std::size_t i = 0; i < made.rows(); ++i) made.features[4 * i] = static_cast<float>(i % 5);
  boosting_options with{.rounds = 3, .leaves = 4};
  with.categories = {0};
  const auto fitted = boosted_trees<>::fit(made.view(), made.targets, with).value();
  const auto old = boosted_trees<>::load(support::golden("model/boosted_trees.bin")).value();
  CHECK(old.save() == support::golden("model/boosted_trees.bin"));
  for (std::size_t i = 0; i < made.rows(); ++i)
    CHECK(old(made.view().row(i)) == Approx(fitted(made.view().row(i))).epsilon(1e-9));

  const auto use = [&](const boosted_trees<>& found) {
    std::vector<float> row(found.inputs(), 1.5F);
    (void)found(row);
    row.assign(found.inputs(), nan_value);
    (void)found(row);
    (void)found.save();
    (void)found.importance();
  };
  laws::hostile_payload(fitted, support::reseal, use, 17, 2000);
  laws::hostile_bytes(fitted, use);
  CHECK(boosted_trees<mr::model::squared_loss>::load(fitted.save()).error().code() == mr::errc::type_mismatch);
}

TEST_CASE("boosted trees: many rows' classes have the bits of one; rows of fewer columns are NaN, and none allocates") {
  const support::made_rows made = support::make_rows(
      300, 4, 77, [](const float* x, mr::random_engine&) { return x[0] > 0.3F ? 2
                                                                  : x[1] > 0  ? 1
                                                                              : 0; }, 5);
  const auto fitted =
      mr::model::boosted_trees<mr::model::softmax_loss>::fit(made.view(), made.targets, {.rounds = 15}, {}, {3})
          .value();
  std::vector<double> out(900);
  CHECK(support::allocations_of([&] { fitted.predict(made.view(), out); }) == 0);
  std::vector<double> one(3);
  for (std::size_t i = 0; i < 300; ++i) {
    fitted.predict(made.view().row(i), one);
    for (std::size_t k = 0; k < 3; ++k) REQUIRE(one[k] == out[3 * i + k]);
  }
  std::vector<double> few(3 * 20 + 2, 7);  // room for 20 rows
  fitted.predict(made.view(), few);
  CHECK(std::vector<double>(few.begin(), few.end() - 2) == std::vector<double>(out.begin(), out.begin() + 60));
  CHECK(few[60] == 7);
  const matrix_view narrow(made.features.data(), 40, 3, 4);
  fitted.predict(narrow, std::span(out).first(120));
  fitted.predict(narrow.row(0), one);
  for (std::size_t i = 0; i < 120; ++i) CHECK(std::isnan(out[i]));
  for (const double x : one) CHECK(std::isnan(x));
}
