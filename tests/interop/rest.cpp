// Serves an API of all parts on a port of 127.0.0.1, which it prints, until its input ends.
#include <millrace/connect/http.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/parts.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/observe/health.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages.hpp>

#include <support/rest.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

int main() {
  const rest_tests::sum_model model{3, 1};
  mr::infer::batcher batches{model, mr::infer::max_rows<64>};
  rest::served_models models;
  rest::shared_metrics metrics;
  rest::job_queue jobs;
  ms::memory_storage storage;
  auto registry = mr::registry::open_registry(storage);
  auto queue = ms::local_queue<>::open();
  mr::observe::health_monitor monitor;
  mr::observe::metrics_registry shown;
  if (!registry || !queue || !models.add("sum", batches)) return 1;
  metrics.update("latency", 1);
  if (!registry->register_version({.model = "churn", .semantic = "1.0.0", .actor = "ada"})) return 1;
  rest::api_options options;
  options.title = "all parts";
  options.users.push_back({"ada", ms::secret<std::string>(std::string("t0ken"))});
  const rest::api api(std::move(options), rest::predictions(models), rest::open_inference(models),
                      rest::aggregates(metrics), rest::training(jobs, rest::model_trainer(models)), rest::analysis(),
                      rest::batches(), rest::publishing(*queue, {"events.metrics"}), rest::model_stages(*registry),
                      rest::process_health(monitor), rest::metrics_page(shown), rest::watched_requests(shown));
  auto server = mr::connect::http::server::listen(api);
  if (!server) return 1;
  std::printf("%u\n", static_cast<unsigned>(server->port()));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->stop();
  return 0;
}
