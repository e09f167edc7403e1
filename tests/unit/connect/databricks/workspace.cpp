#include <millrace/connect/databricks/workspace.hpp>

#include <millrace/connect/curl.hpp>
#include <millrace/connect/databricks/volume.hpp>
#include <millrace/connect/databricks/warehouse.hpp>
#include <millrace/connect/http.hpp>
#include <millrace/connect/mlflow/server.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>
#include <millrace/resilience/calls/resilient.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/tracker.hpp>

#include <support/catch.hpp>
#include <support/databricks.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace db = millrace::connect::databricks;
namespace ms = millrace::store;
namespace mlflow = millrace::connect::mlflow;
using mr::errc;
using support::databricks_fake;

namespace {

const ms::http_request get_file{.target = "/api/2.0/fs/files/Volumes/a/b/c/x"};
const ms::http_request post_statement{.method = "POST",
                                      .target = "/api/2.0/sql/statements",
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = R"({"statement":"SELECT 1","warehouse_id":"w"})"};

ms::http_response turned_away(int status, const std::string& retry_after) {
  ms::http_response made{.status = status, .body = R"({"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slower"})"};
  if (!retry_after.empty()) made.headers.push_back({"retry-after", retry_after});
  return made;
}

/// A transport that fails so often before it carries anything.
struct failing_transport {
  const databricks_fake* to;
  std::vector<errc> failures;
  std::size_t sent = 0;
  mr::result<ms::http_response> send(const ms::http_request& request) {
    const std::size_t at = sent++;
    if (at < failures.size()) return mr::error(failures[at], "the way to the server is broken");
    return to->handle(request);
  }
};
struct status_only {
  std::string state;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("state", self.state);
  }
};
using one_after_another =
    mr::resilience::retry<mr::resilience::attempts<3>, mr::resilience::backoff<mr::duration(0), mr::duration(0)>>;

}  // namespace

TEST_CASE("databricks: a workspace adds who asks, whatever a request says of that") {
  support::faked_workspace of;
  of.fake.file("/Volumes/a/b/c/x") = "text";
  static_assert(ms::http_transport<decltype(of.workspace)>);
  ms::http_request request = get_file;
  request.headers = {{"authorization", "Bearer of-somebody-else"}, {"X-Mine", "1"}};
  const auto response = of.workspace.send(request);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "text");
  const auto sent = of.fake.requests().at(0);
  CHECK(*ms::find_header(sent.headers, "Authorization") == std::string("Bearer ") + databricks_fake::token);
  CHECK(*ms::find_header(sent.headers, "User-Agent") == "millrace/" MILLRACE_VERSION_STRING);
  CHECK(*ms::find_header(sent.headers, "X-Mine") == "1");
  CHECK(sent.headers.size() == 3);
  CHECK(of.workspace.send({.target = "/api/2.0/fs/files/Volumes/a/b/c/y"})->status ==
        404);  // a result, as a transport's
  CHECK(of.workspace.host() == "https://workspace.example");
}

