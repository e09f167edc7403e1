#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_CHECK_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_CHECK_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/audit_event.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/transparency/merkle_tree.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What is wrong with a trail, and where.
struct trail_fault {
  /// The first record that is bad, or missing: all before it are as they were written. Behind the last record it is the
  /// number of records.
  std::uint64_t index = 0;
  /// The fault lies in one of so many records from there. More than 1 where records fit to the hashes beside them, and
  /// not to what the trail committed to.
  std::uint64_t count = 1;
  std::string file;
  std::uint64_t offset = 0;  ///< bytes into the file
  std::string what;
  /// A crash leaves a trail so: what is damaged was never durable, and opening the trail cuts it off.
  bool torn = false;
};

namespace detail {

/// A value of personal data, by its record and its place there: 0 is the actor, 1 the first field.
struct value_place {
  std::uint64_t index = 0;
  std::uint64_t place = 0;
  friend bool operator==(const value_place&, const value_place&) noexcept = default;
  friend bool operator<(const value_place& a, const value_place& b) noexcept {
    return a.index != b.index ? a.index < b.index : a.place < b.place;
  }
};
/// An erased value, and where its record stands.
struct erased_value {
  value_place value;
  std::size_t file = 0;
  std::uint64_t offset = 0;
  bool gone = false;  // to the last byte
};

inline std::uint64_t number_in(std::string_view text) noexcept {
  std::uint64_t number = ~std::uint64_t{0};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : ~std::uint64_t{0};
}

/// Whether a record is the trail's own about an erased value, and which.
inline bool read_erasure(const record_view& record, value_place& value) noexcept {
  if (record.origin != record_origin::trail || record.values < 3 ||
      record.kind != audit_kinds::personal_data_erased.view())
    return false;
  value = {number_in(record.value[1].text), number_in(record.value[2].text)};
  return true;
}

/// The roots that a trail must have had at these sizes, by somebody who kept them; in the order of their sizes.
using kept_roots = std::vector<store::tree_root>;

/// Goes through a trail's segments, from the first one or from any whose header is trusted, hashes everything again,
/// and stops at the first fault. `signed_head(commit)` is told of each signed head, and returns what is wrong with it.
class trail_check {
 public:
  store::merkle_tree tree;
  trail_id id;
  sha256_digest previous;       // the check of the last commit, or of the header
  std::uint64_t committed = 0;  // the tree's size at the last commit
  store::merkle_tree committed_tree;
  time_bounds committed_times;
  std::uint64_t synced = 0;  // what the last commit knows to be on disk
  /// Records from here on are taken for damaged.
  std::uint64_t limit = ~std::uint64_t{0};
  std::uint64_t commits = 0;
  std::uint64_t pruned = 0;
  std::uint64_t pruned_by_records = 0;  // up to where records say that the trail was pruned
  std::uint32_t marks = no_mark;        // of the last commit
  time_bounds times;                    // of the segment
  std::uint64_t day = 0;                // of the segment
  std::size_t good_end = 0;             // behind the last good frame of the segment
  std::size_t commit_end = 0;           // behind the last good commit of the segment
  std::vector<erased_value> erased;
  std::vector<value_place> erasures;  // by their records
  std::size_t committed_erasures = 0;
  std::uint64_t committed_pruning = 0;  // `pruned_by_records` at the last commit
  trail_fault fault;
  std::vector<sha256_digest>* leaves = nullptr;  // where the leaves' hashes are to go, too

  explicit trail_check(kept_roots roots = {}) : roots_(std::move(roots)) {}

  /// Takes a segment of which the hashes are left. Returns whether all is well.
  bool take_hashes(std::span<const std::byte> bytes, const trail_file& file) {
    file_ = &file;
    pruned_segment segment;
    if (const char* const why = read_hashes(bytes, segment)) return bad(0, why);
    if (!begins_right(segment.id, segment.first_index, segment.day)) return false;
    for (std::size_t i = 0; i < segment.size(); ++i) {
      const sha256_digest leaf = segment.leaf(i);
      if (!append(std::span(&leaf, 1), 0)) return false;
    }
    pruned = committed = tree.size();
    times_known_ = false;
    return true;
  }

