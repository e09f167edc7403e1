#include <millrace/observe/events/event_emitter.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;

namespace {

struct registered {
  std::string model;
  int version = 0;
};
struct started {
  int run = 0;
};

using emitter = mo::event_emitter<registered, started>;

std::uint64_t noon() noexcept { return 1'700'000'000'000'000'000U; }

const mo::event_emitter_options no_history{.history = 0};

}  // namespace

TEST_CASE("subscribers get the events of their type, in the order in which they subscribed, until their handle goes") {
  emitter events(no_history);
  std::string heard;
  auto first = events.subscribe<registered>("first", [&](const registered& e) { heard += "a" + e.model; });
  {
    const auto second =
        events.subscribe<registered>("second", [&](const registered& e) noexcept { heard += "b" + e.model; });
    events.emit(registered{"x", 1});
    events.emit(started{7});
    CHECK(heard == "axbx");
    CHECK(second.name() == "second");
    CHECK(events.statistics<registered>().subscribers == 2);
  }
  events.emit(registered{"y", 1});
  CHECK(heard == "axbxay");
  mo::subscription moved = std::move(first);
  CHECK(!first);
  CHECK(moved);
  events.emit(registered{"z", 1});
  moved.unsubscribe();
  moved.unsubscribe();
  CHECK(!moved);
  events.emit(registered{"w", 1});
  CHECK(heard == "axbxayaz");
  const auto told = events.statistics();
  CHECK(told.emitted == 3);
  CHECK(told.calls == 4);
  CHECK(told.subscribers == 0);
  CHECK(told.history == 0);
}

TEST_CASE("a subscription assigned to ends the one that was there") {
  emitter events(no_history);
  int first = 0;
  int second = 0;
  auto kept = events.subscribe<started>("first", [&](const started&) { ++first; });
  kept = events.subscribe<started>("second", [&](const started&) { ++second; });
  events.emit(started{});
  CHECK(first == 0);
  CHECK(second == 1);
}

TEST_CASE("a subscriber that fails is counted and told of, and stops nobody") {
  emitter events(no_history);
  std::vector<std::string> told;
  int after = 0;
  const auto watch = events.subscribe<mo::subscriber_failed>("watch", [&](const mo::subscriber_failed& f) {
    told.push_back(std::string(f.event) + "/" + std::string(f.subscriber) + "/" +
                   std::string(mr::to_string(f.why->code())) + "/" + f.why->message());
    throw std::runtime_error("and so does the watch");
  });
  const auto throws =
      events.subscribe<registered>("mail", [](const registered&) { throw std::runtime_error("no server"); });
  const auto odd = events.subscribe<registered>("odd", [](const registered&) { throw 7; });
  const auto refuses = events.subscribe<registered>(
      "disk", [](const registered&) -> mr::result<void> { return mr::error(mr::errc::no_space, "the disk is full"); });
  const auto last = events.subscribe<registered>("last", [&](const registered&) { ++after; });
  events.emit(registered{"x", 1});
  CHECK(after == 1);
  REQUIRE(told.size() == 3);
  CHECK(told[0] == "registered/mail/event_threw/\"mail\" of registered threw: no server");
  CHECK(told[1] == "registered/odd/event_threw/\"odd\" of registered threw something that is no std::exception");
  CHECK(told[2] == "registered/disk/no_space/the disk is full");
  CHECK(throws.failures() == 1);
  CHECK(events.statistics<registered>().failures == 3);
  CHECK(events.statistics<registered>().calls == 4);
  CHECK(events.statistics<mo::subscriber_failed>().failures == 3);
  CHECK(watch.failures() == 3);
}

TEST_CASE("a subscriber for one event is called once, also if it emits that event itself") {
  emitter events(no_history);
  int calls = 0;
  int others = 0;
  const auto one = events.once<started>("one", [&](const started& e) {
    ++calls;
    if (e.run == 1) events.emit(started{2});
  });
  const auto all = events.subscribe<started>("all", [&](const started&) { ++others; });
  CHECK(one);
  events.emit(started{1});
  events.emit(started{1});
  CHECK(calls == 1);
  CHECK(others == 3);
  CHECK(!one);
  CHECK(events.statistics<started>().subscribers == 1);
  CHECK(events.statistics<started>().calls == 4);
}

TEST_CASE("from within a handler: who leaves gets no further event, who comes gets the next one") {
  emitter events(no_history);
  std::string heard;
  mo::subscription self;
  mo::subscription other;
  mo::subscription late;
  self = events.subscribe<started>("self", [&](const started&) {
    heard += "s";
    self.unsubscribe();
    other.unsubscribe();
    late = events.subscribe<started>("late", [&](const started&) { heard += "l"; });
  });
  other = events.subscribe<started>("other", [&](const started&) { heard += "o"; });
  const auto last = events.subscribe<started>("last", [&](const started&) { heard += "z"; });
  events.emit(started{});
  CHECK(heard == "sz");
  events.emit(started{});
  CHECK(heard == "szzl");
}

TEST_CASE("the function of who leaves from within its own call goes when the call has returned") {
  auto held = std::make_shared<int>(0);
  emitter events(no_history);
  auto self = std::make_unique<mo::subscription>();
  *self = events.subscribe<started>("self", [&, held](const started&) {
    self.reset();
    CHECK(held.use_count() == 2);  // it is in use
    ++*held;
  });
  CHECK(held.use_count() == 2);
  events.emit(started{});
  CHECK(*held == 1);
  CHECK(held.use_count() == 1);
}

