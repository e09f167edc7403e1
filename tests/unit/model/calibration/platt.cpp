#include <millrace/model/calibration/platt.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/calibration_reference.hpp>
#include <support/catch.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace mr = millrace;
namespace reference = calibration_reference;
using mr::errc;
using mr::model::platt;

TEST_CASE("Platt's parameters are those of scikit-learn's optimum, weighted and not") {
  const auto plain = platt::fit(reference::scores, reference::labels);
  REQUIRE(plain);
  CHECK(plain->slope() == Approx(reference::slope).epsilon(1e-12));
  CHECK(plain->intercept() == Approx(reference::intercept).epsilon(1e-12));
  CHECK(plain->slope() == Approx(reference::found_slope).epsilon(1e-5));
  CHECK(plain->intercept() == Approx(reference::found_intercept).epsilon(1e-5));
  const auto weighted = platt::fit(reference::scores, reference::labels, reference::weights);
  REQUIRE(weighted);
  CHECK(weighted->slope() == Approx(reference::slope_weighted).epsilon(1e-12));
  CHECK(weighted->intercept() == Approx(reference::intercept_weighted).epsilon(1e-12));
  CHECK(weighted->slope() == Approx(reference::found_slope_weighted).epsilon(1e-5));
  for (const double score : reference::asked)
    CHECK((*plain)(score) ==
          Approx(1 / (1 + std::exp(-(reference::slope * score + reference::intercept)))).epsilon(1e-11));
  if (support::counts_allocations) CHECK(support::allocations_of([&] { (void)(*plain)(0.5); }) == 0);
}

TEST_CASE("Platt's optimum does not depend on the scores' unit, and has a slope where classes are parted") {
  const auto plain = platt::fit(reference::scores, reference::labels);
  REQUIRE(plain);
  for (const double unit : {1e-250, 1e-3, 1e6, 1e300}) {
    std::vector<double> scaled = reference::scores;
    for (double& score : scaled) score *= unit;
    const auto fitted = platt::fit(scaled, reference::labels);
    REQUIRE(fitted);
    CHECK(fitted->slope() * unit == Approx(plain->slope()).epsilon(1e-9));
    CHECK(fitted->intercept() == Approx(plain->intercept()).epsilon(1e-9));
  }
  const auto parted = platt::fit(std::vector<double>{-1, -1, 1, 1}, std::vector<float>{0, 0, 1, 1});
  REQUIRE(parted);
  // Four rows leave a quarter of doubt: (2 + 1) / (2 + 2).
  CHECK((*parted)(1) == Approx(0.75).epsilon(1e-12));
  CHECK((*parted)(-1) == Approx(0.25).epsilon(1e-12));
  std::vector<double> outlier(1001, 0.0);
  std::vector<float> labels(1001, 0.0F);
  for (std::size_t i = 0; i < 500; ++i) labels[i] = 1;
  outlier[1000] = 1e12;
  const auto far = platt::fit(outlier, labels);
  REQUIRE(far);
  CHECK((*far)(0) == Approx(0.5).epsilon(1e-4));
  CHECK((*far)(1e12) < 0.01);
}

TEST_CASE("Platt's parameters do not depend on rows of weight 0, whatever their scores are") {
  const std::vector<double> scores{1, 2, 3, 4, 5, 6};
  const std::vector<float> labels{0, 0, 1, 0, 1, 1};
  const auto plain = platt::fit(scores, labels);
  REQUIRE(plain);
  for (const double other : {0.0, 1e6, -1e300, 1.7e308}) {
    auto more = scores;
    more.push_back(other);
    const auto fitted =
        platt::fit(more, std::vector<float>{0, 0, 1, 0, 1, 1, 0}, std::vector<float>{1, 1, 1, 1, 1, 1, 0});
    REQUIRE(fitted);
    CHECK(fitted->save() == plain->save());
  }
}

TEST_CASE("Platt's calibration of equal scores is the share, and of one class, of none or of bad rows an error") {
  const auto flat = platt::fit(std::vector<double>(6, 3.5), std::vector<float>{1, 0, 0, 1, 0, 0});
  REQUIRE(flat);
  CHECK(flat->slope() == 0);
  CHECK((*flat)(3.5) == Approx((2 * 0.75 + 4 / 6.0) / 6).epsilon(1e-12));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan((*flat)(nan)));
  for (const double most : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()})
    CHECK((*flat)(most) == (*flat)(3.5));
  const std::vector<double> scores{1, 2, 3};
  CHECK(platt::fit(std::vector<double>{}, {}).error().code() == errc::invalid_argument);
  CHECK(platt::fit(scores, std::vector<float>{1, 0}).error().code() == errc::shape_mismatch);
  CHECK(platt::fit(scores, std::vector<float>{1, 1, 1}).error().code() == errc::invalid_data);
  CHECK(platt::fit(scores, std::vector<float>{0, 0, 0}).error().code() == errc::invalid_data);
  CHECK(platt::fit(scores, std::vector<float>{0, 2, 1}).error().code() == errc::out_of_range);
  CHECK(platt::fit(scores, std::vector<float>{0, 0.5F, 1}).error().code() == errc::out_of_range);
  const auto bad = platt::fit(std::vector<double>{1, nan, 3}, std::vector<float>{0, 1, 1});
  CHECK(bad.error().code() == errc::not_finite);
  CHECK_THAT(bad.error().message(), ContainsSubstring("row 1"));
  const std::vector<float> labels{0, 1, 1};
  CHECK(platt::fit(scores, labels, std::vector<float>{1, -1, 1}).error().code() == errc::out_of_range);
  CHECK(platt::fit(scores, labels, std::vector<float>{0, 0, 0}).error().code() == errc::invalid_data);
  CHECK(platt::fit(scores, labels, std::vector<float>{0, 1, 1}).error().code() == errc::invalid_data);
}

TEST_CASE("Platt's calibration is saved and loaded, and keeps the bytes of the first release") {
  const auto fitted = platt::fit(std::vector<double>{-1, -1, 1, 1}, std::vector<float>{0, 0, 1, 1});
  REQUIRE(fitted);
  const auto old = platt::load(support::golden("model/platt.bin"));
  REQUIRE(old);
  CHECK(old->save() == support::golden("model/platt.bin"));
  CHECK(old->slope() == 1.25);
  CHECK(old->intercept() == -0.5);
  const auto back = platt::load(fitted->save());
  REQUIRE(back);
  CHECK(back->save() == fitted->save());
  CHECK((*back)(0.3) == (*fitted)(0.3));
  const auto use = [](const platt& found) { CHECK(platt::load(found.save())); };
  laws::hostile_payload(*fitted, support::reseal, use, 17, 500);
  laws::hostile_bytes(*fitted, use);
}
