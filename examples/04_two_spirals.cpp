// Trains a small network, by a chain of events, to tell two spirals apart that wind around each other.
#include <millrace/chain.hpp>
#include <millrace/train.hpp>

#include <cmath>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::train::training;

struct point {
  float x;
  float y;
  bool mirrored;
};

std::vector<point> two_spirals(int count) {
  mr::random_engine random(1);
  std::vector<point> points;
  for (int i = 0; i < count; ++i) {
    const double angle = std::sqrt(random.uniform()) * 6.283;
    const double radius = (i % 2 == 0 ? 0.5 : -0.5) * angle;
    points.push_back({static_cast<float>(radius * std::cos(angle) + 0.02 * random.normal()),
                      static_cast<float>(radius * std::sin(angle) + 0.02 * random.normal()), i % 2 == 0});
  }
  return points;
}

int main() {
  const std::vector<point> points = two_spirals(1'000);
  const auto read = [](const point& p, std::span<float> features) {
    features[0] = p.x;
    features[1] = p.y;
    return p.mirrored;
  };
  mr::train::network<> net(2, {{32, mr::train::activation::tanh}, {32, mr::train::activation::tanh}, {1}}, 7);
  mr::train::load_batch load(mr::train::range_samples(points, 2, read), {.size = 64, .seed = 3});
  const std::size_t batches = load.batches_per_epoch();

  auto step = mr::chain(
      std::move(load), mr::train::forward_pass(net), mr::train::calculate_loss<mr::train::binary_cross_entropy>(),
      mr::train::calculate_accuracy(), mr::train::backpropagation(net),
      mr::train::update_weights(net, mr::train::adam{}, mr::train::constant_rate{0.01}, mr::train::clip_norm{5.0}));
  auto ctx = step.context(training::epoch = 0, training::batch_idx = 0);
  double accuracy = 0;
  for (ctx[training::epoch] = 0; ctx[training::epoch] < 50; ++ctx[training::epoch]) {
    double loss = 0;
    accuracy = 0;
    for (ctx[training::batch_idx] = 0; ctx[training::batch_idx] < batches; ++ctx[training::batch_idx]) {
      if (auto done = step(ctx); !done) {
        std::fprintf(stderr, "%s\n", done.error().describe().c_str());
        return 1;
      }
      loss += ctx[training::loss] / static_cast<double>(batches);
      accuracy += ctx[training::accuracy] / static_cast<double>(batches);
    }
    if (ctx[training::epoch] % 10 == 9)
      std::printf("epoch %2d: loss %.4f, accuracy %.3f\n", static_cast<int>(ctx[training::epoch]) + 1, loss, accuracy);
  }
  return accuracy > 0.95 ? 0 : 1;
}
