#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_WRITER_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_WRITER_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/result.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/audit/detail/trail_record.hpp>
#include <millrace/observe/audit/detail/trail_recovery.hpp>
#include <millrace/observe/audit/detail/trail_segment.hpp>
#include <millrace/observe/audit/detail/trail_upkeep.hpp>
#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/log_worker.hpp>
#include <millrace/store/transparency/tree_head.hpp>

#include <charconv>
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
namespace detail {

/// What somebody asks of the thread, one at a time: to erase values, or to prune segments. It stands on the stack of
/// whoever waits for it.
struct upkeep {
  std::span<const personal_value> values;  // in the order of the records; empty: prune
  std::uint64_t before = 0;
  std::string_view actor;
  std::string_view reason;
  result<std::uint64_t> done = std::uint64_t{0};  // how many values or records
  bool finished = false;
};

/// The state of an audit trail, on the heap: the thread that turns events into records, hashes them, writes them in
/// groups, each with its commit, and syncs them.
template <class Producers, class FileSystem, class Signer>
class trail_writer : public store::log_worker<trail_writer<Producers, FileSystem, Signer>, Producers> {
  using base = store::log_worker<trail_writer, Producers>;
  friend base;
  static constexpr bool has_key = !std::is_same_v<Signer, unsigned_heads>;

 public:
  using base::attention, base::durable, base::written, base::ring;

  /// `folder` is as the caller named it, `absolute` the same from the root.
  trail_writer(std::string folder, std::string absolute, const audit_trail_options& options, FileSystem fs, Signer key,
               opened_trail<FileSystem> opened)
      : base({options.sync, options.sync_interval_ms, options.max_delay_ms, options.ring_bytes, options.diagnostics},
             error(errc::unavailable, "cannot write to \"" + folder + "\": out of memory")),
        path_(std::move(folder)),
        folder_(std::move(absolute)),
        lock_path_(path_in(folder_, lock_name)),
        options_(options),
        fs_(std::move(fs)),
        key_(std::move(key)),
        opened_(std::move(opened)) {
    written_root_ = durable_root_ = {opened_.committed, opened_.committed_root};
    group_.reserve(2 * group_bytes);
  }

  const std::string& path() const noexcept { return path_; }
  const std::string& origin() const noexcept { return opened_.origin; }
  const trail_repair& repaired() const noexcept { return opened_.repaired; }

  store::tree_head head() const {
    const lock_guard held(mutex_);
    return {opened_.origin, durable_root_, durable_time_};
  }
  audit_trail_statistics statistics() const noexcept {
    return {records_.load_relaxed(),  bytes_.load_relaxed(),   groups_.load_relaxed(),  syncs_.load_relaxed(),
            segments_.load_relaxed(), dropped_.load_relaxed(), unsigned_.load_relaxed()};
  }

  /// The index of the record that was appended at this position by `receipt`. Precondition: it is durable.
  std::uint64_t take_receipt(std::uint64_t seq) noexcept {
    const lock_guard held(mutex_);
    for (std::size_t i = 0; i < receipts_.size(); ++i) {
      if (receipts_[i].seq != seq) continue;
      const std::uint64_t index = receipts_[i].index;
      receipts_[i] = receipts_.back();
      receipts_.pop_back();
      return index;
    }
    return ~std::uint64_t{0};
  }

  /// Has the thread do this, and waits for it.
  result<std::uint64_t> ask(upkeep& what) {
    if (this->forked()) return this->forked_error();
    const lock_guard in_turn(asking_);
    const lock_guard held(mutex_);
    if (!this->ended_) asked_ = &what;
    this->wake_held();
    while (!what.finished) {
      if (this->ended_) return error(errc::closed, '"' + path_ + "\" is closed");
      progress_.wait_for(mutex_, 100 * millisecond);
    }
    return what.done;
  }

 private:
  using base::broken_, base::gathered_, base::dropped_, base::syncs_, base::millisecond, base::mutex_, base::progress_;
  using base::refuse, base::tell, base::out_of_memory, base::recover;

  static constexpr std::size_t group_bytes = std::size_t{1} << 18;
  static constexpr std::size_t most_receipts = 65'536;

  // ---- what the worker asks for

