#include <millrace/resilience/caches/cached_storage.hpp>

#include <laws/storage.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <support/catch.hpp>
#include <support/faulty_storage.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mz = millrace::resilience;
using laws::bytes_of;
using laws::text_of;

static_assert(ms::versioned_storage<mz::cached_storage<ms::memory_storage>>);
static_assert(ms::storage<mz::cached_storage<support::faulty_storage>>);
static_assert(!ms::versioned_storage<mz::cached_storage<support::faulty_storage>>);

TEST_CASE("cached_storage keeps the laws of storages, also where little fits") {
  for (const std::size_t room : {std::size_t{1} << 20U, std::size_t{300}, std::size_t{0}}) {
    ms::memory_storage under;
    mz::cached_storage storage(under, {.max_weight = room});
    laws::storage_laws(storage, 21, 4'000, 100);
  }
}

TEST_CASE("cached_storage: what was read comes from memory, and what failed is asked for again") {
  support::faulty_storage under;
  mz::cached_storage storage(under);
  REQUIRE(storage.write("a", bytes_of("one")));
  CHECK(text_of(*storage.read("a")) == "one");
  CHECK(text_of(*storage.read("a")) == "one");
  CHECK(under.reads == 1);
  under.fails = true;
  CHECK(text_of(*storage.read("a")) == "one");
  CHECK(storage.read("b").error().code() == mr::errc::io);
  // A write that failed may have been done all the same.
  CHECK_FALSE(storage.write("a", bytes_of("two")));
  CHECK_FALSE(storage.read("a"));
  under.fails = false;
  CHECK(text_of(*storage.read("a")) == "one");
  REQUIRE(under.write("a", bytes_of("by somebody else")));
  CHECK(text_of(*storage.read("a")) == "one");
  storage.invalidate("a");
  CHECK(text_of(*storage.read("a")) == "by somebody else");
  CHECK(storage.statistics().hits == 3);
}

TEST_CASE("cached_storage: a read that was under way during a write does not bring the old bytes back") {
  support::faulty_storage under;
  mz::cached_storage storage(under);
  REQUIRE(storage.write("a", bytes_of("old")));
  under.after_read = [&] {
    under.after_read = nullptr;
    REQUIRE(storage.write("a", bytes_of("new")));
  };
  CHECK(text_of(*storage.read("a")) == "old");  // it began before the write
  CHECK(text_of(*storage.read("a")) == "new");
}

TEST_CASE("cached_storage: readers beside a writer never see time go back") {
  ms::memory_storage under;
  mz::cached_storage storage(under);
  REQUIRE(storage.write("n", bytes_of("0")));
  std::atomic<int> written{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (written < 2'000) {
        const int least = written;
        const auto got = storage.read("n");
        if (!got || std::stoi(text_of(*got)) < least) ++wrong;
      }
    });
  for (int i = 1; i <= 2'000; ++i) {
    if (!storage.write("n", bytes_of(std::to_string(i)))) ++wrong;
    written = i;
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
