#ifndef MILLRACE_MILLRACE_HPP
#define MILLRACE_MILLRACE_HPP

/// millrace: the modules that need the standard library alone.
///
/// Left out, to be included by name: the modules that need Eigen, zlib or nlohmann_json (model, middleware,
/// train) and the adapters to a third party (tensor/eigen.hpp, tensor/xtensor.hpp, tensor/deflate.hpp).

#include <millrace/aggregate.hpp>
#include <millrace/chain.hpp>
#include <millrace/core.hpp>
#include <millrace/observe.hpp>
#include <millrace/store.hpp>
#include <millrace/tensor.hpp>

#endif  // MILLRACE_MILLRACE_HPP
