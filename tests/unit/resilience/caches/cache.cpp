#include <millrace/resilience/caches/cache.hpp>

#include <support/allocation_counter.hpp>
#include <support/cache_traces.hpp>
#include <support/catch.hpp>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace mz = millrace::resilience;
using namespace std::chrono_literals;
using mz::removal_cause;

namespace {

template <class Key>
Key key_of(std::uint64_t number) {
  if constexpr (std::is_same_v<Key, std::string>)
    return "key " + std::to_string(number);
  else
    return static_cast<Key>(number);
}

/// What a cache should hold, told by its listener what it gave up; checks that it was right to.
template <class Key>
struct reference {
  struct entry {
    std::uint64_t value = 0;
    std::size_t weight = 1;
    std::uint64_t ends = ~0ULL;
    std::uint64_t idle = 0;
    std::uint64_t used = 0;
    typename std::list<Key>::iterator place{};
  };
  std::map<Key, entry> all;
  std::list<Key> order;  // by use, the newest in front
  std::uint64_t now = 1'000;
  std::uint64_t removed[mz::removal_causes] = {};
  bool is_lru = false;
  int wrong = 0;

  bool is_over(const entry& one) const {
    return now >= one.ends || (one.idle != 0 && now > one.used && now - one.used >= one.idle);
  }
  void use(entry& one) {
    if (now > one.used) one.used = now;
    order.splice(order.begin(), order, one.place);
  }
  void remove(const Key& key) {
    const auto at = all.find(key);
    order.erase(at->second.place);
    all.erase(at);
  }
  void left(const Key& key, std::uint64_t value, removal_cause why) {
    ++removed[static_cast<std::size_t>(why)];
    if (why == removal_cause::replaced || why == removal_cause::invalidated) return;  // the test asked for it
    const auto at = all.find(key);
    if (at == all.end() || at->second.value != value) {
      ++wrong;
      return;
    }
    if (is_over(at->second) != (why == removal_cause::expired)) ++wrong;
    if (is_lru && why == removal_cause::evicted && order.back() != key) ++wrong;
    remove(key);
  }
};

template <class Key, class Value>
struct tells {
  reference<Key>* told = nullptr;
  void operator()(const Key& key, const Value& value, removal_cause why) const noexcept {
    if constexpr (std::is_same_v<Value, std::string>)
      told->left(key, std::stoull(value), why);
    else
      told->left(key, value, why);
  }
};
template <class Value>
struct weighs_modulo {
  std::size_t operator()(const auto&, const Value& value) const {
    if constexpr (std::is_same_v<Value, std::string>)
      return 1 + value.size() % 7;
    else
      return 1 + value % 7;
  }
};
struct weighs_one {
  std::size_t operator()(const auto&, const auto&) const { return 1; }
};

/// Random calls of one cache, which agrees with the reference after each.
template <class Key, class Value, class Eviction, class Weigher>
void agrees_with_the_reference(std::uint64_t seed, int steps, const mz::cache_options& options) {
  reference<Key> model;
  model.is_lru = std::is_same_v<Eviction, mz::lru>;
  const Weigher weigher;
  mz::cache<Key, Value, Eviction, mr::manual_clock, Weigher, tells<Key, Value>> cache(
      options, mr::manual_clock(model.now), weigher, tells<Key, Value>{&model});
  mr::random_engine random(seed);
  const support::zipf_numbers popular(200, 0.7);
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t refused = 0;
  std::uint64_t next = 0;
  const auto value_of = [](std::uint64_t number) {
    if constexpr (std::is_same_v<Value, std::string>)
      return std::to_string(number);
    else
      return number;
  };
  const auto write = [&](const Key& key, std::uint64_t number, const mz::entry_lifetime& own) {
    typename reference<Key>::entry made;
    made.value = number;
    made.weight = weigher(key, value_of(number));
    const auto ttl = own.ttl.nanoseconds != 0 ? own.ttl : options.ttl;
    const auto idle = own.idle.nanoseconds != 0 ? own.idle : options.idle;
    if (ttl < mz::never) made.ends = model.now + static_cast<std::uint64_t>(ttl.nanoseconds);
    if (idle < mz::never) made.idle = static_cast<std::uint64_t>(idle.nanoseconds);
    made.used = model.now;
    if (model.all.contains(key)) model.remove(key);
    if (made.weight > options.max_weight) {
      ++refused;
      return;
    }
    model.order.push_front(key);
    made.place = model.order.begin();
    model.all.emplace(key, made);
  };
  for (int step = 0; step < steps; ++step) {
    const Key key = key_of<Key>(popular(random));
    const auto found = model.all.find(key);
    const bool is_there = found != model.all.end() && !model.is_over(found->second);
    const std::uint64_t expected = is_there ? found->second.value : 0;
    switch (random.below(12)) {
      default: {
        if (is_there) model.use(found->second);
        const auto got = cache.get(key);
        ++(is_there ? hits : misses);
        REQUIRE(got.has_value() == is_there);
        if (is_there) REQUIRE(*got == value_of(expected));
        break;
      }
      case 6: {
        if (is_there) model.use(found->second);
        const auto got = cache.find(key);
        ++(is_there ? hits : misses);
        REQUIRE(static_cast<bool>(got) == is_there);
        if (is_there) REQUIRE(*got == value_of(expected));
        break;
      }
      case 7: {
        if (is_there) model.use(found->second);
        ++(is_there ? hits : misses);
        ++next;
        const auto got = cache.get_or_load(key, [&] {
          // A miss: what was over is gone, and the evictions for this one come after it.
          write(key, next, {});
          return value_of(next);
        });
        REQUIRE(got);
        REQUIRE(*got == value_of(is_there ? expected : next));
        break;
      }
      case 8:
      case 9: {
        mz::entry_lifetime own;
        if (random.below(4) == 0) own.ttl = mr::duration(std::int64_t(1 + random.below(40)));
        if (random.below(4) == 0) own.idle = mr::duration(std::int64_t(1 + random.below(20)));
        write(key, ++next, own);
        ++inserted;
        const bool is_kept = cache.insert(key, value_of(next), own);
        REQUIRE(is_kept == (weigher(key, value_of(next)) <= options.max_weight));
        break;
      }
      case 10:
        if (random.below(4) != 0) {
          // It may have expired, and nobody looked since.
          const bool stands = found != model.all.end();
          if (stands) model.remove(key);
          REQUIRE(cache.invalidate(key) == stands);
        } else if (random.below(200) == 0) {
          cache.invalidate_all();
          model.all.clear();
          model.order.clear();
        } else {
          const std::uint64_t before = model.removed[1];
          const std::size_t ended = cache.remove_expired();
          REQUIRE(ended == model.removed[1] - before);
          for (const auto& each : model.all) REQUIRE_FALSE(model.is_over(each.second));
        }
        break;
      case 11:
        // Now and then the clock goes back.
        model.now = random.below(20) != 0 ? model.now + random.below(5) : model.now - random.below(3);
    }
    REQUIRE(model.wrong == 0);
    if (step % 16 != 0) continue;
    REQUIRE(cache.size() == model.all.size());
    std::size_t weight = 0;
    for (const auto& each : model.all) weight += each.second.weight;
    REQUIRE(cache.weight() == weight);
    REQUIRE(weight <= options.max_weight);
  }
  const auto counted = cache.statistics();
  CHECK(counted.hits == hits);
  CHECK(counted.misses == misses);
  CHECK(counted.inserts == inserted);
  CHECK(counted.refused == refused);
  for (std::size_t i = 0; i < mz::removal_causes; ++i) CHECK(counted.removals[i] == model.removed[i]);
  CHECK((options.max_weight < 30 || counted.evicted() > 0));
}

constexpr mz::cache_options plain(std::size_t max_weight) {
  mz::cache_options made;
  made.max_weight = max_weight;
  made.shards = 1;
  made.seed = 7;
  return made;
}
mz::cache_options timed(std::size_t max_weight) {
  mz::cache_options made = plain(max_weight);
  made.ttl = mr::duration(60);
  made.idle = mr::duration(25);
  return made;
}

template <class Policy>
double hit_rate(const std::vector<std::uint64_t>& keys, std::size_t room) {
  mz::cache<std::uint64_t, std::uint64_t, Policy> cache({.max_weight = room, .seed = 42});
  for (const std::uint64_t key : keys)
    if (const auto found = cache.get(key); !found) cache.insert(key, key);
  return cache.statistics().hit_rate();
}

void run_threads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back(work, t);
  for (auto& thread : threads) thread.join();
}

}  // namespace

