#ifndef MILLRACE_TESTS_SUPPORT_GRAPH_ENGINE_HPP
#define MILLRACE_TESTS_SUPPORT_GRAPH_ENGINE_HPP

#include <millrace/infer/graph_engine.hpp>

// The operators are compiled once for all tests, in support/graph_engine.cpp.
extern template millrace::result<millrace::infer::graph_engine> millrace::infer::graph_engine::make<>(
    millrace::model::graph, const millrace::model::graph_limits&);

#endif  // MILLRACE_TESTS_SUPPORT_GRAPH_ENGINE_HPP
