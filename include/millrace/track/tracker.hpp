#ifndef MILLRACE_TRACK_TRACKER_HPP
#define MILLRACE_TRACK_TRACKER_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/transaction.hpp>
#include <millrace/track/detail/artifact_changes.hpp>
#include <millrace/track/detail/experiment_changes.hpp>
#include <millrace/track/detail/run_changes.hpp>
#include <millrace/track/detail/tracker_core.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/run.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

namespace detail {

/// For what is about a tracker and stands in headers of its own.
struct tracker_access {
  template <class Tracker>
  static auto& core(const Tracker& of) noexcept {
    return *of.core_;
  }
  template <class Tracker>
  static const layout& keys(const Tracker& of) noexcept {
    return of.keys();
  }
  /// Calls `use(const snapshot&)` of the tracker's storage.
  template <class T, class Tracker, class Use>
  static result<T> look(const Tracker& of, Use&& use) {
    return of.template look<T>(std::forward<Use>(use));
  }
};

}  // namespace detail

/// Experiments and their runs, in any storage with transactions.
///
///     mr::store::memory_storage storage;
///     auto tracker = mr::track::tracker<mr::store::memory_storage>::open(storage);
///     auto experiment = tracker->create_experiment("tuning");
///     auto run = tracker->start_run(experiment->id, {.name = "trial 1", .parameters = {{"lr", "0.1"}}});
///     for (int step = 0; step < 100; ++step) run->log_metric("loss", loss(step), step);
///     // the run ends with its scope: finished, or failed if an exception leaves it
///
/// Guarantee: what a call that returns no error has changed is as durable as a transaction of the storage; points of
/// `run::log_metric` are once `flush`, `wait_durable` or `end` says so. All programs that have the storage open see
/// each other's changes, whole.
/// Allocates: every call; `run::log_metric` never.
/// Threads: all members, any number at once. The storage outlives the tracker, and the tracker its runs.
/// Errors: the storage's; not_found, conflict (it is deleted, or is not), already_exists (a name, or a parameter of
/// another value), invalid_argument (names, values and their lengths), unsupported and corrupt (documents).
/// Source: MLflow's tracking, whose rules these are where it has some.
template <class Storage, class Contents = Storage>
class tracker {
  static_assert(millrace::detail::requirement<store::transactional_storage<Storage>, Storage>,
                "millrace[TRACK-1]: a tracker needs a storage with transactions (store/transaction.hpp): "
                "memory_storage and sqlite_storage are some");
  using core = detail::tracker_core<Storage, Contents>;

 public:
  using run_type = run<Storage, Contents>;

