#include <millrace/model/selection/permutation_importance.hpp>

#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <millrace/model/validation/regression.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
using mr::errc;
using mr::model::matrix_view;

namespace {

double three_terms(const float* x, mr::random_engine&) {
  return 3 * static_cast<double>(x[0]) + static_cast<double>(x[1]);
}

}  // namespace

TEST_CASE("shuffling a column costs twice the variance of what it adds, and an idle column nothing") {
  const auto made = support::make_rows(4000, 3, 1, three_terms);
  const auto fitted = mr::model::ridge::fit(made.view(), made.targets, {.l2 = 0});
  REQUIRE(fitted);
  const auto& held_out = made;
  // [permutation_importance]
  const auto worth = mr::model::permutation_importance(
      *fitted, held_out.view(),
      [&](std::span<const double> predictions) { return mr::model::mse(held_out.targets, predictions); },
      {.repeats = 10});
  if (!worth) throw std::runtime_error(worth.error().describe());  // names the column
  const double of_first = (*worth)[0].mean;                        // and (*worth)[0].deviation, of the repeats
  // [/permutation_importance]
  // x is uniform on [-1, 1], of variance 1 / 3: the squared error grows by 2 x 9 / 3 and by 2 x 1 / 3.
  CHECK(of_first == Approx(6).epsilon(0.05));
  CHECK((*worth)[1].mean == Approx(2.0 / 3).epsilon(0.05));
  CHECK(std::abs((*worth)[2].mean) < 1e-6);
  CHECK((*worth)[0].deviation > 0);
  CHECK((*worth)[0].deviation < 0.5);
}

TEST_CASE("permutation importance: seeds, goals, repeats, and rows with a stride") {
  const auto made = support::make_rows(300, 3, 2, three_terms);
  const auto fitted = mr::model::ridge::fit(made.view(), made.targets);
  REQUIRE(fitted);
  const auto loss = [&](std::span<const double> predictions) { return mr::model::mse(made.targets, predictions); };
  const auto gain = [&](std::span<const double> predictions) { return -*loss(predictions); };
  using mr::model::permutation_importance;
  const auto once = permutation_importance(*fitted, made.view(), loss);
  const auto again = permutation_importance(*fitted, made.view(), loss);
  const auto other = permutation_importance(*fitted, made.view(), loss, {.seed = 2});
  const auto high = permutation_importance(*fitted, made.view(), gain, {.wanted = mr::model::goal::high});
  REQUIRE(once);
  REQUIRE(high);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK((*once)[j].mean == (*again)[j].mean);
    CHECK((*once)[j].mean == (*high)[j].mean);
  }
  CHECK((*once)[0].mean != (*other)[0].mean);
  std::vector<float> wide;
  for (std::size_t i = 0; i < 300; ++i) {
    for (const float x : made.view().row(i)) wide.push_back(x);
    wide.push_back(77);
  }
  const auto strided = permutation_importance(*fitted, matrix_view(wide.data(), 300, 3, 4), loss);
  REQUIRE(strided);
  CHECK((*strided)[0].mean == (*once)[0].mean);
  mr::model::threads three(3);
  const auto together = permutation_importance(*fitted, made.view(), loss, {}, three);
  REQUIRE(together);
  for (std::size_t j = 0; j < 3; ++j) {
    CHECK((*together)[j].mean == (*once)[j].mean);
    CHECK((*together)[j].deviation == (*once)[j].deviation);
  }
  const auto single = permutation_importance(*fitted, made.view(), loss, {.repeats = 1});
  REQUIRE(single);
  CHECK((*single)[0].deviation == 0);
}

TEST_CASE("permutation importance refuses no rows, other columns, and measures that are no numbers") {
  const auto made = support::make_rows(20, 3, 2, three_terms);
  const auto fitted = mr::model::ridge::fit(made.view(), made.targets);
  REQUIRE(fitted);
  using mr::model::permutation_importance;
  const auto zero = [](std::span<const double>) { return 0.0; };
  CHECK(permutation_importance(*fitted, matrix_view(made.features.data(), 0, 3), zero).error().code() ==
        errc::invalid_argument);
  CHECK(permutation_importance(*fitted, matrix_view(made.features, 2), zero).error().code() == errc::shape_mismatch);
  CHECK(permutation_importance(*fitted, made.view(), zero, {.repeats = 0}).error().code() == errc::invalid_argument);
  int calls = 0;
  const auto later = permutation_importance(*fitted, made.view(), [&](std::span<const double>) {
    return ++calls > 6 ? std::numeric_limits<double>::quiet_NaN() : 1.0;
  });
  CHECK(later.error().code() == errc::not_finite);
  CHECK_THAT(later.error().describe(), ContainsSubstring("column 1"));
  const auto failing = permutation_importance(*fitted, made.view(), [](std::span<const double>) -> mr::result<double> {
    return mr::error(errc::invalid_data, "one class only");
  });
  CHECK_THAT(failing.error().describe(), ContainsSubstring("no column shuffled: one class only"));
}
