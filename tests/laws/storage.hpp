#ifndef MILLRACE_TESTS_LAWS_STORAGE_HPP
#define MILLRACE_TESTS_LAWS_STORAGE_HPP

// The laws of store/storage.hpp as tests, for every storage. A test brings an empty storage.

#include <millrace/core/seed.hpp>
#include <millrace/store/storage.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace laws {

namespace ms = millrace::store;

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Keys that no storage takes, each for its own reason.
inline std::vector<std::string> refused_keys() {
  return {"",
          "/",
          "/absolute",
          "a/",
          "a//b",
          ".",
          "..",
          "../a",
          "a/../b",
          "a/./b",
          "a/..",
          "./a",
          "a\\b",
          "a#b",
          "a?b",
          std::string("a\0b", 3),
          "a\nb",
          "a\x7f",
          "\xff\xfe",
          "a/\xc3",
          "\xc0\xaf",
          "\xed\xa0\x80",
          ".millrace-0123.tmp",
          "a/.millrace-x",
          std::string(256, 'k'),
          std::string(1025, 'k'),
          std::string(600, '/'),
          [] {
            std::string longest;
            for (int i = 0; i < 6; ++i) longest += std::string(200, 'a') + '/';
            return longest + "end";
          }()};
}
/// Keys that every storage takes.
inline std::vector<std::string> plain_keys() {
  return {"a",
          "A",
          "key with spaces",
          "a+b",
          "100%",
          "%2e%2e",
          "%2F",
          "x:y",
          "\xc3\xa9t\xc3\xa9",
          "...",
          "..a",
          "a..",
          ".hidden",
          "a-",
          "a0/b",
          "m/fraud/v1",
          "m/fraud/v10",
          "m/fraud-2/v1",
          "m/fraud.x",
          "~",
          "'\"&<>|*",
          std::string(255, 'k'),
          "d/" + std::string(255, 'k')};
}

