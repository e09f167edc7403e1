#ifndef MILLRACE_TENSOR_DETAIL_SIMD_HPP
#define MILLRACE_TENSOR_DETAIL_SIMD_HPP

#include <millrace/core/detail/simd.hpp>

#endif  // MILLRACE_TENSOR_DETAIL_SIMD_HPP
