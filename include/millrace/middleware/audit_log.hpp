#ifndef MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP
#define MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP

#include <millrace/chain/outcome.hpp>
#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
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

/// Writes what a chain does to a file of JSON lines, each with a type, the session's id and UTC time:
/// - `session_start` and `session_end`: the first and the last line
/// - `event_start`: an event's name and number, the fields that it reads, and those given to the context
/// - `event_complete`: always follows an `event_start` of an event that ran; duration, success, error, the fields that
///   the event writes
/// - `event_rejected`: a middleware further out failed the event afterwards, or kept it from starting
/// - `dropped`: how many records are missing here
///
///     mr::audit_log{"audit.jsonl"}
///     mr::audit_log<mr::store::shared, mr::store::drop_and_count>{"audit.jsonl", {.session_id = "run-7"}}
///     mr::audit_log{"audit.jsonl", {.log = {.sync = mr::store::sync_policy::every_group}}}
///
/// No line is changed later: an `event_complete` with success may be followed by an `event_rejected` with the same
/// event id. An `event_rejected` with an id of its own, or after an `event_start` alone, is about an event that never
/// ran; its context is then what the event would have read.
///
/// Policies, in any order, defaults first:
/// - `exclusive` or `shared`: one thread runs the chain, or many at once
/// - `block` or `drop_and_count`: a record that finds the ring full waits, or is dropped
/// - `strict` or `lenient`: while the log cannot be written, events are vetoed, or run unrecorded; status() tells
///   either way
/// - a file system: see store/file_system.hpp
/// - `merkle_proofs` (middleware/merkle_proofs.hpp): lines say what all before them hash to, so that none can be
/// changed,
///   removed or added unseen
///
/// The log's own thread writes the file and finds out that the disk refuses. Events are vetoed from then on, and those
/// of the `options.log.max_delay_ms` before may be lost. close() returns that error, and statistics() counts the lost
/// records afterwards; if the program does not call close(), the destructor reports the error to `options.on_loss`.
///
/// Times come from the chain's clock, which the log compares with UTC about once a second. If an event took less than 4
/// us last time, the log does not read the clock at its start, to save the time. Its start line then gets the start of
/// the event's span or, if it is written while the event still runs, the time of writing.
///
/// Values go through `audit_codec`. A tensor is recorded with dtype and shape; one of up to `limits.summary_bytes` also
/// with minimum, maximum, mean and the number of NaN and infinities: always for failed and rejected events, else in one
/// run of the chain every `limits.summary_interval_us`. So a chain that takes milliseconds has them in every record,
/// and one that takes microseconds is not slowed down by reading its tensors a second time.
///
/// Guarantee: that of `line_log`: lines up to `durable_seq()` survive a crash, and a log opened again continues after
/// the last whole line. Every line is strict JSON, whatever the values hold. The session_start is written before the
/// first event. abort() and exit() destroy no local chain, so they lose the records of the last
/// `options.log.max_delay_ms`, also the start of the event that crashed; with `options.durable_start_ms` events wait
/// until that line is durable.
/// Complexity: a copy of the fields into the ring, about 5 ns for five numbers; one read of each tensor that is
/// summarized.
/// Allocates: for failed events, and on the log's thread.
/// Threads: as the policy says for the chain; status, wait_durable, reopen and the counters from any. Chains that share
/// a log through `mr::borrow` must have the same clock.
/// Errors: with `strict`, an event fails with status()'s error or, under `block`, with unavailable if the log did not
/// take its record.
/// Rotation: as `line_log` does it, by `options.log.when_moved`; logrotate need not send a signal. Under the default,
/// `moved_policy::reopen`, the lines in a file that somebody deletes are lost, also those that were durable, and the
/// log goes on in a new one; under `moved_policy::refuse` it fails until `reopen`, and a `strict` log then lets no
/// event run. Fork: the child's copy refuses as if the disk were full: `strict` vetoes every event, status and close
/// say why.
template <class... Policies>
class audit_log {
  static_assert((detail::is_audit_policy<Policies> && ...),
                "millrace[AUDIT-1]: an audit_log's policies are exclusive or shared, block or drop_and_count, strict "
                "or lenient, a file system, and merkle_proofs");
  using producers = detail::policy_or<detail::is_producers, store::exclusive, Policies...>;
  using full = detail::policy_or<detail::is_full, store::block, Policies...>;
  using strictness = detail::policy_or<detail::is_strictness, strict, Policies...>;
  using files = detail::policy_or<detail::is_files, store::posix_file_system, Policies...>;
  using proofs = detail::policy_or<detail::is_proofs, detail::no_proofs, Policies...>;
  using line_tree = typename proofs::line_tree;
  using log_type = store::basic_line_log<detail::audit_format<line_tree>, producers, full, files>;
  static constexpr bool proves = !std::is_empty_v<line_tree>;

 public:
  static constexpr std::string_view name = "audit_log";
  static constexpr bool thread_safe = std::is_same_v<producers, store::shared>;

