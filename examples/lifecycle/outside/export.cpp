#include "export.hpp"

#include "../format.hpp"
#include "../model/features.hpp"
#include "../model/model_graph.hpp"
#include "outside_model.hpp"

#include <millrace/model/formats/onnx.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

namespace {

/// The cells of the model's columns, in the encoder's order.
std::vector<outside_cells> cells_for(const encoder& encoding, const table& data) {
  std::vector<outside_cells> made;
  for (const column_encoding& how : encoding.columns()) {
    const column& from = *std::find_if(data.columns.begin(), data.columns.end(),
                                       [&](const column& one) { return one.name == how.name; });
    made.emplace_back();
    if (how.type == column_type::number) {
      made.back().numbers = from.numbers;
      continue;
    }
    for (const std::uint32_t code : from.codes)
      made.back().texts.push_back(code == missing_code ? std::string_view() : std::string_view(from.categories[code]));
  }
  return made;
}

std::size_t answer_of(std::span<const double> outputs, double threshold) {
  return outputs.size() == 1 ? (outputs[0] >= threshold ? 1 : 0) : likeliest(outputs);
}

mr::result<export_record> exported(const trained_model& model, const table& data, const bound_encoder& encode) {
  auto graph = graph_of(model);
  if (!graph) return std::move(graph).error();
  auto bytes = mr::model::write_onnx(*graph);
  if (!bytes) return std::move(bytes).error();
  auto read = read_onnx_bytes(*bytes);
  if (!read) return std::move(read).error();
  outside_model& back = **read;
  const std::vector<outside_cells> cells = cells_for(model.encoding, data);
  if (auto ready = back.prepare(cells.size()); !ready) return std::move(ready).error();

  std::vector<std::size_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const std::vector<double> here =
      answers_of(*model.model, features_for(model.model->kind(), encode, rows), model.scale);
  const std::size_t width = model.task.outputs();
  std::vector<double> there(here.size());
  for (std::size_t i = 0; i < data.rows(); i += back.batch()) {
    const std::size_t count = (std::min)(back.batch(), data.rows() - i);
    back.predict(cells, i, count, std::span(there).subspan(i * width, count * width));
  }
  export_record made{std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), "", data.rows(), 0, 0};
  const double unit = model.task.kind == task_kind::number ? model.scale.deviation : 1;
  for (std::size_t i = 0; i < here.size(); ++i) {
    const double apart = std::fabs(here[i] - there[i]) / unit;
    if (!(apart <= made.largest_difference)) made.largest_difference = apart;  // NaN, too
  }
  for (std::size_t i = 0; i < here.size(); i += width) {
    const auto at = [&](const std::vector<double>& of) { return std::span(of).subspan(i, width); };
    if (model.task.kind == task_kind::number ||
        answer_of(at(here), model.threshold) == answer_of(at(there), model.threshold))
      ++made.same_answers;
  }
  return made;
}

}  // namespace

export_record export_model(const trained_model& model, const table& data, const bound_encoder& encode) {
  mr::result<export_record> made = exported(model, data, encode);
  if (made) return *std::move(made);
  export_record none;
  none.refused = made.error().describe();
  return none;
}

std::string in_words(const export_record& of, task_kind task) {
  if (!of.refused.empty()) return "none: " + of.refused;
  std::string text =
      bytes(static_cast<double>(of.file.size())) + "; read back, it answers all " + counted(of.rows, "row") +
      (of.largest_difference == 0 ? std::string(" to the bit") : " within " + brief(of.largest_difference));
  if (task == task_kind::number) return text + " of the target's deviation";
  const std::size_t other = of.rows - of.same_answers;
  return text + (other == 0 ? ", with the same class" : ", " + grouped(other) + " of them with another class");
}

}  // namespace lifecycle
