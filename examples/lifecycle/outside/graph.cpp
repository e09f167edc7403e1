#include "engine.hpp"
#include "outside_model.hpp"

#include "../format.hpp"

#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/formats/tflite.hpp>
#include <millrace/tensor/dtype.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

namespace lifecycle {

namespace {

namespace mi = mr::infer;
namespace mm = mr::model;
using mr::tensor::dtype;

/// Columns that a graph's input takes: so many, of which each is `holds`.
struct graph_place {
  std::size_t width = 0;  // 0: as many as there are
  bool is_flat = false;   // rows, without a second dimension
  bool is_alone = false;  // a row at a time
  outside_cell holds = outside_cell::number;
  double largest = 9007199254740992.0;
};

/// How a graph's input takes rows of a table. Errors: errc::unsupported.
mr::result<graph_place> place_of(const mm::graph_value& input) {
  const auto refused = [&](const std::string& why) {
    return mr::error(mr::errc::unsupported, "input " + in_quotes(input.name) + " " + why);
  };
  graph_place made;
  if (!input.type) return refused("has no type");
  if (input.type->kind == mm::graph_kind::texts)
    made.holds = outside_cell::text;
  else if (input.type->kind != mm::graph_kind::tensor)
    return refused("is no tensor, but a sequence or a map");
  else if (input.type->dtype == dtype::i64 || input.type->dtype == dtype::i32)
    made.holds = outside_cell::whole;
  else if (input.type->dtype != dtype::f32 && input.type->dtype != dtype::f64)
    return refused("takes " + std::string(mr::tensor::to_string(input.type->dtype)) +
                   ", and a table's numbers become float, double or whole numbers of 32 or 64 bits");
  if (input.type->dtype == dtype::i32) made.largest = 2147483647.0;
  if (!input.type->shape) return made;
  const std::vector<mm::graph_dimension>& shape = *input.type->shape;
  if (shape.empty() || shape.size() > 2)
    return refused("has " + counted(shape.size(), "dimension") + ", and rows of a table have two: rows and columns");
  made.is_flat = shape.size() == 1;
  made.is_alone = shape[0].size == 1;
  if (shape[0].size > 1)
    return refused("takes " + counted(static_cast<std::uint64_t>(shape[0].size), "row") + " at a time");
  made.width = made.is_flat ? 1 : shape[1].size > 0 ? static_cast<std::size_t>(shape[1].size) : 0;
  return made;
}

/// Names of classes that a node of classical models gives, where there are so many.
std::vector<std::string> labels_of(const mm::graph& graph, std::size_t classes) {
  std::vector<std::string> names;
  for (const mm::graph_node& node : graph.nodes)
    for (const mm::graph_attribute& each : node.attributes) {
      if (!each.name.starts_with("classlabels")) continue;
      if (const auto* texts = std::get_if<std::vector<std::string>>(&each.value); texts && texts->size() == classes)
        names = *texts;
      const auto* wholes = std::get_if<std::vector<std::int64_t>>(&each.value);
      if (wholes == nullptr || wholes->size() != classes) continue;
      names.clear();
      for (const std::int64_t one : *wholes) names.push_back(std::to_string(one));
    }
  return names;
}

/// The texts that a graph compares those of an input with, on the way from there: the categories of encoders and the
/// keys of look-ups. Where several columns go through one value, the words of each are those of all.
std::vector<std::string> words_behind(const mm::graph& graph, std::uint32_t input) {
  std::vector<std::string> words;
  std::vector<bool> reached(graph.values.size(), false);
  reached[input] = true;
  const auto take = [&](const std::vector<std::string>& texts) {
    words.insert(words.end(), texts.begin(), texts.end());
    return !texts.empty();
  };
  for (const mm::graph_node& node : graph.nodes) {  // in an order in which they can run
    if (std::none_of(node.inputs.begin(), node.inputs.end(),
                     [&](std::uint32_t one) { return one != mm::graph_node::absent && reached[one]; }))
      continue;
    bool compares = false;
    for (const std::string_view name : {"cats_strings", "keys_strings", "keys_tensor", "pool_strings"}) {
      const mm::graph_attribute* const found = node.find(name);
      if (found == nullptr) continue;
      const auto* const texts = std::get_if<std::vector<std::string>>(&found->value);
      const auto* const tensor = std::get_if<mm::graph_tensor>(&found->value);
      compares = (texts != nullptr && take(*texts)) || (tensor != nullptr && take(tensor->texts)) || compares;
    }
    for (const std::uint32_t one : node.outputs)
      if (!compares && one != mm::graph_node::absent) reached[one] = true;
  }
  return words;
}

class graph_model final : public outside_model {
 public:
  graph_model(mi::graph_engine engine, std::string_view format, std::vector<graph_place> places)
      : engine_(std::move(engine)), format_(format), places_(std::move(places)) {
    for (std::size_t i = 0; i < places_.size(); ++i)
      for (std::size_t k = 0; k < places_[i].width; ++k)
        inputs_.push_back({places_[i].width == 1 ? engine_.input(i).name : "", places_[i].holds, places_[i].largest});
    const mm::graph& graph = engine_.graph();
    for (const std::uint32_t one : graph.inputs)
      if (!graph.values[one].constant) words_.push_back(words_behind(graph, one));
  }

