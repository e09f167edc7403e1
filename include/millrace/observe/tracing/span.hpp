#ifndef MILLRACE_OBSERVE_TRACING_SPAN_HPP
#define MILLRACE_OBSERVE_TRACING_SPAN_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/error.hpp>
#include <millrace/observe/attribute.hpp>
#include <millrace/observe/tracing/span_context.hpp>
#include <millrace/observe/tracing/span_record.hpp>
#include <millrace/observe/tracing/trace_state.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// How much a span holds. What is beyond is left out and counted.
struct span_limits {
  std::size_t attributes = 128;
  std::size_t events = 128;
  std::size_t links = 128;
  std::size_t text_bytes = 4096;  // of a name, a value or a message; cut at a character's end
};

namespace detail {

/// A span that is being recorded. `unix_offset` is the difference of the wall clock and the tracer's own, in
/// nanoseconds, when the first span of the trace began here, so that all of the trace's times are by one clock.
struct open_span {
  span_record record;
  std::uint64_t unix_offset = 0;
};

/// What a span needs of its tracer, whose type it does not know.
struct span_sink {
  std::uint64_t (*now)(const span_sink&) noexcept;                   // the tracer's own clock, in nanoseconds
  std::uint64_t (*next_span)(span_sink&) noexcept;                   // an identifier, never 0
  void (*end)(span_sink&, open_span*, std::uint64_t tick) noexcept;  // takes a span that ends at this moment
  span_limits limits;
};

/// As much of a text as the limit allows, without a part of a character at its end.
constexpr std::string_view limited(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && most - end < 4 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
  return text.substr(0, (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80 ? most : end);
}

}  // namespace detail

/// A step of a trace, from when a tracer, or another span, made it until `end` or the end of its scope.
///
///     mr::observe::span request = tracer.start("predict", mr::observe::span_kind::server);
///     request.set("rows", 32);
///     {
///       mr::observe::span features = request.child("features");
///       ...
///     }
///     if (!done) request.fail(done.error());
///
/// A span of a trace that is not recorded does nothing, and costs no more than to find that out.
/// Complexity: of a span that is not recorded a comparison for each call.
/// Allocates: of one that is recorded itself, and what it is told; throws std::bad_alloc as std::string does.
/// Threads: one at a time. The tracer outlives it.
class span {
 public:
  span() noexcept = default;
  span(span&& other) noexcept
      : sink_(std::exchange(other.sink_, nullptr)),
        context_(other.context_),
        state_(std::move(other.state_)),
        open_(std::exchange(other.open_, nullptr)) {}
  span& operator=(span&& other) noexcept {
    if (this == &other) return *this;
    end();
    sink_ = std::exchange(other.sink_, nullptr);
    context_ = other.context_;
    state_ = std::move(other.state_);
    open_ = std::exchange(other.open_, nullptr);
    return *this;
  }
  ~span() { end(); }

  /// What names it in other processes: `to_traceparent(one.context())` is a header of the requests that it sends.
  const span_context& context() const noexcept { return context_; }
  /// What is passed on beside it.
  const observe::trace_state& trace_state() const noexcept {
    static const observe::trace_state none;
    return state_ ? *state_ : none;
  }
  /// Whether it is recorded: whether what it is told is kept.
  bool recording() const noexcept { return open_ != nullptr; }
  /// Whether a tracer made it and it has not ended.
  explicit operator bool() const noexcept { return sink_ != nullptr; }

  /// A step of this one.
  template <class = void>
  span child(std::string_view name, span_kind kind = span_kind::internal) const {
    span made;
    made.sink_ = sink_;
    made.context_ = context_;
    if (state_) [[unlikely]]
      made.state_ = detail::make_owning<observe::trace_state>(*state_);
    if (open_) [[unlikely]]
      made.open(name, kind, context_.span, false, open_->unix_offset);
    return made;
  }

