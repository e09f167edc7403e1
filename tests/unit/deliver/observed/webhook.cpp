#include <millrace/deliver/observed/webhook.hpp>

#include <millrace/core/json_check.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace ms = millrace::store;

namespace {

md::rollout_changed rollback() {
  md::rollout_changed made;
  made.release = "fraud <eu>";
  made.before = md::rollout_phase::running;
  made.state.strategy = "canary<5, 100>";
  made.state.number = 3;
  made.state.phase = md::rollout_phase::rolled_back;
  made.state.cause = md::rollout_cause::evidence;
  made.state.reason = "error_rate is worse & more";
  made.evidence.verdict = md::verdict::rollback;
  made.evidence.why = md::reason::harm;
  made.evidence.metric = "error_rate";
  return made;
}

struct told_transport {
  std::vector<ms::http_request> sent;
  int status = 200;
  mr::result<ms::http_response> send(const ms::http_request& request) {
    sent.push_back(request);
    return ms::http_response{.status = status};
  }
};

}  // namespace

TEST_CASE("a change is JSON for anybody, for Slack and for PagerDuty", "[deliver][observed]") {
  const md::rollout_changed it = rollback();
  const std::string plain = to_json(it);
  CHECK(mr::is_json_object(plain));
  CHECK_THAT(plain, ContainsSubstring(R"({"release":"fraud <eu>","rollout":3,"phase":"rolled_back","before":"running",)"
                                      R"("strategy":"canary<5, 100>","step":1,"share":0,"cause":"evidence")"));
  CHECK_THAT(plain, ContainsSubstring(R"("evidence":{"verdict":"rollback","reason":"harm")"));

  const std::string slack = md::slack_message(it);
  CHECK(mr::is_json_object(slack));
  CHECK_THAT(slack, ContainsSubstring(
                        R"({"text":"fraud &lt;eu&gt;: rollout 3 is rolled_back at step 1 of canary&lt;5, 100&gt;)"));
  CHECK_THAT(slack, ContainsSubstring("worse &amp; more"));

  const std::string pager = md::pagerduty_event(it, "R0UT1NG");
  CHECK(mr::is_json_object(pager));
  CHECK_THAT(pager,
             ContainsSubstring(R"({"routing_key":"R0UT1NG","event_action":"trigger","dedup_key":"release/fraud <eu>",)"
                               R"("payload":{"summary":"fraud <eu>: rollout 3)"));
  CHECK_THAT(pager, ContainsSubstring(
                        R"("source":"fraud <eu>","severity":"critical","component":"fraud <eu>","class":"rollout")"));

  auto long_one = it;
  long_one.state.reason.assign(2000, 'x');
  long_one.state.reason.replace(900, 0, "\xc3\xa4");
  CHECK(mr::is_json_object(md::pagerduty_event(long_one, "R")));
  CHECK(md::detail::beginning("ab\xc3\xa4", 3) == "ab");
  CHECK(md::detail::beginning("ab\xc3\xa4", 4) == "ab\xc3\xa4");
}

TEST_CASE("a webhook is sent a rollback, and all else only if it is asked for", "[deliver][observed]") {
  told_transport to;
  const md::webhook slack{to, {.format = md::webhook_format::slack, .target = "/services/T0/B0/X"}};
  auto it = rollback();
  REQUIRE(slack(it));
  REQUIRE(to.sent.size() == 1);
  CHECK(to.sent[0].method == "POST");
  CHECK(to.sent[0].target == "/services/T0/B0/X");
  CHECK(to.sent[0].body == md::slack_message(it));
  it.state.phase = md::rollout_phase::promoted;
  REQUIRE(slack(it));
  CHECK(to.sent.size() == 1);
  const md::webhook pager{to, {.format = md::webhook_format::pagerduty, .routing_key = "R", .is_of_all = true}};
  REQUIRE(pager(it));
  REQUIRE(to.sent.size() == 2);
  CHECK_THAT(to.sent[1].body, ContainsSubstring(R"("event_action":"resolve")"));
  it.state.phase = md::rollout_phase::running;
  REQUIRE(pager(it));
  CHECK(to.sent.size() == 2);
  to.status = 503;
  const md::webhook plain{to, {.is_of_all = true}};
  const auto failed = plain(it);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == mr::errc::unavailable);
  CHECK(failed.error().message() == "the webhook of the release \"fraud <eu>\" returned 503");
}