  /// Starts the thread that makes points durable, and marks runs as killed whose process is gone.
  static result<tracker> open(Storage& storage, tracker_options options = {})
  requires std::same_as<Storage, Contents>
  {
    return open(storage, storage, std::move(options));
  }
  /// The same with the bytes of artifacts in a storage of their own, such as a folder or a bucket.
  static result<tracker> open(Storage& storage, Contents& contents, tracker_options options = {}) {
    if (auto fine = store::check_storage_key(options.folder); !fine) return std::move(fine).error();
    tracker made(millrace::detail::make_owning<core>(storage, contents, std::move(options)));
    if (const int failed = made.core_->log.start(); failed != 0)
      return store::system_error(failed, "start the thread for", made.core_->log.path());
    if (made.core_->options.mark_killed)
      if (auto done = made.mark_killed(); !done) return std::move(done).error();
    return made;
  }
  template <class... Rest>
  static result<tracker> open(Storage&&, Rest&&...) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
    return error(errc::invalid_argument, "a temporary");
  }
  tracker(tracker&&) noexcept = default;
  tracker& operator=(tracker&& other) noexcept {
    if (core_) static_cast<void>(close());
    core_ = std::move(other.core_);
    return *this;
  }
  /// Makes durable what was logged; `close` says whether that went well.
  ~tracker() {
    if (core_) static_cast<void>(close());
  }
  result<void> close() {
    auto done = core_->log.close();
    core_->give_up_lease();
    return done;
  }

  // ---- experiments

  /// Names are unique, those of deleted experiments among them.
  result<experiment> create_experiment(std::string_view name, const experiment_options& options = {}) {
    return create_experiment(name, options, {});
  }
  /// The experiment of runs that name none: `Default`, made when somebody asks for it first. Its id is `0`, unless
  /// there was one of that name before.
  result<experiment> default_experiment() {
    auto found = find_experiment(default_experiment_name);
    if (found || found.error().code() != errc::not_found) return found;
    found = get_experiment(default_experiment_id);  // it may have another name by now
    if (found || found.error().code() != errc::not_found) return found;
    auto made = create_experiment(default_experiment_name, {}, default_experiment_id);
    if (made || made.error().code() != errc::already_exists) return made;
    return find_experiment(default_experiment_name);  // another thread or process was first
  }
  result<experiment> get_experiment(std::string_view id) const {
    return look<experiment>([&](const auto& objects) { return detail::load_experiment(objects, keys(), id); });
  }
  result<experiment> find_experiment(std::string_view name) const {
    return look<experiment>([&](const auto& objects) -> result<experiment> {
      const auto id = detail::id_of_name(objects, keys(), name);
      if (!id) return id.error();
      if (id->empty()) return error(errc::not_found, "there is no experiment of the name " + detail::quoted_text(name));
      return detail::load_experiment(objects, keys(), *id);
    });
  }
  result<experiment> rename_experiment(std::string_view id, std::string_view name) {
    return change<experiment>(
        [&](auto& objects) { return detail::rename_experiment(objects, keys(), id, name, now()); });
  }
  /// Its runs count as deleted while it is, and are what they were once it is restored.
  result<experiment> delete_experiment(std::string_view id) {
    return change<experiment>(
        [&](auto& objects) { return detail::set_experiment_stage(objects, keys(), id, lifecycle::deleted, now()); });
  }
  result<experiment> restore_experiment(std::string_view id) {
    return change<experiment>(
        [&](auto& objects) { return detail::set_experiment_stage(objects, keys(), id, lifecycle::active, now()); });
  }
  result<experiment> set_experiment_tag(std::string_view id, const key_value& tag) {
    if (auto fine = detail::check_pair("tag", tag, max_tag_value); !fine) return std::move(fine).error();
    return change<experiment>([&](auto& objects) {
      return detail::change_experiment(objects, keys(), id, now(), [&](experiment& it) -> result<void> {
        if (it.stage == lifecycle::deleted) return detail::is_deleted("experiment", id);
        detail::set_value(it.tags, tag.key, tag.value);
        return {};
      });
    });
  }
  result<experiment> delete_experiment_tag(std::string_view id, std::string_view key) {
    return change<experiment>([&](auto& objects) {
      return detail::change_experiment(objects, keys(), id, now(), [&](experiment& it) -> result<void> {
        if (it.stage == lifecycle::deleted) return detail::is_deleted("experiment", id);
        if (detail::remove_value(it.tags, key)) return {};
        return error(errc::not_found,
                     "experiment " + detail::quoted_text(id) + " has no tag " + detail::quoted_text(key));
      });
    });
  }

  // ---- runs

  /// A run that ends with the scope of the object returned.
  result<run_type> start_run(std::string_view experiment_id, const run_options& options = {}) {
    auto made = create_run(experiment_id, options, core_->here);
    if (!made) return std::move(made).error();
    return run_type(*core_, std::move(*made));
  }
  /// A run that nobody's scope ends: `end_run` does.
  result<run_info> create_run(std::string_view experiment_id, const run_options& options = {}) {
    return create_run(experiment_id, options, run_process());
  }
  /// Goes on with a run, which is running again; what is logged is added to what it has. Errors: also conflict: another
  /// process runs it, one of this machine or one with a lease. Others may log to it by `log_batch`.
  result<run_type> resume_run(std::string_view id) {
    auto found = core_->resume(id);
    if (!found) return std::move(found).error();
    return run_type(*core_, std::move(*found));
  }
  result<run_record> get_run(std::string_view id) const {
    return look<run_record>([&](const auto& objects) -> result<run_record> {
      auto info = detail::load_run(objects, keys(), id);
      if (!info) return std::move(info).error();
      auto metrics = detail::load_summaries(objects, keys(), id);
      if (!metrics) return std::move(metrics).error();
      return run_record{std::move(*info), std::move(metrics->metrics)};
    });
  }
  /// The ids of the runs within a run.
  result<std::vector<std::string>> children(std::string_view id) const;
  /// `end`: in milliseconds since 1970; 0: now.
  result<run_info> end_run(std::string_view id, run_status status = run_status::finished, std::int64_t end = 0) {
    return core_->end(id, status, end != 0 ? end : now());
  }
  result<run_info> rename_run(std::string_view id, std::string_view name) {
    return set_tags(id, {{std::string(run_name_tag), std::string(name)}});
  }
  result<run_info> delete_run(std::string_view id) {
    return change<run_info>(
        [&](auto& objects) { return detail::set_run_stage(objects, keys(), id, lifecycle::deleted, now()); });
  }
  result<run_info> restore_run(std::string_view id) {
    return change<run_info>(
        [&](auto& objects) { return detail::set_run_stage(objects, keys(), id, lifecycle::active, now()); });
  }
  result<run_info> set_tags(std::string_view id, const std::vector<key_value>& tags) {
    return change<run_info>([&](auto& objects) {
      return detail::change_run(objects, keys(), id, [&](run_info& it) { return detail::set_texts(it, {}, tags); });
    });
  }
  result<run_info> delete_tag(std::string_view id, std::string_view key);
  /// A parameter is written once.
  result<run_info> log_parameters(std::string_view id, const std::vector<key_value>& parameters) {
    return change<run_info>([&](auto& objects) {
      return detail::change_run(objects, keys(), id,
                                [&](run_info& it) { return detail::set_texts(it, parameters, {}); });
    });
  }
  /// Logs all of it or nothing, and returns once it is durable.
  result<void> log_batch(std::string_view id, const run_batch& batch);
  /// The points of a metric, in the order in which they came, from the `first`-th on, at most `limit`. A run without
  /// that metric has none.
  result<std::vector<metric_point>> history(std::string_view id, std::string_view key, std::uint64_t first = 0,
                                            std::size_t limit = ~std::size_t{0}) const;

  // ---- artifacts

  /// Keeps bytes as a file of a run; the same bytes are kept once, whoever logs them. A file at that path is replaced.
  /// Errors: also invalid_argument: the path is none of a storage (store/storage.hpp); conflict: a part of it is a
  /// file.
  result<artifact> log_artifact(std::string_view id, std::string_view path, std::span<const std::byte> bytes,
                                std::string_view type = {}) {
    return detail::keep_artifact(*core_, id, path, bytes, type);
  }
  result<artifact> log_artifact_file(std::string_view id, std::string_view path, std::string file,
                                     std::string_view type = {}) {
    const auto content = store::file_bytes::open(std::move(file), store::file_access::map);
    if (!content) return content.error();
    return detail::keep_artifact(*core_, id, path, content->bytes(), type);
  }
  /// What is in a folder of a run's artifacts, the empty one being all of it: files and folders, in the order of their
  /// paths. A folder that is not there has nothing.
  result<std::vector<artifact_entry>> list_artifacts(std::string_view id, std::string_view folder = {}) const {
    return look<std::vector<artifact_entry>>(
        [&](const auto& objects) { return detail::list_artifacts(objects, keys(), id, folder); });
  }
  result<artifact> get_artifact(std::string_view id, std::string_view path) const {
    return look<artifact>([&](const auto& objects) { return detail::load_artifact(objects, keys(), id, path); });
  }
  /// The bytes that were logged. Errors: also checksum_mismatch: the storage has others.
  result<std::vector<std::byte>> read_artifact(std::string_view id, std::string_view path) const {
    const auto found = get_artifact(id, path);
    if (!found) return found.error();
    const auto content = store::parse_content_id(found->content);
    if (!content) return content.error();
    return core_->contents.get(*content);
  }
  result<artifact> delete_artifact(std::string_view id, std::string_view path) {
    return change<artifact>([&](auto& objects) { return detail::remove_artifact(objects, keys(), id, path); });
  }
  /// Removes contents that no artifact has any more and that nobody logged in the last `unused_for` nanoseconds;
  /// returns how many.
  result<std::uint64_t> remove_unused_contents(std::uint64_t unused_for = 3'600'000'000'000U) {
    return core_->contents.remove_unused(
        [&](const store::content_id& id) -> result<bool> {
          const auto users = std::as_const(*core_->storage).list(keys().users(to_string(id)), "", 1);
          if (!users) return users.error();
          return !users->empty();
        },
        unused_for);
  }

  // ---- removal, for good

  /// Removes a run with all that it has. Errors: also conflict: it is running.
  result<run_info> remove_run(std::string_view id) {
    return change<run_info>([&](auto& objects) { return detail::remove_run(objects, keys(), id); });
  }
  /// Removes the runs of an experiment that ended before a moment, in milliseconds since 1970, or only those of them
  /// that are deleted. Runs within runs go as any other. Returns how many.
  /// Guarantee: each run goes whole. Complexity: all runs of the experiment are looked at; a transaction removes 64.
  result<std::uint64_t> remove_runs(std::string_view experiment_id, std::int64_t ended_before, bool deleted_only);
  /// Removes a deleted experiment with its runs; its name is free then, and its id never comes back.
  /// Errors: also conflict: it is not deleted, or a run of it goes on.
  result<void> remove_experiment(std::string_view id);
  /// Removes runs by their age, deleted experiments that have none any more, and then the contents of artifacts that
  /// nobody has any more.
  result<removed_counts> remove_older(const retention& which = {});

  // ---- all of it

  /// Marks runs as killed that run in a process which is gone, or in one of another machine whose lease has expired;
  /// returns how many. `open` has done it once, and the tracker's thread does it as often as a lease lasts.
  result<std::uint64_t> mark_killed() { return core_->end_gone(); }
  /// Waits until all that was logged so far, by whomever, is durable.
  result<void> flush() { return core_->flush(); }
  /// Why points are not kept at the moment.
  result<void> status() const { return core_->log.status(); }

 private:
  friend detail::tracker_access;
  explicit tracker(millrace::detail::owning_pointer<core> made) noexcept : core_(std::move(made)) {}

  const detail::layout& keys() const noexcept { return core_->log.keys(); }
  std::int64_t now() const noexcept { return core_->now(); }
  result<experiment> create_experiment(std::string_view name, const experiment_options& options, std::string_view id) {
    experiment_draft draft{std::string(name), options.description, options.artifact_location, options.tags};
    const auto work = [&](const experiment_draft& asked) {
      const experiment_options asks{asked.description, asked.artifact_location, asked.tags};
      return change<experiment>([&](auto& objects) {
        return detail::create_experiment(objects, keys(), asked.name, asks, core_->options.artifact_location, now(),
                                         id);
      });
    };
    auto made = core_->watch(draft, work, [](const experiment& it) { return experiment_created{it}; });
    return made;
  }
  template <class T, class Use>
  result<T> change(Use&& use) {
    return core_->storage->transact([&](auto& objects) -> result<T> { return use(objects); });
  }
  template <class T, class Use>
  result<T> look(Use&& use) const {
    return std::as_const(*core_->storage).look([&](const auto& objects) -> result<T> { return use(objects); });
  }
  result<run_info> create_run(std::string_view experiment_id, const run_options& options, const run_process& process) {
    return core_->start(experiment_id, options, process);
  }

  millrace::detail::owning_pointer<core> core_;
};

