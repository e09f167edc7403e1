// expect: millrace\[CACHE-1\]: a cache's policies are adaptive_eviction, s3_fifo or lru
#include <millrace/resilience/caches.hpp>

namespace mz = millrace::resilience;

struct listener {
#ifdef MILLRACE_MISUSE
  void operator()(int, int, mz::removal_cause) const {}
#else
  void operator()(int, int, mz::removal_cause) const noexcept {}
#endif
};

std::size_t entries(const mz::cache<int, int, listener>& cache) { return cache.size(); }
