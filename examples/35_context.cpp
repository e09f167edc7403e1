// Tracks a training loop and registers what came of it, wherever the environment says that runs and models are kept.
#include <millrace/mlops.hpp>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>

namespace mr = millrace;

template <class T>
T or_stop(mr::result<T> made) {
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().describe().c_str());
    std::exit(1);
  }
  return *std::move(made);
}

constexpr double points[][2] = {{1, 2.1}, {2, 3.9}, {3, 6.2}, {4, 7.8}};

int main() {
  // [loop]
  auto context = or_stop(mr::mlops::open_context<mr::mlops::in_memory>());
  const auto experiment = or_stop(context.tracker().create_experiment("slope"));
  auto run = or_stop(context.tracker().start_run(experiment.id, {.parameters = {{"rate", "0.05"}}}));
  double slope = 0;
  for (int step = 0; step < 100; ++step) {
    double loss = 0;
    double gradient = 0;
    for (const auto [x, y] : points) {
      loss += (slope * x - y) * (slope * x - y) / 4;
      gradient += 2 * (slope * x - y) * x / 4;
    }
    slope -= 0.05 * gradient;
    run.log_metric("loss", loss, step);
  }
  // [/loop]

  // [register]
  const std::string text = std::to_string(slope);
  const auto file = or_stop(context.registry().put_artifact("slope.txt", std::as_bytes(std::span(text))));
  const auto version = or_stop(context.registry().register_version(
      {.model = "slope", .metrics = {{"slope", slope}}, .run_id = run.id(), .artifacts = {file}, .actor = "ada"}));
  // [/register]
  if (!run.end()) return 1;
  const auto kept = or_stop(context.tracker().get_run(version.run_id));
  std::printf("version %d of %s: slope %.3f, loss %.4f after %d steps\n", static_cast<int>(version.version),
              version.model.c_str(), slope, kept.metric("loss")->last.value,
              static_cast<int>(kept.metric("loss")->count));
  return kept.metric("loss")->count == 100 && slope > 1.9 && slope < 2.1 ? 0 : 1;
}
