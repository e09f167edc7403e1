#include <millrace/deliver/split/weights.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;
namespace md = millrace::deliver;

namespace {

/// The numbers of a text with commas between them.
std::vector<double> numbers(const std::string& text) {
  std::istringstream from(text);
  std::vector<double> all;
  for (std::string one; std::getline(from, one, ',');) all.push_back(std::stod(one));
  return all;
}

/// The variants of so many units.
std::vector<std::uint32_t> placed(const std::vector<double>& weights, std::size_t units) {
  double total = 0;
  for (const double weight : weights) total += weight;
  const auto split = md::any_weights::make(weights, total).value();
  std::vector<std::uint32_t> all(units);
  for (std::size_t i = 0; i < units; ++i) all[i] = split.variant(md::unit_hash("places", i));
  return all;
}

std::vector<double> random_weights(mr::random_engine& random) {
  std::vector<double> weights(2 + random.below(7));
  for (double& weight : weights) weight = random.below(5) == 0 ? 0 : random.uniform();
  weights[random.below(weights.size())] = 1;
  return weights;
}

static_assert(md::split_weights<md::any_weights> && md::split_weights<md::weights<100>>);
static_assert(md::weights<80, 20>::share(1) == 0.2 && md::weights<995, 5>::share(1) == 0.005);
static_assert(sizeof(md::weights<80, 20>) == 1);

}  // namespace

TEST_CASE("weights: a second implementation gives every unit the same variant") {
  std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/variants.txt");
  std::size_t read = 0;
  for (std::string weights, salt, variants; file >> weights >> salt >> variants; ++read) {
    const auto split = md::any_weights::make(numbers(weights), weights.size() > 80 ? 624 : 100).value();
    const md::salt by(salt == "-" ? "" : salt);
    bool same = true;
    std::uint64_t unit = 0;
    for (const double variant : numbers(variants)) same = same && split.variant(md::unit_hash(by, unit++)) == variant;
    INFO(weights);
    CHECK(same);
    CHECK(unit == 100);
  }
  CHECK(read == 20);
}

TEST_CASE("weights: those in the type place units as those in a value do") {
  const auto split = md::any_weights::make({40, 20, 0, 10, 10, 10, 10}, 100).value();
  constexpr md::weights<40, 20, 0, 10, 10, 10, 10> typed;
  std::array<std::uint32_t, 7> counts{};
  bool same = true;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    const std::uint64_t hash = md::unit_hash("typed", i);
    same = same && split.variant(hash) == typed.variant(hash);
    ++counts[split.variant(hash)];
  }
  CHECK(same);
  CHECK(counts[2] == 0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    CHECK(split.share(i) == typed.share(i));
    const double share = typed.share(i);
    CHECK(std::fabs(counts[i] - 50'000 * share) <= 4 * std::sqrt(50'000 * share * (1 - share)));
  }
}

TEST_CASE("weights: of two variants, the second has the units whose point is less than its share") {
  const auto split = md::any_weights::make({0.7, 0.3}).value();
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const std::uint64_t hash = md::unit_hash("two", i);
    REQUIRE((split.variant(hash) == 1) == (md::unit_point(hash) < 0.3));
  }
  CHECK(split.variant(0) == 1);
  for (const std::uint64_t hash : {std::uint64_t{0}, ~std::uint64_t{0}}) {  // a weight of 0 has nobody, at either end
    CHECK(md::any_weights::make({1, 0}).value().variant(hash) == 0);
    CHECK(md::any_weights::make({0, 1}).value().variant(hash) == 1);
    CHECK(md::any_weights::make({0, 0, 1, 0}).value().variant(hash) == 2);
  }
  CHECK(split.variant(~std::uint64_t{0}) == 0);
}

TEST_CASE("weights: where one weight grows, nobody leaves its variant; where one shrinks, nobody enters it") {
  mr::random_engine random(1);
  std::size_t entered = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<double> weights = random_weights(random);
    const auto small_one = placed(weights, 500);
    const std::size_t grown = random.below(weights.size());
    weights[grown] += random.uniform();
    const auto large_one = placed(weights, 500);
    for (std::size_t i = 0; i < small_one.size(); ++i) {
      if (small_one[i] == grown) REQUIRE(large_one[i] == grown);
      entered += small_one[i] != grown && large_one[i] == grown;
    }
  }
  CHECK(entered > 1000);
}

TEST_CASE("weights: where the first variant gives to all others alike, nobody leaves these") {
  mr::random_engine random(2);
  std::size_t moved = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<double> weights = random_weights(random);
    weights[0] += 1;
    const auto before = placed(weights, 500);
    const double factor = 1 + random.uniform();
    for (std::size_t i = 1; i < weights.size(); ++i) weights[i] *= factor;
    weights[0] *= random.uniform();
    const auto after = placed(weights, 500);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (after[i] == before[i]) continue;
      REQUIRE(before[i] == 0);
      ++moved;
    }
  }
  CHECK(moved > 1000);
}

TEST_CASE("weights: what makes no sense is refused, by name") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto why = [](std::vector<double> weights, double total = 1) {
    return md::any_weights::make(weights, total).error().message();
  };
  CHECK(why({}) == "a split needs at least one weight");
  CHECK(why({0.5, nan}) == "the weight of variant 1 is NaN");
  CHECK(why({infinity, 0.5}) == "the weight of variant 0 is Infinity");
  CHECK(why({0.5, -0.5, 1}) == "the weight of variant 1 is -0.5; it must not be negative");
  CHECK(why({0, 0}) == "the weights sum to 0, not to 1");
  CHECK(why({80, 20}) == "the weights sum to 100, not to 1");
  CHECK(why({80, 30}, 100) == "the weights sum to 110, not to 100");
  CHECK(why({0, 0}, 0) == "weights cannot sum to 0");
  CHECK(why({1}, nan) == "weights cannot sum to NaN");
  CHECK(why(std::vector<double>(33, 1.0 / 33)) == "33 weights; a split has at most 32 variants");
  CHECK(md::any_weights::make(std::vector<double>(32, 1.0 / 32)).has_value());
  CHECK(md::any_weights::make({0.1, 0.2, 0.7}).has_value());
  CHECK(md::any_weights::make({1e308, 1e308}, 1e308).error().code() == mr::errc::invalid_argument);
  CHECK(md::any_weights().size() == 1);
  CHECK(md::any_weights().share(0) == 1);
}
