#include <millrace/deliver/split/split_hashed.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace md = millrace::deliver;

namespace {

using models = md::split_hashed<"model-2026", md::weights<80, 20>>;
static_assert(md::split_policy<models> && md::split_policy<models, std::string>);
static_assert(md::split_policy<md::salted_split<>, std::string_view>);
static_assert(sizeof(models) == 1);
static_assert(models().assign(42) == models().assign(std::uint64_t{42}));

}  // namespace

TEST_CASE("split_hashed: a unit has one variant, which its point decides") {
  constexpr models split;
  std::uint32_t second = 0;
  for (std::uint32_t user = 0; user < 10'000; ++user) {
    const md::assignment given = split.assign(user);
    REQUIRE(given == split.assign(user));
    REQUIRE((given.variant == 1) == (md::unit_point(md::unit_hash("model-2026", user)) < 0.2));
    REQUIRE(given.propensity == (given.variant == 1 ? 0.2 : 0.8));
    REQUIRE(given.how == md::placement::by_weights);
    second += given.variant;
  }
  CHECK(second > 1880);
  CHECK(second < 2120);
  // an empty id is nobody's: else all users without one would have the same variant
  CHECK_FALSE(split.assign(""));
  CHECK(split.assign(std::string()).how == md::placement::no_unit);
  CHECK(split.assign(0).variant < 2);
}

TEST_CASE("split_hashed: a salt and weights known at run time place units alike") {
  constexpr models typed;
  const md::salted_split made(md::salt("model-2026"), md::any_weights::make({80, 20}, 100).value());
  CHECK(made.salted_by() == models::salted_by());
  CHECK(made.variants() == 2);
  std::string id = "user-";
  bool same = true;
  std::uint32_t other = 0;
  const md::salted_split elsewhere(md::salt("model-2027"), md::weights<80, 20>());
  CHECK(made.assign(std::string_view()).how == md::placement::no_unit);
  for (int i = 0; i < 1000; ++i, id += static_cast<char>('a' + i % 26)) {
    same = same && made.assign(id) == typed.assign(id);
    other += elsewhere.assign(id).variant != typed.assign(id).variant;
  }
  CHECK(same);
  CHECK(other > 200);  // 2 * .8 * .2 of them
  CHECK(support::allocations_of([&] { other += made.assign(id).variant + typed.assign(id).variant; }) == 0);
}
