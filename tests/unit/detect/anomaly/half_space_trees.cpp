#include <millrace/detect/anomaly/half_space_trees.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <array>
#include <cmath>
#include <memory>
#include <type_traits>

namespace mr = millrace;

using trees = mr::detect::half_space_trees<3, mr::detect::arl<200>>;

TEST_CASE("rows far from the others score higher than they do") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<trees>);
  auto d = std::make_unique<trees>(7);
  support::normal_source normal(121);
  const auto usual = [&] { return std::array{0.3 + 0.03 * normal(), 0.5 + 0.03 * normal(), 0.7 + 0.03 * normal()}; };
  int flagged = 0;
  for (int i = 0; i < 5000; ++i) flagged += d->update(usual()).flagged;
  CHECK(flagged < 100);
  int above = 0;
  for (int i = 0; i < 100; ++i) {
    const mr::detect::anomaly odd = d->update(std::array{0.3 + 0.03 * normal(), 0.9, 0.1});
    const mr::detect::anomaly even = d->update(usual());
    above += odd.score > even.score;
    if (i < 20) CHECK(odd.flagged);  // later ones are no longer rare
  }
  CHECK(above > 95);
}

TEST_CASE("scores lie in [0, 1], for rows outside the unit cube too; others are flagged and left out") {
  auto d = std::make_unique<trees>(8);
  mr::random_engine engine(122);
  for (int i = 0; i < 2000; ++i) {
    const std::array row{3 * engine.uniform() - 1, engine.uniform(), engine.uniform()};
    const mr::detect::anomaly found = d->update(row);
    REQUIRE(found.score >= 0);
    REQUIRE(found.score <= 1);
  }
  const auto before = d->count();
  CHECK(d->update(std::array{std::nan(""), 0.5, 0.5}).flagged);
  CHECK(d->update(std::array{0.5, HUGE_VAL, 0.5}).flagged);
  CHECK(d->count() == before);
}

TEST_CASE("rows outside the unit cube are counted") {
  auto d = std::make_unique<trees>(9);
  for (int i = 0; i < 100; ++i) d->update(std::array{0., 1., 0.5});
  CHECK(d->clamped() == 0);
  for (int i = 0; i < 100; ++i) d->update(std::array{0.5, 300., -2.});  // once a row
  CHECK(d->clamped() == 100);
  d->update(std::array{0.5, 300., std::nan("")});
  CHECK(d->clamped() == 101);
  auto back = trees::load(d->save());
  REQUIRE(back);
  CHECK(back->clamped() == 101);
  d->reset();
  CHECK(d->clamped() == 0);
}

TEST_CASE("the same seed and rows give the same scores, another seed others") {
  auto a = std::make_unique<trees>(1);
  auto b = std::make_unique<trees>(1);
  auto c = std::make_unique<trees>(2);
  mr::random_engine engine(123);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::array row{engine.uniform(), engine.uniform() * 0.1, engine.uniform()};
    const double score = a->update(row).score;
    REQUIRE(score == b->update(row).score);
    differs = differs || score != c->update(row).score;
  }
  CHECK(differs);
  a->reset();
  auto fresh = std::make_unique<trees>(1);
  for (int i = 0; i < 600; ++i) {
    const std::array row{engine.uniform(), 0.5, 0.5};
    REQUIRE(a->update(row).score == fresh->update(row).score);
  }
}
