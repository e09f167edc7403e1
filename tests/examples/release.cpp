#include <examples/lifecycle/page/release_pictures.hpp>
#include <examples/lifecycle/work/release.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

using namespace lifecycle;

namespace {

/// Two models that answer forty rows, the new one off by so much more.
release_record released(double more, injected_fault fault = injected_fault::none) {
  std::vector<double> answers;
  std::vector<double> errors[2];
  for (int row = 0; row < 40; ++row) {
    answers.push_back(row % 4 == 0 ? 0.8 : 0.1);
    errors[0].push_back(row % 4 == 0 ? 0.3 : 0.01);
    errors[1].push_back(errors[0].back() + more);
  }
  return release({"<version 1>", answers, answers, errors[0], errors[1], false, fault, 7});
}

}  // namespace

TEST_CASE("a model that answers as the one before is promoted, step by step") {
  const release_record of = released(0);
  CHECK(of.was_promoted());
  CHECK(of.shadow.find("100.0 % of 2,000") == 0);
  REQUIRE(of.changes.size() == 6);
  CHECK(of.changes[0].share == 0.05);
  CHECK(of.changes[4].share == 1);
  CHECK(of.verdict.verdict == mr::deliver::verdict::promote);
  CHECK(in_words(of).find("promoted after ") == 0);
}

TEST_CASE("a model that errs more is taken back at its first step") {
  const release_record of = released(0.2);
  CHECK_FALSE(of.was_promoted());
  CHECK(of.phase == "rolled_back");
  CHECK(of.changes.size() == 2);
  CHECK(of.changes.back().share == 0);
  CHECK(of.verdict.metric == "mistakes");
  CHECK(released(0, injected_fault::errors).verdict.metric == "error_rate");
  CHECK(released(0, injected_fault::latency).verdict.metric == "latency_p99");
}

TEST_CASE("the release's pictures have their lines, and what users named stays text") {
  const release_record of = released(0.2);
  const std::string evidence = evidence_picture(of);
  CHECK(evidence.find("rolled back from here") != std::string::npos);
  CHECK(evidence.find("nan") == std::string::npos);
  CHECK(share_picture(of).find("class=\"line one\"") != std::string::npos);
  CHECK(verdict_table(of).find("beyond what is tolerated") != std::string::npos);
  CHECK(changes_table(of).find("rolled_back") != std::string::npos);
  release_record none;  // as without a single look
  none.verdict.alpha = 0.01;
  CHECK(evidence_picture(none).find("nan") == std::string::npos);
  CHECK(share_picture(none).find("nan") == std::string::npos);
}
