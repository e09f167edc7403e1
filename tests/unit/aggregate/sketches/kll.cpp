#include <millrace/aggregate/sketches/kll.hpp>

#include <support/catch.hpp>

#include <laws/aggregator.hpp>
#include <support/quantile_sketches.hpp>
#include <support/sketch_questions.hpp>
#include <support/sketches.hpp>
#include <support/streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double ps[] = {0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
using support::digest_of;
using support::sketch_of;

}  // namespace

TEST_CASE("a KLL sketch of nothing has no quantiles") {
  const mr::kll<> empty;
  support::check_no_quantiles(empty);
  CHECK(empty.count() == 0);
  CHECK(empty.exact());
  CHECK_FALSE(empty.pmf(std::vector<double>{1}).has_value());
}

TEST_CASE("a KLL sketch is exact up to K values") {
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 16, 17, 199, 200}) {
    auto values = support::make_stream("log-normal", size, size).values;
    const auto sketch = sketch_of<mr::kll<200>>(values);
    std::sort(values.begin(), values.end());
    CHECK(sketch.exact());
    CHECK(sketch.rank_error() == 0);
    for (const double p : ps) {
      const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(p * static_cast<double>(size))));
      CHECK(sketch.quantile(p) == values[rank - 1]);
    }
    CHECK(sketch.rank(values[size / 2]) == static_cast<double>(size / 2 + 1) / static_cast<double>(size));
    CHECK(sketch.rank(values[0] - 1) == 0);
  }
  CHECK(sketch_of<mr::kll<200>>({1, 2, 3, 4, 5, 6, 7, 8}).median() == 4);
  CHECK(sketch_of<mr::kll<200>>({1, 2, 3, 4, 5, 6, 7, 8}).interquartile_range() == 4);
}

TEST_CASE("cdf and pmf of a KLL sketch agree with rank") {
  const auto sketch = sketch_of<mr::kll<200>>(support::make_stream("uniform", 50000, 5).values);
  const std::vector<double> points{-1, 0.2, 0.5, 0.9, 2};
  const auto cdf = sketch.cdf(points);
  const auto pmf = sketch.pmf(points);
  REQUIRE(pmf.has_value());
  REQUIRE(pmf->size() == points.size() + 1);
  double sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    CHECK(cdf[i] == sketch.rank(points[i]));
    CHECK((sum += (*pmf)[i]) == Approx(cdf[i]));
  }
  CHECK(sum + pmf->back() == Approx(1));
  CHECK(sketch.pmf(std::vector<double>{1, 1}).error().code() == mr::errc::invalid_argument);
  CHECK_FALSE(sketch.pmf(std::vector<double>{std::nan("")}).has_value());
}

TEST_CASE("a KLL sketch leaves NaN out and counts infinities") {
  const double infinity = std::numeric_limits<double>::infinity();
  mr::kll<> sketch;
  for (const double v : {std::nan(""), infinity, 1.0, -infinity, std::nan("")}) sketch.update(v);
  CHECK(sketch.count() == 3);
  CHECK(sketch.min() == -infinity);
  CHECK(sketch.median() == 1);
  CHECK(sketch.max() == infinity);
}

TEST_CASE("a span updates a KLL sketch to the same bytes as its values one by one") {
  for (const auto& name : support::stream_names()) {
    auto values = support::make_stream(name, 700000, 3).values;
    mr::random_engine random(8);
    for (int i = 0; i < 300; ++i) values[random.below(values.size())] = std::nan("");
    const auto singles = sketch_of<mr::kll<200>>(values, 4);
    mr::kll<200> spans(4);
    for (std::span<const double> left = values; !left.empty();) {
      const std::size_t now = std::min<std::size_t>(left.size(), random.below(std::size_t{1} << random.below(18)));
      spans.update(left.first(now));
      left = left.subspan(now);
    }
    CHECK(spans.count() == singles.count());
    CHECK(spans.save() == singles.save());
    CHECK(spans.min() == singles.min());
    CHECK(spans.max() == singles.max());
  }
}

TEST_CASE("the same seed, input and order of merges give a KLL sketch the same bytes on every compiler") {
  mr::kll<200> merged(1);
  for (std::uint64_t part = 0; part < 5; ++part)
    merged.merge(sketch_of<mr::kll<200>>(support::make_stream("uniform", 100000, part).values, part));
  CHECK(digest_of(merged.save()) == 0xaf3fb9eb7253bc1dU);
  CHECK(digest_of(sketch_of<mr::kll<200>>(support::make_stream("sorted", 3000000, 0).values, 9).save()) ==
        0x747bed34f23deaf6U);
  CHECK(digest_of(sketch_of<mr::kll<50, float>>(support::make_stream("sawtooth", 200000, 0).values, 9).save()) ==
        0x4c8b2bea7acd4669U);
}

