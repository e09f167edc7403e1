#include <millrace/deliver/shadow/shadow_report.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>
#include <string>

namespace md = millrace::deliver;
using md::verdict;

namespace {

md::shadow_report of(std::uint64_t comparisons, std::uint64_t agreements) {
  md::shadow_report made;
  made.name = "checkout";
  made.all.comparisons = comparisons;
  made.all.agreements = agreements;
  made.stable = {comparisons, 100, 90, 150, 200, 900};
  made.candidate = {comparisons, 150, 120, 300, 500, 1000};
  return made;
}

}  // namespace

TEST_CASE("shadow_report: without data it is on hold, and its figures are unknown") {
  const md::shadow_report none;
  CHECK(std::isnan(none.agreement()));
  CHECK_FALSE(none.agreement_interval());
  CHECK(std::isnan(none.latency_ratio()));
  CHECK(none.assess().verdict == verdict::hold);
  CHECK(none.assess({.min_comparisons = 0}).verdict == verdict::hold);
  CHECK(none.summary() == ": 0 comparisons\n");
  md::shadow_report few;
  few.left_out = 7;
  CHECK(few.summary() == ": 0 comparisons\n7 left out by the share that is copied\n");
}

TEST_CASE("shadow_report: it promotes with all of the interval, and takes back with none of it") {
  const md::shadow_criteria wanted{.min_comparisons = 1000, .min_agreement = 0.99};
  CHECK(of(999, 999).assess(wanted).verdict == verdict::hold);
  CHECK(of(1000, 1000).assess(wanted).verdict == verdict::promote);
  CHECK(of(1000, 992).assess(wanted).verdict == verdict::hold);  // the estimate is enough, the interval is not
  CHECK(of(100'000, 99'500).assess(wanted).verdict == verdict::promote);
  CHECK(of(1000, 900).assess(wanted).verdict == verdict::rollback);
  CHECK(of(1000, 0).assess(wanted).verdict == verdict::rollback);
  const auto told = of(1000, 900).assess(wanted);
  CHECK_THAT(told.why, ContainsSubstring("90 %") && ContainsSubstring("99 % are needed"));
}

TEST_CASE("shadow_report: criteria that cannot be met hold, as limits that are crossed or unknown do") {
  CHECK(of(1000, 1000).assess({.min_agreement = 1}).verdict == verdict::hold);
  CHECK_THAT(of(3, 3).assess({.min_agreement = 95}).why, ContainsSubstring("ask for less than 1"));  // before too few
  CHECK(of(1000, 1000).assess({.min_agreement = std::nan("")}).verdict == verdict::hold);
  CHECK(of(1000, 1000).assess({.level = 2}).verdict == verdict::hold);
  CHECK(of(1000, 1000).assess({.max_latency_ratio = 2.5}).verdict == verdict::promote);
  CHECK(of(1000, 1000).assess({.max_latency_ratio = 2}).verdict == verdict::hold);
  CHECK(of(1000, 1000).assess({.max_drift = 0.2}).verdict == verdict::hold);  // NaN: nobody knows
  auto seen = of(1000, 1000);
  seen.drift.psi = 0.1;
  CHECK(seen.assess({.max_drift = 0.2}).verdict == verdict::promote);
  seen.drift.psi = 0.3;
  CHECK(seen.assess({.max_drift = 0.2}).verdict == verdict::hold);
  seen.all.agreements = 10;
  CHECK(seen.assess({.max_drift = 0.2}).verdict == verdict::rollback);  // whatever else is wrong
}

TEST_CASE("shadow_report: counts add up") {
  md::shadow_counts one{10, 9, 1, 0, 2.5, 5, 9};
  const md::shadow_counts other{30, 20, 0, 2, 1.5, 4, 28};
  one.merge(other);
  CHECK(one.comparisons == 40);
  CHECK(one.agreements == 29);
  CHECK(one.candidate_failures == 1);
  CHECK(one.stable_failures == 2);
  CHECK(one.max_distance == 2.5);
  CHECK(one.mean_distance() == 9.0 / 37);
}

TEST_CASE("shadow_report: it is text for people and JSON for machines") {
  auto seen = of(1000, 900);
  seen.all.candidate_failures = 7;
  seen.segments = {{"de \"east\"", {600, 599, 0, 0, 0.5, 1, 600}}, {md::other_segments, {400, 301, 7, 0, 2, 9, 393}}};
  seen.dropped[static_cast<std::size_t>(md::shadow_drop::full)] = 12;
  seen.hanging_threads = 1;
  const std::string text = seen.summary();
  CHECK_THAT(text, ContainsSubstring("checkout: 1000 comparisons, 90 % agree, the candidate failed in 7") &&
                       ContainsSubstring("12 not compared: full") && ContainsSubstring("(other)") &&
                       ContainsSubstring("1 threads hang"));
  const auto json = nlohmann::json::parse(to_json(seen));
  CHECK(json["agreements"] == 900);
  CHECK(json["segments"][0]["name"] == "de \"east\"");
  CHECK(json["dropped"]["full"] == 12);
  CHECK(json["candidate"]["p99_ns"] == 500);
  CHECK(json["drift"]["psi"] == "NaN");
  CHECK(json["agreement_interval"].size() == 2);
}
