#ifndef MILLRACE_TRACK_LOGGED_MODELS_HPP
#define MILLRACE_TRACK_LOGGED_MODELS_HPP

#include <millrace/core/result.hpp>
#include <millrace/track/detail/experiment_changes.hpp>
#include <millrace/track/detail/model_changes.hpp>
#include <millrace/track/logged_model.hpp>
#include <millrace/track/search.hpp>
#include <millrace/track/tracker.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

// Logged models of a tracker, and what its runs have used and made. Threads and errors are those of the tracker's
// members; a model that is deleted is not_found, but for `get_logged_model`. Files of a model are logged, listed, read
// and deleted by the tracker's `log_artifact` and its like, with the model's id in place of a run's.

/// What is said of a model that is logged.
struct logged_model_options {
  std::string name = {};  // empty: made from its id
  std::string type = {};
  std::string run_id = {};  // of the run that makes it
  std::vector<key_value> parameters = {};
  std::vector<key_value> tags = {};
};

namespace detail {

/// Changes a model in a transaction of its own, at the tracker's time.
template <class Tracker, class Change>
result<logged_model> change_model_of(Tracker& of, std::string_view id, Change&& change) {
  auto& core = tracker_access::core(of);
  return core.storage->transact(
      [&](auto& objects) -> result<logged_model> { return change_model(objects, core.log.keys(), id, change); });
}
inline result<void> set_pairs(std::vector<key_value>& all, const std::vector<key_value>& pairs, const char* what,
                              std::size_t most) {
  for (const key_value& each : pairs) {
    if (auto fine = check_pair(what, each, most); !fine) return fine;
    set_value(all, each.key, each.value);
  }
  return {};
}

/// What models can be searched for.
inline constexpr store::searched_key logged_model_keys[] = {
    {"name", store::search_type::text, store::search_asks::equality | store::search_asks::patterns, true},
    {"model_id", store::search_type::text, store::search_asks::equality, true},
    {"model_type", store::search_type::text, store::search_asks::equality, true},
    {"status", store::search_type::text, store::search_asks::equality, true},
    {"source_run_id", store::search_type::text, store::search_asks::equality, true},
    {"experiment_id", store::search_type::text, store::search_asks::equality, true},
    {"creation_timestamp",
     store::search_type::integer,
     store::search_asks::equality | store::search_asks::order,
     true,
     {"creation_time"}},
    {"last_updated_timestamp", store::search_type::integer, store::search_asks::equality | store::search_asks::order,
     true},
};
inline constexpr store::searched_group logged_model_groups[] = {
    {store::search_kind::attribute, {"attributes", "attribute"}, logged_model_keys},
    {store::search_kind::param,
     {"params", "param", "parameters"},
     {},
     store::search_type::text,
     store::search_asks::equality | store::search_asks::patterns},
    {store::search_kind::tag,
     {"tags", "tag"},
     {},
     store::search_type::text,
     store::search_asks::equality | store::search_asks::patterns},
};
inline constexpr store::searched_order logged_model_order[] = {{"creation_timestamp", true}};
inline constexpr store::searched_order logged_model_ties[] = {{"creation_timestamp", true}, {"model_id", false}};
inline constexpr store::search_schema logged_model_schema{"logged models", logged_model_groups, logged_model_order,
                                                          logged_model_ties};

struct logged_model_row {
  const logged_model& it;

  store::search_value find(const store::search_field& field) const {
    if (field.kind == store::search_kind::tag || field.kind == store::search_kind::param) {
      const std::string* const value =
          value_of(field.kind == store::search_kind::tag ? it.tags : it.parameters, field.key);
      return value == nullptr ? store::search_value() : store::search_value(*value);
    }
    if (field.key == "name") return it.name;
    if (field.key == "model_id") return it.id;
    if (field.key == "model_type") return it.type;
    if (field.key == "status") return to_string(it.status);
    if (field.key == "source_run_id") return it.run_id;
    if (field.key == "experiment_id") return it.experiment_id;
    if (field.key == "creation_timestamp") return it.created;
    if (field.key == "last_updated_timestamp") return it.updated;
    return {};
  }
};

}  // namespace detail

