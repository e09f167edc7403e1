#ifndef MILLRACE_CORE_CONFIG_HPP
#define MILLRACE_CORE_CONFIG_HPP

// Every other header includes this one first, so an older standard is told once. An #error alone would be followed
// by all that it leads to; only a file that is not there stops the compiler.
#if __cplusplus < 202002L
#error "millrace needs C++20: compile with -std=c++20"
#include <millrace_needs_c++20>
#endif

#endif  // MILLRACE_CORE_CONFIG_HPP
