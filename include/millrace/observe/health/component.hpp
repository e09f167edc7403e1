#ifndef MILLRACE_OBSERVE_HEALTH_COMPONENT_HPP
#define MILLRACE_OBSERVE_HEALTH_COMPONENT_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/events/detail/call_list.hpp>
#include <millrace/observe/events/detail/event_types.hpp>
#include <millrace/observe/events/subscription.hpp>
#include <millrace/observe/health/health_result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Where a component is in its life.
enum class component_state : std::uint8_t { created, starting, running, draining, stopped, failed };

constexpr std::string_view to_string(component_state state) noexcept {
  switch (state) {
    case component_state::created: return "created";
    case component_state::starting: return "starting";
    case component_state::running: return "running";
    case component_state::draining: return "draining";
    case component_state::stopped: return "stopped";
    case component_state::failed: return "failed";
  }
  return "unknown";
}

/// Whether a component may go from one state to the other. What has stopped or failed may start again; what is neither
/// created nor stopped may fail.
constexpr bool may_follow(component_state from, component_state to) noexcept {
  using enum component_state;
  switch (to) {
    case created: return false;
    case starting: return from == created || from == stopped || from == failed;
    case running: return from == starting;
    case draining: return from == running;
    case stopped: return from == running || from == draining || from == failed;
    case failed: return from == starting || from == running || from == draining;
  }
  return false;
}

/// Something that is started and stopped. `start` returns once it works; `drain` takes no new work and waits for what
/// it has, at most so long (errc::timeout); `stop` ends it, drained or not, and can be called after a failed start. One
/// thread at a time calls them. A component may also have a `health()` that returns a health_result, at any time.
template <class C>
concept component = requires(C& one, duration patience) {
  { one.start() } -> std::same_as<result<void>>;
  { one.drain(patience) } -> std::same_as<result<void>>;
  { one.stop() } -> std::same_as<result<void>>;
};

/// A component made of three functions, around something that has others:
///
///     mr::observe::function_component serving([] { return mr::result<void>(); },
///         [&](mr::duration patience) { return finish(batcher, patience); }, [&] { batcher.close(); return
///         mr::result<void>(); });
template <class Start, class Drain, class Stop>
class function_component {
 public:
  function_component(Start start, Drain drain, Stop stop)
      : start_(std::move(start)), drain_(std::move(drain)), stop_(std::move(stop)) {}
  result<void> start() { return start_(); }
  result<void> drain(duration patience) { return drain_(patience); }
  result<void> stop() { return stop_(); }

 private:
  Start start_;
  Drain drain_;
  Stop stop_;
};

/// A component of a group has another state. The texts are valid during the call.
struct component_changed {
  std::string_view component;
  component_state from = component_state::created;
  component_state to = component_state::created;
};

/// Starts components in order and stops them in reverse. It refers to them, and is a component itself.
///
///     mr::observe::component_group service;
///     auto added = service.add("log", log);
///     added = service.add("http", http, {"batcher", "log"});     // starts after these, wherever they are added
///     added = service.add("batcher", batcher);
///     if (auto started = service.start(); !started) ...          // nothing is left running
///     ...
///     auto stopped = service.stop(30s);                          // http drains and stops first
///
/// Components start in the order in which they were added, but after those that they name. If one fails to start, it
/// and those that run already are stopped in reverse. Stopping goes on over errors, and returns the first. What a
/// component throws is an error. Threads: `start`, `drain` and `stop` one at a time (a second call is refused:
/// unavailable); the rest any number. Errors: those of the components, with their names; invalid_argument (a circle of
/// names, a start of what runs).
template <clock_policy Clock = steady_clock>
class component_group {
 public:
  explicit component_group(const Clock& clock = {})
      : clock_(clock), changes_(new change_list), changes_owner_(changes_) {}
  component_group(const component_group&) = delete;
  component_group& operator=(const component_group&) = delete;
  /// Does not stop anything: what is destroyed first is its owner's to say.
  ~component_group() { changes_->close(); }

