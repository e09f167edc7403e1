#ifndef MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP
#define MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP

#include <millrace/core/config.hpp>

// Headers that catch what the user's code or the standard library throws include this one first. As in core/config.hpp,
// the missing file stops the compiler after the one error that says why.
#if !defined(__cpp_exceptions)
#error "millrace: chains and logs need exceptions; without, use core, tensor, aggregate, stats, detect, observe"
#include <millrace_needs_exceptions>
#endif

#endif  // MILLRACE_CORE_DETAIL_NEEDS_EXCEPTIONS_HPP
