// expect: millrace\[STORAGE-1\]: the storage is referred to
#include <millrace/resilience/caches.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mz = millrace::resilience;
namespace ms = millrace::store;

std::uint64_t errors() {
#ifdef MILLRACE_MISUSE
  const mz::two_level_cache<std::string, ms::memory_storage> pages{ms::memory_storage()};
#else
  ms::memory_storage storage;
  const mz::two_level_cache<std::string, ms::memory_storage> pages{storage};
#endif
  return pages.statistics().storage_errors;
}
