#include <millrace/model/cluster/mini_batch_k_means.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/cluster_reference.hpp>
#include <support/cluster_rows.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>

#include <laws/aggregator.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mr = millrace;
using mr::model::matrix_view;
using mr::model::mini_batch_k_means;

namespace {

double inertia_of(const mini_batch_k_means& model, const matrix_view& rows) {
  double sum = 0;
  std::vector<double> apart(model.clusters());
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    model.distances(rows.row(i), apart);
    const double own = apart[model.nearest(rows.row(i))];
    for (const double other : apart) REQUIRE(other >= own);
    sum += own * own;
  }
  return sum;
}

}  // namespace

TEST_CASE("mini-batch k-means: the inertia is at most a few percent above the best that k-means finds") {
  for (const reference::clustering& of : reference::clusterings) {
    const auto numbers = support::cluster_rows(of.seed, of.rows, of.columns, of.groups, of.spread);
    const matrix_view rows(numbers, of.columns);
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const auto fitted = mini_batch_k_means::fit(rows, {.clusters = of.groups, .batch = 128, .seed = seed});
      REQUIRE(fitted);
      sum += inertia_of(*fitted, rows);
    }
    CHECK(sum / 20 <= of.lowest * 1.06);
  }
}

TEST_CASE("mini-batch k-means: a centre is the mean of the rows that were nearest when they came") {
  auto made = mini_batch_k_means::make(1, {.clusters = 2, .reassign_below = 0});
  REQUIRE(made);
  CHECK_FALSE(made->fitted());
  REQUIRE(made->partial_fit(matrix_view(std::vector<float>{0, 2, 10, 12}, 1)));
  REQUIRE(made->fitted());
  const std::size_t low = made->nearest(std::vector<float>{0});
  CHECK(made->centre(low, 0) == 1);
  CHECK(made->centre(1 - low, 0) == 11);
  CHECK(made->weight(low) == 2);
  REQUIRE(made->partial_fit(matrix_view(std::vector<float>{4}, 1)));
  CHECK(made->centre(low, 0) == 2);
  CHECK(made->centre(1 - low, 0) == 11);
  // A weight is how many rows one stands for.
  REQUIRE(made->partial_fit(matrix_view(std::vector<float>{17, 17, 3}, 1), std::vector<float>{2, 0, 0}));
  CHECK(made->centre(1 - low, 0) == 14);
  CHECK(made->weight(1 - low) == 4);
  CHECK(made->centre(low, 0) == 2);
}

TEST_CASE("mini-batch k-means: a centre with few rows starts again") {
  // One row far away takes a centre in the first batch; then it never comes again.
  std::vector<float> first(40, 0);
  for (std::size_t i = 0; i < 40; ++i) first[i] = static_cast<float>(i % 2);
  first[39] = 1000;
  for (const double below : {0.0, 0.1}) {
    auto made = mini_batch_k_means::make(1, {.clusters = 3, .reassign_below = below});
    REQUIRE(made->partial_fit(matrix_view(first, 1)));
    // The one that starts again counts as many rows as the lightest other, so that it is not light at once.
    for (std::size_t k = 0; k < 3; ++k) CHECK(made->weight(k) >= (below == 0 ? 1 : 19));
    std::vector<float> more;
    for (std::size_t i = 0; i < 200; ++i) more.push_back(static_cast<float>(i % 2));
    for (int batch = 0; batch < 20; ++batch) REQUIRE(made->partial_fit(matrix_view(more, 1)));
    double highest = 0;
    for (std::size_t k = 0; k < 3; ++k) highest = std::max(highest, made->centre(k, 0));
    CHECK((highest == 1000) == (below == 0));
  }
}

TEST_CASE("mini-batch k-means: rows alone and in a batch have the same bits, and none allocates") {
  const auto numbers = support::cluster_rows(3, 500, 6, 5, 0.3);
  const matrix_view rows(numbers, 6);
  const auto fitted = mini_batch_k_means::fit(rows, {.clusters = 5});
  REQUIRE(fitted);
  CHECK(mini_batch_k_means::fit(rows, {.clusters = 5})->save() == fitted->save());
  CHECK(mini_batch_k_means::fit(rows, {.clusters = 5, .seed = 2})->save() != fitted->save());
  CHECK(fitted->inputs() == 6);
  CHECK(fitted->outputs() == 1);
  CHECK(fitted->options().clusters == 5);
  std::vector<double> batch(500), apart(5);
  std::vector<std::uint32_t> labels(500);
  CHECK(support::allocations_of([&] {
          fitted->predict(rows, batch);
          fitted->nearest(rows, labels);
          fitted->distances(rows.row(0), apart);
        }) == 0);
  for (std::size_t i = 0; i < 500; ++i) {
    double alone = -1;
    fitted->predict(rows.row(i), std::span(&alone, 1));
    REQUIRE(alone == batch[i]);
    REQUIRE(labels[i] == batch[i]);
  }
}

