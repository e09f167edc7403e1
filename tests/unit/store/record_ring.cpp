#include <millrace/store/record_ring.hpp>

#include <support/catch.hpp>

#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

template <class Ring>
bool push(Ring& ring, const std::string& text) {
  const mr::store::ring_slot slot = ring.reserve(text.size(), [] {});
  if (!slot) {
    ring.drop();
    return false;
  }
  std::memcpy(slot.data, text.data(), text.size());
  ring.commit(slot);
  return true;
}

template <class Ring>
std::vector<std::string> drain_all(Ring& ring) {
  std::vector<std::string> out;
  ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t lost) {
    out.push_back(std::string(reinterpret_cast<const char*>(data), size) +
                  (lost != 0 ? "+" + std::to_string(lost) : ""));
    return true;
  });
  return out;
}

}  // namespace

TEMPLATE_TEST_CASE("records of every size come out whole and in order, many times round", "[record_ring]",
                   mr::store::exclusive, mr::store::shared) {
  mr::store::record_ring<TestType> ring(1);
  REQUIRE(ring.capacity() == 4096);
  std::mt19937_64 random(3);
  std::vector<std::string> in;
  std::vector<std::string> out;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % (ring.max_size() + 1), static_cast<char>('a' + i % 26));
    if (const mr::store::ring_slot slot = ring.reserve(text.size(), [] {})) {
      std::memcpy(slot.data, text.data(), text.size());
      ring.commit(slot);
      in.push_back(std::move(text));
    } else {
      for (std::string& record : drain_all(ring)) out.push_back(std::move(record));
    }
  }
  for (std::string& record : drain_all(ring)) out.push_back(std::move(record));
  REQUIRE(in.size() > 5'000);
  CHECK(in == out);
}

TEMPLATE_TEST_CASE("a record too large for the ring never finds room, and the largest one does", "[record_ring]",
                   mr::store::exclusive, mr::store::shared) {
  mr::store::record_ring<TestType> ring(8192);
  CHECK_FALSE(ring.reserve(ring.max_size() + 1, [] {}));
  CHECK_FALSE(ring.reserve(std::size_t{1} << 40, [] {}));
  CHECK(push(ring, std::string(ring.max_size(), 'x')));
  CHECK(drain_all(ring).size() == 1);
  CHECK(push(ring, ""));
  CHECK(drain_all(ring) == std::vector<std::string>{""});
}

TEMPLATE_TEST_CASE("a full ring refuses, and the next record carries how many were lost", "[record_ring]",
                   mr::store::exclusive, mr::store::shared) {
  mr::store::record_ring<TestType> ring(4096);
  std::size_t taken = 0;
  while (push(ring, std::string(56, 'x'))) ++taken;
  CHECK(taken == 4096 / 64);
  CHECK_FALSE(push(ring, "y"));
  CHECK(drain_all(ring).size() == taken);
  CHECK(push(ring, "z"));
  CHECK(push(ring, "w"));
  CHECK(drain_all(ring) == std::vector<std::string>{"z+2", "w"});
  ring.drop();
  CHECK(ring.take_dropped() == 1);
  CHECK(ring.take_dropped() == 0);
}

TEMPLATE_TEST_CASE("the consumer is called when half of the ring is in use, and may stop after any record",
                   "[record_ring]", mr::store::exclusive, mr::store::shared) {
  mr::store::record_ring<TestType> ring(4096);
  int calls = 0;
  for (int i = 0; i < 40; ++i) ring.commit(ring.reserve(56, [&] { ++calls; }));
  CHECK(calls == 1);
  int seen = 0;
  const std::uint64_t at = ring.drain([&](const std::byte*, std::size_t, std::uint32_t) { return ++seen < 7; });
  CHECK(seen == 7);
  CHECK(at == 7 * 64);
  CHECK(ring.head() == 40 * 64);
}

TEST_CASE("one producer and the consumer on two threads lose and tear nothing", "[record_ring][threads]") {
  mr::store::record_ring<mr::store::exclusive> ring(4096);
  constexpr std::uint64_t count = 200'000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t words = 1 + i % 9;
      mr::store::ring_slot slot;
      while (!(slot = ring.reserve(words * 8, [] {}))) std::this_thread::yield();
      for (std::size_t w = 0; w < words; ++w) std::memcpy(slot.data + 8 * w, &i, 8);
      ring.commit(slot);
    }
  });
  std::uint64_t next = 0;
  bool whole = true;
  while (next < count)
    ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t) {
      whole = whole && size == 8 * (1 + next % 9);
      for (std::size_t w = 0; w < size / 8; ++w) {
        std::uint64_t value = 0;
        std::memcpy(&value, data + 8 * w, 8);
        whole = whole && value == next;
      }
      ++next;
      return true;
    });
  producer.join();
  CHECK(whole);
  CHECK(next == count);
}

TEST_CASE("many producers' records arrive whole, each producer's in its order, and every loss is counted",
          "[record_ring][threads]") {
  mr::store::record_ring<mr::store::shared> ring(4096);
  constexpr std::uint64_t producers = 4;
  constexpr std::uint64_t count = 50'000;
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> running{producers};
  std::vector<std::uint64_t> sent(producers);
  for (std::uint64_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t value = p << 32 | i;
        const std::size_t words = 1 + (p + i) % 5;
        mr::store::ring_slot slot = ring.reserve(words * 8, [] {});
        for (int tries = 0; !slot && tries < 3; ++tries) {
          std::this_thread::yield();
          slot = ring.reserve(words * 8, [] {});
        }
        if (!slot) {
          ring.drop();
          continue;
        }
        for (std::size_t w = 0; w < words; ++w) std::memcpy(slot.data + 8 * w, &value, 8);
        ring.commit(slot);
        ++sent[p];
      }
      --running;
    });
  std::vector<std::uint64_t> last(producers, 0);
  std::vector<std::uint64_t> received(producers, 0);
  std::uint64_t lost_total = 0;
  bool right = true;
  for (bool done = false; !done;) {
    done = running == 0;
    ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t lost) {
      lost_total += lost;
      std::uint64_t value = 0;
      std::memcpy(&value, data, 8);
      const std::uint64_t p = value >> 32;
      const std::uint64_t i = value & 0xffffffffU;
      right = right && p < producers && size == 8 * (1 + (p + i) % 5) && (received[p] == 0 || i > last[p]);
      for (std::size_t w = 0; w < size / 8; ++w) right = right && std::memcmp(data + 8 * w, &value, 8) == 0;
      if (!right) return false;
      last[p] = i;
      ++received[p];
      return true;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right);
  CHECK(received == sent);
  lost_total += ring.take_dropped();
  std::uint64_t all = lost_total;
  for (const std::uint64_t n : received) all += n;
  CHECK(all == producers * count);
}
