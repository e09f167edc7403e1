#include <millrace/model/evaluation/confusion_matrix.hpp>
#include <support/catch.hpp>
#include <support/close_numbers.hpp>

#include <support/evaluation_reference.hpp>
#include <vector>

namespace mr = millrace;

TEST_CASE("counts, precision, recall and F1 agree with scikit-learn for two classes") {
  const auto counted = mr::model::count_confusion(reference::labels, reference::answers);
  REQUIRE(counted);
  for (std::size_t label = 0; label < 2; ++label)
    for (std::size_t answer = 0; answer < 2; ++answer)
      CHECK(counted->count(label, answer) == static_cast<std::uint64_t>(reference::confusion[2 * label + answer]));
  CHECK(counted->total() == reference::labels.size());
  CHECK(counted->accuracy() == support::twelve_digits(reference::accuracy));
  CHECK(counted->precision() == support::twelve_digits(reference::precision));
  CHECK(counted->recall() == support::twelve_digits(reference::recall));
  CHECK(counted->f1() == support::twelve_digits(reference::f1));
}

TEST_CASE("counts, precision, recall and F1 agree with scikit-learn for several classes") {
  const auto counted = mr::model::count_confusion(reference::classes, reference::guesses, 4);
  REQUIRE(counted);
  for (std::size_t label = 0; label < 4; ++label) {
    for (std::size_t answer = 0; answer < 4; ++answer)
      CHECK(counted->count(label, answer) ==
            static_cast<std::uint64_t>(reference::class_confusion[4 * label + answer]));
    CHECK(counted->precision(label) == support::twelve_digits(reference::class_precision[label]));
    CHECK(counted->recall(label) == support::twelve_digits(reference::class_recall[label]));
    CHECK(counted->f1(label) == support::twelve_digits(reference::class_f1[label]));
  }
  CHECK(counted->macro_f1() == support::twelve_digits(reference::macro_f1));
  CHECK(counted->accuracy() == support::twelve_digits(reference::class_accuracy));
}

TEST_CASE("what would be 0 / 0 is 0") {
  const mr::model::confusion_matrix empty(3);
  CHECK(empty.total() == 0);
  CHECK(empty.accuracy() == 0.0);
  CHECK(empty.precision(2) == 0.0);
  CHECK(empty.recall(0) == 0.0);
  CHECK(empty.f1() == 0.0);
  CHECK(empty.macro_f1() == 0.0);
  const auto one_class = mr::model::count_confusion(std::vector<int>{0, 0}, std::vector<int>{0, 0});
  REQUIRE(one_class);
  CHECK(one_class->precision() == 0.0);
  CHECK(one_class->recall() == 0.0);
  CHECK(one_class->accuracy() == 1.0);
}

TEST_CASE("rows come one by one, and the counts of several add up") {
  mr::model::confusion_matrix all;
  mr::model::confusion_matrix half[2];
  for (std::size_t i = 0; i < reference::labels.size(); ++i) {
    REQUIRE(all.update(reference::labels[i], reference::answers[i]));
    REQUIRE(half[i % 2].update(reference::labels[i], reference::answers[i]));
  }
  REQUIRE(half[0].merge(half[1]));
  for (std::size_t k = 0; k < 4; ++k) CHECK(half[0].count(k / 2, k % 2) == all.count(k / 2, k % 2));
  CHECK(!all.merge(mr::model::confusion_matrix(3)));
}

TEST_CASE("columns that cannot be counted are errors that name the row") {
  CHECK(mr::model::count_confusion({}, {}).error().code() == mr::errc::invalid_argument);
  CHECK(mr::model::count_confusion(std::vector<int>{0, 1}, std::vector<int>{0}).error().message() ==
        "labels: 2 for 1 predictions");
  const auto label = mr::model::count_confusion(std::vector<int>{0, 2}, std::vector<int>{0, 1});
  CHECK(label.error().code() == mr::errc::out_of_range);
  CHECK(label.error().describe() == "row 1 cannot be counted: label 2 is none of the 2 classes");
  const auto answer = mr::model::count_confusion(std::vector<int>{0, 1}, std::vector<int>{-1, 1});
  CHECK(answer.error().describe() == "row 0 cannot be counted: prediction -1 is none of the 2 classes");
}
