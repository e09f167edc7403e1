#ifndef MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP

#include "../data/table.hpp"
#include "encode.hpp"
#include "learn.hpp"

#include <millrace/core/error.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/saved_file.hpp>
#include <millrace/train/network.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lifecycle {

/// What it takes to answer for rows of another table: the encoder, the network, and what its answer means.
struct trained_model {
  encoder encoding;
  network net;
  std::string target;
  std::string positive;
  std::string negative;
  double threshold = 0.5;
};

inline constexpr std::string_view network_file_name = "model.bin";
inline constexpr std::string_view encoder_file_name = "encoder.json";

/// The network's file.
inline std::string network_bytes(const network& net) {
  const std::vector<std::byte> saved = net.save();
  return {reinterpret_cast<const char*>(saved.data()), saved.size()};
}

/// The encoder's file; the network has its own.
inline std::string encoder_json(const trained_model& model) {
  std::string out;
  mr::json_writer json(out);
  json.begin_object().member("format", "millrace lifecycle encoder").member("version", 1);
  json.member("target", model.target).member("positive", model.positive).member("negative", model.negative);
  json.member("threshold", model.threshold).member("width", model.encoding.width());
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

namespace detail {

/// Throws nlohmann's exceptions where something is missing or of another type.
inline notation read_notation(const nlohmann::json& from) {
  notation made;
  const auto decimal = from.at("decimal").get<std::string>();
  const auto thousands = from.at("thousands").get<std::string>();
  made.decimal = decimal == "," ? ',' : '.';
  made.thousands = thousands.empty() ? '\0' : thousands.front();
  from.at("unit").get_to(made.unit);
  made.dates = static_cast<date_order>(std::clamp(from.at("dates").get<int>(), 0, 3));
  return made;
}

inline column_encoding read_column_encoding(const nlohmann::json& from) {
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

inline bool makes_sense(const column_encoding& one) {
  return one.deviation > 0 && one.knots.size() != 1 &&
         std::adjacent_find(one.knots.begin(), one.knots.end(), std::greater_equal<>()) == one.knots.end();
}

}  // namespace detail

/// The model that an earlier run left in a folder. Errors: those of reading; errc::corrupt where the files are none of
/// ours or do not belong together.
inline mr::result<trained_model> load_model(const std::string& folder) {
  mr::result<network> net = mr::store::load_file<network>(folder + '/' + std::string(network_file_name));
  if (!net) return std::move(net).error();
  const std::string path = folder + '/' + std::string(encoder_file_name);
  mr::result<std::string> text = mr::store::read_file(path);
  if (!text) return std::move(text).error();
  trained_model made{{}, *std::move(net), {}, {}, {}, 0.5};
  try {
    const nlohmann::json json = nlohmann::json::parse(*text);
    if (json.at("format") != "millrace lifecycle encoder" || json.at("version") != 1)
      return mr::error(mr::errc::corrupt, path + " is no encoder of this program");
    json.at("target").get_to(made.target);
    json.at("positive").get_to(made.positive);
    json.at("negative").get_to(made.negative);
    json.at("threshold").get_to(made.threshold);
    std::vector<column_encoding> columns;
    for (const auto& one : json.at("columns")) columns.push_back(detail::read_column_encoding(one));
    if (!std::all_of(columns.begin(), columns.end(), detail::makes_sense))
      return mr::error(mr::errc::corrupt, path + ": a column's numbers contradict each other");
    made.encoding = encoder(std::move(columns));
  } catch (const nlohmann::json::exception& why) {
    return mr::error(mr::errc::corrupt, path + " is no encoder of this program: " + why.what());
  }
  if (made.encoding.width() != static_cast<std::size_t>(made.net.inputs()) || made.net.outputs() != 1)
    return mr::error(mr::errc::corrupt, path + " makes " + std::to_string(made.encoding.width()) +
                                            " numbers a row, but the network beside it takes " +
                                            std::to_string(made.net.inputs()));
  return made;
}

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_MODEL_MODEL_FILES_HPP
