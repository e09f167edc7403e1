// How many users does an experiment need? A plan for each kind of metric, made before the experiment starts.
#include <millrace/stats/power/planning.hpp>
#include <millrace/stats/tests/ratio_metrics.hpp>

#include <cstdio>

namespace mr = millrace;

int main() {
  // [sample_size]
  // A click rate: 10.5 % against 10 % is to be found with alpha 5 % and power 80 %, the defaults.
  const auto clicks = mr::stats::sample_size(mr::stats::two_proportions{.base = 0.10}, 0.005);
  if (!clicks) return std::fputs(clicks.error().describe().c_str(), stderr);
  std::puts(clicks->summary().c_str());

  // Revenue per click, of which a change of 2 % is to be found: the delta method gives one user's variance from last
  // month's figures.
  const mr::stats::pair_moments last_month{
      .n = 40'000, .mean_x = 1.9, .mean_y = 3.2, .variance_x = 7.5, .variance_y = 6.0, .covariance = 4.1};
  const auto revenue = mr::stats::ratio_of_means(last_month);
  if (!revenue) return std::fputs(revenue.error().describe().c_str(), stderr);
  const auto plan = mr::stats::sample_size(mr::stats::two_estimates{revenue->variance, revenue->variance},
                                           0.02 * revenue->ratio, {.power = 0.9});
  if (!plan) return std::fputs(plan.error().describe().c_str(), stderr);
  std::puts(plan->summary().c_str());

  // The other way around: which effect can be found with 20,000 users in each arm?
  const auto least = mr::stats::minimum_detectable_effect(mr::stats::two_proportions{.base = 0.10}, 20'000);
  if (!least) return std::fputs(least.error().describe().c_str(), stderr);
  std::puts(least->summary().c_str());
  // [/sample_size]
}