  /// Sets an attribute, in place of one of the same name.
  template <class Value>
  void set(std::string_view name, const Value& value) {
    if (!open_) return;
    add(open_->record.attributes, attribute(name, value), open_->record.dropped_attributes);
  }
  /// Notes that something happened now.
  template <class = void>
  void event(std::string_view name, const std::vector<attribute>& attributes = {}) {
    if (!open_) return;
    span_record& to = open_->record;
    if (to.events.size() >= sink_->limits.events) {
      ++to.dropped_events;
      return;
    }
    to.events.push_back({std::string(limit(name)), now(), {}});
    for (const attribute& each : attributes) add(to.events.back().attributes, each, to.dropped_attributes);
  }
  /// Names another span that this one has to do with. One that names none is left out.
  template <class = void>
  void link(const span_context& other, const std::vector<attribute>& attributes = {}) {
    if (!open_ || !other) return;
    span_record& to = open_->record;
    if (to.links.size() >= sink_->limits.links) {
      ++to.dropped_links;
      return;
    }
    to.links.push_back({other, {}});
    for (const attribute& each : attributes) add(to.links.back().attributes, each, to.dropped_attributes);
  }
  /// Says that its work failed, and why. A span that is `succeeded` is not changed.
  template <class = void>
  void fail(std::string_view why) {
    if (!open_ || open_->record.status == span_status::ok) return;
    open_->record.status = span_status::error;
    open_->record.message = limit(why);
  }
  /// The same with the error's code as the attribute `error.type`.
  template <class = void>
  void fail(const error& why) {
    if (!open_ || open_->record.status == span_status::ok) return;
    fail(why.describe());
    set("error.type", to_string(why.code()));
  }
  /// Says that its work is known to have succeeded, whatever was said before.
  template <class = void>
  void succeed() {
    if (!open_) return;
    open_->record.status = span_status::ok;
    open_->record.message.clear();
  }

  /// Ends it now, or at a moment of the tracer's clock. What it is told afterwards is lost.
  void end() noexcept {
    if (open_) [[unlikely]]
      end_at(sink_->now(*sink_));
    sink_ = nullptr;
  }
  void end_at(std::uint64_t tick) noexcept {
    if (open_ != nullptr) sink_->end(*sink_, std::exchange(open_, nullptr), tick);
    sink_ = nullptr;
  }
  /// The present moment of the tracer's clock, for `end_at`; 0 of a span that is not recorded.
  std::uint64_t tick() const noexcept { return open_ ? sink_->now(*sink_) : 0; }

 private:
  template <class, class>
  friend class basic_tracer;

  template <class = void>
  void open(std::string_view name, span_kind kind, span_id parent, bool is_remote, std::uint64_t unix_offset) {
    open_ = new detail::open_span;
    context_.span.value = sink_->next_span(*sink_);
    open_->unix_offset = unix_offset;
    span_record& made = open_->record;
    made.context = context_;
    made.parent = parent;
    made.remote_parent = is_remote;
    made.trace_state = trace_state().header();
    made.name = limit(name);
    made.kind = kind;
    made.start = now();
  }
  std::uint64_t now() const noexcept { return sink_->now(*sink_) + open_->unix_offset; }
  std::string_view limit(std::string_view text) const noexcept {
    return detail::limited(text, sink_->limits.text_bytes);
  }

  template <class = void>
  void add(std::vector<attribute>& to, attribute one, std::uint32_t& dropped) const {
    one.name = limit(one.name);
    one.text = limit(one.text);
    for (attribute& each : to)
      if (each.name == one.name) {
        each = std::move(one);
        return;
      }
    if (one.name.empty() || to.size() >= sink_->limits.attributes)
      ++dropped;
    else
      to.push_back(std::move(one));
  }

  detail::span_sink* sink_ = nullptr;
  span_context context_;
  detail::owning_pointer<observe::trace_state> state_;  // null where it is empty, so that spans are quick to make
  detail::open_span* open_ = nullptr;                   // the sink's, once it has ended
};

namespace detail {
/// The span whose scope the thread is in.
[[gnu::visibility("default")]] inline const span*& current_span() noexcept {
  static constinit thread_local const span* kept = nullptr;
  return kept;
}
}  // namespace detail

/// Makes a span the parent of those that a tracer begins on this thread, until the end of the scope: so that code which
/// is not given the span, such as a batcher or an adapter, hangs its own below it.
///
///     const mr::observe::span_scope within(request);
///
/// Threads: it belongs to the thread that made it. The span outlives it, and is not moved meanwhile.
class span_scope {
 public:
  explicit span_scope(const span& one) noexcept : before_(std::exchange(detail::current_span(), &one)) {}
  span_scope(const span_scope&) = delete;
  span_scope& operator=(const span_scope&) = delete;
  ~span_scope() { detail::current_span() = before_; }

 private:
  const span* before_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_TRACING_SPAN_HPP
