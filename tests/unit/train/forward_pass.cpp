#include <millrace/train/forward_pass.hpp>
#include <support/catch.hpp>

#include <millrace/chain.hpp>
#include <millrace/train/network.hpp>
#include <support/train.hpp>
#include <utility>

namespace mr = millrace;
using mr::train::training;

namespace {
/// What keeps a tensor in a form of its own, as a compressing one would.
struct boxed {
  mr::train::row_major_matrix<float> inside;
  template <class Matrix>
  boxed& operator=(const Matrix& from) {
    inside = from;
    return *this;
  }
};
}  // namespace

TEST_CASE("a forward pass writes the model's answers") {
  const mr::train::network<> net(3, {{4, mr::train::activation::relu}, {2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(6, 3, 1));
  REQUIRE(chain(ctx));
  mr::train::network_workspace<> space;
  mr::train::row_major_matrix<float> expected;
  net.forward(ctx[training::batch], space, expected);
  CHECK(ctx[training::output] == expected);
  STATIC_REQUIRE(!decltype(ctx)::has<std::remove_const_t<decltype(training::activations)>>);
}

TEST_CASE("tracked activations are the hidden layers' outputs, one matrix a layer") {
  const mr::train::network<> net(3, {{4, mr::train::activation::relu}, {5, mr::train::activation::tanh}, {2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net, mr::train::track_activations));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(6, 3, 1));
  REQUIRE(chain(ctx));
  const auto& kept = ctx[training::activations];
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].rows() == 6);
  CHECK(kept[0].cols() == 4);
  CHECK(kept[0] == net.hidden(0, ctx[mr::train::workspace_of<mr::train::network<>>]));
  CHECK(kept[1] == net.hidden(1, ctx[mr::train::workspace_of<mr::train::network<>>]));
  mr::train::row_major_matrix<float> last = kept[1] * net.weights(2);
  last.rowwise() += net.bias(2);
  CHECK(support::distance(ctx[training::output], last) < 1e-6);
}

TEST_CASE("tracked activations may be kept in another type") {
  const mr::train::network<> net(3, {{4, mr::train::activation::relu}, {2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net, mr::train::track_activations_as<boxed>{}));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(6, 3, 1));
  REQUIRE(chain(ctx));
  const auto& kept = ctx[mr::train::training_fields<float, boxed>::activations];
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].inside == net.hidden(0, ctx[mr::train::workspace_of<mr::train::network<>>]));
}

TEST_CASE("a batch that the model cannot take is an error with both numbers") {
  const mr::train::network<> net(3, {{2}}, 1);
  auto chain = mr::chain(mr::train::forward_pass(net));
  auto ctx = chain.context(training::batch = support::random_matrix<float>(6, 4, 1));
  auto done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().code() == mr::errc::shape_mismatch);
  CHECK(done.error().cause()->message() == "batch has 4 columns, but the model takes 3 features");
  ctx[training::batch].resize(0, 3);
  done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().cause()->message() == "batch has no rows");
}

TEST_CASE("a forward pass and a loss may run on many threads") {
  STATIC_REQUIRE(mr::train::forward_pass<mr::train::network<>>::thread_safe);
}
