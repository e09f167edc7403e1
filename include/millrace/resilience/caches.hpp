#ifndef MILLRACE_RESILIENCE_CACHES_HPP
#define MILLRACE_RESILIENCE_CACHES_HPP

/// Caches: values that are dear to get, kept for many threads.
///
/// - `cache`: bounded by entries or weight; lifetimes; what leaves is chosen by what hits more, LRU or S3-FIFO
///   (`adaptive_eviction`); callers that miss a key together load it once; `make_cache` gives it a weigher, a listener,
///   a clock, a hash
/// - `two_level_cache`: the same over copies in any `store::storage`, which outlive the process; values by a
/// `value_codec`
/// - `cached_storage`: a storage whose objects stay in memory once they were read
/// - `feature_cache`: rows of features by entity, each of the version that asked for it
/// - `cache_key`: a key of parts, which no other parts have

#include <millrace/resilience/caches/cache.hpp>
#include <millrace/resilience/caches/cache_key.hpp>
#include <millrace/resilience/caches/cache_options.hpp>
#include <millrace/resilience/caches/cached_storage.hpp>
#include <millrace/resilience/caches/eviction.hpp>
#include <millrace/resilience/caches/feature_cache.hpp>
#include <millrace/resilience/caches/two_level_cache.hpp>
#include <millrace/resilience/caches/value_codec.hpp>

#endif  // MILLRACE_RESILIENCE_CACHES_HPP
