#include <millrace/observe/health/health_monitor.hpp>

#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/export/prometheus.hpp>
#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
using mo::health_status;
using namespace std::chrono_literals;

namespace {

/// A clock that stands where any thread puts it.
struct shared_clock {
  std::atomic<std::uint64_t>* now;
  std::uint64_t ticks() const noexcept { return *now; }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};
constexpr std::uint64_t second = 1'000'000'000;

/// A check that says what it is told, and counts.
struct told {
  std::string called;
  std::atomic<health_status>* status;
  std::atomic<int>* runs;
  std::string name() const { return called; }
  mo::health_result examine() const {
    ++*runs;
    return {*status, *status == health_status::healthy ? "" : "told so"};
  }
};

std::uint64_t noon() noexcept { return 1'700'000'000 * second; }

void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a report is the worst of its checks, and degraded at most by one that is not critical") {
  mo::health_monitor monitor({.wall_clock = noon});
  std::atomic<health_status> process{health_status::healthy};
  std::atomic<health_status> database{health_status::healthy};
  std::atomic<health_status> cache{health_status::healthy};
  std::atomic<int> runs{0};
  REQUIRE(monitor.add(told{"process", &process, &runs},
                      {.is_for_liveness = true, .is_for_readiness = false, .max_age = mr::duration(0)}));
  REQUIRE(monitor.add(told{"database", &database, &runs}, {.max_age = mr::duration(0)}));
  REQUIRE(monitor.add(told{"cache", &cache, &runs}, {.is_critical = false, .max_age = mr::duration(0)}));
  CHECK(monitor.size() == 3);
  const auto all = monitor.report();
  CHECK(all.status == health_status::healthy);
  CHECK(all.checks.size() == 3);
  CHECK(all.unix_nanoseconds == noon());
  CHECK(monitor.is_live());
  CHECK(monitor.is_ready());
  CHECK(runs == 6);

  cache = health_status::unhealthy;
  const auto without_cache = monitor.report(mo::health_probe::readiness);
  CHECK(without_cache.status == health_status::degraded);
  CHECK(without_cache.checks.size() == 2);
  CHECK(without_cache.find("cache")->found.status == health_status::unhealthy);
  CHECK(without_cache.find("cache")->found.message == "told so");
  CHECK(without_cache.http_status() == 200);

  database = health_status::unhealthy;
  CHECK(!monitor.is_ready());
  CHECK(monitor.is_live());
  CHECK(monitor.report(mo::health_probe::readiness).http_status() == 503);
  process = health_status::degraded;
  CHECK(monitor.is_live());
  CHECK(monitor.report(mo::health_probe::liveness).status == health_status::degraded);
  process = health_status::unhealthy;
  CHECK(!monitor.is_live());
}

TEST_CASE("a result is used again until it is too old, on the clock that is given") {
  std::atomic<std::uint64_t> now{5 * second};
  mo::health_monitor monitor(shared_clock{&now});
  std::atomic<health_status> status{health_status::healthy};
  std::atomic<int> runs{0};
  REQUIRE(monitor.add(told{"x", &status, &runs}, {.max_age = 10s}));
  CHECK(monitor.report().find("x")->age == mr::duration(0));
  status = health_status::unhealthy;
  now += 10 * second - 1;
  const auto old = monitor.report();
  CHECK(old.status == health_status::healthy);
  CHECK(old.find("x")->age == mr::seconds(10 - 1e-9));
  CHECK(runs == 1);
  ++now;
  CHECK(monitor.report().status == health_status::unhealthy);
  CHECK(runs == 2);
  now -= 12 * second;  // a clock that is set back
  CHECK(monitor.report().status == health_status::unhealthy);
  CHECK(runs == 2);
}

TEST_CASE("a check that hangs is late and runs once; the others are reported, and its late result counts") {
  std::atomic<std::uint64_t> now{second};
  std::atomic<bool> goes_on{false};
  std::atomic<int> runs{0};
  std::atomic<int> other_runs{0};
  std::atomic<health_status> status{health_status::healthy};
  mo::health_monitor monitor(shared_clock{&now});
  REQUIRE(monitor.add(mo::function_check("hangs",
                                         [&] {
                                           ++runs;
                                           now += 3 * second;
                                           wait_for(goes_on);
                                           return mo::health_result{health_status::degraded, "slow"};
                                         }),
                      {.timeout = 2s, .max_age = 60s}));
  REQUIRE(monitor.add(told{"other", &status, &other_runs}, {.max_age = mr::duration(0)}));
  const auto first = monitor.report();
  CHECK(first.status == health_status::unhealthy);
  REQUIRE(first.find("hangs")->is_late);
  CHECK(first.find("hangs")->found.message == "no result within 2000 ms");
  CHECK(first.find("hangs")->took == mr::seconds(3));
  CHECK(first.find("other")->found.status == health_status::healthy);
  now += second;
  const auto second_report = monitor.report();
  CHECK(second_report.find("hangs")->is_late);
  CHECK(second_report.find("hangs")->took == mr::seconds(4));
  CHECK(other_runs == 2);
  CHECK(runs == 1);
  goes_on = true;
  auto last = monitor.report();
  while (last.find("hangs")->is_late) last = monitor.report();
  CHECK(last.status == health_status::degraded);
  CHECK(last.find("hangs")->found.message == "slow");
  CHECK(last.find("hangs")->age == mr::duration(0));
  CHECK(runs == 1);
}

TEST_CASE("on the system's clock, a check that hangs makes a report wait for its timeout and no longer") {
  std::atomic<bool> goes_on{false};
  mo::health_monitor monitor;
  REQUIRE(monitor.add(mo::function_check("hangs",
                                         [&] {
                                           wait_for(goes_on);
                                           return mo::health_result{};
                                         }),
                      {.timeout = 20ms}));
  const auto began = std::chrono::steady_clock::now();
  CHECK(monitor.report().find("hangs")->is_late);
  CHECK(std::chrono::steady_clock::now() - began >= 20ms);
  goes_on = true;  // the destructor waits for it
}

TEST_CASE("reports that come at once share one run") {
  std::atomic<int> asking{0};
  std::atomic<int> runs{0};
  mo::health_monitor monitor;
  REQUIRE(monitor.add(mo::function_check("shared",
                                         [&] {
                                           ++runs;
                                           while (asking < 8) std::this_thread::yield();
                                           return mo::health_result{};
                                         }),
                      {.timeout = 60s, .max_age = 60s}));
  std::atomic<int> healthy{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      ++asking;
      if (monitor.report().status == health_status::healthy) ++healthy;
    });
  for (std::thread& one : threads) one.join();
  CHECK(healthy == 8);
  CHECK(runs == 1);
}

