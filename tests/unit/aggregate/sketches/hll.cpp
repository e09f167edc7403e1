#include <millrace/aggregate/sketches/hll.hpp>

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

template <unsigned LgK, unsigned Bits>
mr::hll<LgK, Bits> of(std::int64_t begin, std::int64_t end) {
  mr::hll<LgK, Bits> sketch;
  for (std::int64_t i = begin; i < end; ++i) sketch.update(i);
  return sketch;
}

template <unsigned LgK, unsigned Bits>
void check_stream(std::int64_t size) {
  CAPTURE(LgK, Bits, size);
  const auto name = std::to_string(LgK) + "_" + std::to_string(Bits) + "_" + std::to_string(size);
  CHECK(of<LgK, Bits>(0, size).save() == support::golden_sketch("hll-" + name));
}

template <unsigned Bits>
void check_streams() {
  for (const std::int64_t size : {0, 5, 8, 3000}) check_stream<4, Bits>(size);
  check_stream<7, Bits>(1000);
  for (const std::int64_t size : {7, 8, 90, 97, 500, 20'000, 3'000'000}) check_stream<10, Bits>(size);
}

template <unsigned Bits>
void check_unions() {
  using sketch = mr::hll<10, Bits>;
  struct range {
    std::int64_t begin, end;
  };
  const auto check = [](const std::string& name, const std::vector<range>& parts) {
    sketch all;
    for (const range& part : parts) all.merge(of<10, Bits>(part.begin, part.end));
    CAPTURE(name, Bits);
    CHECK(all.save() == support::golden_sketch("hll-union_" + name + "_" + std::to_string(Bits)));
  };
  check("two", {{0, 5000}, {3000, 30'000}});
  check("list_and_array", {{0, 6}, {4, 9000}});
  check("array_and_set", {{0, 9000}, {8990, 9050}});
  check("sets", {{0, 50}, {40, 90}});
  std::vector<range> many;
  for (std::int64_t i = 0; i < 20; ++i) many.push_back({i * 100, i * 150 + 300});
  check("many", many);
}

}  // namespace

TEST_CASE("hll: many items side by side are taken as they are: a vector, a span, an array of texts") {
  support::check_items_side_by_side<mr::hll<12>>();
}

TEST_CASE("MurmurHash3 gives the known hashes") {
  // SMHasher's reference implementation, as quoted in Guava's and Cassandra's tests.
  const std::string fox = "The quick brown fox jumps over the lazy dog";
  const auto hash = mr::detail::murmur3::hash(fox.data(), fox.size(), 0);
  CHECK(hash.low == 0xe34bbc7bbc071b6cU);
  CHECK(hash.high == 0x7a433ca9c49a9347U);
  CHECK(mr::detail::murmur3::hash("", 0, 0).low == 0);
  for (const std::uint64_t word :
       {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{0x0123456789abcdefU}}) {
    const auto direct = mr::detail::murmur3::hash(word);
    const auto bytes = mr::detail::murmur3::hash(&word, sizeof word);
    CHECK(direct.low == bytes.low);
    CHECK(direct.high == bytes.high);
  }
}

TEST_CASE("an HLL sketch of nothing counts nothing") {
  const mr::hll<> empty;
  CHECK(empty.empty());
  CHECK(empty.estimate() == 0);
  CHECK(empty.bounds().lower == 0);
  CHECK(empty.bounds().upper == 0);
}

TEST_CASE("an HLL sketch writes the bytes that DataSketches writes after the same updates") {
  check_streams<4>();
  check_streams<6>();
  check_streams<8>();
}

TEST_CASE("an HLL sketch hashes text, fractions and whole numbers as DataSketches does") {
  mr::hll<10, 8> mixed;
  for (int i = 0; i < 2000; ++i) {
    mixed.update("item " + std::to_string(i));
    mixed.update(i / 8.0);
  }
  mixed.update(-0.0);
  mixed.update(std::nan(""));
  mixed.update("");
  mixed.update(-5);
  CHECK(mixed.save() == support::golden_sketch("hll-mixed_items"));
}

TEST_CASE("merged HLL sketches are the bytes of DataSketches' union") {
  check_unions<4>();
  check_unions<6>();
  check_unions<8>();
  mr::hll<10, 4> sizes;
  const auto bytes_of = [](const auto& sketch) { return *mr::hll<10, 4>::load(sketch.save()); };
  sizes.merge(bytes_of(of<12, 4>(0, 9000)));
  sizes.merge(bytes_of(of<8, 4>(4000, 20'000)));
  sizes.merge(bytes_of(of<11, 4>(0, 100)));
  CHECK(sizes.lg_k() == 8);
  CHECK(sizes.save() == support::golden_sketch("hll-union_sizes_4"));
}

TEST_CASE("one item is one item, whatever its type") {
  mr::hll<> sketch;
  sketch.update(7);
  sketch.update(std::uint8_t{7});
  sketch.update(std::uint64_t{7});
  CHECK(sketch.estimate() == 1);
  sketch.update(7.0);
  sketch.update(7.0F);
  sketch.update("7");
  sketch.update(std::string_view("7"));
  CHECK(sketch.estimate() == Approx(3));
}

TEST_CASE("an HLL sketch keeps its stated error, of one stream and of merged ones, whatever the number of items") {
  for (const std::int64_t size : {100, 1000, 5000, 100'000}) {
    double squares = 0;
    double merged_squares = 0;
    double stated = 0;
    double merged_stated = 0;
    int outside = 0;
    constexpr int trials = 100;
    for (std::int64_t trial = 0; trial < trials; ++trial) {
      const std::int64_t from = trial << 32;
      const auto sketch = of<10, 8>(from, from + size);
      auto merged = of<10, 8>(from, from + size / 2 + 1);
      merged.merge(of<10, 8>(from + size / 3, from + size));
      const auto n = static_cast<double>(size);
      squares += std::pow(sketch.estimate() / n - 1, 2);
      merged_squares += std::pow(merged.estimate() / n - 1, 2);
      stated = sketch.relative_error();
      merged_stated = merged.relative_error();
      const auto bounds = merged.bounds(2);
      CHECK(bounds.lower <= merged.estimate());
      CHECK(merged.estimate() <= bounds.upper);
      outside += bounds.lower > n || bounds.upper < n;
    }
    CAPTURE(size);
    // Sampled over 100 trials, a deviation of the deviation of 7 %.
    CHECK(std::sqrt(squares / trials) < 1.25 * std::max(stated, 1e-4));
    CHECK(std::sqrt(merged_squares / trials) < 1.25 * std::max(merged_stated, 1e-4));
    CHECK(outside <= 12);
  }
}

TEST_CASE("a span of any numbers updates an HLL sketch to the same bytes as one by one") {
  std::vector<float> fractions{0.0F, -0.0F, std::nanf(""), -std::nanf("1")};
  std::vector<std::int8_t> narrow;
  for (int i = 0; i < 300; ++i) {
    fractions.push_back(static_cast<float>(i) / 8);
    narrow.push_back(static_cast<std::int8_t>(i));
  }
  laws::span_is_singles([] { return mr::hll<6>(); }, std::span<const float>(fractions), laws::same_bytes, 1);
  laws::span_is_singles([] { return mr::hll<6>(); }, std::span<const std::int8_t>(narrow), laws::same_bytes, 2);
}

TEST_CASE("HLL sketches obey the laws of aggregators") {
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < 20'000; ++i) items.push_back(i * i % 7001);
  laws::all([] { return mr::hll<9>(); }, items,
            [](const auto& a, const auto& b) { CHECK(laws::close(a.estimate(), b.estimate(), 0.2)); }, 3);
  const std::span<const std::int64_t> few(items.data(), 60);
  const auto same = [](const auto& a, const auto& b) { CHECK(a.estimate() == b.estimate()); };
  laws::merging([] { return mr::hll<12>(); }, few, same);
}

namespace {

template <unsigned LgK>
void check_merged(std::int64_t items, double theirs, double within) {
  mr::hll<LgK> merged;
  for (std::int64_t part = 0; part < 4; ++part) merged.merge(of<LgK, 4>(items * part / 4, items * (part + 1) / 4));
  CHECK(merged.estimate() == Approx(theirs).epsilon(within));
}

}  // namespace

// Whole numbers from 0 on, in four sketches of equal parts and their union: datasketches 5.2.0,
// hll_union(lg_k).get_result(HLL_4).get_estimate(). Its table was measured, for few registers more roughly.
TEST_CASE("merged HLL sketches estimate what Apache DataSketches estimates") {
  check_merged<12>(5000, 4985.752394069877, 1e-5);
  check_merged<12>(8192, 8199.344961911585, 1e-5);
  check_merged<12>(12288, 12272.695349063446, 1e-5);
  check_merged<12>(20480, 20757.915372812316, 1e-5);
  check_merged<12>(81920, 82940.21949675452, 1e-5);
  check_merged<14>(16384, 16413.676299312763, 1e-5);
  check_merged<14>(327680, 328677.35168188775, 1e-5);
  check_merged<10>(1024, 1048.335883610878, 1e-5);
  check_merged<10>(3072, 3221.9667068351478, 1e-5);
  check_merged<10>(20480, 21137.52161632697, 2e-5);
  check_merged<7>(256, 248.91256861498812, 5e-5);
  check_merged<7>(384, 372.57990363641846, 5e-5);
  check_merged<7>(2560, 2557.421349133637, 5e-5);
  check_merged<4>(32, 34.738615339107014, 4e-3);
  check_merged<4>(48, 47.38852287527783, 4e-3);
  check_merged<4>(320, 284.59602782383297, 4e-3);
}

TEST_CASE("merged HLL sketches estimate the same in any order") {
  const auto a = of<9, 4>(0, 4000);
  const auto b = of<9, 4>(3000, 9000);
  const auto c = of<9, 4>(20'000, 20'500);
  auto ab_c = a;
  ab_c.merge(b);
  ab_c.merge(c);
  auto c_ba = c;
  c_ba.merge(b);
  c_ba.merge(a);
  CHECK(ab_c.save() == c_ba.save());
  auto again = ab_c;
  again.merge(a);
  CHECK(again.save() == ab_c.save());
}

TEST_CASE("an HLL sketch comes back from its bytes with the same answers and bytes") {
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.estimate() == b.estimate());
    CHECK(a.lg_k() == b.lg_k());
    CHECK(a.bits() == b.bits());
  };
  for (const std::int64_t size : {0, 1, 7, 8, 40, 96, 97, 5000, 200'000}) {
    laws::save_and_load(of<10, 4>(0, size), same);
    laws::save_and_load(of<10, 6>(0, size), same);
    laws::save_and_load(of<10, 8>(0, size), same);
    laws::save_and_load(of<4, 4>(0, size), same);
  }
  const auto more = std::vector<std::int64_t>{-1, -2, -3, -4, -5};
  laws::save_and_go_on(of<10, 4>(0, 20'000), std::span<const std::int64_t>(more), same);
}

TEST_CASE("an HLL sketch reads what Apache DataSketches 5.2.0 wrote") {
  std::size_t asked = 0;
  for (const auto* kind : {"hll", "hll_updatable"})
    asked += support::check_golden_sketches<mr::hll<>>(kind, support::ask_hll<mr::hll<>>);
  CHECK(asked > 100);
}

TEST_CASE("damaged bytes of an HLL sketch answer an error or a sketch that works") {
  const auto use = [](auto& sketch) {
    using type = std::remove_reference_t<decltype(sketch)>;
    sketch.merge(support::counted_on(sketch));
    CHECK(type::load(sketch.save()).has_value());
  };
  for (const std::int64_t size : {0, 1, 7, 20}) laws::hostile_bytes(of<8, 4>(0, size), use);
  laws::hostile_bytes(of<4, 4>(0, 100), use);
  laws::hostile_bytes(of<5, 6>(0, 100), use);
  laws::hostile_bytes(of<5, 8>(0, 100'000), use);
  laws::hostile_bytes(of<7, 4>(0, 1'000'000), use);
}

TEST_CASE("what is wrong with the bytes of an HLL sketch is said") {
  const auto code = support::code_of_changed<mr::hll<>>;
  const auto good = of<8, 4>(0, 1000).save();
  CHECK(code(good, 2, 15) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 3, 3) == mr::errc::corrupt);
  CHECK(code(good, 15, 0xff) == mr::errc::corrupt);
  CHECK(code(good, 22, 0xff) == mr::errc::corrupt);
  CHECK(mr::hll<>::load(std::span(good).first(100)).error().code() == mr::errc::truncated);
}
