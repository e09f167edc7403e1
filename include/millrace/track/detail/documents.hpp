#ifndef MILLRACE_TRACK_DETAIL_DOCUMENTS_HPP
#define MILLRACE_TRACK_DETAIL_DOCUMENTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/track/detail/layout.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What reads and writes experiments and runs within a transaction or a snapshot, `objects`.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

inline error no_such(const char* what, std::string_view id) {
  return error(errc::not_found, std::string("there is no ") + what + ' ' + quoted_text(id));
}
inline error is_deleted(const char* what, std::string_view id) {
  return error(errc::conflict, std::string(what) + ' ' + quoted_text(id) + " is deleted: restore it first");
}

/// A text that documents hold as it is: UTF-8, of `most` characters at most.
inline result<void> check_text(const std::string& what, std::string_view text, std::size_t most) {
  if (size_of_characters(text, most) < text.size())
    return error(errc::invalid_argument,
                 what + " has more than " + std::to_string(most) + " characters: " + quoted_text(text));
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(i));
    if (length == 0) return error(errc::invalid_argument, what + " is not UTF-8: " + quoted_text(text));
    i += length;
  }
  return {};
}
inline result<void> check_pair(const char* what, const key_value& pair, std::size_t most) {
  if (const char* fault = fault_of_name(pair.key); fault != nullptr) return bad_name(what, pair.key, fault);
  return check_text(std::string("the value of ") + what + ' ' + quoted_text(pair.key), pair.value, most);
}

template <class Objects>
result<experiment> load_experiment(const Objects& objects, const layout& keys, std::string_view id) {
  if (!is_id(id)) return no_such("experiment", id);
  auto found = store::load_document<experiment>(objects, keys.experiment(id));
  if (!found && found.error().code() == errc::not_found) return no_such("experiment", id);
  return found;
}
/// The id of the experiment of this name, empty if there is none.
template <class Objects>
result<std::string> id_of_name(const Objects& objects, const layout& keys, std::string_view name) {
  auto found = objects.list(keys.name(name), "", 1);
  if (!found) return std::move(found).error();
  return found->empty() ? std::string() : last_part(found->front().key);
}

/// The id of a run's experiment.
template <class Objects>
result<std::string> experiment_of(const Objects& objects, const layout& keys, std::string_view run) {
  if (!is_id(run)) return no_such("run", run);
  auto found = objects.list(keys.experiment_of(run), "", 1);
  if (!found) return std::move(found).error();
  if (found->empty()) return no_such("run", run);
  return last_part(found->front().key);
}
template <class Objects>
result<run_info> load_run(const Objects& objects, const layout& keys, std::string_view experiment,
                          std::string_view id) {
  auto found = store::load_document<run_info>(objects, keys.run(experiment, id));
  if (!found && found.error().code() == errc::not_found) return no_such("run", id);
  return found;
}
template <class Objects>
result<run_info> load_run(const Objects& objects, const layout& keys, std::string_view id) {
  const auto experiment = experiment_of(objects, keys, id);
  if (!experiment) return experiment.error();
  return load_run(objects, keys, *experiment, id);
}
/// A run that may be changed: it is not deleted, and neither is its experiment.
template <class Objects>
result<run_info> load_active_run(const Objects& objects, const layout& keys, std::string_view id) {
  auto found = load_run(objects, keys, id);
  if (!found) return found;
  if (found->stage == lifecycle::deleted) return is_deleted("run", id);
  const auto of = load_experiment(objects, keys, found->experiment_id);
  if (!of) return of.error();
  if (of->stage == lifecycle::deleted) return is_deleted("experiment", found->experiment_id);
  return found;
}
/// The summaries of a run's metrics; none: it has none yet.
template <class Objects>
result<metric_summaries> load_summaries(const Objects& objects, const layout& keys, std::string_view run) {
  auto found = store::load_document<metric_summaries>(objects, keys.summary(run));
  if (!found && found.error().code() == errc::not_found) return metric_summaries();
  return found;
}

/// Writes a run, and the index entries that are others than those of `before`, which is null for a new one.
template <class Objects>
result<void> keep_run(Objects& objects, const layout& keys, const run_info* before, const run_info& after) {
  std::vector<std::string> old;
  if (before != nullptr) old = index_keys(keys, *before);
  std::vector<std::string> now = index_keys(keys, after);
  if (before != nullptr && before->stage != after.stage) {  // the metrics' entries move as well
    const auto metrics = load_summaries(objects, keys, after.id);
    if (!metrics) return metrics.error();
    for (const metric_summary& each : metrics->metrics) {
      append_index_keys(old, keys, *before, each);
      append_index_keys(now, keys, after, each);
    }
  }
  if (auto done = change_index(objects, std::move(old), std::move(now)); !done) return done;
  return store::keep_document(objects, keys.run(after.experiment_id, after.id), after);
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_DOCUMENTS_HPP
