#include <millrace/resilience/caches/two_level_cache.hpp>

#include <laws/storage.hpp>
#include <millrace/store/folder_storage.hpp>
#include <support/catch.hpp>
#include <support/faulty_storage.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mz = millrace::resilience;
using support::faulty_storage;

namespace {

std::uint64_t wall = 0;
std::uint64_t wall_clock() noexcept { return wall; }

using cache = mz::two_level_cache<std::string, faulty_storage>;
mz::two_level_options options() { return {.wall_clock = wall_clock}; }

std::string loaded(auto& from, std::string_view key, const std::string& value, bool* was_asked = nullptr) {
  auto got = from.get_or_load(key, [&] {
    if (was_asked != nullptr) *was_asked = true;
    return value;
  });
  REQUIRE(got);
  return *std::move(got);
}

}  // namespace

TEST_CASE("two_level_cache: what one process loaded another finds, until its time is over") {
  const support::temp_dir folder;
  auto storage = ms::folder_storage::open(folder.path());
  using pages = mz::two_level_cache<std::string, ms::folder_storage>;
  wall = 1'000;
  mz::two_level_options with = options();
  with.storage_ttl = mr::duration(100);
  with.prefix = "pages";
  {
    pages first(*storage, with);
    CHECK(loaded(first, "url", "text") == "text");
    CHECK(loaded(first, "url", "other") == "text");
    CHECK(first.statistics().storage_misses == 1);
  }
  {
    pages second(*storage, with);
    wall = 1'099;
    CHECK(loaded(second, "url", "other") == "text");
    CHECK(second.statistics().storage_hits == 1);
  }
  pages third(*storage, with);
  wall = 1'100;
  CHECK(loaded(third, "url", "other") == "other");
  CHECK(third.statistics().storage_misses == 1);
  CHECK(third.statistics().storage_errors == 0);
  CHECK(loaded(third, "second", "2") == "2");
  wall = 1'199;
  CHECK(*third.remove_expired() == 0);
  wall = 1'200;
  CHECK(*third.remove_expired() == 2);
  CHECK(storage->list("", "", 10)->empty());
}

TEST_CASE("two_level_cache: an entry in memory ends with its copy, whichever is shorter") {
  std::uint64_t now = 0;
  faulty_storage storage;
  wall = 5'000;
  mz::two_level_options with = options();
  with.storage_ttl = mr::duration(100);
  with.memory.ttl = mr::duration(60);
  using timed = mz::two_level_cache<std::string, faulty_storage, mz::default_codec<std::string>, mr::manual_clock>;
  timed cache(storage, with, {}, mr::manual_clock(now));
  CHECK(loaded(cache, "a", "1") == "1");
  now = 60;  // memory's own time is over, the copy's is not
  wall = 5'060;
  CHECK(loaded(cache, "a", "2") == "1");
  now = 99;
  wall = 5'099;
  CHECK(loaded(cache, "a", "3") == "1");
  now = 100;  // it came back at 60 with 40 left
  wall = 5'100;
  CHECK(loaded(cache, "a", "4") == "4");
  // A loader's own lifetime holds for both.
  CHECK(*cache.get_or_load("b", [] { return mz::timed_value<std::string>{"x", {.ttl = mr::duration(5)}}; }) == "x");
  now += 5;
  wall += 5;
  CHECK(loaded(cache, "b", "y") == "y");
}

TEST_CASE("two_level_cache: a storage that is down is counted and told, and the loader is asked") {
  faulty_storage storage;
  cache pages(storage, options());
  CHECK(pages.last_error());
  storage.fails = true;
  CHECK(loaded(pages, "a", "1") == "1");
  CHECK(loaded(pages, "a", "2") == "1");          // memory has it
  CHECK(pages.statistics().storage_errors == 2);  // the read, and the write
  CHECK(pages.last_error().error().message() == "the storage is down");
  CHECK(pages.insert("a", "3").error().code() == mr::errc::io);
  CHECK(pages.invalidate("a").error().code() == mr::errc::io);
  CHECK(pages.remove_expired().error().code() == mr::errc::io);
  CHECK(loaded(pages, "a", "4") == "4");
  storage.fails = false;
  REQUIRE(pages.insert("a", "5"));
  CHECK(loaded(pages, "a", "6") == "5");
  REQUIRE(pages.invalidate("a"));
  CHECK(loaded(pages, "a", "7") == "7");
}

