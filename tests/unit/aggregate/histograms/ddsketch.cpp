#include <millrace/aggregate/histograms/ddsketch.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>
#include <millrace/aggregate/members/sketch_members.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> log_normal(std::size_t size, double sigma, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<double> made(size);
  for (double& x : made) x = std::exp(sigma * random.normal());
  return made;
}

template <class S>
S of(std::span<const double> items) {
  S made;
  made.update(items);
  return made;
}

void same(const mr::ddsketch<>& a, const mr::ddsketch<>& b) {
  CHECK(a.count() == b.count());
  CHECK(laws::close(a.min(), b.min(), 0));
  CHECK(laws::close(a.max(), b.max(), 0));
  CHECK(std::fabs(a.sum() - b.sum()) <= 1e-12 * (std::fabs(a.sum()) + 1));
  for (const double p : {0.0, 0.01, 0.5, 0.99, 1.0}) CHECK(laws::close(a.quantile(p), b.quantile(p), 0));
  CHECK(laws::close(a.rank(1.5), b.rank(1.5), 0));
}

void use(mr::ddsketch<>& a) {
  a.update(1.5);
  a.update(std::span<const double>(std::vector<double>(100, -2.5)));
  mr::ddsketch<> other = a;
  other.merge(a);
  CHECK(other.quantile(0.3) <= other.quantile(0.7));
  CHECK(mr::ddsketch<>::load(other.save()).has_value());
}

}  // namespace