  /// Adds a component, which outlives the group's last stop and starts after those named in `after`.
  /// Errors: already_exists; unavailable while the group is busy, and while any of its components runs: a group that
  /// has stopped, or failed to start, takes more, and starts them with the others.
  template <class Object>
  result<void> add(std::string name, Object&& one, std::vector<std::string> after = {}) {
    static_assert(detail::requirement<std::is_lvalue_reference_v<Object>, Object>,
                  "millrace[HEALTH-3]: a component_group refers to its components, and a component_check to its group: "
                  "make it a variable that outlives them");
    using Component = std::remove_reference_t<Object>;
    static_assert(
        component<Component>,
        "millrace[HEALTH-2]: a component has start(), drain(mr::duration) and stop(), which return result<void>; "
        "a function_component is made of three functions");
    auto made = detail::make_owning<member>();
    made->name = std::move(name);
    made->after = std::move(after);
    made->object = &one;
    made->start = [](void* self) { return static_cast<Component*>(self)->start(); };
    made->drain = [](void* self, duration patience) { return static_cast<Component*>(self)->drain(patience); };
    made->stop = [](void* self) { return static_cast<Component*>(self)->stop(); };
    if constexpr (requires {
                    { one.health() } -> std::same_as<health_result>;
                  })
      made->health = [](void* self) { return static_cast<Component*>(self)->health(); };
    return add(std::move(made));
  }

  result<void> start();
  /// Drains what runs, in reverse, within one patience for all, and leaves it draining.
  result<void> drain(duration patience);
  /// Drains what runs and stops it, one after the other in reverse. The patience is that of all together.
  result<void> stop(duration patience);
  /// Stops without draining.
  result<void> stop() { return stop_all(nullptr); }

  /// The state of a component; errc::not_found.
  result<component_state> state(std::string_view name) const {
    const detail::lock_guard locked(mutex_);
    for (const auto& each : members_)
      if (each->name == name) return each->state.load_acquire();
    return error(errc::not_found, "no component \"" + std::string(name) + "\"");
  }
  /// Whether all components run.
  bool is_running() const noexcept {
    const detail::lock_guard locked(mutex_);
    for (const auto& each : members_)
      if (each->state.load_acquire() != component_state::running) return false;
    return true;
  }
  /// For readiness: unhealthy unless all components run, and the worst of their own `health()`. For liveness: unhealthy
  /// where one has failed.
  health_result health(bool is_for_liveness = false) const;

  /// Has `handler` called with a `component_changed` whenever a component's state changes, as long as the subscription
  /// exists.
  template <class Handler>
  [[nodiscard]] subscription on_change(std::string name, Handler handler) {
    static_cast<void>(sizeof(detail::checked_handler<Handler, const component_changed&>));
    return subscription(changes_owner_, *changes_,
                        changes_->make(std::move(name), "component_changed", std::move(handler), 0, false));
  }

 private:
  using change_list = detail::call_list<const component_changed&>;
  struct member {
    std::string name;
    std::vector<std::string> after;
    void* object = nullptr;
    result<void> (*start)(void*) = nullptr;
    result<void> (*drain)(void*, duration) = nullptr;
    result<void> (*stop)(void*) = nullptr;
    health_result (*health)(void*) = nullptr;
    detail::light_atomic<component_state> state{component_state::created};
    std::string why;  // it failed; under the lock
  };
  /// Lets one thread at a time start and stop.
  class turn {
   public:
    explicit turn(component_group& group) noexcept : group_(&group), is_mine_(!group.is_busy_.exchange_acq_rel(true)) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (is_mine_) group_->is_busy_.store_release(false);
    }
    bool is_mine() const noexcept { return is_mine_; }
    static error refused() { return error(errc::unavailable, "the group of components is being started or stopped"); }

