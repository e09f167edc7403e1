#include <millrace/model/linear/ftrl_linear.hpp>

#include <support/catch.hpp>
#include <support/fitted_models.hpp>
#include <support/ftrl_reference.hpp>
#include <support/ftrl_stream.hpp>
#include <support/golden.hpp>
#include <support/linear_reference.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::model::ftrl_linear;
using mr::model::ftrl_options;
using mr::model::matrix_view;
using mr::model::sparse_view;
using support::ftrl_stream;

namespace {
const matrix_view all(linear_reference::scaled, 5);
}

TEST_CASE("each sample moves the coefficients of a number as the paper's algorithm does") {
  struct {
    ftrl_options with;
    bool weighted;
    const std::vector<double>& predictions;
    const std::vector<double>& coefficients;
    double loss;
  } const cases[] = {{{.rate = 0.3},
                      false,
                      ftrl_reference::squared_predictions,
                      ftrl_reference::squared_coefficients,
                      ftrl_reference::squared_loss},
                     {{.rate = 0.2, .beta = 2, .l1 = 0.5, .l2 = 1},
                      true,
                      ftrl_reference::squared_priced_predictions,
                      ftrl_reference::squared_priced_coefficients,
                      ftrl_reference::squared_priced_loss}};
  for (const auto& one : cases) {
    auto model = ftrl_linear::make(ftrl_stream::columns, one.with);
    REQUIRE(model);
    ftrl_stream from;
    std::vector<double> found;
    double loss = 0;
    for (std::size_t i = 0; i < ftrl_stream::samples; ++i) {
      from.next();
      const double y = model->partial_fit(from.row(), from.target, one.weighted ? from.weight : 1);
      loss += (y - static_cast<double>(from.target)) * (y - static_cast<double>(from.target));
      if (i % 100 == 99) found.push_back(y);
    }
    CHECK(loss / static_cast<double>(ftrl_stream::samples) == Approx(one.loss).epsilon(1e-12));
    support::check_close(found, one.predictions, 1e-11);
    std::vector<double> coefficients;
    for (std::size_t i = 0; i < ftrl_stream::columns; ++i) coefficients.push_back(model->coefficient(i));
    coefficients.push_back(model->intercept());
    support::check_close(coefficients, one.coefficients, 1e-11);
  }
}

TEST_CASE("ftrl_linear predicts row by row, saves, loads and goes on") {
  const auto fitted = ftrl_linear::fit(all, linear_reference::targets);
  REQUIRE(fitted);
  support::predicts_one_by_one(*fitted, all);
  support::predicts_short_rows(*fitted, all);
  support::saves_and_loads_model(*fitted, all.row(1));
  auto other = *fitted;
  auto loaded = ftrl_linear::load(fitted->save());
  REQUIRE(loaded);
  for (std::size_t i = 0; i < 60; ++i)
    CHECK(loaded->partial_fit(all.row(i), linear_reference::targets[i]) ==
          other.partial_fit(all.row(i), linear_reference::targets[i]));
  CHECK(loaded->save() == other.save());
}

TEST_CASE("targets that cannot be used are left out, and huge ones leave a model that is defined") {
  auto model = ftrl_linear::make(2, {.rate = 1e6, .beta = 1e-12});
  REQUIRE(model);
  const float most = (std::numeric_limits<float>::max)();
  const std::vector<float> row{most, -most};
  for (const float target : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    CHECK(std::isnan(model->partial_fit(row, target)));
  CHECK(std::isnan(model->partial_fit(row, 1, -1)));
  CHECK(model->skipped() == 3);
  for (int i = 0; i < 200; ++i) model->partial_fit(row, i % 2 == 0 ? most : -most, i % 3 == 0 ? most : 1);
  CHECK(model->skipped() == 3);
  CHECK(std::isfinite((*model)(row)));
  CHECK(ftrl_linear::load(model->save()));
}

TEST_CASE("ftrl_linear loads the bytes of the first release") {
  auto model = ftrl_linear::make(130, {.rate = 0.5, .l1 = 0.25, .l2 = 0.125});
  REQUIRE(model);
  const std::vector<std::uint32_t> indices{0, 129};
  model->partial_fit(sparse_view(indices, std::vector<float>{1, -2}), 1);
  const auto old = support::from_golden("model/ftrl_linear.bin", *model);
  CHECK(old.coefficient(129) == -1.75 / (3 / 0.5 + 0.125));
  CHECK(old.intercept() == 0.25 * 2 / (2 / 0.5) * 2);
}

TEST_CASE("ftrl_linear refuses what is no training data, and options that are none") {
  const auto numbers = support::exact_rows(10, 3);
  const std::vector<float> targets{0, 1, 1.5F, 0, 1, 0, -7, 1, 0, 1};
  support::refuses_bad_rows([&](const matrix_view& r) { return ftrl_linear::fit(r, targets); }, numbers, 3);
  const matrix_view rows(numbers, 3);
  support::refuses_bad_targets(
      [&](const std::vector<float>& t, const std::vector<float>& w) { return ftrl_linear::fit(rows, t, {}, w); },
      targets);
  CHECK(ftrl_linear::make(3, {.rate = -1}).error().code() == mr::errc::invalid_argument);
  CHECK(ftrl_linear::fit(rows, targets, {.l2 = -1}).error().code() == mr::errc::invalid_argument);
}
