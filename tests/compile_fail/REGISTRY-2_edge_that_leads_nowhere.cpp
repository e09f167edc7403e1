// expect: millrace\[REGISTRY-2\]: an edge leads from one stage to another
#include <millrace/registry/stage.hpp>

namespace mg = millrace::registry;
using mg::stage;

#ifdef MILLRACE_MISUSE
using again = mg::edge<stage::staging, stage::staging>;
#else
using again = mg::edge<stage::staging, stage::production>;
#endif
static_assert(mg::edges<again>::allows(stage::staging, again::to));
