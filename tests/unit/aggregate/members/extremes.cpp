#include <millrace/aggregate/members/extremes.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/aggregate.hpp>

#include <support/aggregate.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

using extremes = mr::aggregate<mr::min, mr::max, mr::range, mr::first, mr::last, mr::argmin, mr::argmax>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// By the definition, on all items kept.
void check_against(const extremes& a, const std::vector<double>& x) {
  mr::located low, high;
  double first = not_a_number, last = not_a_number;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) continue;
    if (low.index == mr::located::nowhere || x[i] < low.value) low = {i, x[i]};
    if (high.index == mr::located::nowhere || x[i] > high.value) high = {i, x[i]};
    if (std::isnan(first)) first = x[i];
    last = x[i];
  }
  CHECK(support::within(a.get<mr::min>(), low.value, 0));
  CHECK(support::within(a.get<mr::max>(), high.value, 0));
  CHECK(support::within(a.get<mr::range>(), high.value - low.value, 0));
  CHECK(support::within(a.get<mr::first>(), first, 0));
  CHECK(support::within(a.get<mr::last>(), last, 0));
  CHECK(a.get<mr::argmin>().index == low.index);
  CHECK(support::within(a.get<mr::argmin>().value, low.value, 0));
  CHECK(a.get<mr::argmax>().index == high.index);
  CHECK(support::within(a.get<mr::argmax>().value, high.value, 0));
}

}  // namespace

TEST_CASE("extremes, ends and places are those of a search") {
  mr::random_engine random(1);
  for (const std::size_t size : {0U, 1U, 2U, 15U, 16U, 47U, 48U, 49U, 100U, 2047U, 2048U, 2049U, 5000U})
    for (const double nans : {0.0, 0.01, 0.9})
      for (const double infinities : {0.0, 0.01}) {
        std::vector<double> x(size);
        for (double& v : x) {
          v = static_cast<double>(random.below(size + 1)) - static_cast<double>(size) * 0.7;  // with equal ones
          if (random.uniform() < infinities) v = random.uniform() < 0.5 ? infinity : -infinity;
          if (random.uniform() < nans) v = not_a_number;
        }
        CAPTURE(size, nans, infinities);
        extremes span;
        span.update(std::span<const double>(x));
        check_against(span, x);
        extremes singles;
        for (const double v : x) singles.update(v);
        check_against(singles, x);
        extremes merged;
        for (std::size_t begin = 0; begin < size; begin += 333) {
          extremes part;
          part.update(std::span<const double>(x).subspan(begin, std::min<std::size_t>(333, size - begin)));
          merged.merge(part);
        }
        check_against(merged, x);
      }
}

TEST_CASE("a maximum of negative numbers is negative, and of nothing is NaN") {
  extremes a;
  CHECK(std::isnan(a.get<mr::max>()));
  CHECK(std::isnan(a.get<mr::min>()));
  CHECK(std::isnan(a.get<mr::range>()));
  CHECK(std::isnan(a.get<mr::first>()));
  CHECK(a.get<mr::argmax>().index == mr::located::nowhere);
  a.update(-5.0);
  a.update(-2.0);
  CHECK(a.get<mr::max>() == -2);
  CHECK(a.get<mr::min>() == -5);
}

TEST_CASE("of two zeros the positive one is answered") {
  for (const std::size_t size : {2U, 100U}) {
    std::vector<double> x(size, 0.0);
    x[1] = -0.0;
    extremes a;
    a.update(std::span<const double>(x));
    CHECK_FALSE(std::signbit(a.get<mr::min>()));
    CHECK_FALSE(std::signbit(a.get<mr::max>()));
    CHECK_FALSE(std::signbit(a.get<mr::argmin>().value));
    CHECK(a.get<mr::argmin>().index == 0);
  }
}

TEST_CASE("weights do not move extremes, but for the weight zero") {
  extremes a;
  a.update(3.0);
  a.update(-1.0);
  a.update(9.0);
  CHECK(a.get<mr::max>() == 9);
  mr::aggregate<mr::min, mr::max> b;
  b.update(1.0, mr::weight(0.25));
  b.update(100.0, mr::weight(0));
  CHECK(b.get<mr::max>() == 1);
  CHECK(b.items() == 1);
}
