#include <millrace/deliver/judge/judgement.hpp>

#include <millrace/core/json_check.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;

namespace {

md::judgement made() {
  md::judgement of;
  of.verdict = md::verdict::rollback;
  of.why = md::reason::harm;
  of.metric = "error_rate";
  of.alpha = .01;
  of.requests = {19000, 1000};
  of.share = .05;
  md::evidence one;
  one.metric = "error_rate";
  one.effect_name = "ratio of error rates";
  one.effect = 3;
  one.lower = 2;
  one.level = .99;
  one.measured = {19000, 1000};
  one.bad = {190, 30};
  one.is_beyond = true;
  of.metrics.push_back(one);
  return of;
}

}  // namespace

TEST_CASE("a judgement without data is to hold", "[deliver]") {
  const md::judgement none;
  CHECK(none.verdict == md::verdict::hold);
  CHECK(none.why == md::reason::no_data);
  CHECK(none.summary() == "hold: no request of the candidate has returned, or none of the stable model beside it.\n");
}

TEST_CASE("a judgement says what it rests on", "[deliver]") {
  CHECK(
      made().summary() ==
      "rollback: error_rate is worse than with the stable model. Step 1 with 5 % of the requests: 1000 beside 19000; "
      "e-value of harm 1, where 100 shows it.\n"
      "error_rate: ratio of error rates 3 (2 to Infinity, at all times by 99 %), candidate 30 bad of 1000, stable 190 "
      "bad of 19000, e-value of harm 1, of being tolerated 1; not within what is tolerated\n");
  const std::string json = to_json(made());
  CHECK(millrace::is_json(json));
  CHECK(json.find("\"reason\":\"harm\"") != std::string::npos);
  CHECK(json.find("\"upper\":\"Infinity\"") != std::string::npos);
}

TEST_CASE("every reason has a name and a text", "[deliver]") {
  for (int i = 0; i <= static_cast<int>(md::reason::harm); ++i) {
    md::judgement of;
    of.why = static_cast<md::reason>(i);
    CHECK(name(of.why) != "unknown");
    CHECK(of.summary().find("no known reason") == std::string::npos);
  }
  CHECK(name(static_cast<md::reason>(200)) == "unknown");
}
