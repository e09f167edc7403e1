#include <millrace/stats/family.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <millrace/core/seed.hpp>
#include <span>
#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

namespace {
template <class Correction>
void agrees(const std::string& name) {
  const auto p = support::reference("p_values");
  const auto wanted = support::reference(name);
  const auto got = mr::stats::family_of<Correction>(p);
  REQUIRE(got);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CAPTURE(name, i);
    CHECK((*got)[i] == Approx(wanted[i]).epsilon(1e-14));
  }
  std::array<double, 7> fixed;
  std::copy(p.begin(), p.end(), fixed.begin());
  const auto same = mr::stats::family<Correction, 7>{}.adjusted(fixed);
  CHECK(std::equal(same->begin(), same->end(), got->begin()));
}
}  // namespace

TEST_CASE("family: every correction agrees with statsmodels") {
  agrees<mr::stats::bonferroni>("bonferroni");
  agrees<mr::stats::holm>("holm");
  agrees<mr::stats::hochberg>("hochberg");
  agrees<mr::stats::benjamini_hochberg>("benjamini_hochberg");
  agrees<mr::stats::benjamini_yekutieli>("benjamini_yekutieli");
}

TEST_CASE("family: without a difference, Holm's false rejections stay under alpha where uncorrected ones do not") {
  mr::random_engine engine(5);
  int uncorrected = 0;
  int corrected = 0;
  for (int i = 0; i < 2000; ++i) {
    double p[10];
    for (double& one : p) one = engine.uniform();
    const auto holm = mr::stats::family<mr::stats::holm, 10>{}.adjusted(p);
    const auto none = mr::stats::family<mr::stats::uncorrected, 10>{}.adjusted(p);
    corrected += *std::min_element(holm->begin(), holm->end()) <= 0.05;
    uncorrected += *std::min_element(none->begin(), none->end()) <= 0.05;
  }
  CHECK(corrected <= 100 + 6 * std::sqrt(2000 * 0.05 * 0.95));
  CHECK(uncorrected > 700);
}

TEST_CASE("family: one of one is itself, and p-values that are none are refused") {
  const auto one = mr::stats::family<mr::stats::benjamini_yekutieli, 1>{}.adjusted(0.03);
  REQUIRE(one);
  CHECK((*one)[0] == 0.03);
  CHECK(mr::stats::family<mr::stats::holm, 2>::size() == 2);
  CHECK(mr::stats::family<mr::stats::holm, 2>::name() == "Holm");
  CHECK(mr::stats::family<mr::stats::holm, 2>{}.adjusted({0.1, 1.5}).error().message() ==
        "p-value at place 1 is 1.5, not in [0, 1]");
  CHECK_FALSE(mr::stats::family<mr::stats::holm, 2>{}.adjusted({support::not_a_number, 0.5}));
  CHECK_FALSE(mr::stats::family_of<mr::stats::holm>(std::vector<double>{-0.1}));
  CHECK_FALSE(mr::stats::family_of<mr::stats::holm>(std::vector<double>{}));
}

TEST_CASE("family: p-values counted at run time are corrected, and another number of them is an error") {
  const mr::stats::family<mr::stats::holm, 3> three;
  const std::vector<double> p = {0.01, 0.04, 0.03};
  const auto adjusted = three.adjusted(p);
  REQUIRE(adjusted);
  CHECK(*adjusted == *three.adjusted({0.01, 0.04, 0.03}));
  CHECK(*three.adjusted(std::span<const double>(p)) == *adjusted);
  CHECK(three.adjusted(std::vector<double>{0.01, 0.04}).error().message() ==
        "a family of 3 comparisons needs all its p-values, not 2");
  CHECK_FALSE(three.adjusted(std::vector<double>{}));
}
