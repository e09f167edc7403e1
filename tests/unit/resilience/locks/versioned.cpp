#include <millrace/resilience/locks/versioned.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace res = millrace::resilience;

namespace {

/// Counts how many exist, and cannot be copied.
struct counted {
  explicit counted(int held) : value(held) { ++alive(); }
  counted(counted&& other) noexcept : value(other.value) { ++alive(); }
  counted& operator=(counted&&) = delete;
  ~counted() { --alive(); }
  static std::atomic<int>& alive() {
    static std::atomic<int> count{0};
    return count;
  }
  int value;
};

static_assert(res::versioned_place<res::versioned<int>> && res::versioned_place<res::versioned<counted>>);

}  // namespace

TEST_CASE("a versioned value is replaced only by who has seen the newest version", "[versioned]") {
  {
    res::versioned<counted> value(counted(10));
    const auto first = value.read();
    CHECK(first->value == 10);
    CHECK(first.version() == 1);
    CHECK(value.write_if(counted(20), first.version()).value() == 2);
    CHECK(value.version() == 2);
    const auto refused = value.write_if(counted(30), first.version());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == mr::errc::conflict);
    CHECK(refused.error().message() == "the value has version 2 by now, and not 1, which was read");
    CHECK(value.write_if(counted(30), 3).error().code() == mr::errc::conflict);
    CHECK((*value.read()).value == 20);
    CHECK(first->value == 10);  // whoever read it keeps it
    CHECK(counted::alive() == 2);
  }
  CHECK(counted::alive() == 0);
}

TEST_CASE("an update reads again after a conflict, and ends with the errors of the change", "[versioned]") {
  res::versioned<std::string> value("a");
  int calls = 0;
  const auto done = res::update_with_retry(value, [&](const std::string& now) {
    if (++calls == 1) CHECK(value.write_if("other", 1));  // somebody is first
    return now + "+";
  });
  CHECK(done.value() == 3);
  CHECK(calls == 2);
  CHECK(*value.read() == "other+");

  const auto refused = res::update_with_retry(value, [](const std::string&) -> mr::result<std::string> {
    return mr::error(mr::errc::invalid_argument, "not this one");
  });
  CHECK(refused.error().message() == "not this one");
  CHECK(value.version() == 3);

  std::uint64_t now = 0;
  calls = 0;
  res::retry again{res::retry_options{.attempts = 3}, res::retry_on<mr::errc::conflict>(), mr::manual_clock(now),
                   res::manual_sleeper(now)};
  const auto late = res::update_with_retry(
      value,
      [&](const std::string& seen) {
        ++calls;
        CHECK(value.write_if("again", value.version()));
        return seen;
      },
      again);
  CHECK(calls == 3);
  CHECK(late.error().code() == mr::errc::conflict);
  CHECK(late.error().describe() ==
        "retry gave up after attempt 3 of 3: the value has version 6 by now, and not 5, which was read");
}

TEST_CASE("threads that update one value lose no update", "[versioned]") {
  struct pair {
    std::uint64_t count;
    std::uint64_t twice;
  };
  res::versioned<pair> value(pair{0, 0});
  std::atomic<std::uint64_t> torn{0};
  std::atomic<std::uint64_t> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (res::update_with_retry(value, [](const pair& now) { return pair{now.count + 1, now.twice + 2}; })) ++done;
        const auto seen = value.read();
        torn += 2 * seen->count != seen->twice || seen.version() != seen->count + 1 ? 1U : 0U;
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK(torn == 0);
  CHECK(value.read()->count == done);
  CHECK(done > 1'900);  // a few may run out of attempts
}
