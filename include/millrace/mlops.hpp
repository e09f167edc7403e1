#ifndef MILLRACE_MLOPS_HPP
#define MILLRACE_MLOPS_HPP

/// mlops: storage, tracker and registry at once, chosen and set by the environment.
///
/// - `open_context`: a storage with its tracker and its registry, by `MILLRACE_BACKEND`, `MILLRACE_PATH` and so on
/// - `in_file`, `in_folders`, `in_memory`: backends, which a program lists; one of your own is a `context_backend`
/// - `read_settings`: the variables alone, as `context_settings`; `process_environment`, or a source of your own
/// - `context_options`: what stands around it: hooks, events, operational metrics
///
/// Standard library and POSIX alone. Storages are template arguments: with store/sqlite.hpp, which needs a third party,
/// `in_file<store::sqlite_storage<>>`; with store/documents.hpp `in_folders<store::document_folder<>>`.

#include <millrace/mlops/context.hpp>
#include <millrace/mlops/fwd.hpp>
#include <millrace/mlops/settings.hpp>
#include <millrace/mlops/stored_backend.hpp>

#endif  // MILLRACE_MLOPS_HPP