  /// Opens the log and waits up to a second until its first line is durable. If it cannot be opened, status() returns
  /// the reason, and with `strict` every event fails with it.
  explicit audit_log(std::string path, audit_options options = {}, files fs = {})
      : context_(options.context),
        durable_start_ms_(options.durable_start_ms),
        limits_(options.limits),
        on_loss_(options.on_loss),
        wall_clock_(options.wall_clock),
        tree_(proves ? new line_tree : nullptr),
        log_(nothing_yet()) {
    session_id_ =
        options.session_id.empty() ? make_session_id(wall_clock_(), entropy_seed()) : std::move(options.session_id);
    const std::uint64_t now = wall_clock_();
    log_ = log_type::open(std::move(path), options.log,
                          detail::audit_format<line_tree>(session_id_, now, wall_clock_, tree_.get()), std::move(fs));
    if (!log_) return;
    if (limits_.record_bytes > log_->max_record() / 2) limits_.record_bytes = log_->max_record() / 2;
    shapes_only_ = limits_;
    shapes_only_.summary_bytes = 0;
    open_ = append_text(session_start(now, options));
    if (!open_) log_ = error(errc::out_of_range, "the metadata is too large for the audit log's ring");
    // If the disk refuses the line, status() says so, and a strict log vetoes.
    if (open_) (void)log_->wait_durable(log_->appended_seq(), milliseconds{1'000});
  }
  /// Opens the log as the constructor does, and returns the error if it cannot be opened or written.
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
                         &audit_log::counters_, &audit_log::tree_, &audit_log::log_, &audit_log::session_id_);
    return *this;
  }
  /// Closes the log unless it is closed; passes an error of close() to `options.on_loss`.
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
    std::uint64_t time = detail::no_time;
    if (!counters_.is_quick(Stage::index)) {
      time = event.clock().nanoseconds(event.clock().ticks());
      set_clock(event, time);
    }
    if constexpr (Stage::index == 0 && detail::audit_may_summarize<Context>) {
      if (time == detail::no_time) time = event.clock().nanoseconds(event.clock().ticks());
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

  /// Writes the session's end, syncs and closes the file. A second call returns the same result.
  /// Precondition: no event runs.
  result<void> close() {
    if (!log_) return log_.error();
    if (!*log_) return {};  // moved from
    if (std::exchange(open_, false) && !log_->is_forked_copy()) append_text(session_end());
    return log_->close();
  }

  const std::string& session_id() const noexcept { return session_id_; }
  /// With `merkle_proofs`: what the lines of this session hashed to at the last line of type `tree_head`; once the log
  /// is closed, all of them. Keep it where who may write the file cannot change it, and give it to `verify_audit_log`.
  /// Threads: any.
  auto head() const
  requires proves
  {
    return tree_->head(session_id_);
  }
  /// Success while the log can be written; else why it could not be opened, or what the disk refuses.
  result<void> status() const { return log_ ? log_->status() : result<void>(log_.error()); }

  /// How far the log is, as positions, which only grow and count bytes of memory, not lines: the end of the last record
  /// that was appended, whose line is in the file, and whose line is durable. 0 if the log was not opened.
  std::uint64_t appended_seq() const noexcept { return log_ ? log_->appended_seq() : 0; }
  std::uint64_t written_seq() const noexcept { return log_ ? log_->written_seq() : 0; }
  std::uint64_t durable_seq() const noexcept { return log_ ? log_->durable_seq() : 0; }
  /// Has the record at `seq` synced and waits for that, at most `timeout`, any std::chrono duration.
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return log_ ? log_->wait_durable(seq, timeout) : result<void>(log_.error());
  }
  /// Waits until everything appended so far is durable.
  result<void> flush() { return log_ ? log_->flush() : result<void>(log_.error()); }

  /// As in `line_log`. Of the two, only `request_reopen` may be called in a signal handler.
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
  static constexpr std::uint64_t clock_period = 1'000'000'000;  // nanoseconds

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

  /// What a hook returns after `append` returned `seq`, which is 0 if the record was not taken.
  [[gnu::always_inline]] inline result<void> accepted(std::uint64_t seq) const {
    if (seq == 0 && full::waits) [[unlikely]]
      return refusal();
    return {};
  }

  /// Waits until the start of an event, appended at `seq`, is durable.
  template <class Stage, class Context>
  [[gnu::cold, gnu::noinline]] result<void> await_start(const Stage& event, const Context& ctx, std::uint64_t id,
                                                        std::uint64_t seq) {
    result<void> durable = seq != 0 ? log_->wait_durable(seq, milliseconds{durable_start_ms_}) : refusal();
    if (durable || !vetoes) return {};
    never_ran<Stage>(ctx, durable.error(), id, event.clock().nanoseconds(event.clock().ticks()));
    return durable;
  }

  /// Records that an event never ran. It has written nothing, so the record holds what it would have read.
  template <class Stage, class Context>
  void never_ran(const Context& ctx, const error& why, std::uint64_t id, std::uint64_t time) {
    counters_.reject();
    using given = detail::merge_fields_t<typename Stage::reads, typename Context::provided>;
    append<detail::audit_kind::rejected, Stage, given>(ctx, detail::audit_error<error>(why), id, time);
  }

  /// Appends, about once a second, a record that says which UTC belongs to a moment of the chain's clock.
  template <class Stage>
  [[gnu::always_inline]] inline void set_clock(const Stage& event, std::uint64_t now) {
    if (counters_.clock_is_set(now, clock_period)) [[likely]]
      return;
    anchor(event);
  }
  /// Reads both clocks at nearly one moment: keeps the shortest of up to three tries, and stops at one of up to 2 us.
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

  /// Appends a record: the pointer to its schema, `head`, for a failure the error, and those fields of List that the
  /// context has. Returns its position, or 0 if the log did not take it.
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
    if constexpr (proves) json.member("proofs", line_tree::scheme);
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
  detail::owning_pointer<line_tree> tree_;  // outlives the log, whose thread uses it
  result<log_type> log_;
  std::string session_id_;
};

audit_log(std::string) -> audit_log<>;
audit_log(std::string, audit_options) -> audit_log<>;

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MIDDLEWARE_AUDIT_LOG_HPP