template <class Storage, class Contents>
result<std::vector<std::string>> tracker<Storage, Contents>::children(std::string_view id) const {
  return look<std::vector<std::string>>([&](const auto& objects) -> result<std::vector<std::string>> {
    if (auto fine = detail::experiment_of(objects, keys(), id); !fine) return std::move(fine).error();
    std::vector<std::string> made;
    auto walked = store::for_each_object(objects, keys().children(id), [&](const store::storage_entry& each) {
      made.push_back(detail::last_part(each.key));
    });
    if (!walked) return std::move(walked).error();
    return made;
  });
}

template <class Storage, class Contents>
result<run_info> tracker<Storage, Contents>::delete_tag(std::string_view id, std::string_view key) {
  return change<run_info>([&](auto& objects) {
    return detail::change_run(objects, keys(), id, [&](run_info& it) -> result<void> {
      if (!detail::remove_value(it.tags, key))
        return error(errc::not_found, "run " + detail::quoted_text(id) + " has no tag " + detail::quoted_text(key));
      if (key == parent_run_tag) it.parent.clear();
      if (key == user_tag) it.user.clear();
      return {};
    });
  });
}

template <class Storage, class Contents>
result<void> tracker<Storage, Contents>::log_batch(std::string_view id, const run_batch& batch) {
  detail::run_metrics metrics{std::string(id)};
  for (const named_point& each : batch.metrics) {
    if (const char* fault = detail::fault_of_name(each.key); fault != nullptr)
      return detail::bad_name("metric", each.key, fault);
    metrics.update(each.key, each.point);
  }
  auto done = change<int>([&](auto& objects) -> result<int> {
    if (metrics.has_incoming()) {
      auto fine = metrics.prepare(objects, keys(), core_->log.windows(), nullptr);
      if (fine) fine = metrics.append(objects, keys(), core_->log.windows());
      if (!fine) return std::move(fine).error();
    }
    if (!metrics.has_incoming() || !batch.parameters.empty() || !batch.tags.empty()) {
      auto changed = detail::change_run(
          objects, keys(), id, [&](run_info& it) { return detail::set_texts(it, batch.parameters, batch.tags); });
      if (!changed) return std::move(changed).error();
    }
    return 0;
  });
  if (!done) return std::move(done).error();
  return {};
}

