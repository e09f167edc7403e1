#ifndef MILLRACE_CORE_SAVED_HPP
#define MILLRACE_CORE_SAVED_HPP

/// core/saved: states as bytes: the envelope that every saved state stands in, and save and load from a list of fields.

#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/saved/fields.hpp>

#endif  // MILLRACE_CORE_SAVED_HPP