  std::string title() const override {
    const mm::graph& graph = engine_.graph();
    return std::string(format_) +
           (graph.producer.empty() || graph.producer == format_ ? "" : " by " + clipped(graph.producer, 40)) + ", " +
           counted(graph.nodes.size(), "operator");
  }
  const std::vector<outside_input>& inputs() const noexcept override { return inputs_; }
  std::optional<bool> answers_with_classes() const noexcept override {
    if (has_labels_ || outputs_ > 1) return true;
    return std::nullopt;
  }
  std::vector<std::string> class_names() const override { return names_; }
  bool knows(std::size_t input, std::string_view word) const override {
    std::size_t place = 0;
    while (place + 1 < places_.size() && input >= places_[place].width) input -= places_[place++].width;
    return std::find(words_[place].begin(), words_[place].end(), word) != words_[place].end();
  }
  std::size_t outputs() const noexcept override { return outputs_; }
  std::size_t batch() const noexcept override { return batch_; }

  mr::result<void> prepare(std::size_t columns) override {
    if (inputs_.empty()) inputs_.resize(columns, {"", places_[0].holds, places_[0].largest});
    const bool alone = std::any_of(places_.begin(), places_.end(), [](const graph_place& one) { return one.is_alone; });
    batch_ = alone ? 1 : most_rows;
    auto one = engine_.prepare(shapes_for(1));
    if (!one) return std::move(one).error();
    if (auto found = find_outputs(*one); !found) return found;
    runs_.push_back(*std::move(one));
    if (batch_ == 1) return {};
    auto many = engine_.prepare(shapes_for(batch_));
    // A graph that names its rows by a number somewhere within takes them one at a time.
    if (!many || rows_of(*many) != batch_)
      batch_ = 1;
    else
      runs_.push_back(*std::move(many));
    return {};
  }

  void predict(std::span<const outside_cells> columns, std::size_t first, std::size_t count,
               std::span<double> out) noexcept override {
    mi::graph_run& run = runs_[count == 1 ? 0 : runs_.size() - 1];
    std::size_t column = 0;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const std::size_t width = places_[i].width == 0 ? inputs_.size() : places_[i].width;
      fill(run, i, columns.subspan(column, width), first, count);
      column += width;
    }
    run.run();
    const std::size_t numbers = count * outputs_;
    if (const auto floats = run.output<float>(output_); !floats.empty())
      std::copy_n(floats.begin(), numbers, out.begin());
    else
      std::copy_n(run.output<double>(output_).begin(), numbers, out.begin());
  }

 private:
  static constexpr std::size_t most_rows = 256;

  std::vector<std::vector<std::int64_t>> shapes_for(std::size_t rows) const {
    std::vector<std::vector<std::int64_t>> shapes;
    for (const graph_place& one : places_) {
      shapes.push_back({static_cast<std::int64_t>(rows)});
      if (!one.is_flat) shapes.back().push_back(static_cast<std::int64_t>(one.width == 0 ? inputs_.size() : one.width));
    }
    return shapes;
  }
  /// The rows of the output that is used; 0 where it has no such shape.
  std::size_t rows_of(const mi::graph_run& run) const {
    const auto shape = run.output_shape(output_);
    return shape.empty() || shape.size() > 2 ? 0 : static_cast<std::size_t>(shape[0]);
  }
  /// Of a run of one row: which output are numbers to answer with, those called probabilities rather than others.
  mr::result<void> find_outputs(const mi::graph_run& run) {
    const mm::graph& graph = engine_.graph();
    std::string others;
    bool found = false;
    for (std::size_t i = 0; i < run.outputs(); ++i) {
      const std::string& name = graph.values[graph.outputs[i]].name;
      const bool is_label =
          run.output_is_text(i) || run.output_type(i) == dtype::i64 || run.output_type(i) == dtype::i32;
      has_labels_ = has_labels_ || is_label;
      const auto shape = run.output_shape(i);
      const bool is_real =
          !run.output_is_text(i) && (run.output_type(i) == dtype::f32 || run.output_type(i) == dtype::f64);
      others += (others.empty() ? "" : ", ") + in_quotes(name) + (is_label ? " (labels)" : "");
      if (!is_real || shape.empty() || shape.size() > 2 || shape[0] != 1) continue;
      if (found && lower_case(name).find("prob") == name.npos) continue;
      found = true;
      output_ = i;
      outputs_ = shape.size() == 1 ? 1 : static_cast<std::size_t>(shape[1]);
    }
    if (!found || outputs_ == 0)
      return mr::error(mr::errc::unsupported, "no output has numbers for each row; its outputs are " + others);
    names_ = engine_.class_names(output_);
    if (names_.empty()) names_ = labels_of(graph, outputs_);
    return {};
  }

