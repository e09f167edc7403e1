#include <millrace/resilience/locks/stored_value.hpp>

#include <support/catch.hpp>

#include <millrace/resilience/locks/versioned.hpp>
#include <millrace/store/memory_storage.hpp>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace res = millrace::resilience;

namespace {

struct card {
  int value = 0;
  std::vector<std::byte> save() const {
    std::vector<std::byte> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
  }
  static mr::result<card> load(std::span<const std::byte> bytes) {
    card made;
    if (bytes.size() != sizeof made.value) return mr::error(mr::errc::truncated, "no card");
    std::memcpy(&made.value, bytes.data(), sizeof made.value);
    return made;
  }
};
using stored_card = res::stored_value<card, mr::store::memory_storage>;
static_assert(res::versioned_place<stored_card>);

}  // namespace

TEST_CASE("a stored value is made once and replaced by who has read its newest version", "[stored_value]") {
  mr::store::memory_storage storage;
  stored_card one(storage, "models/fraud/card");
  stored_card two(storage, "models/fraud/card");
  CHECK(one.read().error().code() == mr::errc::not_found);
  CHECK(res::update_with_retry(one, [](const card& now) { return now; }).error().code() == mr::errc::not_found);
  REQUIRE(one.create(card{1}));
  CHECK(two.create(card{9}).error().code() == mr::errc::conflict);
  const auto seen = two.read();
  REQUIRE(seen);
  CHECK((*seen)->value == 1);
  const auto next = one.write_if(card{2}, seen->version());
  REQUIRE(next);
  const auto refused = two.write_if(card{3}, seen->version());
  CHECK(refused.error().code() == mr::errc::conflict);
  CHECK_THAT(refused.error().message(), ContainsSubstring("models/fraud/card"));
  CHECK((**two.read()).value == 2);
  CHECK(two.read()->version() == *next);

  const std::byte one_byte[1]{};
  REQUIRE(storage.write("models/fraud/card", one_byte));
  CHECK(one.read().error().describe() == "cannot load the object \"models/fraud/card\": no card");
}

TEST_CASE("threads that update one stored value lose no update", "[stored_value]") {
  mr::store::memory_storage storage;
  REQUIRE(stored_card(storage, "count").create(card{0}));
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      stored_card mine(storage, "count");
      for (int i = 0; i < 100; ++i)
        if (res::update_with_retry(mine, [](const card& now) { return card{now.value + 1}; })) ++done;
    });
  for (std::thread& each : threads) each.join();
  CHECK((**stored_card(storage, "count").read()).value == done);
  CHECK(done > 280);
}
