#ifndef MILLRACE_OBSERVE_AUDIT_AUDIT_TRAIL_HPP
#define MILLRACE_OBSERVE_AUDIT_AUDIT_TRAIL_HPP

#include <millrace/core/detail/duration_nanoseconds.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_draft.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_policies.hpp>
#include <millrace/observe/audit/detail/trail_record.hpp>
#include <millrace/observe/audit/detail/trail_recovery.hpp>
#include <millrace/observe/audit/detail/trail_writer.hpp>
#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>
#include <millrace/store/transparency/tree_head.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Keeps audit events as evidence, in a folder: nobody can change, remove, insert or move one unseen.
///
///     auto trail = mr::observe::audit_trail<>::open("audit");
///     if (!trail) return std::move(trail).error();
///     trail->append({.kind = mr::observe::audit_kinds::model_deployed, .actor = "alice", .object = "model/churn/3"});
///     auto index = trail->append_durable({...});               // waits, and says which record it is
///     mr::store::write_file("/elsewhere/head", to_text(trail->head()));
///
/// Producers copy an event into a ring; one thread turns events into records, hashes them into the Merkle tree of RFC
/// 6962, and writes and syncs them in groups. `verify_trail` finds what was tampered with, `read_trail` reads.
///
/// Policies, in any order, defaults first:
/// - `store::exclusive` or `store::shared`: one thread appends at a time, or many at once
/// - `store::block` or `store::drop_and_count`: an event that finds the ring full waits, or is dropped; a record says
///   how many were
/// - `unsigned_heads`, or a `store::signer`, such as `store::ed25519_private_key`, which signs tree heads into the
/// trail
/// - a `store::segment_file_system`
///
/// Files: a segment for each day in UTC on which records were written, and a new one when it has reached
/// `options.segment_bytes`; its name has the day and the index of its first record.
/// Guarantee: records are whole, and numbered from 0 without a gap in the order of the ring. Those at or below
/// `durable_seq()` survive a crash of the process, and of the machine if the disk keeps what it has synced. `open`
/// refuses a trail whose last segment was tampered with, and cuts a torn end off, of which a record is made.
/// What it cannot show: an unsigned trail that was written anew as a whole, or cut at its end, by somebody who may
/// write the files, unless a tree head was kept elsewhere; and whoever has the key can sign what he likes. Complexity:
/// an append is a copy into the ring. Allocates: when opened, and on the trail's thread. Threads: append as the policy
/// says; everything else but move and close from any. Errors: as `store::line_log`: on a full disk the trail tries
/// again until there is room, any other failure is final; `status()` says why, and nothing that was acknowledged as
/// durable is lost. Each sync looks whether the segment and the lock are still at their paths: where they were deleted,
/// renamed or replaced, alone or with their folder, that is such a failure (not_found, with the file), and nothing is
/// acknowledged any more. Fork: the child's copy refuses every event; the parent's trail goes on.
template <class... Policies>
class audit_trail {
  static_assert((detail::is_trail_policy<Policies> && ...),
                "millrace[AUDIT-3]: an audit_trail's policies are exclusive or shared, block or drop_and_count, "
                "unsigned_heads or a signer, and a segment_file_system");
  using producers = detail::policy_or<detail::is_trail_producers, store::exclusive, Policies...>;
  using full = detail::policy_or<detail::is_trail_full, store::block, Policies...>;
  using files = detail::policy_or<detail::is_trail_files, store::posix_file_system, Policies...>;
  using key_type = detail::policy_or<detail::is_trail_key, unsigned_heads, Policies...>;
  using writer = detail::trail_writer<producers, files, key_type>;

 public:
  /// Opens or begins the trail in a folder, which is made if its parent is there; takes its lock, repairs its end, and
  /// starts its thread.
  /// Errors: unavailable: another writer has it; corrupt: it was tampered with, or is no trail, with the place; those
  /// of the system.
  static result<audit_trail> open(std::string folder, const audit_trail_options& options = {}, key_type key = {},
                                  files fs = {}) {
    std::string absolute = store::absolute_path(folder);
    auto opened = detail::trail_opener<files>(absolute, options, fs).open();
    if (!opened) return std::move(opened).error();
    audit_trail trail(
        new writer(std::move(folder), std::move(absolute), options, std::move(fs), std::move(key), *std::move(opened)));
    if (const int why = trail.writer_->start(); why != 0)
      return store::system_error(why, "start the writer of", trail.writer_->path());
    return trail;
  }

