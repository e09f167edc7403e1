#include <millrace/deliver/split/off_policy.hpp>

#include <millrace/deliver/split/bandit.hpp>

#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The log of tests/golden/deliver/off_policy.txt, with the policy and the model of each line.
struct golden_log {
  std::vector<std::string> expected;
  std::vector<md::logged_choice> lines;
  std::vector<std::array<double, 3>> target;
  std::vector<std::array<double, 3>> model;

  golden_log() {
    std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/off_policy.txt");
    std::string line;
    while (expected.size() < 4 && std::getline(file, line)) expected.push_back(line);
    md::logged_choice one;
    std::array<double, 3> t{};
    std::array<double, 3> m{};
    while (file >> one.unit >> one.action >> one.propensity >> one.reward >> t[0] >> t[1] >> t[2] >> m[0] >> m[1] >>
           m[2]) {
      lines.push_back(one);
      target.push_back(t);
      model.push_back(m);
    }
  }
};

const auto third = [](std::size_t, std::size_t action) { return action == 2 ? 1.0 : 0.0; };

std::string why(std::vector<md::logged_choice> log, std::size_t actions = 3) {
  return md::off_policy_value(log, actions, third).error().message();
}

bool near(double a, double b) { return std::fabs(a - b) <= 1e-12 * (1 + std::fabs(b)); }

}  // namespace

TEST_CASE("off_policy: estimates and their errors are those of NumPy by hand, over lines and over units") {
  const golden_log log;
  REQUIRE(log.lines.size() == 300);
  REQUIRE(log.expected.size() == 4);
  const auto target = [&](std::size_t line, std::size_t action) { return log.target[line][action]; };
  const auto model = [&](std::size_t line, std::size_t action) { return log.model[line][action]; };
  for (const std::string& text : log.expected) {
    INFO(text);
    std::istringstream from(text);
    std::string over, most;
    std::array<double, 8> expected{};
    from >> over >> most;
    for (double& one : expected) REQUIRE(from >> one);
    const auto made = md::off_policy_value(log.lines, 3, target, model,
                                           {.max_weight = most == "all" ? 0 : 2.5, .by_unit = over == "units"});
    REQUIRE(made);
    CHECK(near(made->ips.value, expected[0]));
    CHECK(near(made->ips.standard_error, expected[1]));
    CHECK(near(made->self_normalized.value, expected[2]));
    CHECK(near(made->self_normalized.standard_error, expected[3]));
    CHECK(near(made->doubly_robust.value, expected[4]));
    CHECK(near(made->doubly_robust.standard_error, expected[5]));
    CHECK(near(made->mean_weight, expected[6]));
    CHECK(near(made->effective_lines, expected[7]));
    CHECK(made->clusters == (over == "units" ? 60 : 300));
    CHECK((made->clipped > 0) == (most != "all"));
    CHECK(made->weights_plausible());
    CHECK(std::fabs(made->ips.interval.width() - 2 * 1.959963984540054 * expected[1]) < 1e-12);
  }
  const auto without = md::off_policy_value(log.lines, 3, target);
  REQUIRE(without);
  CHECK(std::isnan(without->doubly_robust.value));
}

TEST_CASE("off_policy: of a log that the target wrote itself, the estimate is the mean") {
  std::vector<md::logged_choice> log;
  double sum = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    log.push_back({i % 2, 0.5, i / 10.0});
    sum += i / 10.0;
  }
  const auto made = md::off_policy_value(log, 2, [](std::size_t, std::size_t) { return 0.5; });
  REQUIRE(made);
  CHECK(std::fabs(made->ips.value - sum / 100) < 1e-12);
  CHECK(made->ips.value == made->self_normalized.value);
  CHECK(made->effective_lines == 100);
  CHECK(made->mean_weight == 1);
}

TEST_CASE("off_policy: intervals from a bandit's log hold the truth, and a model makes them narrower") {
  constexpr std::array rates{0.3, 0.5, 0.6};
  constexpr int rounds = 200;
  std::array<int, 3> held{};
  double widths[2] = {0, 0};
  mr::random_engine random(4);
  for (int round = 0; round < rounds; ++round) {
    auto bandit = md::bandit<"off-policy", 3, md::epsilon_greedy>::make({0.3}, {.refresh_every = 50}).value();
    std::vector<md::logged_choice> log;
    for (int i = 0; i < 400; ++i) {
      const md::assignment given = bandit.place(random());
      const bool reward = random.uniform() < rates[given.variant];
      bandit.update(given.variant, reward);
      log.push_back({given.variant, given.propensity, reward ? 1.0 : 0.0});
    }
    const auto made =
        md::off_policy_value(log, 3, third, [&](std::size_t, std::size_t action) { return rates[action] + 0.05; });
    REQUIRE(made);
    held[0] += made->ips.interval.contains(rates[2]);
    held[1] += made->self_normalized.interval.contains(rates[2]);
    held[2] += made->doubly_robust.interval.contains(rates[2]);
    widths[0] += made->ips.interval.width();
    widths[1] += made->doubly_robust.interval.width();
  }
  for (const int count : held) CHECK(count >= 170);  // 95 % of 200, less six standard errors for few effective lines
  CHECK(widths[1] < 0.8 * widths[0]);
}

