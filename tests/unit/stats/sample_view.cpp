#include <millrace/stats/sample_view.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <millrace/stats/resampling/bootstrap.hpp>
#include <millrace/stats/resampling/permutation.hpp>
#include <millrace/stats/tests/kolmogorov_smirnov.hpp>
#include <millrace/stats/tests/mann_whitney.hpp>
#include <millrace/stats/tests/trimmed.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;

TEST_CASE("sample view: doubles are viewed, other numbers converted") {
  const std::vector<double> doubles = {1, 2, 3};
  const mr::stats::sample_view view(doubles);
  CHECK(std::span<const double>(view).data() == doubles.data());
  CHECK(view.size() == 3);
  CHECK(view[2] == 3);

  const float floats[] = {0.5F, 1.25F};
  const mr::stats::sample_view converted{std::span<const float>(floats)};
  CHECK(converted.size() == 2);
  CHECK(converted[0] == 0.5);
  CHECK(converted[1] == 1.25);
  CHECK(mr::stats::sample_view(std::array<std::int64_t, 2>{-3, 7})[0] == -3);
  CHECK(mr::stats::sample_view(std::vector<float>{}).empty());
  double sum = 0;
  for (const double x : mr::stats::sample_view(std::vector<unsigned>{1, 2, 3})) sum += x;
  CHECK(sum == 6);
  CHECK(mr::stats::sample_view(std::vector<bool>{true, false})[0] == 1);
  CHECK(mr::stats::sample_view(std::list<double>{0.5, 2})[1] == 2);
  CHECK(mr::stats::sample_view(std::deque<float>{4, 3})[1] == 3);
}

TEST_CASE("sample view: what is no sample of numbers does not convert") {
  CHECK(std::is_convertible_v<std::vector<float>, mr::stats::sample_view>);
  CHECK_FALSE(std::is_convertible_v<std::vector<std::string>, mr::stats::sample_view>);
  CHECK_FALSE(std::is_convertible_v<std::string, std::span<const double>>);
  CHECK_FALSE(std::is_convertible_v<double, mr::stats::sample_view>);
}

TEST_CASE("sample view: every test of two samples takes floats") {
  const std::vector<float> a = {1.5F, 2.25F, 4, 0.5F, 6};
  const std::vector<float> b = {3, 5, 4.5F, 8, 9};
  const std::vector<double> x(a.begin(), a.end());
  const std::vector<double> y(b.begin(), b.end());
  CHECK(mr::stats::mann_whitney_test(a, b)->p == mr::stats::mann_whitney_test(x, y)->p);
  CHECK(mr::stats::ks_test(a, b)->p == mr::stats::ks_test(x, y)->p);
  CHECK(mr::stats::yuen_test(a, b)->p == mr::stats::yuen_test(x, y)->p);
  const auto difference = [](std::span<const double> p, std::span<const double> q) { return p[0] - q[0]; };
  CHECK(mr::stats::permutation_test(a, b, difference)->p == mr::stats::permutation_test(x, y, difference)->p);
  CHECK(mr::stats::bootstrap_mean(a)->interval.lower == mr::stats::bootstrap_mean(x)->interval.lower);
}