  void serve() noexcept {
    const lock_guard held(mutex_);
    if (asked_ == nullptr || this->status_) return;
    // What was begun on a full disk may still be done; what was not, the caller may ask for again.
    if (broken_ || doing_ == nullptr) answer_held(this->status_.error());
  }

  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    const bool moved = write_and_sync(stopping, synced_at);
    if (broken_) serve();  // who waits need not wait for the next round, which is long in coming
    return moved;
  }
  bool write_and_sync(bool stopping, std::uint64_t& synced_at) noexcept {
    if (group_.empty()) {
      if (!rotate_if_due()) return false;
      gather();
    }
    this->tell_room();
    const bool moved = !group_.empty();
    if (broken_ || (moved && !write_group())) return false;
    written.store_release(gathered_);
    const std::uint64_t now = steady_clock().ticks();
    // The trail's own records are behind no position that somebody could wait for.
    const bool own = durable.load_relaxed() == gathered_ && durable_root_.size != written_root_.size;
    if (this->sync_due(stopping, now, synced_at) || own || doing_ != nullptr) {
      synced_at = now;
      if (!sync_segment() || !finish_upkeep()) return false;
    }
    return moved;
  }

  /// After the thread's end: the mark that says that the trail was closed in order.
  result<void> close_file() {
    refusal no;
    result<void> lost;
    if (!this->forked()) {
      if (!broken_ && opened_.segment.is_open()) {
        if (group_.empty())
          no = end_segment(trail_closed);
        else
          no = opened_.segment.trim(fs_);  // of a group that found no room, a part may be there
      }
      answer(error(errc::closed, '"' + path_ + "\" is closed"));
      // Nor is there a trail to go on with if it is gone with its last records.
      if (!broken_ && !no)
        if (const moved_file moved = find_moved()) lost = base::moved_error(*moved.path, moved.place);
    }
    const refusal at_close = opened_.segment.close(fs_);
    if (opened_.lock >= 0) fs_.close(std::exchange(opened_.lock, -1));
    if (!no) no = at_close;
    if (no) return store::system_error(no.why, no.what, opened_.segment.path());
    if (!lost) return lost;
    if (!signing_) return std::move(signing_).error().wrap("the last tree head of \"" + path_ + "\" is not signed");
    return {};
  }
  std::uint64_t count_unwritten() noexcept { return group_records_ + this->count_left(); }

  // ---- events to records

  /// Turns waiting events into a group of records and its commit.
  void gather() noexcept {
    try {
      now_ = options_.wall_clock();
      begin_upkeep();
      if (broken_) return;
      report_repair();
    } catch (...) {
      return out_of_memory();
    }
    bool well = true;
    const auto append = [&](const std::byte* event, record_origin origin) noexcept {
      const std::size_t before = group_.size();
      try {
        const std::uint64_t index = opened_.tree.size() + group_records_;
        if (records_writer_.append(group_, index, now_, origin, event)) {
          ++group_records_;
          return true;
        }
        this->tell([&] {
          return error(errc::unavailable, "cannot write to \"" + path_ + "\": the system has no random bytes");
        });
        broken_ = true;
      } catch (...) {
        out_of_memory();
      }
      records_writer_.forget_from(before);
      group_.resize(before);
      return well = false;
    };
    const auto note_dropped = [&](std::uint32_t count) noexcept {
      dropped_.add_relaxed(count);
      std::byte event[256];
      append(dropped_event(count, event), record_origin::trail);
    };
    const std::uint64_t reached = ring.drain([&](const std::byte* event, std::size_t, std::uint32_t dropped) noexcept {
      if (dropped != 0) note_dropped(dropped);
      const auto wanted = load_number<std::uint64_t>(event);
      if (!well || !append(event, record_origin::program)) {
        dropped_.add_relaxed(1);
        return false;
      }
      if (wanted != 0) keep_receipt(wanted);
      return group_.size() < group_bytes;
    });
    if (well && group_.empty())
      if (const std::uint32_t dropped = ring.take_dropped(); dropped != 0) note_dropped(dropped);
    if (!broken_) gathered_ = reached;
    if (group_records_ == 0 || broken_) return;
    try {
      commit_group();
    } catch (...) {
      out_of_memory();
    }
  }
  /// Hashes the group's records, adds them to the tree, and puts the commit behind them.
  void commit_group() {
    note_times();
    opened_.tree.append(records_writer_.hash(group_));
    append_commit_of(no_mark);
    written_root_ = opened_.tree.root();
  }
  void note_times() noexcept {
    const auto* const bytes = reinterpret_cast<const std::byte*>(group_.data());
    for (std::size_t at = 0; at < group_.size(); at += load_number<std::uint32_t>(bytes + at))
      opened_.times.update(load_number<std::uint64_t>(bytes + at + record_prefix + 16));
  }
  void append_commit_of(std::uint32_t marks) {
    commit_view commit{};
    commit.root = opened_.tree.root();
    commit.synced = durable_root_.size;
    commit.marks = marks;
    commit.previous = opened_.previous;
    const std::string text = signed_head(commit.root, marks != no_mark);
    commit.signed_head = text;
    opened_.previous = append_commit(group_, commit);
  }
  std::string signed_head(const store::tree_root& root, bool must) {
    if constexpr (has_key) {
      const std::uint64_t now = steady_clock().ticks();
      if (!must && signed_at_ != 0 && now - signed_at_ < options_.sign_interval_ms * millisecond) return {};
      auto text = store::sign(store::tree_head{opened_.origin, root, options_.wall_clock()}, key_);
      if (text) {
        signed_at_ = now;
        signing_ = {};
        return *std::move(text);
      }
      unsigned_.add_relaxed(1);
      signing_ = std::move(text).error();
    }
    return {};
  }

