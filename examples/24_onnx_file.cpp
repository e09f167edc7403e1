// Trains a model, and a pipeline with its features, and writes them as ONNX for another engine; reads the files again.
#include <millrace/feature/tables.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/to_graph/table_pipelines.hpp>
#include <millrace/model/to_graph/trees.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/store/atomic_file.hpp>

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

// [onnx_file]
template <class Model>
mr::result<void> write_as_onnx(const Model& model, const std::string& path) {
  auto graph = mm::to_graph(model, {.name = "fraud"});
  if (!graph) return std::move(graph).error();
  auto bytes = mm::write_onnx(*graph);
  if (!bytes) return std::move(bytes).error();
  return mr::store::write_file(path, *bytes);
}
// [/onnx_file]

mr::result<void> train_and_write(const mf::table& history) {
  // [onnx_pipeline]
  using fraud_pipeline = mm::table_pipeline<mm::boosted_trees<>, mm::platt>;
  const std::vector<mf::specification> list{
      {.name = "amount", .type = "impute", .rules = {mf::missing(mf::flag)}},
      {.name = "country", .type = "one_hot", .parameters = {{"categories", {"DE", "FR"}}}},
      {.name = "at", .type = "temporal", .parameters = {{"parts", {"cyclic hour", "weekday"}}}}};
  const auto pipeline = fraud_pipeline::fit(
      list, history, "is_fraud", mm::trained_by<mm::boosted_trees<>>({.rounds = 20}), mm::calibrated_by<mm::platt>());
  if (!pipeline) return pipeline.error();
  return write_as_onnx(*pipeline, "fraud_pipeline.onnx");  // its inputs are the columns: amount, country, at
  // [/onnx_pipeline]
}

int stop(const mr::error& why) { return std::fprintf(stderr, "%s\n", why.describe().c_str()), 1; }

int main() {
  std::vector<float> payments;  // amount, hour
  std::vector<float> frauds;
  std::string text = "amount,country,at,is_fraud\n";
  for (int i = 0; i < 400; ++i) {
    const int amount = i * 37 % 500;
    const int hour = i * 11 % 24;
    const bool is_fraud = amount > 300 && hour < 6;
    payments.insert(payments.end(), {static_cast<float>(amount), static_cast<float>(hour)});
    frauds.push_back(is_fraud ? 1.0F : 0.0F);
    char at[32];
    (void)std::snprintf(at, sizeof at, "2026-03-%02dT%02d:00:00Z", 1 + i % 28, hour);
    text += (i % 50 == 7 ? std::string() : std::to_string(amount)) + (i % 3 == 0 ? ",DE," : ",FR,") + at +
            (is_fraud ? ",1\n" : ",0\n");
  }
  const auto model = mm::boosted_trees<>::fit({payments, 2}, frauds, {.rounds = 20});
  if (!model) return stop(model.error());
  if (auto done = write_as_onnx(*model, "fraud.onnx"); !done) return stop(done.error());
  const auto back = mm::load_onnx("fraud.onnx");
  if (!back) return stop(back.error());
  for (const auto& node : back->nodes) std::printf("%s\n", node.op.c_str());

  const auto history = mf::read_csv(text);
  if (!history) return stop(history.error());
  if (auto done = train_and_write(*history); !done) return stop(done.error());
  const auto whole = mm::load_onnx("fraud_pipeline.onnx");
  if (!whole) return stop(whole.error());
  for (const auto input : whole->inputs) std::printf("input %s\n", whole->values[input].name.c_str());
  return back->name == "fraud" && whole->inputs.size() == 3 ? 0 : 1;
}
