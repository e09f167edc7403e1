#ifndef MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_ENGINE_HPP
#define MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_ENGINE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/detail/commit_group.hpp>
#include <millrace/store/detail/disk_room.hpp>
#include <millrace/store/detail/known_place.hpp>
#include <millrace/store/detail/object_tree.hpp>
#include <millrace/store/documents/detail/document_files.hpp>
#include <millrace/store/documents/detail/folder_journal.hpp>
#include <millrace/store/documents/detail/folder_lock.hpp>
#include <millrace/store/documents/path_rule.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

struct document_folder_options {
  /// Whether `open` refuses a folder that is not there, instead of making it.
  bool must_exist = false;
  /// Where objects have their files: the same at each opening. See path_rule.hpp.
  std::vector<path_rule> paths = {};
  /// How long a writer waits for writers of other processes.
  std::uint32_t busy_timeout_ms = 5000;
  /// A write is refused with errc::no_space when the disk would have less than so many bytes left. Removals are not.
  std::uint64_t keep_free = 8 << 20;
  /// Of all keys and objects together, which are in memory. What would be more is refused with errc::no_space.
  std::uint64_t max_bytes = std::uint64_t{1} << 30;
  /// From how many bytes on the journal is emptied: the files are synced and the indexes written. Less often where
  /// there is more: at a quarter of all bytes.
  std::uint64_t max_journal_bytes = 4 << 20;
  /// Is told what can wait and did not work: a file that could not be written behind a commit.
  diagnostics_ref diagnostics = {};
};

namespace detail {

/// What a folder of documents is made of: all objects in memory, the journal, and the files.
///
/// A transaction works on a copy of the tree. Its changes are written to the journal as one record, which is synced;
/// then the journal's mark is moved, by which other processes see it, and the files of the objects are written, not
/// synced: the journal has what a crash may take. Now and then all is synced at once, and a new journal begun.
template <class FileSystem>
class document_engine : private commit_group<document_engine<FileSystem>> {
  using group = commit_group<document_engine<FileSystem>>;
  friend group;

 public:
  struct promise {
    bool syncs;
    std::uint32_t shares_ms;
  };

  static result<owning_pointer<document_engine>> open(const std::string& folder, const document_folder_options& options,
                                                      promise keeps, FileSystem fs, bool trusts_files = false) {
    if (folder.empty() || folder.find('\0') != std::string::npos)
      return error(errc::invalid_argument, "the path of a folder of documents is empty, or has a zero byte");
    if (!options.must_exist && ::mkdir(folder.c_str(), 0777) == 0) {
      if (posix_file_system().sync_directory_of(folder.c_str()) != 0 && errno != EINVAL)
        return system_error(errno, "sync the folder of", folder);
    }
    auto root = file::open(folder, O_RDONLY | O_DIRECTORY);
    if (!root) return std::move(root).error();
    char* const resolved = ::realpath(folder.c_str(), nullptr);  // so that a change of the working folder is no matter
    if (resolved == nullptr) return system_error(errno, "open", folder);
    owning_pointer<document_engine> made(
        new document_engine(resolved, *std::move(root), options, keeps, std::move(fs)));
    std::free(resolved);
    if (auto done = made->lock_.open(made->folder()); !done) return std::move(done).error();
    if (auto done = made->load_once(trusts_files); !done) return std::move(done).error();
    return made;
  }
  ~document_engine() {
    this->finish_commits();
    if (is_forked() || !broken_ || !is_open_) return;
    patience_ms_ = 0;
    (void)checkpoint();  // what could not be done now is the next one's, which has the journal
  }

  const std::string& folder() const noexcept { return files_.folder(); }

  /// The objects of now.
  result<object_tree> now() {
    for (;;) {
      if (is_forked()) return forked();
      {
        const lock_guard locked(state_mutex_);
        auto caught_up = catch_up();
        if (!caught_up) return std::move(caught_up).error();
        if (*caught_up) return published_;
      }
      turn own(*this);  // which loads all again
      if (auto done = own.begin(); !done) return std::move(done).error();
      if (auto done = own.end(false); !done) return std::move(done).error();
    }
  }

