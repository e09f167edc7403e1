#ifndef MILLRACE_TRACK_DETAIL_MODEL_CHANGES_HPP
#define MILLRACE_TRACK_DETAIL_MODEL_CHANGES_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/document.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/layout.hpp>
#include <millrace/track/logged_model.hpp>

#include <string>
#include <string_view>
#include <utility>

// What reads and changes logged models, and what runs used, within a transaction or a snapshot, `objects`.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

/// Ids of logged models begin so; those of runs are hexadecimal digits.
inline constexpr std::string_view model_id_prefix = "m-";

template <class Objects>
result<logged_model> load_model(const Objects& objects, const layout& keys, std::string_view id) {
  const auto experiment = experiment_of(objects, keys, id);
  if (!experiment && experiment.error().code() == errc::not_found) return no_such("logged model", id);
  if (!experiment) return experiment.error();
  auto found = store::load_document<logged_model>(objects, keys.model(*experiment, id));
  if (!found && found.error().code() == errc::not_found) return no_such("logged model", id);
  return found;
}

/// Calls `change(logged_model&)` of a model that is not deleted, and keeps what it makes of it.
template <class Objects, class Change>
result<logged_model> change_model(Objects& objects, const layout& keys, std::string_view id, Change&& change) {
  auto found = load_model(objects, keys, id);
  if (!found) return found;
  if (found->stage == lifecycle::deleted) return no_such("logged model", id);
  if (auto done = change(*found); !done) return std::move(done).error();
  if (auto done = store::keep_document(objects, keys.model(found->experiment_id, id), *found); !done)
    return std::move(done).error();
  return found;
}

/// Whether files may be kept of a run or of a logged model.
template <class Objects>
result<void> check_owner(const Objects& objects, const layout& keys, std::string_view id) {
  if (id.starts_with(model_id_prefix)) {
    const auto found = load_model(objects, keys, id);
    if (!found) return found.error();
    if (found->stage == lifecycle::deleted) return no_such("logged model", id);
    return {};
  }
  const auto found = load_active_run(objects, keys, id);
  if (!found) return found.error();
  return {};
}

/// What a run has used and made; nothing: nobody has said.
template <class Objects>
result<run_lineage> load_lineage(const Objects& objects, const layout& keys, std::string_view run) {
  auto found = store::load_document<run_lineage>(objects, keys.lineage(run));
  if (!found && found.error().code() == errc::not_found) return run_lineage();
  return found;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_MODEL_CHANGES_HPP
