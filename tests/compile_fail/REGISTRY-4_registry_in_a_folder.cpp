// expect: millrace\[REGISTRY-4\]: a registry needs a storage with transactions
#include <millrace/registry.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mg = millrace::registry;
namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
using models = mg::model_registry<ms::folder_storage>;
#else
using models = mg::model_registry<ms::memory_storage, mg::artifacts_in<ms::folder_storage>>;
#endif
std::size_t room() { return sizeof(models); }
