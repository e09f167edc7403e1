#ifndef MILLRACE_OBSERVE_HEALTH_HEALTH_MONITOR_HPP
#define MILLRACE_OBSERVE_HEALTH_HEALTH_MONITOR_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/guarded.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/detail/worker_thread.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/events/detail/call_list.hpp>
#include <millrace/observe/events/detail/event_types.hpp>
#include <millrace/observe/events/subscription.hpp>
#include <millrace/observe/health/health_report.hpp>
#include <millrace/observe/health/health_result.hpp>
#include <millrace/observe/metrics/instruments.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>

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

/// How a monitor uses a check.
struct check_options {
  /// Whether the whole is unhealthy where this is; where not, it is degraded.
  bool is_critical = true;
  /// Whether it counts for liveness. A check of anything outside the process should not: a restart would not help.
  bool is_for_liveness = false;
  bool is_for_readiness = true;
  /// How long a report waits for it. It then reports it as late, and does not start it again before it has come back.
  /// 0: it runs on the thread that reports, which waits for it as long as it takes.
  duration timeout = duration(5'000'000'000);
  /// How long a result is used again before the check runs anew.
  duration max_age = duration(1'000'000'000);
};

/// What a monitor takes its times from.
struct health_monitor_options {
  /// Where reports take their times from, in nanoseconds since 1970.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// A check has another status than in the report before; at first all are healthy. The texts are valid during the call.
struct health_changed {
  std::string_view check;
  health_status from = health_status::healthy;
  health_status to = health_status::healthy;
  std::string_view message;
};

/// Runs health checks and reports what they found.
///
///     mr::observe::health_monitor monitor;
///     auto added = monitor.add(mr::observe::disk_check("disk", "/data"));
///     added = monitor.add(mr::observe::function_check("queue", [&] { return queue.status(); }), {.timeout = 100ms});
///     const auto ready = monitor.report(mr::observe::health_probe::readiness);
///     respond(ready.http_status(), mr::observe::to_json(ready));
///
/// The checks of a report run at once, each on a thread of its own that begins with its first run, and the report waits
/// for none longer than its timeout. One that has not come back is unhealthy in this and later reports until it does;
/// its result then counts as any other. What a check throws is unhealthy.
/// Guarantee: of each check at most one run at a time, however many reports ask at once: they share it. No lock is held
/// while a check, or what `on_change` calls, runs.
/// Threads: all members, any number at once, but none from within a check. The destructor
/// waits for the checks that still run, since they may use what is destroyed next.
/// Fork: a child has none of the threads, and makes a monitor of its own; its copy of this one can be destroyed, and
/// destroys no check.
template <clock_policy Clock = steady_clock>
class health_monitor {
 public:
  explicit health_monitor(const health_monitor_options& options = {}, const Clock& clock = {})
  requires(std::default_initializable<Clock>)
      : health_monitor(clock, options) {}
  health_monitor(const Clock& clock, const health_monitor_options& options = {})
      : clock_(clock), options_(options), changes_(new change_list), changes_owner_(changes_) {}
  health_monitor(const health_monitor&) = delete;
  health_monitor& operator=(const health_monitor&) = delete;
  ~health_monitor() {
    if (is_copy_.load_relaxed()) {  // nobody knows what the parent's threads were doing with the checks
      for (const auto& each : entries_) each->thread.forget();
      return;
    }
    mutex_.lock();
    is_over_ = true;
    changed_.notify_all();
    mutex_.unlock();
    for (const auto& each : entries_) each->thread.join();
    for (const auto& each : entries_) each->destroy(each->check);
    changes_->close();
  }

  /// Adds a check. Names have no `:` and differ.
  /// Errors: invalid_argument, already_exists; those of a registry that is shown to.
  template <class Check>
  result<void> add(Check check, const check_options& options = {}) {
    static_assert(health_check<Check>,
                  "millrace[HEALTH-1]: a check is a name() and an examine() that returns a health_result; the function "
                  "of a function_check returns that or a result<void>");
    auto made = detail::make_owning<entry>();
    made->name = std::string_view(check.name());
    made->options = options;
    made->examine = [](void* self) { return static_cast<Check*>(self)->examine(); };
    made->destroy = [](void* self) noexcept { delete static_cast<Check*>(self); };
    made->owner = this;
    made->check = new Check(std::move(check));
    result<void> fits;
    {
      const detail::lock_guard locked(mutex_);
      fits = accept(*made);
      if (fits) entries_.push_back(std::move(made));
    }
    if (made) made->destroy(made->check);
    return fits;
  }
  /// How many checks there are.
  std::size_t size() const noexcept {
    const detail::lock_guard locked(mutex_);
    return entries_.size();
  }

  /// What the checks say, those of the probe. Runs those whose result is older than their `max_age`, and waits.
  health_report report(health_probe probe = health_probe::all);
  /// Whether the process works, and whether it should be given work: what liveness and readiness probes ask.
  bool is_live() { return report(health_probe::liveness).status != health_status::unhealthy; }
  bool is_ready() { return report(health_probe::readiness).status != health_status::unhealthy; }

  /// Has `handler` called with a `health_changed` by the report that finds a check changed, as long as the subscription
  /// exists: `[&](const health_changed& change) { events.emit(change); }` has an emitter pass it on.
  template <class Handler>
  [[nodiscard]] subscription on_change(std::string name, Handler handler) {
    static_cast<void>(sizeof(detail::checked_handler<Handler, const health_changed&>));
    return subscription(changes_owner_, *changes_,
                        changes_->make(std::move(name), "health_changed", std::move(handler), 0, false));
  }

  /// Shows what reports find in a registry, which outlives the monitor, by the label `check`: `millrace_health_status`
  /// (1 healthy, 0.5 degraded, 0 unhealthy), `millrace_health_check_seconds` (how long the last run took) and
  /// `millrace_health_late_total` (reports that found it late). Checks that are added later are shown too.
  /// Errors: those of `metrics_registry`.
  result<void> expose(metrics_registry& registry);

 private:
  using change_list = detail::call_list<const health_changed&>;
  enum class state : std::uint8_t { idle, asked, running };

  struct instruments {
    observe::gauge status;
    observe::gauge seconds;
    observe::counter late;
  };
  struct entry {
    std::string name;
    check_options options;
    void* check = nullptr;
    health_result (*examine)(void*) = nullptr;
    void (*destroy)(void*) noexcept = nullptr;
    health_monitor* owner = nullptr;
    detail::worker_thread thread;
    // What follows belongs to the monitor's lock.
    state now = state::idle;
    std::uint64_t runs = 0;  // that have come back
    std::uint64_t began = 0;
    std::uint64_t ended = 0;
    std::uint64_t took = 0;
    health_result last;
    health_status shown = health_status::healthy;
    instruments at;

    void run() { owner->work(*this); }
  };
  /// Gives the lock back for a while, whatever is thrown meanwhile.
  class unlocked {
   public:
    explicit unlocked(detail::mutex& held) noexcept : held_(&held) { held_->unlock(); }
    unlocked(const unlocked&) = delete;
    unlocked& operator=(const unlocked&) = delete;
    ~unlocked() { held_->lock(); }

   private:
    detail::mutex* held_;
  };
  /// A check that a report asks, and how many runs have come back when it has its result.
  struct asked_run {
    entry* of;
    std::uint64_t run;
  };
  struct change {
    std::string check;
    health_status from;
    health_status to;
    std::string message;
  };

  std::uint64_t time() const noexcept { return clock_.nanoseconds(clock_.ticks()); }
  static std::uint64_t since(std::uint64_t before, std::uint64_t now) noexcept {
    return now > before ? now - before : 0;
  }
  static std::uint64_t length(duration of) noexcept {
    return of.nanoseconds > 0 ? static_cast<std::uint64_t>(of.nanoseconds) : 0;
  }
  static bool is_asked_by(const entry& one, health_probe probe) noexcept {
    return probe == health_probe::all ||
           (probe == health_probe::liveness ? one.options.is_for_liveness : one.options.is_for_readiness);
  }

  result<void> accept(entry& made);
  result<void> make_instruments(entry& of);
  void work(entry& mine);
  void run_once(entry& one);
  void start(entry& one);
  void await(const asked_run& asked);
  checked_health judge(const asked_run& asked, std::vector<change>& changes);

  Clock clock_;
  health_monitor_options options_;
  change_list* changes_;
  detail::shared_owner changes_owner_;
  mutable detail::mutex mutex_;
  detail::condition changed_;
  std::vector<detail::owning_pointer<entry>> entries_;  // grows only; entries stay where they are
  metrics_registry* registry_ = nullptr;
  bool is_over_ = false;
  detail::light_atomic<bool> is_copy_{false};
  const detail::fork_watch watch_{
      this, [](void* self) noexcept { static_cast<health_monitor*>(self)->is_copy_.store_relaxed(true); }};
};

/// Says whether a check may be added, and makes its instruments. The caller has the lock.
template <clock_policy Clock>
result<void> health_monitor<Clock>::accept(entry& made) {
  if (made.name.empty() || made.name.find(':') != std::string::npos)
    return error(errc::invalid_argument, "check \"" + made.name + "\": a name is not empty and has no ':'");
  for (const auto& each : entries_)
    if (each->name == made.name)
      return error(errc::already_exists, "check \"" + made.name + "\": there is one of this name already");
  return registry_ != nullptr ? make_instruments(made) : result<void>();
}

template <clock_policy Clock>
result<void> health_monitor<Clock>::make_instruments(entry& of) {
  const label_set labels = {{"check", of.name}};
  auto status = registry_->gauge({"millrace_health_status", "1 healthy, 0.5 degraded, 0 unhealthy."}, labels);
  if (!status) return std::move(status).error();
  auto seconds = registry_->gauge(
      {"millrace_health_check_seconds", "How long the last run of a health check took.", "seconds"}, labels);
  if (!seconds) return std::move(seconds).error();
  auto late = registry_->counter(
      {"millrace_health_late_total", "Reports that found a health check beyond its timeout."}, labels);
  if (!late) return std::move(late).error();
  of.at = {*status, *seconds, *late};
  of.at.status.set(1);
  return {};
}

template <clock_policy Clock>
result<void> health_monitor<Clock>::expose(metrics_registry& registry) {
  const detail::lock_guard locked(mutex_);
  registry_ = &registry;
  for (const auto& each : entries_)
    if (auto made = make_instruments(*each); !made) return made;
  return {};
}

/// Runs a check without the lock, which the caller has before and after.
template <clock_policy Clock>
void health_monitor<Clock>::run_once(entry& one) {
  one.now = state::running;
  const std::uint64_t began = time();
  health_result found;
  std::uint64_t ended = 0;
  {
    const unlocked away(mutex_);
    const auto done =
        detail::guarded([&] { found = one.examine(one.check); }, [&] { return "health check \"" + one.name + "\""; });
    if (!done) found = {health_status::unhealthy, done.error().describe()};
    ended = time();
  }
  one.last = std::move(found);
  ++one.runs;
  one.ended = ended;
  one.took = since(began, ended);
  one.now = state::idle;
  one.at.seconds.set(static_cast<double>(one.took) / 1e9);
  changed_.notify_all();
}

/// What a check's thread does.
template <clock_policy Clock>
void health_monitor<Clock>::work(entry& mine) {
  const detail::lock_guard locked(mutex_);
  while (!is_over_) {
    if (mine.now == state::asked)
      run_once(mine);
    else
      changed_.wait_until(mutex_, std::uint64_t{1} << 62);
  }
}

/// Has a check run. The caller has the lock.
template <clock_policy Clock>
void health_monitor<Clock>::start(entry& one) {
  one.began = time();
  one.now = state::asked;
  if (one.options.timeout.nanoseconds <= 0) return;
  if (!one.thread.running() && one.thread.start(one) != 0) {
    one.last = {health_status::unhealthy, "the system grants no thread to run it"};
    ++one.runs;
    one.ended = one.began;
    one.took = 0;
    one.now = state::idle;
  }
  changed_.notify_all();
}

/// Waits until the run that is asked for has come back or is late, or runs it here if it has no timeout. Later runs,
/// which other reports begin, are not waited for. The caller has the lock.
template <clock_policy Clock>
void health_monitor<Clock>::await(const asked_run& asked) {
  entry& one = *asked.of;
  const std::uint64_t timeout = length(one.options.timeout);
  while (one.runs < asked.run) {
    if (timeout == 0) {
      if (one.now == state::asked)
        run_once(one);
      else
        changed_.wait_for(mutex_, 1'000'000'000);
    } else if (since(one.began, time()) >= timeout) {
      return;
    } else if constexpr (std::is_same_v<Clock, steady_clock>) {
      changed_.wait_until(mutex_, one.began + timeout);
    } else {
      changed_.wait_for(mutex_, 1'000'000);  // any other clock is asked again and again
    }
  }
}

/// What the report says of a check. The caller has the lock.
template <clock_policy Clock>
checked_health health_monitor<Clock>::judge(const asked_run& asked, std::vector<change>& changes) {
  entry& one = *asked.of;
  checked_health said;
  said.name = one.name;
  said.is_critical = one.options.is_critical;
  said.is_late = one.runs < asked.run;
  const std::uint64_t now = time();
  if (said.is_late) {
    said.took = duration(since(one.began, now));
    said.found.status = health_status::unhealthy;
    said.found.message = "no result within " + std::to_string(length(one.options.timeout) / 1'000'000) + " ms";
    one.at.late.add();
  } else {
    said.found = one.last;
    said.took = duration(one.took);
    said.age = duration(since(one.ended, now));
  }
  const health_status status = said.found.status;
  one.at.status.set(status == health_status::healthy ? 1 : status == health_status::degraded ? 0.5 : 0);
  if (status != one.shown) {
    changes.push_back({one.name, one.shown, status, said.found.message});
    one.shown = status;
  }
  return said;
}

template <clock_policy Clock>
health_report health_monitor<Clock>::report(health_probe probe) {
  health_report made;
  made.probe = probe;
  std::vector<change> changes;
  {
    const detail::lock_guard locked(mutex_);
    std::vector<asked_run> asked;
    for (const auto& each : entries_) {
      if (!is_asked_by(*each, probe)) continue;
      if (each->now == state::idle && (each->runs == 0 || since(each->ended, time()) >= length(each->options.max_age)))
        start(*each);
      asked.push_back({each.get(), each->runs + (each->now != state::idle ? 1U : 0U)});
    }
    for (const asked_run& each : asked) await(each);
    for (const asked_run& each : asked) made.checks.push_back(judge(each, changes));
  }
  made.unix_nanoseconds = options_.wall_clock();
  for (const checked_health& each : made.checks)
    made.status =
        worse(made.status, each.is_critical || each.found.status == health_status::healthy ? each.found.status
                                                                                           : health_status::degraded);
  if (changes_->has_any())
    for (const change& each : changes)
      (*changes_)([](const detail::call_entry&, const error&) { return true; },
                  health_changed{each.check, each.from, each.to, each.message});
  return made;
}

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_HEALTH_MONITOR_HPP
