#include <millrace/deliver/experiment/report.hpp>

#include <millrace/core/json_check.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

md::experiment_report told() {
  md::experiment_report made;
  made.id = "new";
  made.phase = md::experiment_phase::running;
  made.decided_by = "always_valid, alpha 0.05, Holm";
  made.variants = {{"control", 0.8, 80, 70}, {"treat<ment>", 0.2, 20, 10}};
  md::experiment_finding one;
  one.metric = "bought";
  one.variant = "treat<ment>";
  one.test.test = "z";
  one.test.effect_name = "difference";
  one.test.effect = 0.25;
  one.test.interval = {0.125, 0.5, 0.95};
  one.test.p = 0.001;
  one.test.n1 = 10;
  one.test.n2 = 70;
  one.adjusted_p = 0.002;
  one.significant = true;
  made.findings.push_back(one);
  one.segment = "\"de\"\n";
  one.withheld = "too early";
  made.segments.push_back(one);
  made.guardrails.push_back({"latency", "treat<ment>", "above", 5, 0.01, 7.25, 6, 4.605, true});
  made.ratios.push_back({5, 100, -0.5, {0.8, 0.2}});
  made.intervals.push_back({0, 6, 80, 0.25, 0.125, 0.5});
  return made;
}

}  // namespace

TEST_CASE("a report of an experiment for people") {
  md::experiment_report report = told();
  CHECK(report.exposed() == 100);
  CHECK(report.any_significant());
  CHECK(report.any_harm());
  CHECK(report.summary() ==
        "Experiment new is running; 100 units, control 80 (70 closed), treat<ment> 20 (10 closed). Decided by "
        "always_valid, alpha 0.05, Holm.\n"
        "Guardrail latency, treat<ment>: harm. Harm is to be above the control by more than 5; the effect is 7.25, log "
        "e 6, where "
        "4.605 shows harm.\n"
        "bought, treat<ment>: significant (adjusted p 0.002). z: difference 0.25 (95 % interval 0.125 to 0.5), p 0.001 "
        "with n = 10 and 70.\n"
        "bought, treat<ment> in \"de\"\n: no result: too early.\n");
  report.sample_ratio.mismatch = true;
  report.sample_ratio.p = 1e-9;
  report.contaminated = 3;
  report.late = 2;
  const std::string text = report.summary();
  CHECK(text.find("No verdict: sample ratio mismatch, p 1e-09.") != text.npos);
  CHECK(text.find("bought, treat<ment>: no verdict. ") != text.npos);
  CHECK(text.find("3 units were seen in two variants; they count in the first.\n") != text.npos);
  CHECK(text.find("2 outcomes were outside their unit's window.\n") != text.npos);
}

TEST_CASE("a report of an experiment for machines is JSON, whatever names and figures it has") {
  md::experiment_report report = told();
  report.findings[0].test.effect = std::nan("");
  report.findings[0].test.interval.lower = -HUGE_VAL;
  report.hypothesis = "\xff\"\\";
  const std::string text = to_json(report);
  CHECK(mr::is_json(text));
  CHECK(text.find(R"("effect":"NaN","lower":"-Infinity")") != text.npos);
  CHECK(text.find(R"("segment":"\"de\"\n","withheld":"too early"})") != text.npos);
  CHECK(text.find(R"("ratios":[{"at":5,"units":100,"log_e":-0.5,"shares":[0.8,0.2]}])") != text.npos);
}
