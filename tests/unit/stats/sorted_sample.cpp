#include <millrace/stats/sorted_sample.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <millrace/core/seed.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("sorted sample: any numbers in any order come out ascending, short and long") {
  mr::random_engine engine(5);
  for (const std::size_t n : {1U, 2U, 100U, 511U, 512U, 5000U}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i)
      values.push_back(std::ldexp(engine.normal(), static_cast<int>(engine.below(600)) - 300));
    values[0] = -0.0;
    if (n > 4) {
      values[1] = std::numeric_limits<double>::max();
      values[2] = -std::numeric_limits<double>::max();
      values[3] = std::numeric_limits<double>::denorm_min();
      values[4] = values[3];
    }
    const auto sorted = mr::sorted_sample::of(values);
    REQUIRE(sorted);
    std::sort(values.begin(), values.end());
    CHECK(std::equal(values.begin(), values.end(), sorted->values().begin(), sorted->values().end()));
  }
}

TEST_CASE("sorted sample: quantiles are NumPy's default ones") {
  const auto s = mr::sorted_sample::of(std::vector<double>{4, 1, 3, 2});
  CHECK(s->quantile(0) == 1);
  CHECK(s->quantile(1) == 4);
  CHECK(s->quantile(0.5) == 2.5);
  CHECK(s->quantile(0.25) == 1.75);
  CHECK((*s)[2] == 3);
}

TEST_CASE("sorted sample: NaN, infinities and nothing at all are refused") {
  CHECK(mr::sorted_sample::of(std::vector<double>{1, std::nan("")}, "latency").error().message() ==
        "latency holds NaN at place 1");
  CHECK_FALSE(mr::sorted_sample::of(std::vector<double>{1, -std::numeric_limits<double>::infinity()}));
  CHECK(mr::sorted_sample::of(std::vector<double>{}).error().message() == "the sample is empty");
  CHECK(mr::sorted_sample{}.empty());
}
