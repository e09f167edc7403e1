#ifndef MILLRACE_MLOPS_STORED_BACKEND_HPP
#define MILLRACE_MLOPS_STORED_BACKEND_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/mlops/fwd.hpp>
#include <millrace/mlops/settings.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/registry/folder_paths.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/registry/observed.hpp>
#include <millrace/store/documents/path_rule.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/track/folder_paths.hpp>
#include <millrace/track/observed.hpp>
#include <millrace/track/tracker.hpp>

#include <sys/stat.h>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace mlops {

/// What stands around a context's tracker and registry. What is null is left out; what is not outlives the context.
struct context_options {
  /// Where `experiments_created`, `active_runs`, `models_registered`, `artifacts_stored` and so on are counted.
  observe::metrics_registry* metrics = nullptr;
  std::string metrics_prefix = {};
  track::tracker_hooks* run_hooks = nullptr;
  track::tracker_events* run_events = nullptr;
  registry::registry_hooks* model_hooks = nullptr;
  registry::registry_events* model_events = nullptr;
  track::tracker_options tracking = {};
  registry::model_registry_options models = {};
};

/// A tracker and a registry over one storage, which they own.
///
/// Guarantee: they stay where they are when this is moved. Threads: as the tracker and the registry.
template <class Storage>
class stored_backend {
 public:
  using tracker_type = track::tracker<Storage>;
  using registry_type = registry::model_registry<Storage, registry::watched>;

  /// `make()` returns the storage. Errors: those of the metrics registry, the tracker and the registry.
  template <class Make>
  requires(std::same_as<std::invoke_result_t<Make&>, Storage>)
  static result<stored_backend> open(Make&& make, const context_options& options) {
    stored_backend made(millrace::detail::make_owning<state>(make));
    if (auto done = made.state_->open(options); !done) return std::move(done).error();
    return made;
  }

  Storage& storage() noexcept { return state_->storage; }
  tracker_type& tracker() noexcept { return *state_->tracks; }
  registry_type& registry() noexcept { return *state_->models; }

 private:
  struct state {
    Storage storage;
    millrace::detail::owning_pointer<track::tracker_metrics> run_metrics = {};
    millrace::detail::owning_pointer<registry::registry_metrics> model_metrics = {};
    track::watched watch = {};
    millrace::detail::owning_pointer<tracker_type> tracks = {};
    millrace::detail::owning_pointer<registry_type> models = {};

    template <class Make>
    explicit state(Make& make) : storage(make()) {}  // where it stays: some cannot be moved
    result<void> open(const context_options& options);
  };

  explicit stored_backend(millrace::detail::owning_pointer<state> made) noexcept : state_(std::move(made)) {}

  millrace::detail::owning_pointer<state> state_;
};

template <class Storage>
result<void> stored_backend<Storage>::state::open(const context_options& options) {
  using millrace::detail::make_owning;
  if (options.metrics != nullptr) {
    auto runs = track::tracker_metrics::make(*options.metrics, options.metrics_prefix);
    if (!runs) return std::move(runs).error();
    auto versions = registry::registry_metrics::make(*options.metrics, options.metrics_prefix);
    if (!versions) return std::move(versions).error();
    run_metrics = make_owning<track::tracker_metrics>(*std::move(runs));
    model_metrics = make_owning<registry::registry_metrics>(*std::move(versions));
  }
  watch = {options.run_hooks, options.run_events, run_metrics.get()};
  track::tracker_options tracking = options.tracking;
  if (!tracking.watcher) tracking.watcher = watch;
  auto opened = tracker_type::open(storage, std::move(tracking));
  if (!opened) return std::move(opened).error();
  tracks = make_owning<tracker_type>(*std::move(opened));
  auto kept = registry_type::open(storage, options.models,
                                  registry::watched{options.model_hooks, options.model_events, model_metrics.get()});
  if (!kept) return std::move(kept).error();
  models = make_owning<registry_type>(*std::move(kept));
  return {};
}

/// A backend in one file, for `open_context`: `in_file<store::sqlite_storage<>>`. It is named `local` or `sqlite`.
template <class Storage>
class in_file : public stored_backend<Storage> {
 public:
  static constexpr std::string_view name = "sqlite";
  static constexpr std::string_view other_name = "local";
  static constexpr std::string_view file_name = "millrace.db";

  /// The file that these settings name: a folder that is there has it under `file_name`.
  static std::string path_of(const context_settings& settings) {
    if (settings.path.empty()) return std::string(file_name);
    struct stat found{};
    const bool is_folder =
        settings.path.ends_with('/') || (::stat(settings.path.c_str(), &found) == 0 && S_ISDIR(found.st_mode));
    if (!is_folder) return settings.path;
    return settings.path + (settings.path.ends_with('/') ? "" : "/") + std::string(file_name);
  }
  static result<in_file> open(context_settings& settings, const context_options& options) {
    auto storage = Storage::open(path_of(settings));
    if (!storage) return std::move(storage).error();
    auto made = stored_backend<Storage>::open([&] { return *std::move(storage); }, options);
    if (!made) return std::move(made).error();
    return in_file(*std::move(made));
  }

 private:
  explicit in_file(stored_backend<Storage>&& made) noexcept : stored_backend<Storage>(std::move(made)) {}
};

/// A backend in a folder that people can read, for `open_context`: `in_folders<store::document_folder<>>` of
/// store/documents.hpp. It is named `folders`; its path is the folder, which it makes if need be. Documents have their
/// files where `track::folder_paths` and `registry::folder_paths` say.
template <class Storage>
class in_folders : public stored_backend<Storage> {
 public:
  static constexpr std::string_view name = "folders";
  static constexpr std::string_view folder_name = "millrace_store";

  static result<in_folders> open(context_settings& settings, const context_options& options) {
    typename Storage::options_type where;
    for (const store::path_rule& each : track::folder_paths) where.paths.push_back(each);
    for (const store::path_rule& each : registry::folder_paths) where.paths.push_back(each);
    auto storage = Storage::open(settings.path.empty() ? std::string(folder_name) : settings.path, where);
    if (!storage) return std::move(storage).error();
    auto made = stored_backend<Storage>::open([&] { return *std::move(storage); }, options);
    if (!made) return std::move(made).error();
    return in_folders(*std::move(made));
  }

 private:
  explicit in_folders(stored_backend<Storage>&& made) noexcept : stored_backend<Storage>(std::move(made)) {}
};

/// A backend that is gone with the process, for tests and trials. It is named `memory`.
class in_memory : public stored_backend<store::memory_storage> {
 public:
  static constexpr std::string_view name = "memory";

  static result<in_memory> open(context_settings&, const context_options& options) {
    auto made = stored_backend::open([] { return store::memory_storage(); }, options);
    if (!made) return std::move(made).error();
    return in_memory(*std::move(made));
  }

 private:
  explicit in_memory(stored_backend&& made) noexcept : stored_backend(std::move(made)) {}
};

}  // namespace mlops
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MLOPS_STORED_BACKEND_HPP
