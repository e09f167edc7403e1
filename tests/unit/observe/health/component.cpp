#include <millrace/observe/health/component.hpp>

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/observe/events/event_emitter.hpp>
#include <millrace/observe/events/event_queue.hpp>
#include <millrace/observe/export/statsd.hpp>
#include <millrace/observe/metrics.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/line_log.hpp>
#include <support/catch.hpp>
#include <support/serving.hpp>
#include <support/temp_dir.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
using mo::component_state;
using mo::health_status;
using namespace std::chrono_literals;

namespace {

/// Writes down what is asked of it, and fails where it is told to.
struct noted {
  std::string name;
  std::string* notes;
  std::string fails_at = {};
  std::uint64_t* now = nullptr;
  std::uint64_t drains_for = 0;
  mo::health_result own = {};

  mr::result<void> note(const std::string& what) {
    *notes += what + name + " ";
    if (fails_at == what) return mr::error(mr::errc::io, "told to");
    if (fails_at == "throw" + what) throw std::runtime_error("thrown at");
    return {};
  }
  mr::result<void> start() { return note("+"); }
  mr::result<void> drain(mr::duration patience) {
    if (now != nullptr) {
      *now += drains_for;
      *notes += std::to_string(patience.nanoseconds) + ":";
      if (static_cast<std::uint64_t>(patience.nanoseconds) < drains_for)
        return mr::error(mr::errc::timeout, "not drained");
    }
    return note("~");
  }
  mr::result<void> stop() { return note("-"); }
  mo::health_result health() const { return own; }
};

}  // namespace

TEST_CASE("components start in order, after those that they name, and stop in reverse") {
  std::string notes;
  noted log{"log", &notes};
  noted http{"http", &notes};
  noted batcher{"batcher", &notes};
  noted metrics{"metrics", &notes};
  mo::component_group group;
  REQUIRE(group.add("log", log));
  REQUIRE(group.add("http", http, {"batcher", "log"}));
  REQUIRE(group.add("metrics", metrics));
  REQUIRE(group.add("batcher", batcher));
  CHECK(group.state("http").value() == component_state::created);
  CHECK(!group.is_running());
  REQUIRE(group.start());
  CHECK(notes == "+log +metrics +batcher +http ");
  CHECK(group.is_running());
  const auto again = group.start();
  REQUIRE(!again);
  CHECK(again.error().message() == "component \"log\" is running and cannot be started");
  CHECK(!group.add("late", log));
  notes.clear();
  REQUIRE(group.stop(1s));
  CHECK(notes == "~http -http ~batcher -batcher ~metrics -metrics ~log -log ");
  CHECK(group.state("log").value() == component_state::stopped);
  REQUIRE(group.start());
  notes.clear();
  REQUIRE(group.stop());
  CHECK(notes == "-http -batcher -metrics -log ");
  REQUIRE(group.stop());  // there is nothing left to stop
  CHECK(notes == "-http -batcher -metrics -log ");
  CHECK(group.state("none").error().code() == mr::errc::not_found);
}

TEST_CASE("a failed start stops what it had begun and what runs, in reverse, and can be tried again") {
  for (const std::string how : {"+", "throw+"}) {
    std::string notes;
    noted a{"a", &notes};
    noted b{"b", &notes};
    noted c{"c", &notes, how};
    noted d{"d", &notes};
    mo::component_group group;
    REQUIRE(group.add("a", a));
    REQUIRE(group.add("b", b));
    REQUIRE(group.add("c", c));
    REQUIRE(group.add("d", d));
    const auto started = group.start();
    REQUIRE(!started);
    CHECK(started.error().describe() == (how == "+"
                                             ? "component \"c\" does not start: told to"
                                             : "component \"c\" does not start: component \"c\" threw: thrown at"));
    CHECK(notes == "+a +b +c -c -b -a ");
    CHECK(group.state("a").value() == component_state::stopped);
    CHECK(group.state("c").value() == component_state::failed);
    CHECK(group.state("d").value() == component_state::created);
    c.fails_at.clear();
    notes.clear();
    REQUIRE(group.start());
    CHECK(notes == "+a +b +c +d ");
  }
}

TEST_CASE("stopping goes on over errors and returns the first; one that does not stop has failed") {
  std::string notes;
  noted a{"a", &notes};
  noted b{"b", &notes, "-"};
  noted c{"c", &notes, "throw~"};
  mo::component_group group;
  REQUIRE(group.add("a", a));
  REQUIRE(group.add("b", b));
  REQUIRE(group.add("c", c));
  REQUIRE(group.start());
  const auto stopped = group.stop(1s);
  REQUIRE(!stopped);
  CHECK(stopped.error().describe() == "component \"c\" does not drain: component \"c\" threw: thrown at");
  CHECK(notes == "+a +b +c ~c -c ~b -b ~a -a ");
  CHECK(group.state("c").value() == component_state::stopped);
  CHECK(group.state("b").value() == component_state::failed);
  CHECK(group.health(true).message == "component \"b\" has failed: component \"b\" does not stop: told to");
}

