// expect: millrace\[GRAPH-1\]: no header of model/to_graph/ that is included here
#include <millrace/model/cluster/k_means.hpp>
#include <millrace/model/to_graph/linear.hpp>

namespace mm = millrace::model;

#ifdef MILLRACE_MISUSE
using exported = mm::k_means;  // of model/to_graph/clusters.hpp
#else
using exported = mm::ridge;
#endif

auto graph_of(const exported& model) { return mm::to_graph(model); }
