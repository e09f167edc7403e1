#include <millrace/stats/experiment/decision.hpp>

#include <support/catch.hpp>

#include <string>
#include <type_traits>

namespace mr = millrace;

TEST_CASE("a decision corrects by Holm, and over looks by Bonferroni, unless it is told otherwise") {
  using planned = mr::stats::group_looks<mr::stats::spending::pocock, mr::stats::looks<.5, 1.>>;
  CHECK(std::is_same_v<mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>::family_correction,
                       mr::stats::holm>);
  CHECK(std::is_same_v<mr::stats::decision<planned, mr::stats::alpha<.05>>::family_correction, mr::stats::bonferroni>);
  CHECK(mr::stats::decision<planned, mr::stats::alpha<.01>, mr::stats::bonferroni>::alpha == 0.01);
  CHECK(planned::planned::count == 2);
  CHECK(planned::planned::at[0] == 0.5);
  CHECK(planned::rho == 2);
  CHECK(mr::stats::group_looks<mr::stats::spending::power, mr::stats::looks<1.>, 1.>::rho == 1);
  CHECK(std::is_same_v<mr::stats::decision<mr::stats::always_valid, .05>,
                       mr::stats::decision<mr::stats::always_valid, mr::stats::alpha<.05>>>);
}

TEST_CASE("a report's summary says what was found, left out, and not to be trusted") {
  mr::stats::experiment_report<2> report;
  report.metrics[0].metric = "ctr";
  report.metrics[0].adjusted_p = 0.012;
  report.metrics[1].metric = "latency";
  CHECK_FALSE(report.any_significant());
  CHECK(report.summary().find("ctr: not significant (adjusted p 0.012)") == 0);
  CHECK(report.summary().find("Left out") == std::string::npos);
  report.metrics[1].significant = true;
  report.refused = 3;
  CHECK(report.any_significant());
  std::string text = report.summary();
  CHECK(text.find("\nlatency: significant") != std::string::npos);
  CHECK(text.find("Left out: 3 units") != std::string::npos);
  CHECK(text.find("mismatch") == std::string::npos);

  report.sample_ratio.mismatch = true;
  report.sample_ratio.p = 1e-30;
  report.units = 200;
  report.treated = 180;
  text = report.summary();
  CHECK(text.find("No verdict: sample ratio mismatch, p 1e-30. The treatment has 180 of 200 units, 90 %, and was "
                  "configured to get 50 %.") == 0);
  CHECK(text.find("\nctr: no verdict.") != std::string::npos);
  CHECK(text.find("significant") == std::string::npos);
}
