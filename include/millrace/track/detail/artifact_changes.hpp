#ifndef MILLRACE_TRACK_DETAIL_ARTIFACT_CHANGES_HPP
#define MILLRACE_TRACK_DETAIL_ARTIFACT_CHANGES_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/model_changes.hpp>
#include <millrace/track/detail/tracker_core.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What keeps, finds and removes a run's artifacts within a transaction or a snapshot, `objects`.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

template <class Objects>
result<artifact> load_artifact(const Objects& objects, const layout& keys, std::string_view run,
                               std::string_view path) {
  if (const auto of = experiment_of(objects, keys, run); !of) return of.error();
  if (auto fine = store::check_storage_key(path); !fine) return std::move(fine).error();
  auto found = store::load_document<artifact>(objects, keys.artifacts(run) + std::string(path));
  if (!found && found.error().code() == errc::not_found)
    return error(errc::not_found, "run " + quoted_text(run) + " has no artifact " + quoted_text(path));
  return found;
}

/// A path is of a file or of a folder, and not both.
template <class Objects>
result<void> check_place(const Objects& objects, const std::string& root, std::string_view path) {
  const auto below = objects.list(root + std::string(path) + '/', "", 1);
  if (!below) return below.error();
  if (!below->empty())
    return error(errc::conflict, "artifact " + quoted_text(path) + " is a folder of other artifacts");
  for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
    const auto above = store::exists(objects, root + std::string(path.substr(0, at)));
    if (!above) return above.error();
    if (*above)
      return error(errc::conflict, "artifact " + quoted_text(path) + " would be in " + quoted_text(path.substr(0, at)) +
                                       ", which is a file");
  }
  return {};
}

template <class Objects>
result<artifact> remove_artifact(Objects& objects, const layout& keys, std::string_view run, std::string_view path) {
  auto found = load_artifact(objects, keys, run, path);
  if (!found) return found;
  if (auto done = objects.remove(keys.user(found->content, run, path)); !done) return std::move(done).error();
  if (auto done = objects.remove(keys.artifacts(run) + std::string(path)); !done) return std::move(done).error();
  return found;
}

/// Keeps bytes as an artifact: first the content, then, in a transaction, the document that names it.
template <class Core>
result<artifact> keep_unwatched(Core& core, std::string_view run, std::string_view path,
                                std::span<const std::byte> bytes, std::string_view type) {
  if (auto fine = store::check_storage_key(path); !fine) return std::move(fine).error();
  if (auto fine = check_text("an artifact's type", type, max_name); !fine) return std::move(fine).error();
  const layout& keys = core.log.keys();
  const auto active = std::as_const(*core.storage).look([&](const auto& objects) -> result<int> {
    if (auto fine = check_owner(objects, keys, run); !fine) return std::move(fine).error();
    return 0;
  });
  if (!active) return active.error();  // before the bytes are kept for nothing
  const auto content = core.contents.put(bytes);
  if (!content) return content.error();
  artifact made{std::string(path), to_string(*content), bytes.size(), std::string(type), core.now()};
  auto done = core.storage->transact([&](auto& objects) -> result<int> {
    if (auto fine = check_owner(objects, keys, run); !fine) return std::move(fine).error();
    const std::string root = keys.artifacts(run);
    if (auto fine = check_place(objects, root, path); !fine) return std::move(fine).error();
    const auto before = store::load_document<artifact>(objects, root + made.path);
    if (!before && before.error().code() != errc::not_found) return before.error();
    if (before)
      if (auto gone = objects.remove(keys.user(before->content, run, path)); !gone) return std::move(gone).error();
    if (auto kept = objects.write(keys.user(made.content, run, path), {}); !kept) return std::move(kept).error();
    if (auto kept = store::keep_document(objects, root + made.path, made); !kept) return std::move(kept).error();
    return 0;
  });
  if (!done) return std::move(done).error();
  return made;
}

template <class Core>
result<artifact> keep_artifact(Core& core, std::string_view run, std::string_view path,
                               std::span<const std::byte> bytes, std::string_view type) {
  artifact_draft draft{std::string(run), std::string(path), bytes, std::string(type)};
  const auto work = [&](const artifact_draft& asked) {
    return keep_unwatched(core, asked.run_id, asked.path, asked.bytes, asked.type);
  };
  return core.watch(draft, work, [&](const artifact& file) { return artifact_stored{draft.run_id, file}; });
}

template <class Objects>
result<std::vector<artifact_entry>> list_artifacts(const Objects& objects, const layout& keys, std::string_view run,
                                                   std::string_view folder) {
  if (const auto of = experiment_of(objects, keys, run); !of) return of.error();
  if (!folder.empty())
    if (auto fine = store::check_storage_key(folder); !fine) return std::move(fine).error();
  const std::string root = keys.artifacts(run);
  const std::string prefix = folder.empty() ? root : root + std::string(folder) + '/';
  std::vector<artifact_entry> made;
  std::string after;
  for (;;) {
    const auto entries = objects.list(prefix, after, 100);
    if (!entries) return entries.error();
    if (entries->empty()) return made;
    for (const store::storage_entry& each : *entries) {
      after = each.key;
      const std::size_t slash = each.key.find('/', prefix.size());
      if (slash != std::string::npos) {
        artifact_entry& inner = made.emplace_back();
        inner.is_folder = true;
        inner.file.path = each.key.substr(root.size(), slash - root.size());
        after = each.key.substr(0, slash) + '0';  // behind all of the folder: 0 follows the slash
        break;
      }
      auto found = store::load_document<artifact>(objects, each.key);
      if (!found) return std::move(found).error();
      made.push_back({std::move(*found), false});
    }
  }
}

/// Removes a run and all that is kept of it.
template <class Objects>
result<run_info> remove_run(Objects& objects, const layout& keys, std::string_view id) {
  auto found = load_run(objects, keys, id);
  if (!found) return found;
  if (found->status == run_status::running)
    return error(errc::conflict, "run " + quoted_text(id) + " is running: end it first");
  std::vector<std::string> gone = index_keys(keys, *found);
  const auto metrics = load_summaries(objects, keys, id);
  if (!metrics) return metrics.error();
  for (const metric_summary& each : metrics->metrics) append_index_keys(gone, keys, *found, each);
  auto walked =
      store::for_each_object(objects, keys.artifacts(id), [&](const store::storage_entry& each) -> result<void> {
        const auto file = store::load_document<artifact>(objects, each.key);
        if (!file) return file.error();
        gone.push_back(keys.user(file->content, id, file->path));
        gone.push_back(each.key);
        return {};
      });
  if (!walked) return std::move(walked).error();
  gone.push_back(keys.run(found->experiment_id, id));
  gone.push_back(keys.lineage(id));
  for (const std::string& key : gone)
    if (auto done = objects.remove(key); !done) return std::move(done).error();
  if (auto done = remove_all(objects, keys.metrics(id)); !done) return std::move(done).error();
  return found;
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_ARTIFACT_CHANGES_HPP
