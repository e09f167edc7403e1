#ifndef MILLRACE_RESILIENCE_CACHES_TWO_LEVEL_CACHE_HPP
#define MILLRACE_RESILIENCE_CACHES_TWO_LEVEL_CACHE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/mutex.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/resilience/caches/cache.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/detail/loaded.hpp>
#include <millrace/resilience/caches/value_codec.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// What both levels keep, and for how long.
struct two_level_options {
  /// The first level, in memory.
  cache_options memory{};
  /// How long the storage's copy of a value lives. An entry in memory never lives longer than its copy. A copy that has
  /// more than twice as long to live is over: it was made by a clock that has gone back since, or with another
  /// lifetime.
  duration storage_ttl = never;
  /// Under which key of the storage the copies stand. Several caches need several.
  std::string prefix = "cache";
  /// The wall clock, by which copies expire: nanoseconds since 1970, since they outlive the process.
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// What a two-level cache has counted.
struct two_level_statistics {
  cache_statistics memory{};
  std::uint64_t storage_hits = 0;
  std::uint64_t storage_misses = 0;  // of those that missed in memory; expired copies included
  std::uint64_t storage_errors = 0;  // calls of the storage that failed, and copies that could not be read
};

/// A cache in memory over copies in a storage, which outlive the process and serve other processes too.
///
///     auto storage = mr::store::folder_storage::open("/var/cache/scores");
///     mr::resilience::two_level_cache<std::string, mr::store::folder_storage> pages(*storage, {.storage_ttl = 24h});
///     auto page = pages.get_or_load(url, [&] { return fetch(url); });
///
/// A read looks in memory, then in the storage, then asks the loader; callers that miss a key together do so once. What
/// a loader returns is written through: to the storage, then to memory. There is no writing back later, since what only
/// memory holds is gone with the process.
/// The storage is a help, not a condition: where it fails, the loader is asked, `storage_errors` counts it and
/// `last_error` says why. `insert` and `invalidate` return its error, because an old copy may still be there.
/// Guarantee: once an `insert` or `invalidate` has returned without an error, no read through this object that begins
/// later returns a value from before. Copies carry their key and a checksum; one that is damaged or of another key is
/// counted as an error and loaded anew.
/// Values need a `value_codec`. Policies are those of `cache`. Threads: any number, if the storage allows them. Calls
/// that change one key's copy wait for each other while the storage runs; the storage must not call the cache.
template <class Value, store::storage Storage, class Codec = default_codec<Value>, class... Policies>
class two_level_cache {
  static_assert(value_codec<Codec, Value>,
                "millrace[CACHE-3]: a two-level cache needs a codec for its values: encode(value) returns bytes, "
                "decode(bytes) a result<Value>; std::string and types with save() and load() have one");
  using memory = cache<std::string, Value, Policies...>;

 public:
  template <class... Given>
  explicit two_level_cache(Storage& storage, two_level_options options = {}, Codec codec = {}, const Given&... given)
      : storage_(&storage), options_(std::move(options)), codec_(std::move(codec)), memory_(options_.memory, given...) {
    if (options_.storage_ttl < duration(0)) options_.storage_ttl = duration(0);
  }
  template <class... Given>
  explicit two_level_cache(Storage&& storage, two_level_options options = {}, Codec codec = {}, const Given&... given)
      : two_level_cache(storage, std::move(options), std::move(codec), given...) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }

  /// The value, of memory, the storage or `loader()` or `loader(key)`, as `cache::get_or_load` calls it.
  /// Errors: the loader's.
  template <class Loader>
  result<Value> get_or_load(std::string_view key, Loader&& loader) {
    auto found = find_or_load(key, loader);
    if (!found) return std::move(found).error();
    return **found;
  }
  template <class Loader>
  result<typename memory::pinned> find_or_load(std::string_view key, Loader&& loader) {
    return memory_.find_or_load(key, [&]() -> result<timed_value<Value>> {
      const std::uint64_t turn = turn_of(key).load_acquire();
      std::optional<timed_value<Value>> kept = read(key);
      (kept ? hits_ : misses_).add_relaxed(1);
      if (kept) return *std::move(kept);
      auto loaded = detail::loaded_by<Value, std::string_view>(loader, key);
      if (!loaded) return loaded;
      const duration own = loaded->lifetime.ttl;
      const duration ttl = own > duration(0) && own < options_.storage_ttl ? own : options_.storage_ttl;
      {
        const detail::lock_guard ordered(order_of(key));
        // Not if the key was written or invalidated meanwhile: the loader may have seen what was before.
        if (turn_of(key).load_relaxed() == turn) (void)noted(write(key, loaded->value, ttl));
      }
      cap(loaded->lifetime, ttl);
      return loaded;
    });
  }

  /// Writes a value to the storage; the next read brings it into memory.
  result<void> insert(std::string_view key, const Value& value) {
    return change(key, [&] { return write(key, value, options_.storage_ttl); });
  }
  /// Removes a key from the storage and from memory.
  result<void> invalidate(std::string_view key) {
    return change(key, [&] { return storage_->remove(storage_key(key)); });
  }
  /// Removes the copies whose time is over, or that cannot be read, and returns how many those were.
  /// Errors: the first of the storage's; all copies are looked at in any case.
  result<std::size_t> remove_expired() {
    std::size_t removed = 0;
    result<void> failed;
    auto listed = store::for_each_object(*storage_, options_.prefix + "/", [&](const store::storage_entry& each) {
      auto bytes = std::as_const(*storage_).read(each.key);
      if (!bytes) {
        if (bytes.error().code() != errc::not_found && failed) failed = noted(bytes.error());
        return;
      }
      const auto copy = parse(*bytes);
      if (copy && time_left(*copy) > 0) return;
      if (auto done = noted(storage_->remove(each.key)); !done && failed) failed = std::move(done);
      ++removed;
    });
    if (!listed) return noted(std::move(listed)).error();
    if (!failed) return std::move(failed).error();
    return removed;
  }

