#include <millrace/train/model.hpp>
#include <support/catch.hpp>

#include <millrace/chain.hpp>
#include <millrace/train/backpropagation.hpp>
#include <millrace/train/calculate_loss.hpp>
#include <millrace/train/forward_pass.hpp>
#include <millrace/train/load_batch.hpp>
#include <millrace/train/update_weights.hpp>
#include <support/train.hpp>

namespace mr = millrace;

namespace {

/// A line through the origin: the smallest model that the events can train.
class line {
 public:
  using scalar_type = double;
  struct workspace_type {
    Eigen::Index seen = 0;
    Eigen::Index rows() const { return seen; }
  };

  Eigen::Index inputs() const { return parameters_.size(); }
  Eigen::Index outputs() const { return 1; }
  mr::train::column_vector<double>& parameters() { return parameters_; }
  void forward(const mr::train::row_major_matrix<double>& batch, workspace_type& space,
               mr::train::row_major_matrix<double>& output) const {
    space.seen = batch.rows();
    output = batch * parameters_;
  }
  void backward(const mr::train::row_major_matrix<double>& batch, const mr::train::row_major_matrix<double>&,
                const mr::train::row_major_matrix<double>& output_gradient, workspace_type&,
                mr::train::column_vector<double>& gradients) const {
    gradients = batch.transpose() * output_gradient;
  }

 private:
  mr::train::column_vector<double> parameters_ = mr::train::column_vector<double>::Zero(2);
};

}  // namespace

TEST_CASE("a model of one's own is trained by the same events") {
  using f = mr::train::training_fields<double>;
  const Eigen::MatrixXd points = support::random_matrix<double>(100, 2, 1);
  const Eigen::MatrixXd targets = points * Eigen::Vector2d(3.0, -0.5);
  line model;
  auto step = mr::chain(mr::train::load_batch(points, targets, {.size = 25}), mr::train::forward_pass(model),
                        mr::train::calculate_loss<mr::train::mse, f>(), mr::train::backpropagation(model),
                        mr::train::update_weights(model, mr::train::sgd{}, mr::train::constant_rate{0.3}));
  auto ctx = step.context(f::epoch = 0, f::batch_idx = 0);
  for (ctx[f::epoch] = 0; ctx[f::epoch] < 100; ++ctx[f::epoch])
    for (ctx[f::batch_idx] = 0; ctx[f::batch_idx] < 4; ++ctx[f::batch_idx]) REQUIRE(step(ctx));
  CHECK(model.parameters()[0] == Approx(3.0));
  CHECK(model.parameters()[1] == Approx(-0.5));
  CHECK(ctx[f::loss] < 1e-12);
}

TEST_CASE("a model without layers is trainable, but its activations cannot be tracked") {
  STATIC_REQUIRE(mr::train::trainable_model<line>);
  STATIC_REQUIRE(!mr::train::layered_model<line>);
  STATIC_REQUIRE(!mr::train::trainable_model<int>);
}