/// Errors: also not_found, conflict: the experiment or the run is not there, or is deleted.
template <class Storage, class Contents>
result<logged_model> create_logged_model(tracker<Storage, Contents>& of, std::string_view experiment_id,
                                         const logged_model_options& options = {}) {
  auto& core = detail::tracker_access::core(of);
  const detail::layout& keys = core.log.keys();
  logged_model made;
  made.id = std::string(detail::model_id_prefix) + core.next_id();
  made.experiment_id = experiment_id;
  made.name = options.name.empty() ? "model-" + made.id.substr(2, 8) : options.name;
  made.type = options.type;
  made.run_id = options.run_id;
  made.created = made.updated = core.now();
  for (auto& fine : {detail::check_text("the name of a model", made.name, max_experiment_name),
                     detail::check_text("the type of a model", made.type, max_experiment_name),
                     detail::set_pairs(made.parameters, options.parameters, "parameter", max_parameter_value),
                     detail::set_pairs(made.tags, options.tags, "tag", max_tag_value)})
    if (!fine) return fine.error();
  return core.storage->transact([&](auto& objects) -> result<logged_model> {
    const auto in = detail::load_experiment(objects, keys, experiment_id);
    if (!in) return in.error();
    if (in->stage == lifecycle::deleted) return detail::is_deleted("experiment", experiment_id);
    if (!made.run_id.empty())
      if (const auto run = detail::load_active_run(objects, keys, made.run_id); !run) return run.error();
    if (auto done = objects.write(keys.experiment_of(made.id) + made.experiment_id, {}); !done)
      return std::move(done).error();
    if (auto done = store::keep_document(objects, keys.model(made.experiment_id, made.id), made); !done)
      return std::move(done).error();
    return made;
  });
}

/// Also one that is deleted, which its `stage` says.
template <class Storage, class Contents>
result<logged_model> get_logged_model(const tracker<Storage, Contents>& of, std::string_view id) {
  return detail::tracker_access::look<logged_model>(
      of, [&](const auto& objects) { return detail::load_model(objects, detail::tracker_access::keys(of), id); });
}
template <class Storage, class Contents>
result<logged_model> set_model_status(tracker<Storage, Contents>& of, std::string_view id, model_status status) {
  return detail::change_model_of(of, id, [&](logged_model& it) -> result<void> {
    it.status = status;
    it.updated = detail::tracker_access::core(of).now();
    return {};
  });
}
template <class Storage, class Contents>
result<logged_model> set_model_tags(tracker<Storage, Contents>& of, std::string_view id,
                                    const std::vector<key_value>& tags) {
  return detail::change_model_of(
      of, id, [&](logged_model& it) { return detail::set_pairs(it.tags, tags, "tag", max_tag_value); });
}
/// Errors: also not_found: the model has no such tag.
template <class Storage, class Contents>
result<logged_model> delete_model_tag(tracker<Storage, Contents>& of, std::string_view id, std::string_view key) {
  return detail::change_model_of(of, id, [&](logged_model& it) -> result<void> {
    if (detail::remove_value(it.tags, key)) return {};
    return error(errc::not_found,
                 "logged model " + detail::quoted_text(id) + " has no tag " + detail::quoted_text(key));
  });
}
/// A parameter is written once. Errors: also already_exists: it has another value.
template <class Storage, class Contents>
result<logged_model> log_model_parameters(tracker<Storage, Contents>& of, std::string_view id,
                                          const std::vector<key_value>& parameters) {
  return detail::change_model_of(of, id, [&](logged_model& it) -> result<void> {
    for (const key_value& each : parameters) {
      const std::string* const known = detail::value_of(it.parameters, each.key);
      if (known != nullptr && *known != each.value)
        return error(errc::already_exists, "parameter " + detail::quoted_text(each.key) + " of logged model " +
                                               detail::quoted_text(id) + " is " + detail::quoted_text(*known));
    }
    return detail::set_pairs(it.parameters, parameters, "parameter", max_parameter_value);
  });
}
template <class Storage, class Contents>
result<logged_model> delete_logged_model(tracker<Storage, Contents>& of, std::string_view id) {
  return detail::change_model_of(of, id, [&](logged_model& it) -> result<void> {
    it.stage = lifecycle::deleted;
    it.updated = detail::tracker_access::core(of).now();
    return {};
  });
}

