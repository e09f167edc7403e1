// Releases that notify over real HTTP on the loopback: what the receiver gets, what becomes of a change that it refuses
// or never takes, and that requests wait for none of it.

#include <millrace/connect/curl.hpp>
#include <millrace/connect/http.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/json_check.hpp>
#include <millrace/deliver/observed.hpp>
#include <millrace/deliver/rollout.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <millrace/resilience/calls.hpp>

#include <support/catch.hpp>
#include <support/raw_server.hpp>
#include <support/releases.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;
namespace mo = millrace::observe;
namespace ms = millrace::store;
namespace mx = millrace::resilience;

using phase = md::rollout_phase;
using support::raw_server;
using support::request;
using support::scale;
using support::told_judge;

namespace {

/// Takes changes, and refuses the first ones.
class receiver {
 public:
  explicit receiver(int refusals = 0, int status = 503) : left_(refusals), status_(status) {}

  ms::http_response handle(const ms::http_request& asked) const {
    const std::lock_guard lock(mutex_);
    seen_.push_back(asked);
    if (left_ <= 0) return {.status = 202};
    --left_;
    return {.status = status_, .headers = {{"Retry-After", "0"}}};
  }
  std::vector<ms::http_request> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::vector<ms::http_request> seen_;
  mutable int left_;
  int status_;
};

/// Both transports, so that each test is one of both.
struct by_http {
  static auto to(std::uint16_t port) { return *mr::connect::http::transport::make({.port = port, .io_seconds = 1}); }
};
struct by_curl {
  static auto to(std::uint16_t port) {
    return *mr::connect::curl::transport::make("http://127.0.0.1:" + std::to_string(port),
                                               {.connect_ms = 500, .total_ms = 300});
  }
};

using few_retries = mx::retry<mx::attempts<4>, mx::backoff<mr::duration(1'000'000), mr::duration(5'000'000)>>;

template <class... Notified>
auto release_with(Notified... notified) {
  return md::rollout<scale, scale, md::canary<50, 100>, told_judge, md::notified<Notified...>, md::rollout_options>(
      scale{1}, scale{2}, md::canary<50, 100>(), told_judge(), md::notified<Notified...>(std::move(notified)...),
      md::rollout_options{.name = "fraud <eu>", .rules = {.min_requests = 0}});
}
template <class Release>
void roll_back_by_evidence(Release& release) {
  REQUIRE(release.start("ada", "new features"));
  for (int i = 0; i < 20; ++i) static_cast<void>(release(request{"", 1}));
  release.judge().says = md::verdict::rollback;
  REQUIRE(release.decide());
  REQUIRE(release.state().phase == phase::rolled_back);
}

template <class By>
void sends_all_formats() {
  const receiver takes;
  auto server = mr::connect::http::server::listen(takes, {.idle_seconds = 1});
  REQUIRE(server);
  auto to = By::to(server->port());
  auto release = release_with(
      md::webhook{to, {.format = md::webhook_format::slack, .target = "/services/T000/B000/XXXX"}},
      md::webhook{to, {.format = md::webhook_format::pagerduty, .target = "/v2/enqueue", .routing_key = "R0UT1NG"}},
      md::webhook{to, {.target = "/changes?of=all", .is_of_all = true}});
  roll_back_by_evidence(release);
  CHECK(release.state().is_told);
  const auto seen = takes.seen();
  REQUIRE(seen.size() == 4);  // the start for all who want it, and the rollback
  CHECK(seen[0].target == "/changes?of=all");
  CHECK_THAT(seen[0].body, ContainsSubstring(R"("phase":"running")"));
  CHECK(seen[1].target == "/services/T000/B000/XXXX");
  CHECK_THAT(seen[1].body, ContainsSubstring(R"({"text":"fraud &lt;eu&gt;: rollout 1 is rolled_back at step 1)"));
  CHECK(seen[2].target == "/v2/enqueue");
  CHECK_THAT(seen[2].body,
             ContainsSubstring(
                 R"({"routing_key":"R0UT1NG","event_action":"trigger","dedup_key":"release/fraud <eu>","payload":)"));
  CHECK(seen[3].target == "/changes?of=all");
  CHECK_THAT(seen[3].body, ContainsSubstring(R"("phase":"rolled_back","before":"running")") &&
                               ContainsSubstring(R"("evidence":{"verdict":"rollback")"));
  for (const ms::http_request& each : seen) {
    CHECK(each.method == "POST");
    CHECK(mr::is_json_object(each.body));
    const std::string* const type = ms::find_header(each.headers, "Content-Type");
    REQUIRE(type != nullptr);
    CHECK(*type == "application/json");
  }
}

template <class By>
void retries_on_503() {
  const receiver busy(2);
  auto server = mr::connect::http::server::listen(busy, {.idle_seconds = 1});
  REQUIRE(server);
  auto to = By::to(server->port());
  few_retries again;
  auto release = release_with(md::webhook{to, {.target = "/changes"}, mx::resilient{mr::borrow(again)}});
  roll_back_by_evidence(release);
  CHECK(release.state().is_told);
  const auto seen = busy.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].body == seen[2].body);
  CHECK(again.statistics().recovered == 1);
  CHECK(again.statistics().retries == 2);

  // What would be refused again is sent once.
  const receiver refuses(1000, 400);
  auto other = mr::connect::http::server::listen(refuses, {.idle_seconds = 1});
  REQUIRE(other);
  auto to_other = By::to(other->port());
  auto refused = release_with(md::webhook{to_other, {.target = "/changes"}, few_retries()});
  roll_back_by_evidence(refused);
  CHECK_FALSE(refused.state().is_told);
  CHECK(refuses.seen().size() == 1);
}

