#ifndef MILLRACE_STORE_MEMORY_STORAGE_HPP
#define MILLRACE_STORE_MEMORY_STORAGE_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/owning_pointer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/storage.hpp>

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

struct memory_storage_options {
  /// Of all keys and objects together. What would be more is refused with errc::no_space.
  std::size_t max_bytes = std::size_t{256} << 20;
  std::size_t max_objects = 1'000'000;
};

/// A storage in memory: for tests, and as the second level of a cache. Nothing of it outlives the process.
/// Models: versioned_storage; versions are numbers that never come twice.
/// Complexity: O(log n) comparisons of keys; a new key moves the n pointers behind it. No lock is held while bytes are
/// copied. Allocates: a write and a read, the object's bytes. Threads: any number.
class memory_storage {
 public:
  explicit memory_storage(const memory_storage_options& options = {}) noexcept : options_(options) {}
  memory_storage(const memory_storage&) = delete;
  memory_storage& operator=(const memory_storage&) = delete;
  ~memory_storage() {
    for (object* each : objects_) leave(each);
  }

  result<std::vector<std::byte>> read(std::string_view key) const {
    auto found = read_versioned(key);
    if (!found) return std::move(found).error();
    return std::move(found->bytes);
  }
  result<stored_bytes> read_versioned(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    const held found(find(key));
    if (found.object == nullptr) return detail::no_such_object(key);
    return stored_bytes{found.object->bytes, std::to_string(found.object->version)};
  }
  result<storage_entry> examine(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    const held found(find(key));
    if (found.object == nullptr) return detail::no_such_object(key);
    return entry_of(*found.object);
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    auto done = replace(key, bytes, nullptr);
    if (!done) return std::move(done).error();
    return {};
  }
  result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    return replace(key, bytes, &version);
  }
  result<void> remove(std::string_view key) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    held old;
    const detail::lock_guard locked(mutex_);
    const std::size_t at = place_of(key);
    if (at == objects_.size() || objects_[at]->key != key) return {};
    old.object = objects_[at];  // freed behind the lock
    bytes_ -= old.object->weight();
    for (std::size_t i = at + 1; i < objects_.size(); ++i) objects_[i - 1] = objects_[i];
    objects_.pop_back();
    return {};
  }

  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    std::vector<storage_entry> found;
    const detail::lock_guard locked(mutex_);
    std::size_t at = place_of(prefix < after ? after : prefix);
    if (at < objects_.size() && !after.empty() && objects_[at]->key == after) ++at;
    for (; at < objects_.size() && found.size() < limit; ++at) {
      if (objects_[at]->key.compare(0, prefix.size(), prefix) != 0) break;
      found.push_back(entry_of(*objects_[at]));
    }
    return found;
  }

  /// How many bytes the keys and objects have, and how many objects there are.
  std::size_t bytes() const noexcept {
    const detail::lock_guard locked(mutex_);
    return bytes_;
  }
  std::size_t size() const noexcept {
    const detail::lock_guard locked(mutex_);
    return objects_.size();
  }

 private:
  struct object {
    std::string key;
    std::vector<std::byte> bytes;
    std::uint64_t version = 0;
    detail::light_atomic<std::uint32_t> users{1};  // the storage, and those that read

    std::size_t weight() const noexcept { return key.size() + bytes.size(); }
  };
  static void leave(object* one) noexcept {
    if (one->users.subtract_acq_rel(1) == 1) delete one;
  }
  /// A use of an object, or none.
  struct held {
    memory_storage::object* object = nullptr;

    held() noexcept = default;
    explicit held(memory_storage::object* one) noexcept : object(one) {}
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    ~held() {
      if (object != nullptr) leave(object);
    }
  };

  static storage_entry entry_of(const object& one) { return {one.key, one.bytes.size(), std::to_string(one.version)}; }
  /// Where the first key stands that is not less.
  std::size_t place_of(std::string_view key) const noexcept {
    std::size_t low = 0;
    for (std::size_t high = objects_.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (objects_[middle]->key < key)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  object* find(std::string_view key) const noexcept {
    const detail::lock_guard locked(mutex_);
    const std::size_t at = place_of(key);
    if (at == objects_.size() || objects_[at]->key != key) return nullptr;
    objects_[at]->users.add_relaxed(1);
    return objects_[at];
  }
  result<std::string> replace(std::string_view key, std::span<const std::byte> bytes, const std::string_view* version) {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    if (bytes.size() > options_.max_bytes) return no_space(key);
    auto next = detail::make_owning<object>();
    next->key = key;
    next->bytes.assign(bytes.begin(), bytes.end());
    held old;
    const detail::lock_guard locked(mutex_);
    const std::size_t at = place_of(key);
    object* const before = at < objects_.size() && objects_[at]->key == key ? objects_[at] : nullptr;
    if (version != nullptr && *version != (before != nullptr ? std::to_string(before->version) : std::string()))
      return error(errc::conflict, "the object " + detail::quoted_key(key) + " is not of version \"" +
                                       std::string(*version) + "\" any more");
    const std::size_t weight = bytes_ - (before != nullptr ? before->weight() : 0) + next->weight();
    if (weight > options_.max_bytes || (before == nullptr && objects_.size() >= options_.max_objects))
      return no_space(key);
    next->version = versions_ + 1;
    std::string made = std::to_string(next->version);
    if (before == nullptr) {
      objects_.push_back(nullptr);
      for (std::size_t i = objects_.size() - 1; i > at; --i) objects_[i] = objects_[i - 1];
    }
    old.object = before;
    objects_[at] = next.release();
    bytes_ = weight;
    ++versions_;
    return made;
  }
  error no_space(std::string_view key) const {
    return error(errc::no_space, "memory_storage has no room for " + detail::quoted_key(key) + ": it holds at most " +
                                     std::to_string(options_.max_bytes) + " bytes and " +
                                     std::to_string(options_.max_objects) + " objects");
  }

  memory_storage_options options_;
  mutable detail::mutex mutex_;           // guards what follows
  detail::flat_vector<object*> objects_;  // in the order of their keys
  std::size_t bytes_ = 0;
  std::uint64_t versions_ = 0;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_MEMORY_STORAGE_HPP
