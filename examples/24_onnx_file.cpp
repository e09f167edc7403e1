// Trains a model, and writes it as ONNX for another engine; reads the file again, and runs it.
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/to_graph/trees.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mm = millrace::model;

// [onnx_file]
mr::result<void> write_as_onnx(const mm::boosted_trees<>& model, const std::string& path) {
  auto graph = mm::to_graph(model, {.name = "fraud"});
  if (!graph) return std::move(graph).error();
  auto bytes = mm::write_onnx(*graph);
  if (!bytes) return std::move(bytes).error();
  return mr::store::write_file(path, *bytes);
}
// [/onnx_file]

int main() {
  std::vector<float> payments;  // amount, hour
  std::vector<float> frauds;
  for (int i = 0; i < 400; ++i) {
    const auto amount = static_cast<float>(i * 37 % 500);
    const auto hour = static_cast<float>(i * 11 % 24);
    payments.insert(payments.end(), {amount, hour});
    frauds.push_back(amount > 300 && hour < 6 ? 1.0F : 0.0F);
  }
  const auto model = mm::boosted_trees<>::fit({payments, 2}, frauds, {.rounds = 20});
  if (!model) return std::fprintf(stderr, "%s\n", model.error().describe().c_str()), 1;
  if (auto done = write_as_onnx(*model, "fraud.onnx"); !done)
    return std::fprintf(stderr, "%s\n", done.error().describe().c_str()), 1;
  const auto back = mm::load_onnx("fraud.onnx");
  if (!back) return std::fprintf(stderr, "%s\n", back.error().describe().c_str()), 1;
  for (const auto& node : back->nodes) std::printf("%s\n", node.op.c_str());
  return back->name == "fraud" ? 0 : 1;
}
