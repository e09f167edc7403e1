#include <millrace/deliver/split/layers.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace md = millrace::deliver;

namespace {

// [layers]
using plan = md::layers<
    md::holdout<"nobody", 10>,
    md::layer<"ui", md::slice<"button", 40, md::weights<50, 50>>, md::slice<"banner", 50, md::weights<50, 30, 20>>>,
    md::layer<"ranking", md::slice<"model", 100, md::weights<90, 10>>>>;
// [/layers]

std::string text(const md::assignment& given) {
  return given ? std::to_string(given.variant) : std::string(name(given.how));
}

}  // namespace

TEST_CASE("layers: a second implementation places every unit alike") {
  // [coverage]
  plan layers;
  const auto set = layers.get<"button">().set_coverage(0.5);  // half of its units take part
  // [/coverage]
  REQUIRE(set);
  std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/layers.txt");
  std::size_t read = 0;
  for (std::string user, button, banner; file >> user >> button >> banner; ++read) {
    REQUIRE(text(layers.assign<"button">(user)) == button);
    REQUIRE(text(layers.assign<"banner">(user)) == banner);
  }
  CHECK(read == 300);
}

TEST_CASE("layers: slices of one layer exclude each other, and a held-out unit is in none of any layer") {
  const plan layers;
  std::uint32_t held = 0;
  std::uint32_t button = 0;
  std::uint32_t banner = 0;
  for (std::uint32_t unit = 0; unit < 20'000; ++unit) {
    std::uint32_t in = 0;
    std::uint32_t slices = 0;
    layers.assign_each(unit, [&](std::string_view slice, const md::assignment& given) {
      if (layers.held_out(unit)) REQUIRE(given.how == md::placement::held_out);
      if (slice != "model") in += given ? 1U : 0U;
      if (slice == "button") REQUIRE(given == layers.assign<"button">(unit));
      ++slices;
    });
    REQUIRE(slices == 3);
    REQUIRE(in <= 1);
    held += layers.held_out(unit);
    button += layers.assign<"button">(unit) ? 1U : 0U;
    banner += layers.assign<"banner">(unit) ? 1U : 0U;
  }
  const auto near = [](double count, double share) {
    return std::fabs(count - 20'000 * share) < 4 * std::sqrt(20'000 * share * (1 - share));
  };
  CHECK(near(held, 0.1));
  CHECK(near(button, 0.9 * 0.4));
  CHECK(near(banner, 0.9 * 0.5));
}

TEST_CASE("layers: what a unit has in one layer says nothing about the other") {
  const plan layers;
  std::array<std::array<double, 2>, 3> both{};
  double total = 0;
  for (std::uint32_t unit = 0; unit < 50'000; ++unit) {
    const md::assignment banner = layers.assign<"banner">(unit);
    if (!banner) continue;
    ++both[banner.variant][layers.assign<"model">(unit).variant];
    ++total;
  }
  constexpr std::array rows{0.5, 0.3, 0.2};
  constexpr std::array columns{0.9, 0.1};
  double statistic = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      const double expected = total * rows[i] * columns[j];
      statistic += (both[i][j] - expected) * (both[i][j] - expected) / expected;
    }
  CHECK(statistic < 20.5);  // chi-squared with 5 degrees of freedom: 0.001
}

TEST_CASE("layers: a unit without an id takes part in nothing") {
  const plan layers;
  layers.assign_each("", [](std::string_view, const md::assignment& given) {
    CHECK_FALSE(given);
    CHECK(given.how == md::placement::no_unit);
  });
}

TEST_CASE("layers: nothing is allocated, whatever the id is") {
  const plan layers;
  const std::string id = "a user with a name of more than thirty-two bytes";
  std::uint32_t sum = 0;
  CHECK(support::allocations_of([&] {
          sum += layers.assign<"model">(id).variant + layers.assign<"button">(std::string_view()).variant +
                 layers.assign<"banner">(-1).variant;
        }) == 0);
  CHECK(sum != 1);
}
