// Experiments that change nothing, each looked at all the while: how many find something, in the whole, in segments,
// and by a guardrail. Bounds are alpha and three binomial standard errors.
//
//     MILLRACE_EXPERIMENTS=10000 deliver "experiments that change nothing*"
#include <millrace/core/seed.hpp>
#include <millrace/deliver/experiment.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace mr = millrace;
namespace md = millrace::deliver;
using namespace millrace::stats;

namespace {

std::uint64_t the_time = 0;
std::uint64_t test_clock() noexcept { return the_time; }

// Two metrics of one law are correlated, since both grow with a unit's requests; revenue has heavy tails.
using shop = md::experiment<
    md::experiment_layer<"shop">, md::variants<md::variant<"control", 60>, md::variant<"b", 20>, md::variant<"c", 20>>,
    outcomes<conversion<"bought">, mean_of<"revenue">>, decision<always_valid, alpha<.05>, holm>,
    md::guardrails<md::guardrail<md::per_unit<mean_of<"latency">, md::unit_rule::mean>, md::harm::above, .05>>>;

struct found {
  double any = 0;
  double segments = 0;
  double harm = 0;
  double ratio = 0;
};

/// `lift` is what "c" adds to the rate of purchases, `slower` to its latencies.
found simulate(int experiments, std::uint64_t units, double lift, double slower) {
  found counts;
  mr::random_engine random(11);
  for (int i = 0; i < experiments; ++i) {
    the_time = 1'700'000'000'000'000'000U;
    auto test =
        shop::make({.id = std::to_string(i), .window = mr::seconds(1), .segments = {"de", "fr"}, .max_units = units},
                   {.wall_clock = test_clock});
    if (!test || !test->start("ada")) FAIL("no experiment");
    for (std::uint64_t u = 0; u < units; ++u) {
      the_time += 1'000'000;
      const std::size_t variant = test->expose(u, random.uniform() < 0.5 ? "de" : "fr").variant;
      for (std::uint64_t requests = 1 + random() % 4; requests > 0; --requests) {
        test->update<"bought">(u, random.uniform() < 0.05 + (variant == 2 ? lift : 0));
        test->update<"revenue">(u, std::exp(3 * random.uniform()));
        test->update<"latency">(u, -20 * std::log(1 - random.uniform()) + (variant == 2 ? slower : 0));
      }
    }
    the_time += 2'000'000'000U;
    const auto report = test->peek();
    if (!report) FAIL(report.error().describe());
    counts.any += report->any_significant();
    counts.harm += report->any_harm();
    counts.ratio += report->sample_ratio.mismatch;
    bool in_segment = false;
    for (const md::experiment_finding& each : report->segments) in_segment = in_segment || each.significant;
    counts.segments += in_segment;
  }
  return counts;
}
double bound(int experiments, double alpha) {
  return alpha * experiments + 3 * std::sqrt(alpha * (1 - alpha) * experiments);
}

}  // namespace

TEST_CASE("experiments that change nothing find something no more often than their alpha says") {
  const char* const more = std::getenv("MILLRACE_EXPERIMENTS");
  const int experiments = more != nullptr ? std::atoi(more) : 100;
  const found counts = simulate(experiments, 1500, 0, 0);
  CAPTURE(experiments, counts.any, counts.segments, counts.harm, counts.ratio);
  if (more != nullptr)
    std::printf("of %d experiments: a finding %.0f, in a segment %.0f, harm %.0f, sample ratio %.0f\n", experiments,
                counts.any, counts.segments, counts.harm, counts.ratio);
  CHECK(counts.any <= bound(experiments, 0.05));
  CHECK(counts.segments <= bound(experiments, 0.05));
  CHECK(counts.harm <= bound(experiments, 0.05));
  CHECK(counts.ratio <= bound(experiments, 0.001));
}

TEST_CASE("experiments that change much find it, and stop for harm") {
  const found counts = simulate(5, 3000, 0.1, 12);
  CHECK(counts.any == 5);
  CHECK(counts.harm == 5);
}
