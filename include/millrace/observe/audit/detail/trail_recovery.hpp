#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECOVERY_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECOVERY_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/observe/audit/detail/trail_check.hpp>
#include <millrace/observe/audit/detail/trail_folder.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/audit/detail/trail_record.hpp>
#include <millrace/observe/audit/detail/trail_segment.hpp>
#include <millrace/observe/audit/detail/trail_upkeep.hpp>
#include <millrace/observe/audit/trail_options.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_bytes.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

/// A trail that was opened to be written on: where it stands, and what had to be mended.
template <class FileSystem>
struct opened_trail {
  int lock = -1;
  open_segment_file<FileSystem> segment;
  trail_id id;
  std::string origin;
  std::uint64_t day = 0;          // of the segment
  std::uint64_t first_index = 0;  // of the segment
  time_bounds times;              // of the segment
  store::merkle_tree tree;
  sha256_digest previous;
  std::uint64_t committed = 0;
  sha256_digest committed_root;
  trail_repair repaired;
  bool tell_repair = false;  // by a record
  std::string removed_hash;
};

/// Opens a trail's folder to write to it: takes the lock, begins a trail or goes on with the one that is there.
template <class FileSystem>
class trail_opener {
 public:
  trail_opener(const std::string& folder, const audit_trail_options& options, FileSystem& fs)
      : folder_(folder), options_(options), fs_(fs) {}

  result<opened_trail<FileSystem>> open() {
    result<void> done = lock();
    if (done) done = go_on_or_begin();
    if (done) return std::move(made_);
    (void)made_.segment.close(fs_);
    if (made_.lock >= 0) fs_.close(made_.lock);
    return std::move(done).error();
  }

 private:
  result<void> refused(refusal no, const std::string& path) const {
    return no ? result<void>(store::system_error(no.why, no.what, path)) : result<void>();
  }
  result<void> tampered(const trail_fault& fault) const {
    trail_report report;
    report.sound = false;
    report.fault = fault;
    return error(errc::corrupt, "cannot go on with the audit trail in \"" + folder_ + "\": " + summary(report));
  }