TEST_CASE("what a handler emits is delivered at once, up to 16 deep") {
  emitter events(no_history);
  std::vector<int> order;
  const auto deep = events.subscribe<started>("deep", [&](const started& e) {
    order.push_back(e.run);
    if (e.run < 2) events.emit(started{e.run + 1});
    order.push_back(-e.run);
  });
  events.emit(started{1});
  CHECK(order == std::vector<int>{1, 2, -2, -1});
  order.clear();
  int calls = 0;
  const auto endless = events.subscribe<registered>("endless", [&](const registered& e) {
    ++calls;
    events.emit(e);
  });
  events.emit(registered{});
  CHECK(calls == 16);
  CHECK(events.statistics<registered>().refused == 1);
}

TEST_CASE("the history keeps the last events of each type and counts what it dropped") {
  emitter events({.history = 3, .wall_clock = noon});
  CHECK(events.history<started>().empty());
  for (int i = 0; i < 5; ++i) events.emit(started{i});
  events.emit(registered{"x", 1});
  const auto kept = events.history<started>();
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].event.run == 2);
  CHECK(kept[0].sequence == 2);
  CHECK(kept[2].event.run == 4);
  CHECK(kept[2].unix_nanoseconds == noon());
  const auto last = events.history<started>(1);
  REQUIRE(last.size() == 1);
  CHECK(last[0].event.run == 4);
  const auto told = events.statistics<started>();
  CHECK(told.emitted == 5);
  CHECK(told.calls == 0);
  CHECK(told.dropped == 2);
  CHECK(told.history == 3);
  CHECK(events.statistics().history == 4);
  CHECK(emitter{}.statistics().history == 0);
}

TEST_CASE("by default 10,000 events of a type are kept") {
  mo::event_emitter<started> events;
  for (int i = 0; i < 10'002; ++i) events.emit(started{i});
  CHECK(events.statistics<started>().history == 10'000);
  CHECK(events.statistics<started>().dropped == 2);
  CHECK(events.history<started>(1)[0].event.run == 10'001);
}

TEST_CASE("a subscription may outlive its emitter, and its function goes with it") {
  auto held = std::make_shared<int>(0);
  mo::subscription kept;
  {
    emitter events(no_history);
    kept = events.subscribe<started>("kept", [held](const started&) { ++*held; });
    events.emit(started{});
  }
  CHECK(*held == 1);
  kept.unsubscribe();
  CHECK(held.use_count() == 1);
}

TEST_CASE("once unsubscribed, no call of a function runs any more in any thread") {
  emitter events(no_history);
  std::atomic<bool> stops{false};
  std::vector<std::thread> emitters;
  for (int t = 0; t < 3; ++t)
    emitters.emplace_back([&] {
      while (!stops) events.emit(started{1});
    });
  for (int round = 0; round < 60; ++round) {
    auto state = std::make_unique<std::atomic<int>>(0);
    auto* const at = state.get();
    auto handle = events.subscribe<started>("state", [at](const started& e) {
      at->fetch_add(e.run);
      std::this_thread::yield();
      at->fetch_sub(e.run);
    });
    if (round % 3 == 0) std::this_thread::yield();
    handle.unsubscribe();
    const int inside = *at;
    state.reset();  // address sanitizer and thread sanitizer see a call that still runs
    REQUIRE(inside == 0);
  }
  stops = true;
  for (std::thread& one : emitters) one.join();
}

TEST_CASE("64 threads emit while others subscribe, leave and come once") {
  emitter events({.history = 100});
  std::atomic<std::uint64_t> steady{0};
  std::atomic<std::uint64_t> passing{0};
  std::atomic<int> ones{0};
  std::atomic<int> running{64};
  const auto kept = events.subscribe<started>("steady", [&](const started&) { ++steady; });
  const auto bad = events.subscribe<started>("bad", [&](const started&) { throw 1; });
  std::vector<std::thread> emitters;
  for (int t = 0; t < 64; ++t)
    emitters.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (i % 10 == 0) {
          // From within a handler, too, where nobody waits.
          const auto inner = events.once<registered>("inner", [&](const registered&) {
            auto shortly = events.subscribe<started>("shortly", [&](const started&) { ++passing; });
          });
          events.emit(registered{"m", t});
        }
        events.emit(started{i});
      }
      --running;
    });
  std::uint64_t rounds = 0;
  while (running > 0) {
    ++rounds;
    const auto one = events.once<started>("one", [&](const started&) { ++ones; });
    const auto some = events.subscribe<started>("some", [&](const started&) { ++passing; });
    events.emit(started{-1});
    CHECK(!one);
  }
  for (std::thread& one : emitters) one.join();
  CHECK(steady == 64 * 50 + rounds);
  CHECK(static_cast<std::uint64_t>(ones) == rounds);
  const auto told = events.statistics<started>();
  CHECK(told.emitted == 64 * 50 + rounds);
  CHECK(told.calls == 2 * told.emitted + static_cast<std::uint64_t>(ones) + passing);
  CHECK(told.failures == told.emitted);
  CHECK(told.subscribers == 2);
  CHECK(told.history == 100);
  CHECK(told.dropped == told.emitted - 100);
}
