#include <millrace/model/linear/ftrl_logistic.hpp>

#include <millrace/feature/hashed_row.hpp>
#include <millrace/model/linear/logistic_regression.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/ftrl_reference.hpp>
#include <support/ftrl_stream.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <sys/resource.h>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::ftrl_logistic;
using mr::model::ftrl_options;
using mr::model::matrix_view;
using mr::model::sparse_view;
using support::ftrl_stream;

namespace {

const matrix_view all(linear_reference::scaled, 5);

struct click {
  std::string site;
  std::string banner;
  float hour = 0;
  float clicked = 0;
};
std::vector<click> made_up(int count) {
  mr::random_engine random(4);
  std::vector<click> made;
  for (int i = 0; i < count; ++i) {
    click one{"site" + std::to_string(random.below(50)), "banner" + std::to_string(random.below(20)),
              static_cast<float>(random.uniform()), 0};
    const bool liked = one.site.size() == 5 && one.banner.back() > '4';
    one.clicked = random.uniform() < (liked ? 0.8 : 0.1) ? 1.0F : 0.0F;
    made.push_back(one);
  }
  return made;
}

/// Learns all samples of the stream, and the mean log loss of what was predicted before.
double learn_stream(ftrl_logistic& model, bool weighted, std::vector<double>& each_hundredth) {
  ftrl_stream from;
  double loss = 0;
  for (std::size_t i = 0; i < ftrl_stream::samples; ++i) {
    from.next();
    const double p = model.partial_fit(from.row(), from.label, weighted ? from.weight : 1);
    loss -= std::log(from.label == 1 ? p : 1 - p);
    if (i % 100 == 99) each_hundredth.push_back(p);
  }
  return loss / static_cast<double>(ftrl_stream::samples);
}

/// The most memory that this process has had, in KB.
long peak_memory() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used.ru_maxrss;
}

}  // namespace

