#ifndef MILLRACE_TRACK_WATCHER_HPP
#define MILLRACE_TRACK_WATCHER_HPP

#include <millrace/core/result.hpp>
#include <millrace/track/records.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

// What a tracker is asked to do. Hooks are named by these types: those before an operation may change or veto it.

/// An experiment to be created.
struct experiment_draft {
  using outcome = experiment;
  std::string name;
  std::string description = {};
  std::string artifact_location = {};
  std::vector<key_value> tags = {};
};
/// A run to be started.
struct run_draft {
  using outcome = run_info;
  std::string experiment_id;
  std::string name = {};
  std::string parent = {};
  std::vector<key_value> tags = {};
  std::vector<key_value> parameters = {};
};
/// A run to be ended.
struct run_end {
  using outcome = run_info;
  std::string id;
  run_status status = run_status::finished;
};
/// A file to be kept.
struct artifact_draft {
  using outcome = artifact;
  std::string run_id;
  std::string path;
  std::span<const std::byte> bytes;
  std::string type = {};
};

// What has happened, once it is kept.

/// An experiment is there.
struct experiment_created {
  experiment made;
};
/// A run has begun.
struct run_started {
  run_info run;
};
/// A run that had ended, or was taken for dead, goes on.
struct run_resumed {
  run_info run;
};
/// A run has ended.
struct run_ended {
  run_info run;
};
/// A run has another file.
struct artifact_stored {
  std::string run_id;
  artifact file;
};
/// The tracker's thread has made points durable, or let some go from memory.
struct points_stored {
  std::uint64_t points = 0;  // that were taken
  std::uint64_t cached = 0;  // points that the tracker has in memory now, to know those that come again
};

namespace detail {

/// Asked for its type only; it has a body for programs that keep what no one calls.
template <class Operation>
struct any_work {
  result<typename Operation::outcome> operator()(const Operation&) const { return error(errc::unsupported, ""); }
};
template <class W, class Operation>
concept watches_operation = requires(W& watcher, Operation& operation, any_work<Operation> work) {
  { watcher.around(operation, work) } -> std::same_as<result<typename Operation::outcome>>;
};
template <class W, class Event>
concept watches_event = requires(W& watcher, const Event& event) { watcher.emit(event); };

}  // namespace detail

/// Whom a tracker tells what it is asked and what it has done: `around(operation, work)` returns what
/// `work(const operation&)` does, or an error in its place; `emit(event)` is told what has happened. `watched`
/// (track/observed.hpp) is one, of hooks, events and metrics. It may be told of `run_resumed` and `points_stored` too.
/// Threads: any number at once, the tracker's own among them, which makes points durable: what is told there
/// throws nothing and waits for nothing of the tracker.
template <class W>
concept tracker_watcher = detail::watches_operation<W, experiment_draft> && detail::watches_operation<W, run_draft> &&
                          detail::watches_operation<W, run_end> && detail::watches_operation<W, artifact_draft> &&
                          detail::watches_event<W, experiment_created> && detail::watches_event<W, run_started> &&
                          detail::watches_event<W, run_ended> && detail::watches_event<W, artifact_stored>;

/// A watcher of whatever type, or none. The watcher outlives the tracker.
class watcher_ref {
  template <class Operation>
  using outcome = result<typename Operation::outcome>;
  template <class Operation>
  using around_call = outcome<Operation> (*)(void*, Operation&, outcome<Operation> (*)(void*, const Operation&), void*);
  template <class Event>
  using emit_call = void (*)(void*, const Event&);

 public:
  constexpr watcher_ref() noexcept = default;
  template <class W>
  requires(tracker_watcher<W> && !std::same_as<std::remove_cv_t<W>, watcher_ref>)
  watcher_ref(W& watcher) noexcept  // NOLINT(*-explicit-*): a watcher is given as what it is
      : of_(const_cast<void*>(static_cast<const void*>(&watcher))), calls_(&calls_of<W>) {}

  explicit operator bool() const noexcept { return calls_ != nullptr; }

  template <class Operation, class Work>
  outcome<Operation> around(Operation& operation, const Work& work) const {
    if (calls_ == nullptr) return work(static_cast<const Operation&>(operation));
    const around_call<Operation> call = pick<Operation>(*calls_);
    return call(
        of_, operation,
        [](void* state, const Operation& asked) -> outcome<Operation> {
          return (*static_cast<const Work*>(state))(asked);
        },
        const_cast<void*>(static_cast<const void*>(&work)));
  }
  template <class Event>
  void emit(const Event& event) const {
    if (calls_ == nullptr) return;
    if (const emit_call<Event> call = pick_event<Event>(*calls_); call != nullptr) call(of_, event);
  }

 private:
  struct calls {
    around_call<experiment_draft> create;
    around_call<run_draft> start;
    around_call<run_end> end;
    around_call<artifact_draft> keep;
    emit_call<experiment_created> created;
    emit_call<run_started> started;
    emit_call<run_ended> ended;
    emit_call<artifact_stored> stored;
    emit_call<run_resumed> resumed;         // null: not asked for
    emit_call<points_stored> made_durable;  // likewise
  };
  template <class W, class Operation>
  static outcome<Operation> around_of(void* of, Operation& operation,
                                      outcome<Operation> (*work)(void*, const Operation&), void* state) {
    return static_cast<W*>(of)->around(
        operation, [&](const Operation& asked) -> outcome<Operation> { return work(state, asked); });
  }
  template <class W, class Event>
  static void emit_of(void* of, const Event& event) {
    static_cast<W*>(of)->emit(event);
  }
  template <class W, class Event>
  static constexpr emit_call<Event> emit_if_watched() noexcept {
    if constexpr (detail::watches_event<W, Event>)
      return &emit_of<W, Event>;
    else
      return nullptr;
  }
  template <class W>
  static constexpr calls calls_of{&around_of<W, experiment_draft>,
                                  &around_of<W, run_draft>,
                                  &around_of<W, run_end>,
                                  &around_of<W, artifact_draft>,
                                  &emit_of<W, experiment_created>,
                                  &emit_of<W, run_started>,
                                  &emit_of<W, run_ended>,
                                  &emit_of<W, artifact_stored>,
                                  emit_if_watched<W, run_resumed>(),
                                  emit_if_watched<W, points_stored>()};
  template <class Operation>
  static around_call<Operation> pick(const calls& from) noexcept {
    if constexpr (std::same_as<Operation, experiment_draft>)
      return from.create;
    else if constexpr (std::same_as<Operation, run_draft>)
      return from.start;
    else if constexpr (std::same_as<Operation, run_end>)
      return from.end;
    else
      return from.keep;
  }
  template <class Event>
  static emit_call<Event> pick_event(const calls& from) noexcept {
    if constexpr (std::same_as<Event, experiment_created>)
      return from.created;
    else if constexpr (std::same_as<Event, run_started>)
      return from.started;
    else if constexpr (std::same_as<Event, run_ended>)
      return from.ended;
    else if constexpr (std::same_as<Event, artifact_stored>)
      return from.stored;
    else if constexpr (std::same_as<Event, run_resumed>)
      return from.resumed;
    else
      return from.made_durable;
  }

  void* of_ = nullptr;
  const calls* calls_ = nullptr;
};

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_WATCHER_HPP
