#ifndef MILLRACE_CORE_CONFIG_HPP
#define MILLRACE_CORE_CONFIG_HPP

// Every other header includes this one first, so a compiler set to an older standard reports that once. After an #error
// alone it would go on and print hundreds of errors that follow from it; a missing file stops it.
#if __cplusplus < 202002L
#error "millrace needs C++20: compile with -std=c++20"
#include <millrace_needs_c++20>
#endif

#endif  // MILLRACE_CORE_CONFIG_HPP