/// What holds for one key after the other.
template <ms::storage S>
void storage_basics(S& storage) {
  namespace mr = millrace;
  for (const std::string& key : refused_keys()) {
    INFO(key);
    CHECK(storage.read(key).error().code() == mr::errc::invalid_argument);
    CHECK(storage.examine(key).error().code() == mr::errc::invalid_argument);
    CHECK(storage.write(key, bytes_of("x")).error().code() == mr::errc::invalid_argument);
    CHECK(storage.remove(key).error().code() == mr::errc::invalid_argument);
  }
  REQUIRE(storage.list("", "", 10));
  CHECK(storage.list("", "", 10)->empty());
  for (const std::string& key : plain_keys()) {
    INFO(key);
    CHECK(storage.read(key).error().code() == mr::errc::not_found);
    CHECK(storage.examine(key).error().code() == mr::errc::not_found);
    CHECK(storage.remove(key));
    CHECK_FALSE(*ms::exists(storage, key));
    REQUIRE(storage.write(key, bytes_of("")));
    REQUIRE(storage.read(key));
    CHECK(storage.read(key)->empty());
    REQUIRE(storage.write(key, bytes_of("first of " + key)));
    REQUIRE(storage.write(key, bytes_of(key)));
    CHECK(*ms::exists(storage, key));
  }
  std::string all;
  for (int i = 0; i < 70'000; ++i) all += static_cast<char>(i * 37);
  REQUIRE(storage.write("large", bytes_of(all)));
  CHECK(text_of(*storage.read("large")) == all);
  REQUIRE(storage.remove("large"));
  std::size_t seen = 0;
  std::string before;
  REQUIRE(ms::for_each_object(storage, "", [&](const ms::storage_entry& each) {
    CHECK((seen == 0 || before < each.key));
    CHECK(each.size == each.key.size());
    CHECK(text_of(*storage.read(each.key)) == each.key);
    CHECK(*storage.examine(each.key) == each);
    before = each.key;
    ++seen;
  }));
  CHECK(seen == plain_keys().size());
  CHECK(storage.list("m/fraud", "", 10)->size() == 4);
  CHECK(storage.list("m/fraud/", "", 10)->size() == 2);
  CHECK(storage.list("m/fraud/", "m/fraud/v1", 10)->size() == 1);
  CHECK(storage.list("m/fraud/", "m/fraud/v10", 10)->empty());
  CHECK(storage.list("m/", "a", 10)->size() == 4);
  CHECK(storage.list("m/", "z", 10)->empty());
  CHECK(storage.list("../", "", 10)->empty());
  CHECK(storage.list("", "", 0)->empty());
  // An error of `use` ends the walk.
  int calls = 0;
  const auto ended = ms::for_each_object(storage, "", [&](const ms::storage_entry&) -> mr::result<void> {
    ++calls;
    return mr::error(mr::errc::cancelled, "enough");
  });
  CHECK(ended.error().message() == "enough");
  CHECK(calls == 1);
  for (const std::string& key : plain_keys()) REQUIRE(storage.remove(key));
  CHECK(storage.list("", "", 10)->empty());
  // A key is an object's alone: nothing is at the first parts of its path, and nothing below it.
  REQUIRE(storage.write("d/e/f", bytes_of("here")));
  for (const char* key : {"d", "d/e", "d/e/f/g", "d/e/f/g/h", "d/e/g", "d/f"}) {
    INFO(key);
    CHECK(storage.read(key).error().code() == mr::errc::not_found);
    CHECK(storage.examine(key).error().code() == mr::errc::not_found);
    REQUIRE(ms::exists(storage, key));
    CHECK_FALSE(*ms::exists(storage, key));
    CHECK(storage.remove(key));
    if (storage.write(key, bytes_of("too"))) CHECK(storage.remove(key));  // or it cannot hold both
    CHECK(text_of(*storage.read("d/e/f")) == "here");
    CHECK(storage.list("", "", 10)->size() == 1);
  }
  REQUIRE(storage.remove("d/e/f"));
  CHECK_FALSE(*ms::exists(storage, "d"));
}

/// Random calls agree with a map, and every page of every list with the map's.
template <ms::storage S>
void storage_agrees_with_a_map(S& storage, std::uint64_t seed, int steps) {
  millrace::random_engine random(seed);
  const auto random_key = [&] {
    static const char* const parts[] = {"a", "b", "a-", "a.b", "ab", "c d"};
    // At one depth, so that no key is a folder of another.
    return std::string(parts[random.below(6)]) + "/" + parts[random.below(6)] + "/" + parts[random.below(6)];
  };
  std::map<std::string, std::string> model;
  for (int i = 0; i < steps; ++i) {
    const std::string key = random_key();
    switch (random.below(4)) {
      case 0: {
        const std::string value(random.below(20), static_cast<char>('a' + random.below(26)));
        REQUIRE(storage.write(key, bytes_of(value)));
        model[key] = value;
        break;
      }
      case 1:
        REQUIRE(storage.remove(key));
        model.erase(key);
        break;
      case 2: {
        const auto found = storage.read(key);
        REQUIRE(found.has_value() == model.contains(key));
        if (found) REQUIRE(text_of(*found) == model[key]);
        break;
      }
      default: {
        const std::string prefix = key.substr(0, random.below(key.size() + 1));
        const std::string after = random.below(2) == 0 ? "" : random_key();
        const std::size_t limit = random.below(9);
        const auto page = storage.list(prefix, after, limit);
        REQUIRE(page);
        std::vector<std::string> expected;
        for (auto at = model.upper_bound(after); at != model.end() && expected.size() < limit; ++at)
          if (at->first.starts_with(prefix)) expected.push_back(at->first);
        std::vector<std::string> found;
        for (const auto& each : *page) found.push_back(each.key);
        INFO(prefix << " after " << after);
        REQUIRE(found == expected);
      }
    }
  }
  for (const auto& each : model) REQUIRE(storage.remove(each.first));
}

/// Threads that write whole values of their own, and read whole ones of somebody's.
template <ms::storage S>
void storage_is_whole_under_threads(S& storage, int rounds) {
  std::atomic<int> torn{0};
  std::atomic<int> failed{0};
  REQUIRE(storage.write("shared/one", bytes_of(std::string(2000, 'a'))));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const std::string mine(static_cast<std::size_t>(2000 + t), static_cast<char>('a' + t));
        if (!storage.write("shared/one", bytes_of(mine))) ++failed;
        const auto back = storage.read("shared/one");
        if (!back || back->size() < 2000) {
          ++failed;
          continue;
        }
        const std::string text = text_of(*back);
        if (text.find_first_not_of(text[0]) != std::string::npos || text.size() != 2000 + std::size_t(text[0] - 'a'))
          ++torn;
        const std::string own = "own/" + std::to_string(t);
        if (!storage.write(own, bytes_of(std::to_string(i)))) ++failed;
        if (const auto fresh = storage.read(own); !fresh || text_of(*fresh) != std::to_string(i)) ++failed;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(failed == 0);
  REQUIRE(storage.remove("shared/one"));
  for (int t = 0; t < 4; ++t) REQUIRE(storage.remove("own/" + std::to_string(t)));
}

/// Compare and write: of writers with one version, one wins; a counter that all raise so loses nothing.
template <ms::versioned_storage S>
void storage_versions(S& storage, int rounds) {
  namespace mr = millrace;
  const auto first = storage.write_if("v/key", bytes_of("0"), "");
  REQUIRE(first);
  CHECK(storage.write_if("v/key", bytes_of("x"), "").error().code() == mr::errc::conflict);
  CHECK(storage.write_if("v/other", bytes_of("x"), *first).error().code() == mr::errc::conflict);
  CHECK(storage.write_if("../key", bytes_of("x"), "").error().code() == mr::errc::invalid_argument);
  CHECK(storage.read_versioned("v/key")->version == *first);
  CHECK(storage.examine("v/key")->version == *first);
  REQUIRE(storage.write("v/key", bytes_of("0")));
  CHECK(storage.examine("v/key")->version != *first);
  REQUIRE(storage.remove("v/key"));
  REQUIRE(storage.write("v/key", bytes_of("0")));
  CHECK(storage.write_if("v/key", bytes_of("x"), *first).error().code() == mr::errc::conflict);
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < rounds;) {
        const auto now = storage.read_versioned("v/key");
        if (!now) {
          ++failed;
          return;
        }
        const std::string next = std::to_string(std::stoi(text_of(now->bytes)) + 1);
        const auto done = storage.write_if("v/key", bytes_of(next), now->version);
        if (done) ++i;
        if (!done && done.error().code() != mr::errc::conflict) ++failed;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(text_of(*storage.read("v/key")) == std::to_string(4 * rounds));
  REQUIRE(storage.remove("v/key"));
}

/// Of threads that create one key, one does, and what it wrote stays.
template <ms::creates_objects S>
void storage_creates(S& storage, int rounds) {
  namespace mr = millrace;
  REQUIRE(storage.create("c/key", bytes_of("first")));
  const auto second = storage.create("c/key", bytes_of("second"));
  CHECK(second.error().code() == mr::errc::already_exists);
  CHECK(second.error().message() == "there is an object \"c/key\" already");
  CHECK(text_of(*storage.read("c/key")) == "first");
  REQUIRE(storage.remove("c/key"));
  REQUIRE(storage.create("c/key", bytes_of("")));
  CHECK(storage.create("c/key", bytes_of("third")).error().code() == mr::errc::already_exists);
  REQUIRE(storage.remove("c/key"));
  for (const std::string& key : refused_keys()) {
    INFO(key);
    CHECK(storage.create(key, bytes_of("x")).error().code() == mr::errc::invalid_argument);
  }
  // Numbers without a gap: each thread takes the next one that is free.
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      int number = 0;
      for (int i = 0; i < rounds; ++number) {
        const auto done = storage.create("c/" + std::to_string(number), bytes_of(std::to_string(t)));
        if (done) ++i;
        if (!done && done.error().code() != mr::errc::already_exists) {
          ++failed;
          return;
        }
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  std::vector<int> made(4);
  for (int number = 0; number < 4 * rounds; ++number) {
    const std::string key = "c/" + std::to_string(number);
    const auto owner = storage.read(key);
    REQUIRE(owner);
    ++made[static_cast<std::size_t>(std::stoi(text_of(*owner)))];
    REQUIRE(storage.remove(key));
  }
  CHECK(made == std::vector<int>(4, rounds));
  CHECK(storage.list("c/", "", 9)->empty());
}

/// All of the above.
template <ms::storage S>
void storage_laws(S& storage, std::uint64_t seed, int steps, int rounds) {
  storage_basics(storage);
  storage_agrees_with_a_map(storage, seed, steps);
  storage_is_whole_under_threads(storage, rounds);
  if constexpr (ms::versioned_storage<S>) storage_versions(storage, rounds);
  if constexpr (ms::creates_objects<S>) storage_creates(storage, rounds < 25 ? rounds : 25);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_STORAGE_HPP
