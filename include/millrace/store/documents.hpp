#ifndef MILLRACE_STORE_DOCUMENTS_HPP
#define MILLRACE_STORE_DOCUMENTS_HPP

/// documents: a storage with transactions in a folder that people can read.
///
/// - `document_folder`: JSON documents as files, a Parquet file as the index of each folder of them, and a journal that
///   makes transactions whole; `rebuild_indexes` makes missing and damaged indexes again
/// - `path_rule`: where objects have their files; `registry::folder_paths` and `track::folder_paths` are some
/// - `folder_file_system`: the system calls by which it changes a disk, as a policy

#include <millrace/store/documents/document_folder.hpp>
#include <millrace/store/documents/path_rule.hpp>

#endif  // MILLRACE_STORE_DOCUMENTS_HPP
