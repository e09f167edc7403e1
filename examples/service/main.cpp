// Payments: a service that a team could run tomorrow.
//
//     service --config service.yaml
//
// It reads events from a queue of its own, standard input or Kafka; extracts features, scores them in batches by two
// versions of a model, of which one learns from them; keeps aggregates, the model and offsets in one transaction, and
// tells an audit trail; and serves all of it over HTTP. SIGTERM and SIGINT end it in order, SIGHUP reads its settings
// anew. service.hpp has the whole; docs/guide/service.md explains it.

#include "options.hpp"
#include "run.hpp"
#include "settings.hpp"
#include "signals.hpp"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  using namespace service;
  const signals told;  // before there is a thread
  options asked;
  bool only_shows = false;
  std::vector<std::string> set;
  CLI::App app("Scores payments, and learns from them.");
  app.add_option("--config", asked.config, "the file of settings")->capture_default_str();
  app.add_option("--set", set, "a setting that goes before the file, such as http.port=0");
  app.add_option("--traffic", asked.traffic, "so many made-up payments a second");
  app.add_option("--limit", asked.limit, "end after so many seconds");
  app.add_option("--write-dashboards", asked.dashboards, "a folder: write dashboard.json and alerts.yaml, and end");
  app.add_flag("--check", only_shows, "say what the settings are, and end");
  CLI11_PARSE(app, argc, argv);
  for (const std::string& each : set)
    asked.set.emplace_back(each.substr(0, each.find('=')), each.substr(each.find('=') + 1));

  auto settings = load_settings(asked.config, asked.set);
  if (!settings) return std::fprintf(stderr, "%s\n", settings.error().describe().c_str()), 2;
  if (only_shows) return std::fputs(describe(*settings).c_str(), stdout), 0;
  ::mkdir(settings->value.folder.c_str(), 0750);
  const auto done = settings->value.source.kind == event_source::kafka
                        ? run_on_kafka(*std::move(settings), asked, told)
                        : run_on_local_queue(*std::move(settings), asked, told);
  if (!done) return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  return 0;
}