  /// An event of the trail's own with fields that are numbers or words, in the form that the ring has.
  static const std::byte* queue(const audit_event& event, std::span<std::byte> room) noexcept {
    if (queued_bytes(event) > room.size()) return nullptr;
    put_queued(room.data(), event, 0);
    return room.data();
  }
  const std::byte* dropped_event(std::uint32_t count, std::span<std::byte> room) noexcept {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, count);
    const audit_field fields[] = {{"count", std::string_view(digits, static_cast<std::size_t>(end.ptr - digits))}};
    audit_event event{audit_kinds::records_dropped, audit_severity::warning};
    event.reason = "the trail's ring was full";
    event.fields = fields;
    return queue(event, room);
  }
  /// Appends a record about the trail to the group.
  void append_own(const audit_event& event) {
    std::vector<std::byte> queued(queued_bytes(event));
    put_queued(queued.data(), event, 0);
    records_writer_.append(group_, opened_.tree.size() + group_records_, now_, record_origin::trail, queued.data());
    ++group_records_;
  }
  void report_repair() {
    if (!std::exchange(opened_.tell_repair, false)) return;
    const std::string numbers[] = {std::to_string(opened_.repaired.offset),
                                   std::to_string(opened_.repaired.removed_bytes)};
    const audit_field fields[] = {{"offset", numbers[0]}, {"bytes", numbers[1]}, {"sha256", opened_.removed_hash}};
    audit_event event{audit_kinds::trail_repaired, audit_severity::warning};
    event.reason = "bytes that were never durable were cut off";
    event.fields = fields;
    append_own(event);
  }
  void keep_receipt(std::uint64_t seq) noexcept {
    const lock_guard held(mutex_);
    try {
      if (receipts_.size() == most_receipts) receipts_.clear();  // of callers that gave up
      receipts_.push_back({seq, opened_.tree.size() + group_records_ - 1});
    } catch (...) {
      out_of_receipts_ = true;
    }
  }

  // ---- records to the disk

  bool write_group() noexcept {
    if (const refusal no = opened_.segment.append(fs_, group_, options_.allocate_bytes)) return refuse(no);
    records_.add_relaxed(group_records_);
    bytes_.add_relaxed(group_.size());
    groups_.add_relaxed(1);
    group_.clear();
    group_records_ = 0;
    recover();
    return true;
  }
  bool sync_segment() noexcept {
    if (const refusal no = opened_.segment.sync(fs_)) {
      // The kernel may have dropped what it could not write: a later success would prove nothing.
      broken_ = true;
      return refuse(no);
    }
    if (!is_in_place()) return false;
    {
      const lock_guard held(mutex_);
      durable_root_ = written_root_;
      durable_time_ = now_;
    }
    this->note_synced();
    return true;
  }

  /// The first of the trail's open files that is no longer at its path, if any is not.
  struct moved_file {
    const std::string* path = nullptr;
    store::file_place place = store::file_place::here;

    explicit operator bool() const noexcept { return path != nullptr; }
  };
  moved_file find_moved() noexcept {
    if (const auto place = opened_.segment.place(fs_); place != store::file_place::here)
      return {&opened_.segment.path(), place};
    // Where the lock is gone, another writer may begin, and cut off what this one has not yet synced.
    if (const auto place = fs_.place_of(opened_.lock, lock_path_.c_str()); place != store::file_place::here)
      return {&lock_path_, place};
    return {};
  }
  /// Whether what was synced can be found again. Without this question records would be acknowledged in a file that was
  /// deleted, or that is in no folder of a trail any more. It is four system calls beside the sync of a disk.
  bool is_in_place() noexcept {
    const moved_file moved = find_moved();
    if (!moved) return true;
    broken_ = true;  // what was acknowledged before may be lost, so that the trail must not seem to go on
    return tell([&] { return base::moved_error(*moved.path, moved.place); });
  }

  // ---- one segment after the other

  bool rotate_if_due() noexcept {
    if (ring.head() == gathered_ && next_path_.empty()) return true;
    const bool has_records = opened_.tree.size() != opened_.first_index;
    const std::uint64_t day = options_.wall_clock() / nanoseconds_of_day;
    if (next_path_.empty() && (!has_records || (opened_.segment.end() < options_.segment_bytes && day <= opened_.day)))
      return true;
    try {
      return rotate(day > opened_.day ? day : opened_.day);
    } catch (...) {
      out_of_memory();
      return false;
    }
  }
  /// Makes the next segment, then ends this one: after a crash in between, the next one has no record, and opening the
  /// trail ends this one.
  bool rotate(std::uint64_t day) {
    if (!(durable_root_.size != written_root_.size ? sync_segment() : is_in_place())) return false;
    if (next_path_.empty()) {
      std::string header(trail_header_bytes, '\0');
      const segment_header next{opened_.id, day, opened_.times, opened_.tree};
      next_check_ = put_header(reinterpret_cast<std::byte*>(header.data()), next);
      const std::string path = path_in(folder_, segment_stem(day, opened_.tree.size()) + std::string(segment_suffix));
      int fd = -1;
      if (const refusal no = create_whole(fs_, path, header, options_.permissions, options_.allocate_bytes, &fd))
        return refuse(no);
      next_path_ = path;
      next_ = open_segment_file<FileSystem>(fd, path, trail_header_bytes, options_.allocate_bytes);
      next_day_ = day;
    }
    if (const refusal no = end_segment(segment_ends)) return refuse(no);
    (void)opened_.segment.close(fs_);
    opened_.segment = std::move(next_);
    next_path_.clear();
    opened_.day = next_day_;
    opened_.first_index = opened_.tree.size();
    opened_.times = {};
    opened_.previous = next_check_;
    segments_.add_relaxed(1);
    recover();
    return true;
  }
  /// Writes a last commit with a mark, and cuts off what was allocated behind it.
  refusal end_segment(std::uint32_t mark) {
    if (!ending_written_) {
      if (ending_.empty()) {
        append_commit_of(mark);
        ending_ = std::exchange(group_, {});
      }
      if (const refusal no = opened_.segment.append(fs_, ending_, 0)) return no;
      ending_.clear();
      ending_written_ = true;
    }
    if (const refusal no = opened_.segment.trim(fs_)) return no;
    if (const refusal no = opened_.segment.sync(fs_)) return no;
    ending_written_ = false;
    return {};
  }

  // ---- erasing and pruning

  /// Takes what somebody asks for, and puts the records of it into the group.
  void begin_upkeep() {
    if (doing_ != nullptr) return;
    {
      const lock_guard held(mutex_);
      if (asked_ == nullptr) return;
      doing_ = asked_;
    }
    if (!is_in_place()) return;  // else another trail's files would be changed
    auto files = list_trail(folder_);
    if (!files) return answer(std::move(files).error());
    files_ = *std::move(files);
    result<std::uint64_t> begun = doing_->values.empty() ? begin_pruning() : begin_erasing();
    if (!begun || *begun == 0) return answer(std::move(begun));
    doing_->done = *begun;
  }
  result<std::uint64_t> begin_erasing() {
    const auto place_of = [](const personal_value& wanted, const record_view& record) -> std::size_t {
      if (wanted.field.empty()) return 0;
      for (std::size_t i = 1; i < record.values; ++i)
        if (record.value[i].name == wanted.field) return i;
      return ~std::size_t{0};
    };
    auto found = find_values(files_, doing_->values, place_of);
    if (!found) return std::move(found).error();
    erasing_ = *std::move(found);
    for (const erasure& each : erasing_) {
      const std::string numbers[] = {std::to_string(each.value.index), std::to_string(each.value.place)};
      const std::string object = "record/" + numbers[0];
      const audit_field fields[] = {{"record", numbers[0]}, {"place", numbers[1]}, {"name", each.name}};
      audit_event event{audit_kinds::personal_data_erased};
      event.actor = doing_->actor;
      event.object = object;
      event.reason = doing_->reason;
      event.fields = fields;
      append_own(event);
    }
    return std::uint64_t{erasing_.size()};
  }
  result<std::uint64_t> begin_pruning() {
    auto which = find_prunable(files_, doing_->before);
    if (!which) return std::move(which).error();
    pruning_ = *which;
    if (pruning_.first == pruning_.end) return std::uint64_t{0};
    if (auto kept = keep_hashes(fs_, files_, pruning_, options_.permissions); !kept) return std::move(kept).error();
    const std::string numbers[] = {std::to_string(files_[pruning_.first].first_index),
                                   std::to_string(pruning_.end_index)};
    const audit_field fields[] = {{"first", numbers[0]}, {"end", numbers[1]}};
    audit_event event{audit_kinds::records_pruned};
    event.actor = doing_->actor;
    event.reason = doing_->reason;
    event.fields = fields;
    append_own(event);
    return pruning_.end_index - files_[pruning_.first].first_index;
  }
  /// Once the records of it are durable: does what was asked for. Returns false if the disk refuses.
  bool finish_upkeep() noexcept {
    if (doing_ == nullptr || written_root_.size != durable_root_.size) return true;
    refusal no;
    try {
      no = erasing_.empty() ? remove_pruned(fs_, files_, pruning_)
                            : overwrite(fs_, files_, std::span<const erasure>(erasing_));
    } catch (...) {
      out_of_memory();
      return false;
    }
    if (no) {
      broken_ = true;  // the trail says that it was done: opening it again does it
      return refuse(no);
    }
    erasing_.clear();
    pruning_ = {};
    answer(result<std::uint64_t>(doing_->done));
    return true;
  }
  void answer(result<std::uint64_t> with) noexcept {
    const lock_guard held(mutex_);
    if (asked_ != nullptr) answer_held(std::move(with));
  }
  void answer_held(result<std::uint64_t> with) noexcept {
    asked_->done = std::move(with);
    asked_->finished = true;
    asked_ = doing_ = nullptr;
    progress_.notify_all();
  }

  struct receipt {
    std::uint64_t seq;
    std::uint64_t index;
  };

  // What waiting threads use, too.
  mutex asking_;
  upkeep* asked_ = nullptr;
  std::vector<receipt> receipts_;
  bool out_of_receipts_ = false;
  store::tree_root durable_root_;
  std::uint64_t durable_time_ = 0;

  // What only the thread uses, the counters apart.
  const std::string path_;    // the folder, as the caller named it
  const std::string folder_;  // the same from the root
  const std::string lock_path_;
  const audit_trail_options options_;
  FileSystem fs_;
  Signer key_;
  opened_trail<FileSystem> opened_;
  record_writer records_writer_;
  std::string group_;                // records and their commit, not yet in the file
  std::uint64_t group_records_ = 0;  // how many
  std::string ending_;               // the last commit of a segment, not yet in the file
  bool ending_written_ = false;      // it is in the file, and what is behind it not yet cut off
  store::tree_root written_root_;
  std::uint64_t now_ = 0;
  std::uint64_t signed_at_ = 0;
  result<void> signing_;
  std::string next_path_;  // of a segment that was made, while this one is not yet ended
  open_segment_file<FileSystem> next_;
  std::uint64_t next_day_ = 0;
  sha256_digest next_check_;
  upkeep* doing_ = nullptr;
  std::vector<trail_file> files_;
  std::vector<erasure> erasing_;
  prunable pruning_;
  light_atomic<std::uint64_t> records_{0};
  light_atomic<std::uint64_t> bytes_{0};
  light_atomic<std::uint64_t> groups_{0};
  light_atomic<std::uint64_t> segments_{0};
  light_atomic<std::uint64_t> unsigned_{0};
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_WRITER_HPP
