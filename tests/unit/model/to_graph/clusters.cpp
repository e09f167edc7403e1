#include <millrace/model/to_graph/clusters.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

namespace mm = millrace::model;

TEST_CASE("centres say the same as a graph: the nearest, and all distances") {
  const auto data = support::make_rows(300, 4, 2, support::a_number);
  const std::vector<float> rows = support::odd_rows(data.features);
  const auto model = mm::k_means::fit(data.view(), {.clusters = 5}).value();
  support::says_the_same(model, rows);
  std::vector<double> expected;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    double out[5];
    model.distances(mm::matrix_view(rows, 4).row(i), out);
    expected.insert(expected.end(), out, out + 5);
  }
  const auto made = mm::to_graph(model);
  REQUIRE(made);
  CHECK(made->values[made->outputs[1]].name == "distances");
  support::check_alike(support::asked_of(*made, mm::matrix_view(rows, 4), 1), expected, 1e-9, 1e-9);
  support::says_the_same(mm::mini_batch_k_means::fit(data.view(), {.clusters = 3}).value(), rows);
}

TEST_CASE("of equally near centres the first is said, and there are none before the first batch") {
  const std::vector<float> two{-1, 1};
  const auto model = mm::k_means::fit(mm::matrix_view(two, 1), {.clusters = 2}).value();
  const std::vector<float> middle{0};
  CHECK(support::asked_of(mm::to_graph(model).value(), mm::matrix_view(middle, 1)) == std::vector<double>{0});
  const auto none = mm::to_graph(mm::mini_batch_k_means::make(3).value());
  REQUIRE(!none);
  CHECK(none.error().message() == "graph of a model: centres of a model that has seen no row");
}
