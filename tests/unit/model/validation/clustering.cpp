#include <millrace/model/validation/clustering.hpp>

#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <climits>
#include <cstdint>
#include <limits>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using model::matrix_view;

TEST_CASE("clustering measures are scikit-learn's") {
  CHECK(*model::silhouette(matrix_view(validation::rows, 3), validation::parts) ==
        support::twelve_digits(validation::silhouette));
  CHECK(*model::adjusted_rand_index(validation::parts, validation::others) ==
        support::twelve_digits(validation::rand_index));
  CHECK(*model::adjusted_rand_index(validation::others, validation::parts) ==
        support::twelve_digits(validation::rand_index));
  CHECK(*model::normalized_mutual_information(validation::parts, validation::others) ==
        support::twelve_digits(validation::mutual_information));
}

TEST_CASE("clustering measures: the same partition under other numbers, none, and one cluster a row") {
  const std::vector<int> a{0, 0, 1, 1, 2}, b{INT_MAX, INT_MAX, -5, -5, INT_MIN}, one{3, 3, 3, 3, 3},
      each{1, 2, 3, 4, 5};
  CHECK(*model::adjusted_rand_index(a, b) == 1);
  CHECK(*model::normalized_mutual_information(a, b) == support::twelve_digits(1));
  CHECK(*model::adjusted_rand_index(one, one) == 1);
  CHECK(*model::adjusted_rand_index(each, each) == 1);
  CHECK(*model::adjusted_rand_index(one, each) == 0);
  CHECK(*model::normalized_mutual_information(one, one) == 1);
  CHECK(*model::normalized_mutual_information(one, each) == 0);
  CHECK(*model::normalized_mutual_information({0, 0, 1, 1}, {0, 1, 0, 1}) == Approx(0).margin(1e-15));
}

TEST_CASE("silhouette: equal rows have 0, and refusals name what is wrong") {
  const std::vector<std::int64_t> wide = {1, 5'000'000'000, 6'000'000'000};
  const std::vector<float> numbers{0, 1, 2};
  CHECK(mr::model::silhouette(mr::model::matrix_view(numbers, 1), wide).error().code() == mr::errc::out_of_range);
  CHECK(mr::model::adjusted_rand_index(wide, {1, 2, 3}).error().code() == mr::errc::out_of_range);
  CHECK(mr::model::normalized_mutual_information({1, 2, 3}, wide).error().code() == mr::errc::out_of_range);
  using mr::errc;
  const std::vector<float> same{1, 1, 1, 1};
  CHECK(*model::silhouette(matrix_view(same, 1), {0, 0, 1, 1}) == 0);
  const std::vector<float> two{0, 0, 10, 10};
  CHECK(*model::silhouette(matrix_view(two, 1), {4, 4, 9, 9}) == 1);
  CHECK(model::silhouette(matrix_view(two, 1), {0, 0, 0, 0}).error().code() == errc::invalid_argument);
  CHECK(model::silhouette(matrix_view(two, 1), {0, 1, 2, 3}).error().code() == errc::invalid_argument);
  CHECK(model::silhouette(matrix_view(two, 1), {0, 1}).error().code() == errc::shape_mismatch);
  CHECK(model::silhouette(matrix_view(), std::vector<int>{}).error().code() == errc::invalid_argument);
  const std::vector<float> bad{0, std::numeric_limits<float>::infinity(), 1};
  CHECK(model::silhouette(matrix_view(bad, 1), {0, 0, 1}).error().code() == errc::not_finite);
  CHECK(model::adjusted_rand_index({0}, {0, 1}).error().code() == errc::shape_mismatch);
  CHECK(model::normalized_mutual_information(std::vector<int>{}, std::vector<int>{}).error().code() ==
        errc::invalid_argument);
}
