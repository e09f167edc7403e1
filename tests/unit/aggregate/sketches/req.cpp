#include <millrace/aggregate/sketches/req.hpp>

#include <support/catch.hpp>

#include <laws/aggregator.hpp>
#include <support/sketch_images.hpp>
#include <support/sketch_questions.hpp>
#include <support/streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double ps[] = {0, 0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
const std::string golden = MILLRACE_GOLDEN_DIR "/sketches";
using low_ranks = mr::req<12, double, false>;

template <class S>
S of(const std::vector<double>& values, std::uint64_t seed = 0) {
  S sketch(seed);
  for (const double v : values) sketch.update(static_cast<typename S::value_type>(v));
  return sketch;
}

template <class S>
void check_errors(const std::string& name) {
  int beyond = 0;
  int asked = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto values = support::make_stream(name, 40000, seed).values;
    const auto whole = of<S>(values, seed);
    S merged(seed + 100);
    for (std::size_t part = 0; part < 7; ++part) {
      const std::size_t begin = values.size() * part / 7;
      S piece(seed * 7 + part);
      piece.update(std::span<const double>(values).subspan(begin, values.size() * (part + 1) / 7 - begin));
      REQUIRE(merged.merge(piece).has_value());
    }
    std::sort(values.begin(), values.end());
    const S* const both[] = {&whole, &merged};
    for (const auto* sketch : both) {
      CHECK(sketch->count() == values.size());
      CHECK(sketch->quantile(0) == values.front());
      CHECK(sketch->quantile(1) == values.back());
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
  CHECK(empty.empty());
  CHECK(empty.exact());
  CHECK(std::isnan(empty.quantile(0.5)));
  CHECK(std::isnan(empty.rank(1)));
  CHECK(std::isnan(empty.min()));
  CHECK(std::isnan(empty.max()));
  CHECK(empty.rank_error(0.5) == 0);
}

TEST_CASE("a REQ sketch is exact up to 6 K values") {
  auto values = support::make_stream("uniform", 72, 1).values;
  const auto sketch = of<mr::req<12>>(values);
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
  const auto high = of<mr::req<12>>(values);
  const auto low = of<low_ranks>(values);
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
    const auto sketch = of<mr::req<8>>(support::make_stream(name, 30000, 6).values);
    const auto view = sketch.view();
    double last = view.quantile(0);
    for (int i = 0; i <= 5000; ++i) {
      const double q = view.quantile(i / 5000.0);
      CHECK(q >= last);
      CHECK(view.rank(q) >= i / 5000.0 - 1e-9);
      last = q;
    }
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
  laws::span_is_singles([] { return mr::req<>(3); }, std::span<const double>(values),
                        [](const auto& a, const auto& b) { CHECK(a.save() == b.save()); }, 5);
}

TEST_CASE("the same seed, input and order of merges give a REQ sketch the same bytes on every compiler") {
  mr::req<> merged(9);
  for (std::uint64_t part = 0; part < 5; ++part)
    REQUIRE(merged.merge(of<mr::req<>>(support::make_stream("uniform", 20000, part).values, part)).has_value());
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const std::byte b : merged.save()) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3U;
  CHECK(hash == 0xca7bcabb42bf1276U);
}

TEST_CASE("a weight on a REQ sketch is as many updates") {
  mr::req<> weighted, repeated;
  mr::random_engine random(2);
  for (int i = 0; i < 3000; ++i) {
    const double value = random.normal();
    const auto weight = random.below(9);
    weighted.update(value, mr::weight(static_cast<double>(weight)));
    for (std::uint64_t j = 0; j < weight; ++j) repeated.update(value);
  }
  CHECK(weighted.count() == repeated.count());
  CHECK(weighted.min() == repeated.min());
  CHECK(weighted.max() == repeated.max());
  for (const double p : ps)
    CHECK(std::fabs(weighted.rank(repeated.quantile(p)) - p) <= 2 * weighted.rank_error(p) + 1e-3);
  const auto before = weighted.count();
  for (const double weight : {0.0, -1.0, std::nan(""), 1e300}) weighted.update(7, mr::weight(weight));
  CHECK(weighted.count() == before);
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

TEST_CASE("REQ sketches of different shapes do not merge") {
  auto a = of<mr::req<12>>({1, 2, 3});
  const auto b = mr::req<12>::load(of<mr::req<20>>({1}).save());
  const auto c = mr::req<12>::load(of<low_ranks>({1}).save());
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
    laws::save_and_load(of<mr::req<>>(values), same);
    laws::save_and_load(of<low_ranks>(values), same);
    laws::save_and_load(of<mr::req<20, float>>(values), same);
  }
  laws::save_and_load(of<mr::req<>>({0.0, -0.0, 0.0, -0.0, -0.0}), same);
}

TEST_CASE("a REQ sketch reads what Apache DataSketches 5.2.0 wrote") {
  std::size_t asked = 0;
  using floats = mr::req<12, float>;
  for (const auto& wrong : support::check_images<floats>(golden, "req_float", support::ask_req<floats>, asked))
    FAIL_CHECK(wrong);
  for (const auto& wrong : support::check_images<mr::req<>>(golden, "req_double", support::ask_req<mr::req<>>, asked))
    FAIL_CHECK(wrong);
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
    laws::hostile_bytes(of<mr::req<4>>(support::make_stream("uniform", size, 1).values), use);
  laws::hostile_bytes(of<mr::req<4, float, false>>(support::make_stream("sorted", 20000, 1).values), use);
}

TEST_CASE("what is wrong with the bytes of a REQ sketch is said") {
  const auto code = [](std::vector<std::byte> bytes, std::size_t at, int value) {
    bytes[at] = static_cast<std::byte>(value);
    const auto loaded = mr::req<>::load(bytes);
    return loaded ? mr::errc{} : loaded.error().code();
  };
  const auto good = of<mr::req<>>(support::make_stream("sorted", 1000, 0).values).save();
  CHECK(code(good, 2, 16) == mr::errc::type_mismatch);
  CHECK(code(good, 1, 9) == mr::errc::unsupported);
  CHECK(code(good, 4, 13) == mr::errc::corrupt);
  CHECK(code(good, 6, 61) == mr::errc::corrupt);
  CHECK(code(good, 8, 1) == mr::errc::corrupt);
  CHECK(code(good, 44, 3) == mr::errc::corrupt);
  CHECK(mr::req<>::load(std::span(good).first(7)).error().code() == mr::errc::truncated);
  CHECK(mr::req<>::load(std::span(good).first(30)).error().message() == "REQ image: it ends too soon");
}