  /// A turn of writing, on one thread. What it wrote is undone unless `end(true)` returns no error.
  class turn {
   public:
    explicit turn(document_engine& of) noexcept : of_(of), guard_(of.announced()) { of_.has_turn(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (begun_) (void)end(false);  // `use` has thrown
    }

    result<void> begin() {
      if (!guard_) return writer_mutex::guard::refusal();
      if (of_.is_forked()) return of_.forked();
      auto done = of_.begin_one();
      if (!done) {
        guard_.unlock();
        return done;
      }
      begun_ = true;
      before_ = of_.pending_;
      return done;
    }
    const object_tree& objects() const noexcept { return of_.pending_; }

    /// Writes if the key has this version; null: whatever it has. Returns the new one.
    result<std::string> write(std::string_view key, std::span<const std::byte> bytes, const std::string_view* version) {
      const object_tree::object* const before = of_.pending_.find(key);
      if (version != nullptr && *version != (before != nullptr ? std::to_string(before->version) : std::string()))
        return error(errc::conflict, "the object " + quoted_text(key) + " is not of version \"" +
                                         std::string(*version) + "\" any more");
      if (auto fine = of_.check_room(room_, key, before, bytes.size()); !fine) return std::move(fine).error();
      const std::uint64_t made = of_.random_() >> 1;
      auto one = files::made(key, bytes, of_.seed_);
      of_.pending_.put(one, made);
      changed_.emplace_back(key);
      return std::to_string(made);
    }
    void remove(std::string_view key) {
      if (of_.pending_.find(key) == nullptr) return;
      of_.pending_.take(key);
      changed_.emplace_back(key);
    }

    /// With a ticket, others make the commit.
    result<void> end(bool keeps, commit_ticket* ticket = nullptr) {
      begun_ = false;
      if (of_.is_forked()) return of_.forked();  // `use` has forked: the transaction is the parent's
      result<void> outcome;
      sort_unique(changed_);
      if (keeps && !changed_.empty()) outcome = of_.keep_one(before_, changed_);
      const bool is_kept = keeps && outcome && !changed_.empty();
      if (!is_kept) of_.pending_ = before_;
      if (!of_.has_changes_) of_.release();
      return of_.end_turn(guard_, is_kept, std::move(outcome), ticket);
    }

   private:
    document_engine& of_;
    writer_mutex::guard guard_;
    bool begun_ = false;
    object_tree before_;
    std::vector<std::string> changed_;
    disk_room room_;
  };

  /// Syncs all files, writes the indexes and begins a new journal, if anything has changed since.
  result<void> checkpoint() {
    turn own(*this);
    if (auto begun = own.begin(); !begun) return begun;
    result<void> done;
    if (this->has_changes_) {  // of others
      done = commit();
      if (done) done = begin_one();
    }
    if (done) done = empty_journal();
    auto ended = own.end(false);
    return done ? std::move(ended) : std::move(done);
  }
  /// How many objects there are, after all of them have been taken for changed: their indexes are made again.
  result<std::uint64_t> rebuild() {
    {
      const lock_guard locked(state_mutex_);
      published_.forward([](std::string_view) { return false; },
                         [&](const object_tree::object& each) {
                           dirty_.push_back(each.key);
                           return true;
                         });
      is_begun_anew_ = true;
    }
    if (auto done = checkpoint(); !done) return std::move(done).error();
    return std::uint64_t{published_.size()};
  }

 private:
  using files = document_files<FileSystem>;

  document_engine(std::string folder, file root, const document_folder_options& options, promise keeps, FileSystem fs)
      : group(keeps.shares_ms),
        fs_(std::move(fs)),
        root_(std::move(root)),
        options_(options),
        patience_ms_(options.busy_timeout_ms),
        keeps_(keeps),
        files_(fs_, std::move(folder), options_.paths) {}
  document_engine(const document_engine&) = delete;
  document_engine& operator=(const document_engine&) = delete;

  bool is_forked() const noexcept { return forked_.load_relaxed() != 0; }
  error forked() const {
    return error(errc::closed, "the folder \"" + folder() + "\" was opened before a fork: open it in the child");
  }
  std::string journal_path() const { return folder() + "/.millrace-journal"; }

  void release() noexcept {
    this->end_sharing();
    lock_.release();
  }
  struct unlocking {
    document_engine& of;
    ~unlocking() { of.release(); }
  };

  // Opening. With the lock.

