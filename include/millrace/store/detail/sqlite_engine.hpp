#ifndef MILLRACE_STORE_DETAIL_SQLITE_ENGINE_HPP
#define MILLRACE_STORE_DETAIL_SQLITE_ENGINE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/fork_watch.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/diagnostic.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/detail/commit_group.hpp>
#include <millrace/store/detail/disk_room.hpp>
#include <millrace/store/detail/known_place.hpp>
#include <millrace/store/detail/sqlite_connection.hpp>
#include <millrace/store/detail/writer_mutex.hpp>
#include <millrace/store/file.hpp>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// Where SQLite keeps what a crash has to undo or redo.
enum class sqlite_journal : std::uint8_t {
  automatic,  // beside the file in WAL mode, or `rollback` where the file is on a network
  write_ahead,
  rollback,  // writers and readers wait for each other; for file systems that share no memory between machines
};

struct sqlite_storage_options {
  /// Whether `open` refuses a file that is not there, instead of making it.
  bool must_exist = false;
  sqlite_journal journal = sqlite_journal::automatic;
  /// How long a writer waits for writers of other processes.
  std::uint32_t busy_timeout_ms = 5000;
  /// A write is refused with errc::no_space when the disk would have less than so many bytes left. Removals are not.
  std::uint64_t keep_free = 8 << 20;
  /// From how many bytes on the file beside it, `-wal`, waits for readers to become short again: up to 100 ms, once a
  /// quarter of it.
  std::uint64_t max_wal_bytes = 64 << 20;
  /// How many connections for readers stay open.
  std::size_t idle_readers = 4;
  /// The name of the SQLite VFS that reaches the file; empty: the default one.
  std::string vfs = {};
  /// Is told when the file is on a network file system.
  diagnostics_ref diagnostics = {};
};

namespace detail {

/// Whether what statfs calls `type` is a file system that several machines share, as linux/magic.h names them.
constexpr bool is_network_file_system(std::uint64_t type) noexcept {
  switch (type & 0xffffffffU) {
    case 0x6969:      // nfs
    case 0x517b:      // smb
    case 0xff534d42:  // cifs
    case 0xfe534d42:  // smb2
    case 0x01021997:  // 9p
    case 0x5346414f:  // afs
    case 0x6b414653:  // kafs
    case 0x73757245:  // coda
    case 0x564c:      // ncp
    case 0x00c36400:  // ceph
    case 0x0bd00bd0:  // lustre
    case 0x47504653:  // gpfs
    case 0x01161970:  // gfs2
    case 0x7461636f:  // ocfs2
      return true;
    default: return false;
  }
}

/// What a SQLite storage is made of: the connection that writes, one thread at a time; those that read; and the commit
/// that several transactions share, each of which undoes its own by a savepoint.
class sqlite_engine : private commit_group<sqlite_engine> {
  friend commit_group<sqlite_engine>;

 public:
  struct promise {
    bool syncs;
    std::uint32_t shares_ms;
  };

  static result<owning_pointer<sqlite_engine>> open(const std::string& path, const sqlite_storage_options& options,
                                                    promise keeps,
                                                    std::span<const char* const> migrations = sqlite_migrations) {
    if (::sqlite3_threadsafe() == 0) return error(errc::unsupported, "this SQLite was built without threads");
    if (path.empty() || path.find('\0') != std::string::npos)
      return error(errc::invalid_argument, "the path of a SQLite file is empty, or has a zero byte");
    owning_pointer<sqlite_engine> made(new sqlite_engine(absolute_path(path), options, keeps, migrations));
    if (auto done = made->open_file(); !done) return std::move(done).error();
    return made;
  }
  sqlite_engine(const sqlite_engine&) = delete;
  sqlite_engine& operator=(const sqlite_engine&) = delete;
  ~sqlite_engine() {
    finish_commits();
    if (is_forked()) {
      // The child of a fork must not touch the parent's connections: closing them would work on the parent's file.
      (void)writer_.release();
      return;
    }
    for (sqlite_connection* each : idle_) delete each;
  }

  const std::string& path() const noexcept { return path_; }
  bool writes_ahead() const noexcept { return writes_ahead_; }

