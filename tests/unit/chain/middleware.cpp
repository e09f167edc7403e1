#include <millrace/chain/middleware.hpp>

#include <support/catch.hpp>

#include <string_view>

namespace mr = millrace;

namespace {

inline constexpr mr::field<"x", int> x;
struct tick {
  using reads = mr::fields<x>;
  using writes = mr::fields<x>;
  void operator()(auto& ctx) const { ++ctx[x]; }
};
using stage = mr::stage<tick, 0, mr::steady_clock, tick>;
using ctx = decltype(mr::context(x = 1));
template <class M>
using hooks = mr::detail::hooks<M, stage, ctx>;

struct counts_before {
  void before(const auto&, auto&) {}
};
struct looks_at_time {
  mr::result<void> after(const auto&, auto&, const mr::time_span&, const mr::result<void>&) { return {}; }
};
struct needs_no_time {
  void after(const auto&, auto&, const mr::result<void>&) {}
};
struct wrong_parameters {
  void before(const auto&) {}
};
struct final_one final {
  void before(const auto&, auto&) {}
};

}  // namespace

TEST_CASE("hooks are found by what can be called") {
  STATIC_REQUIRE(hooks<counts_before>::before);
  STATIC_REQUIRE_FALSE(hooks<counts_before>::after);
  STATIC_REQUIRE(hooks<looks_at_time>::timed_after);
  STATIC_REQUIRE(hooks<needs_no_time>::plain_after);
  STATIC_REQUIRE_FALSE(hooks<needs_no_time>::timed_after);
  STATIC_REQUIRE(hooks<final_one>::before);
}

TEST_CASE("a member with a hook's name and other parameters is malformed, not ignored") {
  STATIC_REQUIRE(hooks<counts_before>::well_formed);
  STATIC_REQUIRE(hooks<final_one>::well_formed);
  STATIC_REQUIRE_FALSE(hooks<wrong_parameters>::well_formed);
}

TEST_CASE("place rules say who may stand on which side") {
  using rule = mr::detail::allows<mr::place<mr::outside_of<"audit_log">, mr::inside_of<"metrics">>>;
  STATIC_REQUIRE_FALSE(rule::outside("audit_log"));
  STATIC_REQUIRE(rule::inside("audit_log"));
  STATIC_REQUIRE_FALSE(rule::inside("metrics"));
  STATIC_REQUIRE(rule::outside("metrics"));
}
