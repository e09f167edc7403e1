#ifndef MILLRACE_STORE_HPP
#define MILLRACE_STORE_HPP

/// store: bytes on disk that mean what they say.
///
/// - `file`, `read_file`: a descriptor that closes itself, and errors that name the path
/// - `atomic_file`, `write_file`: a file that is there as a whole or not at all
///
/// Standard library and POSIX alone.

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#endif  // MILLRACE_STORE_HPP
