#include <millrace/train/backpropagation.hpp>
#include <support/catch.hpp>

#include <millrace/chain.hpp>
#include <millrace/train/calculate_loss.hpp>
#include <millrace/train/forward_pass.hpp>
#include <millrace/train/network.hpp>
#include <support/train.hpp>

namespace mr = millrace;
using mr::train::training;

TEST_CASE("backpropagation writes the model's gradients, and each layer's weights' where tracked") {
  const mr::train::network<> net(3, {{4, mr::train::activation::tanh}, {2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net), mr::train::calculate_loss<mr::train::softmax_cross_entropy>(),
                         mr::train::backpropagation(net, mr::train::track_gradients));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(6, 3, 1),
                           training::labels = support::labels_of({0, 1, 0, 1, 1, 0}));
  REQUIRE(chain(ctx));
  mr::train::network_workspace<> space;
  mr::train::row_major_matrix<float> output;
  mr::train::column_vector<float> expected;
  net.forward(ctx[training::batch], space, output);
  net.backward(ctx[training::batch], output, ctx[training::output_gradient], space, expected);
  CHECK(ctx[training::gradients] == expected);
  const auto& kept = ctx[training::layer_gradients];
  REQUIRE(kept.size() == 2);
  CHECK(kept[0] == net.weights_of(0, expected));
  CHECK(kept[1] == net.weights_of(1, expected));
  CHECK(kept[0].rows() == 3);
  CHECK(kept[1].cols() == 2);
}

TEST_CASE("without tracking no layer's gradients are kept") {
  const mr::train::network<> net(3, {{2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net), mr::train::calculate_loss<mr::train::softmax_cross_entropy>(),
                         mr::train::backpropagation(net));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(1, 3, 1),
                           training::labels = support::labels_of({0}));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::gradients].size() == net.parameter_count());
  STATIC_REQUIRE(!decltype(ctx)::has<std::remove_const_t<decltype(training::layer_gradients)>>);
}

TEST_CASE("tensors that do not belong to the last forward pass are an error that names which") {
  const mr::train::network<> net(3, {{4, mr::train::activation::relu}, {2}}, 1);
  auto forward = mr::chain(mr::train::forward_pass(net));
  auto backward = mr::chain(mr::train::backpropagation(net));
  auto ctx = mr::chain(mr::train::forward_pass(net), mr::train::calculate_loss<mr::train::softmax_cross_entropy>(),
                       mr::train::backpropagation(net))
                 .context(training::batch = support::random_matrix<float>(5, 3, 1),
                          training::output = support::random_matrix<float>(5, 2, 1),
                          training::output_gradient = support::random_matrix<float>(5, 2, 1),
                          mr::train::workspace_of<mr::train::network<>> = mr::train::network_workspace<>());
  const auto message = [&] {
    auto done = backward(ctx);
    REQUIRE(!done);
    CHECK(done.error().code() == mr::errc::shape_mismatch);
    return done.error().cause()->message();
  };
  CHECK(message() == "batch is 5 x 3, but the last forward pass was 0 x 3");
  REQUIRE(forward(ctx));
  REQUIRE(backward(ctx));
  ctx[training::output_gradient].resize(5, 1);
  CHECK(message() == "output_gradient is 5 x 1, but the last forward pass was 5 x 2");
  ctx[training::output].resize(4, 2);
  CHECK(message() == "output is 4 x 2, but the last forward pass was 5 x 2");
  ctx[training::batch].resize(6, 3);
  CHECK(message() == "batch is 6 x 3, but the last forward pass was 5 x 3");
}
