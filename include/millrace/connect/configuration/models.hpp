#ifndef MILLRACE_CONNECT_CONFIGURATION_MODELS_HPP
#define MILLRACE_CONNECT_CONFIGURATION_MODELS_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/ml_settings.hpp>
#include <millrace/core/result.hpp>
#include <millrace/mlops/context.hpp>
#include <millrace/mlops/settings.hpp>
#include <millrace/model/formats/graph.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/model/formats/tflite.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/semantic_version.hpp>
#include <millrace/store/file.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// A model that settings name, read from its file.
struct configured_model {
  std::string name = {};
  std::string version = {};
  bool warmup_on_load = false;
  model::graph graph = {};
};

/// Reads the models that are enabled, in their order. Paths are relative to where the program runs.
/// Errors: those of `model::load_onnx` and `model::load_tflite`, with the model's name and the line of the file that
/// names it.
inline result<std::vector<configured_model>> load_models(const ml_settings& by) {
  std::vector<configured_model> made;
  if (!by.enabled) return made;
  for (const model_settings& each : by.models) {
    if (!each.enabled) continue;
    auto graph = each.type == model_format::onnx ? model::load_onnx(each.path) : model::load_tflite(each.path);
    if (!graph)
      return std::move(graph).error().wrap("the model \"" + each.name + "\" in line " + std::to_string(each.at.line));
    made.push_back({each.name, each.version, each.warmup_on_load, *std::move(graph)});
  }
  return made;
}

/// A version as the registry has it: `v2.0` is 2.0.0. Empty if it is none.
inline std::string semantic_text(std::string_view version) {
  for (const char* const rest : {"", ".0", ".0.0"})
    if (const auto read = registry::parse_semantic_version(std::string(version) + rest); read) return to_string(*read);
  return {};
}

/// Registers the models that are enabled and that the registry does not have yet, with their files and tags. Returns
/// how many those were. `actor`: who does it. Errors: those of reading the file and of the registry.
template <class Registry>
result<std::size_t> register_models(const ml_settings& by, Registry& models, const std::string& actor) {
  std::size_t count = 0;
  for (const model_settings& each : by.models) {
    if (!by.enabled || !each.enabled) continue;
    const std::string semantic = semantic_text(each.version);
    if (semantic.empty())
      return error(errc::invalid_argument, "the model \"" + each.name + "\" in line " + std::to_string(each.at.line) +
                                               ": its version is none that a registry orders, such as v2.0");
    if (models.find_semantic(each.name, semantic)) continue;
    auto bytes = store::read_bytes(each.path);
    if (!bytes) return std::move(bytes).error();
    const std::string_view path = each.path;
    const bool is_onnx = each.type == model_format::onnx;
    auto file = models.put_artifact(std::string(path.substr(path.rfind('/') + 1)), *bytes,
                                    is_onnx ? registry::artifact_type::onnx : registry::artifact_type::tflite);
    if (!file) return std::move(file).error();
    registry::version_draft draft;
    draft.model = each.name;
    draft.semantic = semantic;
    draft.framework = is_onnx ? "onnx" : "tensorflow";
    draft.source = each.path;
    draft.actor = actor;
    draft.artifacts.push_back(*std::move(file));
    for (const auto& [key, value] : each.tags) draft.tags.push_back({key, value});
    if (auto done = models.register_version(std::move(draft)); !done) return std::move(done).error();
    ++count;
  }
  return count;
}

/// Opens the registry that settings describe, in the folder that they name, with a backend of mlops:
/// `open_registry<mlops::in_folders<store::document_folder<>>>(settings.ml.model_registry)`.
/// Errors: unsupported: it is in a bucket, which the program opens by connect/s3 with `s3_bucket` and `s3_region`;
/// those of the backend.
template <mlops::context_backend Backend>
result<Backend> open_registry(const model_registry_settings& by, const mlops::context_options& options = {}) {
  if (by.type != model_place::local)
    return error(errc::unsupported, "the registry in line " + std::to_string(by.at.line) +
                                        " is in a bucket: open it by a storage of connect/s3");
  mlops::context_settings where;
  where.path = by.base_path;
  return Backend::open(where, options);
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_MODELS_HPP