  two_level_statistics statistics() const noexcept {
    return {memory_.statistics(), hits_.load_relaxed(), misses_.load_relaxed(), errors_.load_relaxed()};
  }
  /// The last error of the storage, if there was one.
  result<void> last_error() const {
    const detail::lock_guard locked(last_mutex_);
    return last_;
  }
  /// Where a key's copy stands in the storage: a hash, since keys may be of any bytes and length.
  std::string storage_key(std::string_view key) const {
    const std::string hash = to_string(sha256_of(std::as_bytes(std::span(key))));
    return options_.prefix + "/" + hash.substr(0, 2) + "/" + hash.substr(2);
  }

 private:
  static constexpr std::string_view format = "cache_copy";
  static constexpr std::size_t lanes = 64;

  struct stored_copy {
    std::string key;
    std::uint64_t ends;
    std::span<const std::byte> value;
  };

  static std::size_t lane_of(std::string_view key) noexcept { return detail::seeded_hash(key, 0) % lanes; }
  detail::mutex& order_of(std::string_view key) noexcept { return order_[lane_of(key)]; }
  detail::light_atomic<std::uint64_t>& turn_of(std::string_view key) noexcept { return turns_[lane_of(key)]; }

  /// Changes a key's copy; loaders that are at work do not write theirs any more, nor put it into memory.
  template <class Change>
  result<void> change(std::string_view key, Change&& change_copy) {
    result<void> done;
    {
      const detail::lock_guard ordered(order_of(key));
      turn_of(key).add_release(1);
      done = noted(change_copy());
    }
    memory_.invalidate(key);
    return done;
  }

  result<void> noted(result<void> done) {
    if (done) return done;
    errors_.add_relaxed(1);
    result<void> kept = done;
    const detail::lock_guard locked(last_mutex_);
    std::swap(last_, kept);
    return done;
  }

  /// An entry in memory ends with its copy.
  void cap(entry_lifetime& lifetime, duration most) const noexcept {
    if (most < (lifetime.ttl > duration(0) ? lifetime.ttl : options_.memory.ttl))
      lifetime.ttl = most > duration(0) ? most : duration(1);  // 0 would be the cache's own
  }
  /// How long a copy has to live. Clocks of machines that share a storage may differ by a lifetime.
  std::uint64_t time_left(const stored_copy& copy) const noexcept {
    const std::uint64_t now = options_.wall_clock();
    const std::uint64_t left = copy.ends > now ? copy.ends - now : 0;
    const bool is_possible =
        options_.storage_ttl >= never || left / 2 <= static_cast<std::uint64_t>(options_.storage_ttl.nanoseconds);
    return is_possible ? left : 0;
  }

  result<void> write(std::string_view key, const Value& value, duration ttl) {
    envelope_writer out(format);
    out.text(key);
    const std::uint64_t now = options_.wall_clock();
    const auto length = static_cast<std::uint64_t>(ttl.nanoseconds);
    out.u64(ttl < never && length < ~now ? now + length : ~std::uint64_t{0});
    out.block(codec_.encode(value));
    return storage_->write(storage_key(key), std::move(out).finish());
  }

  static result<stored_copy> parse(std::span<const std::byte> bytes) {
    auto in = envelope_reader::open(bytes, format);
    if (!in) return std::move(in).error();
    stored_copy made;
    made.key = in->text();
    made.ends = in->u64();
    made.value = in->block();
    if (auto whole = in->finish(true); !whole) return std::move(whole).error();
    return made;
  }

  /// The storage's value, or none, whatever the reason.
  std::optional<timed_value<Value>> read(std::string_view key) {
    const auto bytes = std::as_const(*storage_).read(storage_key(key));
    if (!bytes) {
      if (bytes.error().code() != errc::not_found) (void)noted(bytes.error());
      return std::nullopt;
    }
    const auto found = parse(*bytes);
    if (!found || found->key != key) {
      (void)noted(found ? error(errc::corrupt, "a cache's copy is of another key") : found.error());
      return std::nullopt;
    }
    const std::uint64_t left = time_left(*found);
    if (left == 0) return std::nullopt;
    auto value = codec_.decode(found->value);
    if (!value) {
      (void)noted(std::move(value).error());
      return std::nullopt;
    }
    timed_value<Value> made{*std::move(value), {}};
    if (left < static_cast<std::uint64_t>(never.nanoseconds))
      cap(made.lifetime, duration(static_cast<std::int64_t>(left)));
    return made;
  }

  Storage* storage_;
  two_level_options options_;
  Codec codec_;
  memory memory_;
  detail::mutex order_[lanes];  // of those who change a key's copy
  detail::light_atomic<std::uint64_t> turns_[lanes];
  detail::light_atomic<std::uint64_t> hits_;
  detail::light_atomic<std::uint64_t> misses_;
  detail::light_atomic<std::uint64_t> errors_;
  mutable detail::mutex last_mutex_;
  result<void> last_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_TWO_LEVEL_CACHE_HPP
