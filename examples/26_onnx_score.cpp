// Scores rows by an ONNX model, from its file alone.
#include <millrace/infer/graph_engine.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/linear/logistic_regression.hpp>
#include <millrace/model/to_graph/linear.hpp>
#include <millrace/store/atomic_file.hpp>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

#ifdef MILLRACE_EXAMPLE_GRAPH_ENGINE
// The operators are what takes long to compile: the example programs share one copy, in graph_engine.cpp.
extern template mr::result<mr::infer::graph_engine> mr::infer::graph_engine::make<>(mr::model::graph,
                                                                                    const mr::model::graph_limits&);
#endif

int complain(const mr::error& why) { return std::fprintf(stderr, "%s\n", why.describe().c_str()), 1; }

// [onnx_score]
int score_with(const std::string& path) {
  auto graph = mr::model::load_onnx(path);
  if (!graph) return complain(graph.error());
  const auto engine = mr::infer::graph_engine::make(*std::move(graph));
  if (!engine) return complain(engine.error());  // all operators that are missing, if any
  auto run = engine->prepare({{2, 2}});          // two rows of two columns
  if (!run) return complain(run.error());
  const auto payments = run->input_as<float>(0);  // or by name; an error if the model's numbers are others
  if (!payments) return complain(payments.error());
  const auto frauds = run->output_as<double>(0);
  if (!frauds) return complain(frauds.error());

  const std::vector<float> asked{12, 9, 900, 3};
  std::ranges::copy(asked, payments->begin());
  run->run();  // allocates nothing, as often as wanted
  std::printf("probabilities of fraud:");
  for (const double fraud : *frauds) std::printf(" %.3f", fraud);
  std::printf("\n");
  return std::ranges::is_sorted(*frauds) ? 0 : 1;
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
