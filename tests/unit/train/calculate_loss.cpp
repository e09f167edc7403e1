#include <millrace/train/calculate_loss.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <millrace/chain.hpp>
#include <support/train.hpp>
#include <support/train_reference.hpp>

namespace mr = millrace;
using mr::train::training;

namespace {
/// A loss of one's own: the share of wrong signs, with a gradient that pushes them.
struct hinge {
  template <class Scalar>
  mr::result<double> operator()(const mr::train::row_major_matrix<Scalar>& output,
                                const Eigen::VectorXi& labels) const {
    mr::train::row_major_matrix<Scalar> unused;
    return (*this)(output, labels, unused);
  }
  template <class Scalar>
  mr::result<double> operator()(const mr::train::row_major_matrix<Scalar>& output, const Eigen::VectorXi& labels,
                                mr::train::row_major_matrix<Scalar>& gradient) const {
    gradient.setZero(output.rows(), 1);
    double sum = 0;
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
      const Scalar side = labels[i] == 1 ? Scalar(1) : Scalar(-1);
      if (side * output(i, 0) < 1) {
        sum += static_cast<double>(1 - side * output(i, 0));
        gradient(i, 0) = -side;
      }
    }
    return sum;
  }
};
}  // namespace

TEST_CASE("a loss of classes reads labels and writes loss and gradient") {
  auto chain = mr::chain(mr::train::calculate_loss<mr::train::softmax_cross_entropy>());
  auto ctx = chain.context(training::output = support::matrix_of<float>(reference::softmax_logits, 4),
                           training::labels = support::labels_of(reference::softmax_labels));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::loss] == Approx(reference::softmax_loss));
  CHECK(support::distance(ctx[training::output_gradient], support::matrix_of<float>(reference::softmax_gradient, 4)) <
        1e-6);
}

TEST_CASE("a loss with settings is given as an object") {
  auto chain = mr::chain(mr::train::calculate_loss(mr::train::softmax_cross_entropy{{2.0, 0.5, 1.0, 4.0}}));
  auto ctx = chain.context(training::output = support::matrix_of<float>(reference::softmax_logits, 4),
                           training::labels = support::labels_of(reference::softmax_labels));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::loss] == Approx(reference::softmax_loss_weighted));
}

TEST_CASE("a loss of numbers reads targets") {
  using f = mr::train::training_fields<double>;
  auto chain = mr::chain(mr::train::calculate_loss<mr::train::mse, f>());
  auto ctx = chain.context(f::output = support::matrix_of<double>(reference::mse_output, 2),
                           f::targets = support::matrix_of<double>(reference::mse_targets, 2));
  REQUIRE(chain(ctx));
  CHECK(ctx[f::loss] == Approx(reference::mse_loss));
}

TEST_CASE("a loss of one's own is used like the others") {
  auto chain = mr::chain(mr::train::calculate_loss(hinge{}));
  auto ctx = chain.context(training::output = support::matrix_of<float>({0.5, 2.0, -3.0}, 1),
                           training::labels = support::labels_of({1, 1, 1}));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::loss] == Approx(4.5));
}

TEST_CASE("what the loss finds wrong fails the event") {
  auto chain = mr::chain(mr::train::calculate_loss<mr::train::binary_cross_entropy>());
  auto ctx = chain.context(training::output = support::matrix_of<float>({0.5, 2.0}, 1),
                           training::labels = support::labels_of({1, 3}));
  auto done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().code() == mr::errc::out_of_range);
  CHECK(done.error().cause()->message() == "labels: row 1 is of class 3, outside 0 to 1");
}

TEST_CASE("a loss that is not finite is handed on, for a validation to find") {
  auto chain = mr::chain(mr::train::calculate_loss<mr::train::binary_cross_entropy>());
  auto ctx = chain.context(training::output = support::matrix_of<float>({0.5, NAN}, 1),
                           training::labels = support::labels_of({1, 0}));
  REQUIRE(chain(ctx));
  CHECK(std::isnan(ctx[training::loss]));
}

TEST_CASE("accuracy counts the rows whose largest logit, or whose sign, is the label") {
  auto chain = mr::chain(mr::train::calculate_accuracy{});
  auto ctx = chain.context(training::output = support::matrix_of<float>({0.5, -2.0, -0.1, 3.0}, 1),
                           training::labels = support::labels_of({1, 0, 1, 0}));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::accuracy] == 0.5);
  ctx[training::output] = support::matrix_of<float>({1, 2, 3, 3, 2, 1, 0, 5, 0, 9, 8, 7}, 3);
  ctx[training::labels] = support::labels_of({2, 0, 1, 2});
  REQUIRE(chain(ctx));
  CHECK(ctx[training::accuracy] == 0.75);
  ctx[training::labels] = support::labels_of({2, 0});
  CHECK(!chain(ctx));
  ctx[training::output].resize(0, 3);
  CHECK(!chain(ctx));
}
