#include <millrace/model/validation/cross_validate.hpp>

#include <millrace/model/evaluation/measures.hpp>
#include <millrace/model/linear/ridge.hpp>
#include <support/catch.hpp>
#include <support/close_numbers.hpp>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;

TEST_CASE("cross-validation scores each fold with what was fitted on the others") {
  const std::vector<double> values{1, 2, 3, 4, 10, 20};
  const std::vector<model::fold> folds{{{0, 1, 2, 3}, {4, 5}}, {{2, 3, 4, 5}, {0, 1}}};
  const auto mean_of = [&](std::span<const std::size_t> rows) {
    double sum = 0;
    for (const std::size_t i : rows) sum += values[i];
    return sum / static_cast<double>(rows.size());
  };
  // A model may be anything: here the mean, and the score how far the other rows' mean is above it.
  const auto found = model::cross_validate(
      folds, mean_of, [&](double fitted, std::span<const std::size_t> rows) { return mean_of(rows) - fitted; });
  REQUIRE(found);
  CHECK(found->scores == std::vector<double>{12.5, -7.75});
  CHECK(found->mean() == 2.375);
  CHECK(found->standard_deviation() == support::twelve_digits(20.25 / std::sqrt(2)));
  CHECK(model::cross_validation{{3}}.standard_deviation() == 0);
}

TEST_CASE("cross-validation of a ridge regression") {
  std::vector<float> features, targets;
  for (int i = 0; i < 60; ++i) {
    features.insert(features.end(), {static_cast<float>(i % 7), static_cast<float>(i % 5)});
    targets.push_back(static_cast<float>(3 * (i % 7) - (i % 5)));
  }
  // [cross_validate]
  const mr::model::matrix_view rows(features, 2);
  const auto folds = mr::model::k_fold(rows.rows(), 5);
  if (!folds) throw std::runtime_error(folds.error().describe());
  const auto fit = [&](std::span<const std::size_t> train) {
    const auto chosen = mr::model::gather_rows(rows, train);
    return mr::model::ridge::fit(mr::model::matrix_view(chosen, 2), mr::model::gather(targets, train), {.l2 = 1e-3});
  };
  const auto score = [&](const mr::model::ridge& fitted, std::span<const std::size_t> test) {
    const auto chosen = mr::model::gather_rows(rows, test);
    std::vector<double> predictions(test.size());
    fitted.predict(mr::model::matrix_view(chosen, 2), predictions);
    return mr::model::rmse(mr::model::gather(targets, test), predictions);
  };
  const auto found = mr::model::cross_validate(*folds, fit, score);
  if (!found) throw std::runtime_error(found.error().describe());  // names the fold
  const double error = found->mean();
  // [/cross_validate]
  CHECK(error < 0.01);
  CHECK(found->scores.size() == 5);
}

TEST_CASE("cross-validation: an error names its fold") {
  const std::vector<model::fold> folds{{{0}, {1}}, {{1}, {0}}};
  const auto one = [](std::span<const std::size_t>) { return 1; };
  const auto none = model::cross_validate(std::vector<model::fold>{}, one, [](int, auto) { return 1.0; });
  CHECK(none.error().code() == mr::errc::invalid_argument);
  const auto bad_fit = model::cross_validate(
      folds,
      [](std::span<const std::size_t> rows) -> mr::result<int> {
        if (rows[0] == 1) return mr::error(mr::errc::invalid_data, "no");
        return 1;
      },
      [](int, auto) { return 1.0; });
  CHECK(bad_fit.error().code() == mr::errc::invalid_data);
  CHECK(bad_fit.error().describe() == "cross-validation, fold 1: no");
  const auto bad_score = model::cross_validate(
      folds, one, [](int, auto) -> mr::result<double> { return mr::error(mr::errc::out_of_range, "oh"); });
  CHECK(bad_score.error().describe() == "cross-validation, fold 0: oh");
  const auto nan = model::cross_validate(folds, one, [](int, auto) { return std::nan(""); });
  CHECK(nan.error().code() == mr::errc::not_finite);
}

TEST_CASE("cross-validation has the same scores, and the same error, on any number of threads") {
  std::vector<float> features, targets;
  for (int i = 0; i < 90; ++i) {
    features.insert(features.end(), {static_cast<float>(i % 7), static_cast<float>(i % 5)});
    targets.push_back(static_cast<float>(i % 11));
  }
  const model::matrix_view rows(features, 2);
  const auto folds = model::k_fold(90, 15);
  REQUIRE(folds);
  const auto fit = [&](std::span<const std::size_t> train) {
    const auto chosen = model::gather_rows(rows, train);
    return model::ridge::fit(model::matrix_view(chosen, 2), model::gather(targets, train), {.l2 = 1});
  };
  const auto score = [&](const model::ridge& fitted, std::span<const std::size_t> test) {
    const auto chosen = model::gather_rows(rows, test);
    std::vector<double> predictions(test.size());
    fitted.predict(model::matrix_view(chosen, 2), predictions);
    return model::rmse(model::gather(targets, test), predictions);
  };
  const auto alone = model::cross_validate(*folds, fit, score);
  REQUIRE(alone);
  for (const std::size_t count : {2U, 5U}) {
    model::threads some(count);
    const auto together = model::cross_validate(*folds, fit, score, some);
    REQUIRE(together);
    CHECK(together->scores == alone->scores);
  }
}

namespace {
/// The order that threads may end up with at worst.
struct backwards {
  static void run(std::size_t jobs, model::numbered_job job) {
    for (std::size_t i = jobs; i > 0; --i) job(i - 1);
  }
};
}  // namespace

TEST_CASE("cross-validation names the first fold that fails, in whatever order they run") {
  const auto folds = model::k_fold(90, 15);
  REQUIRE(folds);
  const auto fails_for_two = [&](int, std::span<const std::size_t> test) -> mr::result<double> {
    if (test.front() == (*folds)[3].test.front() || test.front() == (*folds)[12].test.front())
      return mr::error(mr::errc::invalid_data, "no");
    return 1.0;
  };
  backwards from_the_end;
  model::threads four(4);
  for (const model::executor_reference& on :
       {model::executor_reference(), model::executor_reference(from_the_end), model::executor_reference(four)}) {
    const auto failing =
        model::cross_validate(*folds, [](std::span<const std::size_t>) { return 1; }, fails_for_two, on);
    REQUIRE_FALSE(failing);
    CHECK(failing.error().describe() == "cross-validation, fold 3: no");
  }
}