TEST_CASE("reports in several threads never see a check late that another has just begun") {
  mo::health_monitor monitor;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  const auto examine = [&] {
    const int now = ++inside;
    if (now > most) most = now;
    --inside;
    return mo::health_result{};
  };
  REQUIRE(monitor.add(mo::function_check("threaded", examine), {.timeout = 60s, .max_age = mr::duration(0)}));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (monitor.report().status != health_status::healthy) ++wrong;
    });
  for (std::thread& one : threads) one.join();
  CHECK(wrong == 0);
  CHECK(most == 1);
}

TEST_CASE("a check that another report has begun anew meanwhile is not late: its last result counts") {
  std::atomic<int> runs{0};
  std::atomic<bool> slow_goes_on{false};
  std::atomic<bool> quick_goes_on{false};
  mo::health_monitor monitor;
  REQUIRE(monitor.add(mo::function_check("slow",
                                         [&] {
                                           wait_for(slow_goes_on);
                                           return mo::health_result{};
                                         }),
                      {.timeout = 60s}));
  REQUIRE(monitor.add(mo::function_check("quick",
                                         [&] {
                                           if (++runs == 2) wait_for(quick_goes_on);
                                           return mo::health_result{health_status::degraded,
                                                                    "run " + std::to_string(runs)};
                                         }),
                      {.is_for_liveness = true, .timeout = 60s, .max_age = mr::duration(0)}));
  mo::health_report first;
  std::thread one([&] { first = monitor.report(mo::health_probe::readiness); });  // waits for the slow one
  while (runs < 1) std::this_thread::yield();
  std::thread two([&] { monitor.report(mo::health_probe::liveness); });  // shares the first run, or begins the second
  std::thread three([&] {
    while (runs < 2) monitor.report(mo::health_probe::liveness);
  });
  while (runs < 2) std::this_thread::yield();
  slow_goes_on = true;
  one.join();
  quick_goes_on = true;
  two.join();
  three.join();
  CHECK(!first.find("quick")->is_late);
  CHECK(first.find("quick")->found.message == "run 1");
}