  /// A turn of writing, on one thread. Whoever gets one may use `connection`; what it wrote is undone unless
  /// `end(true)` returns no error.
  class turn {
   public:
    explicit turn(sqlite_engine& of) noexcept : of_(of), guard_(of.announced()) { of_.has_turn(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (begun_) (void)end(false);  // `use` has thrown
    }

    result<void> begin() {
      if (!guard_) return writer_mutex::guard::refusal();
      if (of_.is_forked()) return of_.forked();
      auto done = of_.begin_one(shares_);
      if (!done)
        guard_.unlock();
      else
        begun_ = true;
      return done;
    }
    sqlite_connection& connection() const noexcept { return *of_.writer_; }
    /// Says that a statement failed, so that nothing of this turn is kept.
    error note(error why) {
      if (failed_) failed_ = why;
      return why;
    }
    result<void> check_room(std::string_view key, std::size_t size) {
      // Beside the file, then in it.
      return room_.take(of_.path_, of_.options_.keep_free, 2 * (std::uint64_t{size} + key.size()), key);
    }

    /// With a ticket, others make the commit.
    result<void> end(bool keeps, commit_ticket* ticket = nullptr) {
      begun_ = false;
      if (of_.is_forked()) return of_.forked();  // `use` has forked: the transaction is the parent's
      result<void> outcome = std::move(failed_);
      if (!keeps || !outcome)
        of_.undo_one(shares_);
      else
        outcome = of_.keep_one(shares_);
      const bool is_kept = keeps && outcome;
      return of_.end_turn(guard_, is_kept, std::move(outcome), ticket);
    }

   private:
    sqlite_engine& of_;
    writer_mutex::guard guard_;
    bool shares_ = false;  // others have written in the same commit before
    bool begun_ = false;
    result<void> failed_ = {};
    disk_room room_;
  };

  /// A connection that reads. With `holds`, all that is read by it is of the moment at which it was made.
  class reader {
   public:
    explicit reader(sqlite_engine& of, bool holds = false) : of_(of), connection_(of.idle_or_new_reader()) {
      if (!holds || !connection_) return;
      if (const int code = (*connection_)->hold(); code != SQLITE_ROW)
        connection_ = (*connection_)->failure(code, "read");
    }
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() {
      if (!connection_) return;
      if (of_.is_forked()) {
        (void)connection_->release();
        return;
      }
      (*connection_)->let_go();
      of_.keep_reader(*std::move(connection_));
    }

    explicit operator bool() const noexcept { return connection_.has_value(); }
    const error& why() const noexcept { return connection_.error(); }
    sqlite_connection& operator*() const noexcept { return **connection_; }
    sqlite_connection* operator->() const noexcept { return connection_->get(); }

   private:
    sqlite_engine& of_;
    result<owning_pointer<sqlite_connection>> connection_;
  };

 private:
  sqlite_engine(std::string path, const sqlite_storage_options& options, promise keeps,
                std::span<const char* const> migrations)
      : commit_group(keeps.shares_ms),
        path_(std::move(path)),
        options_(options),
        keeps_(keeps),
        migrations_(migrations),
        schema_version_(static_cast<std::int64_t>(migrations.size())) {}

  bool is_forked() const noexcept { return forked_.load_relaxed() != 0; }
  error forked() const {
    return error(errc::closed, "the SQLite file \"" + path_ + "\" was opened before a fork: open it in the child");
  }

  // Opening.

