#ifndef MILLRACE_MIDDLEWARE_TRACING_HPP
#define MILLRACE_MIDDLEWARE_TRACING_HPP

#include <millrace/chain/middleware.hpp>
#include <millrace/core/field.hpp>
#include <millrace/observe/tracing/span.hpp>
#include <millrace/observe/tracing/span_context.hpp>
#include <millrace/observe/tracing/trace_state.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {

/// What the middleware `tracing` keeps in a context: the span of the run that the context is used for.
///
///     auto ctx = detector.context(amount = 12.5);
///     ctx[mr::run_trace].continue_from(*mr::observe::parse_traceparent(header));
///     auto done = detector(ctx);
///
/// A copy of a context has a run of its own, below the same parent.
class chain_trace {
 public:
  chain_trace() = default;
  chain_trace(const chain_trace& other) : parent_(other.parent_), state_(other.state_) {}
  chain_trace(chain_trace&&) noexcept = default;
  chain_trace& operator=(chain_trace other) noexcept {
    end();
    run_ = std::move(other.run_);
    failed_at_ = std::exchange(other.failed_at_, 0);
    parent_ = other.parent_;
    state_ = std::move(other.state_);
    return *this;
  }
  ~chain_trace() { end(); }

  /// Makes the next runs children of a span of another process, as its headers name it; an empty context makes them
  /// begin traces again, or hang below the span whose scope their thread is in.
  void continue_from(const observe::span_context& parent, observe::trace_state state = {}) {
    parent_ = parent;
    state_ = std::move(state);
  }
  /// The span of the run, for attributes and events of the caller's.
  observe::span& run() noexcept { return run_; }
  /// Ends the span of a run that failed, which else ends with the next run or with the context: more events may follow
  /// in a lenient chain.
  void end() noexcept {
    if (failed_at_ != 0)
      run_.end_at(failed_at_);
    else
      run_.end();
    failed_at_ = 0;
  }

 private:
  template <class>
  friend class tracing;

  observe::span run_;
  std::uint64_t failed_at_ = 0;  // by the tracer's clock; 0: it has not failed
  observe::span_context parent_;
  observe::trace_state state_;
};

/// The field of a context in which `tracing` keeps its run.
inline constexpr field<"trace", chain_trace> run_trace;

/// Makes a span of each run of a chain and, below it, one of each event, in a tracer that outlives it. While an event
/// runs, its span is the one whose scope the thread is in, so that what it calls hangs its spans below.
///
///     mr::observe::tracer tracer;
///     auto detector = mr::chain(read, score).use(mr::tracing{tracer, "detect"});
///
/// A failed event's span has its error, and so has the run's. It is best used as the outermost middleware: events that
/// one further out runs again would look like further events.
/// Complexity: of a run that is not recorded what the tracer takes for its start, and two comparisons for each event.
/// Allocates: of a run that is recorded, its spans.
/// Threads: any number.
template <class Tracer>
class tracing {
 public:
  using fields = millrace::fields<run_trace>;
  static constexpr std::string_view name = "tracing";
  static constexpr bool thread_safe = true;

  explicit tracing(Tracer& tracer, std::string run_name = "run") : tracer_(&tracer), run_name_(std::move(run_name)) {}

  template <class Stage, class Context, class Next>
  [[gnu::always_inline]] inline result<void> around(const Stage&, Context& ctx, Next&& next) {
    chain_trace& trace = ctx[run_trace];
    if (Stage::index == 0 || !trace.run_) begin(trace);
    if (trace.run_.recording()) [[unlikely]]
      return recorded(trace, Stage::name, Stage::index + 1 == Stage::count, next);
    const observe::span_scope within(trace.run_);
    return next();
  }

  /// A middleware further out failed the event afterwards, or kept it from running.
  template <class Stage, class Context>
  [[gnu::cold]] void rejected(const Stage&, Context& ctx, const error& why) {
    chain_trace& trace = ctx[run_trace];
    if (!trace.run_) begin(trace);
    fail(trace, why);
  }

 private:
  void begin(chain_trace& trace) {
    trace.end();
    trace.run_ = trace.parent_ ? tracer_->start(run_name_, observe::span_kind::server, trace.parent_, trace.state_)
                               : tracer_->start(run_name_);
  }
  static void fail(chain_trace& trace, const error& why) {
    trace.run_.fail(why);
    trace.failed_at_ = trace.run_.tick();
  }
  template <class Next>
  [[gnu::noinline]] static result<void> recorded(chain_trace& trace, std::string_view event, bool is_last, Next& next) {
    trace.failed_at_ = 0;
    observe::span step = trace.run_.child(event);
    const observe::span_scope within(step);
    result<void> outcome = next();
    if (!outcome) {
      step.fail(outcome.error());
      fail(trace, outcome.error());
    }
    step.end();
    if (is_last) trace.end();
    return outcome;
  }

  Tracer* tracer_;
  std::string run_name_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_TRACING_HPP
