#include <examples/lifecycle/page/report.hpp>

#include <examples/lifecycle/data/payments.hpp>
#include <examples/lifecycle/data/read_table.hpp>
#include <examples/lifecycle/page/html.hpp>
#include <examples/lifecycle/page/model_cards.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace lifecycle;

TEST_CASE("numbers read as people write them") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567890) == "1,234,567,890");
  CHECK(brief(0.00123456) == "0.001235");
  CHECK(brief(-1234567.0) == "-1,234,567");
  CHECK(brief(42) == "42");
  CHECK(percent(0.2408) == "24.1 %");
  CHECK(duration(12) == "12 ns");
  CHECK(duration(1234) == "1.23 µs");
  CHECK(duration(99.94e6) == "99.9 ms");
  CHECK(duration(5e9) == "5.00 s");
  CHECK(duration(600e9) == "10.0 min");
  CHECK(bytes(1536) == "1.5 KiB");
  CHECK(counted(1, "row") == "1 row");
  CHECK(counted(2, "class") == "2 classes");
}

TEST_CASE("a p-value that underflows is named by its bound") {
  CHECK(p_value(0) == "< 1e-16");
  CHECK(p_value(1e-17) == "< 1e-16");
  CHECK(p_value(0.00123456) == "0.001235");
  CHECK(shortest(1000) == "1000");
}

TEST_CASE("text is cut between characters, and cannot steer a terminal") {
  CHECK(clipped("äöü", 3) == "äöü");
  CHECK(clipped("äöüß", 3) == "äö…");
  CHECK(clipped("a\x1b[31mb", 10) == "a.[31mb");
  CHECK(left("ä", 3) == "ä  ");
  CHECK(right("ab", 4) == "  ab");
}

TEST_CASE("markup in data stays text") {
  CHECK(escaped("<b a=\"1\">&</b>") == "&lt;b a=&quot;1&quot;&gt;&amp;&lt;/b&gt;");
  CHECK(escaped(std::string_view("a\0\x1b\xff", 4)) == "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("é") == "é");
}

TEST_CASE("ticks are round and lie within the range") {
  CHECK(round_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  for (const double tick : round_ticks(0.031, 0.0619, 5)) CHECK((tick >= 0.031 && tick <= 0.062));
  CHECK(round_ticks(3, 3, 5).size() == 1);
}

TEST_CASE("the page is drawn from extreme figures without a number that is none") {
  reading how;
  how.target = "y";
  auto data =
      read_table("<script>alert(1)</script>.csv", "x,c,e,y\n1,a,,no\n1e300,\"<i>\",,yes\n-1e300,b,,no\n?,,,no\n", how);
  REQUIRE(data);
  comparison_record compared;
  compared.candidates.resize(3);
  compared.candidates[0] = {family::linear, "", 0.5, {0.4, 0.6, 0.95}, 3, 0.1, "2 coefficients"};
  compared.candidates[1] = {family::network, "", 0.4, {0.3, 0.5, 0.95}, 3, 0.1, "1-1"};
  compared.candidates[2].why_not = "<ran out>";
  compared.best = 1;
  std::optional<training_record> training(std::in_place);
  training->epochs = {{1e6, 2.0, 0.5, {0.0, 1.0}}};
  training->chain = "chain";
  judgement holdout;
  holdout.rows = 2;
  holdout.positives = 1;
  holdout.auc = 0.5;
  REQUIRE(holdout.confusion.update(0, 0));
  REQUIRE(holdout.confusion.update(1, 0));
  holdout.roc = {{0, 0, 0}, {1, 1, 0}};
  holdout.precision_recall = {{1, 0.5, 0}};
  holdout.calibration.resize(10);
  const ranked_rows ranked({0, 1}, {0.25, 0.25});
  for (int i = 0; i <= 100; ++i) {
    holdout.decisions.push_back(ranked.at(i / 100.0));
    holdout.gains.push_back(ranked.of_first(i / 100.0));
  }
  holdout_findings findings;
  findings.binary = holdout;
  findings.importance_of = "AUC lost";
  findings.importance = {{"<x>", 0.0}};
  stream_record stream;
  stream.largest_difference = std::numeric_limits<double>::quiet_NaN();
  mr::event_profile never, once;
  never.event = "never";
  once.event = "once";
  once.durations.update(0);
  const event_profiles times{&never, &once};
  const std::string page =
      report_page({*data, compared, training, findings, stream, times, times, "1-1", "now", {{"a", "<b>"}}});
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<i>") == std::string::npos);
  for (const char* none : {"=\"nan", "=\"-nan", "=\"inf", "Lnan", " nan", "NaN\""})
    CHECK(page.find(none) == std::string::npos);
  CHECK(page.find("http") == std::string::npos);
  CHECK(page.find("Beware") == std::string::npos);
  CHECK(page.find("Missing cells by column") != std::string::npos);
  data->leaks.push_back("column \"<c>\" tells the target");
  const std::string warned =
      report_page({*data, compared, training, findings, stream, times, times, "1-1", "now", {{"a", "<b>"}}});
  const std::size_t beware = warned.find("column &quot;&lt;c&gt;&quot; tells the target");
  REQUIRE(beware != std::string::npos);
  CHECK(beware < warned.find("class=\"tiles\""));  // beside the headline
}

TEST_CASE("classes and numbers have pages of their own, drawn without a number that is none") {
  for (const bool numbers : {false, true}) {
    reading how;
    how.target = "y";
    how.task = numbers ? task_kind::number : task_kind::classes;
    const auto data = read_table("t.csv", "x,y\n1,1\n2,2\n3,3\n4,<4>\n5,5\n", how);
    if (numbers) {
      REQUIRE(!data);  // one of its cells is no number
      continue;
    }
    REQUIRE(data);
    comparison_record compared;
    compared.candidates.resize(1);
    holdout_findings findings;
    findings.classes.emplace();
    findings.classes->confusion = mr::model::confusion_matrix(5);
    findings.importance = {{"x", -0.5}};
    stream_record stream;
    const event_profiles none;
    const std::optional<training_record> no_network;
    const std::vector<row_reasons> reasons{{7, "<4>", {{"x", "1", -0.25}}}};
    const std::string page = report_page(
        {*data, compared, no_network, findings, stream, none, none, "trees", "now", {}, std::nullopt, reasons});
    CHECK(page.find("Confusion by class") != std::string::npos);
    CHECK(page.find("x 1 (-0.25)") != std::string::npos);
    CHECK(page.find("<4>") == std::string::npos);
    CHECK(page.find("Training chain") == std::string::npos);
    for (const char* bad : {"=\"nan", "=\"-nan", "=\"inf", "NaN\""}) CHECK(page.find(bad) == std::string::npos);
  }
  number_judgement constant;
  constant.values = {2, 2};
  constant.answers = {2, 2};
  for (const std::string& picture :
       {predicted_picture(constant), residuals_picture(constant), residual_histogram(constant)})
    CHECK(picture.find("nan") == std::string::npos);
}