TEST_CASE("the median's rank is off by less than 0.0035 in the mean square at K = 200") {
  for (const std::size_t size : std::initializer_list<std::size_t>{30000, 100000, 300000}) {
    double squares = 0;
    constexpr int seeds = 60;
    for (int seed = 0; seed < seeds; ++seed) {
      auto values = support::make_stream("uniform", size, static_cast<std::uint64_t>(seed)).values;
      mr::kll<200> sketch(static_cast<std::uint64_t>(seed));
      sketch.update(std::span<const double>(values));
      const double median = sketch.median();
      const auto up_to = std::count_if(values.begin(), values.end(), [&](double v) { return v <= median; });
      const double off = static_cast<double>(up_to) / static_cast<double>(size) - 0.5;
      squares += off * off;
    }
    CHECK(std::sqrt(squares / seeds) < 0.0035);
  }
}

TEST_CASE("ranks of a KLL sketch keep the stated bound on every stream, in one piece and merged from seven") {
  int asked = 0;
  int beyond = 0;
  for (const auto& name : support::stream_names()) {
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      auto values = support::make_stream(name, 60000, seed).values;
      const auto whole = sketch_of<mr::kll<200>>(values, seed);
      const auto merged = support::merged_from_seven<mr::kll<200>>(values, seed);
      std::sort(values.begin(), values.end());
      const mr::kll<200>* const both[] = {&whole, &merged};
      for (const auto* sketch : both) {
        support::check_count_and_extremes(*sketch, values);
        CHECK(sketch->retained() <= 3 * 200 + 8 * 9);
        CHECK(sketch->rank_error() < 0.0134);
        for (const double p : ps) {
          const double off = support::rank_error(values, sketch->quantile(p), p);
          const auto bounds = sketch->bounds(p);
          ++asked;
          beyond += off > sketch->rank_error();
          CHECK(off < 2 * sketch->rank_error());
          CHECK(bounds.lower <= bounds.upper);
        }
      }
    }
  }
  CHECK(asked == 8 * 6 * 2 * 11);
  CHECK(beyond * 100 <= asked);
}

TEST_CASE("quantiles of a KLL sketch never decrease, nor do ranks, and each undoes the other") {
  for (const auto& name : support::stream_names()) {
    const auto view = sketch_of<mr::kll<64>>(support::make_stream(name, 40000, 6).values, 2).view();
    support::check_never_decrease(view, 5000, 1e-12);
  }
}

TEST_CASE("merging KLL sketches keeps every value's weight, and the lesser accuracy") {
  mr::kll<200> fine(1), coarse(2), empty(3);
  auto image = sketch_of<mr::kll<20>>(support::make_stream("uniform", 5000, 1).values).save();
  coarse = *mr::kll<200>::load(image);
  CHECK(coarse.k() == 20);
  for (int i = 0; i < 3000; ++i) fine.update(i);
  const auto before = fine.save();
  fine.merge(empty);
  CHECK(fine.save() == before);
  empty.merge(fine);
  CHECK(empty.save() == before);
  const double sharp = fine.rank_error();
  fine.merge(coarse);
  CHECK(fine.count() == 8000);
  CHECK(fine.rank_error() == coarse.rank_error());
  CHECK(fine.rank_error() > sharp);
  fine.merge(fine);
  CHECK(fine.count() == 16000);
  CHECK(fine.k() == 200);
}

TEST_CASE("a weight on a KLL sketch is as many updates") {
  mr::kll<200> weighted(1), repeated(1);
  mr::random_engine random(2);
  for (int i = 0; i < 20; ++i) {
    const double value = random.normal();
    const auto weight = 1 + random.below(9);
    weighted.update(value, mr::weight(static_cast<double>(weight)));
    for (std::uint64_t j = 0; j < weight; ++j) repeated.update(value);
  }
  CHECK(weighted.count() == repeated.count());
  for (const double p : ps) CHECK(weighted.quantile(p) == repeated.quantile(p));

  support::check_weights_left_out(weighted);
  support::check_half_weights(mr::kll<200>(5));
}

