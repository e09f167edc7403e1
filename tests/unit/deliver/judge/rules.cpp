#include <millrace/deliver/judge/rules.hpp>

#include <support/catch.hpp>

#include <array>
#include <cmath>

namespace md = millrace::deliver;

namespace {

struct a {};
struct b {
  static constexpr double weight = 3;
};
struct c {};

}  // namespace

TEST_CASE("a rule puts e-values together so that they remain e-values", "[deliver]") {
  constexpr auto nodes = md::detail::rule_nodes<md::all_of<a, md::any_of<b, c>>>();
  REQUIRE(nodes.size() == 5);
  const std::array<double, 3> logs{std::log(2.0), std::log(8.0), std::log(4.0)};
  // Harm of a (2), or of b and c (the smaller, 4), with weights 1 and 3 + 1.
  CHECK(std::exp(md::detail::rule_reader(nodes, logs).harm()) == Approx((1 * 2 + 4 * 4) / 5.0));
  // a is tolerated (2), and so is b or c (8 and 4, weights 3 and 1).
  CHECK(std::exp(md::detail::rule_reader(nodes, logs).tolerated()) == Approx(2));
  const std::array<double, 3> high{std::log(90.0), std::log(8.0), std::log(4.0)};
  CHECK(std::exp(md::detail::rule_reader(nodes, high).tolerated()) == Approx((3 * 8 + 4) / 4.0));
}

TEST_CASE("e-values of 0 and of infinity pass through a rule", "[deliver]") {
  constexpr auto nodes = md::detail::rule_nodes<md::all_of<a, c>>();
  const double none = md::detail::log_nothing;
  CHECK(md::detail::rule_reader(nodes, std::array<double, 2>{none, none}).harm() == none);
  CHECK(std::exp(md::detail::rule_reader(nodes, std::array<double, 2>{none, 0}).harm()) == Approx(0.5));
  CHECK(md::detail::rule_reader(nodes, std::array<double, 2>{-none, 0}).harm() == -none);
  CHECK(md::detail::rule_reader(nodes, std::array<double, 2>{-none, none}).tolerated() == none);
}
