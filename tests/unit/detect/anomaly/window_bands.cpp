#include <millrace/detect/anomaly/window_bands.hpp>

#include <support/catch.hpp>
#include <support/detect.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

namespace mr = millrace;

TEST_CASE("windows of anomalies take a limit of one's own: Iglewicz and Hoaglin's, and Tukey's") {
  mr::detect::robust_z robust(3.5);
  mr::detect::iqr_fence fence(1.5);
  CHECK(fence.fence() == 1.5);
  for (int i = 0; i < 101; ++i) {
    robust.update(i);
    fence.update(i);
  }
  // Of 0 to 100: the median is 50, the MAD 25, the quartiles 25 and 75.
  CHECK(mr::detect::robust_z(robust).update(0).upper == Approx(50 + 3.5 * 1.4826022185056018 * 25));
  CHECK(mr::detect::iqr_fence(fence).update(0).upper == Approx(150));
  CHECK_FALSE(mr::detect::iqr_fence(fence).update(149).flagged);
  CHECK(mr::detect::iqr_fence(fence).update(151).flagged);
  const auto loaded = mr::detect::iqr_fence<mr::detect::given_limit>::load(fence.save());
  REQUIRE(loaded);
  CHECK(loaded->fence() == 1.5);
  CHECK_FALSE(mr::detect::iqr_fence<>::load(fence.save()));
  CHECK(mr::detect::robust_z<mr::detect::given_limit>::load(robust.save()));
}

TEST_CASE("median, quartiles and MAD of the window are those of sorting it") {
  mr::random_engine engine(101);
  mr::detect::detail::sorted_window<32> window;
  std::deque<double> plain;
  for (int i = 0; i < 2000; ++i) {
    const double x = static_cast<double>(engine.below(20));  // many ties
    window.push(x);
    plain.push_back(x);
    if (plain.size() > 32) plain.pop_front();
    std::vector<double> sorted(plain.begin(), plain.end());
    std::sort(sorted.begin(), sorted.end());
    const auto median = [](std::vector<double> v) {
      std::sort(v.begin(), v.end());
      return v.size() % 2 == 1 ? v[v.size() / 2] : 0.5 * (v[v.size() / 2 - 1] + v[v.size() / 2]);
    };
    REQUIRE(window.quantile(0.5) == median(sorted));
    std::vector<double> away;
    for (const double v : sorted) away.push_back(std::fabs(v - median(sorted)));
    REQUIRE(window.median_distance(median(sorted)) == median(away));
    REQUIRE(window.quantile(0) == sorted.front());
    REQUIRE(window.quantile(1) == sorted.back());
  }
  // Type 7, NumPy 2: quantile([1, 2, 3, 4], 0.25) = 1.75.
  mr::detect::detail::sorted_window<4> four;
  for (const double x : {4., 2., 1., 3.}) four.push(x);
  CHECK(four.quantile(0.25) == 1.75);
}

TEST_CASE("robust scores flag about as often as promised, also where a fifth of the window is wrong") {
  support::normal_source normal(102);
  const auto share = [&](auto d) {
    int flagged = 0;
    for (int i = 0; i < 200'000; ++i) flagged += d.update(normal()).flagged;
    return flagged / 200'000.;
  };
  CHECK(share(mr::detect::robust_z<mr::detect::arl<200>, 512>()) == Approx(0.005).epsilon(0.35));
  CHECK(share(mr::detect::iqr_fence<mr::detect::arl<200>, 512>()) == Approx(0.005).epsilon(0.35));
  mr::detect::robust_z<> z;
  mr::detect::iqr_fence<> fence;
  int found = 0, wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const bool bad = i % 5 == 0 && i > 128;
    const double x = bad ? 50 + normal() : normal();
    const bool a = z.update(x).flagged;
    const bool b = fence.update(x).flagged;
    found += bad && a && b;
    wrong += !bad && (a || b);
  }
  CHECK(found == (20'000 - 128 - 1) / 5);
  CHECK(wrong < 60);
}

TEST_CASE("Tukey's 1.5 is a promise of one in 143") {
  CHECK(mr::detect::iqr_fence<mr::detect::arl<143>>().fence() == Approx(1.5).margin(0.002));
}

TEST_CASE("where more than half the window is equal, any other value is flagged") {
  mr::detect::robust_z<> d;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(d.update(5).flagged);
  const mr::detect::anomaly found = d.update(5.001);
  CHECK(found.flagged);
  CHECK(std::isinf(found.score));
  CHECK_FALSE(d.update(5).flagged);
}