  audit_trail(audit_trail&& other) noexcept : writer_(std::exchange(other.writer_, nullptr)) {}
  audit_trail& operator=(audit_trail other) noexcept {
    std::swap(writer_, other.writer_);
    return *this;
  }
  /// Closes the trail and drops the error that close() would return.
  ~audit_trail() {
    if (writer_ == nullptr) return;
    const bool forked = writer_->forked();
    (void)writer_->close();
    if (!forked) delete writer_;  // as in line_log: to destroy a copy's condition variables would hang
  }

  /// False after a move; then only this question, assignment and destruction are allowed.
  explicit operator bool() const noexcept { return writer_ != nullptr; }

  /// Appends an event. Returns its position, which only grows: it is durable once `durable_seq()` has reached it.
  /// Returns 0 if it was dropped or refused, is larger than the ring takes, or is none that a trail may hold, which
  /// `validate(event)` explains. Complexity: the copy; while there is room, no lock. Allocates: never.
  std::uint64_t append(const audit_event& event) noexcept {
    const std::size_t size = detail::queued_bytes(event);
    if (size == 0) [[unlikely]]
      return 0;
    return writer_->template append<full>(
        size, [&](const store::ring_slot& slot) { detail::put_queued(slot.data, event, 0); });
  }
  /// Appends what a draft says, or a value of a program's own type. Returns 0 too if it is no event, which
  /// `audit_draft(value).event()` explains. Allocates: what the draft does.
  template <class T>
  requires(audit_describable<T> || std::is_same_v<T, audit_draft>)
  std::uint64_t append(const T& value) {
    const auto appended = with_event(value, [&](const audit_event& event) { return append(event); });
    return appended ? *appended : 0;
  }
  /// Appends an event, waits until it is durable, and returns its index in the trail.
  /// Errors: invalid_argument: it is none that a trail may hold; no_space: it is too large, or there was no room for
  /// it; closed; those of `status`.
  result<std::uint64_t> append_durable(const audit_event& event) {
    const std::size_t size = detail::queued_bytes(event);
    if (auto valid = validate(event); !valid) return std::move(valid).error();
    if (size == 0)
      return error(errc::no_space, "an audit event is larger than the " + std::to_string(detail::max_event_bytes) +
                                       " bytes that a trail takes");
    const std::uint64_t seq = writer_->template append<full>(
        size, [&](const store::ring_slot& slot) { detail::put_queued(slot.data, event, slot.end); });
    if (seq == 0) return no_room(size);
    if (auto durable = writer_->wait_durable(seq, std::uint64_t{1} << 61); !durable) return std::move(durable).error();
    const std::uint64_t index = writer_->take_receipt(seq);
    if (index == ~std::uint64_t{0}) return error(errc::unavailable, "the event is durable; its index was not kept");
    return index;
  }

  /// The same of what a draft says, or of a value of a program's own type. Errors: those of `audit_draft::event` too.
  template <class T>
  requires(audit_describable<T> || std::is_same_v<T, audit_draft>)
  result<std::uint64_t> append_durable(const T& value) {
    return with_event(value, [&](const audit_event& event) { return append_durable(event); });
  }

  /// False while the disk refuses, and in a forked copy. Complexity: one load.
  bool healthy() const noexcept { return writer_->healthy(); }
  /// Success, or the error with which the disk refuses, at the moment or for good.
  result<void> status() const { return writer_->status(); }

  /// How far the trail is, as positions that `append` returns: of the last event that was appended, that is in the
  /// file, and that is durable.
  std::uint64_t appended_seq() const noexcept { return writer_->ring.head(); }
  std::uint64_t written_seq() const noexcept { return writer_->written.load_acquire(); }
  std::uint64_t durable_seq() const noexcept { return writer_->durable.load_acquire(); }

  /// Has the event at `seq` synced and waits for that, at most `timeout`, any std::chrono duration.
  /// Errors: timeout; closed; out_of_range (`seq` was never appended); those of `status`.
  template <class Duration>
  result<void> wait_durable(std::uint64_t seq, const Duration& timeout) {
    return writer_->wait_durable(seq, detail::duration_nanoseconds(timeout));
  }
  /// Waits until everything appended so far is durable.
  result<void> flush() { return writer_->wait_durable(appended_seq(), std::uint64_t{1} << 61); }
  /// Writes and syncs the rest, marks the trail as closed, closes the files. A second call returns the same result.
  /// Precondition: no append runs.
  /// Errors: those of `status`, if records are not durable; of the files on closing; of the key, if it did not sign.
  result<void> close() { return writer_->close(); }

