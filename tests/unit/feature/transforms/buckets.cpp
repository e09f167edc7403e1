#include <millrace/feature/transforms/buckets.hpp>

#include <support/catch.hpp>
#include <support/feature_reference.hpp>
#include <support/features.hpp>

#include <cmath>
#include <vector>

namespace mf = millrace::feature;
using support::alone;
using support::first_of;
using real = support::one<double>;

TEST_CASE("a bucket holds what is above its lower edge and at most its upper one") {
  const auto bucket = alone<double>(mf::bucket<"x">(&real::x, mf::edges{100, 10, 50.5}));  // put in order
  CHECK(first_of(bucket, -1e300) == 0);
  CHECK(first_of(bucket, 10.0) == 0);
  CHECK(first_of(bucket, 10.1) == 1);
  CHECK(first_of(bucket, 50.5) == 1);
  CHECK(first_of(bucket, 51.0) == 2);
  CHECK(first_of(bucket, 100.0) == 2);
  CHECK(first_of(bucket, 1e300) == 3);
  CHECK(std::isnan(first_of(bucket, support::no_number)));
  CHECK(std::isnan(first_of(bucket, support::infinity)));
}

TEST_CASE("edges may be a plain list") {
  const auto bucket = alone<double>(mf::bucket<"x">(&real::x, {65, 18}, mf::missing(mf::flag)));
  const auto same = alone<double>(mf::bucket<"x">(&real::x, mf::edges{18, 65}, mf::missing(mf::flag)));
  CHECK(bucket.schema() == same.schema());
  CHECK(bucket.save() == same.save());
  CHECK(first_of(bucket, 18.5) == 1);
}

TEST_CASE("many edges are searched, and give what counting gives") {
  const auto counted =
      alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<17>()), support::reference_numbers());
  const auto searched =
      alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<34>()), support::reference_numbers());
  for (const double x : support::reference_numbers()) {
    const float fine = first_of(searched, x);
    CHECK(std::floor(fine / 2) == first_of(counted, x));  // every second edge of the finer is an edge of the other
  }
}

TEST_CASE("quantile buckets are NumPy's by the inverse of the distribution") {
  const auto bucket = alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<7>()), support::reference_numbers());
  for (int i = 0; i < 5; ++i) CHECK(first_of(bucket, reference::asked[i]) == reference::seventh[i]);
}

TEST_CASE("quantile buckets of heavy ties and of few values never decrease") {
  const auto ties = alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<3>()), {0, 0, 0, 0, 0, 1, 1, 1, 2, 3});
  CHECK(first_of(ties, 0.0) == 0);
  CHECK(first_of(ties, 1.0) == 1);
  CHECK(first_of(ties, 2.0) == 2);
  CHECK(first_of(ties, 3.0) == 2);
  const auto two = alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<3>()), {0, 1});
  CHECK(first_of(two, 0.0) == 0);
  CHECK(first_of(two, 1.0) >= 1);
  const auto constant =
      alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<5>()), std::vector<double>(50, 2.5));
  CHECK(first_of(constant, 2.5) == 0);
  CHECK(first_of(constant, 3.0) == 4);
  for (const auto& set :
       {ties, alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<3>()), {5, 5, 5, 5, -1, 5, 7})}) {
    float before = 0;
    for (double x = -3; x < 9; x += 0.25) {
      const float at = first_of(set, x);
      CHECK(at >= before);
      before = at;
    }
  }
}

TEST_CASE("quantile buckets of a long stream hold about as many values each") {
  std::vector<double> many;
  for (int i = 0; i < 100'000; ++i) many.push_back(std::exp(i * 7919 % 100'003 / 1e4));
  const auto bucket = alone<double>(mf::bucket<"x">(&real::x, mf::quantile_buckets<10>()), many);
  std::vector<int> counts(10);
  for (const double x : many) ++counts[static_cast<std::size_t>(first_of(bucket, x))];
  for (const int count : counts) CHECK(count == Approx(10'000).margin(800));
}
