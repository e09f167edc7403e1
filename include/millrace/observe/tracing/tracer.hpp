#ifndef MILLRACE_OBSERVE_TRACING_TRACER_HPP
#define MILLRACE_OBSERVE_TRACING_TRACER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/observe/tracing/sampler.hpp>
#include <millrace/observe/tracing/span.hpp>
#include <millrace/observe/tracing/span_context.hpp>
#include <millrace/observe/tracing/span_record.hpp>
#include <millrace/observe/tracing/trace_state.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How a tracer works.
struct tracer_options {
  std::size_t capacity = 2048;  // spans that ended and are not fetched yet; more are dropped and counted
  span_limits limits = {};
  std::uint64_t seed = 0;  // of the identifiers; 0: from the system's entropy
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// Begins traces and spans, and keeps those that ended until somebody fetches them.
///
///     mr::observe::tracer tracer;
///     mr::observe::span request = tracer.start("predict");
///     ...
///     const std::string body = mr::observe::to_otlp(tracer.drain(), {{{"service.name", "fraud"}}});
///
/// Guarantee: identifiers are never zero, and different within the process; those of two tracers with different seeds
/// meet as seldom as random ones.
/// Complexity: of a trace that is not recorded an atomic addition and the sampler; of its further spans a comparison.
/// Allocates: room for the spans that ended, when made; each span that is recorded.
/// Threads: any number; a span that is recorded takes a lock for a moment when it ends. Fork: a child makes its own
/// tracer, since this one would give it the parent's identifiers again.
template <class Sampler = parent_based<>, class Clock = steady_clock>
class basic_tracer : detail::span_sink {
  static_assert(
      trace_sampler<Sampler>,
      "millrace[TRACING-1]: a sampler has samples(trace_id, span_context) const noexcept, which returns bool: "
      "sample_all, sample_none, sample_ratio, parent_based, or one of your own");
  static_assert(clock_policy<Clock>, "millrace[TRACING-2]: a tracer's clock has ticks() and nanoseconds(ticks)");

 public:
  explicit basic_tracer(const tracer_options& options = {}, Sampler sampler = Sampler(), Clock clock = Clock())
      : detail::span_sink{now_of, span_of, end_of, options.limits},
        options_(options),
        sampler_(std::move(sampler)),
        clock_(std::move(clock)) {
    random_engine random(options.seed != 0 ? options.seed : entropy_seed());
    for (std::uint64_t& seed : seeds_) seed = random();
    ended_.reserve(options.capacity);
  }
  basic_tracer(const basic_tracer&) = delete;
  basic_tracer& operator=(const basic_tracer&) = delete;

  /// Begins a span: a child of the one whose scope this thread is in, or else the first of a new trace.
  span start(std::string_view name, span_kind kind = span_kind::internal) {
    if (const span* const around = detail::current_span(); around != nullptr && around->sink_ == this)
      return around->child(name, kind);
    return start(name, kind, span_context{});
  }
  /// Begins a span below that of another process, as its headers name it, or the first of a new trace if they name
  /// none.
  span start(std::string_view name, span_kind kind, const span_context& parent, trace_state state = {}) {
    span made;
    made.sink_ = this;
    made.context_ = parent;
    if (parent) {
      if (!state.empty()) made.state_ = detail::make_owning<trace_state>(std::move(state));
    } else {
      const std::uint64_t n = traces_.add_relaxed(1);
      made.context_.trace = {mixed(seeds_[0], n), mixed(seeds_[1], n)};
      if (!made.context_.trace) made.context_.trace.low = 1;
      made.context_.flags = span_context::random_flag;
    }
    const bool samples = sampler_.samples(made.context_.trace, parent);
    made.context_.flags = static_cast<std::uint8_t>((made.context_.flags & ~span_context::sampled_flag) |
                                                    (samples ? span_context::sampled_flag : 0));
    if (samples)
      made.open(name, kind, parent.span, bool(parent), options_.wall_clock() - now(*this));
    else if (!parent)
      made.context_.span.value = next_span(*this);
    return made;
  }

  /// Returns the spans that ended, the first first, and forgets them.
  template <class = void>
  std::vector<span_record> drain() {
    std::vector<detail::owning_pointer<detail::open_span>> taken;
    taken.reserve(options_.capacity);
    {
      const detail::lock_guard locked(mutex_);
      taken.swap(ended_);
    }
    std::vector<span_record> made;
    made.reserve(taken.size());
    for (auto& each : taken) made.push_back(std::move(each->record));
    return made;
  }
  /// How many spans ended while there was no room.
  std::uint64_t dropped() const noexcept { return dropped_.load_relaxed(); }

 private:
  /// The n-th number of SplitMix64's sequence that begins at a seed, each of the 2^64 once.
  static std::uint64_t mixed(std::uint64_t seed, std::uint64_t n) noexcept {
    std::uint64_t state = seed + n * 0x9e3779b97f4a7c15U;
    return splitmix64(state);
  }
  static std::uint64_t now_of(const detail::span_sink& self) noexcept {
    const Clock& clock = static_cast<const basic_tracer&>(self).clock_;
    return clock.nanoseconds(clock.ticks());
  }
  static std::uint64_t span_of(detail::span_sink& self) noexcept {
    auto& of = static_cast<basic_tracer&>(self);
    const std::uint64_t id = mixed(of.seeds_[2], of.spans_.add_relaxed(1));
    return id != 0 ? id : span_of(self);
  }
  static void end_of(detail::span_sink& self, detail::open_span* one, std::uint64_t tick) noexcept {
    detail::owning_pointer<detail::open_span> owned(one);
    const std::uint64_t unix_time = tick + one->unix_offset;
    one->record.end = unix_time > one->record.start ? unix_time : one->record.start;
    auto& of = static_cast<basic_tracer&>(self);
    const detail::lock_guard locked(of.mutex_);
    if (of.ended_.size() < of.options_.capacity)
      of.ended_.push_back(std::move(owned));  // there is room: nothing is allocated
    else
      of.dropped_.add_relaxed(1);
  }

  tracer_options options_;
  Sampler sampler_;
  Clock clock_;
  std::uint64_t seeds_[3] = {};
  detail::light_atomic<std::uint64_t> traces_{0};
  detail::light_atomic<std::uint64_t> spans_{0};
  detail::light_atomic<std::uint64_t> dropped_{0};
  detail::mutex mutex_;
  std::vector<detail::owning_pointer<detail::open_span>> ended_;
};

/// A tracer that does as the callers in other processes, and records all traces that begin here.
using tracer = basic_tracer<>;

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_TRACER_HPP
