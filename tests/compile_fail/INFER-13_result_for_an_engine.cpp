// expect: millrace\[INFER-13\]: bind takes an engine, and this may be an error instead
#include <millrace/infer/bound_graph.hpp>

namespace mr = millrace;

#ifdef MILLRACE_MISUSE
bool is_bound(const mr::result<mr::infer::graph_engine>& engine) { return mr::infer::bind<30, 1>(engine).has_value(); }
#else
bool is_bound(const mr::result<mr::infer::graph_engine>& engine) {
  return engine && mr::infer::bind<30, 1>(*engine).has_value();
}
#endif
