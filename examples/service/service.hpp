#ifndef MILLRACE_EXAMPLES_SERVICE_SERVICE_HPP
#define MILLRACE_EXAMPLES_SERVICE_SERVICE_HPP

#include "durable_metrics.hpp"
#include "log.hpp"
#include "models.hpp"
#include "options.hpp"
#include "settings.hpp"
#include "signals.hpp"
#include "sources.hpp"
#include "status_page.hpp"
#include "worker.hpp"

#include <millrace/connect/http/server.hpp>
#include <millrace/connect/rest.hpp>
#include <millrace/connect/rest/dashboard/audit_panel.hpp>
#include <millrace/connect/rest/dashboard/dashboard.hpp>
#include <millrace/connect/rest/dashboard/drift_panel.hpp>
#include <millrace/connect/rest/dashboard/live_board.hpp>
#include <millrace/connect/rest/dashboard/models_panel.hpp>
#include <millrace/connect/rest/dashboard/stages_panel.hpp>
#include <millrace/connect/rest/dashboard/traffic_panel.hpp>
#include <millrace/connect/rest/parts/audited.hpp>
#include <millrace/connect/rest/parts/model_stages.hpp>
#include <millrace/connect/rest/parts/process_health.hpp>
#include <millrace/connect/rest/parts/publishing.hpp>
#include <millrace/connect/rest/parts/watched_requests.hpp>
#include <millrace/infer/serving.hpp>
#include <millrace/observe/dashboards.hpp>
#include <millrace/observe/health.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/store/atomic_file.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace service {

namespace http = millrace::connect::http;

/// On SIGHUP: the file is read anew. What may change while the service runs does; anything else leaves all as it is.
inline void reload(const options& asked, loaded& current, knobs& in_force, model_shelf& shelf, live_models& live,
                   trail_type& trail) {
  auto fresh = load_settings(asked.config, asked.set);
  if (!fresh) return say("the settings are kept as they were: " + fresh.error().describe());
  const auto changes = ms::compare_settings(current.value, fresh->value);
  if (!changes.may_reload()) return say("the settings are kept as they were, this needs a start:\n" + changes.report());
  current.value.model = fresh->value.model;
  in_force.set(current.value.model);
  if (auto done = shelf.refresh(live); !done) say("the champion stays: " + done.error().describe());
  say("reloaded\n" + changes.report());
  const std::string what = changes.report();
  static_cast<void>(trail.append(
      mo::audit_event{.kind = mo::audit_kinds::configuration_changed, .actor = "service", .reason = what}));
}

/// What Grafana and Prometheus are provisioned by, made from the metrics that the service has.
inline mr::result<void> write_dashboards(const mo::metrics_registry& metrics, const std::string& folder) {
  const auto now = metrics.snapshot();
  std::vector<mo::alert_row> alerts(std::begin(mo::standard_alerts), std::end(mo::standard_alerts));
  alerts.push_back({"EventsWait", "{service_lag} > 10000", "warning", "5m", "{{ $value }} events wait",
                    "More comes than is used: see the log, and the panel of events by outcome."});
  const auto rules = mo::prometheus_alerts(now, {}, alerts);
  if (!rules) return rules.error();
  if (auto done = ms::write_file(folder + "/alerts.yaml", rules->yaml); !done) return done;
  return ms::write_file(folder + "/dashboard.json",
                        mo::grafana_dashboard(now, {.title = "Payments", .uid = "payments"}) + '\n');
}

