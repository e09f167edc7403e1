#include <millrace/aggregate/sketches/count_min.hpp>

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

template <unsigned Buckets, unsigned Rows>
void check_golden(int size) {
  mr::count_min<Buckets, Rows> sketch;
  for (int i = 0; i < size; ++i) {
    sketch.update(i * i % 977);
    sketch.update("item" + std::to_string(i % 50), mr::weight(0.5));
  }
  CAPTURE(Buckets, Rows, size);
  CHECK(sketch.save() == support::golden_sketch("count_min-" + std::to_string(Rows) + "_" + std::to_string(Buckets) +
                                                "_" + std::to_string(size)));
}

}  // namespace

TEST_CASE("count_min: many items side by side are taken as they are: a vector, a span, an array of texts") {
  support::check_items_side_by_side<mr::count_min<>>();
}

TEST_CASE("a count-min sketch of nothing has no weights") {
  const mr::count_min<> empty;
  CHECK(empty.empty());
  CHECK(empty.total() == 0);
  CHECK(empty.estimate("x") == 0);
  CHECK(empty.rows() == 4);
  CHECK(empty.buckets() == 1024);
}

TEST_CASE("a count-min sketch writes the bytes that DataSketches writes after the same updates") {
  for (const int size : {0, 1, 5000}) {
    check_golden<3, 1>(size);
    check_golden<100, 3>(size);
    check_golden<64, 5>(size);
  }
}

TEST_CASE("estimates of a count-min sketch are never too low, and too high as rarely as stated") {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    mr::random_engine random(seed);
    mr::count_min<256, 3> sketch;
    std::vector<int> counts(5000);
    constexpr int size = 100'000;
    for (int i = 0; i < size; ++i) {
      const std::size_t item = random.below(1 + random.below(counts.size()));
      ++counts[item];
      sketch.update(item + (seed << 32));
    }
    int beyond = 0;
    for (std::size_t item = 0; item < counts.size(); ++item) {
      const double estimate = sketch.estimate(item + (seed << 32));
      CHECK(estimate >= counts[item]);
      beyond += estimate > counts[item] + sketch.epsilon() * size;
    }
    CHECK(sketch.total() == size);
    CHECK(beyond < (1 - sketch.confidence()) * 5000);
  }
}

TEST_CASE("weights that are no positive numbers, and empty texts, leave a count-min sketch as it was") {
  mr::count_min<> sketch;
  for (const double weight : {0.0, -1.0, std::nan(""), 1.0 / 0.0}) sketch.update("x", mr::weight(weight));
  sketch.update("");
  CHECK(sketch.empty());
  sketch.update("x", mr::weight(0.75));
  CHECK(sketch.estimate("x") == 0.75);
}

TEST_CASE("count-min sketches obey the laws of aggregators") {
  std::vector<std::int64_t> items;
  for (std::int64_t i = 0; i < 3000; ++i) items.push_back(i * i % 701);
  laws::all([] { return mr::count_min<50, 3>(); }, items, laws::same_bytes, 2);
}

TEST_CASE("count-min sketches of different shapes do not merge") {
  mr::count_min<50, 3> a;
  a.update(1);
  const auto before = a.save();
  mr::count_min<60, 3> wide;
  wide.update(1);
  const auto b = mr::count_min<50, 3>::load(wide.save());
  REQUIRE(b.has_value());
  CHECK(b->buckets() == 60);
  const auto merged = a.merge(*b);
  REQUIRE_FALSE(merged.has_value());
  CHECK(merged.error().code() == mr::errc::shape_mismatch);
  CHECK(a.save() == before);
}

TEST_CASE("a count-min sketch merges with itself") {
  mr::count_min<50, 3> a;
  a.update(1);
  CHECK(a.merge(a).has_value());
  CHECK(a.estimate(1) == 2);
}

TEST_CASE("a count-min sketch reads what Apache DataSketches 5.2.0 wrote") {
  using sketch = mr::count_min<>;
  CHECK(support::check_golden_sketches<sketch>("count_min", support::ask_count_min<sketch>) > 90);
}

TEST_CASE("damaged bytes of a count-min sketch answer an error or a sketch that works") {
  const auto use = [](auto& sketch) {
    sketch.update(3);
    CHECK(sketch.estimate(3) >= 1);
    CHECK(sketch.merge(sketch).has_value());
  };
  mr::count_min<7, 3> sketch;
  laws::hostile_bytes(sketch, use);
  for (int i = 0; i < 20; ++i) sketch.update(i);
  laws::hostile_bytes(sketch, use);
}

TEST_CASE("what is wrong with the bytes of a count-min sketch is said") {
  const auto code = support::code_of_changed<mr::count_min<>>;
  mr::count_min<7, 3> sketch;
  sketch.update(1);
  const auto good = sketch.save();
  CHECK(code(good, 2, 15) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 0, 1) == mr::errc::corrupt);
  CHECK(code(good, 8, 2) == mr::errc::corrupt);
  CHECK(code(good, 8, 8) == mr::errc::truncated);
  CHECK(code(good, 11, 0xff) == mr::errc::unsupported);
  CHECK(code(mr::count_min<>().save(), 10, 0xff) == mr::errc::unsupported);
  CHECK(code(good, 13, 0) == mr::errc::unsupported);
  CHECK(code(good, 22, 0xe0) == mr::errc::corrupt);
  CHECK(code(good, 23, 0xff) == mr::errc::not_finite);
  CHECK(mr::count_min<>::load(std::span(good).first(good.size() - 1)).error().message() ==
        "count-min image: it ends too soon");
}

TEST_CASE("a count-min sketch leaves out weights with which the total is not finite, and loads again") {
  using sketch = mr::count_min<50, 3>;
  sketch a;
  a.update("x", mr::weight(1e308));
  a.update("x", mr::weight(1e308));
  CHECK(a.total() == 1e308);
  CHECK(a.estimate("x") == 1e308);
  const auto saved = a.save();
  const auto merged = a.merge(a);
  REQUIRE_FALSE(merged);
  CHECK(merged.error().code() == mr::errc::out_of_range);
  CHECK(a.save() == saved);
  REQUIRE(sketch::load(saved));
  a.update("y", mr::weight(7e307));
  CHECK(a.total() == 1.7e308);
  CHECK(sketch::load(a.save()));
}
