#include <millrace/aggregate/sketches/req.hpp>

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

constexpr double ps[] = {0, 0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
using low_ranks = mr::req<12, double, false>;
using support::sketch_of;

template <class S>
void check_errors(const std::string& name) {
  int beyond = 0;
  int asked = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto values = support::make_stream(name, 40000, seed).values;
    const auto whole = sketch_of<S>(values, seed);
    const auto merged = support::merged_from_seven<S>(values, seed);
    std::sort(values.begin(), values.end());
    const S* const both[] = {&whole, &merged};
    for (const auto* sketch : both) {
      support::check_count_and_extremes(*sketch, values);
      const auto view = sketch->view();
      for (const double p : ps) {
        const double off = support::rank_error(values, view.quantile(p), p);
        beyond += off > sketch->rank_error(p) + 1.0 / 40000;
        CHECK(off <= 2 * sketch->rank_error(p) + 1.0 / 40000);
        ++asked;
      }
    }
  }
  CAPTURE(name, beyond, asked);
  CHECK(beyond <= asked / 50 + 3);
}

}  // namespace

TEST_CASE("a REQ sketch of nothing has no quantiles") {
  const mr::req<> empty;
  support::check_no_quantiles(empty);
  CHECK(empty.exact());
  CHECK(empty.rank_error(0.5) == 0);
}

TEST_CASE("a REQ sketch is exact up to 6 K values") {
  auto values = support::make_stream("uniform", 72, 1).values;
  const auto sketch = sketch_of<mr::req<12>>(values);
  CHECK(sketch.exact());
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < 72; ++i) {
    CHECK(sketch.quantile((static_cast<double>(i) + 0.5) / 72) == values[i]);
    CHECK(sketch.rank(values[i]) == static_cast<double>(i + 1) / 72);
  }
}

TEST_CASE("a REQ sketch leaves NaN out and keeps infinities") {
  const double infinity = std::numeric_limits<double>::infinity();
  mr::req<> sketch;
  for (const double v : {std::nan(""), infinity, 1.0, -infinity, 2.0}) sketch.update(v);
  sketch.update(std::nan(""), mr::weight(3));
  CHECK(sketch.count() == 4);
  CHECK(sketch.min() == -infinity);
  CHECK(sketch.max() == infinity);
}

TEST_CASE("ranks of a REQ sketch are off by no more than stated on every stream, in one piece and merged from seven") {
  for (const auto& name : support::stream_names()) {
    check_errors<mr::req<12>>(name);
    check_errors<low_ranks>(name);
  }
}

TEST_CASE("the 3 K values nearest the precise end of a REQ sketch are exact") {
  auto values = support::make_stream("log-normal", 50000, 2).values;
  const auto high = sketch_of<mr::req<12>>(values);
  const auto low = sketch_of<low_ranks>(values);
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < 36; ++i) {
    CHECK(high.rank(values[values.size() - 1 - i]) == Approx(1 - static_cast<double>(i) / 50000).margin(1e-12));
    CHECK(low.rank(values[i]) == Approx(static_cast<double>(i + 1) / 50000).margin(1e-12));
  }
  CHECK(high.high_ranks());
  CHECK_FALSE(low.high_ranks());
  CHECK(high.rank_error(0.9999) == 0);
  CHECK(low.rank_error(0.0001) == 0);
}

TEST_CASE("quantiles and ranks of a REQ sketch never decrease, and its bounds enclose them") {
  for (const auto& name : support::stream_names()) {
    const auto sketch = sketch_of<mr::req<8>>(support::make_stream(name, 30000, 6).values);
    const auto view = sketch.view();
    support::check_never_decrease(view, 5000, 1e-9);
    const auto bounds = sketch.bounds(0.3);
    CHECK(bounds.lower <= view.quantile(0.3));
    CHECK(view.quantile(0.3) <= bounds.upper);
  }
}

TEST_CASE("a REQ sketch keeps few values however long the stream") {
  mr::req<12> sketch;
  for (int i = 0; i < 1'000'000; ++i) sketch.update(i);
  CHECK(sketch.retained() < 16 * 12 * 15);
  CHECK(sketch.save().size() < 16 * 12 * 15 * 8);
}

TEST_CASE("a span updates a REQ sketch to the same bytes as its values one by one") {
  const auto values = support::make_stream("log-normal", 20000, 3).values;
  laws::span_is_singles([] { return mr::req<>(3); }, std::span<const double>(values), laws::same_bytes, 5);
}

TEST_CASE("the same seed, input and order of merges give a REQ sketch the same bytes on every compiler") {
  mr::req<> merged(9);
  for (std::uint64_t part = 0; part < 5; ++part)
    REQUIRE(merged.merge(sketch_of<mr::req<>>(support::make_stream("uniform", 20000, part).values, part)).has_value());
  CHECK(support::digest_of(merged.save()) == 0xca7bcabb42bf1276U);
}

TEST_CASE("a weight on a REQ sketch is as many updates") {
  support::check_weights_are_updates<mr::req<>>(
      ps, [](const mr::req<>& sketch, double p) { return 2 * sketch.rank_error(p) + 1e-3; });
}