namespace {

// [cache]
struct profile {
  std::string name;
  int orders = 0;
};

mr::result<int> orders_of(mz::cache<std::string, profile>& profiles, std::string_view id) {
  const auto found = profiles.find_or_load(id, [&]() -> mr::result<profile> {
    if (id.empty()) return mr::error(mr::errc::not_found, "there is no customer without an id");
    return profile{"customer " + std::string(id), 3};  // from where it is dear to get
  });
  if (!found) return found.error();
  return (*found)->orders;  // the profile where it is, not a copy
}

int orders_of_two() {
  mz::cache<std::string, profile> profiles({.max_weight = 100'000, .ttl = 5min, .idle = 30s});
  int orders = 0;
  for (const char* id : {"17", "18", "17", ""}) orders += orders_of(profiles, id).value_or(0);
  profiles.insert("18", {"customer 18", 4}, {.ttl = 1min});
  profiles.invalidate_prefix("1");
  return orders;
}
// [/cache]

}  // namespace

TEST_CASE("cache: as the guide shows it") { CHECK(orders_of_two() == 9); }

TEST_CASE("cache: a million random calls agree with a reference, for every policy, path and bound") {
  using number = std::uint64_t;
  SECTION("numbers, s3_fifo") {
    agrees_with_the_reference<number, number, mz::s3_fifo, weighs_one>(1, 150'000, plain(50));
    agrees_with_the_reference<number, number, mz::s3_fifo, weighs_one>(2, 200'000, timed(50));
    agrees_with_the_reference<number, number, mz::s3_fifo, weighs_modulo<number>>(3, 150'000, timed(100));
  }
  SECTION("numbers, adaptive_eviction") {
    agrees_with_the_reference<number, number, mz::adaptive_eviction, weighs_one>(21, 150'000, plain(50));
    agrees_with_the_reference<number, number, mz::adaptive_eviction, weighs_modulo<number>>(22, 150'000, timed(100));
  }
  SECTION("numbers, lru") {
    agrees_with_the_reference<number, number, mz::lru, weighs_one>(4, 150'000, plain(50));
    agrees_with_the_reference<number, number, mz::lru, weighs_modulo<number>>(5, 150'000, timed(100));
  }
  SECTION("texts") {
    agrees_with_the_reference<std::string, std::string, mz::adaptive_eviction, weighs_modulo<std::string>>(6, 100'000,
                                                                                                           timed(100));
    agrees_with_the_reference<std::string, std::string, mz::lru, weighs_one>(7, 100'000, timed(30));
  }
  SECTION("room for one, and for none") {
    for (const std::size_t room : {0U, 1U, 2U, 3U}) {
      agrees_with_the_reference<number, number, mz::adaptive_eviction, weighs_modulo<number>>(8 + room, 10'000,
                                                                                              timed(room));
      agrees_with_the_reference<number, std::string, mz::lru, weighs_modulo<std::string>>(12 + room, 10'000,
                                                                                          timed(room));
    }
  }
}

TEST_CASE("cache: hit rates are LRU's at least on popular keys, passes, loops, recency and all of these by turns") {
  for (const support::cache_trace& trace : support::cache_traces(60'000)) {
    for (const std::size_t room : {100U, 1'000U, 2'000U}) {
      INFO(trace.name << ", room for " << room);
      const double lru = hit_rate<mz::lru>(trace.keys, room);
      const double ours = hit_rate<mz::adaptive_eviction>(trace.keys, room);
      CHECK(ours >= lru);
      if (trace.name == "scan" && room < 2'000) CHECK(ours > lru + 0.02);
      if (trace.name == "loop" && room == 2'000) CHECK(ours > 0.1);
    }
  }
}

TEST_CASE("cache: a hit takes nothing from the heap, and neither does an insert once all entries were used") {
  mz::cache<std::uint64_t, std::uint64_t> numbers({.max_weight = 100});
  for (std::uint64_t i = 0; i < 1'000; ++i) numbers.insert(i % 150, i);
  numbers.insert(1, 2);
  CHECK(support::allocations_of([&] { (void)numbers.get(1); }) == 0);
  CHECK(support::allocations_of([&] {
          for (std::uint64_t i = 0; i < 1'000; ++i) numbers.insert(i % 150, i);
        }) == 0);
  mz::cache<std::string, std::string> texts({.max_weight = 100});
  texts.insert("a key that is too long to stand in a string", "a value that is too long to stand in a string");
  const std::string_view asked = "a key that is too long to stand in a string";
  CHECK(support::allocations_of([&] { (void)texts.find(asked)->size(); }) == 0);
}

TEST_CASE("cache: 64 threads that miss one key together run its loader once") {
  mz::cache<std::string, std::string> cache({.max_weight = 10});
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> runs{0};
    std::atomic<int> asking{0};
    std::atomic<int> right{0};
    run_threads(64, [&](int) {
      ++asking;
      const auto got = cache.get_or_load("key " + std::to_string(round), [&] {
        ++runs;
        while (asking < 64) std::this_thread::yield();
        for (int i = 0; i < 50; ++i) std::this_thread::yield();
        return std::string("value");
      });
      if (got && *got == "value") ++right;
    });
    CHECK(runs == 1);
    CHECK(right == 64);
  }
  CHECK(cache.statistics().loads == 5);
}

TEST_CASE("cache: a loader's error, and what it throws, goes to all who wait, and is not kept") {
  mz::cache<std::uint64_t, std::uint64_t> cache({.max_weight = 10});
  std::atomic<int> runs{0};
  for (const bool throws : {false, true}) {
    std::atomic<int> asking{0};
    std::atomic<int> failed{0};
    run_threads(16, [&](int) {
      ++asking;
      const auto got = cache.get_or_load(1, [&]() -> mr::result<std::uint64_t> {
        ++runs;
        while (asking < 16) std::this_thread::yield();
        for (int i = 0; i < 50; ++i) std::this_thread::yield();
        if (throws) throw std::runtime_error("no luck");
        return mr::error(mr::errc::io, "no luck");
      });
      const std::string expected = throws ? "a cache's loader threw: no luck" : "no luck";
      if (!got && got.error().message() == expected) ++failed;
    });
    CHECK(failed == 16);
  }
  const int before = runs;
  CHECK(before >= 2);
  CHECK(*cache.get_or_load(1, [] { return std::uint64_t{5}; }) == 5);
  CHECK(cache.statistics().load_failures == static_cast<std::uint64_t>(before));
}

TEST_CASE("cache: errors are kept for a while where that is asked for") {
  std::uint64_t now = 0;
  mz::cache<int, int, mr::manual_clock> cache({.max_weight = 10, .error_ttl = mr::duration(100)},
                                              mr::manual_clock(now));
  int runs = 0;
  const auto fails = [&]() -> mr::result<int> {
    ++runs;
    return mr::error(mr::errc::io, "no luck");
  };
  CHECK_FALSE(cache.get_or_load(1, fails));
  now = 99;
  CHECK(cache.get_or_load(1, fails).error().message() == "no luck");
  CHECK(runs == 1);
  now = 100;
  CHECK_FALSE(cache.get_or_load(1, fails));
  CHECK(runs == 2);
  cache.invalidate(1);
  CHECK(*cache.get_or_load(1, [] { return 5; }) == 5);
  for (int i = 100; i < 1'100; ++i) CHECK_FALSE(cache.get_or_load(i, fails));
  CHECK(runs == 1'002);
  CHECK_FALSE(cache.get_or_load(1'099, fails));
  CHECK(runs == 1'002);
  CHECK_FALSE(cache.get_or_load(100, fails));  // too many errors were kept since
  CHECK(runs == 1'003);
  cache.insert(1'099, 3);
  CHECK(*cache.get_or_load(1'099, fails) == 3);
}

TEST_CASE("cache: a loader may ask the cache for another key, and for its own it gets an error and no deadlock") {
  mz::cache<int, int> cache({.max_weight = 10});
  const auto nested = cache.get_or_load(1, [&] { return *cache.get_or_load(2, [] { return 20; }) + 1; });
  CHECK(*nested == 21);
  CHECK(cache.get(2) == 20);
  const auto own = cache.get_or_load(3, [&](int key) { return cache.get_or_load(key, [] { return 1; }); });
  REQUIRE_FALSE(own);
  CHECK(own.error().code() == mr::errc::unavailable);
  const auto deep = cache.get_or_load(
      4, [&] { return cache.get_or_load(5, [&] { return cache.get_or_load(4, [] { return 1; }); }); });
  CHECK_FALSE(deep);
}

TEST_CASE("cache: two loaders that wait for each other on two threads end with an error") {
  mz::cache<int, int> cache({.max_weight = 10});
  std::atomic<int> inside{0};
  std::atomic<int> failed{0};
  run_threads(2, [&](int t) {
    const auto got = cache.get_or_load(t, [&]() -> mr::result<int> {
      ++inside;
      while (inside < 2) std::this_thread::yield();
      return cache.get_or_load(1 - t, [] { return 7; });
    });
    if (!got) ++failed;
  });
  CHECK(failed == 2);  // one closes the circle, the other gets its error
  CHECK(*cache.get_or_load(0, [] { return 7; }) == 7);
}

TEST_CASE("cache: loaders of several caches that wait for each other end with an error") {
  mz::cache<int, int> numbers({.max_weight = 10});
  mz::cache<std::string, std::string> texts({.max_weight = 10});
  mz::cache<int, double> fractions({.max_weight = 10});
  const auto of_itself = numbers.get_or_load(1, [&]() -> mr::result<int> {
    const auto text = texts.get_or_load("1", [&]() -> mr::result<std::string> {
      const auto again = numbers.get_or_load(1, [] { return 1; });
      if (!again) return again.error();
      return std::to_string(*again);
    });
    if (!text) return text.error();
    return 1;
  });
  REQUIRE_FALSE(of_itself);
  CHECK(of_itself.error().code() == mr::errc::unavailable);

  // On three threads, each of which has one and wants the next.
  std::atomic<int> inside{0};
  std::atomic<int> failed{0};
  const auto all_are_inside = [&] {
    ++inside;
    while (inside < 3) std::this_thread::yield();
  };
  const auto passed_on = [](const auto& got) -> mr::result<int> {
    if (!got) return got.error();
    return 0;
  };
  run_threads(3, [&](int t) {
    mr::result<int> done = 0;
    if (t == 0)
      done = numbers.get_or_load(0, [&]() -> mr::result<int> {
        all_are_inside();
        return passed_on(texts.get_or_load("0", [] { return std::string(); }));
      });
    else if (t == 1)
      done = passed_on(texts.get_or_load("0", [&]() -> mr::result<std::string> {
        all_are_inside();
        const auto got = fractions.get_or_load(0, [] { return 0.0; });
        if (!got) return got.error();
        return std::string("0");
      }));
    else
      done = passed_on(fractions.get_or_load(0, [&]() -> mr::result<double> {
        all_are_inside();
        const auto got = numbers.get_or_load(0, [] { return 0; });
        if (!got) return got.error();
        return 0.0;
      }));
    if (!done) ++failed;
  });
  CHECK(failed == 3);
  CHECK(*numbers.get_or_load(0, [] { return 7; }) == 7);
}

TEST_CASE("cache: what a loader brings does not come in after its key was written or invalidated") {
  mz::cache<std::string, int> cache({.max_weight = 10});
  const auto stale = cache.get_or_load("a", [&] {
    cache.invalidate("a");
    return 1;
  });
  CHECK(*stale == 1);
  CHECK_FALSE(cache.get("a"));
  CHECK(*cache.get_or_load("a", [&] {
    cache.insert("a", 2);
    return 1;
  }) == 1);
  CHECK(cache.get("a") == 2);
  CHECK(*cache.get_or_load("b", [&] {
    cache.invalidate_prefix("b");
    return 1;
  }) == 1);
  CHECK_FALSE(cache.get("b"));
  CHECK(*cache.get_or_load("b", [&] {
    cache.invalidate_prefix("c");
    return 1;
  }) == 1);
  CHECK(cache.get("b") == 1);
  // Whoever comes after an invalidation does not wait for the loader from before.
  const auto outer = cache.get_or_load("d", [&] {
    cache.invalidate("d");
    return *cache.get_or_load("d", [] { return 2; }) - 1;
  });
  CHECK(*outer == 1);
  CHECK(cache.get("d") == 2);
}

TEST_CASE("cache: an entry that is due is loaded again by one caller, and an error leaves it") {
  std::uint64_t now = 0;
  mz::cache<int, int, mr::manual_clock> cache(
      {.max_weight = 10, .ttl = mr::duration(1'000), .refresh_after = mr::duration(100)}, mr::manual_clock(now));
  int value = 1;
  const auto load = [&]() -> mr::result<int> {
    if (value < 0) return mr::error(mr::errc::io, "down");
    return value;
  };
  CHECK(*cache.get_or_load(1, load) == 1);
  value = 2;
  now = 99;
  CHECK(*cache.get_or_load(1, load) == 1);
  now = 100;
  CHECK(*cache.get_or_load(1, [&] {
    CHECK(*cache.get_or_load(1, load) == 1);  // meanwhile
    return load();
  }) == 2);
  CHECK(cache.get(1) == 2);
  value = -1;
  now = 200;
  CHECK(*cache.get_or_load(1, load) == 2);
  CHECK(cache.statistics().load_failures == 1);
  now = 299;
  CHECK(*cache.get_or_load(1, load) == 2);
  CHECK(cache.statistics().load_failures == 1);
  now = 1'100;
  CHECK_FALSE(cache.get_or_load(1, load));  // the lifetime counts from the last good load
  CHECK(cache.statistics().refreshes == 2);
}

TEST_CASE("cache: lifetimes of entries, also of those that a loader says") {
  std::uint64_t now = 0;
  mz::cache<int, std::string, mr::manual_clock> cache({.max_weight = 10, .idle = mr::duration(50)},
                                                      mr::manual_clock(now));
  cache.insert(1, "short", {.ttl = mr::duration(10)});
  CHECK(*cache.get_or_load(2, [] { return mz::timed_value<std::string>{"mid", {.ttl = mr::duration(20)}}; }) == "mid");
  CHECK(*cache.get_or_load(3, []() -> mr::result<mz::timed_value<std::string>> {
    return mz::timed_value<std::string>{"never idle", {.idle = mz::never}};
  }) == "never idle");
  now = 9;
  CHECK(cache.get(1) == "short");
  now = 10;
  CHECK_FALSE(cache.get(1));  // reading prolongs what may be idle, not what has an end
  CHECK(cache.get(2) == "mid");
  now = 20;
  CHECK_FALSE(cache.get(2));
  cache.insert(4, "idle");
  for (int i = 0; i < 10; ++i) {
    now += 49;
    CHECK(cache.get(4) == "idle");
  }
  CHECK(cache.weight() == 2);
  now += 50;
  CHECK(cache.remove_expired() == 1);
  CHECK(cache.weight() == 1);
  CHECK(cache.get(3) == "never idle");
  now = 0;
  CHECK(cache.get(3) == "never idle");
}

TEST_CASE("cache: expired entries give their weight back to those that come") {
  std::uint64_t now = 0;
  mz::cache<int, int, mr::manual_clock, mz::lru> cache({.max_weight = 100, .ttl = mr::duration(10)},
                                                       mr::manual_clock(now));
  for (int i = 0; i < 100; ++i) cache.insert(i, i);
  now = 10;
  for (int i = 100; i < 160; ++i) cache.insert(i, i);
  CHECK(cache.statistics().evicted() == 0);
  CHECK(cache.statistics().expired() >= 100);
  CHECK(cache.size() == 60);
}

TEST_CASE("cache: inserting works after invalidate_all, and what is pinned outlives it") {
  mz::cache<std::string, std::string> cache({.max_weight = 1'000});
  for (int i = 0; i < 500; ++i) cache.insert("k" + std::to_string(i), std::to_string(i));
  const auto kept = cache.find("k7");
  cache.invalidate_all();
  CHECK(cache.size() == 0);
  CHECK(cache.weight() == 0);
  CHECK_FALSE(cache.get("k7"));
  CHECK(*kept == "7");
  for (int i = 0; i < 500; ++i) cache.insert("k" + std::to_string(i), "new");
  CHECK(cache.size() == 500);
  CHECK(*cache.find("k7") == "new");
  CHECK(*kept == "7");
  CHECK(cache.invalidate_prefix("k49") == 11);
  CHECK(cache.invalidate_prefix("k49") == 0);
  CHECK(cache.invalidate_if([](const std::string& key) { return key.size() == 2; }) == 10);
  CHECK(cache.size() == 479);
}

namespace {

/// Counts its objects, and asks the cache in every place where user code runs: a lock that was held would hang there.
struct inquisitive {
  static inline std::atomic<int> objects{0};
  static inline std::function<void()> ask;
  static inline std::atomic<bool> throws{false};
  int number = 0;

  explicit inquisitive(int n) : number(n) { begin(); }
  inquisitive(const inquisitive& other) : number(other.number) {
    if (throws) throw std::runtime_error("no copy");
    begin();
  }
  inquisitive(inquisitive&& other) : number(other.number) { begin(); }
  inquisitive& operator=(const inquisitive&) = default;
  ~inquisitive() {
    if (ask) ask();
    --objects;
  }

 private:
  static void begin() {
    if (ask) ask();
    ++objects;
  }
};

}  // namespace

TEST_CASE("cache: no lock is held while user code runs, and nothing is destroyed twice or never") {
  const auto ask = [] {
    if (inquisitive::ask) inquisitive::ask();
  };
  {
    auto cache = mz::make_cache<int, inquisitive>(
        {.max_weight = 8, .ttl = 1h, .shards = 1},
        [ask](int, const inquisitive&) {
          ask();
          return 1U;
        },
        [ask](int, const inquisitive&, removal_cause) noexcept { ask(); },
        [ask](int key) {
          if (key >= 0) ask();
          return key;
        });
    inquisitive::ask = [&cache] { (void)cache.find(-1); };
    for (int i = 0; i < 100; ++i) {
      cache.insert(i % 20, inquisitive(i));
      (void)cache.get(i % 20);
      (void)cache.get_or_load(i % 30, [&] {
        ask();
        return inquisitive(i);
      });
      if (i % 10 == 0) cache.invalidate(i % 20);
      if (i % 40 == 0) cache.invalidate_all();
    }
    // A copy that throws leaves the cache whole.
    const inquisitive one(5);
    cache.insert(1, one);
    inquisitive::throws = true;
    CHECK_THROWS_AS(cache.get(1), std::runtime_error);
    CHECK_THROWS_AS(cache.insert(1, one), std::runtime_error);
    CHECK(cache.find(1)->number == 5);
    CHECK(cache.get_or_load(100, [&] { return one; }).error().code() == mr::errc::event_threw);
    inquisitive::throws = false;
    CHECK(cache.get(1)->number == 5);
    inquisitive::ask = nullptr;
  }
  CHECK(inquisitive::objects == 0);
}

TEST_CASE("cache: what is heavier than the cache is refused, returned by its loader, and replaces what was there") {
  auto cache = mz::make_cache<std::string, std::string>(
      {.max_weight = 10}, [](std::string_view, const std::string& value) { return value.size(); });
  CHECK(cache.insert("a", "12345"));
  CHECK_FALSE(cache.insert("a", "12345678901"));
  CHECK_FALSE(cache.get("a"));
  CHECK(*cache.get_or_load("a", [] { return std::string("12345678901"); }) == "12345678901");
  CHECK(cache.size() == 0);
  CHECK(cache.statistics().refused == 2);
  CHECK(cache.insert("b", "1234567890"));
  CHECK(cache.insert("c", ""));  // weighs one
  CHECK(cache.weight() <= 10);
}

TEST_CASE("cache: shards are a power of two, and each has room") {
  const auto shards = [](std::size_t max_weight, std::size_t wanted) {
    return mz::cache<int, int>({.max_weight = max_weight, .shards = wanted}).options().shards;
  };
  CHECK(shards(10'000, 0) == 8);
  CHECK(shards(1'000, 0) == 1);
  CHECK(shards(1'000'000, 0) == 32);
  CHECK(shards(1'000'000, 100) == 64);
  CHECK(shards(3, 16) == 2);
  CHECK(shards(0, 16) == 1);
  CHECK(shards(1U << 30U, ~std::size_t{0}) == 1'024);
  auto heavy = mz::make_cache<int, int>({.max_weight = 1'000'000}, [](int, int) { return 1'000'000U; });
  CHECK(heavy.options().shards == 1);
  CHECK(heavy.insert(1, 1));
  // Entries that are large themselves take memory as they come.
  struct page {
    char bytes[100'000];
  };
  mz::cache<int, page> pages({.max_weight = 1'000});
  for (int i = 0; i < 20; ++i) pages.insert(i, page{{static_cast<char>(i)}});
  CHECK(pages.find(19)->bytes[0] == 19);
}

TEST_CASE("cache: values that can only be moved, and keys of one's own") {
  struct point {
    int x, y;
    bool operator==(const point&) const = default;
  };
  const auto hash = [](const point& p) { return p.x * 31 + p.y; };
  auto cache = mz::make_cache<point, std::unique_ptr<int>>({.max_weight = 10}, hash);
  cache.insert({1, 2}, std::make_unique<int>(3));
  CHECK(**cache.find({1, 2}) == 3);
  CHECK(**cache.find_or_load({2, 2}, [] { return std::make_unique<int>(4); })->operator->() == 4);
}

TEST_CASE("cache: readers, writers and those who invalidate on eight threads see no value of another key") {
  const auto mix = [](auto& cache, auto&& key_of_number, auto&& value_of_number, auto&& number_of) {
    std::atomic<int> wrong{0};
    run_threads(8, [&](int t) {
      mr::random_engine random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < 4'000; ++i) {
        const std::uint64_t number = random.below(60);
        const auto key = key_of_number(number);
        switch (random.below(6)) {
          case 0: cache.insert(key, value_of_number(number)); break;
          case 1: cache.invalidate(key); break;
          case 2:
            if (const auto got = cache.get_or_load(key, [&] { return value_of_number(number); });
                !got || number_of(*got) != number)
              ++wrong;
            break;
          case 3:
            if (const auto found = cache.find(key); found && number_of(*found) != number) ++wrong;
            break;
          default:
            if (const auto got = cache.get(key); got && number_of(*got) != number) ++wrong;
        }
        if (i % 1'000 == 999) cache.invalidate_all();
      }
    });
    CHECK(wrong == 0);
    const auto counted = cache.statistics();
    CHECK(counted.hits + counted.misses > 0);
    CHECK(cache.size() <= 40);
  };
  struct wide {
    std::uint64_t numbers[9];
  };
  const auto number = [](std::uint64_t n) { return n; };
  const auto text = [](std::uint64_t n) { return std::to_string(n); };
  mz::cache<std::uint64_t, wide> numbers({.max_weight = 40, .shards = 2});
  mix(
      numbers, number,
      [](std::uint64_t n) {
        wide made{};
        for (auto& each : made.numbers) each = n;
        return made;
      },
      [](const wide& w) {
        for (const auto each : w.numbers)
          if (each != w.numbers[0]) return std::uint64_t{1'000};
        return w.numbers[0];
      });
  mz::cache<std::string, std::string> texts({.max_weight = 40, .ttl = mr::duration(50'000), .shards = 2});
  mix(texts, text, text, [](const std::string& s) { return std::stoull(s); });
  mz::cache<std::uint64_t, std::string, mz::lru> recent({.max_weight = 40, .shards = 2});
  mix(recent, number, text, [](const std::string& s) { return std::stoull(s); });
}

TEST_CASE("cache: threads that live at one time count hits at slots of their own, and give them back at their end") {
  const std::uint32_t before = mr::detail::taken_slots().load_relaxed();
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> here{0};
    std::vector<std::uint32_t> slots(40);
    run_threads(40, [&](int t) {
      const std::uint32_t slot = mr::detail::thread_slot();
      ++here;
      while (here < 40) std::this_thread::yield();
      slots[static_cast<std::size_t>(t)] = mr::detail::thread_slot() == slot ? slot : 99;
    });
    std::uint32_t taken = before;
    std::size_t shared = 0;
    for (const std::uint32_t slot : slots) {
      if (slot == mr::detail::shared_slot) {
        ++shared;
        continue;
      }
      REQUIRE(slot < mr::detail::shared_slot);
      CHECK((taken >> slot & 1U) == 0);
      taken |= 1U << slot;
    }
    CHECK(taken == (1U << mr::detail::shared_slot) - 1);
    CHECK(shared == 40 - (mr::detail::shared_slot - static_cast<std::size_t>(std::popcount(before))));
    CHECK(mr::detail::taken_slots().load_relaxed() == before);
  }
}

TEST_CASE(
    "cache: each hit is counted once, by more threads than have a slot of their own, and by those that come later") {
  mz::cache<std::uint64_t, std::uint64_t> cache({.max_weight = 10});
  cache.insert(1, 2);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::thread> threads;
    std::atomic<int> here{0};
    for (int i = 0; i < 40; ++i)
      threads.emplace_back([&] {
        ++here;
        while (here < 40) std::this_thread::yield();
        for (int asked = 0; asked < 5'000; ++asked) (void)cache.get(1);
      });
    for (auto& each : threads) each.join();
  }
  CHECK(cache.statistics().hits == 2 * 40 * 5'000);
}

TEST_CASE("cache: a reader without the lock gets no value that is half of one and half of another") {
  struct wide {
    std::uint64_t numbers[32];
  };
  mz::cache<std::uint64_t, wide> cache({.max_weight = 1});
  std::atomic<bool> ends{false};
  std::atomic<int> torn{0};
  run_threads(3, [&](int t) {
    if (t == 0) {
      for (std::uint64_t i = 0; i < 400'000; ++i) {
        wide made{};
        for (auto& each : made.numbers) each = i;
        cache.insert(i % 2, made);  // one of two keys stays, so that its entry is used again at once
      }
      ends = true;
      return;
    }
    while (!ends) {
      const auto got = cache.get(0);
      if (!got) continue;
      for (const auto each : got->numbers)
        if (each != got->numbers[0] || each % 2 != 0) ++torn;
    }
  });
  CHECK(torn == 0);
}
