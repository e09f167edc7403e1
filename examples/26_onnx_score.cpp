// Scores rows by an ONNX model, from its file alone.
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/store/atomic_file.hpp>

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

// The operators take a minute to compile: the other example programs' copy is used. Alone, leave this out.
extern template mr::result<mr::infer::graph_engine> mr::infer::graph_engine::make<>(mr::model::graph,
                                                                                    const mr::model::graph_limits&);

int complain(const mr::error& why) { return std::fprintf(stderr, "%s\n", why.describe().c_str()), 1; }

// [onnx_score]
int score_with(const std::string& path) {
  auto graph = mr::model::load_onnx(path);
  if (!graph) return complain(graph.error());
  const auto engine = mr::infer::graph_engine::make(*std::move(graph));
  if (!engine) return complain(engine.error());  // all operators that are missing, if any
  auto run = engine->prepare({{2, 2}});          // two rows of two columns
  if (!run) return complain(run.error());

  const std::vector<float> payments{12, 9, 900, 3};
  std::ranges::copy(payments, run->input<float>(0).begin());
  run->run();  // allocates nothing, as often as wanted
  const std::span<const double> frauds = run->output<double>(0);
  std::printf("probabilities of fraud: %.3f %.3f\n", frauds[0], frauds[1]);
  return frauds[0] < frauds[1] ? 0 : 1;
}
// [/onnx_score]

/// A model to score with, as ONNX.
mr::result<void> write_model(const std::string& path) {
  std::vector<float> payments;  // amount, hour
  std::vector<float> frauds;
  for (int i = 0; i < 400; ++i) {
    const auto amount = static_cast<float>(i * 37 % 500);
    const auto hour = static_cast<float>(i * 11 % 24);
    payments.insert(payments.end(), {amount, hour});
    frauds.push_back(amount > 300 && hour < 8 ? 1.0F : 0.0F);
  }
  const auto model = mr::model::logistic_regression::fit({payments, 2}, frauds);
  if (!model) return model.error();
  auto graph = mr::model::to_graph(*model);
  if (!graph) return std::move(graph).error();
  auto bytes = mr::model::write_onnx(*graph);
  if (!bytes) return std::move(bytes).error();
  return mr::store::write_file(path, *bytes);
}

int main() {
  if (const auto done = write_model("fraud.onnx"); !done) return complain(done.error());
  return score_with("fraud.onnx");
}
