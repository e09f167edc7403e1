#ifndef MILLRACE_STORE_HPP
#define MILLRACE_STORE_HPP

/// store: bytes on disk that mean what they say.
///
/// - `file`, `read_file`, `read_bytes`: a descriptor that closes itself, and errors that name the path
/// - `save_file`, `load_file`: an object of any module on disk, by its `save` and `load`
/// - `atomic_file`, `write_file`: a file that is there as a whole or not at all. A state of any module goes to disk and
///   back by `write_file(path, state.save())` and `load(*read_bytes(path))`
/// - `line_log`: an append-only file of lines with one writer thread, group commit, a durable
///   watermark and repair of a torn end; `record_ring` is the queue in front of it
/// - `file_system`: the calls that a log makes, as a policy
///
/// Standard library and POSIX alone.

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/record_ring.hpp>
#include <millrace/store/saved_file.hpp>

#endif  // MILLRACE_STORE_HPP