TEST_CASE("the patience to drain is that of all together") {
  std::string notes;
  std::uint64_t now = 100;
  noted a{"a", &notes, {}, &now, 10};
  noted b{"b", &notes, {}, &now, 40};
  noted c{"c", &notes, {}, &now, 60};
  mo::component_group group(mr::manual_clock{now});
  REQUIRE(group.add("a", a));
  REQUIRE(group.add("b", b));
  REQUIRE(group.add("c", c));
  REQUIRE(group.start());
  notes.clear();
  const auto drained = group.drain(mr::duration(70));
  REQUIRE(!drained);
  CHECK(drained.error().code() == mr::errc::timeout);
  CHECK(drained.error().message() == "component \"b\" does not drain");
  CHECK(notes == "70:~c 10:0:");
  CHECK(group.state("c").value() == component_state::draining);
  CHECK(group.health().status == health_status::unhealthy);  // no more work, please
  CHECK(group.health(true).status == health_status::healthy);
  REQUIRE(group.stop(mr::duration(5)));  // does not drain twice
  CHECK(notes == "70:~c 10:0:-c -b -a ");
}

TEST_CASE("names that are unknown, double or go round are refused before anything starts") {
  std::string notes;
  noted one{"one", &notes};
  mo::component_group unknown;
  REQUIRE(unknown.add("a", one, {"b"}));
  const auto double_name = unknown.add("a", one);
  REQUIRE(!double_name);
  CHECK(double_name.error().code() == mr::errc::already_exists);
  const auto not_there = unknown.start();
  REQUIRE(!not_there);
  CHECK(not_there.error().message() == "component \"a\" starts after \"b\", which is none");
  mo::component_group circle;
  REQUIRE(circle.add("z", one));
  REQUIRE(circle.add("a", one, {"c"}));
  REQUIRE(circle.add("b", one, {"a"}));
  REQUIRE(circle.add("c", one, {"b"}));
  const auto round = circle.start();
  REQUIRE(!round);
  CHECK(round.error().message() == "components start after each other in a circle: \"a\", \"b\", \"c\"");
  CHECK(notes.empty());
}

TEST_CASE("states change only as they may, and each change is told") {
  using enum component_state;
  const component_state all[] = {created, starting, running, draining, stopped, failed};
  std::string legal;
  for (const auto from : all)
    for (const auto to : all)
      if (mo::may_follow(from, to)) legal += std::string(to_string(from)) + ">" + std::string(to_string(to)) + " ";
  CHECK(legal ==
        "created>starting starting>running starting>failed running>draining running>stopped running>failed "
        "draining>stopped draining>failed stopped>starting failed>starting failed>stopped ");

  std::string notes;
  noted a{"a", &notes};
  noted b{"b", &notes, "+"};
  mo::component_group group;
  REQUIRE(group.add("a", a));
  REQUIRE(group.add("b", b));
  bool all_legal = true;
  std::string told;
  const auto watch = group.on_change("watch", [&](const mo::component_changed& change) {
    all_legal = all_legal && mo::may_follow(change.from, change.to);
    told += std::string(change.component) + std::string(to_string(change.to)) + " ";
    CHECK(group.state(change.component).value() == change.to);  // no lock is held
    const auto inside = group.stop();
    REQUIRE(!inside);
    CHECK(inside.error().code() == mr::errc::unavailable);
  });
  CHECK(!group.start());
  b.fails_at.clear();
  CHECK(group.start());
  CHECK(group.stop(1s));
  CHECK(all_legal);
  CHECK(told ==
        "astarting arunning bstarting bfailed astopped astarting arunning bstarting brunning bdraining bstopped "
        "adraining astopped ");
}

