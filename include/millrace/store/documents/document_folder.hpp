#ifndef MILLRACE_STORE_DOCUMENTS_DOCUMENT_FOLDER_HPP
#define MILLRACE_STORE_DOCUMENTS_DOCUMENT_FOLDER_HPP

#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/transacted.hpp>
#include <millrace/store/detail/tree_snapshot.hpp>
#include <millrace/store/documents/detail/document_engine.hpp>
#include <millrace/store/documents/path_rule.hpp>
#include <millrace/store/durable.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

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

/// A storage with transactions in a folder that people can read: JSON documents as files, and an index of each folder
/// of them as a Parquet file.
///
///     auto runs = mr::store::document_folder<>::open("out/store");            // made where there is none
///     auto next = runs->transact([&](auto& t) -> mr::result<int> { ... });    // all of it, or nothing, and durable
///
///     out/store/runs/7/1b2c.json         the object `runs/7/1b2c.json`
///     out/store/runs/7/index.parquet     a row for each of them: key, version, size, checksum, and their members
///     out/store/entries.jsonl            objects of at most 64 bytes that are no documents, such as index entries
///     out/store/.millrace-journal        what was committed since the files were last synced
///
/// Each commit is one record of the journal, synced as `Durability` says; the files are written behind it, so that
/// others may read them at once. When the journal is long, by `checkpoint` and at the end, the files are synced, the
/// indexes written, and a new journal begun. `open` reads all files and the journal, so whatever a crash left behind is
/// made whole. All objects are in memory: for some hundred thousand documents. Large bytes belong into a storage of
/// their own, such as a `folder_storage` beside it; more documents into a `sqlite_storage`.
///
/// The indexes say what has to be there: one that is missing or damaged, and a file that is missing, or is another than
/// its index says, is an error that names it, and never an empty folder. `rebuild_indexes` makes them of the files.
///
/// Models: transactional_storage, creates_objects; versions are random numbers of 63 bits. Guarantee: transactions are
/// whole and serial among threads and processes; a snapshot is of one moment, costs O(1), and nobody waits for it.
/// Complexity: a read asks the journal's end of the system and takes a lock for a moment; a transaction is O(k log n),
/// and writes k files; a checkpoint walks all objects. Allocates: every call. Threads: any number, and processes; one
/// writes at a time, the others wait `busy_timeout_ms` for those of other processes. After fork(), the child opens it
/// again: here, each call is refused with errc::closed. Errors: timeout if others write for too long; no_space; corrupt
/// and checksum_mismatch, with the file; conflict if the folder was replaced, or for a write from within a transaction;
/// io, after which nothing is written any more where what was begun could not be taken back; those of the system.
template <durability Durability = durable::group<5>, folder_file_system FileSystem = posix_folder_file_system>
class document_folder : public detail::transacted<document_folder<Durability, FileSystem>, Durability> {
  using engine = detail::document_engine<FileSystem>;

 public:
  using options_type = document_folder_options;

  /// The objects of one moment. A copy is of the same moment.
  class snapshot : public detail::tree_snapshot {
    friend document_folder;
    using tree_snapshot::tree_snapshot;
  };

  /// What the code inside of `transact` reads and writes.
  class transaction {
   public:
    result<std::vector<std::byte>> read(std::string_view key) const { return seen().read(key); }
    result<stored_bytes> read_versioned(std::string_view key) const { return seen().read_versioned(key); }
    result<storage_entry> examine(std::string_view key) const { return seen().examine(key); }
    result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
      return seen().list(prefix, after, limit);
    }
    result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                     std::size_t limit) const {
      return seen().list_backward(prefix, before, limit);
    }
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
      turn_->remove(key);
      return {};
    }

   private:
    friend detail::transacted<document_folder, Durability>;
    explicit transaction(typename engine::turn& by) noexcept : turn_(&by) {}

    snapshot seen() const noexcept { return snapshot(turn_->objects()); }
    result<std::string> write_at(std::string_view key, std::span<const std::byte> bytes,
                                 const std::string_view* version) {
      if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
      return turn_->write(key, bytes, version);
    }

    typename engine::turn* turn_;
  };

  /// Errors: not_found if there is no such folder and it has to exist, or none around it; corrupt, checksum_mismatch
  /// and invalid_data for what is wrong in it, with the file; unsupported for a newer millrace's; timeout.
  static result<document_folder> open(const std::string& folder, const document_folder_options& options = {},
                                      FileSystem fs = {}) {
    auto made = engine::open(folder, options, {Durability::syncs, Durability::shares_ms}, std::move(fs));
    if (!made) return std::move(made).error();
    return document_folder(*std::move(made));
  }
  /// Makes all indexes of a folder again, of the files that are there and of the journal, whatever the indexes say;
  /// returns how many objects there are. For a folder that `open` refuses, or into which documents were put by hand.
  /// Objects that were read before have other versions. Nobody else has it open.
  /// Errors: those of `open`, but for indexes and for what they say.
  static result<std::uint64_t> rebuild_indexes(const std::string& folder, document_folder_options options = {},
                                               FileSystem fs = {}) {
    options.must_exist = true;
    auto made = engine::open(folder, options, {Durability::syncs, Durability::shares_ms}, std::move(fs), true);
    if (!made) return std::move(made).error();
    return (*made)->rebuild();
  }

  const std::string& folder() const noexcept { return engine_->folder(); }

  /// Calls `use(const snapshot&)` and returns its result.
  template <class Use>
  auto look(Use&& use) const -> decltype(use(std::declval<const snapshot&>())) {
    static_cast<void>(sizeof(detail::checked_use<decltype(use(std::declval<const snapshot&>()))>));
    auto objects = engine_->now();
    if (!objects) return std::move(objects).error();
    const snapshot now(*std::move(objects));
    return use(now);
  }

  /// Syncs the files, writes the indexes and begins a new journal, so that others find the indexes as the documents
  /// are. It happens by itself when the journal is long, and at the end.
  result<void> checkpoint() { return engine_->checkpoint(); }

 private:
  friend detail::transacted<document_folder, Durability>;
  using turn = typename engine::turn;

  explicit document_folder(detail::owning_pointer<engine> made) noexcept : engine_(std::move(made)) {}

  template <class Use>
  auto by_reader(Use&& use) const {
    return look(use);
  }

  detail::owning_pointer<engine> engine_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DOCUMENT_FOLDER_HPP
