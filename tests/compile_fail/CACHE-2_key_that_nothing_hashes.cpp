// expect: millrace\[CACHE-2\]: nothing hashes the cache's key
#include <millrace/resilience/caches.hpp>

namespace mz = millrace::resilience;

struct point {
  int x, y;
  bool operator==(const point&) const = default;
};
struct hash_of_points {
  std::uint64_t operator()(const point& p) const { return static_cast<std::uint64_t>(p.x * 31 + p.y); }
};

#ifdef MILLRACE_MISUSE
using points = mz::cache<point, int>;
#else
using points = mz::cache<point, int, hash_of_points>;
#endif

std::size_t entries(const points& cache) { return cache.size(); }
