// expect: millrace\[STORAGE-1\]: the storage is referred to
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mg = millrace::registry;
namespace ms = millrace::store;

bool opens() {
#ifdef MILLRACE_MISUSE
  const auto models = mg::open_registry(ms::memory_storage());
#else
  ms::memory_storage storage;
  const auto models = mg::open_registry(storage);
#endif
  return models.has_value();
}
