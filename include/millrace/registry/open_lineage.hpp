#ifndef MILLRACE_REGISTRY_OPEN_LINEAGE_HPP
#define MILLRACE_REGISTRY_OPEN_LINEAGE_HPP

#include <millrace/core/json_writer.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace registry {

/// How a version is named in OpenLineage.
struct open_lineage_options {
  /// The namespace of models and jobs, and of data sets that name no source.
  std::string name_space = "millrace";
  std::string job = {};  // what has trained the model; empty: `train <model>`
  std::string producer = "https://github.com/millrace/millrace";
};

namespace detail {

/// A run's identifier as a UUID, which OpenLineage asks for: itself, if it is one, else one made of its SHA-256.
/// Source: RFC 9562, version 8.
inline std::string uuid_of(std::string_view run) {
  bool is_uuid = run.size() == 36;
  for (std::size_t i = 0; i < run.size() && is_uuid; ++i) {
    const char c = run[i];
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    is_uuid = is_dash ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }
  if (is_uuid) return std::string(run);
  std::string digits = to_string(sha256_of(std::as_bytes(std::span(run.data(), run.size())))).substr(0, 32);
  digits[12] = '8';
  digits[16] = "89ab"[static_cast<unsigned char>(digits[16]) & 3U];
  for (const std::size_t at : {std::size_t{20}, std::size_t{16}, std::size_t{12}, std::size_t{8}})
    digits.insert(at, 1, '-');
  return digits;
}

inline void append_data_set(json_writer& json, std::string_view name_space, std::string_view name,
                            std::string_view version, const open_lineage_options& options) {
  json.begin_object().member("namespace", name_space).member("name", name);
  if (!version.empty()) {
    json.key("facets").begin_object().key("version").begin_object();
    json.member("_producer", options.producer);
    json.member("_schemaURL", "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json");
    json.member("datasetVersion", version).end_object().end_object();
  }
  json.end_object();
}

}  // namespace detail

/// Where a version comes from, as an event of OpenLineage: its data sets and parents are inputs of the run that made
/// it, and the version is the output.
/// Source: OpenLineage 2-0-2, RunEvent.
inline std::string to_open_lineage(const model_version& of, const open_lineage_options& options = {}) {
  std::string text;
  json_writer json(text);
  json.begin_object().member("eventType", "COMPLETE").member("eventTime", to_iso8601(of.created));
  json.member("producer", options.producer);
  json.member("schemaURL", "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
  const std::string run = of.run_id.empty() ? of.model + '/' + std::to_string(of.version) + '/' + of.digest : of.run_id;
  json.key("run").begin_object().member("runId", detail::uuid_of(run)).end_object();
  json.key("job").begin_object().member("namespace", options.name_space);
  json.member("name", options.job.empty() ? "train " + of.model : options.job).end_object();
  json.key("inputs").begin_array();
  for (const data_set& each : of.data_sets)
    detail::append_data_set(json, each.source.empty() ? options.name_space : each.source, each.name, each.digest,
                            options);
  for (const version_reference& each : of.parents)
    detail::append_data_set(json, options.name_space, "models/" + each.model, std::to_string(each.version), options);
  json.end_array().key("outputs").begin_array();
  detail::append_data_set(json, options.name_space, "models/" + of.model, std::to_string(of.version), options);
  json.end_array().end_object();
  return text;
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_OPEN_LINEAGE_HPP
