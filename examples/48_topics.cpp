// The events of a service on six topics, each a type: an event goes where its type says, and a reader counts each one
// once. KAFKA_BROKERS names the brokers; without it a queue within the process takes their place.
#include <millrace/connect/kafka.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace kafka = millrace::connect::kafka;

// [events]
struct action {
  std::string user, name;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("user", self.user)("name", self.name);
  }
};
struct metric {
  std::string service, name;
  double value = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("service", self.service)("name", self.name)("value", self.value);
  }
};
// [/events]
struct reading {
  std::string device;
  double value = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("device", self.device)("value", self.value);
  }
};
struct twin {
  std::string name;
  double drift = 0;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("drift", self.drift);
  }
};
struct failure {
  std::string service, text;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("service", self.service)("text", self.text);
  }
};
struct interaction {
  std::string user, page;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("user", self.user)("page", self.page);
  }
};

// [topics]
using analytics = ms::topic<"events.analytics", action, ms::json_members, &action::user>;
using devices = ms::topic<"events.devices", reading, ms::json_members, &reading::device>;
using reality = ms::topic<"events.reality", twin, ms::json_members, &twin::name>;
using errors = ms::topic<"events.errors", failure, ms::json_members, &failure::service>;
using metrics = ms::topic<"events.metrics", metric, ms::json_members, &metric::service>;
using users = ms::topic<"events.user", interaction, ms::json_members, &interaction::user>;
using all_topics = ms::topics<analytics, devices, reality, errors, metrics, users>;
// [/topics]

// [state]
/// What is made of the events of one partition; those of all are merged.
struct totals {
  std::array<std::uint64_t, all_topics::names.size()> events{};
  double slowest = 0;

  mr::result<void> update(const ms::message& one) {
    return all_topics::visit(one, [&](auto topic, [[maybe_unused]] const auto& event) -> mr::result<void> {
      for (std::size_t i = 0; i < events.size(); ++i) events[i] += all_topics::names[i] == topic.name ? 1U : 0U;
      if constexpr (std::is_same_v<decltype(topic), metrics>)
        if (event.name == "latency" && event.value > slowest) slowest = event.value;
      return {};
    });
  }
  void merge(const totals& other) {
    for (std::size_t i = 0; i < events.size(); ++i) events[i] += other.events[i];
    if (other.slowest > slowest) slowest = other.slowest;
  }
  std::vector<std::byte> save() const {
    mr::envelope_writer to("example_totals");
    for (const std::uint64_t each : events) to.u64(each);
    to.f64(slowest);
    return std::move(to).finish();
  }
  static mr::result<totals> load(std::span<const std::byte> bytes) {
    auto from = mr::envelope_reader::open(bytes, "example_totals");
    if (!from) return std::move(from).error();
    totals made;
    for (std::uint64_t& each : made.events) each = from->u64();
    made.slowest = from->f64();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }
};
// [/state]

int failed(const mr::error& why) {
  std::printf("%s\n", why.describe().c_str());
  return 1;
}

// [send]
template <class Producer>
mr::result<void> send_all(Producer& producer) {
  ms::router<Producer, analytics, devices, reality, errors, metrics, users> events(producer);
  for (const char* const user : {"ann", "ben", "eve"})
    for (const auto& done : {events.send(action{user, "login"}), events.send(interaction{user, "/home"})})
      if (!done) return done;
  for (const auto& done : {events.send(reading{"door", 21.5}), events.send(twin{"hall", 0.02}),
                           events.send(failure{"api", "no such page"}), events.send(metric{"api", "latency", 150.5}),
                           events.send(metric{"api", "latency", 81.25})})
    if (!done) return done;
  // Somebody else's, which nobody can read.
  if (auto done = producer.send({.topic = "events.metrics", .key = "api", .value = "latency=150"}); !done) return done;
  return events.flush(mr::seconds(10));
}
// [/send]

// [read]
template <class Consumer, class Storage>
mr::result<totals> count_all(Consumer& reader, Storage& storage) {
  using counting = ms::exactly_once<totals, Consumer, Storage, ms::keep_dead_letters>;
  auto counted = counting::open(reader, storage, {.group = "dashboard"});
  if (!counted) return std::move(counted).error();
  const auto use = [](totals& state, const ms::message& one) { return state.update(one); };
  // A service goes on until it is told to stop; this is over once all of ours were used.
  for (int i = 0; i < 30 && counted->counts().total() < 12; ++i)
    if (const auto done = counted->run(use, mr::seconds(1)); !done) return done.error();
  if (auto done = counted->drain(use, mr::seconds(.1), mr::seconds(10)); !done) return std::move(done).error();
  return counted->merged();
}
// [/read]

template <class Producer, class Subscribe>
int run(Producer& producer, Subscribe&& subscribe) {
  if (auto sent = send_all(producer); !sent) return failed(sent.error());
  auto reader = subscribe();
  if (!reader) return failed(reader.error());
  ms::memory_storage storage;  // a service keeps it in SQLite
  const auto made = count_all(*reader, storage);
  if (!made) return failed(made.error());
  for (std::size_t i = 0; i < made->events.size(); ++i)
    std::printf("%-16s %d\n", std::string(all_topics::names[i]).c_str(), static_cast<int>(made->events[i]));
  std::printf("slowest request  %.1f ms\n", made->slowest);
  const auto listed = ms::for_each_dead_letter(storage, "dashboard", [](const auto&, const ms::dead_letter& one) {
    std::printf("dead letter      %s: %s\n", one.letter.topic.c_str(), one.reason.c_str());
  });
  return listed ? 0 : failed(listed.error());
}

int main() {
  // [choose]
  if (const char* const brokers = std::getenv("KAFKA_BROKERS"); brokers != nullptr && *brokers != '\0') {
    auto producer = kafka::producer::open({.brokers = brokers});
    if (!producer) return failed(producer.error());
    return run(*producer,
               [&] { return kafka::consumer::open({.brokers = brokers}, {.group = "dashboard"}, all_topics::names); });
  }
  std::puts("KAFKA_BROKERS is not set: a queue within this process");
  auto queue = ms::local_queue<>::open();
  if (!queue) return failed(queue.error());
  return run(*queue, [&] { return queue->subscribe("dashboard", all_topics::names); });
  // [/choose]
}
