#include <millrace/observe/events/event_queue.hpp>

#include <millrace/observe/events/event_emitter.hpp>
#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
using namespace std::chrono_literals;

namespace {

struct saved {
  std::string path;
};
struct noted {
  int number = 0;
};
using emitter = mo::event_emitter<saved, noted>;

}  // namespace

TEST_CASE("events wait in order, of whatever type, until they are delivered") {
  emitter events({.history = 0});
  std::string heard;
  const auto paths = events.subscribe<saved>("paths", [&](const saved& e) { heard += e.path; });
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted& e) { heard += std::to_string(e.number); });
  mo::event_queue later(events, 3);
  CHECK(later.emit(saved{"a long path that is not in the string itself "}));
  CHECK(later.emit(noted{1}));
  CHECK(later.emit(saved{"b"}));
  CHECK(!later.emit(noted{2}));
  CHECK(heard.empty());
  CHECK(later.statistics().waiting == 3);
  CHECK(later.deliver(2) == 2);
  CHECK(heard == "a long path that is not in the string itself 1");
  CHECK(later.emit(noted{3}));  // around the ring's end
  CHECK(later.deliver() == 2);
  CHECK(heard == "a long path that is not in the string itself 1b3");
  CHECK(later.deliver() == 0);
  const auto told = later.statistics();
  CHECK(told.delivered == 4);
  CHECK(told.refused == 1);
  CHECK(told.failures == 0);
}

TEST_CASE("an event that a handler emits to the queue comes after those that wait") {
  emitter events({.history = 0});
  std::vector<int> heard;
  mo::event_queue later(events);
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted& e) {
    heard.push_back(e.number);
    if (e.number == 1) later.emit(noted{10});
  });
  later.emit(noted{1});
  later.emit(noted{2});
  CHECK(later.deliver() == 3);
  CHECK(heard == std::vector<int>{1, 2, 10});
}

TEST_CASE("a queue's own thread delivers, drains and stops") {
  emitter events({.history = 0});
  std::vector<int> heard;  // by the one thread
  std::atomic<bool> holds{true};
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted& e) {
    while (holds) std::this_thread::yield();
    heard.push_back(e.number);
  });
  mo::event_queue later(events, 16);
  REQUIRE(later.start());
  const auto again = later.start();
  REQUIRE(!again);
  CHECK(again.error().code() == mr::errc::already_exists);
  for (int i = 0; i < 5; ++i) CHECK(later.emit(noted{i}));
  const auto late = later.drain(1ms);
  REQUIRE(!late);
  CHECK(late.error().code() == mr::errc::timeout);
  CHECK(late.error().message() == "5 events still wait in a queue");
  while (later.statistics().waiting > 4) std::this_thread::yield();
  holds = false;
  REQUIRE(later.drain(30s));
  CHECK(heard == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(later.emit(noted{5}));
  REQUIRE(later.stop());
  CHECK(heard.back() == 5);
  CHECK(!later.emit(noted{6}));
  REQUIRE(later.start());  // again
  CHECK(later.emit(noted{7}));
  REQUIRE(later.stop());
  CHECK(heard.back() == 7);
  CHECK(later.statistics().refused == 1);
}

TEST_CASE("what is being delivered is not yet drained") {
  emitter events({.history = 0});
  std::atomic<bool> holds{true};
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted&) {
    while (holds) std::this_thread::yield();
  });
  mo::event_queue later(events);
  REQUIRE(later.start());
  CHECK(later.emit(noted{}));
  while (later.statistics().waiting != 0) std::this_thread::yield();
  const auto late = later.drain(1ms);
  holds = false;
  REQUIRE(!late);
  CHECK(late.error().message() == "1 events still wait in a queue");
  CHECK(later.drain(30s));
}

TEST_CASE("without a thread, drain and the destructor deliver on the caller's") {
  emitter events({.history = 0});
  int heard = 0;
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted&) { ++heard; });
  {
    mo::event_queue later(events);
    later.emit(noted{});
    REQUIRE(later.drain(1s));
    CHECK(heard == 1);
    later.emit(noted{});
  }
  CHECK(heard == 2);
}

TEST_CASE("no event is lost or comes twice between threads that emit and one that delivers") {
  emitter events({.history = 0});
  std::atomic<int> sum{0};
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted& e) { sum += e.number; });
  std::atomic<int> accepted{0};
  mo::event_queue later(events, 8);
  REQUIRE(later.start());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 1; i <= 200; ++i)
        if (later.emit(noted{i})) accepted += i;
    });
  for (std::thread& one : threads) one.join();
  REQUIRE(later.stop());
  CHECK(sum == accepted);
  const auto told = later.statistics();
  CHECK(told.delivered + told.refused == 1600);
}

TEST_CASE("a forked copy of a queue refuses events, and its end waits for no thread") {
  emitter events({.history = 0});
  int heard = 0;
  const auto numbers = events.subscribe<noted>("numbers", [&](const noted&) { ++heard; });
  auto* const later = new mo::event_queue(events);
  REQUIRE(later->start());
  std::this_thread::sleep_for(1ms);  // so that its thread waits
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(10);
    const bool is_refused = !later->emit(noted{1}) && !later->start() && !later->drain(1s) && !later->stop();
    delete later;
    ::_exit(is_refused && heard == 0 ? 0 : 1);
  }
  int status = 1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(later->emit(noted{1}));
  delete later;
  CHECK(heard == 1);
}

TEST_CASE("a queue is drained while another thread starts and stops it, and a patience below 0 is none") {
  emitter events({.history = 0});
  mo::event_queue later(events);
  std::atomic<int> drained{0};
  std::thread drains([&] {
    for (int i = 0; i < 100; ++i) drained += later.drain(10s) ? 1 : 0;
  });
  for (int i = 0; i < 20; ++i) {
    REQUIRE(later.start());
    later.emit(noted{i});
    REQUIRE(later.stop());
  }
  drains.join();
  CHECK(drained == 100);
  std::atomic<bool> goes_on{true};
  const auto slow = events.subscribe<noted>("slow", [&](const noted&) {
    while (goes_on) std::this_thread::yield();
  });
  REQUIRE(later.start());
  later.emit(noted{1});
  CHECK(later.drain(mr::duration(std::numeric_limits<std::int64_t>::min())).error().code() == mr::errc::timeout);
  goes_on = false;
}
