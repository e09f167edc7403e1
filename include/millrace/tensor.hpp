#ifndef MILLRACE_TENSOR_HPP
#define MILLRACE_TENSOR_HPP

/// tensor: views of arrays of numbers that other types own, and what works on any of them.
///
/// - `dtype`, `float16`, `bfloat16`: the types of elements
/// - `tensor_shape`, `tensor_layout`, `tensor_view`: extents, strides, and a pointer to elements of any layout
/// - `tensor_traits`, `for_each_tensor`: make a type of your own usable as one tensor or as several
/// - `find_non_finite`, `scan_finite`: look for NaN and infinities, as fast as memory is read
/// - `summarize`, `find_out_of_range`: range, mean and norm in one pass
/// - `compress`, `compressed_tensor`: lossless compression in a gzip stream, with a filter chosen from the data
/// - `compressible`: an object that holds a tensor or its compressed form
///
/// Standard library alone. Three headers are left out, because they need a third party: tensor/eigen.hpp (Eigen),
/// tensor/xtensor.hpp (xtensor) and tensor/deflate.hpp (zlib, which `compress` uses unless it is given another
/// backend).

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