TEST_CASE("off_policy: propensities that are not those of the choices are noticed") {
  mr::random_engine random(6);
  std::vector<md::logged_choice> log;
  for (int i = 0; i < 2000; ++i) {
    const bool last = random.uniform() < 0.5;
    log.push_back({last ? 2U : 0U, last ? 0.2 : 0.8, 1});
  }
  const auto made = md::off_policy_value(log, 3, third);
  REQUIRE(made);
  CHECK_FALSE(made->weights_plausible());
  CHECK(made->summary().find("the propensities are not those of the choices") != std::string::npos);
  CHECK(made->summary().starts_with("95 % intervals of the mean reward: IPS 2."));
}

TEST_CASE("off_policy: what makes no sense is refused, by its line") {
  const md::logged_choice good{2, 0.5, 1};
  CHECK(why({good}) == "an estimate needs at least two lines");
  CHECK(why({good, {3, 0.5, 1}}) == "line 1 of the log: action 3 of 3");
  CHECK(why({good, {2, 0, 1}}) == "line 1 of the log: a propensity of 0");
  CHECK(why({{2, 1.5, 1}, good}) == "line 0 of the log: a propensity of 1.5");
  CHECK(why({{2, not_a_number, 1}, good}) == "line 0 of the log: a propensity of NaN");
  CHECK(why({good, {2, 0.5, not_a_number}}) == "line 1 of the log: a reward of NaN");
  CHECK(why({{0, 0.5, 1}, {1, 0.5, 1}}) ==
        "the policy never chooses what was logged, so that the log says nothing about it");
  const std::vector<md::logged_choice> two{good, good};
  CHECK(md::off_policy_value(two, 3, third, {.by_unit = true}).error().message() ==
        "an estimate needs at least two units");
  CHECK(md::off_policy_value(two, 3, third, {.level = 1}).error().code() == mr::errc::invalid_argument);
  CHECK(md::off_policy_value(two, 3, third, {.max_weight = -1}).error().code() == mr::errc::invalid_argument);
  const auto target = [&](double first, double second) {
    return md::off_policy_value(std::vector<md::logged_choice>{{0, 0.5, 1}, {1, 0.5, 1}}, 2,
                                [=](std::size_t, std::size_t action) { return action == 0 ? first : second; });
  };
  CHECK(target(0.5, 0.4).error().message() == "line 0 of the log: the policy's probabilities sum to 0.9");
  CHECK(target(not_a_number, 0.4).error().message() ==
        "line 0 of the log: the policy gives action 0 the probability NaN");
  CHECK(target(1.5, -0.5).error().code() == mr::errc::invalid_data);
  CHECK(md::off_policy_value(two, 3, third, [](std::size_t, std::size_t) { return not_a_number; }).error().message() ==
        "line 0 of the log: the model's prediction is not finite");
}

TEST_CASE("off_policy: propensities that are almost zero are an error or have a limit, and are no NaN") {
  std::vector<md::logged_choice> log(20, {.action = 2, .propensity = 0.5, .reward = 1});
  for (const double propensity : {5e-324, 1e-310, 1e-200}) {
    log[7].propensity = propensity;
    CHECK(md::off_policy_value(log, 3, third).error().code() == mr::errc::not_finite);
    CHECK(why(log).find("line 7 of the log") == 0);
    CHECK(why(log).find("max_weight") != std::string::npos);
    const auto limited = md::off_policy_value(log, 3, third, {.max_weight = 100});
    REQUIRE(limited);
    CHECK(limited->clipped == 1);
    CHECK(limited->ips.value == Approx((19 * 2 + 100) / 20.0));
  }
  log[7].propensity = 1e-100;
  const auto wide = md::off_policy_value(log, 3, third);
  REQUIRE(wide);
  CHECK(std::isfinite(wide->ips.interval.upper));
  CHECK(wide->effective_lines == Approx(1));
  log[7] = {.action = 2, .propensity = 0.5, .reward = 1e300};
  CHECK(md::off_policy_value(log, 3, third).error().code() == mr::errc::not_finite);
}
