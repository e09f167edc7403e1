// What splits promise, over ten million units: points are uniform, layers and the parts of a layer are independent,
// every share is its weight; and over some thousand logs, that intervals of off-policy estimates hold the truth as
// often as they say. Prints a table; fails where a chi-squared statistic is beyond its quantile of 1e-6.
//
//   splits [units = 10000000] [logs = 2000]

#include <millrace/deliver/split.hpp>
#include <millrace/stats/distributions/chi_squared.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

int failures = 0;

/// Pearson's test of counts against shares.
void check_counts(const char* what, const std::vector<double>& counts, const std::vector<double>& shares) {
  double total = 0;
  for (const double count : counts) total += count;
  double statistic = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * shares[i];
    statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  const double p = mr::stats::chi_squared{static_cast<double>(counts.size() - 1)}.sf(statistic);
  std::printf("| %s | %.0f | %zu | %.1f | %.3f |\n", what, total, counts.size(), statistic, p);
  failures += p < 1e-6;
}
std::vector<double> equal(std::size_t cells) { return std::vector<double>(cells, 1.0 / static_cast<double>(cells)); }

template <class Point>
void uniform(const char* what, std::uint64_t units, const Point& point) {
  std::vector<double> counts(10'000);
  for (std::uint64_t i = 0; i < units; ++i) ++counts[static_cast<std::size_t>(10'000 * point(i))];
  check_counts(what, counts, equal(counts.size()));
}
template <class First, class Second>
void independent(const char* what, std::uint64_t units, const First& first, const Second& second) {
  std::vector<double> counts(10'000);
  for (std::uint64_t i = 0; i < units; ++i)
    ++counts[100 * static_cast<std::size_t>(100 * first(i)) + static_cast<std::size_t>(100 * second(i))];
  check_counts(what, counts, equal(counts.size()));
}

auto point_by(md::salt by) {
  return [by](std::uint64_t id) { return md::unit_point(md::unit_hash(by, id)); };
}

void hashes(std::uint64_t units) {
  std::printf("| units placed by `unit_hash` | units | cells | chi-squared | p |\n|---|---|---|---|---|\n");
  uniform("numbers one after the other", units, point_by("uniform"));
  uniform("numbers, salt \"\"", units, point_by(""));
  uniform("multiples of 2^32", units, [](std::uint64_t i) { return md::unit_point(md::unit_hash("a", i << 32)); });
  uniform("texts user-0, user-1, ...", units,
          [](std::uint64_t i) { return md::unit_point(md::unit_hash("text", "user-" + std::to_string(i))); });
  const md::salt one("checkout-2026");
  independent("two layers of similar salts", units, point_by(one), point_by("checkout-2027"));
  independent("a layer and its slice", units, point_by(one), point_by(one.within("button")));
  independent("variant and coverage", units, point_by(one.within("button")),
              point_by(one.within("button").within("coverage")));
  independent("a unit and the next one", units, point_by(one),
              [by = one](std::uint64_t i) { return md::unit_point(md::unit_hash(by, i + 1)); });
  const auto weights = md::any_weights::make({30, 5, 10, 0.5, 14.5, 20, 20}, 100).value();
  std::vector<double> counts(weights.size());
  std::vector<double> shares;
  for (std::size_t i = 0; i < weights.size(); ++i) shares.push_back(weights.share(i));
  for (std::uint64_t i = 0; i < units; ++i) ++counts[weights.variant(md::unit_hash(one, i))];
  check_counts("seven variants by weights", counts, shares);
}

constexpr std::array rates{0.3, 0.5, 0.6};

template <class Policy>
void coverage(const char* what, Policy policy, std::uint64_t refresh_every, int logs, std::uint64_t seed) {
  std::array<int, 3> held{};
  std::array<double, 3> sums{};
  mr::random_engine random(seed);
  for (int round = 0; round < logs; ++round) {
    auto bandit =
        md::bandit<"coverage", 3, Policy>::make(policy, {.floor = 0.05, .refresh_every = refresh_every}).value();
    std::vector<md::logged_choice> log;
    for (int i = 0; i < 1000; ++i) {
      const md::assignment given = bandit.place(random());
      const bool reward = random.uniform() < rates[given.variant];
      bandit.update(given.variant, reward);
      log.push_back({given.variant, given.propensity, reward ? 1.0 : 0.0});
    }
    const auto made = md::off_policy_value(
        log, 3, [](std::size_t, std::size_t action) { return action == 1 ? 0.6 : 0.2; },
        [](std::size_t, std::size_t action) { return rates[action] + 0.05; });
    const md::off_policy_estimate* estimates[] = {&made->ips, &made->self_normalized, &made->doubly_robust};
    for (std::size_t i = 0; i < 3; ++i) {
      held[i] += estimates[i]->interval.contains(0.2 * 0.3 + 0.6 * 0.5 + 0.2 * 0.6);
      sums[i] += estimates[i]->value;
    }
  }
  std::printf("| %s | %d |", what, logs);
  for (std::size_t i = 0; i < 3; ++i) std::printf(" %.4f, %.1f %% |", sums[i] / logs, 100.0 * held[i] / logs);
  std::printf("\n");
  for (const int count : held) failures += count < 0.9 * logs;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t units = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int logs = argc > 2 ? std::atoi(argv[2]) : 2000;
  if (units < 100'000 || logs < 100) return 2;
  hashes(units);
  std::printf(
      "\n| log of 1,000 lines; the truth is 0.48 | logs | IPS: mean, 95 %% interval holds it | self-normalized | "
      "doubly robust |\n|---|---|---|---|---|\n");
  coverage("epsilon-greedy, 0.2", md::epsilon_greedy{0.2}, 20, logs, 1);
  coverage("UCB1", md::ucb1{}, 20, logs, 2);
  coverage("Thompson", md::thompson{}, 250, logs / 10, 3);
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