  /// Checks a segment. `last`: no other follows; `next_is_empty`: the one that follows has a header alone.
  template <class SignedHead>
  bool take_segment(std::span<const std::byte> bytes, const trail_file& file, std::size_t file_number, bool last,
                    bool next_is_empty, SignedHead&& signed_head) {
    file_ = &file;
    file_number_ = file_number;
    bytes_ = bytes;
    good_end = commit_end = 0;
    segment_header header;
    if (const char* const why = read_header(bytes, header)) return bad(0, why);
    if (!begins_right(header.id, header.first_index(), header.day)) return false;
    if (trusts_header_) {
      tree = header.tree;
    } else if (!same_peaks(header.tree)) {
      return bad(0, "the header's tree is not that of the records before");
    } else if (times_known_ && header.before != times) {
      return bad(0, "the header has other times than the segment before");
    }
    begun_ = true;
    trusts_header_ = false;
    times_known_ = true;
    times = {};
    previous = header_check(bytes);
    marks = no_mark;
    committed = tree.size();
    committed_tree = tree;
    committed_times = times;
    good_end = commit_end = trail_header_bytes;
    return take_frames(last || next_is_empty, signed_head) && ends_right(last, next_is_empty);
  }

  /// Begins with a segment in the middle of a trail, whose header is believed.
  void trust_next_header() noexcept { trusts_header_ = true; }

  /// After the last segment: values that were erased without a record of it, roots that the trail has not reached.
  bool conclude(const std::vector<trail_file>& files) {
    if (next_root_ < roots_.size()) {
      const std::uint64_t wanted = roots_.back().size;
      fault = {tree.size(),
               wanted - tree.size(),
               files.empty() ? std::string() : files.back().path,
               good_end,
               "a tree head that was kept says that there were " + std::to_string(wanted) + " records",
               false};
      return false;
    }
    if (pruned > pruned_by_records) {
      fault = {pruned_by_records,
               pruned - pruned_by_records,
               files.front().path,
               0,
               "the segment is gone, and no record says that it was pruned",
               false};
      return false;
    }
    const erased_value* const unrecorded = find_unrecorded();
    if (unrecorded == nullptr) return true;
    fault = {unrecorded->value.index,
             1,
             files[unrecorded->file].path,
             unrecorded->offset,
             unrecorded->gone ? "a value of personal data was erased, and no record says so"
                              : "a value of personal data is not what its record commits to",
             unrecorded->value.index >= synced};
    return false;
  }
  /// The first value that was erased without a record of it, null if there is none.
  const erased_value* find_unrecorded() {
    heap_sort(erasures.data(), erasures.size(), [](const value_place& a, const value_place& b) { return a < b; });
    for (const erased_value& each : erased)
      if (!says_erased(each.value)) return &each;
    return nullptr;
  }

