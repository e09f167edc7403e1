// expect: millrace\[STORAGE-1\]: the storage is referred to, and outlives what is made around it
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/queue_journal.hpp>

namespace ms = millrace::store;

auto journal(ms::memory_storage& storage) {
#ifdef MILLRACE_MISUSE
  static_cast<void>(storage);
  return ms::kept_in_storage<ms::memory_storage>(ms::memory_storage());
#else
  return ms::kept_in_storage(storage);
#endif
}
