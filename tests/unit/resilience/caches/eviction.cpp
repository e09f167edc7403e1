#include <millrace/resilience/caches/eviction.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

namespace mz = millrace::resilience;
namespace md = millrace::resilience::detail;

namespace {

static_assert(mz::eviction_policy<mz::lru> && mz::eviction_policy<mz::s3_fifo>);

struct entries {
  std::vector<md::entry_head> all;
  explicit entries(std::size_t count) : all(count) {
    for (std::size_t i = 0; i < count; ++i) all[i].hash = 0x9e3779b97f4a7c15U * (i + 1);
  }
  md::entry_head& operator[](md::entry_id id) noexcept { return all[id]; }
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
      if constexpr (Policy::counts_uses) {
        const auto uses = slab[id].uses.load_relaxed();
        if (uses < md::max_uses) slab[id].uses.store_relaxed(static_cast<std::uint8_t>(uses + 1));
      } else {
        order.used(id);
      }
      return true;
    }
    const auto place = order.place_of_new(slab[id].hash, 1);
    if (count == room) {
      const md::entry_id victim = order.victim();
      order.evicted(victim);
      order.remove(victim);
      held[victim] = false;
      --count;
    }
    order.insert(id, place);
    held[id] = true;
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

TEST_CASE("s3_fifo: room for new keys grows where they come back, so that recency is served too") {
  // Each key is used again after thirty others, which a tenth of the room does not see.
  const auto late_hits = [](auto&& cache) {
    int hits = 0;
    for (md::entry_id id = 30; id < 8'000; ++id) {
      cache.ask(id);
      if (cache.ask(id - 30) && id > 4'000) ++hits;
    }
    return hits;
  };
  CHECK(late_hits(tiny_cache<mz::s3_fifo>(10'000, 100)) > 3'900);
}
