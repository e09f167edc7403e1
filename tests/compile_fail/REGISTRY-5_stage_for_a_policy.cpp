// expect: millrace\[REGISTRY-5\]: a model_registry's policies are
#include <millrace/registry.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mg = millrace::registry;

#ifdef MILLRACE_MISUSE
using models = mg::model_registry<millrace::store::memory_storage, mg::stage>;
#else
using models = mg::model_registry<millrace::store::memory_storage, mg::any_edge>;
#endif
std::size_t room() { return sizeof(models); }
