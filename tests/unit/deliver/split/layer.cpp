#include <millrace/deliver/split/layer.hpp>

#include <millrace/deliver/split/layers.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

using plan = md::layers<md::layer<"ui", md::slice<"half", 50, md::weights<50, 30, 20>>, md::slice<"rest", 50>>>;

}  // namespace

TEST_CASE("slice: whoever is covered stays so as the coverage grows, with the same variant") {
  plan layers;
  auto& half = layers.get<"half">();
  CHECK(half.coverage() == 1);
  std::vector<std::uint32_t> full(2000);
  for (std::uint32_t unit = 0; unit < full.size(); ++unit) full[unit] = layers.assign<"half">(unit).variant;
  std::uint32_t before = 0;
  for (const double coverage : {0.0, 0.01, 0.2, 0.5, 0.99, 1.0}) {
    REQUIRE(half.set_coverage(coverage));
    std::uint32_t in = 0;
    for (std::uint32_t unit = 0; unit < full.size(); ++unit) {
      const md::assignment given = layers.assign<"half">(unit);
      if (given) {
        REQUIRE(given.variant == full[unit]);
        ++in;
      } else {
        REQUIRE(given.how ==
                (full[unit] == md::assignment::none ? md::placement::elsewhere : md::placement::not_covered));
      }
    }
    CHECK(in >= before);
    CHECK((in == 0) == (coverage == 0));
    before = in;
  }
}

TEST_CASE("slice: coverage, variant and place are independent of each other") {
  plan layers;
  REQUIRE(layers.get<"half">().set_coverage(0.5));
  std::uint32_t in_slice = 0;
  std::uint32_t covered = 0;
  std::uint32_t first = 0;
  for (std::uint32_t unit = 0; unit < 40'000; ++unit) {
    const md::assignment given = layers.assign<"half">(unit);
    in_slice += given.how != md::placement::elsewhere;
    covered += given ? 1U : 0U;
    first += given.variant == 0;
  }
  CHECK(in_slice > 19'600);
  CHECK(in_slice < 20'400);
  CHECK(covered > in_slice / 2 - 300);
  CHECK(covered < in_slice / 2 + 300);
  CHECK(first > covered / 2 - 200);
  CHECK(first < covered / 2 + 200);
}

TEST_CASE("slice: overrides are stronger than all else, and nonsense is refused") {
  plan layers;
  auto& half = layers.get<"half">();
  REQUIRE(half.set_coverage(0));
  REQUIRE(half.set_override("tester", 2));
  CHECK(layers.assign<"half">("tester") == md::assignment{2, md::placement::by_override, 1});
  CHECK(half.set_override("tester", 3).error().message() == "'half' has no variant 3");
  CHECK(half.erase_override("tester"));
  CHECK_FALSE(layers.assign<"half">("tester"));
  CHECK(half.set_coverage(1.5).error().message() == "the coverage of 'half' cannot be 1.5; it is from 0 to 1");
  CHECK(half.set_coverage(-0.1).error().code() == mr::errc::out_of_range);
  CHECK(half.set_coverage(std::numeric_limits<double>::quiet_NaN()).error().code() == mr::errc::out_of_range);
  CHECK(half.coverage() == 0);
}

TEST_CASE("slice: weights are given at run time, and a copy has all that was set") {
  plan layers;
  auto& rest = layers.get<"rest">();
  CHECK(rest.variants() == 1);
  rest.set_weights(md::any_weights::make({0, 1}).value());
  REQUIRE(rest.set_coverage(0.25));
  REQUIRE(rest.set_override(1, 0));
  plan copy;
  copy = layers;
  const plan other(layers);
  for (std::uint32_t unit = 0; unit < 200; ++unit) {
    const md::assignment given = layers.assign<"rest">(unit);
    REQUIRE((!given || given.variant == (unit == 1 ? 0 : 1)));
    REQUIRE(given == copy.assign<"rest">(unit));
    REQUIRE(given == other.assign<"rest">(unit));
  }
}
