#ifndef MILLRACE_STORE_DETAIL_SQLITE_CONNECTION_HPP
#define MILLRACE_STORE_DETAIL_SQLITE_CONNECTION_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/storage.hpp>

#include <sqlite3.h>
#include <time.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// A file of ours says so in its header: "mlrd".
inline constexpr std::int64_t sqlite_application = 0x6d6c7264;

/// What makes version i + 1 of the tables out of version i. Never changed once it is released: files that it made are
/// there. Values of more than `sqlite_large` bytes stand in a table of their own, so that lists and searches in the
/// tree of keys touch few pages: `value` is then the row there instead of the bytes.
inline constexpr const char* sqlite_migrations[] = {
    "CREATE TABLE objects(key TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, size INTEGER NOT NULL, "
    "value NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE large(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"};
inline constexpr std::size_t sqlite_large = 512;

/// The statements of a connection, each prepared when it is first used.
enum class sqlite_query : std::uint8_t {
  begin,
  commit,
  rollback,
  save,
  undo,
  release,
  version,
  hold,
  read,
  examine,
  forward,
  backward,
  find,
  put,
  erase,
  read_large,
  put_large,
  change_large,
  erase_large,
};
inline constexpr const char* sqlite_texts[] = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT one",
    "ROLLBACK TO one",
    "RELEASE one",
    "PRAGMA user_version",
    "SELECT (SELECT 1 FROM objects)",  // has one row, and reads a page
    "SELECT version, size, value FROM objects WHERE key = ?1",
    "SELECT version, size FROM objects WHERE key = ?1",
    "SELECT version, size, key FROM objects WHERE key >= ?1 ORDER BY key",
    "SELECT version, size, key FROM objects WHERE key < ?1 ORDER BY key DESC",
    "SELECT version, CASE typeof(value) WHEN 'integer' THEN value END FROM objects WHERE key = ?1",
    "INSERT INTO objects VALUES(?1, ?2, ?3, ?4) ON CONFLICT(key) DO UPDATE SET version = ?2, size = ?3, value = ?4",
    "DELETE FROM objects WHERE key = ?1",
    "SELECT bytes FROM large WHERE id = ?1",
    "INSERT INTO large(bytes) VALUES(?1)",
    "UPDATE large SET bytes = ?2 WHERE id = ?1",
    "DELETE FROM large WHERE id = ?1",
};

/// A connection to a SQLite file: its statements, its errors, and what a storage does by them.
/// Threads: one at a time.
class sqlite_connection {
 public:
  /// A use of a prepared statement, which is reset at its end.
  class call {
   public:
    call(sqlite_connection& on, sqlite_query which) noexcept : failed_(on.prepare(which)) {
      statement_ = on.prepared_[static_cast<std::size_t>(which)];
    }
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    ~call() {
      if (statement_ == nullptr) return;
      ::sqlite3_reset(statement_);
      ::sqlite3_clear_bindings(statement_);
    }

    call& with(int at, std::int64_t number) noexcept { return note(::sqlite3_bind_int64(statement_, at, number)); }
    call& with(int at, std::string_view text) noexcept {
      return note(::sqlite3_bind_text64(statement_, at, text.data() != nullptr ? text.data() : "", text.size(),
                                        SQLITE_STATIC, SQLITE_UTF8));
    }
    call& with(int at, std::span<const std::byte> bytes) noexcept {
      return note(bytes.empty() ? ::sqlite3_bind_zeroblob(statement_, at, 0)
                                : ::sqlite3_bind_blob64(statement_, at, bytes.data(), bytes.size(), SQLITE_STATIC));
    }
    /// SQLITE_ROW, SQLITE_DONE, or why neither.
    int step() noexcept { return failed_ != SQLITE_OK ? failed_ : ::sqlite3_step(statement_); }

