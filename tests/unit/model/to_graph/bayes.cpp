#include <millrace/model/to_graph/bayes.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

namespace mm = millrace::model;

namespace {

support::made_rows of_classes(unsigned classes, bool counts) {
  return support::make_rows(300, 4, 5, [&](float* x, millrace::random_engine& random) {
    const double score = std::floor(support::a_number(x, random) + 1);
    for (std::size_t j = 0; counts && j < 4; ++j) x[j] = std::floor(4 * (x[j] + 1));
    return score < 0 ? 0 : score > classes - 1 ? classes - 1 : score;
  });
}

}  // namespace

TEST_CASE("naive Bayes says the same as a graph, of two classes and of more") {
  for (const unsigned classes : {2U, 3U}) {
    const auto normal = of_classes(classes, false);
    support::says_the_same(mm::gaussian_naive_bayes::fit(normal.view(), normal.targets).value(),
                           support::odd_rows(normal.features, false));
    const auto counts = of_classes(classes, true);
    support::says_the_same(mm::multinomial_naive_bayes::fit(counts.view(), counts.targets).value(),
                           support::odd_rows(counts.features, false));
  }
}

TEST_CASE("a class without rows has probability 0 as a graph, too") {
  auto model = mm::gaussian_naive_bayes::make(1, 3).value();
  const std::vector<float> rows{1, 2, 5, 6};
  const std::vector<float> labels{0, 0, 2, 2};
  REQUIRE(model.partial_fit(mm::matrix_view(rows, 1), labels));
  support::says_the_same(model, rows);
  CHECK(support::asked_of(mm::to_graph(model).value(), mm::matrix_view(rows, 1))[1] == 0);
}
