#include <millrace/observe/metrics/native_layout.hpp>

#include <millrace/aggregate/histograms/exponential_histogram.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace mr = millrace;
using mr::errc;
using mr::observe::native_layout;

TEST_CASE("native_layout: bucket 0 begins at the zero bucket's end") {
  const auto made = native_layout::make({.schema = 2, .least = 0.3, .greatest = 5});
  REQUIRE(made);
  CHECK(made->zero_threshold == 0.25);
  CHECK(made->first == -2 * 4 + 1);
  CHECK(made->buckets == 5 * 4);  // from 1/4 to 8
  CHECK(made->counts() == 20);
  CHECK(native_layout::make({.least = 0.25, .greatest = 0.5, .both_signs = true})->counts() == 16);
  CHECK(native_layout::make({})->buckets == 512);
}

TEST_CASE("native_layout: options without sense are refused") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  CHECK(native_layout::make({.schema = 9}).error().code() == errc::invalid_argument);
  CHECK(native_layout::make({.schema = -1}).error().code() == errc::invalid_argument);
  for (const double end : {0.0, -1.0, none, infinity, 5e-324}) {
    CHECK(native_layout::make({.least = end}).error().code() == errc::invalid_argument);
    CHECK(native_layout::make({.greatest = end}).error().code() == errc::invalid_argument);
  }
  CHECK(native_layout::make({.least = 1, .greatest = 1}).error().code() == errc::invalid_argument);
  CHECK(native_layout::make({.schema = 8, .least = 0x1p-300, .greatest = 0x1p300}).error().code() ==
        errc::out_of_range);
}

TEST_CASE("native_histogram: values are in the buckets that the exponential histogram has for them") {
  using reference = mr::exponential_histogram<>;
  for (const int schema : {0, 1, 3, 5, 8}) {
    mr::observe::metrics_registry registry;
    const auto seen =
        registry
            .native_histogram({"seen", "."},
                              {.schema = schema, .least = 0x1p-20, .greatest = 0x1p20, .both_signs = true})
            .value();
    std::map<std::int32_t, std::uint64_t> positive;
    std::map<std::int32_t, std::uint64_t> negative;
    mr::random_engine random(static_cast<std::uint64_t>(schema) + 1);
    double sum = 0;
    const auto update = [&](double value) {
      seen.update(value);
      sum += value;
      // OpenTelemetry's bucket i is Prometheus' bucket i + 1.
      ++(value > 0 ? positive : negative)[reference::bucket_of(std::abs(value), schema) + 1];
    };
    for (int i = 0; i < 3000; ++i) update((random.below(2) == 0 ? 1 : -1) * std::exp2(39.9 * random.uniform() - 19.95));
    for (int octave = -19; octave <= 20; ++octave) {
      update(std::ldexp(1.0, octave));
      update(-std::nextafter(std::ldexp(1.0, octave - 1), 1e300));
    }
    const auto snapshot = registry.snapshot();
    const auto& sample = snapshot.find("seen")->samples[0];
    const native_layout& layout = snapshot.find("seen")->family->native;
    REQUIRE(sample.native->positive.size() == layout.buckets);
    REQUIRE(sample.native->negative.size() == layout.buckets);
    CHECK(sample.native->zeros == 0);
    CHECK(sample.count == 3080);
    CHECK(sample.value == Approx(sum));
    for (std::uint32_t i = 0; i < layout.buckets; ++i) {
      INFO("schema " << schema << ", bucket " << layout.first + static_cast<std::int32_t>(i));
      REQUIRE(sample.native->positive[i] == positive[layout.first + static_cast<std::int32_t>(i)]);
      REQUIRE(sample.native->negative[i] == negative[layout.first + static_cast<std::int32_t>(i)]);
    }
  }
}

TEST_CASE("native_histogram: zero, what is too large, and what is no number have their places") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  mr::observe::metrics_registry registry;
  const auto seen = registry.native_histogram({"seen", "."}, {.schema = 0, .least = 0.5, .greatest = 4}).value();
  for (const double zero : {0.0, -0.0, 0.5, -0.5, 5e-324, -3.0, -infinity}) seen.update(zero);
  for (const double last : {3.0, 4.0, 5.0, 1e300, infinity, std::numeric_limits<double>::quiet_NaN()})
    seen.update(last);
  seen.update(mr::seconds(1));
  const auto snapshot = registry.snapshot();
  const auto& sample = snapshot.find("seen")->samples[0];
  CHECK(sample.native->zeros == 7);
  CHECK(std::vector<std::uint64_t>(sample.native->positive.begin(), sample.native->positive.end()) ==
        std::vector<std::uint64_t>{1, 0, 6});
  CHECK(sample.native->negative.empty());
  CHECK(sample.count == 14);
  CHECK(sample.value == Approx(1e300));
  CHECK(std::vector<std::uint64_t>(sample.buckets.begin(), sample.buckets.end()) == std::vector<std::uint64_t>{14});
  mr::observe::native_histogram().update(1);  // of no registry
}

TEST_CASE("native_histogram: a second request agrees with the first, or is refused") {
  mr::observe::metrics_registry registry;
  const auto first = registry.native_histogram({"seen", "."}).value();
  registry.native_histogram({"seen", "."}).value().update(1);
  first.update(1);
  CHECK(registry.snapshot().find("seen")->samples[0].count == 2);
  CHECK(registry.native_histogram({"seen", "."}, {.schema = 4}).error().code() == errc::already_exists);
  CHECK(registry.histogram({"seen", "."}, {1}).error().code() == errc::already_exists);
  CHECK(registry.counter({"seen_count", "."}).error().code() == errc::already_exists);
  const auto refused = registry.native_histogram({"other", "."}, {.schema = 12});
  CHECK(refused.error().code() == errc::invalid_argument);
  CHECK(refused.error().message().find("other") != std::string::npos);
}