/// The whole service, from the first file that is opened to the last that is closed.
template <class Broker>
mr::result<void> run_service(loaded with, const options& asked, const signals& told) {
  const service_settings& settings = with.value;
  auto state = storage_type::open(settings.path("state.db"));
  if (!state) return std::move(state).error();
  auto trail = trail_type::open(settings.path("audit"), {.ring_bytes = std::size_t{4} << 20});
  if (!trail) return std::move(trail).error();
  auto sink = mg::audit_sink<trail_type>::open(*trail);
  if (!sink) return std::move(sink).error();
  auto registry = mg::open_registry(*state, {}, *std::move(sink));
  if (!registry) return std::move(registry).error();
  auto broker = Broker::open(settings);
  if (!broker) return std::move(broker).error();

  model_shelf shelf(*registry, settings);
  auto first = shelf.production();
  if (!first) return std::move(first).error();
  auto learner = worker<Broker>::load_learner(*state, shelf, settings);
  if (!learner) return std::move(learner).error();
  live_models live(std::move(first->first), first->second, learner->model());
  knobs in_force(settings.model);

  mo::metrics_registry metrics;
  auto process = mo::process_collector::make(metrics);
  if (!process) return std::move(process).error();
  auto work =
      worker<Broker>::open(*broker, *state, *trail, shelf, live, *std::move(learner), in_force, settings, metrics);
  if (!work) return std::move(work).error();
  worker<Broker>& working = **work;

  // [health]
  std::atomic<bool> is_leaving = false;
  mo::health_monitor<> health;
  auto added = health.add(mo::storage_check("state", *state));
  if (added) added = health.add(mo::function_check("events", [&] { return working.status(); }));
  if (added) added = health.add(mo::function_check("audit trail", [&] { return trail->status(); }));
  if (added) added = health.add(mo::disk_check("disk", settings.folder));
  if (added)
    added = health.add(mo::function_check("leaving",
                                          [&]() -> mr::result<void> {
                                            if (is_leaving)
                                              return mr::error(mr::errc::unavailable, "the service is asked to end");
                                            return {};
                                          }),
                       {.timeout = mr::duration(0), .max_age = mr::duration(0)});
  if (!added) return added;
  // [/health]

  // [api]
  const auto watch = mi::serving_metrics<>::make(metrics, model_name, live.champion);
  if (!watch) return watch.error();
  mi::batcher batches(live.champion, mi::max_rows<256>, *watch);  // clients who come at once share a batch
  rest::served_models models;
  added = models.add(model_name, batches);
  if (added) added = models.add(std::string(model_name) + "-candidate", live.candidate);
  if (!added) return added;
  auto totals = [&working] { return working.totals(); };
  durable_metrics figures(broker->producer(), totals);
  auto shown = [text = describe(with)] { return text; };
  rest::api_options who{.title = "payments", .max_requests = settings.http.max_requests};
  if (!settings.http.token.expose().empty())
    who.users.push_back({"operator", ms::secret<std::string>(std::string(settings.http.token.expose()))});
  const rest::api outside(
      std::move(who), rest::predictions(models), rest::open_inference(models), rest::aggregates(figures),
      rest::publishing(broker->producer(), {std::string(payments::name)}), rest::model_stages(*registry),
      status_page(live, totals, shown), rest::audited(*trail), rest::watched_requests(metrics));
  rest::live_board board({.title = "Payments"}, rest::traffic_panel(metrics), rest::models_panel(models),
                         rest::drift_panel(metrics), rest::stages_panel(*registry), rest::audit_panel(*trail));
  const rest::api inside({.title = "payments, inside"}, rest::process_health(health), rest::metrics_page(metrics),
                         rest::dashboard(board));
  if (!asked.dashboards.empty()) {
    static_cast<void>(process->update());
    static_cast<void>(outside.handle({"GET", "/openapi.json"}));  // so that there are metrics of requests
    return write_dashboards(metrics, asked.dashboards);
  }
  auto front = http::server::listen(outside, {.address = settings.http.address,
                                              .port = settings.http.port,
                                              .certificate = settings.http.certificate,
                                              .key = settings.http.key});
  if (!front) return std::move(front).error();
  auto back = http::server::listen(inside, {.address = settings.inside.address, .port = settings.inside.port});
  if (!back) return std::move(back).error();
  // [/api]

  std::printf("{\"port\":%d,\"inside\":%d}\n", front->port(), back->port());
  std::fflush(stdout);
  say("payments at " + settings.http.address + ':' + std::to_string(front->port()) +
      ", health, metrics and dashboard at " + settings.inside.address + ':' + std::to_string(back->port()));
  std::optional<line_source<std::remove_reference_t<decltype(broker->producer())>>> lines;
  if (settings.source.kind == event_source::standard_input) lines.emplace(broker->producer());
  std::optional<traffic<std::remove_reference_t<decltype(broker->producer())>>> made_up;
  if (asked.traffic > 0) made_up.emplace(broker->producer(), asked.traffic);

  // [signals]
  const auto began = std::chrono::steady_clock::now();
  const auto is_over = [&] {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return (asked.limit > 0 && seconds >= asked.limit) || (lines && lines->has_ended());
  };
  while (!is_over()) {
    const int got = told.wait();
    if (got == SIGTERM || got == SIGINT) break;
    if (got == SIGHUP) reload(asked, with, in_force, shelf, live, *trail);
    static_cast<void>(process->update());
  }
  is_leaving = true;         // not ready: nobody sends new work
  made_up.reset();           // what was sent is in the queue
  if (lines) lines->stop();  // what was read goes there
  front->stop();             // requests that were taken get their responses
  working.stop();            // what waits is used
  board.close();
  back->stop();
  say("ended");
  return trail->close();
  // [/signals]
}

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_SERVICE_HPP