TEST_CASE("a group takes components whenever none of them runs") {
  std::string notes;
  noted a{"a", &notes};
  noted b{"b", &notes, "+"};
  noted c{"c", &notes};
  noted d{"d", &notes};
  mo::component_group group;
  REQUIRE(group.add("a", a, {"c"}));
  REQUIRE(group.add("b", b));
  CHECK(group.start().error().code() == mr::errc::not_found);  // "c" is none
  REQUIRE(group.add("c", c));
  CHECK_FALSE(group.start());  // b does not
  CHECK(group.add("c", d).error().code() == mr::errc::already_exists);
  b.fails_at.clear();
  REQUIRE(group.add("d", d));
  notes.clear();
  REQUIRE(group.start());
  CHECK(notes == "+b +c +a +d ");
  noted e{"e", &notes};
  const auto late = group.add("e", e);
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == mr::errc::unavailable);
  CHECK(late.error().message() == "component \"e\": the group was started already, \"a\" is running");
  CHECK_FALSE(group.state("e"));
  REQUIRE(group.drain(1s));
  CHECK_FALSE(group.add("e", e));
  REQUIRE(group.stop());
  REQUIRE(group.add("e", e));
  notes.clear();
  REQUIRE(group.start());
  REQUIRE(group.stop());
  CHECK(notes == "+b +c +a +d +e -e -d -a -c -b ");
}

TEST_CASE("a group's health: readiness asks that all run and are well, liveness that none has failed") {
  std::string notes;
  noted a{"a", &notes};
  noted b{"b", &notes};
  mo::component_group group;
  REQUIRE(group.add("a", a));
  REQUIRE(group.add("b", b));
  mo::component_check ready("components", group);
  mo::component_check live("components", group, true);
  static_assert(mo::health_check<decltype(ready)>);
  CHECK(ready.examine().message == "component \"a\" is created; component \"b\" is created");
  CHECK(live.examine().status == health_status::healthy);
  REQUIRE(group.start());
  CHECK(ready.examine().status == health_status::healthy);
  b.own = {health_status::degraded, "queue is long"};
  CHECK(ready.examine().status == health_status::degraded);
  CHECK(ready.examine().message == "component \"b\": queue is long");
  CHECK(live.examine().status == health_status::healthy);
  b.own = {health_status::unhealthy, "stuck"};
  CHECK(live.examine().status == health_status::unhealthy);
}

TEST_CASE("a log, a queue of events, a StatsD writer and a batcher live as components, and as a group in a group") {
  const support::temp_dir folder;
  const std::string path = folder / "notes.log";
  // Made by their start, since opening may fail.
  std::optional<mr::store::line_log> log;
  mo::function_component log_component(
      [&]() -> mr::result<void> {
        auto opened = mr::store::line_log::open(path);
        if (!opened) return std::move(opened).error();
        log.emplace(*std::move(opened));
        return {};
      },
      [&](mr::duration) { return log->flush(); }, [&] { return log.has_value() ? log->close() : mr::result<void>(); });

  mo::metrics_registry registry;
  const auto rows = registry.counter({"rows_total", "Rows."});
  REQUIRE(rows);
  mo::statsd_writer statsd;
  std::string sent;
  const auto flush = [&]() -> mr::result<void> {
    const auto report = statsd.flush(registry.snapshot(), [&](std::string_view datagram) -> mr::result<void> {
      sent += datagram;
      return {};
    });
    return report ? mr::result<void>() : mr::result<void>(report.error());
  };
  mo::function_component statsd_component([] { return mr::result<void>(); }, [&](mr::duration) { return flush(); },
                                          [] { return mr::result<void>(); });

  struct row {
    int number;
  };
  mo::event_emitter<row> events({.history = 0});
  mo::event_queue queue(events);
  static_assert(mo::component<decltype(queue)>);
  const auto writes = events.subscribe<row>("log", [&](const row& e) { log->append(std::to_string(e.number)); });

  support::adder model;
  mr::infer::batcher serve{model};
  mo::function_component serving([] { return mr::result<void>(); },
                                 [&](mr::duration) {
                                   serve.close();  // refuses, and runs what waits
                                   return mr::result<void>();
                                 },
                                 [] { return mr::result<void>(); });

  mo::component_group outputs;
  REQUIRE(outputs.add("log", log_component));
  REQUIRE(outputs.add("statsd", statsd_component));
  static_assert(mo::component<decltype(outputs)>);
  mo::component_group service;
  REQUIRE(service.add("events", queue, {"outputs"}));
  REQUIRE(service.add("serving", serving, {"events"}));
  REQUIRE(service.add("outputs", outputs));
  REQUIRE(service.start());
  CHECK(outputs.is_running());
  const std::array<float, 2> input{1, 2};
  std::array<double, 1> output{};
  CHECK(serve(input, output).status == mr::infer::serving_status::ok);
  rows->add(3);
  for (int i = 0; i < 3; ++i) queue.emit(row{i});
  REQUIRE(service.stop(30s));
  CHECK(sent == "rows:3|c");
  CHECK(mr::store::read_file(path).value() == "0\n1\n2\n");
  CHECK(serve(input, output).status == mr::infer::serving_status::closed);
  CHECK(outputs.state("log").value() == component_state::stopped);
}
