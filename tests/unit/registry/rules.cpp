#include <millrace/registry/rules.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>
#include <utility>

namespace mr = millrace;
namespace mg = millrace::registry;

namespace {
mg::model_version version_with(std::uint64_t number, double auc) {
  mg::model_version made;
  made.model = "fraud";
  made.version = number;
  made.metrics = {{"auc", auc}};
  return made;
}
}  // namespace

TEST_CASE("a gate compares a metric with its bound") {
  const auto passes = [](mg::comparison how, double value) {
    return mg::evaluate({.name = "g", .metric = "auc", .comparison = how, .bound = .9}, version_with(1, value), nullptr)
        .passes;
  };
  CHECK(passes(mg::comparison::at_least, .9));
  CHECK_FALSE(passes(mg::comparison::above, .9));
  CHECK(passes(mg::comparison::at_most, .9));
  CHECK_FALSE(passes(mg::comparison::below, .9));
  CHECK(passes(mg::comparison::above, .91));
  CHECK(passes(mg::comparison::below, .89));
  for (const auto how :
       {mg::comparison::at_least, mg::comparison::above, mg::comparison::at_most, mg::comparison::below})
    CHECK_FALSE(passes(how, std::nan("")));
}

TEST_CASE("a gate compares with the version in production") {
  const mg::gate no_worse{
      .name = "no worse", .metric = "auc", .bound = -.01, .reference = mg::gate_reference::production};
  const auto live = version_with(3, .92);
  CHECK(mg::evaluate(no_worse, version_with(4, .915), &live).passes);
  const auto found = mg::evaluate(no_worse, version_with(4, .9), &live);
  CHECK_FALSE(found.passes);
  CHECK(found.figures == "auc is 0.9, which has to be at least 0.91, with 0.92 of version 3 in production");
  CHECK(mg::evaluate(no_worse, version_with(4, .1), nullptr).passes);
  mg::model_version blank;
  CHECK_FALSE(mg::evaluate(no_worse, blank, &live).passes);
  CHECK_FALSE(mg::evaluate(no_worse, version_with(4, .99), &blank).passes);
}

TEST_CASE("a gate is read as people write it") {
  const auto auc = mg::parse_gate("auc>=0.9");
  REQUIRE(auc);
  CHECK((auc->name == "auc>=0.9" && auc->metric == "auc" && auc->bound == .9));
  CHECK((auc->comparison == mg::comparison::at_least && auc->reference == mg::gate_reference::zero));
  CHECK(mg::parse_gate("a>1")->comparison == mg::comparison::above);
  CHECK(mg::parse_gate("a<=1e-3")->comparison == mg::comparison::at_most);
  CHECK(mg::parse_gate("a<-2")->comparison == mg::comparison::below);
  CHECK(mg::parse_gate("a<-2")->bound == -2);
  CHECK(mg::parse_gate("a b=c>+2")->metric == "a b=c");
  for (const auto& [text, bound] :
       {std::pair("a>=production", 0.), {"a>=production-0.01", -.01}, {"a<production+2", 2.}}) {
    const auto gate = mg::parse_gate(text);
    REQUIRE(gate);
    CHECK((gate->reference == mg::gate_reference::production && gate->bound == bound));
  }
  for (const char* bad : {"",
                          "auc",
                          ">=1",
                          "a>=",
                          "a>=x",
                          "a>=0.9 ",
                          "a>=nan",
                          "a<inf",
                          "a>=1e999",
                          "a>=production0.1",
                          "a>=production-",
                          "a>=++1",
                          "a>=+-1",
                          "a=1",
                          "auc=>0.9",
                          "auc=<1",
                          "auc!>1",
                          "auc >0.9",
                          " a>1",
                          "auc > 0.9"}) {
    CAPTURE(bad);
    CHECK(mg::parse_gate(bad).error().code() == mr::errc::invalid_argument);
  }
  CHECK_THAT(mg::parse_gate("auc\n").error().message(), ContainsSubstring("\"auc\\n\" is no gate"));
}

TEST_CASE("gates refuse a version by the first that it does not pass, with the figures") {
  mg::stage_rule rule;
  rule.gates = {{.name = "floor", .metric = "auc", .bound = .9},
                {.name = "speed", .metric = "p99", .comparison = mg::comparison::at_most, .bound = 10}};
  const auto refused = mg::check_gates(rule, version_with(2, .87), nullptr);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::conflict);
  CHECK(refused.error().message() ==
        "the gate \"floor\" keeps version 2 of fraud out of production: auc is 0.87, which has to be at least 0.9; 1 "
        "more "
        "gates do not pass");
  rule.gates.pop_back();
  CHECK(mg::check_gates(rule, version_with(2, .9), nullptr));
}

TEST_CASE("a rule is kept as a document") {
  mg::stage_rule rule{.to = mg::stage::staging, .approvals = 2, .reviewers = {"ada", "bob"}, .lifetime = 5};
  rule.gates = {{.name = "g",
                 .metric = "m",
                 .comparison = mg::comparison::below,
                 .bound = 1e300,
                 .reference = mg::gate_reference::production}};
  const std::string text = millrace::store::write_document(rule);
  const auto read = millrace::store::read_document<mg::stage_rule>(text, "rule");
  REQUIRE(read);
  CHECK(millrace::store::write_document(*read) == text);
  CHECK(text == R"({"format":1,"to":"staging","gates":[{"name":"g","metric":"m","comparison":"below","bound":1e+300,)"
                R"("reference":"production"}],"approvals":2,"reviewers":["ada","bob"],"lifetime":5})");
}
