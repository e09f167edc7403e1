#include <millrace/model/validation/splits.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using model::fold;

namespace {

/// Every row is tested once, and fitted on in all other folds; rows are in ascending order.
void check_partition(const std::vector<fold>& folds, std::size_t rows) {
  std::vector<int> tested(rows), fitted(rows);
  for (const fold& one : folds) {
    CHECK(std::is_sorted(one.test.begin(), one.test.end()));
    CHECK(std::is_sorted(one.train.begin(), one.train.end()));
    for (const std::size_t i : one.test) ++tested.at(i);
    for (const std::size_t i : one.train) ++fitted.at(i);
    CHECK(one.test.size() + one.train.size() == rows);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    REQUIRE(tested[i] == 1);
    REQUIRE(fitted[i] == static_cast<int>(folds.size()) - 1);
  }
}

bool same(const std::vector<fold>& a, const std::vector<fold>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const fold& x, const fold& y) { return x.train == y.train && x.test == y.test; });
}

}  // namespace

TEST_CASE("k folds: each row is tested once, at random, by the seed") {
  for (const std::size_t rows : {2U, 7U, 10U, 103U})
    for (const std::size_t count : {2U, 3U, 5U}) {
      if (count > rows) continue;
      const auto folds = model::k_fold(rows, count);
      REQUIRE(folds);
      check_partition(*folds, rows);
      for (const fold& one : *folds) {
        CHECK(one.test.size() >= rows / count);
        CHECK(one.test.size() <= rows / count + 1);
      }
      CHECK(same(*folds, *model::k_fold(rows, count)));
    }
  CHECK_FALSE(same(*model::k_fold(100), *model::k_fold(100, 5, 2)));
  CHECK(model::k_fold(100)->at(0).test !=
        std::vector<std::size_t>{0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95});
  CHECK(model::k_fold(3, 4).error().code() == mr::errc::invalid_argument);
  CHECK(model::k_fold(3, 1).error().code() == mr::errc::invalid_argument);
  CHECK(model::k_fold(0, 2).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("stratified folds: every class has its share of every fold") {
  std::vector<int> labels;
  for (int i = 0; i < 97; ++i) labels.push_back(i % 10 == 0 ? 7 : i % 3 == 0 ? -2 : 0);
  const auto folds = model::stratified_k_fold(labels, 4);
  REQUIRE(folds);
  check_partition(*folds, labels.size());
  for (const fold& one : *folds) {
    CHECK(one.test.size() >= 24);
    CHECK(one.test.size() <= 25);
    for (const int label : {7, -2, 0}) {
      const auto all = std::count(labels.begin(), labels.end(), label);
      const auto here =
          std::count_if(one.test.begin(), one.test.end(), [&](std::size_t i) { return labels[i] == label; });
      CHECK(here >= all / 4);
      CHECK(here <= all / 4 + 1);
    }
  }
  CHECK(same(*folds, *model::stratified_k_fold(labels, 4)));
  CHECK_FALSE(same(*folds, *model::stratified_k_fold(labels, 4, 2)));
  const auto few = model::stratified_k_fold({0, 0, 0, 5, 5}, 3);
  REQUIRE_FALSE(few);
  CHECK(few.error().code() == mr::errc::invalid_data);
  CHECK(few.error().message().find("class 5 has 2 rows") != std::string::npos);
  CHECK(model::stratified_k_fold(std::vector<int>{}, 2).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("grouped folds: no group is parted, and folds are about equal") {
  std::vector<int> groups;
  for (int i = 0; i < 200; ++i) groups.push_back((i * 7919) % 37 % 23 - 5);
  const auto folds = model::group_k_fold(groups, 4);
  REQUIRE(folds);
  check_partition(*folds, groups.size());
  for (const fold& one : *folds) {
    std::set<int> tested, fitted;
    for (const std::size_t i : one.test) tested.insert(groups[i]);
    for (const std::size_t i : one.train) fitted.insert(groups[i]);
    for (const int group : tested) CHECK(fitted.count(group) == 0);
    CHECK(one.test.size() >= 44);
    CHECK(one.test.size() <= 56);
  }
  CHECK(same(*folds, *model::group_k_fold(groups, 4)));
  CHECK_FALSE(same(*folds, *model::group_k_fold(groups, 4, 2)));
  CHECK(model::group_k_fold({1, 1, 2, 2}, 3).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("folds by identifiers that are no int are refused, not put together") {
  const std::vector<std::int64_t> users = {1, 2, 3, 5'000'000'000, 6'000'000'000, 7'000'000'000};
  const auto found = mr::model::group_k_fold(users, 2);
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::out_of_range);
  CHECK_THAT(found.error().message(), ContainsSubstring("groups: the number of row 3"));
  CHECK(mr::model::stratified_k_fold(users, 2).error().code() == mr::errc::out_of_range);
}

TEST_CASE("folds in the order of time: tests follow what was fitted on, with a gap and a window") {
  const auto folds = model::time_split(12, {.folds = 3});
  REQUIRE(folds);
  CHECK(folds->at(0).train == std::vector<std::size_t>{0, 1, 2});
  CHECK(folds->at(0).test == std::vector<std::size_t>{3, 4, 5});
  CHECK(folds->at(2).train == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(folds->at(2).test == std::vector<std::size_t>{9, 10, 11});
  const auto window = model::time_split(12, {.folds = 2, .test = 2, .train = 3, .gap = 1});
  REQUIRE(window);
  CHECK(window->at(0).train == std::vector<std::size_t>{4, 5, 6});
  CHECK(window->at(0).test == std::vector<std::size_t>{8, 9});
  CHECK(window->at(1).train == std::vector<std::size_t>{6, 7, 8});
  CHECK(window->at(1).test == std::vector<std::size_t>{10, 11});
  const auto refused = [](std::size_t rows, const model::time_split_options& with) {
    const auto made = model::time_split(rows, with);
    return !made && made.error().code() == mr::errc::invalid_argument;
  };
  CHECK(refused(12, {.folds = 0}));
  CHECK(refused(5, {.folds = 5}));
  CHECK(refused(12, {.folds = 3, .test = 4}));
  CHECK(refused(12, {.folds = 3, .test = 3, .gap = 3}));
  CHECK(refused(12, {.folds = 3, .test = ~std::size_t{0} / 2}));
  CHECK(refused(12, {.folds = ~std::size_t{0}}));
  CHECK_FALSE(refused(12, {.folds = 3, .test = 3, .gap = 2}));
}

TEST_CASE("rows and items of a fold are gathered by number") {
  const std::vector<float> numbers{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::size_t> chosen{3, 0};
  CHECK(model::gather_rows(model::matrix_view(numbers, 2), chosen) == std::vector<float>{7, 8, 1, 2});
  CHECK(model::gather_rows(model::matrix_view(numbers.data(), 4, 1, 2), chosen) == std::vector<float>{7, 1});
  CHECK(model::gather(numbers, chosen) == std::vector<float>{4, 1});
  CHECK(model::gather(std::vector<int>{5, 6, 7, 8}, chosen) == std::vector<int>{8, 5});
}
