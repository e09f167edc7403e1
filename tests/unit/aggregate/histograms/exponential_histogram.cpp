#include <millrace/aggregate/histograms/exponential_histogram.hpp>

#include <support/catch.hpp>

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

using histogram = mr::exponential_histogram<>;

void same(const histogram& a, const histogram& b) {
  CHECK(a.count() == b.count());
  CHECK(a.scale() == b.scale());
  CHECK(laws::close(a.min(), b.min(), 0));
  CHECK(laws::close(a.max(), b.max(), 0));
  CHECK(std::fabs(a.sum() - b.sum()) <= 1e-9 * (std::fabs(a.sum()) + 1));
  for (const double p : {0.0, 0.01, 0.5, 0.99, 1.0}) CHECK(laws::close(a.quantile(p), b.quantile(p), 0));
}

void use(histogram& a) {
  a.update(1.5);
  a.update(-1e300);
  a.update(1e-300);
  histogram other = a;
  other.merge(a);
  CHECK(other.quantile(0.3) <= other.quantile(0.7));
  CHECK(other.buckets() <= 320);
  CHECK(histogram::load(other.save()).has_value());
}

}  // namespace

TEST_CASE("every power of two is the upper end of its bucket, at every scale") {
  for (int scale = histogram::coarsest_scale; scale <= histogram::finest_scale; ++scale)
    for (int e = -1022; e <= 1023; ++e) {
      const double x = std::ldexp(1.0, e);
      const std::int32_t bucket = histogram::bucket_of(x, scale);
      // (base^i, base^(i+1)]: i + 1 = e 2^scale, rounded up where buckets span several octaves.
      const std::int64_t end = scale >= 0 ? std::int64_t{e} * (std::int64_t{1} << scale)
                                          : (std::int64_t{e} + (std::int64_t{1} << -scale) - 1) >> -scale;
      if (bucket + 1 != end) CHECK(bucket + 1 == end);
      if (scale >= 0 && histogram::lower_bound(end, scale) != x) CHECK(histogram::lower_bound(end, scale) == x);
      const double above = std::nextafter(x, 4 * x);
      if (scale >= 0 && histogram::bucket_of(above, scale) != end) CHECK(histogram::bucket_of(above, scale) == end);
    }
}

TEST_CASE("an item lies between the ends of its bucket") {
  mr::random_engine random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::exp(100 * random.normal());
    const int scale = static_cast<int>(random.below(30)) - 10;
    const std::int32_t bucket = histogram::bucket_of(x, scale);
    CAPTURE(x, scale, bucket);
    CHECK(x >= histogram::lower_bound(bucket, scale) * (1 - 1e-12));
    CHECK(x <= histogram::lower_bound(std::int64_t{bucket} + 1, scale) * (1 + 1e-12));
  }
}

TEST_CASE("the OTLP point is what OpenTelemetry's Python package makes of the same stream") {
  histogram h;
  h.update(std::span<const double>(support::golden_stream()));
  CHECK(h.to_otlp(1, 2) == support::golden("aggregate/otlp_point.pb"));
  auto back = histogram::from_otlp(support::golden("aggregate/otlp_point.pb"));
  REQUIRE(back.has_value());
  same(h, *back);
  CHECK(back->to_otlp(1, 2) == h.to_otlp(1, 2));
}

TEST_CASE("exponential histograms keep the laws of an aggregator") {
  std::uint64_t seed = 2;
  for (const std::size_t size : {1U, 31U, 500U, 5000U})
    for (const auto& stream : laws::streams(size, ++seed)) laws::all([] { return histogram(); }, stream, same, ++seed);
}

TEST_CASE("the scale is the finest at which all fits, for any split of the stream") {
  mr::random_engine random(3);
  std::vector<double> x(3000);
  for (double& v : x) v = std::exp(2 * random.normal()) * (random.below(3) == 0 ? -1 : 1);
  histogram whole;
  whole.update(std::span<const double>(x));
  for (int scale = whole.scale(); scale <= whole.scale() + 1; ++scale) {
    std::int32_t low[2] = {1 << 30, 1 << 30};
    std::int32_t high[2] = {-(1 << 30), -(1 << 30)};
    for (const double v : x) {
      const auto b = histogram::bucket_of(std::fabs(v), scale);
      const int sign = v < 0 ? 1 : 0;
      low[sign] = (std::min)(low[sign], b);
      high[sign] = (std::max)(high[sign], b);
    }
    CHECK((high[0] - low[0] < 160 && high[1] - low[1] < 160) == (scale == whole.scale()));
  }
  std::reverse(x.begin(), x.end());
  histogram merged;
  for (std::size_t i = 0; i < 30; ++i) {
    histogram part;
    part.update(std::span<const double>(x).subspan(100 * i, 100));
    merged.merge(part);
  }
  same(whole, merged);
}

