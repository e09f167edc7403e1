#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_SOURCES_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_SOURCES_HPP

#include <millrace/connect/mlflow/detail/logged_model_calls.hpp>
#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/model_names.hpp>
#include <millrace/connect/mlflow/detail/model_source.hpp>
#include <millrace/connect/mlflow/detail/records.hpp>
#include <millrace/connect/mlflow/detail/version_files.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/track/logged_models.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// Where versions' files are: what a client may say about it when it registers one, and what clients who load one hear.
/// The rules are those of MLflow's server, but for hosts, which are not asked about: nobody here connects to them.
template <class Registry, class Tracker>
class version_sources {
 public:
  version_sources(const Registry& models, const Tracker& tracker) noexcept : models_(&models), tracker_(&tracker) {}

  /// Whether a version may have the source of this draft, and which run and version it leads to.
  /// Errors: invalid_argument; not_found: the version that it names.
  result<void> settle(const message& in, registry::version_draft& draft) const {
    if (draft.source.size() > max_model_source) return bad_source(draft.source, "it is too long");
    if (is_prompt(draft.tags)) {
      if (draft.source == "dummy-source" || draft.source == "prompt-template") return {};
      return bad_source(draft.source, "a prompt has a placeholder of MLflow's");
    }
    const auto model_id = in.text("model_id");
    if (!model_id) return model_id.error();
    if (auto fine = check_address(in, *model_id, draft); !fine || model_id->empty()) return fine;
    const auto model = track::get_logged_model(*tracker_, *model_id);
    if (!model) return model.error();
    if (draft.run_id.empty()) draft.run_id = model->run_id;
    return {};
  }

  /// The address by which clients load a version: of its own files if it has some, or else its source, or what the
  /// version has that its source names.
  result<std::string> files_of(registry::model_version of) const {
    for (int steps = 0; of.artifacts.empty(); ++steps) {
      const auto named = model_address::parse(of.source);
      if (!named || steps == max_steps) return of.source;
      if (named->name.empty()) {
        auto place = place_of_model(named->model_id);
        return place || place.error().code() != errc::not_found ? std::move(place) : result<std::string>(of.source);
      }
      auto next = version_at(*named);
      if (!next && next.error().code() == errc::not_found) return of.source;
      if (!next) return std::move(next).error();
      of = *std::move(next);
    }
    return version_address(of);
  }

 private:
  static constexpr int max_steps = 100;  // from copy to copy; whoever registers without a server may go in a circle

  result<void> check_address(const message& in, const std::string& model_id, registry::version_draft& draft) const {
    const model_source source = model_source::parse(draft.source);
    if (!source.is_plain()) return bad_source(draft.source, "an absolute path without `..` is expected");
    if (source.scheme == "models") return settle_model(in, model_id, draft);
    if (source.scheme == "runs") {
      if (source.host.empty() && model_id.empty() && !draft.run_id.empty() && source.parts().front() == draft.run_id)
        return {};
      return bad_source(draft.source, "run_id has to be the run that contains it");
    }
    if (!source.is_local() && !source.is_served()) return {};
    const auto root = model_id.empty() ? place_of_run(draft.run_id) : place_of_model(model_id);
    if (!root && root.error().code() != errc::not_found) return root.error();
    if (root && source.is_within(model_source::parse(*root))) return {};
    return bad_source(draft.source, "run_id or model_id has to be what contains it");
  }
  /// `models:/...` becomes the version that it leads to now, whose run it has too.
  result<void> settle_model(const message& in, const std::string& model_id, registry::version_draft& draft) const {
    const auto named = model_address::parse(draft.source);
    if (!named) return named.error();
    if (named->name.empty()) {
      if (!model_id.empty() && model_id == named->model_id) return {};
      return bad_source(draft.source, "model_id has to be the model that it names");
    }
    const auto found = version_at(*named);
    if (!found) return found.error();
    if (is_prompt(found->tags)) return bad_source(draft.source, "a prompt is no source of a model");
    if (in.has("run_id") && draft.run_id != found->run_id)
      return bad_source(draft.source, "run_id has to be that of the version that it names");
    draft.run_id = found->run_id;
    draft.source = "models:/" + found->model + '/' + std::to_string(found->version);
    return {};
  }
  result<registry::model_version> version_at(const model_address& at) const {
    if (!at.alias.empty()) return models_->find_alias(at.name, at.alias);
    if (at.version != 0) return models_->find_version(at.name, at.version);
    auto latest = models_->latest_versions(at.name);
    if (!latest) return std::move(latest).error();
    auto wanted = registry::stage::archived;
    if (!at.stage.empty()) {
      const auto which = parse_stage_name(at.stage);
      if (!which) return which.error();
      wanted = *which;
    }
    registry::model_version* last = nullptr;
    for (registry::model_version& each : *latest)
      if ((at.stage.empty() || each.stage == wanted) && (last == nullptr || last->version < each.version)) last = &each;
    if (last == nullptr)
      return error(errc::not_found, "No versions of model with name " + quoted_text(at.name) + " found");
    return std::move(*last);
  }
  result<std::string> place_of_run(const std::string& run) const {
    if (run.empty()) return error(errc::not_found, "no run is named");
    const auto found = tracker_->get_run(run);
    if (!found) return found.error();
    const auto of = tracker_->get_experiment(found->info.experiment_id);
    if (!of) return of.error();
    return artifact_uri(*of, found->info);
  }
  result<std::string> place_of_model(const std::string& id) const {
    const auto model = track::get_logged_model(*tracker_, id);
    if (!model) return model.error();
    const auto of = tracker_->get_experiment(model->experiment_id);
    if (!of) return of.error();
    return artifact_uri(*of, *model);
  }

  const Registry* models_;
  const Tracker* tracker_;
};

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_VERSION_SOURCES_HPP
