#include <millrace/train/loss.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <support/train.hpp>
#include <support/train_reference.hpp>

namespace mr = millrace;
using support::distance;
using support::labels_of;
using support::matrix_of;

namespace {

template <class Scalar, class Loss, class Reference>
void agrees(const Loss& loss, const mr::train::row_major_matrix<Scalar>& output, const Reference& right,
            double expected, const std::vector<double>& expected_gradient) {
  const double tolerance = std::is_same_v<Scalar, float> ? 2e-6 : 1e-14;
  mr::train::row_major_matrix<Scalar> gradient;
  const auto value = loss(output, right, gradient);
  REQUIRE(value);
  CHECK(std::abs(*value - expected) <= tolerance * (std::max)(1.0, expected));
  CHECK(distance(gradient, matrix_of<double>(expected_gradient, output.cols())) <= tolerance);
  const auto alone = loss(output, right);
  REQUIRE(alone);
  CHECK(*alone == Approx(*value).epsilon(1e-6));
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

TEMPLATE_TEST_CASE("losses and their gradients agree with SciPy and scikit-learn, overflowing logits included", "",
                   float, double) {
  using namespace reference;
  agrees(mr::train::mse{}, matrix_of<TestType>(mse_output, 2), matrix_of<TestType>(mse_targets, 2), mse_loss,
         mse_gradient);
  agrees(mr::train::binary_cross_entropy{}, matrix_of<TestType>(binary_logits, 1), labels_of(binary_labels),
         binary_loss, binary_gradient);
  agrees(mr::train::binary_cross_entropy{{0.25, 3.0}}, matrix_of<TestType>(binary_logits, 1), labels_of(binary_labels),
         binary_loss_weighted, binary_gradient_weighted);
  agrees(mr::train::multilabel_cross_entropy{}, matrix_of<TestType>(multilabel_logits, 2),
         matrix_of<TestType>(multilabel_targets, 2), multilabel_loss, multilabel_gradient);
  agrees(mr::train::softmax_cross_entropy{}, matrix_of<TestType>(softmax_logits, 4), labels_of(softmax_labels),
         softmax_loss, softmax_gradient);
  agrees(mr::train::softmax_cross_entropy{{2.0, 0.5, 1.0, 4.0}}, matrix_of<TestType>(softmax_logits, 4),
         labels_of(softmax_labels), softmax_loss_weighted, softmax_gradient_weighted);
}

TEST_CASE("every length of batch is summed to its end") {
  for (Eigen::Index rows = 1; rows < 100; ++rows) {
    const auto logits = support::random_matrix<double>(rows, 1, 1);
    Eigen::VectorXi labels(rows);
    double expected = 0;
    for (Eigen::Index i = 0; i < rows; ++i) {
      labels[i] = static_cast<int>(i % 3 == 0);
      expected += std::log1p(std::exp(labels[i] == 1 ? -logits(i, 0) : logits(i, 0))) / static_cast<double>(rows);
    }
    mr::train::row_major_matrix<double> gradient;
    CHECK(*mr::train::binary_cross_entropy{}(logits, labels, gradient) == Approx(expected).epsilon(1e-12));
    for (Eigen::Index i = 0; i < rows; ++i)
      CHECK(gradient(i, 0) * static_cast<double>(rows) ==
            Approx(1.0 / (1.0 + std::exp(-logits(i, 0))) - labels[i]).epsilon(1e-12));
  }
}

TEST_CASE("two logits a row in softmax are one logit in binary cross-entropy, their difference") {
  const auto logits = support::random_matrix<double>(50, 2, 5);
  mr::train::row_major_matrix<double> difference = logits.col(1) - logits.col(0);
  Eigen::VectorXi labels(50);
  for (int i = 0; i < 50; ++i) labels[i] = i % 4 == 0;
  CHECK(*mr::train::softmax_cross_entropy{}(logits, labels) ==
        Approx(*mr::train::binary_cross_entropy{}(difference, labels)).epsilon(1e-13));
}

TEMPLATE_TEST_CASE("a NaN or an infinity among the outputs makes loss and gradient NaN", "", float, double) {
  for (double poison : {not_a_number, infinite}) {
    CAPTURE(poison);
    mr::train::row_major_matrix<TestType> gradient;
    mr::train::row_major_matrix<TestType> one = mr::train::row_major_matrix<TestType>::Zero(40, 1);
    one(37, 0) = static_cast<TestType>(poison);
    CHECK(std::isnan(*mr::train::binary_cross_entropy{}(one, Eigen::VectorXi::Zero(40), gradient)));
    CHECK(std::isnan(gradient(37, 0)));
    CHECK(std::isfinite(gradient(36, 0)));
    mr::train::row_major_matrix<TestType> half = mr::train::row_major_matrix<TestType>::Constant(40, 1, TestType(0.5));
    CHECK(std::isnan(*mr::train::multilabel_cross_entropy{}(one, half, gradient)));
    CHECK(std::isnan(gradient(37, 0)));

    for (Eigen::Index classes : {2, 3, 4, 9, 17})
      for (Eigen::Index at = 0; at < classes; ++at) {
        CAPTURE(classes, at);
        mr::train::row_major_matrix<TestType> several = mr::train::row_major_matrix<TestType>::Zero(3, classes);
        several(1, at) = static_cast<TestType>(poison);
        const Eigen::VectorXi labels = Eigen::VectorXi::Constant(3, 1);
        CHECK(std::isnan(*mr::train::softmax_cross_entropy{}(several, labels)));
        CHECK(std::isnan(*mr::train::softmax_cross_entropy{}(several, labels, gradient)));
        CHECK(std::isnan(gradient(1, at)));
        CHECK(std::isfinite(gradient(0, at)));
      }
  }
  mr::train::row_major_matrix<TestType> gradient;
  mr::train::row_major_matrix<TestType> poisoned = mr::train::row_major_matrix<TestType>::Zero(2, 2);
  poisoned(1, 0) = static_cast<TestType>(not_a_number);
  CHECK(std::isnan(*mr::train::mse{}(
      poisoned, mr::train::row_major_matrix<TestType>(mr::train::row_major_matrix<TestType>::Zero(2, 2)), gradient)));
}

TEST_CASE("a label that is no class is an error that names its row") {
  mr::train::row_major_matrix<float> gradient;
  Eigen::VectorXi labels = Eigen::VectorXi::Zero(5);
  labels[3] = 4;
  const mr::train::row_major_matrix<float> four = mr::train::row_major_matrix<float>::Zero(5, 4);
  auto failed = mr::train::softmax_cross_entropy{}(four, labels, gradient);
  REQUIRE(!failed);
  CHECK(failed.error().code() == mr::errc::out_of_range);
  CHECK(failed.error().message() == "labels: row 3 is of class 4, outside 0 to 3");
  labels[3] = -1;
  CHECK(mr::train::softmax_cross_entropy{}(four, labels).error().message() ==
        "labels: row 3 is of class -1, outside 0 to 3");
  const mr::train::row_major_matrix<float> one = mr::train::row_major_matrix<float>::Zero(5, 1);
  labels[3] = 2;
  CHECK(mr::train::binary_cross_entropy{}(one, labels, gradient).error().message() ==
        "labels: row 3 is of class 2, outside 0 to 1");
}

TEST_CASE("a target that is no probability is an error that names its row and column") {
  const mr::train::row_major_matrix<float> output = mr::train::row_major_matrix<float>::Zero(3, 2);
  for (double wrong : {-0.1, 1.1, not_a_number, infinite}) {
    mr::train::row_major_matrix<float> targets = mr::train::row_major_matrix<float>::Zero(3, 2);
    targets(2, 1) = static_cast<float>(wrong);
    auto failed = mr::train::multilabel_cross_entropy{}(output, targets);
    REQUIRE(!failed);
    CHECK(failed.error().code() == mr::errc::out_of_range);
    CHECK(failed.error().message() == "targets: row 2, column 1 is no probability");
  }
}

TEST_CASE("shapes that do not fit are errors") {
  mr::train::row_major_matrix<float> gradient;
  const mr::train::row_major_matrix<float> output = mr::train::row_major_matrix<float>::Zero(3, 2);
  const mr::train::row_major_matrix<float> targets = mr::train::row_major_matrix<float>::Zero(3, 1);
  const mr::train::row_major_matrix<float> empty(0, 2);
  CHECK(mr::train::mse{}(output, targets, gradient).error().message() == "targets are 3 x 1, output is 3 x 2");
  CHECK(mr::train::mse{}(empty, empty, gradient).error().code() == mr::errc::invalid_argument);
  CHECK(mr::train::multilabel_cross_entropy{}(output, targets).error().code() == mr::errc::shape_mismatch);
  CHECK(mr::train::binary_cross_entropy{}(output, Eigen::VectorXi::Zero(3)).error().message() ==
        "output: binary cross-entropy wants 1 column, there are 2");
  CHECK(mr::train::softmax_cross_entropy{}(output, Eigen::VectorXi::Zero(4)).error().message() ==
        "labels: 4 for a batch of 3 rows");
  CHECK(mr::train::softmax_cross_entropy{}(empty, Eigen::VectorXi()).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("class weights that do not fit the classes are errors; a batch of weight 0 teaches nothing") {
  mr::train::row_major_matrix<float> gradient;
  const mr::train::row_major_matrix<float> output = mr::train::row_major_matrix<float>::Constant(3, 2, 1.f);
  const Eigen::VectorXi labels = Eigen::VectorXi::Ones(3);
  CHECK(mr::train::softmax_cross_entropy{{1, 2, 3}}(output, labels).error().message() ==
        "class weights: 3 for 2 classes");
  for (double wrong : {-1.0, not_a_number, infinite})
    CHECK(mr::train::softmax_cross_entropy{{1, wrong}}(output, labels).error().code() == mr::errc::out_of_range);
  CHECK(*mr::train::softmax_cross_entropy{{1, 0}}(output, labels, gradient) == 0.0);
  CHECK(gradient.isZero(0.f));
  const mr::train::row_major_matrix<float> one = mr::train::row_major_matrix<float>::Constant(3, 1, 1.f);
  CHECK(*mr::train::binary_cross_entropy{{1, 0}}(one, labels, gradient) == 0.0);
  CHECK(gradient.isZero(0.f));
}

TEMPLATE_TEST_CASE("probabilities come from logits without overflow", "", float, double) {
  mr::train::row_major_matrix<TestType> one(5, 1);
  one << -1000, -2, 0, 2, 1000;
  mr::train::to_probabilities(one);
  CHECK(one(0, 0) < 1e-37);
  CHECK(one(1, 0) == Approx(0.11920292202211755));
  CHECK(one(2, 0) == TestType(0.5));
  CHECK(one(4, 0) == 1);
  auto several = matrix_of<TestType>(reference::softmax_logits, 4);
  mr::train::to_probabilities(several);
  for (Eigen::Index i = 0; i < several.rows(); ++i) CHECK(several.row(i).sum() == Approx(1.0));
  CHECK(several(3, 0) == Approx(0.8807970779778823));
}
