#include "run_store.hpp"

#include "../format.hpp"
#include "../model/features.hpp"

#include <millrace/core/timestamp.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track/comparison.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/tracker.hpp>

#include <unistd.h>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>

namespace lifecycle {

namespace {

namespace mt = mr::track;
namespace mg = mr::registry;
using storage = mr::store::sqlite_storage<>;
using settings_list = run_store::settings_list;

constexpr std::string_view actor = "lifecycle";
/// The version that no later one was better than, as the registry's alias has it.
constexpr std::string_view best_alias = "best";
/// Runs that a comparison shows, this one among them.
constexpr std::size_t shown_runs = 6;

/// Text as documents take it: what is not UTF-8 becomes a question mark, a control character a point.
std::string clean(std::string_view text, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    if (out.size() + (length == 0 ? 1 : length) > most) break;
    if (length == 0)
      out += '?';
    else if (static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f)
      out += '.';
    else
      out += text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return out;
}

/// What the experiment and the model are called: the target's name, without what MLflow refuses in a model's.
std::string model_name_of(const std::string& target) {
  std::string name = clean(target, 200);
  for (char& c : name) c = c == '/' || c == ':' ? '_' : c;
  return name.empty() ? "model" : name;
}

/// What a shell takes for one word.
std::string shell_word(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@%+=,") == text.npos &&
      text.front() != '-')
    return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// How the tool beside this program is called from here; by its name alone where it is not there.
std::string registry_tool() {
  std::error_code failed;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::filesystem::path tool = own.parent_path().parent_path() / "registry_tool" / "registry_tool";
  if (failed || ::access(tool.c_str(), X_OK) != 0) return "registry_tool";
  const std::filesystem::path near = tool.lexically_relative(std::filesystem::current_path(failed));
  return shell_word(failed || near.empty() || *near.begin() == ".." ? tool.string() : near.string());
}

template <class T>
T kept(mr::result<T> outcome) {
  return or_stop(std::move(outcome), exit_code::unusable_store);
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// 2025-01-21 14:30, of milliseconds since 1970.
std::string time_in_words(std::int64_t milliseconds) {
  std::string time = mr::to_iso8601(static_cast<std::uint64_t>(milliseconds) * 1'000'000);
  time.resize(16);
  time[10] = ' ';
  return time;
}

std::vector<mt::key_value> parameters_of(const settings_list& settings) {
  std::vector<mt::key_value> made;
  for (const auto& [key, value] : settings) made.push_back({key, clean(value, mt::max_parameter_value)});
  return made;
}

mt::experiment open_experiment(mt::tracker<storage>& runs, const std::string& name) {
  auto made = runs.create_experiment(name);
  if (!made && made.error().code() == mr::errc::already_exists) made = runs.find_experiment(name);
  if (made && made->stage == mt::lifecycle::deleted) made = runs.restore_experiment(made->id);
  return kept(std::move(made));
}

/// The series and the figures of a run. Names before a slash are groups in MLflow's pages.
void log_results(mt::run<storage>& to, const run_results& of) {
  const candidate_record& chosen = of.compared.winner();
  for (const candidate_record& one : of.compared.candidates)
    if (one.compared()) to.log_metric("cross_validation/" + std::string(to_string(one.kind)), one.loss);
  to.log_metric("cross_validation/loss", chosen.loss);
  to.log_metric("cross_validation/loss_lower", chosen.within.lower);
  to.log_metric("cross_validation/loss_upper", chosen.within.upper);
  for (const auto& [name, value] : figures_of(of.holdout)) to.log_metric("holdout/" + name, value);
  if (of.training)
    for (std::size_t i = 0; i < of.training->epochs.size(); ++i) {
      const epoch_record& epoch = of.training->epochs[i];
      const auto step = static_cast<std::int64_t>(i + 1);
      to.log_metric("training/loss", epoch.train_loss, step);
      to.log_metric("training/validation_loss", epoch.validation_loss, step);
      if (of.holdout.binary) to.log_metric("training/validation_auc", epoch.validation_auc, step);
    }
  for (const stream_window& one : of.stream.times.windows) {
    const auto step = static_cast<std::int64_t>(one.first);
    to.log_metric("stream/rows_per_second", one.rows_per_second, step);
    to.log_metric("stream/p50_seconds", one.p50 / 1e9, step);
    to.log_metric("stream/p99_seconds", one.p99 / 1e9, step);
    to.log_metric("stream/mean_answer", one.mean_answer, step);
  }
}

double last_value(const mt::run_record& of, std::string_view key) {
  const mt::metric_summary* const found = of.metric(key);
  return found == nullptr ? std::numeric_limits<double>::quiet_NaN() : found->last.value;
}

}  // namespace

struct run_store::state {
  std::string path;
  storage file;
  mt::tracker<storage> runs;
  mg::model_registry<storage> models;
  std::string name = {};
  settings_list settings = {};
  std::optional<mt::run<storage>> run = {};