  template <class T>
  static bool fill_numbers(std::span<T> to, std::span<const outside_cells> columns, std::size_t first,
                           std::size_t count) noexcept {
    if (to.empty()) return false;
    for (std::size_t j = 0; j < columns.size(); ++j)
      for (std::size_t i = 0; i < count; ++i) {
        if constexpr (std::is_same_v<T, std::string_view>)
          to[i * columns.size() + j] = columns[j].texts[first + i];
        else
          to[i * columns.size() + j] = static_cast<T>(columns[j].numbers[first + i]);
      }
    return true;
  }
  static void fill(mi::graph_run& run, std::size_t input, std::span<const outside_cells> columns, std::size_t first,
                   std::size_t count) noexcept {
    static_cast<void>(fill_numbers(run.input<float>(input), columns, first, count) ||
                      fill_numbers(run.input<double>(input), columns, first, count) ||
                      fill_numbers(run.input<std::int64_t>(input), columns, first, count) ||
                      fill_numbers(run.input<std::int32_t>(input), columns, first, count) ||
                      fill_numbers(run.input<std::string_view>(input), columns, first, count));
  }

  mi::graph_engine engine_;
  std::string_view format_;
  std::vector<graph_place> places_;              // of the graph's inputs
  std::vector<std::vector<std::string>> words_;  // of the graph's inputs: those that it knows
  std::vector<outside_input> inputs_;
  std::vector<mi::graph_run> runs_;  // for one row, and for a batch
  std::size_t batch_ = 1;
  std::size_t output_ = 0;
  std::size_t outputs_ = 0;
  bool has_labels_ = false;
  std::vector<std::string> names_;
};

mr::result<outside_ptr> made_of(mr::result<mm::graph> graph, std::string_view format) {
  if (!graph) return std::move(graph).error();
  auto engine = mi::graph_engine::make(*std::move(graph));
  if (!engine) return std::move(engine).error();
  std::vector<graph_place> places;
  std::string names;
  for (std::size_t i = 0; i < engine->inputs(); ++i) {
    auto place = place_of(engine->input(i));
    if (!place) return std::move(place).error();
    places.push_back(*place);
    names += (i > 0 ? ", " : "") + in_quotes(engine->input(i).name) + " of " +
             (place->width == 0 ? "any number of columns" : counted(place->width, "column"));
  }
  if (places.empty()) return mr::error(mr::errc::unsupported, "the model takes no input");
  const bool are_columns =
      std::all_of(places.begin(), places.end(), [](const graph_place& one) { return one.width == 1; });
  if (places.size() > 1 && !are_columns)
    return mr::error(mr::errc::unsupported,
                     "the model takes " + std::to_string(places.size()) + " inputs, " + names +
                         "; a table fills one input with all its columns, or inputs of a column each");
  return outside_ptr(std::make_unique<graph_model>(*std::move(engine), format, std::move(places)));
}

mr::result<outside_ptr> with_path(mr::result<outside_ptr> made, const std::string& path) {
  if (!made && made.error().describe().find(path) == std::string::npos) return std::move(made).error().wrap(path);
  return made;
}

}  // namespace

mr::result<outside_ptr> load_onnx_file(const std::string& path) {
  return with_path(made_of(mm::load_onnx(path), "ONNX"), path);
}
mr::result<outside_ptr> read_onnx_bytes(std::span<const std::byte> bytes) {
  return made_of(mm::read_onnx(bytes), "ONNX");
}
mr::result<outside_ptr> load_tflite_file(const std::string& path) {
  return with_path(made_of(mm::load_tflite(path), "TensorFlow Lite"), path);
}

}  // namespace lifecycle