    std::int64_t number(int column) const noexcept { return ::sqlite3_column_int64(statement_, column); }
    bool is_number(int column) const noexcept { return ::sqlite3_column_type(statement_, column) == SQLITE_INTEGER; }
    std::string_view text(int column) const noexcept {
      const auto* const from = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, column));
      return from != nullptr ? std::string_view(from, size(column)) : std::string_view();
    }
    std::span<const std::byte> bytes(int column) const noexcept {
      const auto* const from = static_cast<const std::byte*>(::sqlite3_column_blob(statement_, column));
      return from != nullptr ? std::span(from, size(column)) : std::span<const std::byte>();
    }

   private:
    call& note(int code) noexcept {
      if (failed_ == SQLITE_OK) failed_ = code;
      return *this;
    }
    std::size_t size(int column) const noexcept {
      return static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column));
    }

    sqlite3_stmt* statement_ = nullptr;
    int failed_;
  };

  sqlite_connection(std::string path, std::uint32_t busy_timeout_ms) noexcept
      : path_(std::move(path)), patience_(busy_timeout_ms * std::uint64_t{1'000'000}), random_(entropy_seed()) {}
  sqlite_connection(const sqlite_connection&) = delete;
  sqlite_connection& operator=(const sqlite_connection&) = delete;
  ~sqlite_connection() {
    for (sqlite3_stmt* each : prepared_) ::sqlite3_finalize(each);
    ::sqlite3_close(db_);
  }
  result<void> open(int flags, const std::string& vfs) {
    const int code = ::sqlite3_open_v2(path_.c_str(), &db_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                       vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) return failure(code, "open");
    ::sqlite3_busy_handler(db_, &wait_for_others, this);
    // A file that somebody sent may call nothing by its schema.
    ::sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    ::sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    return {};
  }

  /// From now on moves what commits have put beside the file into it, in their course. Readers that follow each other
  /// without a pause would keep the file beside it growing: from `limit` bytes on it waits for those that are there, a
  /// moment and not each time.
  void keep_wal_below(std::uint64_t limit) noexcept {
    wal_limit_ = limit;
    ::sqlite3_wal_hook(db_, &after_commit, this);
  }

  sqlite3* handle() const noexcept { return db_; }
  const std::string& path() const noexcept { return path_; }

  /// Runs statements that return nothing.
  int run(const char* text) noexcept { return ::sqlite3_exec(db_, text, nullptr, nullptr, nullptr); }
  int run(sqlite_query which) noexcept {
    const int code = call(*this, which).step();
    return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  /// Keeps a snapshot until `let_go`: SQLITE_ROW, or why not.
  int hold() noexcept {
    const int code = prepare(sqlite_query::hold);
    return code != SQLITE_OK ? code : ::sqlite3_step(prepared_[static_cast<std::size_t>(sqlite_query::hold)]);
  }
  void let_go() noexcept { ::sqlite3_reset(prepared_[static_cast<std::size_t>(sqlite_query::hold)]); }
  /// After a commit that failed when its sync did, the file beside ours may hold it whole, and whoever opens ours after
  /// a crash would find it kept. So that file is emptied, if nobody reads just now.
  void empty_wal() noexcept {
    ::sqlite3_busy_handler(db_, nullptr, nullptr);
    ::sqlite3_wal_checkpoint_v2(db_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    ::sqlite3_busy_handler(db_, &wait_for_others, this);
  }
  /// The first number that a statement returns.
  result<std::int64_t> ask(const char* text) {
    sqlite3_stmt* statement = nullptr;
    int code = ::sqlite3_prepare_v2(db_, text, -1, &statement, nullptr);
    if (code == SQLITE_OK) code = ::sqlite3_step(statement);
    const std::int64_t found = code == SQLITE_ROW ? ::sqlite3_column_int64(statement, 0) : 0;
    ::sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return failure(code, "read");
    return found;
  }

  /// What an error code of SQLite's means: `cannot write "models/a" to "out/millrace.db": database or disk is full`.
  error failure(int code, std::string_view action, std::string_view key = {}) const {
    std::string message = "cannot " + std::string(action);
    if (!key.empty()) message += ' ' + quoted_text(key) + (action == "read" ? " from" : " in");
    message += " \"" + path_ + "\": " + ::sqlite3_errstr(code & 0xff);
    if ((code & 0xff) == SQLITE_BUSY)
      message += ": somebody else has written for " + std::to_string(patience_ / 1'000'000) + " ms";
    if (code > 0xff) message += " (" + std::to_string(code) + ")";
    if (const int number = db_ != nullptr ? ::sqlite3_system_errno(db_) : 0;
        number != 0 && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN)) {
      char buffer[256] = "";
      (message += ": ") += strerror_text(::strerror_r(number, buffer, sizeof buffer), buffer);
      if ((code & 0xff) == SQLITE_CANTOPEN) return error(errc_of_errno(number), std::move(message));
    }
    return error(meaning_of(code), std::move(message));
  }
  error corrupt(std::string_view key, const char* why) const {
    return error(errc::corrupt, "cannot read " + quoted_text(key) + " from \"" + path_ + "\": " + why);
  }

  // What a storage does. Keys are checked by the caller.

  result<stored_bytes> read(std::string_view key) {
    call found(*this, sqlite_query::read);
    const int code = found.with(1, key).step();
    if (code == SQLITE_DONE) return no_such_object(key);
    if (code != SQLITE_ROW) return failure(code, "read", key);
    stored_bytes made;
    made.version = std::to_string(found.number(0));
    const auto size = static_cast<std::uint64_t>(found.number(1));
    const auto take = [&](std::span<const std::byte> bytes) { made.bytes.assign(bytes.begin(), bytes.end()); };
    if (found.is_number(2)) {
      call large(*this, sqlite_query::read_large);  // in the same snapshot, which the other statement holds
      const int stepped = large.with(1, found.number(2)).step();
      if (stepped == SQLITE_DONE) return corrupt(key, "its bytes are gone");
      if (stepped != SQLITE_ROW) return failure(stepped, "read", key);
      take(large.bytes(0));
    } else {
      take(found.bytes(2));
    }
    if (made.bytes.size() == size) return made;
    if (const int last = ::sqlite3_extended_errcode(db_);
        made.bytes.empty() && (last & 0xff) != SQLITE_OK && last != SQLITE_ROW)
      return failure(last, "read", key);  // what the columns could not say
    return corrupt(key, "it has another size than it says");
  }
  result<storage_entry> examine(std::string_view key) {
    call found(*this, sqlite_query::examine);
    const int code = found.with(1, key).step();
    if (code == SQLITE_DONE) return no_such_object(key);
    if (code != SQLITE_ROW) return failure(code, "read", key);
    return storage_entry{std::string(key), static_cast<std::uint64_t>(found.number(1)),
                         std::to_string(found.number(0))};
  }
  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) {
    call next(*this, sqlite_query::forward);
    next.with(1, after < prefix ? prefix : after);
    return listed(next, prefix, after, limit);
  }
  result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                   std::size_t limit) {
    // The first text behind all that begin with the prefix: its last byte that can be is one more.
    std::string end(prefix);
    while (!end.empty() && end.back() == '\xff') end.pop_back();
    if (!end.empty()) ++reinterpret_cast<unsigned char&>(end.back());
    call next(*this, sqlite_query::backward);
    if (!before.empty() && (end.empty() || before < end))
      next.with(1, before);
    else if (!end.empty())
      next.with(1, end);
    else
      next.with(1, std::span<const std::byte>());  // greater than every text
    return listed(next, prefix, {}, limit);
  }

  /// Writes if the key has this version; null: whatever it has. Returns the new one. In a transaction, which has to be
  /// undone after an error other than conflict.
  result<std::string> write(std::string_view key, std::span<const std::byte> bytes, const std::string_view* version) {
    const auto old = find(key);
    if (!old) return old.error();
    if (version != nullptr && *version != (old->exists ? std::to_string(old->version) : std::string()))
      return error(errc::conflict,
                   "the object " + quoted_text(key) + " is not of version \"" + std::string(*version) + "\" any more");
    const auto made = static_cast<std::int64_t>(random_() >> 1);
    std::int64_t large = 0;
    if (bytes.size() > sqlite_large) {
      call keep(*this, old->large != 0 ? sqlite_query::change_large : sqlite_query::put_large);
      if (old->large != 0)
        keep.with(1, old->large).with(2, bytes);
      else
        keep.with(1, bytes);
      if (const int code = keep.step(); code != SQLITE_DONE) return failure(code, "write", key);
      large = old->large != 0 ? old->large : ::sqlite3_last_insert_rowid(db_);
    } else if (old->large != 0) {
      if (auto done = erase_large(key, old->large); !done) return std::move(done).error();
    }
    call put(*this, sqlite_query::put);
    put.with(1, key).with(2, made).with(3, static_cast<std::int64_t>(bytes.size()));
    if (large != 0)
      put.with(4, large);
    else
      put.with(4, bytes);
    if (const int code = put.step(); code != SQLITE_DONE) return failure(code, "write", key);
    return std::to_string(made);
  }
  result<void> remove(std::string_view key) {
    const auto old = find(key);
    if (!old) return old.error();
    if (!old->exists) return {};
    if (old->large != 0)
      if (auto done = erase_large(key, old->large); !done) return done;
    if (const int code = call(*this, sqlite_query::erase).with(1, key).step(); code != SQLITE_DONE)
      return failure(code, "remove", key);
    return {};
  }

 private:
  struct place {
    bool exists = false;
    std::int64_t version = 0;
    std::int64_t large = 0;
  };
  result<place> find(std::string_view key) {
    call found(*this, sqlite_query::find);
    const int code = found.with(1, key).step();
    if (code == SQLITE_DONE) return place();
    if (code != SQLITE_ROW) return failure(code, "write", key);
    return place{true, found.number(0), found.number(1)};
  }
  result<void> erase_large(std::string_view key, std::int64_t id) {
    if (const int code = call(*this, sqlite_query::erase_large).with(1, id).step(); code != SQLITE_DONE)
      return failure(code, "write", key);
    return {};
  }
  result<std::vector<storage_entry>> listed(call& next, std::string_view prefix, std::string_view skipped,
                                            std::size_t limit) {
    std::vector<storage_entry> found;
    while (found.size() < limit) {
      const int code = next.step();
      if (code == SQLITE_DONE) break;
      if (code != SQLITE_ROW) return failure(code, "list");
      const std::string_view key = next.text(2);
      if (key.substr(0, prefix.size()) != prefix) break;
      if (!skipped.empty() && key == skipped) continue;
      found.push_back({std::string(key), static_cast<std::uint64_t>(next.number(1)), std::to_string(next.number(0))});
    }
    return found;
  }

  int prepare(sqlite_query which) noexcept {
    const auto at = static_cast<std::size_t>(which);
    if (prepared_[at] != nullptr) return SQLITE_OK;
    return ::sqlite3_prepare_v3(db_, sqlite_texts[at], -1, SQLITE_PREPARE_PERSISTENT, &prepared_[at], nullptr);
  }
  static errc meaning_of(int code) noexcept {
    switch (code & 0xff) {
      case SQLITE_FULL: return errc::no_space;
      case SQLITE_BUSY:
      case SQLITE_LOCKED: return errc::timeout;
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB: return errc::corrupt;
      case SQLITE_READONLY:
      case SQLITE_PERM:
      case SQLITE_AUTH: return errc::permission_denied;
      case SQLITE_CANTOPEN: return errc::unavailable;
      case SQLITE_TOOBIG: return errc::out_of_range;
      case SQLITE_NOMEM: return errc::unavailable;
      default: return errc::io;
    }
  }
  /// Waits a little, and longer each time, for whoever writes; at random, so that many do not wait in step.
  static int wait_for_others(void* self, int times) noexcept {
    auto& on = *static_cast<sqlite_connection*>(self);
    const std::uint64_t now = steady_clock().ticks();
    if (times == 0) on.waits_since_ = now;
    if (now - on.waits_since_ >= on.patience_) return 0;
    const std::uint64_t most = std::uint64_t{100'000} << (times < 6 ? times : 6);
    const timespec pause{0, static_cast<long>(20'000 + on.random_.below(most))};
    ::nanosleep(&pause, nullptr);
    return 1;
  }

  static int after_commit(void* self, sqlite3* db, const char* name, int pages) noexcept {
    constexpr int few = 1000;  // SQLite's own choice
    if (pages < few) return SQLITE_OK;
    auto& on = *static_cast<sqlite_connection*>(self);
    const std::uint64_t bytes = static_cast<std::uint64_t>(pages) * 4096;
    if (bytes < on.wal_limit_) on.next_wait_ = on.wal_limit_;
    const bool waits = bytes >= on.next_wait_;
    if (waits) on.next_wait_ = bytes + on.wal_limit_ / 4;
    const std::uint64_t patience = std::exchange(on.patience_, 100'000'000);
    ::sqlite3_wal_checkpoint_v2(db, name, waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                nullptr);
    on.patience_ = patience;
    return SQLITE_OK;  // what could not be moved now is the next commit's
  }

  std::string path_;
  std::uint64_t wal_limit_ = 0;
  std::uint64_t next_wait_ = 0;
  std::uint64_t patience_;  // nanoseconds
  std::uint64_t waits_since_ = 0;
  random_engine random_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* prepared_[std::size(sqlite_texts)] = {};
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_SQLITE_CONNECTION_HPP
