#include <millrace/model/network/mlp_options.hpp>

#include <millrace/model/network/mlp.hpp>

#include <support/catch.hpp>
#include <support/made_rows.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace mr = millrace;
using mr::model::mlp;
using mr::model::mlp_options;

TEST_CASE("options of a network that are none are refused by name") {
  const auto data = support::make_rows(30, 4, 1, support::two_classes);
  const auto refused = [&](const mlp_options& with, const std::string& option) {
    const auto found = mlp<>::fit(data.view(), data.targets, with);
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == mr::errc::invalid_argument);
    CHECK_THAT(found.error().message(), ContainsSubstring("option " + option));
  };
  refused({.hidden = {3, 0}}, "hidden");
  refused({.hidden = {4097}}, "hidden");
  refused({.hidden = std::vector<std::size_t>(64, 1)}, "hidden");
  refused({.function = static_cast<mr::model::activation>(6)}, "function");
  refused({.epochs = 0}, "epochs");
  refused({.batch = 0}, "batch");
  refused({.rate = 0}, "rate");
  refused({.rate = HUGE_VAL}, "rate");
  refused({.rate = std::nan("")}, "rate");
  refused({.schedule = static_cast<mr::model::rate_schedule>(3)}, "schedule");
  refused({.l2 = -1}, "l2");
  refused({.weight_decay = std::nan("")}, "weight_decay");
  refused({.validation_share = 1}, "validation_share");
  refused({.validation_share = 0}, "validation_share");
}

TEST_CASE("the learning rate of a network goes along its schedule") {
  using mr::model::rate_schedule;
  using mr::model::detail::rate_at;
  CHECK(rate_at({.rate = 0.5}, 7, 8) == 0.5);
  CHECK(rate_at({.rate = 0.5, .schedule = rate_schedule::linear}, 0, 8) == 0.5);
  CHECK(rate_at({.rate = 0.5, .schedule = rate_schedule::linear}, 6, 8) == 0.125);
  CHECK(rate_at({.rate = 0.5, .schedule = rate_schedule::cosine}, 0, 8) == 0.5);
  CHECK(rate_at({.rate = 0.5, .schedule = rate_schedule::cosine}, 4, 8) == Approx(0.25));
  CHECK(rate_at({.rate = 0.5, .schedule = rate_schedule::cosine}, 8, 8) == Approx(0).margin(1e-12));
}

TEST_CASE("prices draw a network's weights to 0") {
  const auto data = support::make_rows(300, 4, 1, support::a_number);
  using model = mlp<mr::model::squared_loss>;
  const auto spread = [&](const mlp_options& with) {
    const auto fitted = model::fit(data.view(), data.targets, with);
    REQUIRE(fitted);
    double sum = 0;
    for (std::size_t i = 0; i < data.rows(); ++i) sum += std::pow((*fitted)(data.view().row(i)), 2);
    return sum;
  };
  const double free = spread({.epochs = 30, .rate = 1e-2});
  CHECK(spread({.epochs = 30, .rate = 1e-2, .l2 = 1}) < free / 2);
  CHECK(spread({.epochs = 30, .rate = 1e-2, .weight_decay = 30}) < free / 2);
}
