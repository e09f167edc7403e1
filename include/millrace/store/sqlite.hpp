#ifndef MILLRACE_STORE_SQLITE_HPP
#define MILLRACE_STORE_SQLITE_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/sqlite_connection.hpp>
#include <millrace/store/detail/sqlite_engine.hpp>
#include <millrace/store/detail/transacted.hpp>
#include <millrace/store/durable.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// A storage in one SQLite file, which many threads and processes share.
///
///     auto runs = mr::store::sqlite_storage<>::open("out/millrace.db");       // made where there is none
///     auto next = runs->transact([&](auto& t) -> mr::result<int> { ... });    // all of it, or nothing, and durable
///
/// `Durability` says what a crash may take: `durable::group<5>`, the default, nothing that has returned, and threads
/// share syncs; see durable.hpp. Whatever it is, a transaction is there as a whole or not at all.
///
/// The file is in WAL mode, so that readers and the writer do not wait for each other; on a network file system, where
/// that cannot work, it has a rollback journal, readers and writers wait, and a `look` that writes would wait for
/// itself until `busy_timeout_ms` is over. Files `-wal` and `-shm` beside it belong to it. Its tables have a version: a
/// newer one is refused, an older one brought forward. A snapshot that is kept for long keeps the file beside it
/// growing; many short ones do not.
///
/// Models: transactional_storage, creates_objects; versions are random numbers of 63 bits, so that they come twice
/// neither among processes nor after an older copy of the file was put back. Complexity: O(log n) pages. Allocates:
/// what it returns; a connection for each reader at once, of which some are kept. Threads: any number, and processes;
/// one writes at a time, the others wait `busy_timeout_ms` for those of other processes and as long as it takes for
/// their own. After fork(), the child opens it again: here, each call is refused with errc::closed. Errors: timeout if
/// others write for too long; no_space; corrupt; conflict if the file was replaced, or for a write from within a
/// transaction; io, after which, on a disk that goes on failing, a commit may still be found kept once the process has
/// crashed; those of the system. They name the file and the key.
template <durability Durability = durable::group<5>>
class sqlite_storage : public detail::transacted<sqlite_storage<Durability>, Durability> {
 public:
  /// The objects of one moment, one thread at a time.
  class snapshot {
   public:
    result<std::vector<std::byte>> read(std::string_view key) const {
      auto found = read_versioned(key);
      if (!found) return std::move(found).error();
      return std::move(found->bytes);
    }
    result<stored_bytes> read_versioned(std::string_view key) const {
      if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
      return connection_->read(key);
    }
    result<storage_entry> examine(std::string_view key) const {
      if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
      return connection_->examine(key);
    }
    result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
      return connection_->list(prefix, after, limit);
    }
    result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                     std::size_t limit) const {
      return connection_->list_backward(prefix, before, limit);
    }
    snapshot(const snapshot&) = delete;
    snapshot& operator=(const snapshot&) = delete;

   private:
    friend sqlite_storage;
    explicit snapshot(detail::sqlite_connection& connection) noexcept : connection_(&connection) {}

    detail::sqlite_connection* connection_;
  };

  /// What the code inside of `transact` reads and writes. After an error of SQLite's, nothing of it is kept.
  class transaction : public snapshot {
   public:
    result<void> write(std::string_view key, std::span<const std::byte> bytes) {
      auto made = write_at(key, bytes, nullptr);
      if (!made) return std::move(made).error();
      return {};
    }
    result<void> create(std::string_view key, std::span<const std::byte> bytes) {
      return detail::create_in(*this, key, bytes);
    }
    result<void> remove(std::string_view key) {
      if (auto fine = check_storage_key(key); !fine) return fine;
      auto done = turn_->connection().remove(key);
      if (!done) return turn_->note(std::move(done).error());
      return done;
    }

   private:
    friend detail::transacted<sqlite_storage, Durability>;
    explicit transaction(detail::sqlite_engine::turn& by) noexcept : snapshot(by.connection()), turn_(&by) {}

    result<std::string> write_at(std::string_view key, std::span<const std::byte> bytes,
                                 const std::string_view* version) {
      if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
      if (auto fine = turn_->check_room(key, bytes.size()); !fine) return std::move(fine).error();
      auto made = turn_->connection().write(key, bytes, version);
      if (!made && made.error().code() != errc::conflict) return turn_->note(std::move(made).error());
      return made;
    }

    detail::sqlite_engine::turn* turn_;
  };

  /// Errors: not_found if there is no such folder, or no file and it has to exist; invalid_data for another program's
  /// file; unsupported for a newer millrace's; corrupt for what is no SQLite file; permission_denied if it cannot be
  /// written.
  static result<sqlite_storage> open(const std::string& path, const sqlite_storage_options& options = {}) {
    auto made = detail::sqlite_engine::open(path, options, {Durability::syncs, Durability::shares_ms});
    if (!made) return std::move(made).error();
    return sqlite_storage(*std::move(made));
  }

  const std::string& path() const noexcept { return engine_->path(); }
  /// Whether the file is in WAL mode.
  bool writes_ahead() const noexcept { return engine_->writes_ahead(); }

  /// Calls `use(const snapshot&)` and returns its result.
  template <class Use>
  auto look(Use&& use) const -> decltype(use(std::declval<const snapshot&>())) {
    static_cast<void>(sizeof(detail::checked_use<decltype(use(std::declval<const snapshot&>()))>));
    return by_reader(use, true);
  }

 private:
  friend detail::transacted<sqlite_storage, Durability>;
  using turn = detail::sqlite_engine::turn;

  explicit sqlite_storage(detail::owning_pointer<detail::sqlite_engine> engine) noexcept : engine_(std::move(engine)) {}

  template <class Use>
  auto by_reader(Use&& use, bool holds = false) const -> decltype(use(std::declval<const snapshot&>())) {
    const detail::sqlite_engine::reader own(*engine_, holds);
    if (!own) return own.why();
    const snapshot now(*own);
    return use(now);
  }

  detail::owning_pointer<detail::sqlite_engine> engine_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SQLITE_HPP
