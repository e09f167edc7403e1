#include <millrace/deliver/split/bandit_policies.hpp>

#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

template <class Policy, class Reward>
std::vector<double> chances(const Policy& policy, const std::vector<Reward>& arms) {
  std::vector<double> out(arms.size());
  REQUIRE(policy.probabilities(std::span<const Reward>(arms), std::span<double>(out)));
  return out;
}

/// The arm that a line of tests/golden/deliver/bandits.txt writes as successes/trials or n/mean/variance.
void read_arm(const std::string& text, std::vector<md::binary_reward>& arms) {
  char* end = nullptr;
  const std::uint64_t successes = std::strtoull(text.c_str(), &end, 10);
  arms.push_back({std::strtoull(end + 1, nullptr, 10), successes});
}
void read_arm(const std::string& text, std::vector<md::numeric_reward>& arms) {
  char* end = nullptr;
  const double n = std::strtod(text.c_str(), &end);
  const double mean = std::strtod(end + 1, &end);
  arms.push_back({{n, mean, std::strtod(end + 1, nullptr)}});
}

template <class Reward>
void check_line(std::istringstream& from) {
  std::vector<Reward> arms;
  std::string word;
  while (from >> word && word != "best") read_arm(word, arms);
  const std::vector<double> made = chances(md::thompson(), arms);
  for (const double one : made) {
    double expected = 0;
    REQUIRE(from >> expected);
    CHECK(std::fabs(one - expected) < 1e-10);
  }
}

}  // namespace

TEST_CASE("thompson: an arm has the probability that SciPy's quadrature says it is best with") {
  std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/bandits.txt");
  std::size_t read = 0;
  for (std::string line, kind; std::getline(file, line); ++read) {
    INFO(line);
    std::istringstream from(line);
    from >> kind;
    kind == "rates" ? check_line<md::binary_reward>(from) : check_line<md::numeric_reward>(from);
  }
  CHECK(read == 8);
}

TEST_CASE("thompson: numeric arms with too few rewards come first, and constant ones are compared as they are") {
  using arms = std::vector<md::numeric_reward>;
  CHECK(chances(md::thompson(), arms{{{5, 1, 1}}, {{1, 9, 0}}, {{0, 0, 0}}}) == std::vector<double>{0, 0.5, 0.5});
  CHECK(chances(md::thompson(), arms{{{5, 1, 0}}, {{7, 2, 0}}, {{3, 2, 0}}}) == std::vector<double>{0, 0.5, 0.5});
  CHECK(md::thompson{{0, 1}}.valid().error().message() == "the shapes of a beta prior must be above 0, not 0 and 1");
}

TEST_CASE("thompson: rewards that differ by rounding alone, or by all that doubles have, are compared") {
  using arms = std::vector<md::numeric_reward>;
  arms constant(2);
  for (int i = 0; i < 1000; ++i) {
    constant[0].update(0.1);
    constant[1].update(0.3);
  }
  CHECK(chances(md::thompson(), constant)[1] > 0.999);
  CHECK(std::fabs(chances(md::thompson(), arms{{{5, 1, 1e-300}}, {{10, 1, 1e-300}}})[0] - 0.5) < 1e-9);
  // Phi(-1 / sqrt(.1 + 1e-6)), with weights of two observations: variances of 1 stay 1
  CHECK(std::fabs(chances(md::thompson(), arms{{{1e6, 1e9, 1}}, {{10, 1e9 + 1, 1}}})[0] - 7.8274e-4) < 1e-7);
  CHECK(chances(md::thompson(), arms{{{1e15, 1e9, 1e-20}}, {{10, 1e9 - 5, 1}}})[0] > 0.999);
  CHECK(chances(md::thompson(), arms{{{5, 1, 1e-30}}, {{10, 1e10, 1e-30}}})[1] > 0.999);
  CHECK(chances(md::thompson(), arms{{{5, 1e150, 1e300}}, {{10, -1e150, 1}}})[0] > 0.9);
  const std::vector<md::binary_reward> sure{{1'000'000'000'000, 1'000'000'000'000},
                                            {1'000'000'000'000, 999'999'999'999}};
  CHECK(std::fabs(chances(md::thompson(), sure)[0] - 0.75) < 1e-6);  // P(Beta(n, 1) > Beta(n - 1, 2))
}

TEST_CASE("epsilon_greedy: the best arm has all but epsilon") {
  using arms = std::vector<md::binary_reward>;
  const md::epsilon_greedy policy{0.2};
  const auto near = [](const std::vector<double>& made, const std::vector<double>& expected) {
    bool same = made.size() == expected.size();
    for (std::size_t i = 0; same && i < made.size(); ++i) same = std::fabs(made[i] - expected[i]) < 1e-15;
    return same;
  };
  CHECK(near(chances(policy, arms{{10, 5}, {10, 6}}), {0.1, 0.9}));
  CHECK(near(chances(policy, arms{{10, 5}, {20, 10}, {10, 4}, {9, 1}}), {0.45, 0.45, 0.05, 0.05}));
  CHECK(near(chances(policy, arms{{10, 5}, {0, 0}}), {0.1, 0.9}));
  CHECK(near(chances(md::epsilon_greedy{0}, arms{{0, 0}, {0, 0}}), {0.5, 0.5}));
  CHECK(md::epsilon_greedy{-0.1}.valid().error().code() == mr::errc::invalid_argument);
  CHECK(md::epsilon_greedy{std::nan("")}.valid().error().message() == "epsilon must be from 0 to 1, not NaN");
}

TEST_CASE("ucb1: the arm with the largest bound has everything") {
  using arms = std::vector<md::binary_reward>;
  // n = 110: .5 + sqrt(2 ln(110) / 100) = .8066, and .3 + sqrt(2 ln(110) / 10) = 1.2696
  CHECK(chances(md::ucb1(), arms{{100, 50}, {10, 3}}) == std::vector<double>{0, 1});
  // with a range of .1 the bounds are .5307 and .3970
  CHECK(chances(md::ucb1{0.1}, arms{{100, 50}, {10, 3}}) == std::vector<double>{1, 0});
  CHECK(chances(md::ucb1(), arms{{100, 50}, {100, 50}, {1000, 1}}) == std::vector<double>{0.5, 0.5, 0});
  CHECK(chances(md::ucb1(), arms{{100, 100}, {0, 0}}) == std::vector<double>{0, 1});
  CHECK(chances(md::ucb1(), arms{{1, 0}, {1, 1}}) == std::vector<double>{0, 1});
  CHECK(md::ucb1{0}.valid().error().message() == "the range of rewards must be above 0, not 0");
}