  result<void> load_once(bool trusts_files) {
    if (auto done = lock_.acquire(patience_ms_); !done) return done;
    const unlocking at_end{*this};
    const lock_guard locked(state_mutex_);
    auto done = load(trusts_files);
    is_open_ = done.has_value();
    if (done) put_files(dirty_);
    return done;
  }
  /// Loads all. With the lock and the mutex of the state.
  result<void> load(bool trusts_files) {
    auto opened = open_journal();
    if (!opened && opened.error().code() == errc::not_found) return begin_first(trusts_files);
    if (!opened) return std::move(opened).error();
    const auto bytes = read_rest<std::vector<std::byte>>(*opened);
    if (!bytes) return bytes.error();
    const auto head = read_journal_head(*bytes, journal_path());
    if (!head) return head.error();
    struct first_change {
      std::string key;
      bool was_there;
    };
    std::vector<std::string> changed;
    object_census base;  // what the changed ones were at the journal's beginning
    std::size_t end = folder_journal_head;
    object_tree known;  // keys that were seen
    while (const std::size_t size = read_journal_record(std::span(*bytes).subspan(end), [&](const journal_change& one) {
             if (known.find(one.key) != nullptr) return;
             auto seen = files::made(one.key, {}, seed_);
             known.put(seen, 0);
             changed.emplace_back(one.key);
             if (one.was_there) base.update(one.key);
           }))
      end += size;
    if (end < head->kept && !trusts_files)
      return error(errc::corrupt, "\"" + journal_path() + "\" is damaged at byte " + std::to_string(end) + " of " +
                                      std::to_string(head->kept) +
                                      " that were kept: rebuild_indexes opens the folder without what follows");
    sort_unique(changed);
    auto loaded = files_.load(changed, trusts_files, base, random_);
    if (!loaded) return std::move(loaded).error();
    if (!trusts_files && (base.objects != head->objects || base.names != head->names))
      return error(errc::corrupt, "the folder \"" + folder() + "\" has " + std::to_string(base.objects) +
                                      " objects, and not the " + std::to_string(head->objects) +
                                      " that it had: some are missing; rebuild_indexes takes it as it is");
    journal_ = *std::move(opened);
    epoch_ = head->epoch;
    published_ = *std::move(loaded);
    dirty_.clear();
    for (std::size_t at = folder_journal_head; at < end;) at += replay(std::span(*bytes).subspan(at));
    end_ = end;
    if (bytes->size() > end && fs_.truncate(journal_.descriptor(), end) != 0)
      return system_error(errno, "truncate", journal_.path());
    // What a killed writer has left there is not synced yet.
    if (keeps_.syncs && fs_.sync_data(journal_.descriptor()) != 0) return system_error(errno, "sync", journal_.path());
    return write_mark();
  }
  result<void> begin_first(bool trusts_files) {
    object_census census;
    auto loaded = files_.load({}, trusts_files, census, random_);
    if (!loaded) return std::move(loaded).error();
    if (census.objects != 0 && !trusts_files)
      return error(errc::corrupt, "the folder \"" + folder() +
                                      "\" has documents and no journal, \".millrace-journal\": rebuild_indexes takes "
                                      "it as it is");
    published_ = *std::move(loaded);
    dirty_.clear();
    epoch_ = 0;
    return begin_journal({});
  }
  result<file> open_journal() const { return file::open(journal_path(), O_RDWR | O_NOFOLLOW); }
  /// Puts a new journal in the place of the old one.
  result<void> begin_journal(const object_census& census) {
    const auto head = journal_head({epoch_ + 1, census.objects, census.names});
    if (auto done = files_.write_in(root_, ".millrace-journal", {head.data(), head.size()}, journal_path(), true);
        !done)
      return done;
    auto opened = open_journal();
    if (!opened) return std::move(opened).error();
    journal_ = *std::move(opened);
    ++epoch_;
    end_ = folder_journal_head;
    if (fs_.sync_folder(root_.descriptor()) != 0 && errno != EINVAL)
      return system_error(errno, "sync", journal_.path());
    return {};
  }
  /// Applies a record to the objects; returns its size.
  std::size_t replay(std::span<const std::byte> bytes) {
    return read_journal_record(bytes, [&](const journal_change& one) {
      if (one.is_write) {
        auto made = files::made(one.key, one.bytes, seed_);
        published_.put(made, one.version);
      } else if (published_.find(one.key) != nullptr) {
        published_.take(one.key);
      }
      dirty_.emplace_back(one.key);
    });
  }
  result<void> write_mark() {
    const auto mark = journal_mark(end_, keeps_.syncs ? end_ : folder_journal_head);
    return files_.write_at(journal_, folder_journal_mark, {mark.data(), mark.size()});
  }