TEST_CASE("heavy weights among light ones keep the stated bound of a KLL sketch") {
  std::vector<double> values;
  mr::kll<200> sketch(3);
  mr::random_engine random(4);
  for (int i = 0; i < 3000; ++i) {
    const double value = random.uniform();
    const auto weight = std::uint64_t{1} << random.below(9);
    sketch.update(value, mr::weight(static_cast<double>(weight)));
    values.insert(values.end(), weight, value);
  }
  std::sort(values.begin(), values.end());
  CHECK(sketch.count() == values.size());
  for (const double p : ps) CHECK(support::rank_error(values, sketch.quantile(p), p) < sketch.rank_error());
}

TEST_CASE("a KLL sketch stops counting before its levels run out") {
  mr::kll<8> sketch(1);
  sketch.update(1);
  for (int i = 0; i < 70; ++i) sketch.merge(sketch);
  CHECK(sketch.count() == std::uint64_t{1} << 59);
  sketch.update(2, mr::weight(0x1p58));
  const std::uint64_t most = 3 * (std::uint64_t{1} << 58);
  CHECK(sketch.count() == most);
  sketch.update(2, mr::weight(0x1p58));
  sketch.merge(sketch);
  CHECK(sketch.count() == most);
  auto back = mr::kll<8>::load(sketch.save());
  REQUIRE(back.has_value());
  CHECK(back->count() == most);
}

TEST_CASE("a KLL sketch counts to its limit and no further, by any path") {
  mr::kll<8> almost(1);
  almost.update(1, mr::weight(0x1p60 - 256));
  support::check_stops_at_the_limit(almost);
  mr::kll<200, float> larger(2);
  larger.update(std::vector<float>(3000, 2));
  larger.update(1, mr::weight(0x1p60 - 4096));
  support::check_stops_at_the_limit(larger);
}

TEST_CASE("a KLL sketch comes back from its bytes with the same answers and bytes") {
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.count() == b.count());
    CHECK(a.retained() == b.retained());
    CHECK(a.rank_error() == b.rank_error());
    for (const double p : ps) CHECK(laws::close(a.quantile(p), b.quantile(p), 0));
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 200, 201, 999, 20000, 2000000}) {
    const auto values = support::make_stream("log-normal", size, size).values;
    laws::save_and_load(sketch_of<mr::kll<200>>(values), same);
    laws::save_and_load(sketch_of<mr::kll<33, float>>(values), same);
  }
  laws::save_and_load(sketch_of<mr::kll<200>>({0.0, -0.0, 0.0, -0.0}), same);
}

TEST_CASE("a KLL sketch reads what Apache DataSketches 5.2.0 wrote") {
  using floats = mr::kll<200, float>;
  const std::size_t asked = support::check_golden_sketches<mr::kll<>>("kll_double", support::ask_kll<mr::kll<>>) +
                            support::check_golden_sketches<floats>("kll_float", support::ask_kll<floats>);
  CHECK(asked > 150);
}

TEST_CASE("damaged bytes of a KLL sketch answer an error or a sketch that works") {
  const auto use = [](auto& sketch) {
    using value = typename std::remove_reference_t<decltype(sketch)>::value_type;
    for (int i = 0; i < 40; ++i) sketch.update(static_cast<value>(i));
    const double q = sketch.quantile(0.5);
    CHECK((sketch.min() <= q && q <= sketch.max()));
    auto again = sketch;
    sketch.merge(again);
    CHECK(std::remove_reference_t<decltype(sketch)>::load(sketch.save()).has_value());
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 300})
    laws::hostile_bytes(sketch_of<mr::kll<16>>(support::make_stream("uniform", size, 1).values), use);
  laws::hostile_bytes(sketch_of<mr::kll<8, float>>(support::make_stream("sorted", 100000, 1).values), use);
}

TEST_CASE("what is wrong with the bytes of a KLL sketch is said") {
  const auto code = support::code_of_changed<mr::kll<>>;
  const auto good = sketch_of<mr::kll<>>(support::make_stream("sorted", 1000, 0).values).save();
  CHECK(code(good, 2, 16) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 6, 4) == mr::errc::unsupported);
  CHECK(code(good, 8, 1) == mr::errc::corrupt);
  CHECK(code(good, 18, 61) == mr::errc::corrupt);
  CHECK(mr::kll<>::load(std::span(good).first(7)).error().code() == mr::errc::truncated);
  CHECK(mr::kll<>::load(std::span(good).first(good.size() - 1)).error().code() == mr::errc::truncated);
  CHECK(mr::kll<>::load(std::span(good).first(30)).error().message() == "KLL image: it ends too soon");
}
