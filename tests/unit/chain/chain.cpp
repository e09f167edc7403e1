#include <millrace/chain/chain.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <type_traits>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"value", std::int64_t> value;

struct add_one {
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  void operator()(auto& ctx) const { ctx[value] += 1; }
};

template <class... Events>
struct of_one_kind {
  static_assert((std::is_same_v<Events, typename Events::kind> && ...));
};
struct choosy {
  using kind = choosy;
  using reads = mr::fields<value>;
  using writes = mr::fields<value>;
  template <class... Events>
  using beside = of_one_kind<Events...>;
  void operator()(auto& ctx) const { ctx[value] *= 2; }
};

template <class Chain>
using result_of = typename Chain::result_type;

}  // namespace

TEST_CASE("a chain is strict and on the steady clock, or what its policies say, in any order") {
  const auto plain = mr::chain(add_one{});
  STATIC_REQUIRE(std::is_same_v<result_of<decltype(plain)>, mr::result<void>>);
  STATIC_REQUIRE(std::is_same_v<decltype(plain.clock()), const mr::steady_clock&>);
  const auto both = mr::chain<mr::tsc_clock, mr::lenient>(add_one{});
  STATIC_REQUIRE(std::is_same_v<result_of<decltype(both)>, mr::lenient_result>);
  STATIC_REQUIRE(std::is_same_v<decltype(both.clock()), const mr::tsc_clock&>);
  const auto turned = mr::chain<mr::lenient, mr::tsc_clock>(add_one{});
  STATIC_REQUIRE(std::is_same_v<decltype(turned), decltype(both)>);
}

TEST_CASE("an event that checks its neighbours sees all of them") {
  auto chain = mr::chain(choosy{}, choosy{});
  auto ctx = chain.context(value = 3);
  REQUIRE(chain(ctx));
  CHECK(ctx[value] == 12);
}
