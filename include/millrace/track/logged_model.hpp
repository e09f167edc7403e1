#ifndef MILLRACE_TRACK_LOGGED_MODEL_HPP
#define MILLRACE_TRACK_LOGGED_MODEL_HPP

#include <millrace/track/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// Whether the files of a logged model are there.
enum class model_status : std::uint8_t { pending, ready, upload_failed };

/// The status as MLflow spells it: `LOGGED_MODEL_READY`.
constexpr std::string_view to_string(model_status status) noexcept {
  switch (status) {
    case model_status::pending: return "LOGGED_MODEL_PENDING";
    case model_status::ready: return "LOGGED_MODEL_READY";
    case model_status::upload_failed: return "LOGGED_MODEL_UPLOAD_FAILED";
  }
  return {};
}

/// A model that a program has made, in an experiment: of a run, if one made it, with files, parameters and tags of its
/// own. MLflow 3 calls it so; a registry's versions are of those that somebody chose. Times are milliseconds since
/// 1970.
struct logged_model {
  std::string id;  // `m-` and 32 hexadecimal digits, as MLflow's
  std::string experiment_id;
  std::string name;
  std::string type;    // the caller's word
  std::string run_id;  // of the run that made it; empty: none
  model_status status = model_status::pending;
  lifecycle stage = lifecycle::active;
  std::int64_t created = 0;
  std::int64_t updated = 0;
  std::vector<key_value> parameters;
  std::vector<key_value> tags;

  static constexpr std::string_view document_kind = "logged model";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("experiment_id", self.experiment_id)("name", self.name)("type", self.type);
    members("run_id", self.run_id)("status", self.status)("stage", self.stage)("created", self.created);
    members("updated", self.updated)("parameters", self.parameters)("tags", self.tags);
  }
  friend bool operator==(const logged_model&, const logged_model&) = default;
};

/// A data set that a run has used. Sources, schemas and profiles are whatever the caller's program writes there.
struct used_data_set {
  std::string name;
  std::string digest;  // with the name: which one it is
  std::string source_type;
  std::string source;
  std::string schema;
  std::string profile;
  std::vector<key_value> tags;  // what it was used for: `mlflow.data.context` is `train`

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("name", self.name)("digest", self.digest)("source_type", self.source_type)("source", self.source);
    members("schema", self.schema)("profile", self.profile)("tags", self.tags);
  }
  friend bool operator==(const used_data_set&, const used_data_set&) = default;
};

/// A logged model that a run has made, and at which step.
struct made_model {
  std::string id;
  std::int64_t step = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("id", self.id)("step", self.step);
  }
  friend bool operator==(const made_model&, const made_model&) = default;
};

/// What a run has used and made.
struct run_lineage {
  std::vector<used_data_set> data_sets;
  std::vector<std::string> used_models;  // ids
  std::vector<made_model> made_models;

  static constexpr std::string_view document_kind = "lineage of run";
  static constexpr unsigned document_format = 1;
  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("data_sets", self.data_sets)("used_models", self.used_models)("made_models", self.made_models);
  }
  friend bool operator==(const run_lineage&, const run_lineage&) = default;
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_LOGGED_MODEL_HPP
