#include <millrace/train/update_weights.hpp>
#include <support/catch.hpp>
#include <support/settings.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <millrace/chain.hpp>
#include <millrace/train.hpp>
#include <support/train.hpp>

namespace mr = millrace;
using mr::train::training;

TEST_CASE("an update moves the parameters by the optimizer's rule at the schedule's rate") {
  mr::train::network<> net(1, {{1}}, 1);
  net.parameters() << 1.f, 2.f;
  auto chain = mr::chain(mr::train::update_weights(net, mr::train::sgd{}, mr::train::step_decay{0.5, 1, 0.1}));
  auto ctx = chain.context(training::gradients = support::vector_of<float>({3.0, -4.0}));
  REQUIRE(chain(ctx));
  CHECK(net.parameters()[0] == Approx(1.0 - 0.5 * 3.0));
  CHECK(net.parameters()[1] == Approx(2.0 + 0.5 * 4.0));
  CHECK(ctx[training::learning_rate] == 0.5);
  CHECK(ctx[training::gradient_norm] == 5.0);
  REQUIRE(chain(ctx));
  CHECK(ctx[training::learning_rate] == Approx(0.05));
  CHECK(chain.get<"update_weights">().steps() == 2);
}

TEST_CASE("clipping happens before the step, and the norm is the one before clipping") {
  mr::train::network<> net(1, {{1}}, 1);
  net.parameters().setZero();
  auto chain = mr::chain(
      mr::train::update_weights(net, mr::train::sgd{}, mr::train::constant_rate{1.0}, mr::train::clip_norm{0.5}));
  auto ctx = chain.context(training::gradients = support::vector_of<float>({3.0, -4.0}));
  REQUIRE(chain(ctx));
  CHECK(ctx[training::gradient_norm] == 5.0);
  CHECK(net.parameters()[0] == Approx(-0.3));
  CHECK(net.parameters()[1] == Approx(0.4));
  CHECK(ctx[training::gradients][0] == Approx(0.3));
}

TEST_CASE("a gradient that is not finite is an error that names it, and changes nothing") {
  mr::train::network<> net(1, {{1}}, 1);
  net.parameters() << 1.f, 2.f;
  auto chain = mr::chain(mr::train::update_weights(net));
  auto ctx = chain.context(training::gradients = support::vector_of<float>({3.0, NAN}));
  auto done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().code() == mr::errc::not_finite);
  CHECK(done.error().cause()->message() == "gradients: number 1 is NaN; the weights stay as they were");
  CHECK(std::isnan(ctx[training::gradient_norm]));
  ctx[training::gradients] << -std::numeric_limits<float>::infinity(), 0.f;
  CHECK(chain(ctx).error().cause()->message() == "gradients: number 0 is -Infinity; the weights stay as they were");
  ctx[training::gradients] << 1e30f, 0.f;
  CHECK(chain(ctx).error().cause()->message() == "gradients: their norm overflows; the weights stay as they were");
  CHECK(net.parameters()[0] == 1.f);
  CHECK(net.parameters()[1] == 2.f);
  CHECK(chain.get<"update_weights">().steps() == 0);
}

TEST_CASE("gradients of another model are an error") {
  mr::train::network<> net(1, {{1}}, 1);
  auto chain = mr::chain(mr::train::update_weights(net));
  auto ctx = chain.context(training::gradients = support::vector_of<float>({3.0}));
  auto done = chain(ctx);
  REQUIRE(!done);
  CHECK(done.error().cause()->message() == "gradients: 1 for 2 parameters");
}

namespace {
template <class Optimizer, class Clip>
mr::train::network<> taught(const support::spirals& data, const Optimizer& rule, double rate, const Clip& clip,
                            std::uint64_t epochs) {
  mr::train::network<> net(2, {{32, mr::train::activation::tanh}, {32, mr::train::activation::tanh}, {1}}, 7);
  mr::train::load_batch load(data.points, data.labels, {.size = 64, .seed = 3});
  const std::size_t batches = load.batches_per_epoch();
  auto step = mr::chain(load, mr::train::forward_pass(net, mr::train::track_activations),
                        mr::train::calculate_loss<mr::train::binary_cross_entropy>(), mr::train::calculate_accuracy{},
                        mr::train::backpropagation(net, mr::train::track_gradients),
                        mr::train::update_weights(net, rule, mr::train::constant_rate{rate}, clip));
  auto ctx = step.context(training::epoch = 0, training::batch_idx = 0);
  for (ctx[training::epoch] = 0; ctx[training::epoch] < epochs; ++ctx[training::epoch])
    for (ctx[training::batch_idx] = 0; ctx[training::batch_idx] < batches; ++ctx[training::batch_idx])
      REQUIRE(step(ctx));
  return net;
}

double accuracy_on(const mr::train::network<>& net, const support::spirals& data) {
  auto chain = mr::chain(mr::train::forward_pass(net), mr::train::calculate_accuracy{});
  auto ctx = chain.context(training::batch = data.points, training::labels = data.labels);
  REQUIRE(chain(ctx));
  return ctx[training::accuracy];
}
}  // namespace

TEST_CASE("two spirals that wind around each other are told apart, on points never seen") {
  const support::spirals seen(1000, 1);
  const support::spirals fresh(1000, 2);
  CHECK(accuracy_on(taught(seen, mr::train::adam{}, 0.01, mr::train::clip_norm{5.0}, 0), fresh) < 0.75);
  CHECK(accuracy_on(taught(seen, mr::train::adam{}, 0.01, mr::train::clip_norm{5.0}, 30), fresh) > 0.95);
  CHECK(accuracy_on(taught(seen, mr::train::momentum{.nesterov = true}, 0.05, mr::train::clip_value{1.0}, 60), fresh) >
        0.95);
}

TEST_CASE("one seed leads to one network, bit for bit") {
  const support::spirals data(200, 1);
  const auto first = taught(data, mr::train::adam{}, 0.01, mr::train::no_clipping{}, 3);
  const auto second = taught(data, mr::train::adam{}, 0.01, mr::train::no_clipping{}, 3);
  CHECK(std::memcmp(first.parameters().data(), second.parameters().data(),
                    sizeof(float) * static_cast<std::size_t>(first.parameter_count())) == 0);
}

TEST_CASE("an update says the settings of its optimizer, its schedule and its model") {
  using namespace mr::train;
  network<> net(2, {{3, activation::relu}, {1}}, 1);
  const update_weights step(net, momentum{.decay = 0.5}, step_decay{0.25, 10, 0.5});
  CHECK(support::settings_of(step) ==
        "optimizer='momentum' decay=0.5 nesterov=false weight_decay=0 learning_rate=0.25 decay_every=10 "
        "decay_factor=0.5 inputs=2 layers='3 relu, 1 identity' ");
}