   private:
    component_group* group_;
    bool is_mine_;
  };

  result<void> add(detail::owning_pointer<member> made);
  result<std::vector<member*>> ordered() const;
  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  void set(member& one, component_state to, const error* why = nullptr);
  /// Calls one of a component's functions; an error says which and of whom.
  template <class F>
  result<void> call(const member& one, std::string_view action, F&& f);
  result<void> stop_one(member& one, const std::uint64_t* until);
  result<void> stop_all(const std::uint64_t* until);
  duration left(std::uint64_t until) const noexcept {
    const std::uint64_t now = time();
    return duration(until > now ? until - now : 0);
  }
  std::uint64_t end_of(duration patience) const noexcept {
    return time() + (patience.nanoseconds > 0 ? static_cast<std::uint64_t>(patience.nanoseconds) : 0);
  }

  Clock clock_;
  change_list* changes_;
  detail::shared_owner changes_owner_;
  mutable detail::mutex mutex_;  // of the list; members stay where they are
  std::vector<detail::owning_pointer<member>> members_;
  std::vector<member*> order_;  // of the last start; belongs to whose turn it is
  detail::light_atomic<bool> is_busy_{false};
};

template <clock_policy Clock>
result<void> component_group<Clock>::add(detail::owning_pointer<member> made) {
  const turn now(*this);
  if (!now.is_mine()) return turn::refused();
  const detail::lock_guard locked(mutex_);
  for (const auto& each : members_) {
    if (each->name == made->name)
      return error(errc::already_exists, "component \"" + made->name + "\": there is one of this name already");
    const component_state state = each->state.load_acquire();
    if (state == component_state::running || state == component_state::draining)
      return error(errc::unavailable, "component \"" + made->name + "\": the group was started already, \"" +
                                          each->name + "\" is " + std::string(to_string(state)));
  }
  members_.push_back(std::move(made));
  return {};
}

/// The members in the order in which they start: again and again the first of which all that it names are there.
template <clock_policy Clock>
result<std::vector<typename component_group<Clock>::member*>> component_group<Clock>::ordered() const {
  std::vector<member*> order;
  const auto has = [&](const std::string& name) {
    for (const member* const each : order)
      if (each->name == name) return true;
    return false;
  };
  for (const auto& each : members_)
    for (const std::string& name : each->after) {
      bool is_known = false;
      for (const auto& other : members_) is_known = is_known || other->name == name;
      if (!is_known)
        return error(errc::not_found, "component \"" + each->name + "\" starts after \"" + name + "\", which is none");
    }
  while (order.size() < members_.size()) {
    const std::size_t before = order.size();
    std::string waiting;
    for (const auto& each : members_) {
      if (has(each->name)) continue;
      bool is_next = true;
      for (const std::string& name : each->after) is_next = is_next && has(name);
      if (is_next) {
        order.push_back(each.get());
        break;
      }
      waiting += (waiting.empty() ? "\"" : ", \"") + each->name + "\"";
    }
    if (order.size() == before)
      return error(errc::invalid_argument, "components start after each other in a circle: " + waiting);
  }
  return order;
}

template <clock_policy Clock>
void component_group<Clock>::set(member& one, component_state to, const error* why) {
  const component_state from = one.state.load_acquire();
  {
    const detail::lock_guard locked(mutex_);
    one.why = why != nullptr ? why->describe() : std::string();
  }
  one.state.store_release(to);
  if (changes_->has_any())
    (*changes_)([](const detail::call_entry&, const error&) { return true; }, component_changed{one.name, from, to});
}

template <clock_policy Clock>
template <class F>
result<void> component_group<Clock>::call(const member& one, std::string_view action, F&& f) {
  result<void> done = detail::guarded(f, [&] { return "component \"" + one.name + "\""; });
  if (done) return done;
  return std::move(done).error().wrap("component \"" + one.name + "\" does not " + std::string(action));
}

template <clock_policy Clock>
result<void> component_group<Clock>::start() {
  const turn now(*this);
  if (!now.is_mine()) return turn::refused();
  auto order = ordered();
  if (!order) return std::move(order).error();
  for (const member* const each : *order)
    if (!may_follow(each->state.load_acquire(), component_state::starting))
      return error(errc::invalid_argument, "component \"" + each->name + "\" is " +
                                               std::string(to_string(each->state.load_acquire())) +
                                               " and cannot be started");
  order_ = *std::move(order);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    member& next = *order_[i];
    set(next, component_state::starting);
    result<void> started = call(next, "start", [&] { return next.start(next.object); });
    if (started) {
      set(next, component_state::running);
      continue;
    }
    set(next, component_state::failed, &started.error());
    // What it had begun, and those that run; their errors are told by their states.
    static_cast<void>(call(next, "stop", [&] { return next.stop(next.object); }));
    while (i-- > 0) static_cast<void>(stop_one(*order_[i], nullptr));
    return started;
  }
  return {};
}

