#ifndef MILLRACE_TRACK_DETAIL_EXPERIMENT_CHANGES_HPP
#define MILLRACE_TRACK_DETAIL_EXPERIMENT_CHANGES_HPP

#include <millrace/core/result.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// What changes experiments within a transaction, `objects`. `now`: milliseconds since 1970.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

inline result<void> check_experiment_name(std::string_view name) {
  if (name.empty()) return error(errc::invalid_argument, "an experiment needs a name");
  return check_text("the name of an experiment", name, max_experiment_name);
}
/// The name of another experiment, also a deleted one, is not free.
template <class Objects>
result<void> check_free(const Objects& objects, const layout& keys, std::string_view name) {
  const auto taken = id_of_name(objects, keys, name);
  if (!taken) return taken.error();
  if (taken->empty()) return {};
  const auto holder = load_experiment(objects, keys, *taken);
  if (!holder) return holder.error();
  return error(errc::already_exists, "experiment " + quoted_text(name) + " exists, with id " + *taken +
                                         (holder->stage == lifecycle::deleted ? ", and is deleted" : ""));
}

/// `id`: of an experiment that has one of its own; empty: the next number.
template <class Objects>
result<experiment> create_experiment(Objects& objects, const layout& keys, std::string_view name,
                                     const experiment_options& options, std::string_view location, std::int64_t now,
                                     std::string_view id = {}) {
  if (auto fine = check_experiment_name(name); !fine) return std::move(fine).error();
  if (auto fine = check_free(objects, keys, name); !fine) return std::move(fine).error();
  experiment made;
  made.name = name;
  made.created = made.updated = now;
  for (const key_value& each : options.tags) {
    if (auto fine = check_pair("tag", each, max_tag_value); !fine) return std::move(fine).error();
    set_value(made.tags, each.key, each.value);
  }
  if (!options.description.empty()) {
    if (auto fine = check_text("a description", options.description, max_tag_value); !fine)
      return std::move(fine).error();
    set_value(made.tags, description_tag, options.description);
  }
  made.id = id;
  if (id.empty()) {
    auto next = store::load_document<counter>(objects, keys.counter_of_experiments());
    if (!next && next.error().code() != errc::not_found) return std::move(next).error();
    counter ids = next ? *next : counter();
    made.id = std::to_string(ids.next++);
    if (auto done = store::keep_document(objects, keys.counter_of_experiments(), ids); !done)
      return std::move(done).error();
  }
  if (auto fine = check_text("an artifact location", options.artifact_location, max_tag_value); !fine)
    return std::move(fine).error();
  made.artifact_location =
      options.artifact_location.empty() ? std::string(location) + made.id : options.artifact_location;
  if (auto done = objects.write(keys.name(name) + made.id, {}); !done) return std::move(done).error();
  if (auto done = store::keep_document(objects, keys.experiment(made.id), made); !done) return std::move(done).error();
  return made;
}

/// Calls `change(experiment&)` of an experiment, and keeps what it makes of it.
template <class Objects, class Change>
result<experiment> change_experiment(Objects& objects, const layout& keys, std::string_view id, std::int64_t now,
                                     Change&& change) {
  auto found = load_experiment(objects, keys, id);
  if (!found) return found;
  if (auto done = change(*found); !done) return std::move(done).error();
  found->updated = now;
  if (auto done = store::keep_document(objects, keys.experiment(id), *found); !done) return std::move(done).error();
  return found;
}

template <class Objects>
result<experiment> rename_experiment(Objects& objects, const layout& keys, std::string_view id, std::string_view name,
                                     std::int64_t now) {
  if (auto fine = check_experiment_name(name); !fine) return std::move(fine).error();
  return change_experiment(objects, keys, id, now, [&](experiment& it) -> result<void> {
    if (it.stage == lifecycle::deleted) return is_deleted("experiment", id);
    if (it.name == name) return {};
    if (auto fine = check_free(objects, keys, name); !fine) return fine;
    if (auto done = objects.remove(keys.name(it.name) + it.id); !done) return done;
    it.name = name;
    return objects.write(keys.name(name) + it.id, {});
  });
}

template <class Objects>
result<experiment> set_experiment_stage(Objects& objects, const layout& keys, std::string_view id, lifecycle stage,
                                        std::int64_t now) {
  return change_experiment(objects, keys, id, now, [&](experiment& it) -> result<void> {
    if (it.stage == stage)
      return error(errc::conflict,
                   "experiment " + quoted_text(id) + (stage == lifecycle::deleted ? " is deleted" : " is not deleted"));
    it.stage = stage;
    return {};
  });
}

/// Removes a deleted experiment that has no runs; its name is free then. False: it has some.
template <class Objects>
result<bool> remove_experiment(Objects& objects, const layout& keys, std::string_view id) {
  const auto found = load_experiment(objects, keys, id);
  if (!found) return found.error();
  if (found->stage != lifecycle::deleted)
    return error(errc::conflict, "experiment " + quoted_text(id) + " is not deleted: delete it first");
  const auto runs = objects.list(keys.runs(id), "", 1);
  if (!runs) return runs.error();
  if (!runs->empty()) return false;
  if (auto done = objects.remove(keys.name(found->name) + found->id); !done) return std::move(done).error();
  if (auto done = objects.remove(keys.experiment(id)); !done) return std::move(done).error();
  return true;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_EXPERIMENT_CHANGES_HPP
