#include <millrace/model/to_graph/decomposition.hpp>

#include <support/catch.hpp>
#include <support/exported.hpp>
#include <support/made_rows.hpp>

namespace mm = millrace::model;

TEST_CASE("principal components are the same as a graph, whitened or not") {
  auto data = support::make_rows(200, 4, 2, support::a_number);
  for (std::size_t i = 3; i < data.features.size(); i += 4) data.features[i] = data.features[i - 1];  // one depends
  for (const bool whiten : {false, true}) {
    const auto model = mm::pca::fit(data.view(), {.components = 4, .whiten = whiten}).value();
    support::says_the_same(
        model, support::odd_rows(data.features, false),
        [&](const mm::matrix_view& rows, std::span<double> out) { model.transform(rows, out); }, 1e-12);
  }
}