TEST_CASE("databricks: a request that is turned away comes again when it is told to") {
  support::faked_workspace of;
  of.fake.file("/Volumes/a/b/c/x") = "text";
  of.fake.script({turned_away(429, "7"), turned_away(503, ""), turned_away(429, "Tue, 01 Dec 2026 00:00:00 GMT")});
  REQUIRE(of.workspace.perform(get_file));
  CHECK(of.now == 7'000'000'000 + 1'000'000'000 + 1'000'000'000);  // a second where it is not said, or said by a date
  CHECK(of.fake.requests().size() == 4);

  // A POST: 429 was not done; 503 may have been, unless it says when to come again.
  of.fake.forget();
  of.now = 0;
  of.fake.script({turned_away(429, ""), turned_away(503, "3")});
  REQUIRE(of.workspace.perform(post_statement));
  CHECK(of.now == 4'000'000'000);
  of.fake.forget();
  of.fake.script({turned_away(503, "")});
  CHECK(of.workspace.perform(post_statement).error().code() == errc::unavailable);
  CHECK(of.fake.requests().size() == 1);
  of.fake.script({turned_away(503, "")});
  CHECK(of.workspace.perform(post_statement, db::repeatable::yes));
}

TEST_CASE("databricks: a limit that is told by a code and not by the status is one too") {
  support::faked_workspace of;
  of.fake.file("/Volumes/a/b/c/x") = "text";
  ms::http_response limited = turned_away(400, "2");
  of.fake.script({limited});
  CHECK(of.workspace.perform(get_file));
  CHECK(of.now == 2'000'000'000);
  limited.body = R"({"error_code":"INVALID_PARAMETER_VALUE"})";
  of.fake.script({limited});
  CHECK(of.workspace.perform(get_file).error().code() == errc::invalid_argument);
}

TEST_CASE("databricks: who is turned away too often has the last response, and its error") {
  support::faked_workspace of;
  for (int i = 0; i < 4; ++i) of.fake.script({turned_away(429, "2")});
  const auto response = of.workspace.send(get_file);
  REQUIRE(response);
  CHECK(response->status == 429);
  CHECK(of.now == 6'000'000'000);
  for (int i = 0; i < 4; ++i) of.fake.script({turned_away(429, "2")});
  const auto refused = of.workspace.perform(get_file);
  REQUIRE(!refused);
  CHECK(refused.error().code() == errc::unavailable);
  CHECK(refused.error().describe() ==
        "Databricks was asked 4 times: Databricks refuses GET /api/2.0/fs/files/Volumes/a/b/c/x: "
        "REQUEST_LIMIT_EXCEEDED: slower (status 429)");
  // Longer than the retry would ever wait: at once.
  of.now = 0;
  of.fake.forget();
  of.fake.script({turned_away(503, "3600")});
  CHECK(!of.workspace.perform(get_file));
  CHECK(of.now == 0);
  CHECK(of.fake.requests().size() == 1);
}

TEST_CASE("databricks: what a broken way may have done is not done twice") {
  databricks_fake fake;
  fake.file("/Volumes/a/b/c/x") = "text";
  const auto sent = [&](const ms::http_request& request, std::vector<errc> failures) {
    failing_transport way{&fake, std::move(failures)};
    db::workspace workspace(way, support::fake_credentials(), one_after_another());
    const auto made = workspace.perform(request);
    return std::pair(way.sent, made ? errc{} : made.error().code());
  };
  CHECK(sent(get_file, {errc::io, errc::timeout}) == std::pair(std::size_t{3}, errc{}));
  CHECK(sent(get_file, {errc::unavailable, errc::io, errc::io}) == std::pair(std::size_t{3}, errc::io));
  CHECK(sent(get_file, {errc::invalid_data}) == std::pair(std::size_t{1}, errc::invalid_data));
  CHECK(sent(post_statement, {errc::unavailable}) == std::pair(std::size_t{2}, errc{}));  // was not reached
  CHECK(sent(post_statement, {errc::io}) == std::pair(std::size_t{1}, errc::io));
  CHECK(sent(post_statement, {errc::timeout}) == std::pair(std::size_t{1}, errc::timeout));
}

TEST_CASE("databricks: a workspace's retry may be a stack, and be shared") {
  databricks_fake fake;
  failing_transport way{&fake, {errc::io, errc::io}};
  one_after_another shared;
  db::workspace workspace(way, support::fake_credentials(), mr::resilience::resilient{mr::borrow(shared)});
  CHECK(workspace.perform(get_file).error().code() == errc::not_found);
  CHECK(shared.statistics().retries == 2);
}

TEST_CASE("databricks: the token is in no error, also where the service sends it back") {
  support::faked_workspace of;
  const std::string token = databricks_fake::token;
  const auto silent = [&](const mr::error& why) {
    INFO(why.describe());
    return why.describe().find("dapi0123") == std::string::npos && why.describe().find(token) == std::string::npos;
  };
  const std::string bodies[] = {
      R"({"error_code":"INVALID_PARAMETER_VALUE","message":"no header Bearer )" + token + R"( is known"})",
      R"({"error_code":")" + token + R"(","message":"x"})", "BAD_REQUEST: Authorization: Bearer " + token,
      "<html><title>" + token + token + "</title></html>", token};
  for (const std::string& body : bodies) {
    of.fake.script({{400, {}, body}});
    const auto refused = of.workspace.perform(get_file);
    REQUIRE(!refused);
    CHECK(silent(refused.error()));
  }
  for (const int status : {301, 302, 400, 401, 403, 404, 409, 418, 429, 500, 501, 502, 503, 504}) {
    for (int i = 0; i < 4; ++i)
      of.fake.script({{status, {{"Retry-After", "1"}, {"Location", "https://x/?t=" + token}}, bodies[0]}});
    const auto refused = of.workspace.perform(get_file);
    REQUIRE(!refused);
    CHECK(silent(refused.error()));
    while (of.workspace.send(get_file)->status != 404) {
    }
  }
  for (const std::string& body : bodies) {
    of.fake.script({{200, {}, body}});
    const auto read = of.workspace.ask<status_only>(get_file);
    if (!read) CHECK(silent(read.error()));
  }
  databricks_fake other;
  failing_transport way{&other, {errc::io}};
  db::workspace workspace(way, support::fake_credentials(token + "-wrong"), one_after_another());
  CHECK(silent(workspace.perform(post_statement).error()));
  const auto unauthenticated = workspace.perform(get_file);
  CHECK(unauthenticated.error().code() == errc::permission_denied);
  CHECK(silent(unauthenticated.error()));
}

TEST_CASE("databricks: over HTTP, runs of MLflow's API, files and SQL go through one workspace") {
  databricks_fake fake;
  ms::memory_storage storage;
  auto tracker = mr::track::tracker<ms::memory_storage>::open(storage);
  REQUIRE(tracker);
  const mlflow::server api(*tracker);
  fake.others = [&](const ms::http_request& request) { return api.handle(request); };
  auto hosted = mr::connect::http::server::listen(fake);
  REQUIRE(hosted);
  auto who = db::credentials::make("http://127.0.0.1:" + std::to_string(hosted->port()),
                                   ms::secret<std::string>(std::string(databricks_fake::token)));
  REQUIRE(who);
  const auto way = mr::connect::curl::transport::make(who->host());
  REQUIRE(way);
  db::workspace workspace(*way, *std::move(who));

  mlflow::tracking_client runs(workspace);
  const auto experiment = runs.create_experiment("/Shared/churn");
  REQUIRE(experiment);
  const auto run = runs.create_run(experiment->id, {.parameters = {{"lr", "0.1"}}});
  REQUIRE(run);
  REQUIRE(runs.log_metric(run->id, "loss", 0.25, 1));
  REQUIRE(runs.end_run(run->id));
  const auto kept = tracker->get_run(run->id);
  REQUIRE(kept);
  CHECK(kept->info.parameters.at(0).value == "0.1");
  CHECK(kept->metrics.at(0).last.value == 0.25);
  CHECK(runs.get_run("none").error().code() == errc::not_found);

  db::volume files(workspace, *db::unity_name::make("main.ml.files"));
  const std::string text = std::string("\0\r\n\xff", 4) + std::string(100'000, 'x');
  REQUIRE(files.write("a b/c.bin", std::as_bytes(std::span(text))));
  CHECK(files.examine("a b/c.bin")->size == text.size());
  const auto content = files.read("a b/c.bin");
  REQUIRE(content);
  CHECK(std::string(reinterpret_cast<const char*>(content->data()), content->size()) == text);
  CHECK(files.read("none").error().code() == errc::not_found);

  db::warehouse warehouse(workspace, "w1");
  const auto table = warehouse.execute(db::sql<"SELECT :a">(db::bind<"a">("it's")));
  REQUIRE(table);
  CHECK(table->rows.text(0, 2) == "it's");
  CHECK(fake.faults().empty());
  for (const ms::http_request& each : fake.requests())
    CHECK(each.target.find(databricks_fake::token) == std::string::npos);
}