TEST_CASE("two_level_cache: a loader that saw what was before an insert puts its value nowhere") {
  faulty_storage storage;
  cache pages(storage, options());
  CHECK(*pages.get_or_load("a", [&] {
    REQUIRE(pages.insert("a", "new"));
    return std::string("old");
  }) == "old");
  CHECK(loaded(pages, "a", "none") == "new");
  CHECK(*pages.get_or_load("b", [&] {
    REQUIRE(pages.invalidate("b"));
    return std::string("old");
  }) == "old");
  CHECK(loaded(pages, "b", "new") == "new");
  // The same of a copy that was read before.
  REQUIRE(pages.insert("c", "old"));
  storage.after_read = [&] {
    storage.after_read = nullptr;
    REQUIRE(pages.insert("c", "new"));
  };
  CHECK(loaded(pages, "c", "none") == "old");
  CHECK(loaded(pages, "c", "none") == "new");
}

TEST_CASE("two_level_cache: no damaged copy, nor one of another key, is taken for a value") {
  faulty_storage storage;
  REQUIRE(cache(storage, options()).insert("a", "the value"));
  const auto copy = *storage.under.read(cache(storage, options()).storage_key("a"));
  std::size_t seen = 0;
  const auto refuses = [&](std::span<const std::byte> bytes) {
    cache pages(storage, options());
    REQUIRE(storage.write(pages.storage_key("a"), bytes));
    CHECK(loaded(pages, "a", "fresh") == "fresh");
    CHECK(pages.statistics().storage_errors == 1);
    ++seen;
  };
  for (std::size_t size = 0; size < copy.size(); ++size) refuses(std::span(copy).first(size));
  for (std::size_t bit = 0; bit < copy.size() * 8; ++bit) {
    auto flipped = copy;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    refuses(flipped);
  }
  CHECK(seen == copy.size() * 9);
  cache pages(storage, options());
  REQUIRE(pages.insert("b", "b's"));
  REQUIRE(storage.write(pages.storage_key("a"), *storage.read(pages.storage_key("b"))));
  CHECK(loaded(pages, "a", "a's") == "a's");
  CHECK(pages.last_error().error().message() == "a cache's copy is of another key");
}

TEST_CASE("two_level_cache: golden bytes of a copy") {
  faulty_storage storage;
  wall = 1'700'000'000'000'000'000U;
  mz::two_level_options with = options();
  with.storage_ttl = mr::seconds(60);
  cache pages(storage, with);
  REQUIRE(pages.insert("key", "value"));
  // printf key | sha256sum
  CHECK(pages.storage_key("key") == "cache/2c/70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683");
  CHECK(*storage.read(pages.storage_key("key")) == support::golden("resilience/cache_copy.bin"));
}

TEST_CASE("two_level_cache: readers beside a writer never see time go back") {
  faulty_storage storage;
  cache pages(storage, {});
  REQUIRE(pages.insert("n", "0"));
  std::atomic<int> truth{0};  // what loaders know
  std::atomic<int> written{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (written < 1'000) {
        const int least = written;
        const auto got = pages.get_or_load("n", [&] { return std::to_string(truth); });
        if (!got || std::stoi(*got) < least) ++wrong;
      }
    });
  for (int i = 1; i <= 1'000; ++i) {
    truth = i;
    const auto done = i % 3 == 0 ? pages.invalidate("n") : pages.insert("n", std::to_string(i));
    if (!done) ++wrong;
    written = i;
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("two_level_cache: copies that end at once leave nothing in memory") {
  std::uint64_t now = 0;
  faulty_storage storage;
  wall = 5'000;
  mz::two_level_options with = options();
  with.storage_ttl = mr::duration(0);
  using timed = mz::two_level_cache<std::string, faulty_storage, mz::default_codec<std::string>, mr::manual_clock>;
  timed cache(storage, with, {}, mr::manual_clock(now));
  CHECK(loaded(cache, "a", "1") == "1");
  ++now;
  CHECK(loaded(cache, "a", "2") == "2");
}

TEST_CASE("two_level_cache: a copy of a wall clock that was ahead does not live until then") {
  faulty_storage storage;
  mz::two_level_options with = options();
  with.storage_ttl = mr::duration(100);
  constexpr std::uint64_t year = 365ULL * 86'400 * 1'000'000'000;
  wall = 2 * year;
  {
    cache ahead(storage, with);
    CHECK(loaded(ahead, "a", "1") == "1");
    CHECK(loaded(ahead, "b", "1") == "1");
  }
  wall = year;  // somebody has set it right
  cache after(storage, with);
  CHECK(loaded(after, "a", "2") == "2");
  CHECK(after.remove_expired().value() == 1);
  wall -= 100;  // clocks that differ by a lifetime may share copies
  cache behind(storage, with);
  CHECK(loaded(behind, "a", "3") == "2");
}
