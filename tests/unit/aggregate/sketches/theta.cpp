#include <millrace/aggregate/sketches/theta.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/concepts.hpp>

#include <laws/aggregator.hpp>
#include <support/sketch_questions.hpp>
#include <support/sketches.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

template <unsigned LgK>
mr::theta<LgK> of(std::int64_t begin, std::int64_t end) {
  mr::theta<LgK> sketch;
  for (std::int64_t i = begin; i < end; ++i) sketch.update(i);
  return sketch;
}

}  // namespace

TEST_CASE("theta: many items side by side are taken as they are: a vector, a span, an array of texts") {
  support::check_items_side_by_side<mr::theta<12>>();
}

TEST_CASE("a theta sketch of nothing counts nothing") {
  const mr::theta<> empty;
  CHECK(empty.empty());
  CHECK(empty.exact());
  CHECK(empty.estimate() == 0);
  CHECK(empty.bounds().upper == 0);
  CHECK(empty.relative_error() == 0);
}

TEST_CASE("a theta sketch is exact while its table holds") {
  auto sketch = of<5>(0, 60);
  sketch.update(std::span<const std::int64_t>(std::vector<std::int64_t>{3, 4, 5}));
  CHECK(sketch.exact());
  CHECK(sketch.estimate() == 60);
  CHECK(sketch.bounds().lower == 60);
  sketch.update(60);
  CHECK_FALSE(sketch.exact());
  CHECK(sketch.retained() == 32);
}

