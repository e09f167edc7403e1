// Processes that write to one folder of documents, and are killed; and processes that all raise one number.

#include <millrace/store/documents/document_folder.hpp>

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/faulty_folder.hpp>
#include <support/folder_kills.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <string>
#include <vector>

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
  constexpr int processes = 8;
  constexpr int rounds = 25;
  using storage_type = ms::document_folder<ms::durable::os, support::faulty_folder_file_system>;
  ms::document_folder_options options;
  options.busy_timeout_ms = 60'000;
  options.max_journal_bytes = 6000;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto storage = storage_type::open(folder / "a", options);
      if (!storage) ::_exit(9);
      for (int round = 0; round < rounds; ++round)
        if (!support::take_version(*storage, i, round % 4 == 0)) ::_exit(8);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  const auto storage = storage_type::open(folder / "a", options);
  REQUIRE(storage);
  CHECK(*laws::number_at(*storage, "next") == processes * rounds);
  CHECK(storage->list_backward("versions/", "", 1)->front().key == "versions/" + support::padded(processes * rounds));
  CHECK(storage->list("versions/", "", 10'000)->size() == processes * rounds);
}
