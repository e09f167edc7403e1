#ifndef MILLRACE_TESTS_SUPPORT_SERVICE_SETTINGS_HPP
#define MILLRACE_TESTS_SUPPORT_SERVICE_SETTINGS_HPP

#include <millrace/store/secret.hpp>
#include <millrace/store/settings/table.hpp>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Settings of a program that has a little of everything, the nodes that a parser would make, and variables.
namespace support {

namespace ms = millrace::store;

enum class made_strategy : std::uint8_t { hash, random };

struct made_cache {
  bool enabled = true;
  std::uint32_t max_size = 1000;
  millrace::duration default_ttl = millrace::seconds(300);

  static constexpr auto settings = ms::settings_table(
      ms::setting<&made_cache::enabled>("enabled", "whether there is a cache"),
      ms::setting<&made_cache::max_size>("max_size", "entries", {.least = 1, .reload = true}),
      ms::setting<&made_cache::default_ttl>("default_ttl", "how long one is kept",
                                            {.least = millrace::seconds(1), .bare_unit = millrace::seconds(1)}));
};

struct made_variant {
  std::string name = {};
  double weight = 0;
  ms::setting_place at = {};

  static constexpr auto settings = ms::settings_table(
      ms::setting<&made_variant::name>("name", "what it is called", {.required = true}),
      ms::setting<&made_variant::weight>("weight", "its share, in percent", {.least = 0, .most = 100}),
      ms::setting_place_in<&made_variant::at>());
};

struct made_service {
  made_cache cache = {};
  std::string version = "1.0";
  made_strategy strategy = made_strategy::hash;
  ms::byte_size memory = {std::uint64_t{64} << 20};
  std::optional<double> threshold = {};
  std::vector<std::string> brokers = {"localhost:9092"};
  std::vector<made_variant> variants = {};
  std::map<std::string, std::string> tags = {};
  std::vector<std::pair<std::string, made_cache>> caches = {};
  ms::secret<std::string> token = {};

  static constexpr ms::setting_choice strategies[] = {{"hash", made_strategy::hash}, {"random", made_strategy::random}};
  static constexpr auto settings = ms::settings_table(
      ms::setting<&made_service::cache>("cache", "what is kept in memory"),
      ms::setting<&made_service::version>("version", "of the model", {.reload = true}),
      ms::setting<&made_service::strategy>("strategy", "who gets which", {.choices = strategies}),
      ms::setting<&made_service::memory>("memory", "the most that it may use"),
      ms::setting<&made_service::threshold>("threshold", "from where on it is fraud", {.least = 0, .most = 1}),
      ms::setting<&made_service::brokers>("brokers", "of the queue", {.variable = "KAFKA_BROKERS"}),
      ms::setting<&made_service::variants>("variants", "of the experiment", {.reload = true}),
      ms::setting<&made_service::tags>("tags", "what people sort by"),
      ms::setting<&made_service::caches>("caches", "others, by name"),
      ms::setting<&made_service::token>("token", "of the registry"),
      ms::refused_setting("enable_gpu", "there is no engine for it"));

  void examine(ms::settings_faults& faults) const {
    double sum = 0;
    for (const made_variant& each : variants) sum += each.weight;
    if (!variants.empty() && sum != 100) faults.add("variants", "the weights do not sum to 100");
  }
};

struct made_variables {
  std::map<std::string, std::string> all = {};
  const char* find(const char* name) const {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second.c_str();
  }
};

/// Nodes, each in a line of its own, so that places can be told apart.
class node_maker {
 public:
  ms::settings_node scalar(std::string text) {
    auto made = at(ms::settings_node::kinds::scalar);
    made.text = std::move(text);
    return made;
  }
  ms::settings_node quoted(std::string text) {
    auto made = scalar(std::move(text));
    made.is_quoted = true;
    return made;
  }
  ms::settings_node nothing() { return at(ms::settings_node::kinds::none); }
  ms::settings_node list(std::initializer_list<ms::settings_node> items) {
    auto made = at(ms::settings_node::kinds::list);
    made.items = items;
    return made;
  }
  ms::settings_node names(std::initializer_list<std::pair<std::string, ms::settings_node>> items) {
    auto made = at(ms::settings_node::kinds::names);
    for (const auto& [name, node] : items) {
      made.items.push_back(node);
      made.items.back().name = name;
      made.items.back().name_at = {node.at.line, 1};
    }
    return made;
  }

 private:
  ms::settings_node at(ms::settings_node::kinds kind) {
    ms::settings_node made;
    made.kind = kind;
    made.at = {++line_, 9};
    return made;
  }
  std::uint32_t line_ = 0;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SERVICE_SETTINGS_HPP