template <class Storage, class Contents>
result<std::vector<metric_point>> tracker<Storage, Contents>::history(std::string_view id, std::string_view key,
                                                                      std::uint64_t first, std::size_t limit) const {
  return look<std::vector<metric_point>>([&](const auto& objects) -> result<std::vector<metric_point>> {
    if (auto fine = detail::experiment_of(objects, keys(), id); !fine) return std::move(fine).error();
    return detail::read_history(objects, keys().points(id, key), first, limit);
  });
}

template <class Storage, class Contents>
result<std::uint64_t> tracker<Storage, Contents>::remove_runs(std::string_view experiment_id, std::int64_t ended_before,
                                                              bool deleted_only) {
  if (const auto of = get_experiment(experiment_id); !of) return of.error();
  constexpr std::size_t most = 64;  // runs of a transaction
  std::uint64_t removed = 0;
  std::vector<std::string> ids;
  const auto remove = [&]() -> result<void> {
    const auto gone = change<std::uint64_t>([&](auto& objects) -> result<std::uint64_t> {
      std::uint64_t count = 0;
      for (const std::string& id : ids) {
        const auto found = detail::load_run(objects, keys(), experiment_id, id);
        if (!found && found.error().code() == errc::not_found) continue;  // another has removed it meanwhile
        if (!found) return found.error();
        if (found->end == 0 || found->end >= ended_before) continue;
        if (deleted_only && found->stage != lifecycle::deleted) continue;
        if (auto done = detail::remove_run(objects, keys(), id); !done) return std::move(done).error();
        ++count;
      }
      return count;
    });
    if (!gone) return gone.error();
    removed += *gone;
    ids.clear();
    return {};
  };
  auto walked = store::for_each_object(std::as_const(*core_->storage), keys().runs(experiment_id),
                                       [&](const store::storage_entry& each) -> result<void> {
                                         std::string id = detail::last_part(each.key);
                                         id.resize(id.size() - std::string_view(".json").size());
                                         ids.push_back(std::move(id));
                                         return ids.size() < most ? result<void>() : remove();
                                       });
  if (walked && !ids.empty()) walked = remove();
  if (!walked) return std::move(walked).error();
  return removed;
}

