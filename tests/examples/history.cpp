#include <examples/lifecycle/work/run_history.hpp>

#include <examples/lifecycle/page/tables.hpp>
#include <examples/lifecycle/work/compare.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace lifecycle;

namespace {

/// Rows of two classes, all of them held out.
table labelled(const std::vector<std::uint8_t>& labels) {
  table made;
  made.target.task = task_kind::binary;
  made.target.labels = labels;
  made.lines.resize(labels.size());
  return made;
}
row_split all_held_out(const table& of) {
  row_split parts;
  for (std::size_t i = 0; i < of.rows(); ++i) parts.holdout.push_back(i);
  return parts;
}

}  // namespace

TEST_CASE("two models are compared row by row, by the differences of their squared errors") {
  const table data = labelled({1, 0, 1, 0});
  const row_split parts = all_held_out(data);
  const std::vector<double> even(4, 0.5);
  const std::vector<double> good{0.9, 0.1, 0.8, 0.2};
  // Errors .25 against .01, .01, .04, .04: differences .24, .24, .21, .21, whose mean is .225 with a standard error of
  // sqrt(4 * .015^2 / 3 / 4) = .00866.
  const paired_comparison found = compare_in_pairs(data, parts, even, good, {}, 0.95);
  CHECK(found.rows == 4);
  CHECK(found.mean_error[0] == Approx(0.25));
  CHECK(found.mean_error[1] == Approx(0.025));
  CHECK(found.saved.upper + found.saved.lower == Approx(0.45));
  const double reach = found.saved.upper - 0.225;
  CHECK(reach > 1.96 * 0.00866);  // wider than an interval that is looked at once
  CHECK(reach < 6 * 0.00866);
  CHECK(found.better());
  CHECK_FALSE(found.worse());
  CHECK(compare_in_pairs(data, parts, good, even, {}, 0.95).worse());
  CHECK(compare_in_pairs(data, parts, even, good, {}, 0.9999).saved.upper > found.saved.upper);
}

TEST_CASE("models that answer alike differ by nothing, and rows without an answer are left out") {
  const table data = labelled({1, 0, 1, 0});
  const row_split parts = all_held_out(data);
  const std::vector<double> even(4, 0.5);
  const paired_comparison same = compare_in_pairs(data, parts, even, even, {}, 0.95);
  CHECK(same.saved.lower == 0);
  CHECK(same.saved.upper == 0);
  CHECK_FALSE(same.better());
  CHECK_FALSE(same.worse());
  const double none = std::nan("");
  const paired_comparison some =
      compare_in_pairs(data, parts, std::vector{0.5, none, 0.5, 0.5}, std::vector{0.9, 0.9, none, 0.1}, {}, 0.95);
  CHECK(some.rows == 2);
  CHECK(some.mean_error[1] == Approx(0.01));
  const std::vector<double> nothing(4, none);
  CHECK(compare_in_pairs(data, parts, nothing, even, {}, 0.95).rows == 0);
  CHECK_FALSE(compare_in_pairs(data, parts, nothing, even, {}, 0.95).better());
}

TEST_CASE("a comparison is said in words") {
  version_comparison of{3, "in production", {}, true, {1200, {0.08, 0.06}, {0.01, 0.03, 0.975}}};
  CHECK(in_words(of) ==
        "better than version 3, in production: squared error 0.0600 against 0.0800 on the same 1,200 rows held out; "
        "less by 0.01 to 0.03, by an interval of 97.50 %, which makes 95 % of all versions' together");
  CHECK(of.better());
  of.rows_are_new = false;
  of.found.saved = {-0.03, -0.01, 0.9917};
  CHECK(in_words(of).find("worse than version 3") == 0);
  CHECK(in_words(of).find("some of which version 3 may have learnt from; more by 0.01 to 0.03") != std::string::npos);
  of.found.saved = {-0.01, 0.03, 0.9917};
  CHECK(in_words(of).find("no difference shown from version 3") == 0);
  CHECK(in_words(of).find("up to 0.01 more or 0.03 less") != std::string::npos);
  of.found.saved = {0, 0, 0.9917};
  CHECK(in_words(of).find("answers as version 3, in production, does") == 0);
  of.why_not = "it tells other classes";
  CHECK(in_words(of) == "not compared with version 3, in production: it tells other classes");
  CHECK_FALSE(of.better());
}

TEST_CASE("the table of runs marks this one, and what users named stays text") {
  run_history of;
  of.store = "out/millrace.db";
  of.runs.resize(2);
  of.runs[0] = {7, "development", "best", "2025-01-21 14:30", "boosted trees", 0.25, {0.2, 0.3, 0.95}, {{"auc", 0.93}}};
  of.runs[1].loss = std::nan("");
  of.changed = {{"<b>", "1", "<i>"}};
  const std::string table = runs_table(of, task_kind::binary);
  CHECK(table.find("<tr class=\"used\"><td class=\"n\">7</td>") != std::string::npos);
  CHECK(table.find("0.2000 to 0.3000") != std::string::npos);
  CHECK(table.find("<td class=\"n\">0.9300</td>") != std::string::npos);
  CHECK(table.find("development, best") != std::string::npos);
  CHECK(table.find("nan") == std::string::npos);
  CHECK(settings_table(of).find("&lt;i&gt;") != std::string::npos);
  CHECK(settings_table(of).find("<i>") == std::string::npos);
}
