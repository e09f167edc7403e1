// expect: millrace\[REGISTRY-1\]: no version goes from this stage to that one
#include <millrace/registry.hpp>
#include <millrace/store/memory_storage.hpp>

namespace mg = millrace::registry;
using mg::stage;

millrace::result<mg::stage_change> release(mg::model_registry<millrace::store::memory_storage>& models) {
#ifdef MILLRACE_MISUSE
  return models.promote<stage::development, stage::production>({.model = "fraud", .version = 3, .actor = "ada"});
#else
  return models.promote<stage::staging, stage::production>({.model = "fraud", .version = 3, .actor = "ada"});
#endif
}
