#include <millrace/deliver/shadow/comparison.hpp>

#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace md = millrace::deliver;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using numbers = std::vector<double>;

static_assert(md::comparison<md::within, double> && md::comparison<md::within, numbers>);
static_assert(md::comparison<md::same_class, std::string> && md::comparison<md::same_ranking, numbers>);
static_assert(!md::comparison<md::same_ranking, double>);
static_assert(md::comparison<bool (*)(int, int), int> && !md::comparison<int, double>);

bool agree(const auto& compare, const auto& a, const auto& b) {
  const bool one = compare(a, b).agrees;
  CHECK(one == compare(b, a).agrees);  // no comparison here prefers a side
  return one;
}

}  // namespace

TEST_CASE("comparison: numbers within an absolute or a relative tolerance agree") {
  const md::within near{.absolute = 0.25, .relative = 0.125};
  CHECK(agree(near, 1.0, 1.25));
  CHECK_FALSE(agree(near, 1.0, std::nextafter(1.25, 2)));
  CHECK(agree(near, 7.0, 8.0));  // an eighth of the greater
  CHECK_FALSE(agree(near, 7.0, 8.25));
  CHECK(agree(near, -7.0, -8.0));
  CHECK_FALSE(agree(near, -0.2, 0.2));
  CHECK(near(1.0, 1.25).distance == 0.25);
  CHECK(agree(near, 5, 5));
  CHECK_FALSE(agree(near, true, false));

  const md::within exactly{.absolute = 0, .relative = 0};
  CHECK(agree(exactly, 0.0, -0.0));
  CHECK_FALSE(agree(exactly, 1.0, std::nextafter(1.0, 2)));
}

TEST_CASE("comparison: numbers that are not finite agree with themselves at most") {
  const md::within near{.absolute = 1e300, .relative = 1};
  CHECK(agree(near, infinity, infinity));
  CHECK_FALSE(agree(near, infinity, -infinity));
  CHECK_FALSE(agree(near, infinity, 1e308));
  CHECK(near(infinity, 1.0).distance == infinity);
  CHECK_FALSE(agree(near, none, none));
  CHECK_FALSE(agree(near, none, 1.0));
  CHECK(std::isnan(near(none, 1.0).distance));
  const md::within both{.nan_equals_nan = true};
  CHECK(agree(both, none, none));
  CHECK_FALSE(agree(both, none, 1.0));
}

TEST_CASE("comparison: all of several numbers have to be near") {
  const md::within near{.absolute = 0.5, .relative = 0};
  CHECK(agree(near, numbers{1, 2, 3}, numbers{1.5, 2, 2.5}));
  CHECK_FALSE(agree(near, numbers{1, 2, 3}, numbers{1, 2, 4}));
  CHECK(near(numbers{1, 2, 3}, numbers{1.25, 2, 5}).distance == 2);
  CHECK_FALSE(agree(near, numbers{1, 2}, numbers{1, 2, 3}));
  CHECK(agree(near, numbers{}, numbers{}));
  CHECK(std::isnan(near(numbers{none, 2}, numbers{1, 9}).distance));
  CHECK(agree(near, std::array<float, 2>{1, 2}, std::array<float, 2>{1, 2.5}));
  CHECK(agree(near, std::string("a"), std::string("a")));
  CHECK_FALSE(agree(near, std::string("a"), std::string("b")));
}

TEST_CASE("comparison: a class is the greatest score, a score above the threshold, or a label") {
  const md::same_class same;
  CHECK(agree(same, numbers{0.2, 0.7, 0.1}, numbers{0.3, 0.4, 0.3}));
  CHECK_FALSE(agree(same, numbers{0.2, 0.7, 0.1}, numbers{0.5, 0.4, 0.1}));
  CHECK(agree(same, numbers{0.5, 0.5}, numbers{0.6, 0.4}));  // the first of equal ones
  CHECK_FALSE(agree(same, numbers{0.2, none}, numbers{0.2, none}));
  CHECK_FALSE(agree(same, numbers{}, numbers{}));
  CHECK_FALSE(agree(same, numbers{0.1, 0.9}, numbers{0.1, 0.2, 0.7}));
  CHECK(agree(same, 0.51, 0.99));
  CHECK_FALSE(agree(same, 0.5, 0.51));
  CHECK_FALSE(agree(same, none, none));
  CHECK(agree(md::same_class{.threshold = 0.9}, numbers{0.8}, numbers{0.1}));
  CHECK(agree(same, 3, 3));
  CHECK_FALSE(agree(same, std::string("fraud"), std::string("fine")));
  CHECK(same(1, 2).distance == 1);
}

TEST_CASE("comparison: a ranking is the order of the first items") {
  const md::same_ranking first{.top = 2};
  CHECK(agree(first, numbers{5, 9, 1, 2}, numbers{3, 4, 0, 1}));
  CHECK_FALSE(agree(first, numbers{5, 9, 1, 2}, numbers{4, 3, 0, 1}));  // the other order
  CHECK(first(numbers{5, 9, 1, 2}, numbers{4, 3, 0, 1}).distance == 0);
  CHECK(first(numbers{5, 9, 1, 2}, numbers{0, 9, 8, 1}).distance == 0.5);
  CHECK(agree(first, numbers{1, 1, 1}, numbers{2, 2, 0}));  // of equal ones the first
  CHECK(agree(md::same_ranking{}, numbers{1, 2}, numbers{5, 6}));
  CHECK_FALSE(agree(first, numbers{none, 1}, numbers{none, 1}));
  CHECK_FALSE(agree(first, numbers{1}, numbers{1, 2}));
  CHECK(agree(first, numbers{}, numbers{}));
}