  /// How many values were erased to the last byte.
  std::size_t erased_values() const noexcept {
    std::size_t count = 0;
    for (const erased_value& each : erased) count += each.gone ? 1U : 0U;
    return count;
  }
  /// How many records of erasures name a value that is still there. Precondition: `conclude` was called.
  std::size_t unfinished_erasures() const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < erasures.size(); ++i)
      if ((i == 0 || !(erasures[i] == erasures[i - 1])) && erasures[i].index >= pruned && !is_erased(erasures[i]))
        ++count;
    return count;
  }

 private:
  static constexpr std::size_t batch = 128;

  bool bad(std::uint64_t offset, std::string what, std::uint64_t count = 1) {
    fault = {tree.size(), count, file_->path, offset, std::move(what), false};
    return false;
  }

  /// Whether a file goes on where the one before ended, and is of the same trail and named as it says.
  bool begins_right(const trail_id& whose, std::uint64_t first, std::uint64_t of_day) {
    if (file_->first_index != first || segment_stem(of_day, first) != file_->stem)
      return bad(0, "the file has the name of another");
    if ((begun_ || pruned != 0) && whose != id) return bad(0, "the file is of another trail");
    if (!trusts_header_ && first > tree.size())
      return bad(0, "the records before the file's first are missing", first - tree.size());
    if (!trusts_header_ && first < tree.size()) return bad(0, "the file begins with a record that came before");
    id = whose;
    day = of_day;
    return true;
  }
  bool same_peaks(const store::merkle_tree& other) const noexcept {
    const std::span<const sha256_digest> ours = tree.peaks();
    const std::span<const sha256_digest> theirs = other.peaks();
    if (ours.size() != theirs.size()) return false;
    for (std::size_t i = 0; i < ours.size(); ++i)
      if (ours[i] != theirs[i]) return false;
    return true;
  }

  /// Adds leaves, and compares the tree with the roots that were kept, where it has their sizes.
  bool append(std::span<const sha256_digest> added, std::uint64_t offset) {
    if (leaves != nullptr) leaves->insert(leaves->end(), added.begin(), added.end());
    while (next_root_ < roots_.size() && roots_[next_root_].size <= tree.size() + added.size()) {
      const store::tree_root& kept = roots_[next_root_];
      const auto part = static_cast<std::size_t>(kept.size - tree.size());
      tree.append(added.first(part));
      added = added.subspan(part);
      if (kept.hash != tree.root().hash) {
        const std::uint64_t since = next_root_ == 0 ? 0 : roots_[next_root_ - 1].size;
        fault = {since,
                 kept.size - since,
                 file_->path,
                 offset,
                 "the records up to here are not those of a tree head that was kept",
                 false};
        contradicted_ = true;
        return false;
      }
      ++next_root_;
    }
    tree.append(added);
    return true;
  }

  // ---- frames

  template <class SignedHead>
  bool take_frames(bool may_be_torn, SignedHead&& signed_head) {
    std::size_t at = good_end;
    for (;;) {
      if (!take_records(at)) return contradicted_ ? false : torn_or_bad(may_be_torn);
      const frame_at frame = find_frame(bytes_, at);
      if (frame.kind == frame_kind::record) continue;
      if (frame.kind == frame_kind::nothing) break;
      if ((marks & segment_ends) != 0) return bad(at, "bytes stand behind the segment's end");
      if (frame.kind == frame_kind::damaged) {
        bad(at, "neither a record nor a commit stands here");
        return torn_or_bad(may_be_torn);
      }
      commit_view commit;
      if (const char* const why = read_commit(frame.bytes, commit)) {
        bad(at, why);
        return torn_or_bad(may_be_torn);
      }
      if (!take_commit(commit, at, signed_head)) return false;
      at += frame.bytes.size();
      good_end = commit_end = at;
    }
    if (all_zero(bytes_.subspan(at))) return true;
    bad(at, "bytes stand behind the last frame");
    return torn_or_bad(may_be_torn);
  }

  /// Takes up to a batch of records, and moves `at` behind them.
  bool take_records(std::size_t& at) {
    messages_.clear();
    expected_.clear();
    starts_.clear();
    const char* stopped = nullptr;
    while (starts_.size() < batch) {
      const frame_at frame = find_frame(bytes_, at);
      if (frame.kind != frame_kind::record) break;
      if ((marks & segment_ends) != 0) stopped = "a record stands behind the segment's end";
      if (stopped == nullptr) stopped = read_record(frame.bytes, record_);
      if (stopped == nullptr && record_.index >= limit) stopped = "the record is not whole";
      if (stopped == nullptr && record_.index != tree.size() + starts_.size())
        stopped = record_.index > tree.size() + starts_.size() ? "the record that belongs here is missing"
                                                               : "a record from elsewhere stands here";
      if (stopped != nullptr) break;
      note(at);
      at += frame.bytes.size();
    }
    return hash_records(at) && (stopped == nullptr || bad(at, stopped));
  }
  /// Notes what has to be hashed of the record at `at`, and what it says about the trail.
  void note(std::size_t at) {
    starts_.push_back({at, messages_.size()});
    messages_.push_back(record_.leaf);
    expected_.push_back(record_.leaf_hash);
    for (std::size_t i = 0; i < record_.values; ++i) {
      const value_view& value = record_.value[i];
      if (value.pii == pii_type::none) continue;
      if (value.erased) {
        erased.push_back({{record_.index, i}, file_number_, at, value.gone});
      } else {
        messages_.push_back(value.opening);
        expected_.push_back(value.commitment);
      }
    }
    times.update(record_.time);
    if (record_.origin == record_origin::program) return;
    if (value_place value; read_erasure(record_, value)) erasures.push_back(value);
    if (record_.values > 2 && record_.kind == audit_kinds::records_pruned.view())
      pruned_by_records = number_in(record_.value[2].text);
  }
  /// Hashes what was noted, and adds the records that are what their hashes say. `end` is behind the last of them.
  bool hash_records(std::size_t end) {
    digests_.resize(messages_.size());
    sha256_many(messages_, digests_);
    std::size_t bad_message = 0;
    while (bad_message < messages_.size() && digests_[bad_message] == load_digest(expected_[bad_message]))
      ++bad_message;
    std::size_t good = 0;
    sha256_digest leaves_of_batch[batch];
    for (; good < starts_.size() && end_of_messages(good) <= bad_message; ++good)
      leaves_of_batch[good] = digests_[starts_[good].message];
    if (!append(std::span(leaves_of_batch, good), starts_.empty() ? end : starts_.front().at)) return false;
    good_end = good < starts_.size() ? starts_[good].at : end;
    if (good == starts_.size()) return true;
    return bad(starts_[good].at, bad_message == starts_[good].message
                                     ? "the record is not what its hash says"
                                     : "a value of personal data is not what its record commits to");
  }
  std::size_t end_of_messages(std::size_t r) const noexcept {
    return r + 1 < starts_.size() ? starts_[r + 1].message : messages_.size();
  }

  template <class SignedHead>
  bool take_commit(const commit_view& commit, std::size_t at, SignedHead&& signed_head) {
    if (commit.previous != previous) return bad(at, "the commit does not follow the one before");
    if (commit.root.size != tree.size())
      return bad(at, "the commit is about " + std::to_string(commit.root.size) + " records");
    if (commit.root.hash != tree.root().hash) {
      fault = {committed,
               tree.size() - committed,
               file_->path,
               at,
               "the records before this commit are not those that it commits to",
               false};
      return false;
    }
    if (!commit.signed_head.empty())
      if (result<void> vouched = signed_head(commit); !vouched) return bad(at, std::string(vouched.error().message()));
    previous = commit.check;
    committed = tree.size();
    committed_tree = tree;
    committed_times = times;
    committed_erasures = erasures.size();
    committed_pruning = pruned_by_records;
    synced = commit.synced;
    marks = commit.marks;
    ++commits;
    return true;
  }

  /// Whether the segment ends as it should.
  bool ends_right(bool last, bool next_is_empty) {
    if (committed != tree.size()) {
      bad(good_end, "the records before have no commit behind them");
      fault.index = committed;
      fault.count = tree.size() - committed;
      fault.torn = last;
      return false;
    }
    if (last) {
      if ((marks & segment_ends) == 0) return true;
      return bad(good_end, "the segment that followed is missing");
    }
    if ((marks & segment_ends) != 0 && good_end == bytes_.size()) return true;
    bad(good_end, "the segment is cut off");
    fault.torn = next_is_empty;
    return false;
  }

  /// After a fault: whether it may be a crash's. A crash damages only what was not yet synced, and a commit says what
  /// was when it was written. So the fault is a crash's unless a commit behind it says that its place was on disk.
  bool torn_or_bad(bool may_be_torn) {
    const std::uint64_t index = tree.size();
    fault.torn = may_be_torn;
    if (!may_be_torn) return false;
    const auto from = static_cast<std::size_t>(fault.offset);
    for (std::size_t at = from; at + commit_prefix <= bytes_.size(); ++at) {
      if (load_number<std::uint32_t>(bytes_.data() + at + 4) != commit_kind) continue;
      const frame_at frame = find_frame(bytes_, at);
      commit_view commit;
      if (frame.kind != frame_kind::commit || read_commit(frame.bytes, commit) != nullptr) continue;
      if (commit.synced > index || (commit.synced == index && committed < index)) {
        fault.torn = false;
        break;
      }
    }
    return false;
  }

  bool says_erased(const value_place& value) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = erasures.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (erasures[middle] < value)
        low = middle + 1;
      else
        high = middle;
    }
    return low < erasures.size() && erasures[low] == value;
  }
  bool is_erased(const value_place& value) const noexcept {
    std::size_t low = 0;  // `erased` is in the order of the records
    for (std::size_t high = erased.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (erased[middle].value < value)
        low = middle + 1;
      else
        high = middle;
    }
    return low < erased.size() && erased[low].value == value && erased[low].gone;
  }

  struct start {
    std::size_t at;       // of the record's frame
    std::size_t message;  // the first of what is hashed of it
  };

  kept_roots roots_;
  std::size_t next_root_ = 0;
  bool contradicted_ = false;  // by a root that was kept
  bool begun_ = false;
  bool trusts_header_ = false;
  bool times_known_ = true;
  const trail_file* file_ = nullptr;
  std::size_t file_number_ = 0;
  std::span<const std::byte> bytes_;
  record_view record_;
  std::vector<std::span<const std::byte>> messages_;
  std::vector<sha256_digest> digests_;
  std::vector<const std::byte*> expected_;
  std::vector<start> starts_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_CHECK_HPP
