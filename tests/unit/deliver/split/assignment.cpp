#include <millrace/deliver/split/assignment.hpp>

#include <support/catch.hpp>

#include <string>

namespace md = millrace::deliver;

namespace {

struct everybody {
  std::size_t variants() const noexcept { return 1; }
  md::assignment assign(std::uint64_t) const noexcept { return {0, md::placement::by_weights, 1}; }
};
struct may_throw {
  std::size_t variants() const noexcept { return 1; }
  md::assignment assign(std::uint64_t) const { return {}; }
};
static_assert(md::split_policy<everybody> && md::split_policy<const everybody>);
static_assert(!md::split_policy<may_throw> && !md::split_policy<everybody, std::string>);

}  // namespace

TEST_CASE("assignment: one without a variant is false, and says why") {
  CHECK_FALSE(md::assignment());
  CHECK(md::assignment{.variant = 0});
  CHECK(name(md::placement::by_override) == "by_override");
  CHECK(name(md::placement::no_route) == "no_route");
  CHECK(name(md::placement::no_unit) == "no_unit");
  CHECK(name(static_cast<md::placement>(77)) == "unknown");
}
