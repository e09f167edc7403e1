#ifndef MILLRACE_TENSOR_HPP
#define MILLRACE_TENSOR_HPP

/// tensor: numbers in memory, whoever owns them.
///
/// - `dtype`, `float16`, `bfloat16`: what elements are
/// - `tensor_shape`, `tensor_layout`, `tensor_view`: a pointer, a shape, strides; any layout
/// - `tensor_traits`, `for_each_tensor`: how a type shows itself as one tensor or as several
/// - `find_non_finite`, `scan_finite`: NaN and infinities, at the speed of the memory
/// - `summarize`, `find_out_of_range`: range, mean, norm in one pass
/// - `compress`, `compressed_tensor`: exact bits in a gzip stream, the filter chosen from the data
/// - `compressible`: a tensor or its compressed form, in one place
///
/// Standard library alone. Left out, because they bring a third party along: tensor/eigen.hpp
/// (Eigen), tensor/xtensor.hpp (xtensor) and tensor/deflate.hpp (zlib, which `compress` uses unless
/// told otherwise).

#include <millrace/tensor/codec.hpp>
#include <millrace/tensor/compressed.hpp>
#include <millrace/tensor/dtype.hpp>
#include <millrace/tensor/finite_scan.hpp>
#include <millrace/tensor/fwd.hpp>
#include <millrace/tensor/layout.hpp>
#include <millrace/tensor/summary.hpp>
#include <millrace/tensor/traits.hpp>
#include <millrace/tensor/view.hpp>

#endif  // MILLRACE_TENSOR_HPP
