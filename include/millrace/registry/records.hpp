#ifndef MILLRACE_REGISTRY_RECORDS_HPP
#define MILLRACE_REGISTRY_RECORDS_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/document.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What a registry holds. Times are nanoseconds since 1970-01-01T00:00:00Z.
namespace millrace {
inline namespace v0 {
namespace registry {

/// A name and a text: a tag, a hyperparameter.
struct tag {
  std::string key;
  std::string value;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("value", self.value);
  }
  friend bool operator==(const tag&, const tag&) = default;
};

/// A figure of a version, such as its accuracy on held-out data.
struct metric {
  std::string key;
  double value = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("value", self.value);
  }
};

/// What kind of file an artifact is. The numbers and names are stable.
enum class artifact_type : std::uint8_t {
  other = 0,
  onnx = 1,
  millrace_model = 2,  // what `save` of a model of this library writes
  xgboost = 3,
  lightgbm = 4,
  catboost = 5,
  tflite = 6,
  safetensors = 7,
  sklearn = 8,
  pytorch = 9,
  tensorflow = 10,
  configuration = 11,
  picture = 12,
  data = 13,
  text = 14,
};

/// The type's stable name; empty for a number that is none.
constexpr std::string_view to_string(artifact_type type) noexcept {
  constexpr std::string_view names[] = {"other",      "onnx",          "millrace_model", "xgboost", "lightgbm",
                                        "catboost",   "tflite",        "safetensors",    "sklearn", "pytorch",
                                        "tensorflow", "configuration", "picture",        "data",    "text"};
  const auto at = static_cast<std::size_t>(type);
  return at < sizeof names / sizeof *names ? names[at] : std::string_view();
}

/// A file of a version: where it stands among its files, and which bytes it is.
struct artifact {
  std::string path;    // as a storage's key: model.onnx, data/words.txt
  std::string sha256;  // 64 hexadecimal digits
  std::uint64_t size = 0;
  artifact_type type = artifact_type::other;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("path", self.path)("sha256", self.sha256)("size", self.size)("type", self.type);
  }
  friend bool operator==(const artifact&, const artifact&) = default;
};

/// A version of a model, as versions name those that they were made from. The identifier is the registry's own and
/// stays what it is when the model is renamed; a registry fills in the name.
struct version_reference {
  std::string model = {};
  std::uint64_t version = 0;
  std::uint64_t model_id = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("model_id", self.model_id)("version", self.version);
  }
  friend bool operator==(const version_reference&, const version_reference&) = default;
};

/// Data that a version was trained or tested with.
struct data_set {
  std::string name;
  std::string digest = {};  // of its content, in whatever form
  std::string source = {};  // where it is: a path, an address, a table
  std::string role = {};    // training, validation, ...

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("digest", self.digest)("source", self.source)("role", self.role);
  }
  friend bool operator==(const data_set&, const data_set&) = default;
};

/// Another name for a version, which is moved from one to the next: `champion`.
struct alias {
  std::string name;
  std::uint64_t version = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("version", self.version);
  }
  friend bool operator==(const alias&, const alias&) = default;
};

/// A model: what all versions of it have in common.
struct model {
  static constexpr std::string_view document_kind = "registered model";
  static constexpr unsigned document_format = 1;

  std::uint64_t id = 0;
  std::string name;
  std::string description;
  std::vector<tag> tags;
  std::vector<alias> aliases;
  std::uint64_t last_version = 0;  // the greatest number ever given, also to a version that is deleted
  std::uint64_t last_request = 0;  // the same of requests
  std::uint64_t changes = 0;       // of stages
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::string created_by;
  bool is_deleted = false;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("name", self.name)("description", self.description)("tags", self.tags);
    members("aliases", self.aliases)("last_version", self.last_version)("last_request", self.last_request);
    members("changes", self.changes)("created", self.created)("updated", self.updated);
    members("created_by", self.created_by)("is_deleted", self.is_deleted);
  }
};

/// A version of a model.
struct model_version {
  static constexpr std::string_view document_kind = "model version";
  static constexpr unsigned document_format = 1;

  std::string model;  // its name now, which the registry fills in
  std::uint64_t version = 0;
  std::string semantic;  // empty: it has none
  registry::stage stage = stage::development;
  std::string description;
  std::string framework;
  std::vector<tag> hyperparameters;
  std::vector<metric> metrics;
  std::vector<tag> tags;
  std::string run_id;
  std::string run_link;
  std::string source;  // where its files come from: an address that the registry keeps and does not open
  std::vector<version_reference> parents;
  std::vector<data_set> data_sets;
  std::vector<artifact> artifacts;
  std::string digest;  // of all artifacts and the source, which no change of a version changes
  std::uint64_t created = 0;
  std::uint64_t updated = 0;
  std::uint64_t last_comment = 0;
  std::string created_by;
  bool is_deleted = false;
  std::vector<std::string> aliases;  // which the registry fills in

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("version", self.version)("semantic", self.semantic)("stage", self.stage)("description", self.description);
    members("framework", self.framework)("hyperparameters", self.hyperparameters)("metrics", self.metrics);
    members("tags", self.tags)("run_id", self.run_id)("run_link", self.run_link)("source", self.source);
    members("parents", self.parents)("data_sets", self.data_sets)("artifacts", self.artifacts);
    members("digest", self.digest)("created", self.created)("updated", self.updated);
    members("last_comment", self.last_comment)("created_by", self.created_by)("is_deleted", self.is_deleted);
  }

  /// The metric of this name, or null.
  const metric* find_metric(std::string_view key) const noexcept {
    for (const metric& each : metrics)
      if (each.key == key) return &each;
    return nullptr;
  }
  /// The artifact at this path, or null.
  const artifact* find_artifact(std::string_view path) const noexcept {
    for (const artifact& each : artifacts)
      if (each.path == path) return &each;
    return nullptr;
  }
};

/// A version that went from one stage to another.
struct stage_change {
  static constexpr std::string_view document_kind = "stage change";
  static constexpr unsigned document_format = 1;

  std::string model;  // its name now, which the registry fills in
  std::uint64_t version = 0;
  stage from = stage::development;
  stage to = stage::development;
  std::uint64_t at = 0;
  std::string actor;
  std::string reason;
  std::uint64_t request = 0;            // the one that was approved for it; 0: none was asked for
  std::vector<std::uint64_t> archived;  // the versions that made room for it, not kept in the document

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("version", self.version)("from", self.from)("to", self.to)("at", self.at)("actor", self.actor);
    members("reason", self.reason)("request", self.request);
  }
};

/// How long a version was in a stage.
struct stage_period {
  std::uint64_t version = 0;
  std::uint64_t from = 0;
  std::uint64_t until = 0;  // 0: it is there still
  std::string actor;        // who let it in; empty: it was registered
  std::uint64_t request = 0;

  /// Whether it was there at a time.
  bool contains(std::uint64_t time) const noexcept { return from <= time && (until == 0 || time < until); }
};

/// A note under a version.
struct comment {
  static constexpr std::string_view document_kind = "comment";
  static constexpr unsigned document_format = 1;

  std::uint64_t number = 0;
  std::string author;
  std::string text;
  std::uint64_t created = 0;
  std::uint64_t updated = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("number", self.number)("author", self.author)("text", self.text)("created", self.created);
    members("updated", self.updated);
  }
};

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_RECORDS_HPP
