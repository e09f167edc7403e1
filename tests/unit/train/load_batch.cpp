#include <millrace/train/load_batch.hpp>
#include <support/catch.hpp>
#include <support/settings.hpp>

#include <millrace/chain.hpp>
#include <set>
#include <support/train.hpp>
#include <vector>

namespace mr = millrace;
using mr::train::training;

namespace {

struct data {
  Eigen::MatrixXf points;
  Eigen::VectorXi labels;
  explicit data(int rows) : points(rows, 2), labels(rows) {
    for (int i = 0; i < rows; ++i) {
      points(i, 0) = static_cast<float>(i);
      points(i, 1) = static_cast<float>(-i);
      labels[i] = i;
    }
  }
};

/// The labels that an epoch's batches bring, batch by batch.
std::vector<std::vector<int>> epoch_of(
    mr::train::load_batch<mr::train::matrix_samples<Eigen::MatrixXf, Eigen::VectorXi>> load, std::uint64_t epoch) {
  const std::size_t batches = load.batches_per_epoch();
  auto chain = mr::chain(std::move(load));
  auto ctx = chain.context(training::epoch = epoch, training::batch_idx = 0);
  std::vector<std::vector<int>> all;
  for (std::size_t i = 0; i < batches; ++i) {
    ctx[training::batch_idx] = i;
    REQUIRE(chain(ctx));
    const Eigen::VectorXi& labels = ctx[training::labels];
    REQUIRE(ctx[training::batch].rows() == labels.size());
    for (Eigen::Index k = 0; k < labels.size(); ++k)
      REQUIRE(ctx[training::batch](k, 1) == -static_cast<float>(labels[k]));
    all.emplace_back(labels.begin(), labels.end());
  }
  return all;
}

std::vector<int> flat(const std::vector<std::vector<int>>& batches) {
  std::vector<int> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

}  // namespace

TEST_CASE("an epoch brings every row exactly once") {
  for (int rows : {1, 2, 31, 32, 33, 64, 100}) {
    const data set(rows);
    const auto batches = epoch_of(mr::train::load_batch(set.points, set.labels, {.size = 32, .seed = 5}), 0);
    const auto all = flat(batches);
    CHECK(all.size() == static_cast<std::size_t>(rows));
    CHECK(std::set<int>(all.begin(), all.end()).size() == all.size());
    for (std::size_t i = 0; i + 1 < batches.size(); ++i) CHECK(batches[i].size() == 32);
  }
}

TEST_CASE("a partial last batch is kept or dropped, as asked") {
  const data set(70);
  mr::train::load_batch kept(set.points, set.labels, {.size = 32});
  mr::train::load_batch dropped(set.points, set.labels, {.size = 32, .keep_partial = false});
  CHECK(kept.batches_per_epoch() == 3);
  CHECK(dropped.batches_per_epoch() == 2);
  CHECK(epoch_of(kept, 0).back().size() == 6);
  CHECK(epoch_of(dropped, 0).back().size() == 32);
  const data fits(64);
  CHECK(mr::train::load_batch(fits.points, fits.labels, {.size = 32, .keep_partial = false}).batches_per_epoch() == 2);
  CHECK(mr::train::load_batch(fits.points, fits.labels, {.size = 32}).batches_per_epoch() == 2);
}

TEST_CASE("without shuffling the rows come in their order, every epoch") {
  const data set(10);
  const mr::train::load_batch load(set.points, set.labels, {.size = 4, .shuffle = false});
  const std::vector<int> in_order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(flat(epoch_of(load, 0)) == in_order);
  CHECK(flat(epoch_of(load, 3)) == in_order);
}

TEST_CASE("the order depends on seed and epoch alone") {
  const data set(50);
  const mr::train::load_batch load(set.points, set.labels, {.size = 8, .seed = 7});
  const auto first = flat(epoch_of(load, 0));
  CHECK(first != flat(epoch_of(load, 1)));
  CHECK(first != flat(epoch_of(mr::train::load_batch(set.points, set.labels, {.size = 8, .seed = 8}), 0)));
  CHECK(first == flat(epoch_of(mr::train::load_batch(set.points, set.labels, {.size = 8, .seed = 7}), 0)));
  CHECK(first == flat(epoch_of(mr::train::load_batch(set.points, set.labels, {.size = 50, .seed = 7}), 0)));
  // Pinned, so that a change of generator is seen.
  CHECK(std::vector<int>(first.begin(), first.begin() + 5) == std::vector<int>{17, 5, 40, 33, 30});

  // Back to an earlier epoch in one and the same event.
  auto chain = mr::chain(mr::train::load_batch(set.points, set.labels, {.size = 50, .seed = 7}));
  auto ctx = chain.context(training::epoch = 0, training::batch_idx = 0);
  for (std::uint64_t epoch : {0U, 4U, 1U, 0U}) {
    ctx[training::epoch] = epoch;
    REQUIRE(chain(ctx));
  }
  CHECK(std::vector<int>(ctx[training::labels].begin(), ctx[training::labels].end()) == first);
}

TEST_CASE("a batch that is not there is an error, by number; so are no rows and no size") {
  const auto failing = [](const data& set, mr::train::batch_options options, std::uint64_t index) {
    auto chain = mr::chain(mr::train::load_batch(set.points, set.labels, options));
    auto ctx = chain.context(training::epoch = 0, training::batch_idx = index);
    auto done = chain(ctx);
    REQUIRE(!done);
    REQUIRE(done.error().cause() != nullptr);
    return *done.error().cause();
  };
  const data set(10);
  CHECK(failing(set, {.size = 4}, 3).message() == "batch_idx is 3, but an epoch of 10 rows has 3 batches of 4");
  CHECK(failing(set, {.size = 4}, ~std::uint64_t{0}).code() == mr::errc::out_of_range);
  CHECK(failing(set, {.size = 16, .keep_partial = false}, 0).message() ==
        "batch_idx is 0, but an epoch of 10 rows has 0 batches of 16");
  CHECK(failing(data(0), {.size = 4}, 0).message() == "the data set is empty");
  CHECK(failing(set, {.size = 0}, 0).message() == "the batch size is 0");
}

TEST_CASE("labels that do not fit the rows fail the event") {
  const data set(10);
  const Eigen::VectorXi nine = set.labels.head(9);
  auto chain = mr::chain(mr::train::load_batch(set.points, nine));
  auto ctx = chain.context(training::epoch = 0, training::batch_idx = 0);
  auto done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().code() == mr::errc::shape_mismatch);
}

TEST_CASE("a data set that grows between epochs is seen") {
  std::vector<int> numbers{1, 2, 3};
  auto chain = mr::chain(mr::train::load_batch(mr::train::range_samples(numbers, 1,
                                                                        [](int n, std::span<float> x) {
                                                                          x[0] = static_cast<float>(n);
                                                                          return n;
                                                                        }),
                                               {.size = 100, .shuffle = false}));
  auto ctx = chain.context(training::epoch = 0, training::batch_idx = 0);
  REQUIRE(chain(ctx));
  CHECK(ctx[training::batch].rows() == 3);
  numbers.push_back(4);
  REQUIRE(chain(ctx));
  CHECK(ctx[training::batch].rows() == 4);
  CHECK(ctx[training::labels][3] == 4);
}

TEST_CASE("batches say how they are made") {
  const data set(4);
  CHECK(support::settings_of(mr::train::load_batch(set.points, set.labels, {.size = 32, .seed = 5})) ==
        "batch_size=32 batch_seed=5 ");
}
