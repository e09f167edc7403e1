#ifndef MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP
#define MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP

#include <millrace/core/config.hpp>

// Included first by headers that catch what the user's code or the standard library throws. As in core/config.hpp, a
// file that is not there stops the compiler after the one error that says why.
#if !defined(__cpp_exceptions)
#error "millrace: chains and logs need exceptions; without, use core, tensor, aggregate, stats, detect, observe"
#include <millrace_needs_exceptions>
#endif

#endif  // MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP
