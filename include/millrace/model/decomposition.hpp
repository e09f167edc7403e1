#ifndef MILLRACE_MODEL_DECOMPOSITION_HPP
#define MILLRACE_MODEL_DECOMPOSITION_HPP

/// decomposition: few numbers in the place of many.
///
/// - `pca`: principal components

#include <millrace/model/decomposition/pca.hpp>

#endif  // MILLRACE_MODEL_DECOMPOSITION_HPP
