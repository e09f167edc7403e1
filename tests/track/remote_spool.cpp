// A spool whose target is a server of MLflow's API, asked by a client over a connection that breaks at each request
// after the other: the request is lost, or its answer is.

#include <millrace/connect/mlflow/server.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/spool.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mt = millrace::track;
namespace mlflow = millrace::connect::mlflow;

namespace {

using tracker = mt::tracker<ms::memory_storage>;

/// A server in this process, behind a connection of which the nth request breaks.
struct broken_connection {
  ms::memory_storage storage{};
  tracker tracks = *tracker::open(storage);
  mlflow::server<tracker> server{tracks};
  ms::handler_transport<mlflow::server<tracker>> whole{server};
  int requests = 0;
  int breaks_at = -1;
  bool is_heard = false;

  mr::result<ms::http_response> send(const ms::http_request& request) {
    const bool breaks = requests++ == breaks_at;
    if (!breaks) return whole.send(request);
    if (is_heard) static_cast<void>(whole.send(request));
    return mr::error(mr::errc::io, "the connection is broken");
  }
};

/// All that a tracker has, without what each has of its own.
std::string told(const tracker& tracks) {
  std::string all;
  const auto in = tracks.find_experiment("tuning");
  REQUIRE(in);
  const auto runs = mt::search_runs(tracks, {in->id}, {.order_by = {"attributes.run_name"}});
  REQUIRE(runs);
  for (const mt::run_record& each : runs->items) {
    all += each.info.name + ' ' + std::string(to_string(each.info.status)) + '\n';
    for (const mt::key_value& one : each.info.parameters) all += one.key + '=' + one.value + '\n';
    for (const mt::metric_summary& metric : each.metrics) {
      const auto points = tracks.history(each.info.id, metric.key);
      REQUIRE(points);
      for (const mt::metric_point& point : *points)
        all += metric.key + ' ' + std::to_string(point.step) + ' ' + std::to_string(point.time) + ' ' +
               std::to_string(point.value) + '\n';
    }
    const auto bytes = tracks.read_artifact(each.info.id, "model/w.bin");
    all += std::to_string(bytes ? bytes->size() : 0) + '\n';
    const auto parent = tracks.get_run(each.info.parent);
    all += (parent ? parent->info.name : "none") + '\n';
  }
  return all;
}

}  // namespace

TEST_CASE("spool: over a connection that breaks at whatever request, an MLflow server has all of it once") {
  ms::memory_storage storage;
  auto tracks = *tracker::open(storage);
  const std::string experiment = tracks.create_experiment("tuning")->id;
  {
    auto outer = *tracks.start_run(experiment, {.name = "outer", .tags = {{"team", "ds"}}});
    for (int i = 0; i < 30; ++i) {
      REQUIRE(outer.log_metric(i % 3 == 0 ? "loss" : "val acc", {i, 1000 + i, i / 4.0}) != 0);
      REQUIRE(outer.log_parameter("p" + std::to_string(i), std::to_string(i)));
    }
    const std::string bytes = "weights";
    REQUIRE(outer.log_artifact("model/w.bin", std::as_bytes(std::span(bytes))));
    auto inner = *outer.start_child({.name = "inner"});
    REQUIRE(inner.log_metric("loss", 0.5, 1) != 0);
    REQUIRE(inner.end(mt::run_status::failed));
  }
  const std::string expected = told(tracks);
  int requests = 0;
  int sender = 0;
  for (int breaks_at = -1; breaks_at < requests || requests == 0; ++breaks_at)
    for (const bool is_heard : {false, true}) {
      INFO("request " << breaks_at << (is_heard ? ", its answer" : ""));
      broken_connection remote;
      remote.breaks_at = breaks_at;
      remote.is_heard = is_heard;
      mlflow::tracking_client client(remote, {}, mr::resilience::retry<mr::resilience::attempts<1>>());
      mt::spool spool(tracks, {.target = "target " + std::to_string(sender++), .batch_points = 12});
      mr::result<mt::spool_report> sent = spool.send(client);
      CHECK(bool(sent) == (breaks_at < 0));
      for (int tries = 0; tries < 3 && !sent; ++tries) sent = spool.send(client);
      REQUIRE(sent);
      CHECK(sent->status);
      if (requests == 0) requests = remote.requests;
      CHECK((told(remote.tracks) == expected));
      CHECK(mt::search_experiments(remote.tracks)->items.size() == 1);
    }
  CHECK(requests > 12);
}
