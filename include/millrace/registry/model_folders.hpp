#ifndef MILLRACE_REGISTRY_MODEL_FOLDERS_HPP
#define MILLRACE_REGISTRY_MODEL_FOLDERS_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/text_formats.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/transition_request.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A version's files in the layouts of others: written into any storage, such as a folder_storage.
namespace millrace {
inline namespace v0 {
namespace registry {

namespace detail {

inline error cannot_export(const model_version& of, std::string_view layout, std::string_view why) {
  return error(errc::unsupported, "version " + std::to_string(of.version) + " of the model " + of.model + " is no " +
                                      std::string(layout) + ": " + std::string(why));
}
template <class Storage>
result<void> write_text(Storage& target, const std::string& key, std::string_view text) {
  return target.write(key, std::as_bytes(std::span(text.data(), text.size())));
}
/// The first artifact of a kind that a layout has a place for, or null.
inline const artifact* first_of(const model_version& of, std::span<const artifact_type> types) noexcept {
  for (const artifact_type type : types)
    for (const artifact& each : of.artifacts)
      if (each.type == type) return &each;
  return nullptr;
}
/// Copies all artifacts below a prefix.
template <class Registry, class Storage>
result<void> copy_artifacts(const Registry& models, const model_version& of, Storage& target,
                            const std::string& prefix) {
  for (const artifact& each : of.artifacts) {
    const auto bytes = models.read_artifact(of, each.path);
    if (!bytes) return bytes.error();
    if (auto done = target.write(prefix + each.path, *bytes); !done) return done;
  }
  return {};
}
/// Whether a name may be a folder's in every layout: letters, digits, `_`, `-`, and dots inside.
constexpr bool is_plain_name(std::string_view name) noexcept {
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
          c == '.'))
      return false;
  return !name.empty() && name.front() != '.' && name.size() <= 200;
}

}  // namespace detail

/// The text of an `MLmodel` file: a model with the flavours `onnx` and `python_function`, which MLflow loads.
/// Precondition: `model` is the path of its ONNX file. Source: MLflow, "MLflow Model" format, and `mlflow.onnx`.
inline std::string mlmodel_text(const model_version& of, std::string_view onnx_path) {
  const auto line = [](std::string& text, std::string_view before, std::string_view value) {
    text += before;
    detail::append_yaml(text, value);
    text += '\n';
  };
  std::string text = "artifact_path: model\nflavors:\n  onnx:\n    code: null\n";
  line(text, "    data: ", onnx_path);
  text += "    providers:\n    - CPUExecutionProvider\n  python_function:\n";
  line(text, "    data: ", onnx_path);
  text += "    loader_module: mlflow.onnx\nmetadata:\n";
  line(text, "  registered_model: ", of.model);
  line(text, "  registered_version: ", std::to_string(of.version));
  line(text, "  sha256: ", of.digest);
  line(text, "model_uuid: ", of.digest.substr(0, 32));
  if (!of.run_id.empty()) line(text, "run_id: ", of.run_id);
  std::string time = to_iso8601(of.created);
  time[10] = ' ';
  time.pop_back();
  line(text, "utc_time_created: ", time);
  return text;
}

/// Writes a version as an MLflow model folder: its artifacts and `MLmodel`, below `prefix`, which is empty or ends with
/// a slash. Errors: unsupported: it has no ONNX artifact; those of reading artifacts and of the target.
template <class Registry, store::writes_objects Storage>
result<void> export_mlflow_model(const Registry& models, const model_version& of, Storage& target,
                                 const std::string& prefix = {}) {
  const artifact_type wanted[] = {artifact_type::onnx};
  const artifact* const network = detail::first_of(of, wanted);
  if (network == nullptr) return detail::cannot_export(of, "MLflow model of the ONNX flavour", "it has no ONNX file");
  if (auto done = detail::copy_artifacts(models, of, target, prefix); !done) return done;
  return detail::write_text(target, prefix + "MLmodel", mlmodel_text(of, network->path));
}

/// Writes a version into a model repository of Triton: `<model>/config.pbtxt` and `<model>/<version>/<file>`, which
/// ONNX Runtime's back end (ONNX) or FIL (XGBoost, LightGBM) serves. ONNX needs no more: Triton reads inputs and
/// outputs from the file; FIL's inputs and outputs are given by `io`, lines of `config.pbtxt`.
/// Errors: unsupported: it has no such artifact, or the model's name is no folder's; those of reading and of the
/// target. Source: Triton Inference Server, "Model Repository" and "Model Configuration".
template <class Registry, store::writes_objects Storage>
result<void> export_triton_model(const Registry& models, const model_version& of, Storage& target,
                                 const std::string& prefix = {}, std::string_view io = {}) {
  constexpr std::string_view layout = "model of a Triton repository";
  if (!detail::is_plain_name(of.model)) return detail::cannot_export(of, layout, "its name cannot be a folder's there");
  const artifact_type wanted[] = {artifact_type::onnx, artifact_type::xgboost, artifact_type::lightgbm};
  const artifact* const file = detail::first_of(of, wanted);
  if (file == nullptr) return detail::cannot_export(of, layout, "it has no ONNX, XGBoost or LightGBM file");
  const bool is_json = file->path.ends_with(".json");
  const std::string_view name = file->type == artifact_type::onnx       ? "model.onnx"
                                : file->type == artifact_type::lightgbm ? "model.txt"
                                : is_json                               ? "xgboost.json"
                                                                        : "xgboost.model";
  std::string config = "name: \"" + of.model + "\"\n";
  if (file->type == artifact_type::onnx) {
    config += "backend: \"onnxruntime\"\n";
  } else {
    const std::string_view kind = file->type == artifact_type::lightgbm ? "lightgbm"
                                  : is_json                             ? "xgboost_json"
                                                                        : "xgboost";
    config += "backend: \"fil\"\nmax_batch_size: 32768\n";
    config += "parameters { key: \"model_type\" value { string_value: \"" + std::string(kind) + "\" } }\n";
  }
  config += "version_policy { specific { versions: [" + std::to_string(of.version) + "] } }\n";
  config += io;
  const auto bytes = models.read_artifact(of, file->path);
  if (!bytes) return bytes.error();
  const std::string folder = prefix + of.model + '/';
  if (auto done = target.write(folder + std::to_string(of.version) + '/' + std::string(name), *bytes); !done)
    return done;
  return detail::write_text(target, folder + "config.pbtxt", config);
}

/// Writes all versions of a model in the layout `models/<name>/<version>/<file>`, `metadata/<name>_<version>.json`,
/// `approvals/<name>_<version>.json`: a version's document, and an array of the requests for it.
/// Errors: unsupported: the model's name is no folder's; those of the registry and of the target.
template <class Registry, store::writes_objects Storage>
result<void> export_registry_folders(const Registry& models, std::string_view name, Storage& target,
                                     const std::string& prefix = {}) {
  if (!detail::is_plain_name(name))
    return error(errc::unsupported, "the model's name cannot be a folder's: " + store::text_key_part(name));
  const auto requests = models.list_requests(name);
  if (!requests) return requests.error();
  for (std::uint64_t after = 0;;) {
    const auto versions = models.list_versions(name, after, 100);
    if (!versions) return versions.error();
    if (versions->empty()) return {};
    for (const model_version& each : *versions) {
      const std::string number = std::to_string(each.version);
      auto done =
          detail::copy_artifacts(models, each, target, prefix + "models/" + std::string(name) + '/' + number + '/');
      const std::string stem = std::string(name) + '_' + number + ".json";
      if (done) done = detail::write_text(target, prefix + "metadata/" + stem, store::write_document(each));
      std::string asked;
      for (const transition_request& request : *requests)
        if (request.version == each.version) (asked += asked.empty() ? "[" : ",") += store::write_document(request);
      if (done && !asked.empty()) done = detail::write_text(target, prefix + "approvals/" + stem, asked + ']');
      if (!done) return done;
      after = each.version;
    }
  }
}

/// Registers what `export_registry_folders` has written of a model, in the order of the versions, with their semantic
/// versions, figures, tags and artifacts, without parents; each in development, since nobody has let it into a stage
/// here. Returns how many versions there were. Errors: not_found: the folder has nothing of the model; corrupt;
/// checksum_mismatch: an artifact is not what its metadata says; those of the registry and of the source.
template <class Registry, class Storage>
requires store::reads_objects<Storage> && store::lists_objects<Storage>
result<std::size_t> import_registry_folders(Registry& models, std::string_view name, const Storage& source,
                                            std::string_view actor, const std::string& prefix = {}) {
  const std::string stem = prefix + "metadata/" + std::string(name) + '_';
  std::vector<model_version> found;
  auto walked = store::for_each_object(source, stem, [&](const store::storage_entry& entry) -> result<void> {
    if (!entry.key.ends_with(".json") || entry.key.find('/', stem.size()) != std::string::npos) return {};
    const std::string_view number = std::string_view(entry.key).substr(stem.size(), entry.key.size() - stem.size() - 5);
    for (const char c : number)
      if (c < '0' || c > '9') return {};  // of another model, whose name goes on
    auto version = store::load_document<model_version>(source, entry.key);
    if (!version) return std::move(version).error();
    found.push_back(std::move(*version));
    return {};
  });
  if (!walked) return std::move(walked).error();
  if (found.empty()) return error(errc::not_found, "there is no metadata of the model " + std::string(name));
  detail::sort_by(found, [](const model_version& a, const model_version& b) { return a.version < b.version; });
  std::size_t made = 0;
  for (const model_version& each : found) {
    version_draft draft{.model = std::string(name), .semantic = each.semantic, .description = each.description};
    draft.framework = each.framework;
    draft.hyperparameters = each.hyperparameters;
    draft.metrics = each.metrics;
    draft.tags = each.tags;
    draft.run_id = each.run_id;
    draft.run_link = each.run_link;
    draft.source = each.source;
    draft.data_sets = each.data_sets;
    draft.actor = actor;
    for (const artifact& file : each.artifacts) {
      const auto bytes =
          source.read(prefix + "models/" + std::string(name) + '/' + std::to_string(each.version) + '/' + file.path);
      if (!bytes) return bytes.error();
      auto kept = models.put_artifact(file.path, *bytes, file.type);
      if (!kept) return std::move(kept).error();
      if (kept->sha256 != file.sha256)
        return error(errc::checksum_mismatch, "the artifact " + file.path + " of version " +
                                                  std::to_string(each.version) + " is not what its metadata says");
      draft.artifacts.push_back(std::move(*kept));
    }
    auto version = models.register_version(std::move(draft));
    if (!version) return std::move(version).error();
    ++made;
  }
  return made;
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_MODEL_FOLDERS_HPP