/// Drains one until then, if there is such a time, and stops it.
template <clock_policy Clock>
result<void> component_group<Clock>::stop_one(member& one, const std::uint64_t* until) {
  result<void> drained;
  if (until != nullptr && one.state.load_acquire() == component_state::running) {
    set(one, component_state::draining);
    drained = call(one, "drain", [&] { return one.drain(one.object, left(*until)); });
  }
  const result<void> stopped = call(one, "stop", [&] { return one.stop(one.object); });
  if (stopped)
    set(one, component_state::stopped);
  else
    set(one, component_state::failed, &stopped.error());
  return drained ? stopped : drained;
}

template <clock_policy Clock>
result<void> component_group<Clock>::stop_all(const std::uint64_t* until) {
  const turn now(*this);
  if (!now.is_mine()) return turn::refused();
  result<void> first;
  for (std::size_t i = order_.size(); i-- > 0;) {
    const component_state state = order_[i]->state.load_acquire();
    if (state != component_state::running && state != component_state::draining) continue;
    if (result<void> done = stop_one(*order_[i], until); !done && first) first = std::move(done);
  }
  return first;
}

template <clock_policy Clock>
result<void> component_group<Clock>::stop(duration patience) {
  const std::uint64_t until = end_of(patience);
  return stop_all(&until);
}

template <clock_policy Clock>
result<void> component_group<Clock>::drain(duration patience) {
  const turn now(*this);
  if (!now.is_mine()) return turn::refused();
  const std::uint64_t until = end_of(patience);
  result<void> first;
  for (std::size_t i = order_.size(); i-- > 0;) {
    member& one = *order_[i];
    if (one.state.load_acquire() != component_state::running) continue;
    set(one, component_state::draining);
    result<void> done = call(one, "drain", [&] { return one.drain(one.object, left(until)); });
    if (!done && first) first = std::move(done);
  }
  return first;
}

template <clock_policy Clock>
health_result component_group<Clock>::health(bool is_for_liveness) const {
  struct one_of {
    std::string name;
    component_state state;
    std::string why;
    health_result (*health)(void*);
    void* object;
  };
  std::vector<one_of> all;
  {
    const detail::lock_guard locked(mutex_);
    for (const auto& each : members_)
      all.push_back({each->name, each->state.load_acquire(), each->why, each->health, each->object});
  }
  health_result found;
  for (const one_of& each : all) {
    if (each.state == component_state::failed) {
      found.worsen(health_status::unhealthy, "component \"" + each.name + "\" has failed: " + each.why);
    } else if (!is_for_liveness && each.state != component_state::running) {
      found.worsen(health_status::unhealthy,
                   "component \"" + each.name + "\" is " + std::string(to_string(each.state)));
    } else if (each.state == component_state::running && each.health != nullptr) {
      const health_result own = each.health(each.object);
      if (own.status != health_status::healthy && !(is_for_liveness && own.status == health_status::degraded))
        found.worsen(own.status, "component \"" + each.name + "\": " + own.message);
    }
  }
  return found;
}

/// A check of a group of components, which it refers to: for readiness all have to run, for liveness none may have
/// failed.
template <class Group>
class component_check {
 public:
  component_check(std::string name, const Group& group, bool is_for_liveness = false)
      : name_(std::move(name)), group_(&group), is_for_liveness_(is_for_liveness) {}
  component_check(std::string name, const Group&& group, bool is_for_liveness = false)
      : component_check(std::move(name), group, is_for_liveness) {
    static_assert(detail::requirement<false, Group>,
                  "millrace[HEALTH-3]: a component_group refers to its components, and a component_check to its group: "
                  "make it a variable that outlives them");
  }
  const std::string& name() const noexcept { return name_; }
  health_result examine() const { return group_->health(is_for_liveness_); }

 private:
  std::string name_;
  const Group* group_;
  bool is_for_liveness_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_COMPONENT_HPP
