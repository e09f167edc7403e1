// How many users does an experiment need? Planning by a metric's kind, before the first user is counted.
#include <millrace/stats/power/planning.hpp>
#include <millrace/stats/tests/ratio_metrics.hpp>

#include <cstdio>

namespace mr = millrace;

int main() {
  // [sample_size]
  // A click rate of 10 %, to find 10.5 % at the usual 5 % and 80 %.
  const auto clicks = mr::stats::sample_size(mr::stats::two_proportions{.base = 0.10}, 0.005);
  if (!clicks) return std::fputs(clicks.error().describe().c_str(), stderr);
  std::puts(clicks->summary().c_str());

  // Revenue a click, from last month's users: the delta method's variance of one user.
  const mr::stats::pair_moments last_month{
      .n = 40'000, .mean_x = 1.9, .mean_y = 3.2, .variance_x = 7.5, .variance_y = 6.0, .covariance = 4.1};
  const auto revenue = mr::stats::ratio_of_means(last_month);
  if (!revenue) return std::fputs(revenue.error().describe().c_str(), stderr);
  const auto plan = mr::stats::sample_size(mr::stats::two_estimates{revenue->variance, revenue->variance},
                                           0.02 * revenue->ratio, {.power = 0.9});
  if (!plan) return std::fputs(plan.error().describe().c_str(), stderr);
  std::puts(plan->summary().c_str());

  // And the other way around: what can 20,000 users in each arm tell?
  const auto least = mr::stats::minimum_detectable_effect(mr::stats::two_proportions{.base = 0.10}, 20'000);
  if (!least) return std::fputs(least.error().describe().c_str(), stderr);
  std::puts(least->summary().c_str());
  // [/sample_size]
}
