#ifndef MILLRACE_RESILIENCE_CACHES_CACHE_OPTIONS_HPP
#define MILLRACE_RESILIENCE_CACHES_CACHE_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/fwd.hpp>

#include <time.h>
#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// The system's monotonic clock as of its last tick, 1 to 10 ms ago, at about a quarter of the price: what caches
/// measure lifetimes by.
/// Threads: any.
struct coarse_clock {
  std::uint64_t ticks() const noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  }
  static constexpr std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

/// A lifetime without an end.
inline constexpr duration never = duration(0x7fff'ffff'ffff'ffff);

/// How large a cache is, and how long its entries live. A number that makes no sense becomes the nearest that does.
struct cache_options {
  /// The most entries, or the most that all entries weigh together where the cache has a weigher. 0 keeps nothing.
  std::size_t max_weight = 10'000;
  /// How long after it was written an entry lives.
  duration ttl = never;
  /// How long after it was last read or written an entry lives.
  duration idle = never;
  /// How long after it was written an entry is loaded again by the next `get_or_load`; all others go on with the old
  /// value meanwhile. Shorter than `ttl`.
  duration refresh_after = never;
  /// How long a loader's error is returned without asking the loader again. 0: errors are not kept.
  duration error_ttl = duration(0);
  /// How many parts with a lock each the cache has, rounded up to a power of two: each holds its share of the weight,
  /// so no entry may weigh more than that. 0: one for each 1024 entries, at most 32; one for a cache with a weigher.
  std::size_t shards = 0;
  /// Of the hash. 0: one from the system's entropy, so that nobody who chooses keys can choose where they fall.
  std::uint64_t seed = 0;
};

/// How long one entry lives, where that differs from the cache's options; zero is the cache's.
struct entry_lifetime {
  duration ttl = duration(0);
  duration idle = duration(0);
};

/// What a loader returns that decides how long its value lives.
template <class Value>
struct timed_value {
  Value value;
  entry_lifetime lifetime;
};

/// Why an entry left.
enum class removal_cause : std::uint8_t {
  evicted,      // there was no room
  expired,      // its time was over
  replaced,     // its key was written again
  invalidated,  // the caller asked for it
};
inline constexpr std::size_t removal_causes = 4;

/// What a cache has counted since it was made. Each number is right by itself; between two of them other threads may
/// have counted.
struct cache_statistics {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;         // of `get`, `find` and their forms with a loader, waiting callers included
  std::uint64_t loads = 0;          // calls of a loader
  std::uint64_t load_failures = 0;  // those that ended with an error
  std::uint64_t refreshes = 0;      // loads of an entry that was there still
  std::uint64_t inserts = 0;
  std::uint64_t refused = 0;  // entries heavier than a shard may be
  std::uint64_t removals[removal_causes] = {};

  std::uint64_t evicted() const noexcept { return of_cause(removal_cause::evicted); }
  std::uint64_t expired() const noexcept { return of_cause(removal_cause::expired); }
  std::uint64_t of_cause(removal_cause cause) const noexcept { return removals[static_cast<std::size_t>(cause)]; }
  /// The share of reads that hit; 0 if there were none.
  double hit_rate() const noexcept {
    const std::uint64_t all = hits + misses;
    return all != 0 ? static_cast<double>(hits) / static_cast<double>(all) : 0;
  }
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CACHES_CACHE_OPTIONS_HPP
