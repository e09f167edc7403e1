// expect: millrace\[REGISTRY-3\]: edges are made of edge<from, to>
#include <millrace/registry/stage.hpp>

#include <type_traits>

namespace mg = millrace::registry;
using mg::stage;

#ifdef MILLRACE_MISUSE
using released = std::integral_constant<stage, stage::production>;
#else
using released = mg::edge<stage::staging, stage::production>;
#endif
static_assert(!mg::edges<released>::allows(stage::development, stage::production));