/// Searches the models of experiments by their attributes (`name`, `model_id`, `model_type`, `status`, `source_run_id`,
/// `experiment_id`, `creation_timestamp`, `last_updated_timestamp`), `params.` and `tags.`; the last one first, unless
/// the order says otherwise. What it promises is what `search_runs` does; all models of these experiments are looked
/// at.
template <class Storage, class Contents>
result<search_page<logged_model>> search_logged_models(const tracker<Storage, Contents>& of,
                                                       std::span<const std::string> experiment_ids,
                                                       const search_options& options = {}) {
  using page = search_page<logged_model>;
  auto query = detail::run_query::make(options.filter, options.order_by, detail::logged_model_schema, options.grammar,
                                       options.view, options.max_results);
  if (!query) return std::move(query).error();
  std::string view(to_string(options.view));
  for (const std::string& each : experiment_ids) (view += ' ') += each;
  const store::page_tokens tokens(query->filter, query->order, view);
  auto position = tokens.position(options.page_token);
  if (!position) return std::move(position).error();
  const detail::layout& keys = detail::tracker_access::keys(of);
  return detail::tracker_access::look<page>(of, [&](const auto& objects) -> result<page> {
    store::page_picker<logged_model> picker(options.max_results, std::move(*position));
    for (const std::string& experiment : experiment_ids) {
      if (auto in = detail::load_experiment(objects, keys, experiment); !in) return std::move(in).error();
      auto walked = store::for_each_object(objects, keys.models(experiment),
                                           [&](const store::storage_entry& each) -> result<void> {
                                             auto read = store::load_document<logged_model>(objects, each.key);
                                             if (!read) return std::move(read).error();
                                             const detail::logged_model_row row{*read};
                                             if (!includes(options.view, read->stage) || !query->filter.matches(row))
                                               return {};
                                             std::string key = query->order.sort_key(row);
                                             picker.update(std::move(key), std::move(*read));
                                             return {};
                                           });
      if (!walked) return std::move(walked).error();
    }
    auto picked = picker.finish();
    return page{std::move(picked.items), picked.next.empty() ? std::string() : tokens.token(picked.next)};
  });
}

/// Says what a run has used and made, besides what was said before: a data set of the same name and digest is named
/// once, with the tags of both, and so is a model.
template <class Storage, class Contents>
result<run_lineage> log_lineage(tracker<Storage, Contents>& of, std::string_view run, const run_lineage& more) {
  auto& core = detail::tracker_access::core(of);
  const detail::layout& keys = core.log.keys();
  return core.storage->transact([&](auto& objects) -> result<run_lineage> {
    if (const auto found = detail::load_active_run(objects, keys, run); !found) return found.error();
    auto known = detail::load_lineage(objects, keys, run);
    if (!known) return known;
    for (const used_data_set& each : more.data_sets) {
      used_data_set* at = nullptr;
      for (used_data_set& other : known->data_sets)
        if (other.name == each.name && other.digest == each.digest) at = &other;
      if (at == nullptr) {
        if (each.name.empty()) return error(errc::invalid_argument, "a data set needs a name");
        at = &known->data_sets.emplace_back(each);
        at->tags.clear();
      }
      if (auto done = detail::set_pairs(at->tags, each.tags, "tag", max_tag_value); !done)
        return std::move(done).error();
    }
    const auto is_known = [&](std::string_view id) -> result<void> {
      const auto model = detail::load_model(objects, keys, id);
      if (!model) return model.error();
      return {};
    };
    for (const std::string& each : more.used_models) {
      if (auto fine = is_known(each); !fine) return std::move(fine).error();
      bool is_new = true;
      for (const std::string& other : known->used_models) is_new = is_new && other != each;
      if (is_new) known->used_models.push_back(each);
    }
    for (const made_model& each : more.made_models) {
      if (auto fine = is_known(each.id); !fine) return std::move(fine).error();
      bool is_new = true;
      for (made_model& other : known->made_models)
        if (other.id == each.id) {
          other.step = each.step;
          is_new = false;
        }
      if (is_new) known->made_models.push_back(each);
    }
    if (auto done = store::keep_document(objects, keys.lineage(run), *known); !done) return std::move(done).error();
    return known;
  });
}
template <class Storage, class Contents>
result<run_lineage> get_lineage(const tracker<Storage, Contents>& of, std::string_view run) {
  const detail::layout& keys = detail::tracker_access::keys(of);
  return detail::tracker_access::look<run_lineage>(of, [&](const auto& objects) -> result<run_lineage> {
    if (const auto found = detail::experiment_of(objects, keys, run); !found) return found.error();
    return detail::load_lineage(objects, keys, run);
  });
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_LOGGED_MODELS_HPP