  result<void> lock() {
    if (::mkdir(folder_.c_str(), options_.permissions | (options_.permissions & 0444) >> 2) == 0) {
      if (fs_.sync_directory_of(folder_.c_str()) != 0 && errno != EINVAL)
        return store::system_error(errno, "sync the folder of", folder_);
    } else if (errno != EEXIST) {
      return store::system_error(errno, "create", folder_);
    }
    const std::string path = path_in(folder_, lock_name);
    made_.lock =
        uninterrupted([&] { return fs_.open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, options_.permissions); });
    if (made_.lock < 0) return store::system_error(errno, "open", path);
    if (!options_.lock || uninterrupted([&] { return fs_.lock(made_.lock); }) == 0) return {};
    if (errno == EWOULDBLOCK)
      return error(errc::unavailable, "cannot write to the audit trail in \"" + folder_ + "\": another writer has it");
    return store::system_error(errno, "lock", path);
  }

  result<void> go_on_or_begin() {
    auto files = list_trail(folder_);
    if (!files) return std::move(files).error();
    files_ = *std::move(files);
    if (files_.empty()) return begin();
    if (files_.back().pruned)
      return error(errc::corrupt, '"' + files_.back().path + "\" has the trail's last records, and only their hashes");
    return go_on();
  }

  result<void> begin() {
    salt_source random;
    segment_header header;
    if (!random.take(reinterpret_cast<std::byte*>(header.id.bytes), sizeof header.id.bytes))
      return error(errc::unavailable, "cannot begin an audit trail: the system has no random bytes");
    header.day = options_.wall_clock() / nanoseconds_of_day;
    std::string bytes(trail_header_bytes, '\0');
    made_.previous = put_header(reinterpret_cast<std::byte*>(bytes.data()), header);
    const std::string path = path_in(folder_, segment_stem(header.day, 0) + std::string(segment_suffix));
    int fd = -1;
    if (const refusal no = create_whole(fs_, path, bytes, options_.permissions, options_.allocate_bytes, &fd))
      return refused(no, path);
    const std::uint64_t allocated =
        options_.allocate_bytes > trail_header_bytes ? options_.allocate_bytes : trail_header_bytes;
    made_.segment = open_segment_file<FileSystem>(fd, path, trail_header_bytes, allocated);
    made_.id = header.id;
    made_.origin = origin_of(header.id);
    made_.day = header.day;
    made_.committed_root = store::merkle_tree().root().hash;
    return {};
  }

  static result<void> believe(const commit_view&) { return {}; }

  result<void> go_on() {
    const std::size_t last = files_.size() - 1;
    trail_check check;
    check.trust_next_header();
    const auto empty = has_no_frame(files_[last].path);
    if (!empty) return empty.error();
    if (*empty && last != 0 && !files_[last - 1].pruned)
      if (result<void> ended = end_last_but_one(check); !ended) return ended;
    auto bytes = store::file_bytes::open(files_[last].path);
    if (!bytes) return std::move(bytes).error();
    const trail_check begun = check;
    if (result<void> taken = take_last(check, bytes->bytes()); !taken) return taken;
    if (const erased_value* const lost = check.find_unrecorded(); lost != nullptr) {
      const std::uint64_t index = lost->value.index;
      if (index < check.synced) {
        (void)check.conclude(files_);
        return tampered(check.fault);
      }
      // A crash left zeros where a value of personal data was about to be written.
      check = begun;
      check.limit = index;
      if (result<void> taken = take_last(check, bytes->bytes()); !taken) return taken;
    }
    made_.id = check.id;
    made_.origin = origin_of(check.id);
    made_.day = check.day;
    made_.first_index = files_[last].first_index;
    made_.times = check.committed_times;
    made_.tree = check.committed_tree;
    made_.previous = check.previous;
    made_.committed = check.committed;
    made_.committed_root = check.committed_tree.root().hash;
    if (result<void> cut = cut_end(bytes->bytes(), check.commit_end); !cut) return cut;
    if (result<void> erased = finish_erasures(check); !erased) return erased;
    return finish_pruning(check);
  }

  result<void> take_last(trail_check& check, std::span<const std::byte> bytes) const {
    const bool sound = check.take_segment(bytes, files_.back(), files_.size() - 1, true, false, believe);
    // What no commit follows is cut off: an erasure that was to be recorded there has not begun.
    check.erasures.resize(check.committed_erasures);
    return sound || check.fault.torn ? result<void>() : tampered(check.fault);
  }

  /// The writer was killed when it had made a segment and had not yet ended the one before.
  result<void> end_last_but_one(trail_check& check) {
    const std::size_t at = files_.size() - 2;
    auto bytes = store::file_bytes::open(files_[at].path);
    if (!bytes) return std::move(bytes).error();
    const bool sound = check.take_segment(bytes->bytes(), files_[at], at, false, true, believe);
    if (sound) return {};
    // All of its records were synced before the next segment was made.
    if (!check.fault.torn || check.tree.size() != files_.back().first_index || check.committed != check.tree.size())
      return tampered(check.fault);
    const int fd = uninterrupted([&] { return fs_.open(files_[at].path.c_str(), O_RDWR | O_CLOEXEC, 0U); });
    if (fd < 0) return store::system_error(errno, "open", files_[at].path);
    open_segment_file<FileSystem> segment(fd, files_[at].path, check.commit_end, bytes->bytes().size());
    std::string ending;
    if ((check.marks & segment_ends) == 0) {
      commit_view commit{};
      commit.root = check.tree.root();
      commit.synced = commit.root.size;
      commit.marks = segment_ends;
      commit.previous = check.previous;
      append_commit(ending, commit);
    }
    refusal no = segment.trim(fs_);
    if (!no) no = segment.append(fs_, ending, 0);
    if (!no) no = segment.sync(fs_);
    (void)segment.close(fs_);
    return refused(no, files_[at].path);
  }

  /// Cuts off what stands behind the last commit: a group of records is there as a whole, or not at all.
  result<void> cut_end(std::span<const std::byte> bytes, std::size_t end) {
    const std::string& path = files_.back().path;
    const int fd = uninterrupted([&] { return fs_.open(path.c_str(), O_RDWR | O_CLOEXEC, 0U); });
    if (fd < 0) return store::system_error(errno, "open", path);
    made_.segment = open_segment_file<FileSystem>(fd, path, end, bytes.size());
    std::size_t used = bytes.size();
    while (used > end && bytes[used - 1] == std::byte{0}) --used;
    made_.repaired.offset = end;
    made_.repaired.removed_bytes = used - end;
    refusal no;
    made_.tell_repair = used != end;
    if (used != end) {
      made_.removed_hash = to_string(sha256_of(bytes.subspan(end, used - end)));
    }
    if (bytes.size() != end) no = made_.segment.trim(fs_);
    if (!no) no = made_.segment.sync(fs_);
    return refused(no, path);
  }

  /// Erases what records say was erased, and what is still there.
  result<void> finish_erasures(trail_check& check) {
    heap_sort(check.erasures.data(), check.erasures.size(),
              [](const value_place& a, const value_place& b) { return a < b; });
    const auto place_of = [](const value_place& wanted, const record_view&) {
      return static_cast<std::size_t>(wanted.place);
    };
    auto found = find_values(files_, std::span<const value_place>(check.erasures), place_of);
    if (!found) return std::move(found).error();
    made_.repaired.finished_erasures = found->size();
    return refused(overwrite(fs_, files_, std::span<const erasure>(*found)), folder_);
  }

  /// Removes segments that a record says were pruned, and that are still there.
  result<void> finish_pruning(const trail_check& check) {
    prunable which;
    while (which.first < files_.size() && files_[which.first].pruned) ++which.first;
    which.end = which.first;
    if (check.committed_pruning <= check.committed)
      while (which.end + 1 < files_.size() && files_[which.end + 1].first_index <= check.committed_pruning) ++which.end;
    if (which.first == which.end) return {};
    if (auto kept = keep_hashes(fs_, files_, which, options_.permissions); !kept)
      return kept.error().code() == errc::corrupt ? result<void>() : std::move(kept);  // it stays, to be looked at
    made_.repaired.finished_prunings = which.end - which.first;
    return refused(remove_pruned(fs_, files_, which), folder_);
  }

  const std::string& folder_;
  const audit_trail_options& options_;
  FileSystem& fs_;
  std::vector<trail_file> files_;
  opened_trail<FileSystem> made_;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_RECOVERY_HPP
