#ifndef MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_ENGINE_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_ENGINE_HPP

#include <millrace/infer/graph_engine.hpp>

// All operators are compiled once, in examples/graph_engine.cpp.
extern template millrace::result<millrace::infer::graph_engine> millrace::infer::graph_engine::make<>(
    millrace::model::graph, const millrace::model::graph_limits&);

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_OUTSIDE_ENGINE_HPP
