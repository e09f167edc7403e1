#include <millrace/resilience/caches/eviction.hpp>

#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

namespace mz = millrace::resilience;
namespace md = millrace::resilience::detail;

namespace {

static_assert(mz::eviction_policy<mz::lru> && mz::eviction_policy<mz::s3_fifo> &&
              mz::eviction_policy<mz::adaptive_eviction>);

struct entries {
  std::vector<md::bare_entry> all;
  explicit entries(std::size_t count) : all(count) {
    for (std::size_t i = 0; i < count; ++i) all[i].hash = 0x9e3779b97f4a7c15U * (i + 1);
  }
  md::bare_entry& operator[](md::entry_id id) noexcept { return all[id]; }
};

/// A cache of so many entries, which are numbers.
template <class Policy>
struct tiny_cache {
  entries slab;
  typename Policy::template order<entries> order;
  std::size_t room;
  std::vector<bool> held;
  std::size_t count = 0;

  tiny_cache(std::size_t numbers, std::size_t its_room)
      : slab(numbers), order(slab, its_room), room(its_room), held(numbers) {
    order.reserve(its_room);
  }
  /// Returns whether it was there.
  bool ask(md::entry_id id) {
    if (held[id]) {
      order.used(id, slab[id], slab[id].hash);
      return true;
    }
    const auto place = order.place_of_new(slab[id].hash, 1);
    if (count == room) {
      const md::entry_id victim = order.victim();
      order.evicted(victim);
      order.remove(victim);
      slab[victim].is_linked = held[victim] = false;
      --count;
    }
    order.insert(id, place);
    slab[id].is_linked = held[id] = true;
    ++count;
    return false;
  }
};

}  // namespace

TEST_CASE("lru: what was not used for longest leaves") {
  tiny_cache<mz::lru> cache(10, 3);
  for (const md::entry_id id : {0U, 1U, 2U}) CHECK_FALSE(cache.ask(id));
  CHECK(cache.ask(0));
  CHECK_FALSE(cache.ask(3));
  CHECK_FALSE(cache.held[1]);
  CHECK(cache.held[0]);
}