TEST_CASE("mini-batch k-means: refusals name what is wrong and change nothing") {
  using mr::errc;
  CHECK(mini_batch_k_means::make(0).error().code() == errc::shape_mismatch);
  for (const mr::model::mini_batch_k_means_options& with :
       std::vector<mr::model::mini_batch_k_means_options>{{.clusters = 0},
                                                          {.batch = 0},
                                                          {.passes = 0},
                                                          {.reassign_below = 1},
                                                          {.reassign_below = -0.1},
                                                          {.reassign_below = std::nan("")}})
    CHECK(mini_batch_k_means::make(2, with).error().code() == errc::invalid_argument);
  auto made = mini_batch_k_means::make(2, {.clusters = 2});
  std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  const auto refused = [&](const matrix_view& rows, errc code, const char* text, std::vector<float> weights = {}) {
    const auto before = made->save();
    const auto done = made->partial_fit(rows, weights);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == code);
    CHECK(done.error().message().find(text) != std::string::npos);
    CHECK(made->save() == before);
  };
  refused(matrix_view(numbers.data(), 1, 2), errc::invalid_argument, "2 clusters of 1 rows");
  refused(matrix_view(numbers, 2), errc::invalid_argument, "2 clusters of 1 rows", {1, 0, 0});
  refused(matrix_view(numbers, 3), errc::shape_mismatch, "3 columns, where 2");
  for (int again = 0; again < 2; ++again) {
    refused(matrix_view(numbers, 2), errc::shape_mismatch, "weights", {1});
    refused(matrix_view(numbers, 2), errc::out_of_range, "the weight of row 1", {1, -1, 1});
    refused(matrix_view(numbers, 2), errc::invalid_data, "every weight", {0, 0, 0});
    refused(matrix_view(numbers.data(), 0, 2), errc::invalid_argument, "no rows");
    numbers[4] = std::numeric_limits<float>::quiet_NaN();
    refused(matrix_view(numbers, 2), errc::not_finite, "row 2, column 0 is NaN");
    numbers[4] = 5;
    REQUIRE(made->partial_fit(matrix_view(numbers, 2)));
  }
  CHECK(mini_batch_k_means::fit(matrix_view(numbers, 2), {.clusters = 4}).error().code() == errc::invalid_argument);
  // Batches of rows without a weight never come up in fit.
  std::vector<float> many(400, 1), weights(200, 0);
  weights[3] = weights[150] = 1;
  CHECK(mini_batch_k_means::fit(matrix_view(many, 2), {.clusters = 2, .batch = 4}, weights).has_value());
}

TEST_CASE("mini-batch k-means: what is loaded goes on as what was saved; golden and hostile bytes") {
  const auto numbers = support::cluster_rows(41, 400, 2, 3, 0.1);
  const matrix_view all(numbers, 2);
  auto fitted = mini_batch_k_means::make(2, {.clusters = 3});
  REQUIRE(fitted);
  CHECK(mini_batch_k_means::load(fitted->save())->save() == fitted->save());
  REQUIRE(fitted->partial_fit(matrix_view(all.data(), 100, 2)));
  auto old = support::from_golden("model/mini_batch_k_means.bin", *fitted);
  for (std::size_t i = 1; i < 4; ++i) {
    REQUIRE(old.partial_fit(matrix_view(all.row(100 * i).data(), 100, 2)));
    REQUIRE(fitted->partial_fit(matrix_view(all.row(100 * i).data(), 100, 2)));
  }
  CHECK(old.save() == fitted->save());
  const auto use = [&](mini_batch_k_means& loaded) {
    if (loaded.inputs() == 2 && loaded.clusters() < 50) (void)loaded.partial_fit(matrix_view(all.data(), 50, 2));
    CHECK(mini_batch_k_means::load(loaded.save()).has_value());
  };
  laws::hostile_bytes(*fitted, use);
  laws::hostile_payload(*fitted, support::reseal, use, 6, 3000);
}