TEST_CASE("a REQ sketch stops counting where its levels would") {
  mr::req<4> sketch;
  sketch.update(1, mr::weight(0x1p55));
  sketch.update(2, mr::weight(0x1p55));
  CHECK(sketch.count() == std::uint64_t{1} << 55);
  CHECK(sketch.merge(sketch).has_value());
  CHECK(sketch.count() == std::uint64_t{1} << 55);
  CHECK(mr::req<4>::load(sketch.save()).has_value());
}

TEST_CASE("a REQ sketch counts to its limit and no further, by any path") {
  mr::req<4> almost;
  almost.update(1, mr::weight(0x1p56 - 304));
  support::check_stops_at_the_limit(almost);
  mr::req<12, float, false> larger;
  larger.update(std::vector<float>(3000, 2));
  larger.update(1, mr::weight(0x1p56 - 4096));
  support::check_stops_at_the_limit(larger);
}

TEST_CASE("REQ sketches of different shapes do not merge") {
  auto a = sketch_of<mr::req<12>>({1, 2, 3});
  const auto b = mr::req<12>::load(sketch_of<mr::req<20>>({1}).save());
  const auto c = mr::req<12>::load(sketch_of<low_ranks>({1}).save());
  REQUIRE((b.has_value() && c.has_value()));
  CHECK(a.merge(*b).error().code() == mr::errc::shape_mismatch);
  CHECK(a.merge(*c).error().code() == mr::errc::shape_mismatch);
  CHECK(a.count() == 3);
}

TEST_CASE("merging REQ sketches keeps weights and extremes, in any order") {
  const auto values = support::make_stream("uniform", 30000, 4).values;
  laws::merging([] { return mr::req<>(); }, std::span<const double>(values),
                [](const auto& a, const auto& b) {
                  CHECK(a.count() == b.count());
                  CHECK(laws::close(a.quantile(0), b.quantile(0), 0));
                  CHECK(laws::close(a.quantile(1), b.quantile(1), 0));
                  if (a.empty()) return;
                  for (const double p : ps) CHECK(std::fabs(a.rank(b.quantile(p)) - p) <= 3 * a.rank_error(p) + 1e-4);
                });
}

TEST_CASE("a REQ sketch comes back from its bytes with the same answers and bytes") {
  const auto same = [](const auto& a, const auto& b) {
    CHECK(a.count() == b.count());
    CHECK(a.retained() == b.retained());
    for (const double p : ps) CHECK(laws::close(a.quantile(p), b.quantile(p), 0));
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 4, 5, 72, 73, 999, 20000, 1000000}) {
    const auto values = support::make_stream("uniform", size, size).values;
    laws::save_and_load(sketch_of<mr::req<>>(values), same);
    laws::save_and_load(sketch_of<low_ranks>(values), same);
    laws::save_and_load(sketch_of<mr::req<20, float>>(values), same);
  }
  laws::save_and_load(sketch_of<mr::req<>>({0.0, -0.0, 0.0, -0.0, -0.0}), same);
}

TEST_CASE("a REQ sketch reads what Apache DataSketches 5.2.0 wrote") {
  using floats = mr::req<12, float>;
  const std::size_t asked = support::check_golden_sketches<floats>("req_float", support::ask_req<floats>) +
                            support::check_golden_sketches<mr::req<>>("req_double", support::ask_req<mr::req<>>);
  CHECK(asked > 100);
}

TEST_CASE("damaged bytes of a REQ sketch answer an error or a sketch that works") {
  const auto use = [](auto& sketch) {
    using value = typename std::remove_reference_t<decltype(sketch)>::value_type;
    for (int i = 0; i < 40; ++i) sketch.update(static_cast<value>(i));
    const double q = sketch.quantile(0.5);
    CHECK((sketch.min() <= q && q <= sketch.max()));
    CHECK(sketch.merge(sketch).has_value());
    CHECK(std::remove_reference_t<decltype(sketch)>::load(sketch.save()).has_value());
  };
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 3, 20, 300})
    laws::hostile_bytes(sketch_of<mr::req<4>>(support::make_stream("uniform", size, 1).values), use);
  laws::hostile_bytes(sketch_of<mr::req<4, float, false>>(support::make_stream("sorted", 20000, 1).values), use);
}

TEST_CASE("what is wrong with the bytes of a REQ sketch is said") {
  const auto code = support::code_of_changed<mr::req<>>;
  const auto good = sketch_of<mr::req<>>(support::make_stream("sorted", 1000, 0).values).save();
  CHECK(code(good, 2, 16) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 4, 13) == mr::errc::corrupt);
  CHECK(code(good, 6, 61) == mr::errc::corrupt);
  CHECK(code(good, 8, 1) == mr::errc::corrupt);
  CHECK(code(good, 44, 3) == mr::errc::corrupt);
  CHECK(mr::req<>::load(std::span(good).first(7)).error().code() == mr::errc::truncated);
  CHECK(mr::req<>::load(std::span(good).first(30)).error().message() == "REQ image: it ends too soon");
}
