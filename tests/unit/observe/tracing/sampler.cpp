#include <millrace/observe/tracing/sampler.hpp>

#include <millrace/core/seed.hpp>
#include <support/catch.hpp>

#include <limits>

using namespace millrace::observe;

TEST_CASE("sampler: the ratio is that of the traces, and a smaller one samples some of them") {
  millrace::random_engine random(5);
  const sample_ratio tenth(0.1);
  const sample_ratio third(1.0 / 3);
  int in_tenth = 0;
  int in_third = 0;
  for (int i = 0; i < 100'000; ++i) {
    const trace_id trace{random(), random()};
    const bool a = tenth.samples(trace, {});
    const bool b = third.samples(trace, {});
    REQUIRE((!a || b));
    in_tenth += a ? 1 : 0;
    in_third += b ? 1 : 0;
  }
  CHECK(in_tenth > 9'600);  // four standard deviations
  CHECK(in_tenth < 10'400);
  CHECK(in_third > 32'700);
  CHECK(in_third < 33'960);
}

TEST_CASE("sampler: ratios at the ends and beyond") {
  constexpr trace_id least{1, 0};
  constexpr trace_id greatest{1, ~std::uint64_t{0}};
  for (const double none : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_FALSE(sample_ratio(none).samples(least, {}));
    CHECK_FALSE(sample_ratio(none).samples(greatest, {}));
  }
  for (const double all : {1.0, 2.0, std::numeric_limits<double>::infinity()}) {
    CHECK(sample_ratio(all).samples(least, {}));
    CHECK(sample_ratio(all).samples(greatest, {}));
  }
  // The threshold of one half is 2^55 of the last 7 bytes; the byte before does not count.
  CHECK(sample_ratio(0.5).samples({0, 0xff80'0000'0000'0000}, {}));
  CHECK_FALSE(sample_ratio(0.5).samples({0, 0xff7f'ffff'ffff'ffff}, {}));
}

TEST_CASE("sampler: a parent decides, where there is one") {
  const span_context yes{{1, 1}, {1}, span_context::sampled_flag};
  const span_context no{{1, 1}, {1}, 0};
  CHECK(parent_based<sample_none>().samples({1, 1}, yes));
  CHECK_FALSE(parent_based<sample_all>().samples({1, 1}, no));
  CHECK(parent_based<sample_all>().samples({1, 1}, {}));
  CHECK_FALSE(parent_based(sample_ratio(0)).samples({1, 1}, {}));
  STATIC_REQUIRE(trace_sampler<parent_based<sample_ratio>>);
  STATIC_REQUIRE_FALSE(trace_sampler<int>);
}