  /// Takes in what others have committed. False: all has to be loaded again. With the mutex of the state.
  result<bool> catch_up() {
    for (;;) {
      struct stat facts{};
      if (::fstat(journal_.descriptor(), &facts) != 0) return system_error(errno, "examine", journal_.path());
      folder_journal_header head;
      for (int tries = 0;; ++tries) {
        std::byte mark[20];
        const auto got = journal_.read_at(folder_journal_mark, reinterpret_cast<char*>(mark), sizeof mark);
        if (!got) return got.error();
        if (*got == sizeof mark && read_journal_mark(mark, head)) break;
        if (tries == 1000)
          return error(errc::corrupt, "\"" + journal_.path() + "\" is damaged: its mark has another checksum");
      }
      if (head.end < end_) return false;  // somebody has undone what was not kept
      if (head.end > end_) {
        std::vector<std::byte> bytes(static_cast<std::size_t>(head.end - end_));
        const auto got = journal_.read_at(end_, reinterpret_cast<char*>(bytes.data()), bytes.size());
        if (!got) return got.error();
        for (std::size_t at = 0; at < bytes.size();) {
          const std::size_t size = *got == bytes.size() ? replay(std::span(bytes).subspan(at)) : 0;
          if (size == 0) return false;
          at += size;
        }
        end_ = head.end;
      }
      if (facts.st_nlink != 0) return true;
      // Another process has begun a new journal.
      auto opened = open_journal();
      if (!opened) return std::move(opened).error();
      std::byte bytes[folder_journal_head];
      const auto got = opened->read_at(0, reinterpret_cast<char*>(bytes), sizeof bytes);
      if (!got) return got.error();
      const auto next = read_journal_head({bytes, *got}, journal_path());
      if (!next) return next.error();
      if (next->epoch != epoch_ + 1) return false;
      journal_ = *std::move(opened);
      epoch_ = next->epoch;
      end_ = folder_journal_head;
      dirty_.clear();
    }
  }

  // Writing. Whoever calls these has the turn.

  result<void> begin_one() {
    if (this->has_begun_ && !this->is_young()) (void)commit();  // whose followers have waited long enough
    if (this->has_begun_) return {};
    if (!broken_) return broken_;
    if (auto fine = check_place(); !fine) return fine;
    if (auto done = lock_.acquire(patience_ms_); !done) return done;
    auto done = catch_up_as_writer();
    if (!done) {
      release();
      return done;
    }
    this->begin_sharing();
    return {};
  }
  result<void> catch_up_as_writer() {
    const lock_guard locked(state_mutex_);
    const auto caught_up = catch_up();
    if (!caught_up) return caught_up.error();
    if (!*caught_up)
      if (auto done = load(false); !done) return done;
    // A writer that was killed may have left a record that nobody was told of.
    const auto size = journal_.size();
    if (!size) return size.error();
    if (*size > end_ && fs_.truncate(journal_.descriptor(), end_) != 0)
      return system_error(errno, "truncate", journal_.path());
    pending_ = published_;
    pending_end_ = end_;
    return {};
  }
  /// Writes the record of a transaction.
  result<void> keep_one(const object_tree& before, const std::vector<std::string>& changed) {
    journal_record record;
    std::uint64_t size = 0;
    for (const std::string& key : changed) {
      const object_tree::object* const now = pending_.find(key);
      const bool was_there = before.find(key) != nullptr;
      if (now == nullptr && !was_there) continue;
      size += key.size() + 16 + (now != nullptr ? now->bytes.size() : 0);
      if (size >= std::uint64_t{1} << 31)
        return error(errc::out_of_range, "a transaction of more than 2 GiB in \"" + folder() + '"');
      record.put({key, now != nullptr, was_there, now != nullptr ? now->version : 0,
                  now != nullptr ? std::span<const std::byte>(now->bytes) : std::span<const std::byte>()});
    }
    if (record.empty()) return {};
    const auto bytes = record.finish();
    if (auto done = files_.write_at(journal_, pending_end_, bytes); !done) {
      undo_to(pending_end_);
      return done;
    }
    pending_end_ += bytes.size();
    changed_.insert(changed_.end(), changed.begin(), changed.end());
    this->has_changes_ = true;
    return {};
  }
  /// Takes back what is behind `end` of the journal.
  void undo_to(std::uint64_t end) {
    if (fs_.truncate(journal_.descriptor(), end) != 0)
      broken_ = system_error(errno, "take back what was written to", journal_.path());
  }
  result<void> commit() {
    result<void> outcome;
    if (keeps_.syncs && fs_.sync_data(journal_.descriptor()) != 0)
      outcome = system_error(errno, "sync", journal_.path());
    if (outcome) {
      const lock_guard locked(state_mutex_);
      const std::uint64_t before = std::exchange(end_, pending_end_);
      outcome = write_mark();
      if (outcome) {
        published_ = pending_;
        dirty_.insert(dirty_.end(), changed_.begin(), changed_.end());
      } else {
        end_ = before;
        (void)write_mark();
      }
    }
    if (!outcome) {
      undo_to(end_);
      pending_ = published_;
    } else {
      put_files(changed_);
    }
    changed_.clear();
    const std::uint64_t most =
        pending_.weight() / 4 > options_.max_journal_bytes ? pending_.weight() / 4 : options_.max_journal_bytes;
    if (outcome && end_ > most + waits_bytes_) {
      if (auto done = empty_journal(); !done) {
        waits_bytes_ = end_;
        report("the journal could not be emptied", done.error());
      }
    }
    release();
    this->tell_followers(outcome);
    return outcome;
  }
  /// Writes the files of these objects. What fails, the journal has, and the next checkpoint tries again.
  void put_files(const std::vector<std::string>& keys) {
    std::vector<std::string> all = keys;
    sort_unique(all);
    for (const std::string& each : all)
      if (auto done = files_.put(each, published_.find(each)); !done)
        return report("a file could not be written behind its commit", done.error());
  }
  result<void> empty_journal() {
    std::vector<std::string> dirty;
    bool is_begun_anew = false;
    {
      const lock_guard locked(state_mutex_);
      dirty = dirty_;
      is_begun_anew = is_begun_anew_;
    }
    if (dirty.empty() && !is_begun_anew) return {};
    sort_unique(dirty);
    for (const std::string& each : dirty)
      if (auto done = files_.put(each, published_.find(each)); !done) return done;
    if (auto done = files_.write_indexes(published_, dirty); !done) return done;
    if (fs_.sync_all(root_.descriptor()) != 0) return system_error(errno, "sync", folder());
    object_census census;
    published_.forward([](std::string_view) { return false; },
                       [&](const object_tree::object& each) {
                         census.update(each.key);
                         return true;
                       });
    const lock_guard locked(state_mutex_);
    const std::uint64_t before = epoch_;
    if (auto done = begin_journal(census); !done) {
      // The old one goes on if it is still in its place. Else who can say which of them a crash would leave there?
      struct stat facts{};
      if (epoch_ != before || ::fstat(journal_.descriptor(), &facts) != 0 || facts.st_nlink == 0) broken_ = done;
      return done;
    }
    dirty_.clear();
    is_begun_anew_ = false;
    waits_bytes_ = 0;
    pending_end_ = end_;
    return {};
  }
  void report(std::string_view what, const error& why) const {
    const std::string text = why.describe();
    const diagnostic_field fields[] = {{"path", folder()}, {"error", text}};
    options_.diagnostics.report({severity::warning, "document_folder", what, nullptr, fields});
  }

