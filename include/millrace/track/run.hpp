#ifndef MILLRACE_TRACK_RUN_HPP
#define MILLRACE_TRACK_RUN_HPP

#include <millrace/core/result.hpp>
#include <millrace/track/detail/artifact_changes.hpp>
#include <millrace/track/detail/run_changes.hpp>
#include <millrace/track/detail/tracker_core.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

template <class Storage, class Contents>
class tracker;

/// A run that ends with its scope: as finished, or as failed if an exception leaves the scope. `end` ends it earlier,
/// as anything, and says whether all that was logged is durable. A run whose process ends without a word is marked as
/// killed when a tracker is opened next on its machine, or on another one once the tracker's lease has expired.
/// Made by `tracker::start_run` and `resume_run`.
/// Threads: `log_metric`, `flush`, `wait_durable` and what sets parameters and tags, any number at once; the rest by
/// one, when nobody is in another. The tracker outlives it.
template <class Storage, class Contents = Storage>
class run {
  using core = detail::tracker_core<Storage, Contents>;

 public:
  run(run&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)),
        sink_(std::exchange(other.sink_, nullptr)),
        info_(std::move(other.info_)),
        exceptions_(other.exceptions_) {}
  run& operator=(run&&) = delete;
  ~run() {
    if (core_ == nullptr) return;
    const bool failed = std::uncaught_exceptions() > exceptions_;
    try {
      static_cast<void>(end(failed ? run_status::failed : run_status::finished));
    } catch (...) {  // no memory: the run stays open, and is marked as killed later
    }
  }

  const std::string& id() const noexcept { return info_.id; }
  const std::string& experiment_id() const noexcept { return info_.experiment_id; }
  const std::string& name() const noexcept { return info_.name; }

  /// Logs a value, now. Returns its position for `wait_durable`, or 0 if it was refused: the key is no name, the run
  /// has ended, or the storage has refused so long that the queue is full; `status` says which. Guarantee: a value that
  /// was not refused is durable once `flush`, `wait_durable` or `end` says so. Complexity: a copy into a queue and a
  /// reading of the clock; no lock, and no wait unless the queue is full. Allocates: never, except for an error's text.
  std::uint64_t log_metric(std::string_view key, double value, std::int64_t step = 0) noexcept {
    return core_ != nullptr ? log_metric(key, metric_point{step, core_->now(), value}) : 0;
  }
  /// The same at a time of the caller's.
  std::uint64_t log_metric(std::string_view key, const metric_point& point) noexcept {
    if (core_ == nullptr) [[unlikely]]
      return 0;
    if (const char* const fault = detail::fault_of_name(key); fault != nullptr) [[unlikely]]
      return refuse(key, fault);
    return core_->log.append(*sink_, key, point);
  }
  /// Waits until the value at a position, and all before it, are durable. Errors: timeout; that of the storage; that
  /// for which the value was refused, if it was.
  result<void> wait_durable(std::uint64_t position, std::uint64_t nanoseconds = ~std::uint64_t{0} / 4) const {
    if (core_ == nullptr) return ended();
    if (position == 0) {
      auto why = status();
      return why ? error(errc::invalid_argument, "position 0 is that of a value that was refused") : why;
    }
    return core_->log.wait_durable(position, nanoseconds);
  }
  /// Waits until all that was logged so far is durable. Errors: the first that made this run lose a value, if one did.
  result<void> flush() const {
    if (core_ == nullptr) return ended();
    if (auto done = core_->flush(); !done) return done;
    return status();
  }
  /// Why a value of this run was refused, the first reason; else why the storage takes none at the moment.
  result<void> status() const {
    if (core_ == nullptr) return ended();
    {
      const millrace::detail::lock_guard held(sink_->mutex);
      if (!sink_->status) return sink_->status;
    }
    return core_->log.status();
  }
  /// How many values were refused.
  std::uint64_t refused() const noexcept { return sink_ != nullptr ? sink_->refused.load_relaxed() : 0; }

  /// A parameter is written once; the same value again is no error.
  result<void> log_parameter(std::string_view key, std::string_view value) {
    return log_parameters({{std::string(key), std::string(value)}});
  }
  result<void> log_parameter(std::string_view key, double value) {
    return log_parameter(key, millrace::detail::number_text(value));
  }
  result<void> log_parameters(const std::vector<key_value>& parameters) { return set(parameters, {}); }
  result<void> set_tag(std::string_view key, std::string_view value) {
    return set_tags({{std::string(key), std::string(value)}});
  }
  result<void> set_tags(const std::vector<key_value>& tags) { return set({}, tags); }

  /// Keeps bytes as a file of this run. Errors: also those of `tracker::log_artifact`.
  result<artifact> log_artifact(std::string_view path, std::span<const std::byte> bytes, std::string_view type = {}) {
    if (core_ == nullptr) return ended();
    return detail::keep_artifact(*core_, info_.id, path, bytes, type);
  }

  /// Keeps a model, or whatever has `save`, as a file of this run.
  template <class Model>
  result<artifact> log_model(std::string_view path, const Model& model, std::string_view type = "model") {
    const auto bytes = model.save();
    return log_artifact(path, bytes, type);
  }

  /// A run within this one.
  result<run> start_child(run_options options = {}) {
    if (core_ == nullptr) return ended();
    options.parent = info_.id;
    auto made = core_->start(info_.experiment_id, options, core_->here);
    if (!made) return std::move(made).error();
    return run(*core_, std::move(*made));
  }

  /// Makes what was logged durable and ends the run. After an error the run is open, and may be ended again.
  /// Errors: also the first that made this run lose a value; then the run has ended all the same. conflict: another
  /// process runs it by now, since this one's lease had expired: it goes on, and this scope has ended.
  result<void> end(run_status status = run_status::finished) {
    if (core_ == nullptr) return ended();
    if (auto done = core_->flush(); !done) return done;
    bool taken_over = false;
    auto done = core_->end(info_.id, status, core_->now(), &taken_over);
    if (!done && !taken_over) return std::move(done).error();
    result<void> lost = taken_over ? result<void>(std::move(done).error()) : std::move(sink_->status);
    core& of = *std::exchange(core_, nullptr);
    of.log.remove(std::exchange(sink_, nullptr));
    of.stored(0, of.log.cached());
    return lost;
  }

 private:
  friend class tracker<Storage, Contents>;
  run(core& of, run_info info)
      : core_(&of), sink_(of.log.add(info.id)), info_(std::move(info)), exceptions_(std::uncaught_exceptions()) {}

  error ended() const { return error(errc::closed, "run " + detail::quoted_text(info_.id) + " has ended"); }
  [[gnu::cold, gnu::noinline]] std::uint64_t refuse(std::string_view key, const char* fault) noexcept {
    try {
      sink_->refuse(detail::bad_name("metric", key, fault), 1);
    } catch (...) {  // no memory for the reason
    }
    return 0;
  }
  result<void> set(const std::vector<key_value>& parameters, const std::vector<key_value>& tags) {
    if (core_ == nullptr) return ended();
    auto done = core_->storage->transact([&](auto& objects) -> result<run_info> {
      return detail::change_run(objects, core_->log.keys(), info_.id, [&](run_info& it) -> result<void> {
        if (auto fine = detail::check_owner(it, core_->here); !fine) return fine;
        return detail::set_texts(it, parameters, tags);
      });
    });
    if (!done) return std::move(done).error();
    return {};
  }

  core* core_;
  detail::run_sink* sink_;
  run_info info_;
  int exceptions_;
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_RUN_HPP
