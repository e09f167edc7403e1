#include <millrace/model/validation/regression.hpp>

#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <cmath>
#include <span>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using validation::predictions;
using validation::targets;
using validation::weights;

TEST_CASE("regression: every measure is scikit-learn's, with and without weights") {
  CHECK(*model::mse(targets, predictions) == support::twelve_digits(validation::mse));
  CHECK(*model::mse(targets, predictions, weights) == support::twelve_digits(validation::mse_weighted));
  CHECK(*model::mape(targets, predictions) == support::twelve_digits(validation::mape));
  CHECK(*model::mape(targets, predictions, weights) == support::twelve_digits(validation::mape_weighted));
  CHECK(*model::pinball_loss(targets, predictions, 0.8) == support::twelve_digits(validation::pinball));
  CHECK(*model::pinball_loss(targets, predictions, 0.8, weights) ==
        support::twelve_digits(validation::pinball_weighted));
  CHECK(*model::explained_variance(targets, predictions) == support::twelve_digits(validation::explained_variance));
  CHECK(*model::explained_variance(targets, predictions, weights) ==
        support::twelve_digits(validation::explained_variance_weighted));
  CHECK(*model::median_absolute_error(targets, predictions) == support::twelve_digits(validation::median_error_even));
  const std::span<const double> odd(targets.data(), targets.size() - 1), also(predictions.data(), odd.size());
  CHECK(*model::median_absolute_error(odd, also) == support::twelve_digits(validation::median_error_odd));
}

TEST_CASE("regression: numbers as large and small as doubles can be, and constant targets") {
  const std::vector<double> high{1e308, -1e308, 1e308}, low{-1e308, 1e308, 1e308};
  CHECK(*model::pinball_loss(high, low) == support::twelve_digits(1e308 / 3 * 2));
  CHECK(std::isinf(*model::mse(high, low)));
  const std::vector<double> small{1e-170, 3e-170}, none{0, 0};
  CHECK(*model::mse(small, none) == 0);
  CHECK(*model::explained_variance(small, small) == 1);
  CHECK(*model::explained_variance(small, std::vector<double>{2e-170, 4e-170}) == support::twelve_digits(1));
  const std::vector<double> five{5, 5};
  CHECK(*model::explained_variance(five, std::vector<double>{6, 6}) == 1);
  CHECK(*model::explained_variance(five, std::vector<double>{6, 7}) == 0);
  CHECK(*model::mape(none, small) == support::twelve_digits(2e-170 / 0x1p-52));
  CHECK(*model::median_absolute_error(std::vector<double>{1e308, 0, 0}, std::vector<double>{-7e307, 0, 0}) == 0);
  CHECK(*model::median_absolute_error(std::vector<double>{1e308, 0}, std::vector<double>{-1e308, 0}) ==
        support::twelve_digits(1e308));
  CHECK(*model::median_absolute_error(std::vector<double>{1.5e308}, std::vector<double>{1e308}) ==
        support::twelve_digits(5e307));
}

TEST_CASE("regression: refusals") {
  using mr::errc;
  const std::vector<double> two{1, 2}, one{1}, bad{1, std::nan("")};
  const auto refuse = [&](auto measure) {
    CHECK(measure(two, one).error().code() == errc::shape_mismatch);
    CHECK(measure(std::vector<double>{}, std::vector<double>{}).error().code() == errc::invalid_argument);
    CHECK(measure(bad, two).error().code() == errc::not_finite);
    CHECK(measure(two, bad).error().code() == errc::not_finite);
  };
  refuse([](model::real_view a, model::real_view b) { return model::mse(a, b); });
  refuse([](model::real_view a, model::real_view b) { return model::mape(a, b); });
  refuse([](model::real_view a, model::real_view b) { return model::pinball_loss(a, b); });
  refuse([](model::real_view a, model::real_view b) { return model::explained_variance(a, b); });
  refuse([](model::real_view a, model::real_view b) { return model::median_absolute_error(a, b); });
  CHECK(model::pinball_loss(two, two, 1.5).error().code() == errc::invalid_argument);
  CHECK(model::mse(two, two, std::vector<float>{1, -2}).error().code() == errc::out_of_range);
  CHECK(model::explained_variance(two, two, std::vector<float>{0, 0}).error().code() == errc::invalid_data);
}
