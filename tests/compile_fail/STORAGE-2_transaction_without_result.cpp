// expect: millrace\[STORAGE-2\]: the code inside a transaction returns a result<T>
#include <millrace/store/memory_storage.hpp>

namespace ms = millrace::store;

bool removed() {
  ms::memory_storage storage;
#ifdef MILLRACE_MISUSE
  return static_cast<bool>(
      storage.transact([](ms::memory_storage::transaction& t) { return t.remove("a").has_value(); }));
#else
  return static_cast<bool>(storage.transact([](ms::memory_storage::transaction& t) { return t.remove("a"); }));
#endif
}
