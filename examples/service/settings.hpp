#ifndef MILLRACE_EXAMPLES_SERVICE_SETTINGS_HPP
#define MILLRACE_EXAMPLES_SERVICE_SETTINGS_HPP

#include <millrace/connect/yaml.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/store/settings.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace service {

namespace mr = millrace;
namespace ms = millrace::store;

enum class event_source : std::uint8_t { local, standard_input, kafka };

/// Where events come from, and how many are used at a time.
struct source_settings {
  event_source kind = event_source::local;
  std::string group = "payments";
  std::vector<std::string> brokers = {"localhost:9092"};
  std::int32_t partitions = 1;
  std::size_t batch = 500;
  std::size_t max_waiting = 100'000;

  static constexpr ms::setting_choice kinds[] = {
      {"local", event_source::local}, {"stdin", event_source::standard_input}, {"kafka", event_source::kafka}};
  static constexpr auto settings = ms::settings_table(
      ms::setting<&source_settings::kind>("kind", "a queue of the service's own, its standard input, or Kafka",
                                          {.choices = kinds}),
      ms::setting<&source_settings::group>("group", "of consumers, to whom offsets belong"),
      ms::setting<&source_settings::brokers>("brokers", "of Kafka", {.variable = "KAFKA_BROKERS"}),
      ms::setting<&source_settings::partitions>("partitions", "of the service's own queue", {.least = 1, .most = 64}),
      ms::setting<&source_settings::batch>("batch", "how many events a transaction has at most",
                                           {.least = 1, .most = 1000}),
      ms::setting<&source_settings::max_waiting>("max_waiting", "how many events the service's own queue holds",
                                                 {.least = 1}));

  void examine(ms::settings_faults& faults) const {
    if (group.empty() || group.size() > 200) faults.add("group", "a group's name has 1 to 200 bytes");
  }
};

/// What the public reaches.
struct http_settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string certificate = {};
  std::string key = {};
  std::size_t max_requests = 256;
  ms::secret<std::string> token = {};

  static constexpr auto settings = ms::settings_table(
      ms::setting<&http_settings::address>("address", "to listen at"),
      ms::setting<&http_settings::port>("port", "0: any that is free"),
      ms::setting<&http_settings::certificate>("certificate", "a file of PEM; with it the service speaks TLS"),
      ms::setting<&http_settings::key>("key", "the certificate's, a file of PEM"),
      ms::setting<&http_settings::max_requests>("max_requests", "at a time; one more is 429", {.least = 1}),
      ms::setting<&http_settings::token>("token", "what clients have to show", {.variable = "SERVICE_TOKEN"}));

  bool is_public() const { return address != "127.0.0.1" && address != "::1" && address != "localhost"; }
  void examine(ms::settings_faults& faults) const {
    if (certificate.empty() != key.empty()) faults.add("key", "a certificate has a key, and a key a certificate");
    if (is_public() && token.expose().empty())
      faults.add("token", "an address that others reach needs a token: set SERVICE_TOKEN, or `token: file:/...`");
  }
};

/// Health, metrics and the dashboard, for those who run it: on an address that the public does not reach.
struct inside_settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 9090;

  static constexpr auto settings =
      ms::settings_table(ms::setting<&inside_settings::address>("address", "to listen at"),
                         ms::setting<&inside_settings::port>("port", "0: any that is free"));
};

struct model_settings {
  double learning_rate = 0.2;
  std::size_t mini_batch = 16;
  double candidate_share = 0.1;
  double alert_above = 0.9;
  std::uint64_t register_every = 5'000;

  static constexpr auto settings = ms::settings_table(
      ms::setting<&model_settings::learning_rate>("learning_rate", "of the model that learns",
                                                  {.least = 1e-6, .most = 10.0}),
      ms::setting<&model_settings::mini_batch>("mini_batch", "samples that are learnt together",
                                               {.least = 1, .most = 10'000}),
      ms::setting<&model_settings::candidate_share>("candidate_share", "of users, whom the candidate decides on",
                                                    {.least = 0.0, .most = 1.0, .reload = true}),
      ms::setting<&model_settings::alert_above>("alert_above", "scores that are told as alerts",
                                                {.least = 0.0, .most = 1.0, .reload = true}),
      ms::setting<&model_settings::register_every>("register_every", "samples learnt; 0: only at the end",
                                                   {.reload = true}));
};

struct service_settings {
  std::string folder = "state";
  mr::duration drain_limit = mr::seconds(25);
  source_settings source = {};
  http_settings http = {};
  inside_settings inside = {};
  model_settings model = {};

  static constexpr auto settings = ms::settings_table(
      ms::setting<&service_settings::folder>("folder", "where all that outlives the process is kept"),
      ms::setting<&service_settings::drain_limit>("drain_limit", "how long SIGTERM waits for events that wait",
                                                  {.least = mr::seconds(0)}),
      ms::setting<&service_settings::source>("source", "of events"),
      ms::setting<&service_settings::http>("http", "the public API"),
      ms::setting<&service_settings::inside>("inside", "health, metrics and dashboard"),
      ms::setting<&service_settings::model>("model", "scoring and learning"));

  std::string path(std::string_view name) const { return (folder + '/').append(name); }
};

using loaded = ms::loaded_settings<service_settings>;

/// Defaults, then the file, then the environment (SERVICE_HTTP_PORT), then what the command line says.
inline mr::result<loaded> load_settings(const std::string& path, std::vector<std::pair<std::string, std::string>> set) {
  return mr::connect::yaml::load<service_settings>(path, {.prefix = "SERVICE", .set = std::move(set)});
}

}  // namespace service

#endif  // MILLRACE_EXAMPLES_SERVICE_SETTINGS_HPP
