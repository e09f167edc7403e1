// The operators of graphs, compiled once for the example programs that use them.
#include <millrace/infer/graph_engine.hpp>

template millrace::result<millrace::infer::graph_engine> millrace::infer::graph_engine::make<>(
    millrace::model::graph, const millrace::model::graph_limits&);
