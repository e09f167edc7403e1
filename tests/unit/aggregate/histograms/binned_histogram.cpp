#include <millrace/aggregate/histograms/binned_histogram.hpp>

#include <support/catch.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

template <class H>
void same(const H& a, const H& b) {
  REQUIRE(a.bins() == b.bins());
  CHECK(a.below() == b.below());
  CHECK(a.above() == b.above());
  for (std::size_t i = 0; i < a.bins(); ++i) CHECK(a.count(i) == b.count(i));
}

template <class H>
void use(H& a) {
  a.update(1.5);
  H other = a;
  REQUIRE(other.merge(a).has_value());
  CHECK_FALSE(other.quantile(0.3) > other.quantile(0.7));
  CHECK(H::load(other.save()).has_value());
}

template <class H>
void check_all(const H& empty) {
  std::uint64_t seed = 1;
  for (const auto& stream : laws::streams(500, ++seed)) laws::all([&] { return empty; }, stream, same<H>, ++seed);
  for (const auto& stream : laws::streams(3000, ++seed)) {
    H h = empty;
    for (const double x : stream) {
      const std::ptrdiff_t bin = h.axis().bin_of(x);
      if (bin >= 0) CHECK(x >= h.axis().edge(static_cast<std::size_t>(bin)));
      if (bin < static_cast<std::ptrdiff_t>(h.bins())) CHECK(x < h.axis().edge(static_cast<std::size_t>(bin + 1)));
    }
  }
  for (std::size_t i = 0; i <= empty.bins(); ++i) {
    const double edge = empty.axis().edge(i);
    CHECK(empty.axis().bin_of(edge) == static_cast<std::ptrdiff_t>(i));
    CHECK(empty.axis().bin_of(std::nextafter(edge, -1e300)) == static_cast<std::ptrdiff_t>(i) - 1);
  }
  H h = empty;
  for (const auto& stream : laws::streams(50, 3)) h.update(std::span<const double>(stream));
  laws::hostile_bytes(h, use<H>);
  laws::hostile_payload(h, support::reseal, use<H>, 4, 2000);
}

}  // namespace

TEST_CASE("regular, logarithmic and fixed bins hold what is between their edges, with all laws") {
  check_all(mr::regular_histogram::make(30U, -2.0, 5.0).value());
  check_all(mr::regular_histogram::make(7U, 0.1, 0.7).value());
  check_all(mr::logarithmic_histogram::make(30U, 1e-3, 1e3).value());
  check_all(mr::fixed_histogram::make(std::vector<double>{-1, 0, 0.25, 3, 1000}).value());
}

TEST_CASE("axes that are none are refused") {
  CHECK_FALSE(mr::regular_axis::make(0, 0, 1).has_value());
  CHECK_FALSE(mr::regular_axis::make(10, 1, 1).has_value());
  CHECK_FALSE(mr::regular_axis::make(10, 0, std::numeric_limits<double>::infinity()).has_value());
  CHECK_FALSE(mr::regular_axis::make(1000, 1e16, 1e16 + 10).has_value());
  CHECK_FALSE(mr::logarithmic_axis::make(10, 0, 1).has_value());
  CHECK_FALSE(mr::logarithmic_axis::make(10, 2, 1).has_value());
  CHECK_FALSE(mr::edges_axis::make({1}).has_value());
  CHECK_FALSE(mr::edges_axis::make({1, std::nan("")}).has_value());
  CHECK_FALSE(mr::edges_axis::make({std::nan(""), 1}).has_value());
  auto descending = mr::edges_axis::make({1, 3, 2});
  REQUIRE_FALSE(descending.has_value());
  CHECK(descending.error().message() == "edges_axis: edge 2 is not above the one before it");
}

TEST_CASE("histograms of other axes do not merge, one without takes the other's") {
  auto a = mr::regular_histogram::make(10U, 0.0, 1.0).value();
  const auto b = mr::regular_histogram::make(10U, 0.0, 2.0).value();
  a.update(0.5);
  auto merged = a.merge(b);
  REQUIRE_FALSE(merged.has_value());
  CHECK(merged.error().message() == "binned_histogram<regular_axis>: the axes differ");
  mr::regular_histogram none;
  none.update(0.5);
  CHECK(none.total() == 0);
  CHECK(std::isnan(none.quantile(0.5)));
  REQUIRE(none.merge(a).has_value());
  CHECK(none.count(5) == 1);
  REQUIRE(a.merge(mr::regular_histogram()).has_value());
}

TEST_CASE("quantiles, ranks and densities are interpolated; weights count; NaN does not") {
  auto h = mr::regular_histogram::make(10U, 0.0, 100.0).value();
  for (int i = 0; i < 1000; ++i) h.update(i / 10.0);
  h.update(std::nan(""));
  h.update(3.0, mr::weight(-1));
  CHECK(h.total() == 1000);
  for (const double p : {0.0, 0.1, 0.25, 0.5, 0.99, 1.0}) {
    CHECK(h.quantile(p) == Approx(100 * p).margin(1e-9));
    CHECK(h.rank(100 * p) == Approx(p));
  }
  CHECK(h.density(3) == Approx(0.01));
  CHECK(h.interquartile_range() == Approx(50));
  h.update(35.0, mr::weight(1000));
  CHECK(h.median() == Approx(30 + 10 * 700.0 / 1100));
  h.update(-5.0);
  h.update(100.0);
  CHECK(h.below() == 1);
  CHECK(h.above() == 1);
  CHECK(h.quantile(0) == 0);
  CHECK(h.quantile(1) == 100);
}

TEST_CASE("binned histograms keep their saved form: golden bytes give the same answers and the same bytes") {
  const auto check = [](const std::string& name, auto h) {
    h.update(std::span<const double>(support::golden_stream()));
    const auto back = support::from_golden("aggregate/" + name + "_histogram.bin", h);
    same(back, h);
    for (const double p : {0.0, 0.5, 0.99, 1.0}) CHECK(back.quantile(p) == h.quantile(p));
  };
  check("regular", mr::regular_histogram::make(20U, -20.0, 80.0).value());
  check("logarithmic", mr::logarithmic_histogram::make(10U, 0.125, 128.0).value());
  check("fixed", mr::fixed_histogram::make(std::vector<double>{-1, 0, 0.25, 3, 1000}).value());
}

TEST_CASE("quantiles of a binned histogram never decrease") {
  for (const auto& stream : laws::streams(3000, 9)) {
    auto h = mr::fixed_histogram::make(std::vector<double>{-100, -1, 0, 0.25, 3, 1000}).value();
    h.update(std::span<const double>(stream));
    std::size_t falling = 0;
    for (int k = 1; k <= 1000; ++k) falling += h.quantile(k / 1000.0) < h.quantile((k - 1) / 1000.0) ? 1U : 0U;
    CHECK(falling == 0);
  }
}
