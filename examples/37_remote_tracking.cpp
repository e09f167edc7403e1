// Tracks runs on a server of MLflow's: here one in the same program, which a handler is.
#include <millrace/connect/mlflow.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace mr = millrace;

template <class T>
T or_stop(mr::result<T> made) {
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().describe().c_str());
    std::exit(1);
  }
  return *std::move(made);
}
void or_stop(const mr::result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().describe().c_str());
  std::exit(1);
}

int main() {
  // The server. Another machine's is asked by `mr::connect::curl::transport::make("https://...", {.token = ...})`.
  mr::store::memory_storage storage;
  auto tracker = or_stop(mr::track::tracker<mr::store::memory_storage>::open(storage));
  const mr::connect::mlflow::server api(tracker);
  mr::store::handler_transport transport(api);

  // [remote]
  mr::connect::mlflow::tracking_client runs(transport);
  const auto experiment = or_stop(runs.create_experiment("tuning"));
  for (const double rate : {0.1, 0.2, 0.4}) {
    const auto run = or_stop(runs.create_run(experiment.id, {.parameters = {{"rate", std::to_string(rate)}}}));
    mr::track::run_batch points;
    double loss = 1;
    for (int step = 0; step < 20; ++step, loss *= 1 - rate) points.metrics.push_back({"loss", {step, step, loss}});
    or_stop(runs.log_batch(run.id, points));  // one request, where log_metric makes one for each point
    or_stop(runs.end_run(run.id));
  }
  const auto best = or_stop(search_runs(runs, {experiment.id}, {.order_by = {"metrics.loss"}}));
  // [/remote]

  std::printf("%zu runs; the best has the rate %s and the loss %.4f\n", best.items.size(),
              best.items[0].parameter("rate")->c_str(), best.items[0].metric("loss")->last.value);
  const auto missing = runs.get_run("none");
  std::printf("%s\n", missing.error().describe().c_str());
  return best.items.size() == 3 && !missing ? 0 : 1;
}