template <class By>
void retries_on_a_closed_connection() {
  std::atomic<int> connections{0};
  std::string got;
  std::mutex mutex;
  const raw_server server([&](int connection) {
    const int number = ++connections;
    if (number == 1) return;  // closed before anything was read
    const std::string all = support::read_request(connection);
    if (number == 2) return;  // and here with the whole request
    const std::lock_guard lock(mutex);
    got = all;
    support::say(connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  auto to = By::to(server.port());
  auto release = release_with(md::webhook{
      to, {.format = md::webhook_format::pagerduty, .target = "/v2/enqueue", .routing_key = "R"}, few_retries()});
  roll_back_by_evidence(release);
  CHECK(release.state().is_told);
  CHECK(connections == 3);
  const std::lock_guard lock(mutex);
  CHECK(got.starts_with("POST /v2/enqueue HTTP/1.1\r\n"));
  CHECK_THAT(got, ContainsSubstring(R"("event_action":"trigger")"));
}

template <class By>
void is_not_delayed_by_a_receiver_that_hangs() {
  std::atomic<bool> holds{true};
  std::atomic<bool> has_request{false};
  raw_server server([&](int connection) {
    static_cast<void>(support::read_request(connection));
    has_request = true;
    while (holds) std::this_thread::yield();
  });
  auto to = By::to(server.port());
  auto release = release_with(md::webhook{to, {.target = "/changes"}});
  REQUIRE(release.start());
  for (int i = 0; i < 20; ++i) static_cast<void>(release(request{"", 1}));
  std::atomic<bool> has_returned{false};
  std::thread decides([&] {
    static_cast<void>(release.roll_back("ada", "slow"));
    has_returned = true;
  });
  while (!has_request) std::this_thread::yield();
  // The receiver has the change and does not answer: the rollback is done, and nobody else waits.
  CHECK(release.state().phase == phase::rolled_back);
  for (int i = 0; i < 1000; ++i) CHECK(release(request{"", 1}) == 1);
  CHECK(release.roll_back("eve", "slow").has_value());
  CHECK(release.decide().has_value());
  CHECK_FALSE(has_returned);
  decides.join();  // by the limits of the transport, although the receiver still holds
  CHECK(holds);
  CHECK_FALSE(release.state().is_told);
  holds = false;
}

template <class By>
void is_counted_and_in_the_trail() {
  const receiver refuses(3, 500);
  auto server = mr::connect::http::server::listen(refuses, {.idle_seconds = 1});
  REQUIRE(server);
  auto to = By::to(server->port());
  support::temp_dir folder;
  auto trail = mo::audit_trail<>::open(folder / "audit");
  REQUIRE(trail);
  md::rollout_events events;
  const auto untold = events.subscribe<md::notification_failed>("trail", md::rollout_audit{*trail});
  mo::metrics_registry shown;
  auto metrics = md::rollout_metrics::make(shown, "fraud");
  REQUIRE(metrics);
  md::rollout release{scale{1},
                      scale{2},
                      md::canary<50, 100>(),
                      told_judge(),
                      md::rollout_options{.name = "fraud"},
                      md::watched_rollout{.events = &events, .metrics = &*metrics},
                      md::notified{md::webhook{to, {.target = "/changes"}}, md::rollout_audit{*trail}}};
  REQUIRE(release.start());
  REQUIRE(release.roll_back("ada", "slow"));
  CHECK_FALSE(release.state().is_told);
  for (int i = 0; i < 2; ++i) REQUIRE(release.decide());
  CHECK_FALSE(release.state().is_told);
  CHECK_THAT(mo::to_prometheus(shown.snapshot()),
             ContainsSubstring("millrace_ml_rollout_notifications_failed_total{release=\"fraud\"} 3"));
  REQUIRE(release.decide());
  CHECK(release.state().is_told);
  CHECK(refuses.seen().size() == 4);
  REQUIRE(release.decide());
  CHECK(refuses.seen().size() == 4);
  REQUIRE(trail->flush());
  std::vector<std::string> kinds;
  REQUIRE(mo::read_trail(trail->path(), [&](const mo::audit_entry& entry) {
    if (entry.object != "release/fraud") return;
    kinds.push_back(std::string(entry.kind));
    const auto* const why = entry.find("error");
    if (why == nullptr) return;
    CHECK_THAT(std::string(why->text), ContainsSubstring("the webhook of the release \"fraud\" returned 500"));
    kinds.back() += ' ' + std::string(entry.find("times")->text);
  }));
  // The trail is told of the rollback once, though the webhook is told four times; of the failures the first two.
  CHECK(kinds ==
        std::vector<std::string>{"model_deployed", "model_rolled_back", "incident_reported 1", "incident_reported 2"});
}

}  // namespace

TEST_CASE("a rollback arrives over HTTP as Slack, PagerDuty and others want it", "[connect][deliver]") {
  sends_all_formats<by_http>();
  sends_all_formats<by_curl>();
}

TEST_CASE("a change that a busy receiver refuses is sent again, and one that is refused for good is not",
          "[connect][deliver]") {
  retries_on_503<by_http>();
  retries_on_503<by_curl>();
}

TEST_CASE("a change whose connection was closed is sent again", "[connect][deliver]") {
  retries_on_a_closed_connection<by_http>();
  retries_on_a_closed_connection<by_curl>();
}

TEST_CASE("a receiver that hangs delays no request, no rollback and no other thread", "[connect][deliver][threads]") {
  is_not_delayed_by_a_receiver_that_hangs<by_curl>();
  is_not_delayed_by_a_receiver_that_hangs<by_http>();
}

TEST_CASE("a change that nobody took is counted, in the trail, and sent again", "[connect][deliver]") {
  is_counted_and_in_the_trail<by_http>();
  is_counted_and_in_the_trail<by_curl>();
}
