#include <millrace/deliver/split/overrides.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/deliver/split/split_hashed.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

using models = md::split_hashed<"model-2026", md::weights<50, 50>>;
static_assert(md::split_policy<md::with_overrides<models>> &&
              md::split_policy<md::with_overrides<models>, std::string>);

}  // namespace

TEST_CASE("overrides: a table of hashes holds what a map holds, through any order of changes") {
  mr::random_engine random(5);
  md::overrides<24> table(md::salt("table"));
  std::map<std::uint64_t, std::uint32_t> kept;
  for (int round = 0; round < 5000; ++round) {
    const std::uint64_t unit = random.below(60);
    if (random.below(2) == 0) {
      const auto variant = static_cast<std::uint32_t>(random.below(5));
      const bool room = kept.size() < 24 || kept.contains(unit);
      REQUIRE(table.set(unit, variant).has_value() == room);
      if (room) kept[unit] = variant;
    } else {
      REQUIRE(table.erase(unit) == (kept.erase(unit) == 1));
    }
    REQUIRE(table.size() == kept.size());
    bool same = true;
    for (std::uint64_t one = 0; one < 60; ++one) {
      const auto found = kept.find(one);
      same = same && table.find(table.hash(one)) == (found == kept.end() ? md::assignment::none : found->second);
    }
    REQUIRE(same);
  }
  CHECK(table.set(1, md::assignment::none).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("overrides: what is full says so, and changes nothing") {
  md::overrides<2> table(md::salt("table"));
  REQUIRE(table.set("ada", 1));
  REQUIRE(table.set("", 0));
  CHECK(table.set("bob", 1).error().message() == "there are 2 overrides, and no room for more");
  REQUIRE(table.set("ada", 0));
  CHECK(table.find(table.hash("ada")) == 0);
  CHECK(table.find(table.hash("bob")) == md::assignment::none);
  md::overrides<0> empty(md::salt("table"));
  CHECK_FALSE(empty.set(1, 0));
  CHECK(empty.find(0) == md::assignment::none);
}

TEST_CASE("with_overrides: some units have the variant that they were given, all others their own") {
  md::with_overrides<models, 8> split;
  REQUIRE(split.set_override("tester", 1));
  REQUIRE(split.set_override(7, 0));
  CHECK(split.set_override("bob", 2).error().message() == "an override to variant 2 of 2");
  CHECK(split.overridden() == 2);
  CHECK(split.assign("").how == md::placement::no_unit);
  CHECK(split.assign("tester") == md::assignment{1, md::placement::by_override, 1});
  CHECK(split.assign(7) == md::assignment{0, md::placement::by_override, 1});
  for (std::uint32_t unit = 8; unit < 1000; ++unit) REQUIRE(split.assign(unit) == models().assign(unit));
  CHECK(split.erase_override("tester"));
  CHECK_FALSE(split.erase_override("tester"));
  CHECK(split.assign("tester") == models().assign("tester"));
  const std::string id = "a tester with a name of more than thirty-two bytes";
  std::uint32_t sum = 0;
  CHECK(support::allocations_of([&] {
          (void)split.set_override(id, 1);
          sum += split.assign(id).variant;
        }) == 0);
  CHECK(sum == 1);
}
