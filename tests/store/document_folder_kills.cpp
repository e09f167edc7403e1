// Processes that write to one folder of documents, and are killed; and processes that all raise one number.

#include <millrace/store/documents/document_folder.hpp>

#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/folder_kills.hpp>
#include <support/temp_dir.hpp>

namespace ms = millrace::store;

TEST_CASE("document_folder: eight writers are killed, and nothing that was acknowledged is lost") {
  const support::temp_dir folder;
  millrace::random_engine random(millrace::entropy_seed());
  const auto report = support::kill_folder_writers(folder.path(), 40, random);
  CHECK(report.problem == "");
  CHECK(report.acknowledged > 0);
}

TEST_CASE("document_folder: eight processes raise a number, each as often as it says") {
  const support::temp_dir folder;
  using storage_type = ms::document_folder<ms::durable::os, support::faulty_folder_file_system>;
  ms::document_folder_options options;
  options.busy_timeout_ms = 60'000;
  options.max_journal_bytes = 6000;
  support::take_versions_at_once([&] { return storage_type::open(folder / "a", options); }, 8, 25,
                                 [](int round) { return round % 4 == 0; });
}