  static std::unique_ptr<state> open(const std::string& path) {
    storage file = kept(storage::open(path));
    // The parts refer to the storage, so that it has to be where it stays.
    auto made = std::unique_ptr<state>(new state(path, std::move(file)));
    return made;
  }

  std::string tag_of(const mg::model_version& version, std::string_view key) const {
    for (const mg::tag& each : version.hyperparameters)
      if (each.key == key) return each.value;
    return {};
  }
  mg::model_version register_model(const run_results& of, std::span<const kept_file> files);
  kept_run describe(const mt::run_record& one, const std::optional<mg::model_version>& version) const;
  std::optional<mg::model_version> version_of(const std::string& run_id) const;
  std::optional<std::pair<mg::model_version, std::string>> rival_of(std::uint64_t own) const;
  version_comparison compare(const mg::model_version& own, const mg::model_version& other, std::string which,
                             const run_results& of) const;
  mr::result<std::vector<double>> answers_of_version(const mg::model_version& other, const run_results& of) const;
  std::vector<std::string> promotion(const mg::model_version& own) const;
  mr::result<void> list_runs(run_history& to, const mg::model_version& own) const;

 private:
  state(const std::string& at, storage&& opened)
      : path(at),
        file(std::move(opened)),
        runs(kept(mt::tracker<storage>::open(file))),
        models(kept(mg::open_registry(file))) {}
};

run_store::run_store(const options& asked) : self_(state::open(asked.store_path())) {}
run_store::~run_store() = default;

void run_store::begin(const std::string& target, const std::string& input, const settings_list& settings) {
  self_->name = model_name_of(target);
  self_->settings = settings;
  const mt::experiment in = open_experiment(self_->runs, self_->name);
  self_->run.emplace(
      kept(self_->runs.start_run(in.id, {.description = "learns " + clean(target, 200) + " from " + clean(input, 500),
                                         .source = "lifecycle",
                                         .parameters = parameters_of(settings)})));
}

/// Registers the run's model as the next version.
mg::model_version run_store::state::register_model(const run_results& of, std::span<const kept_file> files) {
  mg::version_draft draft{.model = name, .framework = "millrace", .run_id = run->id(), .actor = std::string(actor)};
  for (const auto& [key, value] : settings)
    draft.hyperparameters.push_back({key, clean(value, mt::max_parameter_value)});
  draft.hyperparameters.push_back({"family", std::string(to_string(of.model.model->kind()))});
  draft.hyperparameters.push_back({"shape", of.model.model->shape()});
  for (const auto& [key, value] : figures_of(of.holdout)) draft.metrics.push_back({key, value});
  draft.metrics.push_back({"cross_validation_loss", of.compared.winner().loss});
  const std::string source = clean(of.data.name, 500);
  draft.data_sets.push_back({.name = clean(std::filesystem::path(of.data.name).filename().string(), 200),
                             .digest = of.data.digest,
                             .source = source,
                             .role = "training"});
  for (const kept_file& each : files) {
    const auto type = each.name.ends_with(".onnx")  ? mg::artifact_type::onnx
                      : each.name.ends_with(".bin") ? mg::artifact_type::millrace_model
                                                    : mg::artifact_type::configuration;
    draft.artifacts.push_back(kept(models.put_artifact(std::string(each.name), bytes_of(each.content), type)));
  }
  return kept(models.register_version(std::move(draft)));
}

/// The version that a run registered, if it did.
std::optional<mg::model_version> run_store::state::version_of(const std::string& run_id) const {
  auto found = models.versions_of_run(run_id);
  if (!found || found->empty()) return std::nullopt;
  return std::move(found->back());
}

kept_run run_store::state::describe(const mt::run_record& one, const std::optional<mg::model_version>& version) const {
  kept_run made;
  made.started = time_in_words(one.info.start);
  made.loss = last_value(one, "cross_validation/loss");
  made.within = {last_value(one, "cross_validation/loss_lower"), last_value(one, "cross_validation/loss_upper"), 0.95};
  constexpr std::string_view group = "holdout/";
  for (const mt::metric_summary& each : one.metrics)
    if (each.key.starts_with(group)) made.figures.emplace_back(each.key.substr(group.size()), each.last.value);
  if (!version) return made;
  made.version = version->version;
  made.stage = std::string(to_string(version->stage));
  for (const std::string& each : version->aliases) made.aliases += (made.aliases.empty() ? "" : ", ") + each;
  const auto kind = family_of(tag_of(*version, "family"));
  if (kind)
    made.model =
        std::string(title_of(*kind, tag_of(*version, "task") == "number" ? task_kind::number : task_kind::binary));
  return made;
}

/// What a new version has to be better than: the one in production; where there is none, the best so far.
std::optional<std::pair<mg::model_version, std::string>> run_store::state::rival_of(std::uint64_t own) const {
  if (auto live = models.in_stage(name, mg::stage::production); live && !live->empty() && live->back().version != own)
    return std::pair(std::move(live->back()), std::string("in production"));
  if (auto best = models.find_alias(name, best_alias); best && best->version != own)
    return std::pair(*std::move(best), std::string("the best so far"));
  return std::nullopt;
}

/// What an earlier version answers for the rows that this run held out.
mr::result<std::vector<double>> run_store::state::answers_of_version(const mg::model_version& other,
                                                                     const run_results& of) const {
  auto encoder = models.read_artifact(other, encoder_file_name);
  if (!encoder) return std::move(encoder).error();
  auto bytes = models.read_artifact(other, model_file_name);
  if (!bytes) return std::move(bytes).error();
  auto loaded = load_model("version " + std::to_string(other.version),
                           {reinterpret_cast<const char*>(encoder->data()), encoder->size()}, *bytes);
  if (!loaded) return std::move(loaded).error();
  if (loaded->task.kind != of.model.task.kind || loaded->classes != of.model.classes)
    return mr::error(mr::errc::type_mismatch, "it tells other classes, or learnt something else");
  auto encode = loaded->encoding.bind(of.data);
  if (!encode) return std::move(encode).error();
  return answers_of(*loaded->model, features_for(loaded->model->kind(), *encode, of.parts.holdout), loaded->scale);
}

version_comparison run_store::state::compare(const mg::model_version& own, const mg::model_version& other,
                                             std::string which, const run_results& of) const {
  version_comparison made{other.version, std::move(which), {}, true, {}};
  auto earlier = answers_of_version(other, of);
  if (!earlier) {
    made.why_not = earlier.error().describe();
    return made;
  }
  // The same table, split by the same seed, holds the same rows out.
  const bool same_table = !other.data_sets.empty() && other.data_sets.front().digest == of.data.digest;
  made.rows_are_new =
      same_table && tag_of(other, "seed") == tag_of(own, "seed") && tag_of(other, "split") == tag_of(own, "split");
  // Each of the comparisons that ever are may find what is not there; the errors that they may make add up to 5 %.
  const auto before = static_cast<double>(own.version - 1);
  made.found =
      compare_in_pairs(of.data, of.parts, *earlier, of.answers, of.model.scale, 1 - 0.05 / (before * (before + 1)));
  made.answers = *std::move(earlier);
  return made;
}

/// What promotes a version: a move, or a request where a rule wants approvals.
std::vector<std::string> run_store::state::promotion(const mg::model_version& own) const {
  std::vector<std::string> made;
  for (const mg::stage to : {mg::stage::staging, mg::stage::production}) {
    const auto rule = models.find_rule(name, to);
    const bool asks = rule && rule->approvals > 0;
    made.push_back(registry_tool() + " --store " + shell_word(path) + (asks ? " request " : " promote ") +
                   shell_word(name) + ' ' + std::to_string(own.version) + " --to " + std::string(to_string(to)));
  }
  return made;
}

/// The runs before this one, and what they were set to.
mr::result<void> run_store::state::list_runs(run_history& to, const mg::model_version& own) const {
  auto record = runs.get_run(run->id());
  if (!record) return std::move(record).error();
  auto found = mt::search_runs(
      runs, {run->experiment_id()},
      {.filter = "attributes.status = 'FINISHED'", .order_by = {"attributes.start_time DESC"}, .max_results = 10'000});
  if (!found) return std::move(found).error();
  to.earlier = found->items.size();
  std::vector<mt::run_record> all{*std::move(record)};
  for (mt::run_record& each : found->items)
    if (all.size() < shown_runs) all.push_back(std::move(each));
  for (const mt::run_record& each : all)
    to.runs.push_back(describe(each, each.info.id == run->id() ? std::optional(own) : version_of(each.info.id)));
  const mt::comparison table(std::move(all));
  for (const std::string& key : table.parameters()) {
    if (!table.differs(key)) continue;
    std::vector<std::string>& row = to.changed.emplace_back(1, key);
    for (const mt::run_record& each : table.runs()) {
      const std::string* const value = each.parameter(key);
      row.push_back(value == nullptr ? "–" : *value);
    }
  }
  return {};
}

run_history run_store::add(const run_results& of, std::span<const kept_file> model_files) {
  state& at = *self_;
  log_results(*at.run, of);
  kept(at.run->flush());
  mg::model_version own = at.register_model(of, model_files);
  kept(at.run->set_tags({{"model", at.name}, {"model_version", std::to_string(own.version)}}));
  run_history made;
  made.store = at.path;
  made.model = at.name;
  if (auto rival = at.rival_of(own.version)) {
    made.against = at.compare(own, rival->first, std::move(rival->second), of);
    if (made.against->better()) made.commands = at.promotion(own);
  }
  if (!made.against || made.against->better()) {
    kept(at.models.set_alias(at.name, best_alias, own.version, actor));
    own.aliases = {std::string(best_alias)};
  }
  if (const auto listed = at.list_runs(made, own); !listed) {  // what is damaged of others does not end this run
    made.runs.resize(1);
    made.runs.front() = at.describe({}, own);
    std::printf("note: runs before this one cannot be read: %s\n", listed.error().describe().c_str());
  }
  made.runs.front().figures = figures_of(of.holdout);  // the one that the task is judged by comes first
  return made;
}

void run_store::add(const release_record& of) {
  state& at = *self_;
  for (const release_look& each : of.looks) {
    const auto step = static_cast<std::int64_t>(each.requests);
    at.run->log_metric("release/share", each.share, step);
    at.run->log_metric("release/log10_e_value_of_harm", each.evidence.back(), step);
  }
  kept(at.run->set_tags({{"release", of.phase}, {"release_evidence", clean(in_words(of), mt::max_tag_value)}}));
  const auto version = kept(at.models.versions_of_run(at.run->id()));
  for (const mg::model_version& each : version)
    kept(at.models.set_tag(at.name, each.version, {"release", of.phase}, actor));
}

void run_store::end(std::span<const kept_file> files) {
  for (const kept_file& each : files)
    kept(self_->run->log_artifact(each.name, bytes_of(each.content),
                                  each.name.ends_with(".html") ? "text/html" : "application/json"));
  kept(self_->run->end());
  kept(self_->runs.close());
}

void run_store::give_up(std::string_view why, bool interrupted) noexcept {
  if (!self_ || !self_->run) return;
  try {
    // The job ends for a reason of its own, which a store that cannot be written must not hide.
    static_cast<void>(self_->run->set_tag("why", clean(why, mt::max_tag_value)));
    static_cast<void>(self_->run->end(interrupted ? mt::run_status::killed : mt::run_status::failed));
  } catch (...) {  // no memory: the next job marks the run as killed
  }
}

}  // namespace lifecycle
