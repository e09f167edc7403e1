#include <millrace/model/evaluation/label_view.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <deque>
#include <limits>
#include <millrace/model/evaluation/confusion_matrix.hpp>
#include <millrace/model/evaluation/measures.hpp>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace mr = millrace;

TEST_CASE("label view: int is viewed, other whole numbers are copied") {
  const std::vector<int> ints = {0, 2, 1};
  const mr::model::label_view view(ints);
  CHECK(std::span<const int>(view).data() == ints.data());
  CHECK(view.size() == 3);
  CHECK(view[1] == 2);
  CHECK(mr::model::label_view(std::vector<bool>{false, true})[1] == 1);
  CHECK(mr::model::label_view(std::deque<std::int8_t>{-1, 3})[0] == -1);
  CHECK(mr::model::label_view(std::vector<std::uint64_t>{}).empty());
  CHECK_FALSE(std::is_convertible_v<std::vector<double>, mr::model::label_view>);
  CHECK_FALSE(std::is_convertible_v<std::vector<std::string>, mr::model::label_view>);
  CHECK_FALSE(std::is_convertible_v<int, mr::model::label_view>);
}

TEST_CASE("label view: a number that is no int is no class") {
  const std::vector<std::int64_t> wide = {0, std::int64_t{1} << 32};  // whose lower half is 0
  CHECK(mr::model::label_view(wide)[1] == (std::numeric_limits<int>::min)());
  CHECK(mr::model::label_view(std::vector<std::uint64_t>{~std::uint64_t{0}})[0] == (std::numeric_limits<int>::min)());
  CHECK(mr::model::label_view(std::vector<unsigned>{~0U})[0] == (std::numeric_limits<int>::min)());
  CHECK(mr::model::label_view(wide).outside_int() == 1);
  CHECK(mr::model::label_view(std::vector<std::int64_t>{-1, (std::numeric_limits<int>::min)()}).outside_int() == 2);
  CHECK(mr::model::label_view(std::vector<int>{1, (std::numeric_limits<int>::min)()}).outside_int() == 2);
  CHECK(mr::model::roc_auc(wide, std::vector<float>{0.1F, 0.2F}).error().code() == mr::errc::out_of_range);
}

TEST_CASE("label view: every measure takes labels of bool") {
  const std::vector<bool> labels = {true, false, true, false};
  const std::vector<int> same = {1, 0, 1, 0};
  const std::vector<double> scores = {0.9, 0.4, 0.3, 0.1};
  CHECK(*mr::model::roc_auc(labels, scores) == *mr::model::roc_auc(same, scores));
  CHECK(*mr::model::average_precision(labels, scores) == *mr::model::average_precision(same, scores));
  CHECK(*mr::model::log_loss(labels, scores) == *mr::model::log_loss(same, scores));
  CHECK(*mr::model::brier_score(labels, scores) == *mr::model::brier_score(same, scores));
  CHECK(*mr::model::accuracy(labels, labels) == 1);
  CHECK(*mr::model::accuracy(labels, {1, 0, 0, 0}) == 0.75);
  CHECK(mr::model::count_confusion(labels, same)->accuracy() == 1);
}
