#ifndef MILLRACE_TRACK_DETAIL_RUN_CHANGES_HPP
#define MILLRACE_TRACK_DETAIL_RUN_CHANGES_HPP

#include <millrace/core/result.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What changes runs within a transaction, `objects`. `now`: milliseconds since 1970.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// Sets a tag, and what a run has of it outside its tags.
inline result<void> set_tag(run_info& run, const key_value& tag) {
  if (auto fine = check_pair("tag", tag, max_tag_value); !fine) return fine;
  set_value(run.tags, tag.key, tag.value);
  if (tag.key == run_name_tag) run.name = tag.value;
  if (tag.key == parent_run_tag) run.parent = tag.value;
  if (tag.key == user_tag) run.user = tag.value;
  return {};
}
/// A parameter is written once: the same value again is no error, another one is.
inline result<void> set_parameter(run_info& run, const key_value& parameter) {
  if (auto fine = check_pair("parameter", parameter, max_parameter_value); !fine) return fine;
  const std::string* const known = value_of(run.parameters, parameter.key);
  if (known == nullptr)
    run.parameters.push_back(parameter);
  else if (*known != parameter.value)
    return error(errc::already_exists, "parameter " + quoted_text(parameter.key) + " of run " + quoted_text(run.id) +
                                           " is " + quoted_text(*known) + " already, and not " +
                                           quoted_text(parameter.value));
  return {};
}
inline result<void> set_texts(run_info& run, const std::vector<key_value>& parameters,
                              const std::vector<key_value>& tags) {
  for (const key_value& each : parameters)
    if (auto done = set_parameter(run, each); !done) return done;
  for (const key_value& each : tags)
    if (auto done = set_tag(run, each); !done) return done;
  return {};
}

template <class Objects>
result<run_info> create_run(Objects& objects, const layout& keys, std::string_view experiment_id,
                            const run_options& options, std::string id, run_process process, std::int64_t now) {
  const auto of = load_experiment(objects, keys, experiment_id);
  if (!of) return of.error();
  if (of->stage == lifecycle::deleted) return is_deleted("experiment", experiment_id);
  run_info made;
  made.experiment_id = experiment_id;
  made.start = options.start != 0 ? options.start : now;
  made.process = std::move(process);
  made.id = std::move(id);
  if (auto done = set_texts(made, options.parameters, options.tags); !done) return std::move(done).error();
  const auto set = [&](std::string_view tag, std::string_view value) -> result<void> {
    if (value.empty()) return {};
    return set_tag(made, {std::string(tag), std::string(value)});
  };
  if (!options.parent.empty())
    if (const auto parent = load_active_run(objects, keys, options.parent); !parent) return parent.error();
  const bool unnamed = options.name.empty() && made.name.empty();
  for (auto& done :
       {set(run_name_tag, unnamed ? "run-" + made.id.substr(0, 8) : options.name), set(parent_run_tag, options.parent),
        set(user_tag, options.user), set(source_name_tag, options.source), set(description_tag, options.description)})
    if (!done) return done.error();
  if (auto done = keep_run(objects, keys, nullptr, made); !done) return std::move(done).error();
  return made;
}

/// Calls `change(run_info&)` of a run, which is active unless `also_deleted`, and keeps what it makes of it.
template <class Objects, class Change>
result<run_info> change_run(Objects& objects, const layout& keys, std::string_view id, Change&& change,
                            bool also_deleted = false) {
  auto before = also_deleted ? load_run(objects, keys, id) : load_active_run(objects, keys, id);
  if (!before) return before;
  run_info after = *before;
  if (auto done = change(after); !done) return std::move(done).error();
  if (after == *before) return after;
  if (auto done = keep_run(objects, keys, &*before, after); !done) return std::move(done).error();
  return after;
}

/// `keeps_process`: the run goes on saying which process ran it.
template <class Objects>
result<run_info> end_run(Objects& objects, const layout& keys, std::string_view id, run_status status, std::int64_t now,
                         bool keeps_process = false) {
  return change_run(
      objects, keys, id,
      [&](run_info& run) -> result<void> {
        run.status = status;
        run.end = status == run_status::running || status == run_status::scheduled ? 0 : now;
        if (status != run_status::running && !keeps_process) run.process = {};
        return {};
      },
      true);
}

template <class Objects>
result<run_info> set_run_stage(Objects& objects, const layout& keys, std::string_view id, lifecycle stage,
                               std::int64_t now) {
  return change_run(
      objects, keys, id,
      [&](run_info& run) -> result<void> {
        if (run.stage == stage)
          return error(errc::conflict,
                       "run " + quoted_text(id) + (stage == lifecycle::deleted ? " is deleted" : " is not deleted"));
        run.stage = stage;
        run.deleted = stage == lifecycle::deleted ? now : 0;
        return {};
      },
      true);
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_RUN_CHANGES_HPP
