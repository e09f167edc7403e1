#ifndef MILLRACE_TESTS_SUPPORT_TEMP_DOCUMENT_FOLDER_HPP
#define MILLRACE_TESTS_SUPPORT_TEMP_DOCUMENT_FOLDER_HPP

#include <millrace/registry/folder_paths.hpp>
#include <millrace/store/documents/document_folder.hpp>
#include <millrace/track/folder_paths.hpp>

#include <support/faulty_folder.hpp>
#include <support/temp_dir.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace support {

/// A folder of documents of its own, in the place of a memory_storage: tests of what is written over any storage with
/// transactions are compiled once more with it. Its disk is not synced.
class temp_document_folder
    : temp_dir,
      public millrace::store::document_folder<millrace::store::durable::group<5>, faulty_folder_file_system> {
  using base = millrace::store::document_folder<millrace::store::durable::group<5>, faulty_folder_file_system>;

 public:
  temp_document_folder() : base(*base::open(temp_dir::path(), options())) {}
  temp_document_folder(const temp_document_folder&) = delete;
  temp_document_folder& operator=(const temp_document_folder&) = delete;

  /// How many objects there are, as a memory_storage says it.
  std::size_t size() const { return list("", "", ~std::size_t{0})->size(); }

 private:
  static millrace::store::document_folder_options options() {
    millrace::store::document_folder_options made;
    for (const auto& each : millrace::registry::folder_paths) made.paths.push_back(each);
    for (const auto& each : millrace::track::folder_paths) made.paths.push_back(each);
    made.max_journal_bytes = 50'000;
    return made;
  }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_TEMP_DOCUMENT_FOLDER_HPP
