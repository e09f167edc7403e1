#include <millrace/stats/tests/sample_ratio.hpp>

#include <support/catch.hpp>

#include <support/stats_reference.hpp>
#include <vector>

namespace mr = millrace;

using counts_of = std::vector<std::int64_t>;
using weights_of = std::vector<double>;

TEST_CASE("sample ratio: a split as configured passes, one that is off does not, and says by how much") {
  const auto good = mr::stats::sample_ratio_test(counts_of{50'100, 49'900}, weights_of{1, 1});
  CHECK_FALSE(good->mismatch);
  const auto bad = mr::stats::sample_ratio_test(counts_of{50'000, 51'500}, weights_of{0.5, 0.5});
  CHECK(bad->mismatch);
  CHECK(bad->worst_deviation == Approx(-750.0 / 50'750));
  CHECK(bad->summary() == "Sample-ratio mismatch: arm 0 is -1.478 % off its share, p 2.499e-06 with n = 101500.");
}

TEST_CASE("sample ratio: an arm of weight zero takes no degree of freedom, and a unit in one is a mismatch") {
  const auto empty = mr::stats::sample_ratio_test(counts_of{50'000, 50'700, 0}, weights_of{1, 1, 0});
  CHECK(empty->test.df == 1);
  CHECK(empty->test.p == mr::stats::sample_ratio_test(counts_of{50'000, 50'700}, weights_of{1, 1})->test.p);
  const auto leaked = mr::stats::sample_ratio_test(counts_of{50'000, 50'100, 1}, weights_of{1, 1, 0});
  CHECK(leaked->mismatch);
  CHECK(leaked->worst_arm == 2);
}

TEST_CASE("sample ratio: with a billion units what does not matter does not stop an experiment") {
  const counts_of counts{500'080'000, 499'920'000};
  CHECK(mr::stats::sample_ratio_test(counts, weights_of{1, 1})->test.p < 1e-6);
  CHECK_FALSE(mr::stats::sample_ratio_test(counts, weights_of{1, 1})->mismatch);
  CHECK(mr::stats::sample_ratio_test(counts, weights_of{1, 1}, {1e-3, 1e-5})->mismatch);
}

TEST_CASE("sample ratio: numbers in braces are counts and weights") {
  const auto found = mr::stats::sample_ratio_test({50'000, 51'500}, {1, 1});
  REQUIRE(found);
  CHECK(found->test.p == mr::stats::sample_ratio_test(counts_of{50'000, 51'500}, weights_of{1, 1})->test.p);
  CHECK_FALSE(mr::stats::sample_ratio_test({500'080'000, 499'920'000}, {1, 1})->mismatch);
}

TEST_CASE("sample ratio: nonsense is an error") {
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{0, 0}, weights_of{1, 1}));
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{-1, 5}, weights_of{1, 1}));
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{1, 5}, weights_of{1, 1}, {0, 0}));
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{1, 5}, weights_of{1, 1}, {1, 0}));
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{1, 5}, weights_of{1, 1}, {0.01, -1}));
  CHECK_FALSE(mr::stats::sample_ratio_test(counts_of{1}, weights_of{1}));
}