TEST_CASE("a theta sketch writes the bytes that DataSketches writes after the same updates") {
  for (const std::int64_t size : {0, 1, 2, 59, 60, 61, 500, 20'000})
    CHECK(of<5>(0, size).save() == support::golden_sketch("theta-5_" + std::to_string(size)));
  CHECK(of<12>(0, 100'000).save() == support::golden_sketch("theta-12_100000"));
}

TEST_CASE("unions, intersections and differences of theta sketches are the bytes of DataSketches") {
  const auto a = of<6>(0, 5000);
  const auto b = of<6>(3000, 20'000);
  const auto few = of<6>(4990, 5010);
  const auto none = of<6>(0, 0);
  const auto far = of<6>(50'000, 50'040);
  const auto check = [](const std::string& name, const mr::theta<6>& first, const mr::theta<6>& second) {
    CAPTURE(name);
    auto either = first;
    either.merge(second);
    either.trim();
    CHECK(either.save() == support::golden_sketch("theta-union_" + name));
    auto both = first;
    both.intersect(second);
    CHECK(both.save() == support::golden_sketch("theta-intersection_" + name));
    auto without = first;
    without.subtract(second);
    CHECK(without.save() == support::golden_sketch("theta-difference_" + name));
  };
  check("ab", a, b);
  check("ba", b, a);
  check("a_few", a, few);
  check("few_a", few, a);
  check("a_none", a, none);
  check("none_a", none, a);
  check("few_far", few, far);
}

TEST_CASE("a theta sketch is its own union and intersection, and nothing without itself") {
  const auto seen = of<5>(0, 1000);
  auto same = seen;
  same.merge(same);
  CHECK(same.save() == seen.save());
  same.intersect(same);
  CHECK(same.save() == seen.save());
  same.subtract(same);
  CHECK(same.estimate() == 0);
  CHECK_FALSE(same.exact());
  auto few = of<5>(0, 10);
  few.subtract(few);
  CHECK(few.empty());
}

TEST_CASE("a theta sketch keeps its stated error, and so do set operations relative to the union") {
  constexpr int trials = 60;
  double squares = 0, union_squares = 0, both_squares = 0, without_squares = 0, stated = 0;
  int outside = 0;
  for (std::int64_t trial = 0; trial < trials; ++trial) {
    const std::int64_t from = trial << 32;
    const auto a = of<9>(from, from + 40'000);
    const auto b = of<9>(from + 20'000, from + 60'000);
    auto either = a;
    either.merge(b);
    auto both = a;
    both.intersect(b);
    auto without = a;
    without.subtract(b);
    squares += std::pow(a.estimate() / 40'000 - 1, 2);
    union_squares += std::pow(either.estimate() / 60'000 - 1, 2);
    both_squares += std::pow((both.estimate() - 20'000) / 60'000, 2);
    without_squares += std::pow((without.estimate() - 20'000) / 60'000, 2);
    stated = a.relative_error();
    outside += a.bounds(2).lower > 40'000 || a.bounds(2).upper < 40'000;
    CHECK(both.bounds(4).lower <= 20'000);
    CHECK(both.bounds(4).upper >= 20'000);
  }
  CHECK(stated < 1 / std::sqrt(511.0));
  for (const double sum : {squares, union_squares, both_squares, without_squares})
    CHECK(std::sqrt(sum / trials) < 1.25 / std::sqrt(511.0));
  CHECK(outside <= 8);
}

TEST_CASE("theta sketches obey the laws of aggregators") {
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < 20'000; ++i) items.push_back(i * i % 7001);
  // Merging may leave more hashes than one stream does; both are estimates of the same number.
  laws::all([] { return mr::theta<9>(); }, items,
            [](const auto& a, const auto& b) { CHECK(laws::close(a.estimate(), b.estimate(), 0.2)); }, 3);
  laws::merging([] { return mr::theta<12>(); }, std::span<const std::int64_t>(items), laws::same_bytes);
}

TEST_CASE("a theta sketch reads what Apache DataSketches 5.2.0 wrote, packed or not") {
  std::size_t asked = 0;
  for (const auto* kind : {"theta", "theta_packed"})
    asked += support::check_golden_sketches<mr::theta<>>(kind, support::ask_theta<mr::theta<>>);
  CHECK(asked > 100);
  const auto large = mr::theta<5>::load(support::golden_sketch("theta-12_100000"));
  REQUIRE(large.has_value());
  CHECK(large->retained() == 32);
  CHECK(large->estimate() == Approx(100'000).epsilon(0.5));
}

TEST_CASE("damaged bytes of a theta sketch answer an error or a sketch that works") {
  const auto use = [](auto& sketch) {
    using type = std::remove_reference_t<decltype(sketch)>;
    type other = support::counted_on(sketch);
    other.intersect(sketch);
    sketch.merge(other);
    sketch.subtract(other);
    CHECK(type::load(sketch.save()).has_value());
  };
  for (const std::int64_t size : {0, 1, 2, 30, 500}) laws::hostile_bytes(of<5>(0, size), use);
  const auto packed = support::golden_sketch("theta_packed-5_500");
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    auto flipped = packed;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    if (auto loaded = mr::theta<5>::load(flipped)) use(*loaded);
  }
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK_FALSE(
        mr::theta<5>::load(std::vector<std::byte>(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size))));
}

TEST_CASE("what is wrong with the bytes of a theta sketch is said") {
  const auto code = support::code_of_changed<mr::theta<>>;
  const auto good = of<5>(0, 1000).save();
  CHECK(code(good, 2, 15) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 6, 0) == mr::errc::unsupported);
  CHECK(code(good, 5, 0) == mr::errc::unsupported);
  CHECK(code(good, 31, 0x7f) == mr::errc::corrupt);
  // Packed, says that it is empty, and has two hashes: found by fuzzing.
  std::vector<std::byte> empty_with_two;
  for (const int byte : {1,    4,    3,    61,   1,    0xff, 0x1f, 0x93, 2,    0x2d, 0x0c, 0x3a, 0xee,
                         0x5b, 0xef, 0xc8, 0xae, 0xa8, 0xbe, 0x82, 0xc8, 0xb8, 0xdc, 0xb4, 0})
    empty_with_two.push_back(static_cast<std::byte>(byte));
  CHECK(mr::theta<>::load(empty_with_two).error().code() == mr::errc::corrupt);
  CHECK(mr::theta<>::load(std::span(good).first(100)).error().code() == mr::errc::truncated);
}