  /// What the trail has committed to that is durable: keep it where who writes the trail cannot change it, and give it
  /// to `verify_trail` later.
  store::tree_head head() const { return writer_->head(); }
  /// Which trail this is, as tree heads say it: 32 hexadecimal digits.
  const std::string& origin() const noexcept { return writer_->origin(); }

  /// Erases values of personal data: overwrites them and the random bytes beside them in the files, once records that
  /// say so are durable. The trail stays verifiable. Values that are erased already are left out.
  /// Returns how many were erased. What the disk itself keeps of old blocks, and copies of the files, it cannot reach.
  /// Complexity: reads the segments that have the records. Waits until it is done.
  /// Errors: not_found: there is no such record or field; invalid_argument: it was not recorded as personal data, or no
  /// actor is named; no_space: actor and reason are too long for a record; nothing is erased then. Those of `status`.
  result<std::uint64_t> erase(std::span<const personal_value> values, std::string_view actor, std::string_view reason) {
    if (auto said = says_who(actor, reason); !said) return std::move(said).error();
    if (values.empty()) return std::uint64_t{0};
    std::vector<personal_value> sorted(values.begin(), values.end());
    detail::heap_sort(sorted.data(), sorted.size(),
                      [](const personal_value& a, const personal_value& b) { return a.index < b.index; });
    detail::upkeep what;
    what.values = sorted;
    what.actor = actor;
    what.reason = reason;
    return writer_->ask(what);
  }
  result<std::uint64_t> erase(const personal_value& value, std::string_view actor, std::string_view reason) {
    return erase(std::span(&value, 1), actor, reason);
  }
  /// Removes the first segments, as long as all their records are older than `unix_nanoseconds`, and never the last
  /// one. Their leaves' hashes stay in `<segment>.hashes`, so that all proofs stay valid; a record says what was
  /// pruned. Returns how many records were pruned. Waits until it is done. Complexity: verifies what it removes; the
  /// segments from there on are read for records of what was erased in it. Errors: corrupt: a segment is not what was
  /// committed to, and stays; invalid_argument, no_space: as of `erase`; those of `status` and of files.
  result<std::uint64_t> prune(std::uint64_t unix_nanoseconds, std::string_view actor, std::string_view reason) {
    if (auto said = says_who(actor, reason); !said) return std::move(said).error();
    detail::upkeep what;
    what.before = unix_nanoseconds;
    what.actor = actor;
    what.reason = reason;
    return writer_->ask(what);
  }

  /// True in a forked child, whose copy of the trail refuses every event.
  bool is_forked_copy() const noexcept { return writer_->forked(); }
  audit_trail_statistics statistics() const noexcept { return writer_->statistics(); }
  /// What `open` had to mend.
  const trail_repair& repaired() const noexcept { return writer_->repaired(); }
  /// The folder.
  const std::string& path() const noexcept { return writer_->path(); }

 private:
  explicit audit_trail(writer* owned) noexcept : writer_(owned) {}

  /// Calls f with the event that a value becomes.
  template <class T, class F>
  static result<std::uint64_t> with_event(const T& value, const F& f) {
    if constexpr (audit_describable<T>) {
      return with_event(audit_draft(value), f);
    } else {
      const auto event = value.event();
      if (!event) return event.error();
      return f(*event);
    }
  }
  /// Whether the record of an erasure or a pruning can say who did it, within the bounds of other events.
  result<void> says_who(std::string_view actor, std::string_view reason) const {
    if (actor.empty()) return error(errc::invalid_argument, "what is removed from \"" + path() + "\" needs an actor");
    if (actor.size() > writer_->ring.max_size() || reason.size() > writer_->ring.max_size() - actor.size())
      return no_room(actor.size() + reason.size());
    return {};
  }
  error no_room(std::size_t size) const {
    if (auto well = status(); !well) return std::move(well).error();
    if (size > writer_->ring.max_size())
      return error(errc::no_space, "an audit event of " + std::to_string(size) + " bytes is too large for \"" + path() +
                                       "\", which takes " + std::to_string(writer_->ring.max_size()));
    if ((writer_->attention.load_relaxed() & writer::closed) != 0)
      return error(errc::closed, '"' + path() + "\" is closed");
    return error(errc::no_space, "an audit event found no room in the ring of \"" + path() + '"');
  }

  writer* writer_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_AUDIT_TRAIL_HPP
