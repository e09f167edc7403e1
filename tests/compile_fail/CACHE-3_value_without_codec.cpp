// expect: millrace\[CACHE-3\]: a two-level cache needs a codec for its values
#include <millrace/resilience/caches.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mz = millrace::resilience;

struct codec {
#ifndef MILLRACE_MISUSE
  std::vector<std::byte> encode(int) const { return {}; }
#endif
  millrace::result<int> decode(std::span<const std::byte>) const { return 0; }
};
using scores = mz::two_level_cache<int, millrace::store::memory_storage, codec>;

std::uint64_t errors(const scores& cache) { return cache.statistics().storage_errors; }
