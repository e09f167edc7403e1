#include "model_files.hpp"

#include "calibrate.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/store/file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace lifecycle {

namespace {

/// Bytes as text in a JSON file.
std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte one : bytes) {
    text += digits[std::to_integer<std::size_t>(one >> 4)];
    text += digits[std::to_integer<std::size_t>(one & std::byte{15})];
  }
  return text;
}
/// What is no such text becomes bytes that no reader takes.
std::vector<std::byte> from_hexadecimal(std::string_view text) {
  std::vector<std::byte> bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    unsigned value = 0;
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, value, 16);
    bytes[i] = static_cast<std::byte>(value);
  }
  return bytes;
}

}  // namespace

/// The model's file.
std::string model_bytes(const fitted_model& model) {
  const std::vector<std::byte> saved = model.save();
  return {reinterpret_cast<const char*>(saved.data()), saved.size()};
}

/// The encoder's file; the model has its own.
std::string encoder_json(const trained_model& model) {
  std::string out;
  mr::json_writer json(out);
  json.begin_object().member("format", "millrace lifecycle encoder").member("version", 2);
  json.member("family", to_string(model.model->kind())).member("task", to_string(model.task.kind));
  json.member("target", model.target).key("classes").begin_array();
  for (const std::string& one : model.classes) json.value(one);
  json.end_array().member("threshold", model.threshold).member("width", model.encoding.width());
  if (const auto* corrected = dynamic_cast<const calibrated_model*>(model.model.get()))
    json.member("calibrated_by", to_string(corrected->corrected_by().method()))
        .member("calibration", hexadecimal(corrected->corrected_by().save()));
  json.member("mean", model.scale.mean).member("deviation", model.scale.deviation);
  json.key("columns").begin_array();
  for (const column_encoding& one : model.encoding.columns()) {
    json.begin_object().member("name", one.name).member("type", to_string(one.type));
    json.member("flags_missing", one.flags_missing);
    if (one.type == column_type::number) {
      json.member("logarithm", one.logarithm).member("median", one.median).member("mean", one.mean);
      json.member("deviation", one.deviation);
      if (!one.written.plain()) {
        const notation& how = one.written;
        json.key("written").begin_object().member("decimal", std::string_view(&how.decimal, 1));
        json.member("thousands", how.thousands == 0 ? "" : std::string_view(&how.thousands, 1));
        json.member("unit", how.unit).member("dates", static_cast<int>(how.dates)).end_object();
      }
      json.key("knots").begin_array();
      for (const double knot : one.knots) json.value(knot);
    } else {
      if (one.knows_rare) {
        json.key("rare").begin_array();
        for (const std::string& category : one.rare) json.value(category);
        json.end_array();
      }
      json.key("kept").begin_array();
      for (const std::string& category : one.kept) json.value(category);
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out += '\n';
}

namespace {

/// Throws nlohmann's exceptions where something is missing or of another type.
notation read_notation(const nlohmann::json& from) {
  notation made;
  const auto decimal = from.at("decimal").get<std::string>();
  const auto thousands = from.at("thousands").get<std::string>();
  made.decimal = decimal == "," ? ',' : '.';
  made.thousands = thousands.empty() ? '\0' : thousands.front();
  from.at("unit").get_to(made.unit);
  made.dates = static_cast<date_order>(std::clamp(from.at("dates").get<int>(), 0, 3));
  made.amounts = made.dates == date_order::iso;
  return made;
}

column_encoding read_column_encoding(const nlohmann::json& from) {
  column_encoding made;
  from.at("name").get_to(made.name);
  from.at("flags_missing").get_to(made.flags_missing);
  made.type = from.at("type") == to_string(column_type::number) ? column_type::number : column_type::category;
  if (made.type == column_type::category) {
    from.at("kept").get_to(made.kept);
    made.knows_rare = from.contains("rare");  // files of earlier versions lack it
    if (made.knows_rare) from.at("rare").get_to(made.rare);
    return made;
  }
  from.at("logarithm").get_to(made.logarithm);
  from.at("median").get_to(made.median);
  from.at("mean").get_to(made.mean);
  from.at("deviation").get_to(made.deviation);
  from.at("knots").get_to(made.knots);
  if (from.contains("written")) made.written = read_notation(from.at("written"));
  return made;
}

bool makes_sense(const column_encoding& one) {
  return one.deviation > 0 && one.knots.size() != 1 &&
         std::adjacent_find(one.knots.begin(), one.knots.end(), std::greater_equal<>()) == one.knots.end();
}

/// How probabilities are corrected, if they are.
struct saved_calibration {
  calibration_method method = calibration_method::platt;
  std::string bytes;  // in hexadecimal
};

/// What a model's answers mean. Files of version 1 are those of networks of two classes.
void read_meaning(const nlohmann::json& from, family& kind, saved_calibration& calibration, trained_model& made) {
  from.at("target").get_to(made.target);
  from.at("threshold").get_to(made.threshold);
  if (from.at("version") == 1) {
    made.classes = {from.at("negative").get<std::string>(), from.at("positive").get<std::string>()};
    return;
  }
  kind = family_of(from.at("family").get<std::string>()).value_or(family::network);
  const auto task = from.at("task").get<std::string>();
  from.at("classes").get_to(made.classes);
  if (from.contains("calibration")) from.at("calibration").get_to(calibration.bytes);
  // Files that were written before there was a choice lack it.
  if (from.value("calibrated_by", "platt") == to_string(calibration_method::isotonic))
    calibration.method = calibration_method::isotonic;
  made.task.kind = task == to_string(task_kind::number)    ? task_kind::number
                   : task == to_string(task_kind::classes) ? task_kind::classes
                                                           : task_kind::binary;
  made.task.classes = made.classes.size();
  from.at("mean").get_to(made.scale.mean);
  from.at("deviation").get_to(made.scale.deviation);
}

/// Whether the answers can mean what they are said to.
bool makes_sense(const trained_model& of) {
  const std::size_t classes = of.classes.size();
  switch (of.task.kind) {
    case task_kind::binary: return classes == 2;
    case task_kind::classes: return classes > 2 && classes <= most_classes;
    case task_kind::number: return classes == 0 && of.scale.deviation > 0;
  }
  return false;
}

mr::result<model_ptr> load_family(family kind, const learning_task& task, std::span<const std::byte> bytes,
                                  const std::string& path) {
  const auto loaded = [&]() -> mr::result<model_ptr> {
    switch (kind) {
      case family::linear: return load_linear(task, bytes);
      case family::boosted_trees: return load_boosted_trees(task, bytes);
      case family::random_forest: return load_random_forest(task, bytes);
      case family::network: break;
    }
    return load_network(task, bytes);
  };
  mr::result<model_ptr> made = loaded();
  if (!made) return std::move(made).error().wrap(path);
  return made;
}

}  // namespace

/// The model that an earlier run left in a folder. Errors: those of reading; errc::corrupt where the files are none of
/// ours or do not belong together.
mr::result<trained_model> load_model(const std::string& folder) {
  mr::result<std::string> text = mr::store::read_file(folder + '/' + std::string(encoder_file_name));
  if (!text) return std::move(text).error();
  mr::result<std::string> model = mr::store::read_file(folder + '/' + std::string(model_file_name));
  if (!model) return std::move(model).error();
  return load_model(folder, *text, std::as_bytes(std::span(model->data(), model->size())));
}

/// The same of the files' contents.
mr::result<trained_model> load_model(std::string_view place, std::string_view encoder_text,
                                     std::span<const std::byte> model_file) {
  const std::string path = std::string(place) + '/' + std::string(encoder_file_name);
  trained_model made;
  family kind = family::network;
  saved_calibration calibration;
  try {
    const nlohmann::json json = nlohmann::json::parse(encoder_text);
    if (json.at("format") != "millrace lifecycle encoder" || json.at("version") > 2)
      return mr::error(mr::errc::corrupt, path + " is no encoder of this program");
    read_meaning(json, kind, calibration, made);
    std::vector<column_encoding> columns;
    for (const auto& one : json.at("columns")) columns.push_back(read_column_encoding(one));
    if (!std::all_of(columns.begin(), columns.end(), [](const column_encoding& one) { return makes_sense(one); }) ||
        !makes_sense(made))
      return mr::error(mr::errc::corrupt, path + ": its numbers contradict each other");
    made.encoding = encoder(std::move(columns));
  } catch (const nlohmann::json::exception& why) {
    return mr::error(mr::errc::corrupt, path + " is no encoder of this program: " + why.what());
  }
  mr::result<model_ptr> model =
      load_family(kind, made.task, model_file, std::string(place) + '/' + std::string(model_file_name));
  if (!model) return std::move(model).error();
  made.model = *std::move(model);
  const std::size_t width = reads_plain_columns(kind) ? made.encoding.columns().size() : made.encoding.width();
  if (width != made.model->inputs() || made.model->outputs() != made.task.outputs())
    return mr::error(mr::errc::corrupt, path + " makes " + std::to_string(width) +
                                            " numbers a row, but the model beside it takes " +
                                            std::to_string(made.model->inputs()));
  if (calibration.bytes.empty()) return made;
  const std::vector<std::byte> bytes = from_hexadecimal(calibration.bytes);
  mr::result<correction> correct = correction::load(calibration.method, made.task.outputs(), bytes);
  if (!correct || made.task.kind == task_kind::number)
    return mr::error(mr::errc::corrupt, path + ": its calibration is none");
  made.model = std::make_unique<calibrated_model>(std::move(made.model), *std::move(correct));
  return made;
}

}  // namespace lifecycle