TEMPLATE_TEST_CASE("quantiles are within the relative error of the item of their rank", "", mr::ddsketch<>,
                   (mr::ddsketch<1, 65536>), mr::ddsketch<50>) {
  std::vector<std::vector<double>> streams = laws::streams(20'000, 1);
  streams.push_back(log_normal(20'000, 3, 2));
  for (std::size_t i = 0; i < 2000; ++i) streams.back().push_back(0);
  for (auto x : streams) {
    if (x.empty()) continue;
    const auto sketch = of<TestType>(x);
    std::sort(x.begin(), x.end());
    double before = -infinity;
    for (int k = 0; k <= 1000; ++k) {
      const double p = k / 1000.0;
      const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(x.size())));
      const double expected = x[(std::max)(rank, std::size_t{1}) - 1];
      const double found = sketch.quantile(p);
      CAPTURE(p, expected, found);
      CHECK(std::fabs(found - expected) <= TestType::relative_error * (1 + 1e-9) * std::fabs(expected));
      CHECK(found >= before);
      before = found;
    }
    CHECK(sketch.quantile(0) == x.front());
    CHECK(sketch.quantile(1) == x.back());
  }
}

TEST_CASE("ranks are those of an item within the relative error") {
  auto x = log_normal(10'000, 1, 3);
  for (std::size_t i = 0; i < 1000; ++i) x.push_back(-x[i]);
  const auto sketch = of<mr::ddsketch<>>(x);
  std::sort(x.begin(), x.end());
  const auto fraction_below = [&](double v) {
    return static_cast<double>(std::upper_bound(x.begin(), x.end(), v) - x.begin()) / static_cast<double>(x.size());
  };
  double before = 0;
  for (double v = -3; v < 5; v += 0.01) {
    const double rank = sketch.rank(v);
    CHECK(rank >= fraction_below(v - 0.0203 * std::fabs(v)));
    CHECK(rank <= fraction_below(v + 0.0203 * std::fabs(v)));
    CHECK(rank >= before);
    before = rank;
  }
}

TEST_CASE("ddsketch keeps the laws of an aggregator") {
  std::uint64_t seed = 4;
  for (const std::size_t size : {1U, 31U, 500U, 5000U})
    for (const auto& stream : laws::streams(size, ++seed))
      laws::all([] { return mr::ddsketch<>(); }, stream, same, ++seed);
}

TEST_CASE("the bytes are the same for any split of a stream and any order of merges") {
  const auto x = log_normal(5000, 2, 5);
  const std::span<const double> span(x);
  auto a = of<mr::ddsketch<>>(span.first(1000));
  auto b = of<mr::ddsketch<>>(span.subspan(1000));
  CHECK(a.to_protobuf() != b.to_protobuf());
  auto ab = a;
  ab.merge(b);
  b.merge(a);
  CHECK(ab.to_protobuf() == of<mr::ddsketch<>>(span).to_protobuf());
  CHECK(ab.to_protobuf() == b.to_protobuf());
}

TEST_CASE("a stream wider than the buckets loses what is closest to zero, the same in any order") {
  using narrow = mr::ddsketch<10, 64>;
  const auto x = log_normal(5000, 4, 6);
  const auto whole = of<narrow>(x);
  CHECK(whole.buckets() == 64);
  CHECK(whole.count() == 5000);
  auto sorted = x;
  std::sort(sorted.begin(), sorted.end());
  CHECK(of<narrow>(sorted).to_protobuf() == whole.to_protobuf());
  std::reverse(sorted.begin(), sorted.end());
  CHECK(of<narrow>(sorted).to_protobuf() == whole.to_protobuf());
  narrow singles;
  for (const double v : x) singles.update(v);
  CHECK(singles.to_protobuf() == whole.to_protobuf());
  CHECK(std::fabs(whole.quantile(0.9999) / sorted[0] - 1) < 0.5);
  CHECK(whole.quantile(0) == sorted.back());
}

TEST_CASE("zeros, subnormals, infinities, NaN and weights") {
  mr::ddsketch<> a;
  CHECK(a.empty());
  CHECK(std::isnan(a.quantile(0.5)));
  CHECK(std::isnan(a.rank(1)));
  a.update(std::nan(""));
  CHECK(a.empty());
  a.update(0.0);
  a.update(-0.0);
  a.update(1e-310);
  CHECK(a.count() == 3);
  CHECK(a.quantile(0.5) == 0);
  a.update(infinity);
  a.update(-infinity);
  CHECK(a.quantile(0) == -infinity);
  CHECK(a.quantile(1) == infinity);
  CHECK(a.quantile(0.5) == 0);
  a.update(7.0, mr::weight(2.5));
  for (const double w : {-1.0, 0.0, infinity, std::nan("")}) a.update(1.0, mr::weight(w));
  CHECK(a.count() == 7.5);
  CHECK(a.quantile(0.8) == Approx(7).epsilon(0.01));
}

TEST_CASE("the protobuf message is what DataDog's Python package makes of the same buckets") {
  const auto sketch = of<mr::ddsketch<>>(support::golden_stream());
  CHECK(sketch.to_protobuf() == support::golden("aggregate/ddsketch.pb"));
  auto back = mr::ddsketch<>::from_protobuf(support::golden("aggregate/ddsketch.pb"));
  REQUIRE(back.has_value());
  CHECK(back->to_protobuf() == sketch.to_protobuf());
  CHECK(back->count() == 2000);
  for (const double p : {0.0, 0.1, 0.5, 0.9, 1.0})
    CHECK(back->quantile(p) == Approx(sketch.quantile(p)).epsilon(0.0101));
  CHECK(back->sum() == Approx(sketch.sum()).epsilon(0.02));
}

TEST_CASE("messages of another mapping are refused, malformed ones too") {
  CHECK_FALSE(mr::ddsketch<20>::from_protobuf(support::golden("aggregate/ddsketch.pb")).has_value());
  CHECK_FALSE(mr::ddsketch<>::from_protobuf({}).has_value());
  auto bytes = support::golden("aggregate/ddsketch.pb");
  mr::random_engine random(7);
  for (int round = 0; round < 5000; ++round) {
    auto changed = bytes;
    for (std::uint64_t k = 0; k <= random.below(3); ++k)
      changed[random.below(random.below(2) != 0 ? 60 : changed.size())] = static_cast<std::byte>(random());
    changed.resize(random.below(4) == 0 ? random.below(changed.size()) : changed.size());
    if (auto loaded = mr::ddsketch<>::from_protobuf(changed)) use(*loaded);
  }
}

TEST_CASE("hostile saved ddsketches answer an error or one that works") {
  mr::ddsketch<> a;
  for (int i = -3; i < 12; ++i) a.update(i);
  laws::hostile_bytes(a, use);
  laws::hostile_payload(a, support::reseal, use, 8, 3000);
}

TEST_CASE("every instruction set numbers the same buckets") {
  const auto x = log_normal(2000, 60, 9);
  using index = mr::detail::log_index<10>;
  std::vector<std::int32_t> a(2000), b(2000);
  mr::detail::index_baseline<index>(x.data(), 2000, -40000, a.data());
  for (std::size_t i = 0; i < 2000; ++i) b[i] = index::of(x[i]) + 40000;
  CHECK(a == b);
  if (mr::detail::cpu_has_avx2()) {
    mr::detail::index_avx2<index>(x.data(), 2000, -40000, a.data());
    CHECK(a == b);
  }
  if (mr::detail::cpu_has_avx512()) {
    mr::detail::index_avx512<index>(x.data(), 2000, -40000, a.data());
    CHECK(a == b);
  }
}

TEST_CASE("a ddsketch is a member of an aggregate") {
  mr::aggregate<mr::count, mr::mean, mr::quantiles<mr::ddsketch<>>> a;
  a.update(std::span<const double>(log_normal(10'000, 1, 10)));
  CHECK(a.get<mr::quantiles>()(0.5) == Approx(1).epsilon(0.05));
  CHECK(a.get<mr::ddsketch<>>().count() == 10'000);
}

TEST_CASE("ddsketches keep their saved form: golden bytes give the same answers and the same bytes") {
  auto stream = support::golden_stream();
  stream.resize(200);
  const auto sketch = of<mr::ddsketch<>>(stream);
  const auto back = support::from_golden("aggregate/ddsketch.bin", sketch);
  for (const double p : {0.0, 0.5, 0.99, 1.0}) CHECK(back.quantile(p) == sketch.quantile(p));
  CHECK(back.sum() == sketch.sum());
}
