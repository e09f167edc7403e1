// A model of another library beside a program: what the file with `make`, and so with all operators, costs with -O2.
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>

#include <algorithm>
#include <cstdio>

namespace mr = millrace;

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto graph = mr::model::load_onnx(arguments[1]);
  if (!graph) return 1;
  const auto engine = mr::infer::graph_engine::make(*std::move(graph));
  if (!engine) return 1;
  auto run = engine->prepare({{1, 30}});
  if (!run) return 1;
  std::ranges::fill(run->input<float>(0), 0.5F);
  run->run();
  for (const float score : run->output<float>(0)) std::printf("%g\n", static_cast<double>(score));
}
