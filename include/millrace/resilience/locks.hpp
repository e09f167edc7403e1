#ifndef MILLRACE_RESILIENCE_LOCKS_HPP
#define MILLRACE_RESILIENCE_LOCKS_HPP

/// locks: who may, one at a time; a lock that is not got is an error.
///
/// - `file_lock`: between processes, kept by the kernel and so never stale; exclusive or shared, with a limit of time
/// - `lock_owner`: who holds one, as its file says for people to read
/// - `read_write_lock`: many readers or one writer among threads, fair to both
/// - `versioned`, `stored_value`, `versioned_file`: optimistic locks in memory, over a storage, on a file: nobody waits
///   while others decide, and whoever comes second decides again; `update_with_retry` does that

#include <millrace/resilience/locks/file_lock.hpp>
#include <millrace/resilience/locks/lock_owner.hpp>
#include <millrace/resilience/locks/read_write_lock.hpp>
#include <millrace/resilience/locks/stored_value.hpp>
#include <millrace/resilience/locks/versioned.hpp>
#include <millrace/resilience/locks/versioned_file.hpp>

#endif  // MILLRACE_RESILIENCE_LOCKS_HPP
