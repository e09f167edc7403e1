#ifndef MILLRACE_RESILIENCE_CACHES_CACHED_STORAGE_HPP
#define MILLRACE_RESILIENCE_CACHES_CACHED_STORAGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/caches/cache.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

namespace detail {
/// What an object takes of a cache's room: its bytes and those of its key.
struct object_weigher {
  std::size_t operator()(std::string_view key, const std::vector<std::byte>& bytes) const noexcept {
    return key.size() + bytes.size();
  }
};
}  // namespace detail

/// A storage whose objects are kept in memory once they were read.
///
///     mr::resilience::cached_storage models(folder, {.max_weight = 64 << 20});     // bytes of keys and objects
///
/// Reads come from memory where they can; callers that miss an object together read it once. All else goes to the
/// storage. What is not there, and errors, are not kept. Policies are those of `cache`, but no weigher.
/// Models: storage, and versioned_storage over one. Guarantee: once a write or a removal through this object has
/// returned, with an error too, no read that begins later returns bytes from before. What others write to the storage
/// is seen once the object has left the cache: give it a `ttl` then. Threads: any number, if the storage allows them.
/// The storage outlives this object. Errors: the storage's.
template <store::storage Storage, class... Policies>
class cached_storage {
  using memory = cache<std::string, std::vector<std::byte>, detail::object_weigher, Policies...>;

 public:
  template <class... Given>
  explicit cached_storage(Storage& storage, const cache_options& options = {.max_weight = std::size_t{64} << 20},
                          const Given&... given)
      : storage_(&storage), memory_(options, given...) {}
  template <class... Given>
  explicit cached_storage(Storage&& storage, const cache_options& options = {}, const Given&... given)
      : cached_storage(storage, options, given...) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }

  result<std::vector<std::byte>> read(std::string_view key) const {
    return memory_.get_or_load(key, [&] { return std::as_const(*storage_).read(key); });
  }
  result<store::storage_entry> examine(std::string_view key) const { return std::as_const(*storage_).examine(key); }
  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    const forgotten_after now(memory_, key);
    return storage_->write(key, bytes);
  }
  result<void> remove(std::string_view key) {
    const forgotten_after now(memory_, key);
    return storage_->remove(key);
  }
  result<std::vector<store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) const {
    return std::as_const(*storage_).list(prefix, after, limit);
  }
  /// From the storage: who means to compare and write needs the newest.
  result<store::stored_bytes> read_versioned(std::string_view key) const
  requires store::versioned_storage<Storage>
  {
    return std::as_const(*storage_).read_versioned(key);
  }
  result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version)
  requires store::versioned_storage<Storage>
  {
    const forgotten_after now(memory_, key);
    return storage_->write_if(key, bytes, version);
  }

  /// Forgets an object, or those below a prefix, that somebody else has written.
  void invalidate(std::string_view key) { memory_.invalidate(key); }
  void invalidate_prefix(std::string_view prefix) { memory_.invalidate_prefix(prefix); }
  cache_statistics statistics() const noexcept { return memory_.statistics(); }

 private:
  /// Forgets the key once the storage was told: before, a reader could bring the old bytes back. Also when it failed,
  /// as nobody knows then what it did.
  struct forgotten_after {
    memory& of;
    std::string_view key;
    forgotten_after(memory& its_memory, std::string_view its_key) noexcept : of(its_memory), key(its_key) {}
    ~forgotten_after() { of.invalidate(key); }
  };

  Storage* storage_;
  mutable memory memory_;
};

template <class Storage, class... Given>
cached_storage(Storage&, const cache_options&, const Given&...) -> cached_storage<Storage, Given...>;

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_CACHED_STORAGE_HPP
