#ifndef MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP
#define MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP

#include <millrace/chain/outcome.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/id.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/timestamp.hpp>
#include <millrace/core/version.hpp>
#include <millrace/middleware/audit_codec.hpp>
#include <millrace/middleware/audit_options.hpp>
#include <millrace/middleware/detail/audit_format.hpp>
#include <millrace/middleware/detail/audit_policies.hpp>
#include <millrace/middleware/detail/audit_record.hpp>
#include <millrace/store/line_log.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace millrace {
inline namespace v0 {

/// Writes what a chain does to a file of JSON lines: for every event an `event_start` and an
/// `event_complete`, whatever the event did, with UTC time, duration, success, error and the fields
/// that it reads (start, with the context's given ones) and writes (complete); an `event_rejected`
/// where a middleware further out failed it afterwards or kept it from starting; `session_start` and
/// `session_end` around them; and `dropped`, with a count, where records are missing.
///
///     mr::audit_log{"audit.jsonl"}
///     mr::audit_log<mr::store::shared, mr::store::drop_and_count>{"audit.jsonl", {.session_id = "run-7"}}
///     mr::audit_log{"audit.jsonl", {.log = {.sync = mr::store::sync_policy::every_group}}}
///
/// A record of success stands when it is written: an `event_complete` that says so may be followed by
/// an `event_rejected` with the same id. One with an id of its own, or behind its `event_start` alone, never
/// ran; its context is then what it would have read.
///
/// Policies, in any order, defaults first: `exclusive` or `shared` (one thread or many run the
/// chain); `block` or `drop_and_count` (when the ring is full); `strict` or `lenient` (events are
/// vetoed while the log cannot be written, or go on without it; status() tells either way); a file
/// system. The disk's refusal is seen by the log's thread, so vetoes begin with the event after that, at
/// most `max_delay_ms` later; what is lost by then stands in close() and, after it, in statistics().
/// Call close() to know; else the destructor tells `options.on_loss`. Values go in through
/// `audit_codec`; each line is strict JSON whatever they hold.
///
/// Guarantee: as `line_log`: lines up to `durable_seq()` survive a crash, and opening again goes on
/// behind the last whole line; the session_start is there before the first event. abort() and exit()
/// run no destructor of a chain: what came in the last `max_delay_ms` is lost then, the start of the
/// event that crashed with it. Where that line must be there, `options.durable_start_ms` has each event
/// wait for it.
/// Times come from the chain's clock, set to UTC about once a second. An event that took less than 4 us
/// last time is not stamped at its start, to save the clock's reading: its start line has the span's
/// start, or, written while it still runs, the time of writing.
/// Tensors stand with dtype and shape; those up to `limits.summary_bytes` also with minimum, maximum,
/// mean and the number of NaN and infinities: in the records of failed and rejected events always, else
/// in one run of the chain each `limits.summary_interval_us`. So a chain of milliseconds has them in
/// every record, and one of microseconds is not slowed by reading its tensors a second time.
/// Complexity: a copy of the fields into the ring, about 5 ns for five numbers; a read of each tensor
/// that is summarized. Allocates: for failed events, and on the log's thread.
/// Threads: as the policy says; status, wait_durable, reopen and the counters any. Chains that share a log
/// (`mr::borrow`) use one clock.
/// Rotation: as `line_log` under `options.log.when_moved`; logrotate needs no signal.
/// Fork: the child's copy refuses as on a full disk: `strict` vetoes every event, status and close say why.
template <class... Policies>
class audit_log {
  static_assert((detail::is_audit_policy<Policies> && ...),
                "millrace[AUDIT-1]: an audit_log's policies are exclusive or shared, block or drop_and_count, strict "
                "or lenient, and a file system");
  using producers = detail::policy_or<detail::is_producers, store::exclusive, Policies...>;
  using full = detail::policy_or<detail::is_full, store::block, Policies...>;
  using strictness = detail::policy_or<detail::is_strictness, strict, Policies...>;
  using files = detail::policy_or<detail::is_files, store::posix_file_system, Policies...>;
  using log_type = store::basic_line_log<detail::audit_format, producers, full, files>;

 public:
  static constexpr std::string_view name = "audit_log";
  static constexpr bool thread_safe = std::is_same_v<producers, store::shared>;

  /// Opens the log. Why it could not be opened is in status(), and with `strict` in every event.
  explicit audit_log(std::string path, audit_options options = {}, files fs = {})
      : context_(options.context),
        durable_start_ms_(options.durable_start_ms),
        limits_(options.limits),
        on_loss_(options.on_loss),
        wall_clock_(options.wall_clock),
        log_(nothing_yet()) {
    session_id_ =
        options.session_id.empty() ? make_session_id(wall_clock_(), entropy_seed()) : std::move(options.session_id);
    const std::uint64_t now = wall_clock_();
    log_ = log_type::open(std::move(path), options.log, detail::audit_format(session_id_, now, wall_clock_),
                          std::move(fs));
    if (!log_) return;
    if (limits_.record_bytes > log_->max_record() / 2) limits_.record_bytes = log_->max_record() / 2;
    shapes_only_ = limits_;
    shapes_only_.summary_bytes = 0;
    open_ = append_text(session_start(now, options));
    if (!open_) log_ = error(errc::out_of_range, "the metadata is too large for the audit log's ring");
    // If the disk will not have it, status() says so, and a strict log vetoes.
    if (open_) (void)log_->wait_durable(log_->appended_seq(), milliseconds{1'000});
  }
  /// The same, with the reason as a result.
  static result<audit_log> open(std::string path, audit_options options = {}, files fs = {}) {
    audit_log made(std::move(path), std::move(options), std::move(fs));
    if (!made.log_) return std::move(made.log_).error();
    if (result<void> told = made.status(); !told) {
      made.on_loss_ = nullptr;  // told here
      return std::move(told).error();
    }
    return made;
  }

  audit_log(audit_log&&) noexcept = default;
  audit_log& operator=(audit_log other) noexcept {
    detail::swap_members(*this, other, &audit_log::context_, &audit_log::open_, &audit_log::durable_start_ms_,
                         &audit_log::limits_, &audit_log::shapes_only_, &audit_log::on_loss_, &audit_log::wall_clock_,
                         &audit_log::counters_, &audit_log::log_, &audit_log::session_id_);
    return *this;
  }
  /// Closes, if nobody has; what close() then returns goes to `options.on_loss`.
  ~audit_log() {
    if (!log_ || !*log_ || !open_) return;
    const bool copy = log_->is_forked_copy();
    const result<void> closed = close();
    if (closed || on_loss_ == nullptr) return;
    if (copy && statistics().dropped == 0) return;  // a child that never used it misses nothing
    on_loss_(closed.error());
  }

  template <class Stage, class Context>
  result<void> before(const Stage& event, Context& ctx) {
    if (!open_ || (vetoes && !log_->healthy())) [[unlikely]]
      return refusal();
    const std::uint64_t id = counters_.begin();
    std::uint64_t time = 0;
    if (!counters_.is_quick(Stage::index)) {
      time = event.clock().nanoseconds(event.clock().ticks());
      set_clock(event, time);
    }
    if constexpr (Stage::index == 0 && detail::audit_may_summarize<Context>) {
      if (time == 0) time = event.clock().nanoseconds(event.clock().ticks());
      counters_.begin_run(time, std::uint64_t{limits_.summary_interval_us} * 1'000);
    }
    using fields = detail::merge_fields_t<typename Stage::reads, typename Context::provided>;
    const std::uint64_t seq = append<detail::audit_kind::start, Stage, fields>(ctx, detail::audit_error<>(), id, time);
    if (durable_start_ms_ != 0) [[unlikely]]
      return await_start(event, ctx, id, seq);
    return accepted(seq);
  }

  template <class Stage, class Context>
  result<void> after(const Stage& event, Context& ctx, const time_span& span, const result<void>& outcome) {
    if (!open_) [[unlikely]]
      return refusal();
    set_clock(event, span.end);
    counters_.set_quick(Stage::index, span.nanoseconds() < quick_nanoseconds);
    if (!outcome) [[unlikely]]
      return after_failure(event, ctx, span, outcome.error());
    return accepted(append<detail::audit_kind::complete, Stage, typename Stage::writes>(
        ctx, detail::audit_error<>(), counters_.current(), span.start, span.end));
  }

  template <class Stage, class Context>
  [[gnu::cold]] void rejected(const Stage& event, Context& ctx, const error& why) {
    if (!open_) return;
    const std::uint64_t id = event.reached() ? counters_.current() : counters_.begin();
    const std::uint64_t time = event.clock().nanoseconds(event.clock().ticks());
    set_clock(event, time);
    // What the disk refuses here stands in status(); the event has failed already.
    if (event.reached()) {
      counters_.reject();
      append<detail::audit_kind::rejected, Stage, typename Stage::writes>(ctx, detail::audit_error<error>(why), id,
                                                                          time);
    } else {
      never_ran<Stage>(ctx, why, id, time);
    }
  }

  /// Writes the session's end, syncs and closes the file. Again: the same result. No event may run.
  result<void> close() {
    if (!log_) return log_.error();
    if (!*log_) return {};  // moved from
    if (std::exchange(open_, false) && !log_->is_forked_copy()) append_text(session_end());
    return log_->close();
  }

  const std::string& session_id() const noexcept { return session_id_; }
  /// Why the log could not be opened, or what the disk refuses.
  result<void> status() const { return log_ ? log_->status() : result<void>(log_.error()); }

  /// Positions in the sequence of records, which only grow: behind the last one appended, behind the last
  /// one whose line is in the file, behind the last one that is durable.
  std::uint64_t appended_seq() const noexcept { return log_ ? log_->appended_seq() : 0; }
  std::uint64_t written_seq() const noexcept { return log_ ? log_->written_seq() : 0; }
  std::uint64_t durable_seq() const noexcept { return log_ ? log_->durable_seq() : 0; }
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return log_ ? log_->wait_durable(seq, timeout) : result<void>(log_.error());
  }
  result<void> flush() { return log_ ? log_->flush() : result<void>(log_.error()); }

  /// As `line_log::reopen` and `request_reopen`, which alone may be called in a signal handler.
  result<void> reopen() { return log_ ? log_->reopen() : result<void>(log_.error()); }
  void request_reopen() noexcept {
    if (log_) log_->request_reopen();
  }

  store::line_log_statistics statistics() const noexcept {
    return log_ ? log_->statistics() : store::line_log_statistics{};
  }

 private:
  static constexpr bool vetoes = std::is_same_v<strictness, strict>;
  static constexpr std::uint64_t quick_nanoseconds = 4'000;
  static constexpr std::uint64_t clock_period = 1'000'000'000;

  /// A std::chrono duration without <chrono>.
  struct milliseconds {
    struct period {
      static constexpr int num = 1;
      static constexpr int den = 1'000;
    };
    constexpr std::uint32_t count() const noexcept { return number; }
    std::uint32_t number;
  };

  static result<log_type> nothing_yet() { return error(errc::closed, "not opened"); }

  [[gnu::cold, gnu::noinline]] result<void> refusal() const {
    if constexpr (!vetoes) return {};
    if (!log_) return log_.error();
    if (result<void> told = log_->status(); !told) return told;
    if (!open_) return error(errc::closed, "the audit log \"" + log_->path() + "\" is closed");
    return error(errc::unavailable, "the audit log \"" + log_->path() +
                                        "\" did not take a record: it was full, or the record larger than it takes");
  }

  /// What a hook returns whose record went in at `seq`.
  [[gnu::always_inline]] inline result<void> accepted(std::uint64_t seq) const {
    if (seq == 0 && full::waits) [[unlikely]]
      return refusal();
    return {};
  }

  template <class Stage, class Context>
  [[gnu::cold, gnu::noinline]] result<void> await_start(const Stage& event, const Context& ctx, std::uint64_t id,
                                                        std::uint64_t seq) {
    result<void> durable = seq != 0 ? log_->wait_durable(seq, milliseconds{durable_start_ms_}) : refusal();
    if (durable || !vetoes) return {};
    never_ran<Stage>(ctx, durable.error(), id, event.clock().nanoseconds(event.clock().ticks()));
    return durable;
  }

  /// An event that never ran has written nothing: what it would have read may be why.
  template <class Stage, class Context>
  void never_ran(const Context& ctx, const error& why, std::uint64_t id, std::uint64_t time) {
    counters_.reject();
    using given = detail::merge_fields_t<typename Stage::reads, typename Context::provided>;
    append<detail::audit_kind::rejected, Stage, given>(ctx, detail::audit_error<error>(why), id, time);
  }

  /// Tells the log's thread, about once a second, what UTC it is at a moment of the chain's clock.
  template <class Stage>
  [[gnu::always_inline]] inline void set_clock(const Stage& event, std::uint64_t now) {
    if (counters_.clock_is_set(now, clock_period)) [[likely]]
      return;
    anchor(event);
  }
  template <class Stage>
  [[gnu::cold, gnu::noinline]] void anchor(const Stage& event) {
    std::uint64_t chain_time = 0;
    std::uint64_t unix_time = 0;
    std::uint64_t width = ~std::uint64_t{0};
    for (int tries = 0; tries < 3 && width > 2'000; ++tries) {
      const std::uint64_t begin = event.clock().nanoseconds(event.clock().ticks());
      const std::uint64_t utc = wall_clock_();
      const std::uint64_t end = event.clock().nanoseconds(event.clock().ticks());
      if (end - begin >= width) continue;
      width = end - begin;
      chain_time = begin + width / 2;
      unix_time = utc;
    }
    const detail::audit_schema* const schema = &detail::anchor_schema;
    if (log_->try_append(sizeof schema + 16,
                         [&](std::byte* at) { detail::put_all(at, schema, chain_time, unix_time); }) != 0)
      counters_.set_clock(chain_time);
  }

  template <class Stage, class Context>
  [[gnu::cold, gnu::noinline]] result<void> after_failure(const Stage&, const Context& ctx, const time_span& span,
                                                          const error& why) {
    counters_.fail();
    return accepted(append<detail::audit_kind::failed, Stage, typename Stage::writes>(
        ctx, detail::audit_error<error>(why), counters_.current(), span.start, span.end));
  }

  /// One record: its description, `head`, for a failure the error, and the fields of List that the
  /// context has. Returns where it stands, or 0.
  template <detail::audit_kind Kind, class Stage, class List, class Context, class Failure, class... Head>
  [[gnu::always_inline]] inline std::uint64_t append(const Context& ctx, const Failure& failure, const Head&... head) {
    using list = typename detail::present_fields<Context, List>::type;
    using fields = detail::audit_fields<list>;
    constexpr bool failed = Kind == detail::audit_kind::failed || Kind == detail::audit_kind::rejected;
    const audit_limits& limits =
        failed || !detail::audit_may_summarize<Context> || counters_.summarizes() ? limits_ : shapes_only_;
    const std::size_t before_fields = sizeof(void*) + (sizeof(Head) + ...) + failure.size(limits);
    if (context_) [[likely]] {
      const detail::audit_schema* const schema = &detail::event_schema<Kind, Stage, list>;
      return log_->append(before_fields + fields::size(ctx, limits, before_fields), [&](std::byte* at) {
        fields::write(failure.write(detail::put_all(at, schema, head...), limits), ctx, limits, before_fields);
      });
    } else {
      const detail::audit_schema* const schema = &detail::bare_schema<Kind, Stage>;
      return log_->append(before_fields,
                          [&](std::byte* at) { failure.write(detail::put_all(at, schema, head...), limits); });
    }
  }

  bool append_text(const std::string& line) {
    const detail::audit_schema* const schema = &detail::text_schema;
    return log_->append(sizeof schema + line.size(),
                        [&](std::byte* at) { std::memcpy(detail::put(at, schema), line.data(), line.size()); }) != 0;
  }
  std::string session_start(std::uint64_t now, const audit_options& options) const {
    std::string line;
    json_writer json(line);
    json.begin_object().member("type", "session_start").member("session_id", session_id_);
    json.member("timestamp", to_iso8601(now)).member("library", "millrace " MILLRACE_VERSION_STRING);
    json.key("metadata").begin_object();
    for (const auto& [key, value] : options.metadata) {
      json.key(key);
      std::visit([&](const auto& held) { json.value(held); }, value);
    }
    json.end_object();
    if (const store::tail_repair& repaired = log_->repaired()) {
      json.key("repaired").begin_object().member("offset", repaired.offset);
      json.member("removed_bytes", repaired.removed_bytes).member("kept_in", log_->path() + ".torn").end_object();
    }
    json.end_object();
    return line;
  }
  std::string session_end() const {
    std::string line;
    json_writer json(line);
    json.begin_object().member("type", "session_end").member("session_id", session_id_);
    json.member("timestamp", to_iso8601(wall_clock_())).member("events", counters_.events());
    json.member("failures", counters_.failures()).member("rejected", counters_.rejected()).end_object();
    return line;
  }

  bool context_;
  bool open_ = false;
  std::uint32_t durable_start_ms_;
  audit_limits limits_;
  audit_limits shapes_only_;
  void (*on_loss_)(const error&) noexcept;
  std::uint64_t (*wall_clock_)() noexcept;
  detail::audit_counters<producers> counters_;
  result<log_type> log_;
  std::string session_id_;
};

audit_log(std::string) -> audit_log<>;
audit_log(std::string, audit_options) -> audit_log<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP
