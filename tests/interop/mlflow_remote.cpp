// The driver of mlflow_remote.py: what holds for tracking and for registering models, and runs that a spool sends, on
// the server that the variable MILLRACE_MLFLOW_URI names; with MILLRACE_MLFLOW_OWN set, it is one of ours.
#include <millrace/connect/curl.hpp>
#include <millrace/connect/mlflow/registry_client.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/spool.hpp>

#include <laws/registering.hpp>
#include <laws/tracking.hpp>
#include <support/catch.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace curl = millrace::connect::curl;
namespace mlflow = millrace::connect::mlflow;

namespace {

/// Names of this run's alone, for a server that has had others.
std::string prefix() { return "p" + std::to_string(::getpid()) + ' '; }

curl::transport server() {
  const char* const uri = std::getenv("MILLRACE_MLFLOW_URI");
  REQUIRE(uri != nullptr);
  curl::transport_options options;
  if (auto token = mr::store::environment_secret("MLFLOW_TRACKING_TOKEN")) options.token = *std::move(token);
  auto made = curl::transport::make(uri, std::move(options));
  REQUIRE(made);
  return *std::move(made);
}

/// A connection of which the nth answer is lost.
struct lossy_transport {
  curl::transport& whole;
  int lost = -1;
  int requests = 0;

  mr::result<mr::store::http_response> send(const mr::store::http_request& request) {
    auto answer = whole.send(request);
    if (requests++ != lost) return answer;
    return mr::error(mr::errc::io, "the answer is lost");
  }
};

}  // namespace

TEST_CASE("a server of MLflow's elsewhere gets the runs of a spool once, whichever answer is lost") {
  namespace mt = mr::track;
  using storage_type = mr::store::memory_storage;
  auto transport = server();
  mlflow::tracking_client sure(transport);
  int requests = 1;
  for (int lost = -1; lost < requests; ++lost) {
    INFO("answer " << lost);
    const std::string name = prefix() + "spool " + std::to_string(lost);
    storage_type storage;
    auto tracks = *mt::tracker<storage_type>::open(storage);
    std::vector<mt::metric_point> points;
    {
      auto run = *tracks.start_run(tracks.create_experiment(name)->id, {.name = "r", .parameters = {{"lr", "0.1"}}});
      for (std::int64_t i = 0; i < 9; ++i) points.push_back({i / 3, 1'700'000'000'000 + i, static_cast<double>(i)});
      for (const mt::metric_point& each : points) REQUIRE(run.log_metric("loss", each) != 0);
      const std::string text = "weights";
      REQUIRE(run.log_artifact("model/w.bin", std::as_bytes(std::span(text))));
      REQUIRE(run.end(mt::run_status::failed));
    }
    lossy_transport lossy{transport, lost};
    mlflow::tracking_client client(lossy, {}, mr::resilience::retry<mr::resilience::attempts<1>>());
    mt::spool spool(tracks, {.batch_points = 4});
    mr::result<mt::spool_report> sent = spool.send(client);
    CHECK(bool(sent) == (lost < 0));
    for (int tries = 0; tries < 3 && !sent; ++tries) sent = spool.send(client);
    REQUIRE(sent);
    CHECK(sent->status);
    if (lost < 0) requests = lossy.requests;
    const auto experiment = sure.find_experiment(name);
    REQUIRE(experiment);
    const auto runs = sure.search_runs(std::vector<std::string>{experiment->id});
    REQUIRE(runs);
    REQUIRE(runs->items.size() == 1);
    const mt::run_record& there = runs->items[0];
    CHECK(there.info.name == "r");
    CHECK(there.info.status == mt::run_status::failed);
    CHECK(*there.parameter("lr") == "0.1");
    const auto history = sure.history(there.info.id, "loss");
    REQUIRE(history);
    CHECK((*history == points));
    CHECK(sure.read_artifact(there.info.id, "model/w.bin")->size() == 7);
  }
  CHECK(requests > 8);
}

TEST_CASE("a server of MLflow's elsewhere passes what holds for tracking") {
  auto transport = server();
  mlflow::tracking_client client(transport);
  laws::tracks(client, prefix(),
               std::getenv("MILLRACE_MLFLOW_OWN") != nullptr ? laws::doubles::all : laws::doubles::finite);
}

TEST_CASE("a server of MLflow's elsewhere passes what holds for registering models") {
  auto transport = server();
  mlflow::registry_client client(transport);
  laws::registers_models(client, prefix());
  laws::registers_versions(client, prefix(), "s3://bucket/model");
}

TEST_CASE("the token is asked for, and no error has it") {
  auto transport = server();
  if (!mr::store::environment_secret("MLFLOW_TRACKING_TOKEN")) return;
  auto other = curl::transport::make(transport.address(),
                                     {.token = mr::store::secret<std::string>(std::string("another-canary"))});
  REQUIRE(other);
  mlflow::tracking_client refused(*other);
  const auto found = refused.get_experiment("1");
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::permission_denied);
  CHECK(found.error().describe().find("UNAUTHENTICATED") != std::string::npos);
  CHECK(found.error().describe().find("another-canary") == std::string::npos);
}
