#include <millrace/train/samples.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <support/train.hpp>
#include <vector>

namespace mr = millrace;

namespace {
struct payment {
  double amount;
  int hour;
  bool fraud;
};
}  // namespace

TEST_CASE("a matrix of either storage order answers the chosen rows in the order asked") {
  const mr::train::row_major_matrix<float> by_row = support::random_matrix<float>(10, 3, 1);
  const Eigen::MatrixXf by_column = by_row;
  Eigen::VectorXi labels(10);
  labels << 0, 1, 2, 3, 4, 5, 6, 7, 8, 9;
  const std::vector<std::uint32_t> rows{7, 0, 7, 3};
  const auto check = [&](const auto& source) {
    mr::train::row_major_matrix<float> batch;
    Eigen::VectorXi chosen;
    REQUIRE(source.read(rows, batch, chosen));
    REQUIRE(batch.rows() == 4);
    for (Eigen::Index i = 0; i < 4; ++i) {
      CHECK(chosen[i] == static_cast<int>(rows[static_cast<std::size_t>(i)]));
      CHECK(batch.row(i) == by_row.row(chosen[i]));
    }
  };
  CHECK(mr::train::matrix_samples(by_row, labels).size() == 10);
  check(mr::train::matrix_samples(by_row, labels));
  check(mr::train::matrix_samples(by_column, labels));
}

TEST_CASE("a matrix with targets answers rows of targets") {
  const Eigen::MatrixXd points = support::random_matrix<double>(5, 2, 1);
  const Eigen::MatrixXd targets = support::random_matrix<double>(5, 4, 2);
  const mr::train::matrix_samples source(points, targets);
  mr::train::row_major_matrix<double> batch;
  mr::train::row_major_matrix<double> chosen;
  REQUIRE(source.read(std::vector<std::uint32_t>{4, 2}, batch, chosen));
  CHECK(chosen.row(0) == targets.row(4));
  CHECK(chosen.row(1) == targets.row(2));
  STATIC_REQUIRE(mr::train::sample_source<decltype(source), mr::train::row_major_matrix<double>>);
  STATIC_REQUIRE(!mr::train::sample_source<decltype(source), Eigen::VectorXi>);
}

TEST_CASE("blocks, maps and numbers side by side are taken as they are; views are kept themselves") {
  const mr::train::row_major_matrix<float> points = support::random_matrix<float>(10, 3, 1);
  const std::vector<std::uint8_t> labels{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  mr::train::row_major_matrix<float> batch;
  Eigen::VectorXi chosen;
  // The block and the span are gone when `source` is read; what they show is not.
  mr::train::matrix_samples source(points.topRows(4), std::span(labels).first(4));
  CHECK(source.size() == 4);
  REQUIRE(source.read(std::vector<std::uint32_t>{3, 1}, batch, chosen));
  CHECK(batch.row(0) == points.row(3));
  CHECK(chosen[0] == 3);
  CHECK(chosen[1] == 1);

  // Assigning changes what is read, never what was shown.
  const mr::train::row_major_matrix<float> before = points;
  source = mr::train::matrix_samples(points.middleRows(6, 4), std::span(labels).first(4));
  REQUIRE(source.read(std::vector<std::uint32_t>{0}, batch, chosen));
  CHECK(batch.row(0) == points.row(6));
  CHECK(points == before);

  const std::vector<double> prices{1.5, 2.5, 3.5, 4.5};
  mr::train::row_major_matrix<float> targets;
  REQUIRE(mr::train::matrix_samples(points.topRows(4), prices).read(std::vector<std::uint32_t>{2}, batch, targets));
  CHECK(targets(0, 0) == 3.5F);
}

TEST_CASE("labels that are not one a row are an error with both numbers") {
  const Eigen::MatrixXf points(5, 2);
  const Eigen::VectorXi labels(4);
  mr::train::row_major_matrix<float> batch;
  Eigen::VectorXi chosen;
  const auto failed = mr::train::matrix_samples(points, labels).read(std::vector<std::uint32_t>{0}, batch, chosen);
  REQUIRE(!failed);
  CHECK(failed.error().code() == mr::errc::shape_mismatch);
  CHECK(failed.error().message() == "the data set has 5 rows but 4 labels or targets");
}

TEST_CASE("any range's elements become features and classes, or features and targets") {
  const std::vector<payment> payments{{10.0, 3, false}, {99.5, 23, true}, {1.0, 12, false}};
  const mr::train::range_samples classes(payments, 2, [](const payment& p, std::span<float> x) {
    x[0] = static_cast<float>(p.amount);
    x[1] = static_cast<float>(p.hour);
    return p.fraud;
  });
  CHECK(classes.size() == 3);
  mr::train::row_major_matrix<float> batch;
  Eigen::VectorXi labels;
  REQUIRE(classes.read(std::vector<std::uint32_t>{1, 2}, batch, labels));
  CHECK(batch(0, 0) == 99.5f);
  CHECK(batch(0, 1) == 23.0f);
  CHECK(batch(1, 1) == 12.0f);
  CHECK(labels[0] == 1);
  CHECK(labels[1] == 0);
  STATIC_REQUIRE(mr::train::sample_source<decltype(classes), Eigen::VectorXi>);
  STATIC_REQUIRE(!mr::train::sample_source<decltype(classes), mr::train::row_major_matrix<float>>);

  const mr::train::range_samples amounts(payments, 1, [](const payment& p, std::span<float> x) {
    x[0] = static_cast<float>(p.hour);
    return p.amount;
  });
  mr::train::row_major_matrix<float> targets;
  REQUIRE(amounts.read(std::vector<std::uint32_t>{2, 0}, batch, targets));
  CHECK(targets(0, 0) == 1.0f);
  CHECK(targets(1, 0) == 10.0f);
}
