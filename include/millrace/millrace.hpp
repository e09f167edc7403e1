#ifndef MILLRACE_MILLRACE_HPP
#define MILLRACE_MILLRACE_HPP

/// millrace: the modules that need the standard library alone.
///
/// Left out, to be included by name: the module that needs a third party (train: Eigen), the adapters to one
/// (tensor/eigen.hpp, tensor/xtensor.hpp, tensor/deflate.hpp), the models of model.hpp, but for their evaluation, and
/// what later modules add (feature, infer, registry, resilience).

#include <millrace/aggregate.hpp>
#include <millrace/chain.hpp>
#include <millrace/core.hpp>
#include <millrace/detect.hpp>
#include <millrace/middleware.hpp>
#include <millrace/model/evaluation.hpp>
#include <millrace/observe.hpp>
#include <millrace/stats.hpp>
#include <millrace/store.hpp>
#include <millrace/tensor.hpp>

#endif  // MILLRACE_MILLRACE_HPP
