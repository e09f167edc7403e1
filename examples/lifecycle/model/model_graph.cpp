#include "model_graph.hpp"

#include "../format.hpp"

#include <millrace/model/to_graph/graph_builder.hpp>
#include <millrace/tensor/dtype.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace lifecycle {

namespace {

using mr::model::graph_builder;
using mr::tensor::dtype;
using value = graph_builder::value;

/// The cells of each column as the encoder turns them into numbers, spelled in operators: what bound_encoder does.
class encoder_graph {
 public:
  encoder_graph(graph_builder& to, const encoder& encoding) : to_(to), columns_(encoding.columns()) {
    for (const column_encoding& one : columns_)
      cells_.push_back(one.type == column_type::number ? to.add_input(one.name, dtype::f64, 1)
                                                       : to.add_input_of_texts(one.name, 1));
  }

  /// A number for each column, as trees want them: floats.
  value plain() {
    std::vector<value> all;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      all.push_back(columns_[i].type == column_type::number ? to_.cast(cells_[i], dtype::f32)
                                                            : slots(i, std::numeric_limits<float>::quiet_NaN()));
    return side_by_side(std::move(all));
  }
  /// All numbers of each column: floats.
  value whole() {
    std::vector<value> all;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].type == column_type::number) {
        add_number(i, all);
      } else {
        const std::size_t other = columns_[i].kept.size();
        const value slot = slots(i, static_cast<float>(columns_[i].flags_missing ? other + 1 : other));
        std::vector<double> each(columns_[i].width());
        for (std::size_t k = 0; k < each.size(); ++k) each[k] = static_cast<double>(k);
        all.push_back(truth(to_.call("Equal", {to_.real(slot), row_of(each)})));
      }
    }
    return to_.to_floats(side_by_side(std::move(all)));
  }

 private:
  value side_by_side(std::vector<value> all) { return all.size() == 1 ? all[0] : to_.beside(std::move(all)); }
  value row_of(const std::vector<double>& numbers) {
    return to_.numbers(numbers, {1, static_cast<std::int64_t>(numbers.size())});
  }
  value truth(value is) { return to_.cast(is, to_.element()); }

  /// Each category's place among those that were kept, as a float.
  value slots(std::size_t i, float missing) {
    std::vector<std::string> words = columns_[i].kept;
    std::vector<float> places;
    for (std::size_t k = 0; k < words.size(); ++k) places.push_back(static_cast<float>(k));
    const auto other = static_cast<float>(words.size());
    words.emplace_back();
    places.push_back(missing);
    return to_.call(
        "LabelEncoder", {cells_[i]},
        {{"keys_strings", std::move(words)}, {"values_floats", std::move(places)}, {"default_float", other}},
        "ai.onnx.ml");
  }
  void add_number(std::size_t i, std::vector<value>& all) {
    const column_encoding& how = columns_[i];
    const value is_missing = to_.call("IsNaN", {cells_[i]});
    const value cell = to_.call("Where", {is_missing, to_.number(how.median), cells_[i]});
    value shaped = cell;
    if (how.logarithm)
      shaped = to_.call("Log", {to_.call("Add", {to_.call("Max", {cell, to_.number(0)}), to_.number(1)})});
    const value standard =
        to_.call("Div", {to_.call("Sub", {shaped, to_.number(how.mean)}), to_.number(how.deviation)});
    all.push_back(to_.call("Clip", {standard, to_.number(-12), to_.number(12)}));
    if (how.steps() > 0) {
      std::vector<double> begins, widths;
      for (std::size_t k = 0; k < how.steps(); ++k) {
        begins.push_back(how.knots[k]);
        widths.push_back(how.knots[k + 1] - how.knots[k]);
      }
      const value climbed = to_.call("Div", {to_.call("Sub", {cell, row_of(begins)}), row_of(widths)});
      all.push_back(to_.call("Clip", {climbed, to_.number(0), to_.number(1)}));
    }
    if (how.flags_missing) all.push_back(truth(is_missing));
  }

  graph_builder& to_;
  const std::vector<column_encoding>& columns_;
  std::vector<value> cells_;
};

/// A name for the output that no column has.
std::string free_name(std::string name, const encoder& encoding) {
  const auto taken = [&] {
    return std::any_of(encoding.columns().begin(), encoding.columns().end(),
                       [&](const column_encoding& one) { return one.name == name; });
  };
  while (taken()) name += '_';
  return name;
}

}  // namespace

mr::result<mr::model::graph> graph_of(const trained_model& model) {
  graph_builder to({.element = dtype::f64, .name = model.target});
  encoder_graph encode(to, model.encoding);
  const value rows = reads_plain_columns(model.model->kind()) ? encode.plain() : encode.whole();
  value answers = model.model->add_to(to, rows);
  const task_kind task = model.task.kind;
  if (task == task_kind::number)
    answers =
        to.call("Add", {to.call("Mul", {answers, to.number(model.scale.deviation)}), to.number(model.scale.mean)});
  to.add_output(free_name(task == task_kind::number   ? "value"
                          : task == task_kind::binary ? "probability"
                                                      : "probabilities",
                          model.encoding),
                answers, model.task.outputs());
  auto made = std::move(to).finish();
  if (!made) return made;
  made->metadata = {{"target", model.target}, {"task", std::string(to_string(task))}};
  for (std::size_t k = 0; k < model.classes.size(); ++k)
    made->metadata.emplace_back("class " + std::to_string(k), model.classes[k]);
  if (task == task_kind::binary) made->metadata.emplace_back("threshold", shortest(model.threshold));
  return made;
}

}  // namespace lifecycle
