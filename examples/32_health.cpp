// What a service says to those who look after it: whether to restart it (liveness), and whether to send it work
// (readiness). Its feature store does not answer, and its disk is nearly full.
#include <millrace/observe/events.hpp>
#include <millrace/observe/health.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace mr = millrace;
namespace mo = millrace::observe;
using namespace std::chrono_literals;

// A service consists of parts, which start in order and stop in reverse.
struct part {
  const char* name;
  mr::result<void> say(const char* what) const { return std::printf("%s %s\n", name, what), mr::result<void>(); }
  mr::result<void> start() const { return say("starts"); }
  mr::result<void> drain(mr::duration) const { return say("takes no more work"); }
  mr::result<void> stop() const { return say("stops"); }
};

// For an output that is always the same: a disk as it is told, and clocks that stand.
struct told_volume {
  mr::result<mo::volume_facts> operator()(const std::string&) const {
    return mo::volume_facts{.size = 1'000'000'000, .free = 40'000'000};
  }
};
struct standing_clock {
  static constexpr std::uint64_t ticks() noexcept { return 0; }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};
std::uint64_t noon() noexcept { return 1'737'460'800'000'000'000U; }  // 2025-01-21

// [hooks]
struct promote {
  std::string model;
  double accuracy = 0;
};
struct promoted {
  std::string model;
};

mr::result<void> guard_promotions(mo::event_emitter<promoted>& events) {
  mo::hooks<promote> hooks;
  const auto floor = hooks.before<promote>("accuracy floor", [](const promote& asked) -> mr::result<void> {
    if (asked.accuracy >= 0.9) return {};
    return mr::error(mr::errc::invalid_argument, asked.model + " has an accuracy of less than 0.9");
  });
  const auto tell = hooks.after<promote>("tell", [&](const promote& asked, const mr::result<void>& outcome) {
    if (outcome) events.emit(promoted{asked.model});
  });
  const auto go = [](const promote&) {};  // what a registry would do
  if (auto done = hooks.run(promote{"fraud-7", 0.95}, go); !done) return done;
  return hooks.run(promote{"fraud-8", 0.62}, go);  // vetoed
}
// [/hooks]

int main() {
  // [health]
  part log{"log"};
  part batcher{"batcher"};
  part server{"server"};
  mo::component_group service;
  auto added = service.add("log", log);
  if (added) added = service.add("server", server, {"batcher", "log"});  // starts after these
  if (added) added = service.add("batcher", batcher);

  mo::health_monitor monitor(standing_clock(), {.wall_clock = noon});
  if (added) added = monitor.add(mo::component_check("parts", service, true), {.is_for_liveness = true, .timeout = 0s});
  if (added) added = monitor.add(mo::disk_check("disk", "/data", {}, told_volume()), {.timeout = 0s});
  if (added)
    added = monitor.add(mo::function_check("feature store",
                                           []() -> mr::result<void> {
                                             return mr::error(mr::errc::unavailable, "nobody answers at port 6379");
                                           }),
                        {.timeout = 100ms});
  if (!added) return std::fprintf(stderr, "%s\n", added.error().describe().c_str()), 1;

  const auto watch = monitor.on_change("log", [](const mo::health_changed& change) {
    std::printf("%s is %s\n", std::string(change.check).c_str(), std::string(to_string(change.to)).c_str());
  });
  if (auto started = service.start(); !started) return 1;  // then nothing runs
  const mo::health_report live = monitor.report(mo::health_probe::liveness);
  const mo::health_report ready = monitor.report(mo::health_probe::readiness);
  std::printf("GET /live: %d %s\n", live.http_status(), to_json(live).c_str());
  std::printf("GET /ready: %d %s\n", ready.http_status(), to_json(ready).c_str());
  const auto stopped = service.stop(30s);
  // [/health]

  mo::event_emitter<promoted> events;
  const auto mail = events.subscribe<promoted>(
      "mail", [](const promoted& event) { std::printf("%s is in production\n", event.model.c_str()); });
  const auto refused = guard_promotions(events);
  if (!refused) std::printf("%s\n", refused.error().describe().c_str());
  return stopped && live.http_status() == 200 && ready.http_status() == 503 && !refused &&
                 events.history<promoted>().size() == 1
             ? 0
             : 1;
}