TEST_CASE("s3_fifo: a pass over keys that come once leaves what is used") {
  tiny_cache<mz::s3_fifo> cache(10'000, 100);
  for (int round = 0; round < 3; ++round)
    for (md::entry_id id = 0; id < 80; ++id) cache.ask(id);
  for (md::entry_id id = 100; id < 9'000; ++id) CHECK_FALSE(cache.ask(id));
  for (md::entry_id id = 0; id < 80; ++id) CHECK(cache.held[id]);
}

TEST_CASE("s3_fifo: a key that comes back soon after it left stands among the used ones") {
  tiny_cache<mz::s3_fifo> cache(10'000, 100);
  for (md::entry_id id = 0; id < 150; ++id) cache.ask(id);
  CHECK_FALSE(cache.held[40]);
  cache.ask(40);
  for (md::entry_id id = 1'000; id < 1'200; ++id) cache.ask(id);
  CHECK(cache.held[40]);
  // ... and one that comes back late does not.
  cache.ask(1);
  for (md::entry_id id = 2'000; id < 2'200; ++id) cache.ask(id);
  CHECK_FALSE(cache.held[1]);
}

TEST_CASE("policy_shadow: holds what a cache of its policy holds, by hashes alone") {
  const auto agree = [](auto cache, auto& shadow, std::uint64_t seed) {
    shadow.reserve();
    millrace::random_engine random(seed);
    for (int step = 0; step < 30'000; ++step) {
      // Half of them among few, so that there are hits, and many in one bucket.
      const auto id = static_cast<md::entry_id>(random.below(random.below(2) == 0 ? 60 : 1'000));
      REQUIRE(shadow.ask(cache.slab[id].hash, 1, 100) == cache.ask(id));
      REQUIRE(shadow.size() == cache.count);
    }
    CHECK(shadow.is_full());
  };
  md::policy_shadow<mz::lru> lru(100, 100);
  agree(tiny_cache<mz::lru>(1'000, 100), lru, 1);
  md::policy_shadow<mz::s3_fifo> s3_fifo(100, 100);
  agree(tiny_cache<mz::s3_fifo>(1'000, 100), s3_fifo, 2);
}

TEST_CASE("policy_shadow: weights fill its room, and a thinner sample keeps its own keys in their order") {
  entries keys(400);
  md::policy_shadow<mz::lru> shadow(100, 64);
  shadow.reserve();
  CHECK_FALSE(shadow.ask(keys[0].hash, 60, 100));
  CHECK_FALSE(shadow.ask(keys[1].hash, 40, 100));
  CHECK(shadow.ask(keys[0].hash, 60, 100));
  CHECK_FALSE(shadow.ask(keys[2].hash, 1, 100));  // 1 leaves: 0 was used later
  CHECK(shadow.ask(keys[0].hash, 60, 100));
  CHECK_FALSE(shadow.ask(keys[3].hash, 1'000, 100));  // as heavy as the room at most
  CHECK(shadow.size() == 1);

  for (md::entry_id id = 100; id < 160; ++id) shadow.ask(keys[id].hash, 1, 100);
  std::vector<md::entry_id> kept;
  for (md::entry_id id = 100; id < 160; ++id)
    if ((keys[id].hash & 1U) == 0) kept.push_back(id);
  REQUIRE(kept.size() > 20);
  shadow.thin_out(1, 20);
  CHECK(shadow.size() == 20);
  for (std::size_t i = kept.size() - 20; i < kept.size(); ++i) CHECK(shadow.ask(keys[kept[i]].hash, 1, 20));
  for (std::size_t i = 0; i + 20 < kept.size(); ++i) CHECK_FALSE(shadow.ask(keys[kept[i]].hash, 1, 20));
}

TEST_CASE("adaptive_eviction: entries leave in LRU's order while S3-FIFO is no better") {
  millrace::random_engine random(1);
  SECTION("one after the other") {
    tiny_cache<mz::lru> lru(20'000, 400);
    tiny_cache<mz::adaptive_eviction> ours(20'000, 400);
    md::entry_id next = 0;
    while (next < 20'000) {
      const auto back = static_cast<md::entry_id>(random.below(350));
      const md::entry_id asked = random.uniform() < 0.6 && back < next ? next - 1 - back : next++;
      const bool was_there = lru.ask(asked);
      REQUIRE(ours.ask(asked) == was_there);
    }
    CHECK(ours.held == lru.held);
  }
  SECTION("with many hits between two misses") {
    tiny_cache<mz::lru> lru(5'000, 1'000);
    tiny_cache<mz::adaptive_eviction> ours(5'000, 1'000);
    const auto ask = [&](md::entry_id id) {
      const bool was_there = lru.ask(id);
      CHECK(ours.ask(id) == was_there);
    };
    for (md::entry_id id = 0; id < 1'000; ++id) ask(id);
    for (md::entry_id id = 0; id < 600; ++id) ask(id * 7 % 1'000);
    for (md::entry_id id = 1'000; id < 1'700; ++id) ask(id);
    CHECK(ours.held == lru.held);
  }
}

TEST_CASE("adaptive_eviction: a loop and passes are S3-FIFO's, and recency is LRU's again") {
  tiny_cache<mz::adaptive_eviction> cache(200'000, 400);
  for (md::entry_id i = 0; i < 30'000; ++i) cache.ask(i % 600);
  int hits = 0;
  for (md::entry_id i = 0; i < 5'000; ++i) hits += cache.ask(i % 600);
  CHECK(hits > 2'000);
  millrace::random_engine random(2);
  for (md::entry_id next = 1'000; next < 40'000; ++next) {
    cache.ask(next);
    cache.ask(next - 1 - static_cast<md::entry_id>(random.below(350)));
  }
  hits = 0;
  for (md::entry_id next = 40'000; next < 42'000; ++next) {
    cache.ask(next);
    hits += cache.ask(next - 1 - static_cast<md::entry_id>(random.below(250)));
  }
  CHECK(hits > 1'950);
}

TEST_CASE("adaptive_eviction: recency is served too") {
  // Each key is used again after thirty others, which a tenth of the room does not see.
  const auto late_hits = [](auto&& cache) {
    int hits = 0;
    for (md::entry_id id = 30; id < 8'000; ++id) {
      cache.ask(id);
      if (cache.ask(id - 30) && id > 4'000) ++hits;
    }
    return hits;
  };
  CHECK(late_hits(tiny_cache<mz::adaptive_eviction>(10'000, 100)) > 3'900);
}
