// Tracks two trainings of a network: parameters, loss and accuracy of each step, and the model; then compares the runs.
#include <millrace/chain.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/spool.hpp>
#include <millrace/train.hpp>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::train::training;

template <class T>
T or_stop(mr::result<T> made) {
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().describe().c_str());
    std::exit(1);
  }
  return *std::move(made);
}

void or_stop(const mr::result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().describe().c_str());
  std::exit(1);
}

struct point {
  float x, y;
};

int main() {
  mr::random_engine random(1);
  std::vector<point> points(400);
  for (point& each : points) each = {static_cast<float>(random.normal()), static_cast<float>(random.normal())};
  const auto inside = [](const point& p, std::span<float> features) {
    features[0] = p.x;
    features[1] = p.y;
    return p.x * p.x + p.y * p.y < 1.2F;
  };

  // [tracking]
  mr::store::memory_storage storage;  // or mr::store::sqlite_storage<>::open("runs.db")
  auto tracker = or_stop(mr::track::tracker<mr::store::memory_storage>::open(storage));
  const auto experiment = or_stop(tracker.create_experiment("circle"));
  for (const double rate : {0.001, 0.02}) {
    auto run = or_stop(tracker.start_run(experiment.id, {.name = "rate " + std::to_string(rate).substr(0, 5)}));
    mr::train::network<> net(2, {{16, mr::train::activation::tanh}, {1}}, 7);
    auto step = mr::chain(mr::train::load_batch(mr::train::range_samples(points, 2, inside), {.size = 50}),
                          mr::train::forward_pass(net), mr::train::calculate_loss<mr::train::binary_cross_entropy>(),
                          mr::train::calculate_accuracy(), mr::train::backpropagation(net),
                          mr::train::update_weights(net, mr::train::adam{}, mr::train::constant_rate{rate}))
                    .use(mr::track::tracking{run});
    auto ctx = step.context(training::epoch = 0, training::batch_idx = 0);
    for (ctx[training::epoch] = 0; ctx[training::epoch] < 20; ++ctx[training::epoch])
      for (ctx[training::batch_idx] = 0; ctx[training::batch_idx] < 8; ++ctx[training::batch_idx]) or_stop(step(ctx));
    or_stop(run.log_model("model.bin", net));
  }  // the run ends here, finished; an exception would have ended it as failed
  const auto best = or_stop(mr::track::search_runs(tracker, {experiment.id}, {.order_by = {"metrics.loss"}}));
  const auto table = or_stop(mr::track::comparison::make(tracker, {best.items[0].info.id, best.items[1].info.id}));
  // [/tracking]

  // [spool]
  mr::store::memory_storage remote_storage;  // of the remote place: here another tracker, elsewhere a client of one
  auto remote = or_stop(mr::track::tracker<mr::store::memory_storage>::open(remote_storage));
  mr::track::spool spool(tracker);
  const auto sent = or_stop(spool.send(remote));  // now and then: what is new since the last time
  // [/spool]

  for (const std::vector<std::string>& row : table.cells())
    if (row[0] != "id" && row[0] != "start" && row[0] != "seconds" && row[0] != "loss" && row[0] != "gradient_norm" &&
        row[0] != "accuracy")
      std::printf("%-14s%-22s%s\n", row[0].c_str(), row[1].c_str(), row[2].c_str());
  std::printf("the best run has the loss %.2f after %llu steps\n", best.items[0].metric("loss")->last.value,
              static_cast<unsigned long long>(best.items[0].metric("loss")->count));
  return best.items[0].info.name == "rate 0.020" && sent.runs == 2 && sent.points != 0 ? 0 : 1;
}
