#ifndef MILLRACE_TESTS_SUPPORT_FOLDER_KILLS_HPP
#define MILLRACE_TESTS_SUPPORT_FOLDER_KILLS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/store/documents/document_folder.hpp>

#include <support/faulty_folder.hpp>
#include <support/storage_kills.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

namespace support {

/// Rounds of `kill_round` on folders of documents, each of which serves for ten.
inline kill_report kill_folder_writers(const std::string& base, int rounds, millrace::random_engine& random) {
  namespace ms = millrace::store;
  // What has left a process outlives it, synced or not: so the disk need not be waited for.
  using shared = ms::document_folder<ms::durable::group<5>, faulty_folder_file_system>;
  using loose = ms::document_folder<ms::durable::os, faulty_folder_file_system>;
  kill_report report;
  std::uint64_t before = 0;
  std::string path;
  shared_with_children<std::atomic<long>> counts(8);
  ms::document_folder_options options;
  options.busy_timeout_ms = 60'000;
  options.max_journal_bytes = 4000;  // so that writers are killed while they empty it
  for (int round = 0; round < rounds && report.problem.empty(); ++round) {
    if (round % 10 == 0) {  // a new folder, which all of them make at once
      if (!path.empty()) std::filesystem::remove_all(path);
      path = base + "/" + std::to_string(round);
      for (std::size_t i = 0; i < 8; ++i) counts[i] = 0;
      before += report.acknowledged;
      report.acknowledged = 0;
    }
    if (round % 2 == 0)
      kill_round([&] { return shared::open(path, options); }, random, report, counts);
    else
      kill_round([&] { return loose::open(path, options); }, random, report, counts);
    if (!report.problem.empty()) report.problem = "round " + std::to_string(round) + ": " + report.problem;
  }
  report.acknowledged += before;
  return report;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FOLDER_KILLS_HPP
