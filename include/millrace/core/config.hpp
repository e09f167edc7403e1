#ifndef MILLRACE_CORE_CONFIG_HPP
#define MILLRACE_CORE_CONFIG_HPP

// Every other header includes this one first, so an older standard is told once. An #error alone would be followed
// by all that it leads to; only a file that is not there stops the compiler.
#if __cplusplus < 202002L
#error "millrace needs C++20: compile with -std=c++20"
#include <millrace_needs_c++20>
#endif

/// Marks a function that device code may call too. The only place outside `cuda/` that asks which
/// compiler is running, and it changes no type and no function body.
#if defined(__CUDACC__)
#define MILLRACE_HOST_DEVICE __host__ __device__
#else
#define MILLRACE_HOST_DEVICE
#endif

namespace millrace {
inline namespace v0 {
namespace detail {
__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;
}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_CONFIG_HPP