TEST_CASE("a check without a timeout runs on the thread that reports") {
  mo::health_monitor monitor;
  std::thread::id where;
  REQUIRE(monitor.add(mo::function_check("here",
                                         [&] {
                                           where = std::this_thread::get_id();
                                           return mo::health_result{};
                                         }),
                      {.timeout = mr::duration(0)}));
  CHECK(monitor.report().status == health_status::healthy);
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE("what a check throws is unhealthy, with its name and reason") {
  mo::health_monitor monitor;
  REQUIRE(monitor.add(mo::function_check("bad", []() -> mo::health_result { throw std::runtime_error("no disk"); })));
  REQUIRE(monitor.add(mo::function_check("odd", []() -> mr::result<void> { throw 1; }), {.timeout = mr::duration(0)}));
  const auto report = monitor.report();
  CHECK(report.status == health_status::unhealthy);
  CHECK(report.find("bad")->found.message == "health check \"bad\" threw: no disk");
  CHECK(report.find("odd")->found.message == "health check \"odd\" threw something that is no std::exception");
}

TEST_CASE("names are asked for, differ, and have no colon") {
  mo::health_monitor monitor;
  const auto fine = [] { return mo::health_result{}; };
  REQUIRE(monitor.add(mo::function_check("a", fine)));
  const auto twice = monitor.add(mo::function_check("a", fine));
  REQUIRE(!twice);
  CHECK(twice.error().code() == mr::errc::already_exists);
  for (const char* const name : {"", "a:b"}) {
    const auto refused = monitor.add(mo::function_check(name, fine));
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::invalid_argument);
  }
  CHECK(monitor.size() == 1);
}

TEST_CASE("changes are told once each, also through an emitter") {
  std::atomic<health_status> status{health_status::healthy};
  std::atomic<int> runs{0};
  mo::health_monitor monitor;
  REQUIRE(monitor.add(told{"x", &status, &runs}, {.max_age = mr::duration(0)}));
  mo::event_emitter<mo::health_changed> events({.history = 0});
  std::vector<std::string> seen;
  const auto pass_on = monitor.on_change("events", [&](const mo::health_changed& change) { events.emit(change); });
  const auto listen = events.subscribe<mo::health_changed>("log", [&](const mo::health_changed& change) {
    seen.push_back(std::string(change.check) + " " + std::string(to_string(change.from)) + " " +
                   std::string(to_string(change.to)) + " " + std::string(change.message));
    monitor.size();  // no lock is held
  });
  monitor.report();
  status = health_status::degraded;
  monitor.report();
  monitor.report();
  status = health_status::healthy;
  monitor.report();
  CHECK(seen == std::vector<std::string>{"x healthy degraded told so", "x degraded healthy "});
}

TEST_CASE("a registry shows each check's status, what it took, and how often it was late") {
  std::atomic<std::uint64_t> now{second};
  std::atomic<bool> goes_on{false};
  std::atomic<health_status> status{health_status::degraded};
  std::atomic<int> runs{0};
  mo::metrics_registry registry;
  mo::health_monitor monitor(shared_clock{&now});
  REQUIRE(monitor.add(told{"x", &status, &runs}));
  REQUIRE(monitor.expose(registry));
  REQUIRE(monitor.add(mo::function_check("hangs",
                                         [&] {
                                           now += 2 * second;
                                           wait_for(goes_on);
                                           return mo::health_result{};
                                         }),
                      {.timeout = 1s}));
  CHECK(mo::to_prometheus(registry.snapshot()).find("millrace_health_status{check=\"hangs\"} 1\n") !=
        std::string::npos);
  monitor.report();
  const std::string page = mo::to_prometheus(registry.snapshot());
  INFO(page);
  CHECK(page.find("millrace_health_status{check=\"x\"} 0.5\n") != std::string::npos);
  CHECK(page.find("millrace_health_status{check=\"hangs\"} 0\n") != std::string::npos);
  CHECK(page.find("millrace_health_late_total{check=\"hangs\"} 1\n") != std::string::npos);
  CHECK(page.find("millrace_health_late_total{check=\"x\"} 0\n") != std::string::npos);
  goes_on = true;
  while (monitor.report().find("hangs")->is_late) std::this_thread::yield();
  CHECK(mo::to_prometheus(registry.snapshot()).find("millrace_health_check_seconds{check=\"hangs\"} 2\n") !=
        std::string::npos);
}

TEST_CASE("the end of a forked copy of a monitor waits for no thread") {
  auto* const monitor = new mo::health_monitor<>;
  REQUIRE(monitor->add(mo::function_check("a", [] { return mo::health_result{}; })));
  CHECK(monitor->is_ready());
  std::this_thread::sleep_for(1ms);  // so that the check's thread waits
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(10);
    delete monitor;
    ::_exit(0);
  }
  int status = 1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(monitor->is_ready());
  delete monitor;
}
