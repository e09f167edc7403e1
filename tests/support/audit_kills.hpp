#ifndef MILLRACE_TESTS_SUPPORT_AUDIT_KILLS_HPP
#define MILLRACE_TESTS_SUPPORT_AUDIT_KILLS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/audit_trail.hpp>
#include <millrace/observe/audit/read_trail.hpp>
#include <millrace/observe/audit/verify_trail.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace support {

struct kill_report {
  int acknowledged = 0;  // rounds in which the writer said that a record was durable
  int repaired = 0;      // rounds after which opening cut something off
  std::uint64_t records = 0;
  std::string problem;  // empty if every round was well
};

/// Has a process write to a trail, erase now and then, and begin segments all the time; kills it at a random moment;
/// opens the trail again and reads it: each acknowledged record has to be there, and the trail has to verify.
/// Ten rounds have one trail.
inline kill_report kill_writers(const std::string& base, int rounds, millrace::random_engine& random) {
  namespace mo = millrace::observe;
  kill_report report;
  std::string folder;
  std::uint64_t next = 0;  // the number of the next event in this trail
  for (int round = 0; round < rounds && report.problem.empty(); ++round) {
    if (round % 10 == 0) {
      if (!folder.empty()) std::filesystem::remove_all(folder);
      folder = base + "/trail" + std::to_string(round);
      next = 0;
    }
    const auto fail = [&](const std::string& why) {
      report.problem = "round " + std::to_string(round) + " in " + folder + ": " + why;
    };
    mo::audit_trail_options options;
    options.max_delay_ms = 1;
    options.segment_bytes = 16 << 10;
    options.allocate_bytes = 8 << 10;
    options.sync = round % 3 == 0 ? millrace::store::sync_policy::interval : millrace::store::sync_policy::every_group;
    options.sync_interval_ms = 1;
    int told[2];
    if (::pipe(told) != 0) return fail("no pipe"), report;
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(told[0]);
      auto trail = mo::audit_trail<>::open(folder, options);
      if (!trail) ::_exit(9);
      std::vector<std::uint64_t> seqs;
      std::size_t durable = 0;
      for (std::uint64_t i = next;; ++i) {
        const std::string number = std::to_string(i);
        const std::string email = number + "@example.org";
        const mo::audit_field fields[] = {{"number", number}, {"email", email, mo::pii_type::email}};
        seqs.push_back(trail->append({.kind = mo::audit_kinds::data_accessed, .actor = "a", .fields = fields}));
        const std::size_t before = durable;
        while (durable < seqs.size() && seqs[durable] <= trail->durable_seq()) ++durable;
        const std::uint64_t known = next + durable;
        if (durable != before && ::write(told[1], &known, sizeof known) != sizeof known) ::_exit(8);
        if (i % 32 == 0) ::usleep(300);
        if (i % 128 == 127) (void)trail->erase({trail->head().root.size / 2, "email"}, "dpo", "");
      }
    }
    ::close(told[1]);
    if (round % 4 != 0) {
      pollfd first{told[0], POLLIN, 0};
      (void)::poll(&first, 1, 2'000);
    }
    ::usleep(static_cast<useconds_t>(random.below(12'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    (void)::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) fail("the writer ended by itself");
    std::uint64_t acknowledged = 0;
    for (std::uint64_t known = 0; ::read(told[0], &known, sizeof known) == sizeof known;) acknowledged = known;
    ::close(told[0]);
    if (acknowledged != 0) ++report.acknowledged;

    auto trail = mo::audit_trail<>::open(folder, options);
    if (!trail) return fail(trail.error().message()), report;
    if (trail->repaired()) ++report.repaired;
    if (auto closed = trail->close(); !closed) fail(closed.error().message());
    const auto verified = mo::verify_trail(folder);
    if (!verified || !*verified) fail(verified ? summary(*verified) : verified.error().message());
    std::uint64_t number = 0;
    const auto read = mo::read_trail(folder, [&](const mo::audit_entry& entry) {
      if (entry.kind == "data_accessed" && entry.find("number")->text != std::to_string(number++)) fail("a gap");
    });
    if (!read) fail(read.error().message());
    if (number < acknowledged)
      fail(std::to_string(acknowledged) + " acknowledged, and " + std::to_string(number) + " there");
    report.records += number - next;
    next = number;
  }
  return report;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_AUDIT_KILLS_HPP
