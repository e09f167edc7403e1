#ifndef MILLRACE_TESTS_SUPPORT_SQLITE_KILLS_HPP
#define MILLRACE_TESTS_SUPPORT_SQLITE_KILLS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/faulty_vfs.hpp>
#include <support/sqlite_file.hpp>
#include <support/storage_kills.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

namespace support {

inline kill_report kill_sqlite_writers(const std::string& base, int rounds, millrace::random_engine& random) {
  namespace ms = millrace::store;
  kill_report report;
  std::uint64_t before = 0;
  std::string path;
  shared_with_children<std::atomic<long>> counts(8);
  // What has left a process outlives it, synced or not: so the disk need not be waited for.
  const faulty_vfs without_syncs("without_syncs");
  ms::sqlite_storage_options options;
  options.vfs = without_syncs.name();
  for (int round = 0; round < rounds && report.problem.empty(); ++round) {
    if (round % 10 == 0) {  // a new file, which all of them make at once
      if (!path.empty()) std::filesystem::remove(path);
      path = base + "/" + std::to_string(round) + ".db";
      for (std::size_t i = 0; i < 8; ++i) counts[i] = 0;
      before += report.acknowledged;
      report.acknowledged = 0;
    }
    if (round % 2 == 0)
      kill_round([&] { return ms::sqlite_storage<>::open(path, options); }, random, report, counts);
    else
      kill_round([&] { return ms::sqlite_storage<ms::durable::os>::open(path, options); }, random, report, counts);
    if (const std::string found = sqlite_integrity(path); found != "ok") report.problem = "integrity_check: " + found;
    if (!report.problem.empty()) report.problem = "round " + std::to_string(round) + ": " + report.problem;
  }
  report.acknowledged += before;
  return report;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SQLITE_KILLS_HPP