template <class Storage, class Contents>
result<void> tracker<Storage, Contents>::remove_experiment(std::string_view id) {
  const auto of = get_experiment(id);
  if (!of) return of.error();
  if (of->stage == lifecycle::deleted)
    if (const auto gone = remove_runs(id, static_cast<std::int64_t>(~std::uint64_t{0} >> 1), false); !gone)
      return gone.error();
  const auto done = change<bool>([&](auto& objects) { return detail::remove_experiment(objects, keys(), id); });
  if (!done) return done.error();
  if (!*done) return error(errc::conflict, "experiment " + detail::quoted_text(id) + " has a run that goes on");
  return {};
}

template <class Storage, class Contents>
result<removed_counts> tracker<Storage, Contents>::remove_older(const retention& which) {
  std::vector<std::string> ids;
  if (!which.experiment_id.empty()) {
    ids.push_back(which.experiment_id);
  } else {
    auto walked = store::for_each_object(std::as_const(*core_->storage), keys().experiments(),
                                         [&](const store::storage_entry& each) {
                                           std::string id = detail::last_part(each.key);
                                           id.resize(id.size() - std::string_view(".json").size());
                                           ids.push_back(std::move(id));
                                         });
    if (!walked) return std::move(walked).error();
  }
  removed_counts made;
  const std::int64_t before = now() - std::int64_t{which.days} * 86'400'000;
  for (const std::string& each : ids) {
    const auto gone = remove_runs(each, before, which.deleted_only);
    if (!gone) return gone.error();
    made.runs += *gone;
    const auto removed = change<bool>([&](auto& objects) -> result<bool> {
      const auto of = detail::load_experiment(objects, keys(), each);
      if (!of) return of.error();
      if (of->stage != lifecycle::deleted || of->updated >= before) return false;
      return detail::remove_experiment(objects, keys(), each);
    });
    if (!removed) return removed.error();
    made.experiments += *removed;
  }
  const auto contents = remove_unused_contents(which.unused_for);
  if (!contents) return contents.error();
  made.contents = *contents;
  return made;
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_TRACKER_HPP