  result<void> check_place() const {
    struct stat here{};
    if (::fstat(root_.descriptor(), &here) != 0) return system_error(errno, "examine", folder());
    return known_place(here).confirm(folder());
  }
  result<void> check_room(disk_room& room, std::string_view key, const object_tree::object* before,
                          std::size_t size) const {
    const std::uint64_t weight = pending_.weight() - (before != nullptr ? before->weight() : 0) + key.size() + size;
    if (weight > options_.max_bytes || size > options_.max_bytes)
      return error(errc::no_space, "cannot write " + quoted_text(key) + " in \"" + folder() + "\": it holds at most " +
                                       std::to_string(options_.max_bytes) + " bytes");
    // In the journal, and as a file.
    return room.take(folder(), options_.keep_free, 2 * (std::uint64_t{size} + key.size()), key);
  }

  FileSystem fs_;
  file root_;
  document_folder_options options_;
  std::uint64_t patience_ms_;
  promise keeps_;
  files files_;
  folder_lock lock_;
  std::uint64_t seed_ = entropy_seed();
  bool is_open_ = false;

  // Of whoever has the turn:
  random_engine random_{entropy_seed()};
  object_tree pending_;  // with what is not committed yet
  std::uint64_t pending_end_ = 0;
  std::vector<std::string> changed_;
  std::uint64_t waits_bytes_ = 0;
  result<void> broken_ = {};  // why nothing can be written any more

  mutex state_mutex_;  // guards what follows
  object_tree published_;
  file journal_;
  std::uint64_t epoch_ = 0;
  std::uint64_t end_ = 0;           // of what is published
  std::vector<std::string> dirty_;  // keys that the journal has
  bool is_begun_anew_ = false;

  light_atomic<std::uint32_t> forked_{0};
  fork_watch watch_{this, [](void* self) noexcept { static_cast<document_engine*>(self)->forked_.store_relaxed(1); }};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_ENGINE_HPP