TEST_CASE("quantiles are within half a bucket, extremes exact, NaN and infinities left out") {
  histogram h;
  CHECK(std::isnan(h.quantile(0.5)));
  h.update(std::nan(""));
  h.update(std::numeric_limits<double>::infinity());
  CHECK(h.empty());
  for (int i = 1; i <= 1000; ++i) h.update(i);
  const double base = std::exp2(std::ldexp(1.0, -h.scale()));
  for (const double p : {0.1, 0.5, 0.9, 0.99}) CHECK(h.quantile(p) == Approx(1000 * p).epsilon(base - 1));
  CHECK(h.quantile(0) == 1);
  CHECK(h.quantile(1) == 1000);
  CHECK(h.sum() == 500500);
  h.update(0);
  h.update(1e-310);
  CHECK(h.zeros() == 2);
  CHECK(h.min() == 0);
}

TEST_CASE("points of other scales, and without extremes, are taken; those that contradict themselves are not") {
  histogram small;
  small.update(1.0);
  small.update(3.0);
  CHECK(small.scale() < 20);
  auto wide = mr::exponential_histogram<2>();
  wide.update(1e-300);
  wide.update(1e300);
  auto taken = histogram::from_otlp(wide.to_otlp());
  REQUIRE(taken.has_value());
  CHECK(taken->scale() == -10);
  CHECK(taken->count() == 2);
  auto narrowed = mr::exponential_histogram<4>::from_otlp(support::golden("aggregate/otlp_point.pb"));
  REQUIRE(narrowed.has_value());
  CHECK(narrowed->count() == 2000);
  CHECK(narrowed->buckets() <= 8);
  auto bytes = support::golden("aggregate/otlp_point.pb");
  bytes[19] ^= std::byte{1};  // the count
  CHECK_FALSE(histogram::from_otlp(bytes).has_value());
}

TEST_CASE("counts that begin at the last number there is are refused, though they are zero") {
  mr::detail::protobuf_writer buckets;
  buckets.sint(1, std::numeric_limits<std::int64_t>::max());
  buckets.tag(2, mr::detail::wire::bytes);
  for (const std::uint64_t byte : {2U, 0U, 0U}) buckets.varint(byte);
  mr::detail::protobuf_writer point;
  point.bytes(8, buckets.written());
  CHECK(histogram::from_otlp(point.written()).error().code() == mr::errc::corrupt);
}

TEST_CASE("hostile points and saved forms answer an error or a histogram that works") {
  histogram h;
  for (int i = -3; i < 12; ++i) h.update(i);
  laws::hostile_bytes(h, use);
  laws::hostile_payload(h, support::reseal, use, 4, 3000);
  const auto bytes = support::golden("aggregate/otlp_point.pb");
  mr::random_engine random(5);
  for (int round = 0; round < 5000; ++round) {
    auto changed = bytes;
    for (std::uint64_t k = 0; k <= random.below(3); ++k)
      changed[random.below(changed.size())] = static_cast<std::byte>(random());
    changed.resize(random.below(4) == 0 ? random.below(changed.size()) : changed.size());
    if (auto loaded = histogram::from_otlp(changed)) use(*loaded);
  }
}

TEST_CASE("exponential histograms keep their saved form: golden bytes give the same answers and the same bytes") {
  histogram h;
  h.update(std::span<const double>(support::golden_stream()).first(300));
  const auto back = support::from_golden("aggregate/exponential_histogram.bin", h);
  CHECK(back.to_otlp() == h.to_otlp());
}

TEST_CASE("quantiles of an exponential histogram never decrease, and are exact at both ends") {
  for (const auto& stream : laws::streams(3000, 8)) {
    if (stream.empty()) continue;
    histogram h;
    h.update(std::span<const double>(stream));
    double before = h.quantile(0);
    CHECK(before == h.min());
    std::size_t falling = 0;
    for (int k = 1; k <= 1000; ++k) {
      const double now = h.quantile(k / 1000.0);
      falling += now >= before ? 0U : 1U;
      before = now;
    }
    CHECK(falling == 0);
    CHECK(before == *std::max_element(stream.begin(), stream.end()));
  }
}
