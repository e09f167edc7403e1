#ifndef MILLRACE_STORE_MEMORY_STORAGE_HPP
#define MILLRACE_STORE_MEMORY_STORAGE_HPP

#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/detail/object_tree.hpp>
#include <millrace/store/detail/tree_snapshot.hpp>
#include <millrace/store/detail/writer_mutex.hpp>
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

/// How much a storage in memory takes.
struct memory_storage_options {
  /// Of all keys and objects together. What would be more is refused with errc::no_space.
  std::size_t max_bytes = std::size_t{256} << 20;
  std::size_t max_objects = 1'000'000;
};

/// A storage in memory: for tests, and as the second level of a cache. Nothing of it outlives the process.
/// Models: transactional_storage, creates_objects; versions are numbers that never come twice.
/// Complexity: O(log n) comparisons of keys; a snapshot O(1), and the first write after it copies O(log n) pointers.
/// No lock is held while bytes are copied. Allocates: a write and a read, the object's bytes. Threads: any number;
/// writers wait for a transaction of another thread.
class memory_storage {
 public:
  /// The objects of one moment. A copy is of the same moment.
  class snapshot : public detail::tree_snapshot {
    friend memory_storage;
    using tree_snapshot::tree_snapshot;
  };

  /// What the code inside of `transact` reads and writes.
  class transaction : public snapshot {
   public:
    result<void> write(std::string_view key, std::span<const std::byte> bytes) {
      if (auto fine = check_storage_key(key); !fine) return fine;
      if (bytes.size() > storage_->options_.max_bytes) return storage_->no_space(key);
      auto next = storage_->made(key, bytes);
      auto done = storage_->put(objects_, next, nullptr);
      if (!done) return std::move(done).error();
      return {};
    }
    result<void> create(std::string_view key, std::span<const std::byte> bytes) {
      return detail::create_in(*this, key, bytes);
    }
    result<void> remove(std::string_view key) {
      if (auto fine = check_storage_key(key); !fine) return fine;
      if (objects_.find(key) != nullptr) objects_.take(key);
      return {};
    }

   private:
    friend memory_storage;
    transaction(memory_storage& storage, const detail::object_tree& objects) noexcept
        : snapshot(objects), storage_(&storage) {}

    memory_storage* storage_;
  };

  explicit memory_storage(const memory_storage_options& options = {}) noexcept : options_(options) {}
  memory_storage(const memory_storage&) = delete;
  memory_storage& operator=(const memory_storage&) = delete;
  ~memory_storage() = default;

  result<std::vector<std::byte>> read(std::string_view key) const { return now().read(key); }
  result<stored_bytes> read_versioned(std::string_view key) const { return now().read_versioned(key); }
  result<storage_entry> examine(std::string_view key) const { return now().examine(key); }
  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    return now().list(prefix, after, limit);
  }
  result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                   std::size_t limit) const {
    return now().list_backward(prefix, before, limit);
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    auto done = replace(key, bytes, nullptr);
    if (!done) return std::move(done).error();
    return {};
  }
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    return transact([&](transaction& t) { return t.create(key, bytes); });
  }
  result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    return replace(key, bytes, &version);
  }
  result<void> remove(std::string_view key) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    const writer writing(writer_);
    if (!writing) return writer::refusal();
    const auto take = [&] {
      const detail::lock_guard locked(mutex_);
      return objects_.find(key) != nullptr ? objects_.take(key) : detail::object_tree::loose_node();
    };
    take();  // whose memory is freed here, behind the lock
    return {};
  }

  /// Calls `use(transaction&)` and returns its result, once its writes have taken effect, all at once. They never do if
  /// it returns an error or throws. Other writers wait meanwhile, readers do not.
  /// Errors: those of `use`; conflict within a transaction of the same storage.
  template <class Use>
  auto transact(Use&& use) -> decltype(use(std::declval<transaction&>())) {
    static_cast<void>(sizeof(detail::checked_use<decltype(use(std::declval<transaction&>()))>));
    const writer writing(writer_);
    if (!writing) return writer::refusal();
    transaction changes(*this, now().objects_);
    auto outcome = use(changes);
    if (!outcome) return outcome;
    const detail::lock_guard locked(mutex_);
    objects_.swap(changes.objects_);
    return outcome;
  }
  /// Calls `use(const snapshot&)` and returns its result.
  template <class Use>
  auto look(Use&& use) const -> decltype(use(std::declval<const snapshot&>())) {
    static_cast<void>(sizeof(detail::checked_use<decltype(use(std::declval<const snapshot&>()))>));
    const snapshot seen = now();
    return use(seen);
  }

  /// How many bytes the keys and objects have, and how many objects there are.
  std::size_t bytes() const noexcept { return now().objects_.weight(); }
  std::size_t size() const noexcept { return now().objects_.size(); }

 private:
  using writer = detail::writer_mutex::guard;

  snapshot now() const noexcept {
    const detail::lock_guard locked(mutex_);
    return snapshot(objects_);
  }
  result<std::string> replace(std::string_view key, std::span<const std::byte> bytes, const std::string_view* version) {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    if (bytes.size() > options_.max_bytes) return no_space(key);
    auto next = made(key, bytes);  // and what was there, freed behind the locks
    const writer writing(writer_);
    if (!writing) return writer::refusal();
    const detail::lock_guard locked(mutex_);
    return put(objects_, next, version);
  }
  detail::object_tree::loose_node made(std::string_view key, std::span<const std::byte> bytes) const {
    return detail::object_tree::make(key, bytes, detail::seeded_hash(key, seed_));
  }
  /// The caller is the only writer.
  result<std::string> put(detail::object_tree& objects, detail::object_tree::loose_node& next,
                          const std::string_view* version) {
    const std::string_view key = next.held->object->key;
    const detail::object_tree::object* const before = objects.find(key);
    if (version != nullptr && *version != (before != nullptr ? std::to_string(before->version) : std::string()))
      return error(errc::conflict, "the object " + detail::quoted_text(key) + " is not of version \"" +
                                       std::string(*version) + "\" any more");
    const std::size_t weight =
        objects.weight() - (before != nullptr ? before->weight() : 0) + next.held->object->weight();
    if (weight > options_.max_bytes || (before == nullptr && objects.size() >= options_.max_objects))
      return no_space(key);
    std::string made = std::to_string(++versions_);
    objects.put(next, versions_);
    return made;
  }
  error no_space(std::string_view key) const {
    return error(errc::no_space, "memory_storage has no room for " + detail::quoted_text(key) + ": it holds at most " +
                                     std::to_string(options_.max_bytes) + " bytes and " +
                                     std::to_string(options_.max_objects) + " objects");
  }

  memory_storage_options options_;
  std::uint64_t seed_ = entropy_seed();
  detail::writer_mutex writer_;
  std::uint64_t versions_ = 0;   // guarded by writer_
  mutable detail::mutex mutex_;  // held for moments, guards what follows
  detail::object_tree objects_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MEMORY_STORAGE_HPP
