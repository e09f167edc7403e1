#ifndef MILLRACE_CORE_SAVED_HPP
#define MILLRACE_CORE_SAVED_HPP

/// core/saved: states as bytes. `envelope_writer` and `envelope_reader` write and read the envelope around every saved
/// state; `saved_fields` gives a class `save` and `load` from a list of its fields.

#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/saved/fields.hpp>

#endif  // MILLRACE_CORE_SAVED_HPP
