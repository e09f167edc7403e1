#ifndef MILLRACE_STORE_HPP
#define MILLRACE_STORE_HPP

/// store: files that stay whole when the process or the machine crashes, and errors that name the path.
///
/// - `file`: an open file, which closes itself; `read_file`, `read_bytes`: read a whole file;
///   `file_bytes`: the same, or its pages mapped without a copy
/// - `save_file`, `load_file`: write an object of any module to disk and read it back, by its `save` and `load`
/// - `atomic_file`, `write_file`: replace a file as a whole or not at all
/// - `open_beneath`, `read_beneath`: files whose path somebody else chose, below a folder of ours
/// - `line_log`: an append-only file of lines, written by a thread of its own in groups; it tells which lines are
///   durable and repairs a torn end; `record_ring` is the queue in front of that thread, `log_worker` what a log of
///   another kind is made with
/// - `sign_file`, `write_signed`, `read_verified`: a file and its signature beside it, by any `signer` and `verifier`
/// - `storage`, `versioned_storage`, `transactional_storage`: what keeps bytes under keys, as concepts, the last for
///   several objects that change together: `memory_storage` has transactions, `folder_storage` does not;
///   `creates_objects`: whether of all who create a key one succeeds
/// - `durable::each`, `durable::group`, `durable::os`: what a crash may take, as a type; `commit_ticket`: when a
///   transaction is kept, for who goes on meanwhile
/// - `text_key_part`, `number_key_part`: parts of their keys, made of names that users choose and of numbers to sort by
/// - `content_storage`: bytes under their own hash, in any storage: the same bytes once, and verified when read
/// - `write_document`, `read_document`: structs as JSON with a format number; `keep_document` and `load_document` keep
///   them in a storage
/// - transparency.hpp: records of which nobody can change, remove or move one unseen: a Merkle tree, proofs, tree heads
/// - `http_request`, `http_response`, `http_handler`, `http_target`: requests of HTTP as values, and who handles them;
///   `http_stream`: a body that is made while it is sent; `event_feed`: server-sent events for all who listen
/// - `file_system`, `segment_file_system`: the system calls of a log, as a policy
///
/// Rooms that are included by name, because not every program reads tables: store/parquet.hpp, Parquet files;
/// store/documents.hpp, a storage with transactions in a folder of JSON documents with indexes in Parquet;
/// store/messages.hpp, topics of messages, with groups of consumers, and a queue of them that needs no broker.
///
/// Standard library and POSIX alone. Two headers are left out, because they need a third party: store/ed25519.hpp, keys
/// and signatures of Ed25519 by OpenSSL; store/sqlite.hpp, a storage with transactions in one SQLite file. Another
/// room is included by name, because who keeps files should not pay for it: store/search.hpp, filters, orders and pages
/// over rows of any kind, in the grammar of MLflow's searches and beyond it. And so is
/// store/settings.hpp: structs of settings that files, the environment and the program fill.

#include <millrace/store/atomic_file.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/durable.hpp>
#include <millrace/store/event_feed.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/folder_storage.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/http.hpp>
#include <millrace/store/http_stream.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/line_log.hpp>
#include <millrace/store/line_log_options.hpp>
#include <millrace/store/log_worker.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/record_ring.hpp>
#include <millrace/store/saved_file.hpp>
#include <millrace/store/secret.hpp>
#include <millrace/store/secret_file.hpp>
#include <millrace/store/signature.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>
#include <millrace/store/transparency.hpp>

#endif  // MILLRACE_STORE_HPP