  result<owning_pointer<sqlite_connection>> connect(int flags) const {
    auto made = make_owning<sqlite_connection>(path_, options_.busy_timeout_ms);
    if (auto done = made->open(flags, options_.vfs); !done) return std::move(done).error();
    return made;
  }
  result<void> open_file() {
    auto made = connect(SQLITE_OPEN_READWRITE | (options_.must_exist ? 0 : SQLITE_OPEN_CREATE));
    if (!made) return std::move(made).error();
    writer_ = *std::move(made);
    if (::sqlite3_db_readonly(writer_->handle(), "main") != 0)
      return error(errc::permission_denied, "cannot write to the SQLite file \"" + path_ + "\": it is read-only");
    struct stat facts{};
    if (::stat(path_.c_str(), &facts) != 0) return system_error(errno, "open", path_);
    place_ = known_place(facts);
    // In one snapshot: somebody else may be making the tables.
    if (const int code = writer_->run("BEGIN"); code != SQLITE_OK) return writer_->failure(code, "read");
    const auto version = check_whose();
    writer_->run("ROLLBACK");
    if (!version) return version.error();
    if (auto done = choose_journal(); !done) return done;
    if (const int code =
            writer_->run(keeps_.syncs ? "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864"
                                      : "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
        code != SQLITE_OK)
      return writer_->failure(code, "open");
    writer_->keep_wal_below(options_.max_wal_bytes);
    if (*version < schema_version_) return migrate();
    return {};
  }
  /// The version of the tables. Errors: it is not a file of ours, or a later one's.
  result<std::int64_t> check_whose() {
    const auto application = writer_->ask("PRAGMA application_id");
    if (!application) return application.error();
    const auto version = writer_->ask("PRAGMA user_version");
    if (!version) return version.error();
    const auto tables = writer_->ask("SELECT count(*) FROM sqlite_schema");
    if (!tables) return tables.error();
    if (*application != sqlite_application && (*application != 0 || *version != 0 || *tables != 0))
      return error(errc::invalid_data, "\"" + path_ + "\" is a SQLite file of another program");
    if (*version < 0 || *version > schema_version_) return newer(*version);
    return *version;
  }
  error newer(std::int64_t version) const {
    return error(errc::unsupported, "\"" + path_ + "\" has tables of version " + std::to_string(version) +
                                        ", of a newer millrace: this one knows version " +
                                        std::to_string(schema_version_));
  }
  result<void> choose_journal() {
    writes_ahead_ = options_.journal == sqlite_journal::write_ahead;
    if (options_.journal == sqlite_journal::automatic) {
      struct statfs facts{};
      writes_ahead_ =
          ::statfs(path_.c_str(), &facts) != 0 || !is_network_file_system(static_cast<std::uint64_t>(facts.f_type));
      if (!writes_ahead_) {
        const diagnostic_field fields[] = {{"path", path_}};
        options_.diagnostics.report({severity::warning, "sqlite_storage",
                                     "the file is on a network: it has a rollback journal", nullptr, fields});
      }
    }
    // Several processes that open a new file change its mode at once, and SQLite does not wait for that.
    const std::uint64_t since = steady_clock().ticks();
    const std::uint64_t patience = options_.busy_timeout_ms * std::uint64_t{1'000'000};
    bool is_wal = false;
    const auto note = [](void* to, int, char** values, char**) {
      *static_cast<bool*>(to) = std::string_view(values[0]) == "wal";
      return 0;
    };
    for (;;) {
      const int code = ::sqlite3_exec(writer_->handle(),
                                      writes_ahead_ ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE",
                                      note, &is_wal, nullptr);
      if (code == SQLITE_OK) break;
      if ((code & 0xff) != SQLITE_BUSY || steady_clock().ticks() - since > patience)
        return writer_->failure(code, "open");
      const timespec pause{0, 1'000'000};
      ::nanosleep(&pause, nullptr);
    }
    if (options_.journal == sqlite_journal::write_ahead && !is_wal)
      return error(errc::unsupported, "\"" + path_ + "\" is where no memory can be shared, as WAL mode needs");
    writes_ahead_ = is_wal;
    return {};
  }
  result<void> migrate() {
    if (const int code = writer_->run("BEGIN IMMEDIATE"); code != SQLITE_OK) return writer_->failure(code, "write");
    const auto version = check_whose();  // somebody else may have been faster
    int code = SQLITE_OK;
    if (version && *version < schema_version_) {
      for (std::int64_t at = *version; at < schema_version_ && code == SQLITE_OK; ++at)
        code = writer_->run(migrations_[static_cast<std::size_t>(at)]);
      const std::string marks = "PRAGMA application_id = " + std::to_string(sqlite_application) +
                                "; PRAGMA user_version = " + std::to_string(schema_version_);
      if (code == SQLITE_OK) code = writer_->run(marks.c_str());
    }
    if (code == SQLITE_OK && version) code = writer_->run("COMMIT");
    if (code == SQLITE_OK && version) return {};
    error why = version ? writer_->failure(code, "write") : version.error();
    writer_->run("ROLLBACK");
    return why;
  }

  // Writing. Whoever calls these has the turn.

  result<void> begin_one(bool& shares) {
    if (has_begun_ && !is_young()) (void)commit();  // whose followers have waited long enough
    shares = has_begun_;
    if (shares) {
      if (const int code = writer_->run(sqlite_query::save); code != SQLITE_OK) {
        error why = writer_->failure(code, "write");
        (void)commit();  // of the others
        return why;
      }
      return {};
    }
    if (auto fine = place_.confirm(path_); !fine) return fine;
    if (const int code = writer_->run(sqlite_query::begin); code != SQLITE_OK) return writer_->failure(code, "write");
    // A newer program may have opened the file since.
    const std::int64_t version = version_of_tables();
    if (version != schema_version_) {
      error why =
          version < 0 ? writer_->failure(::sqlite3_extended_errcode(writer_->handle()), "write") : newer(version);
      writer_->run(sqlite_query::rollback);
      return why;
    }
    begin_sharing();
    return {};
  }
  std::int64_t version_of_tables() noexcept {
    sqlite_connection::call asked(*writer_, sqlite_query::version);
    return asked.step() == SQLITE_ROW ? asked.number(0) : -1;
  }
  result<void> keep_one(bool shares) {
    if (shares)
      if (const int code = writer_->run(sqlite_query::release); code != SQLITE_OK) {
        auto failed = result<void>(writer_->failure(code, "write"));
        undo_one(true);
        return failed;
      }
    has_changes_ = true;
    return {};
  }
  void undo_one(bool shares) {
    const bool lost = ::sqlite3_get_autocommit(writer_->handle()) != 0;  // SQLite has undone all of it
    if (!lost && shares && writer_->run(sqlite_query::undo) == SQLITE_OK &&
        writer_->run(sqlite_query::release) == SQLITE_OK)
      return;
    // Without others, or with none that can be kept.
    error why = error(errc::io, "what was written to \"" + path_ + "\" was undone by an error of another transaction");
    if (!lost) writer_->run(sqlite_query::rollback);
    end_sharing();
    tell_followers(std::move(why));
  }
  result<void> commit() {
    result<void> outcome;
    if (const int code = writer_->run(sqlite_query::commit); code != SQLITE_OK) {
      outcome = writer_->failure(code, "write");
      if (::sqlite3_get_autocommit(writer_->handle()) == 0) writer_->run(sqlite_query::rollback);
      writer_->empty_wal();
    }
    end_sharing();
    tell_followers(outcome);
    return outcome;
  }

  // Reading.

  result<owning_pointer<sqlite_connection>> idle_or_new_reader() {
    if (is_forked()) return forked();
    {
      const lock_guard locked(mutex_);
      if (!idle_.empty()) {
        owning_pointer<sqlite_connection> one(idle_.back());
        idle_.pop_back();
        return one;
      }
    }
    if (auto fine = place_.confirm(path_); !fine) return std::move(fine).error();
    auto made = connect(SQLITE_OPEN_READWRITE);
    if (!made) return made;
    if (const int code = (*made)->run("PRAGMA query_only = ON"); code != SQLITE_OK)
      return (*made)->failure(code, "open");
    return made;
  }
  void keep_reader(owning_pointer<sqlite_connection> one) {
    const lock_guard locked(mutex_);
    if (idle_.size() < options_.idle_readers) idle_.push_back(one.release());
  }

  std::string path_;
  sqlite_storage_options options_;
  promise keeps_;
  std::span<const char* const> migrations_;
  std::int64_t schema_version_;
  bool writes_ahead_ = true;
  known_place place_;

  owning_pointer<sqlite_connection> writer_;  // of whoever has the turn
  flat_vector<sqlite_connection*> idle_;      // guarded by mutex_

  light_atomic<std::uint32_t> forked_{0};
  fork_watch watch_{this, [](void* self) noexcept { static_cast<sqlite_engine*>(self)->forked_.store_relaxed(1); }};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_SQLITE_ENGINE_HPP