TEST_CASE("the guide's model of hashed features") {
  const std::vector<click> clicks = made_up(20'000);
  double loss = 0;
  // [ftrl_logistic]
  auto row = mr::feature::hashed_row::make(18, 8);  // 2^18 columns, room for 8 features
  auto model = mr::model::ftrl_logistic::make(row->columns(), {.rate = 0.2, .l1 = 0.5});
  if (!model) throw std::runtime_error(model.error().describe());
  for (const click& one : clicks) {
    row->reset();
    row->update("site", one.site);
    row->update("banner", one.banner);
    row->update("site and banner", one.site, one.banner);
    row->update("hour", one.hour);
    const double p = model->partial_fit(*row, one.clicked);  // predicted before the click was seen
    loss -= std::log(one.clicked == 1 ? p : 1 - p);
  }
  // [/ftrl_logistic]
  CHECK(loss / 20'000 < 0.4);      // 0.456 for the share of clicks alone, 0.343 for the probabilities themselves
  CHECK(model->nonzero() < 1000);  // of 1,071 features
  CHECK(model->nonzero() > 50);
}

TEST_CASE("each sample moves the coefficients as the paper's algorithm does") {
  struct {
    ftrl_options with;
    bool weighted;
    const std::vector<double>& predictions;
    const std::vector<double>& coefficients;
    double loss;
  } const cases[] = {{{.rate = 0.5},
                      false,
                      ftrl_reference::plain_predictions,
                      ftrl_reference::plain_coefficients,
                      ftrl_reference::plain_loss},
                     {{.rate = 0.3, .beta = 0.5, .l1 = 1.5, .l2 = 2},
                      true,
                      ftrl_reference::priced_predictions,
                      ftrl_reference::priced_coefficients,
                      ftrl_reference::priced_loss}};
  for (const auto& one : cases) {
    auto model = ftrl_logistic::make(ftrl_stream::columns, one.with);
    REQUIRE(model);
    std::vector<double> found;
    CHECK(learn_stream(*model, one.weighted, found) == Approx(one.loss).epsilon(1e-12));
    support::check_close(found, one.predictions, 1e-11);
    std::vector<double> coefficients;
    std::size_t nonzero = 0;
    for (std::size_t i = 0; i < ftrl_stream::columns; ++i) {
      coefficients.push_back(model->coefficient(i));
      CHECK((coefficients.back() == 0) == (one.coefficients[i] == 0));
      nonzero += coefficients.back() != 0 ? 1U : 0U;
    }
    coefficients.push_back(model->intercept());
    support::check_close(coefficients, one.coefficients, 1e-11);
    CHECK(model->nonzero() == nonzero);
    CHECK(model->count() == ftrl_stream::samples);
  }
}

TEST_CASE("the loss is the one that Vowpal Wabbit and river reach") {
  auto model = ftrl_logistic::make(ftrl_stream::columns, {.rate = 0.5});
  REQUIRE(model);
  std::vector<double> found;
  const double loss = learn_stream(*model, false, found);
  CHECK(loss == Approx(ftrl_reference::vowpal_wabbit_loss).epsilon(1e-6));
  CHECK(loss == Approx(ftrl_reference::river_loss).epsilon(0.01));
}

TEST_CASE("dense rows give the same model as sparse ones, to the bit") {
  auto sparse = ftrl_logistic::make(ftrl_stream::columns, {.l1 = 0.5});
  auto dense = ftrl_logistic::make(ftrl_stream::columns, {.l1 = 0.5});
  REQUIRE((sparse && dense));
  ftrl_stream from;
  for (int i = 0; i < 300; ++i) {
    from.next();
    CHECK(sparse->partial_fit(from.row(), from.label) == dense->partial_fit(from.dense(), from.label));
  }
  CHECK(sparse->save() == dense->save());
  from.next();
  CHECK((*sparse)(from.row()) == (*dense)(from.dense()));
  CHECK(sparse->score(from.row()) == dense->score(from.dense()));
}

TEST_CASE("an index that stands there twice is two features with one coefficient") {
  auto model = ftrl_logistic::make(4);
  REQUIRE(model);
  const std::vector<std::uint32_t> once{2}, twice{2, 2};
  const std::vector<float> sum{3}, parts{1, 2};
  for (int i = 0; i < 9; ++i) model->partial_fit(sparse_view(twice, parts), static_cast<float>(i % 3 == 0));
  CHECK(model->score(sparse_view(twice, parts)) == Approx(model->score(sparse_view(once, sum))));
  CHECK(model->coefficient(2) != 0);
}

TEST_CASE("a sample of weight 0 changes nothing but the count, and weights multiply gradients") {
  auto model = ftrl_logistic::make(2, {.intercept = false});
  REQUIRE(model);
  const std::vector<float> row{1, 0};
  CHECK(model->partial_fit(row, 1, 0) == 0.5);
  CHECK(model->coefficient(0) == 0);
  CHECK(model->count() == 1);
  model->partial_fit(row, 1, 3);  // a gradient of -1.5: r = 1.5, z = -1.5
  CHECK(model->coefficient(0) == 1.5 / ((1 + 1.5) / 0.1));
}

TEST_CASE("sparse samples that cannot be used change nothing and are counted") {
  ftrl_stream from;
  from.next();
  auto model = ftrl_logistic::make(ftrl_stream::columns);
  REQUIRE(model);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  std::uint64_t bad = 0;
  for (int round = 0; round < 2; ++round) {
    const auto before = model->coefficient(from.indices[0]);
    for (std::size_t j = 0; j < 6; ++j)
      for (const float x : {nan, infinity, -infinity}) {
        auto values = from.values;
        values[j] = x;
        CHECK(std::isnan(model->partial_fit(sparse_view(from.indices, values), 1)));
        ++bad;
      }
    for (const float label : {nan, infinity, 2.0F, -1.0F, 0.5F}) {
      CHECK(std::isnan(model->partial_fit(from.row(), label)));
      ++bad;
    }
    for (const float weight : {nan, infinity, -1.0F}) {
      CHECK(std::isnan(model->partial_fit(from.row(), 1, weight)));
      ++bad;
    }
    for (const std::uint32_t index : {240U, 4'294'967'295U}) {
      auto indices = from.indices;
      indices[5] = index;
      CHECK(std::isnan(model->partial_fit(sparse_view(indices, from.values), 1)));
      CHECK(std::isnan((*model)(sparse_view(indices, from.values))));
      ++bad;
    }
    CHECK(std::isnan(model->partial_fit(std::vector<float>(239), 1)));
    ++bad;
    CHECK(model->skipped() == bad);
    CHECK(model->coefficient(from.indices[0]) == before);
    if (round == 0) {
      CHECK(model->count() == 0);
      CHECK((*model)(from.row()) == 0.5);
      for (int i = 0; i < 50; ++i) model->partial_fit(from.row(), static_cast<float>(i % 3 == 0));
    }
    CHECK(model->count() == 50);
  }
}

TEST_CASE("huge features, weights and rates leave a model that is defined") {
  const float most = (std::numeric_limits<float>::max)();
  for (const double rate : {1e-12, 1.0, 1e6})
    for (const double beta : {1e-12, 1e12}) {
      auto model = ftrl_logistic::make(2, {.rate = rate, .beta = beta});
      REQUIRE(model);
      const std::vector<float> row{most, -most};
      for (int i = 0; i < 100; ++i) model->partial_fit(row, static_cast<float>(i % 2), i % 3 == 0 ? most : 1);
      CHECK(std::isfinite(model->coefficient(0)));
      CHECK(std::isfinite((*model)(row)));
      CHECK(model->skipped() == 0);
      CHECK(ftrl_logistic::load(model->save()));
    }
}

TEST_CASE("learning from a sample and asking take nothing from the heap") {
  ftrl_stream from;
  from.next();
  auto model = ftrl_logistic::make(ftrl_stream::columns);
  REQUIRE(model);
  double out = 0;
  const auto taken = support::allocations_of([&] {
    model->partial_fit(from.row(), from.label);
    model->predict(from.row(), {&out, 1});
  });
  if (support::counts_allocations) CHECK(taken == 0);
  CHECK(out == (*model)(from.row()));
  STATIC_REQUIRE(noexcept(model->partial_fit(from.row(), 1.0F)));
  STATIC_REQUIRE(noexcept((*model)(from.row())));
}

TEST_CASE("a loaded ftrl_logistic predicts the same and goes on as the saved one") {
  ftrl_stream from;
  auto model = ftrl_logistic::make(ftrl_stream::columns, {.rate = 0.2, .l1 = 0.3, .l2 = 0.1});
  REQUIRE(model);
  for (int i = 0; i < 77; ++i) {
    from.next();
    model->partial_fit(from.row(), from.label);
  }
  model->partial_fit(from.row(), 7);
  auto loaded = ftrl_logistic::load(model->save());
  REQUIRE(loaded);
  CHECK(loaded->count() == 77);
  CHECK(loaded->skipped() == 1);
  for (int i = 0; i < 77; ++i) {
    from.next();
    CHECK(model->partial_fit(from.row(), from.label) == loaded->partial_fit(from.row(), from.label));
  }
  CHECK(model->save() == loaded->save());
}

TEST_CASE("many epochs come near the optimum of logistic regression") {
  const ftrl_options with{.rate = 1, .epochs = 2000};
  const auto best = mr::model::logistic_regression::fit(all, linear_reference::two_classes, {.l2 = 0});
  const auto model = ftrl_logistic::fit(all, linear_reference::two_classes, with);
  REQUIRE((best && model));
  for (std::size_t j = 0; j < 5; ++j) CHECK(model->coefficient(j) == Approx(best->coefficients()[j]).margin(0.03));
  CHECK(model->intercept() == Approx(best->intercept()).margin(0.03));
  support::predicts_one_by_one(*model, all);
  support::predicts_short_rows(*model, all);
  support::saves_and_loads_model(*model, all.row(1));
  CHECK(model->save() == ftrl_logistic::fit(all, linear_reference::two_classes, with)->save());
  CHECK(ftrl_logistic::fit(all, linear_reference::two_classes, {.intercept = false})->intercept() == 0);
}

TEST_CASE("ftrl_logistic loads the bytes of the first release") {
  auto model = ftrl_logistic::make(130, {.rate = 0.5, .l1 = 0.25, .l2 = 0.125});
  REQUIRE(model);
  const std::vector<std::uint32_t> indices{0, 129};
  model->partial_fit(sparse_view(indices, std::vector<float>{1, -2}), 1);
  const auto old = support::from_golden("model/ftrl_logistic.bin", *model);
  CHECK(old.coefficient(0) == 0.25 / (1.5 / 0.5 + 0.125));
  CHECK(old.coefficient(129) == -0.75 / (2 / 0.5 + 0.125));
  CHECK(old.intercept() == 0.5 / (1.5 / 0.5));
  CHECK(old.nonzero() == 2);
}

TEST_CASE("a saved form that claims many columns takes no memory for them") {
  mr::envelope_writer to("ftrl_logistic");
  to.u64(std::uint64_t{1} << 30);
  to.u64(0);
  to.u64(0);
  to.u8(1);
  for (const double x : {0.1, 1.0, 0.0, 0.0, 0.0, 0.0}) to.f64(x);
  to.u64(0);
  const auto bytes = std::move(to).finish();
  const auto before = support::heap_bytes;
  const long peak = peak_memory();
  CHECK(ftrl_logistic::load(bytes).error().code() == mr::errc::corrupt);
  CHECK(support::heap_bytes == before);
  CHECK(peak_memory() - peak < 20'000);  // KB; the map of columns alone would have been 131,072
}

TEST_CASE("ftrl_logistic refuses what is no training data, and options that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const std::vector<float> labels{0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
  const matrix_view rows(numbers, 3);
  support::refuses_bad_rows([&](const matrix_view& r) { return ftrl_logistic::fit(r, labels); }, numbers, 3);
  CHECK(ftrl_logistic::fit(rows, std::vector<float>(10)).error().code() == mr::errc::invalid_data);
  CHECK(ftrl_logistic::fit(rows, std::vector<float>(9)).error().code() == mr::errc::shape_mismatch);
  CHECK(ftrl_logistic::fit(rows, std::vector<float>{0, 1, 2, 0, 0, 0, 0, 0, 0, 0}).error().code() ==
        mr::errc::out_of_range);
  CHECK(ftrl_logistic::fit(rows, labels, {}, std::vector<float>(10)).error().code() == mr::errc::invalid_data);
  const auto refused = [&](const ftrl_options& with, const std::string& option) {
    const auto found = ftrl_logistic::make(3, with);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring(option));
    CHECK_FALSE(ftrl_logistic::fit(rows, labels, with));
  };
  refused({.rate = 0}, "rate");
  refused({.rate = std::nan("")}, "rate");
  refused({.beta = 0}, "beta");
  refused({.l1 = -1}, "l1");
  refused({.l2 = HUGE_VAL}, "l2");
  CHECK(ftrl_logistic::make(0).error().code() == mr::errc::invalid_argument);
  CHECK(ftrl_logistic::make((std::size_t{1} << 30) + 1).error().code() == mr::errc::invalid_argument);
}
