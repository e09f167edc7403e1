#ifndef MILLRACE_TESTS_SUPPORT_STORAGE_KILLS_HPP
#define MILLRACE_TESTS_SUPPORT_STORAGE_KILLS_HPP

// Processes that write to one storage with transactions and are killed.

#include <millrace/core/seed.hpp>
#include <millrace/store/transaction.hpp>

#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/shared_memory.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace support {

struct kill_report {
  std::uint64_t acknowledged = 0;
  double slowest_open = 0;  // seconds
  std::string problem;      // empty if every round was well
};

inline std::string padded(long number) {
  char text[24];
  (void)std::snprintf(text, sizeof text, "%012ld", number);
  return text;
}

/// A writer's step, whole in one transaction: takes the next version, writes it under its number, small or large,
/// raises the writer's own count, and removes a version now and then.
template <class Storage>
millrace::result<long> take_version(Storage& storage, int writer, bool large) {
  return storage.transact([&](typename Storage::transaction& t) -> millrace::result<long> {
    const auto next = laws::number_at(t, "next");
    if (!next) return next.error();
    const long version = *next + 1;
    const std::string name = "writer/" + std::to_string(writer);
    const auto own = laws::number_at(t, name);
    if (!own) return own.error();
    std::string value = std::to_string(writer) + ' ' + std::to_string(version);
    if (large) value.resize(5000, 'x');
    if (auto done = t.write("versions/" + padded(version), laws::bytes_of(value)); !done) return done.error();
    if (auto done = laws::write_number(t, "next", version); !done) return done.error();
    if (auto done = laws::write_number(t, name, *own + 1); !done) return done.error();
    return version;
  });
}

/// So many processes take `rounds` versions each, at once; `is_large(round)` of a round. The storage has them all then.
template <class Open, class IsLarge>
void take_versions_at_once(const Open& open, int processes, int rounds, const IsLarge& is_large) {
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto storage = open();
      if (!storage) ::_exit(9);
      for (int round = 0; round < rounds; ++round)
        if (!take_version(*storage, i, is_large(round))) ::_exit(8);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  const auto storage = open();
  REQUIRE(storage);
  const int all = processes * rounds;
  CHECK(*laws::number_at(*storage, "next") == all);
  CHECK(storage->list_backward("versions/", "", 1)->front().key == "versions/" + padded(all));
  CHECK(storage->list("versions/", "", 10'000)->size() == static_cast<std::size_t>(all));
}

/// Eight processes take versions; all are killed at a random moment; the storage is opened again: every acknowledged
/// step has to be there, the versions are 1 to n without a gap, each whole.
template <class Open>
void kill_round(const Open& open, millrace::random_engine& random, kill_report& report,
                shared_with_children<std::atomic<long>>& counts) {
  using storage_type = typename decltype(open())::value_type;
  constexpr int writers = 8;
  std::vector<pid_t> children;
  const std::uint64_t seed = random();
  for (int i = 0; i < writers; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto storage = open();
      if (!storage) {
        (void)std::fprintf(stderr, "%s\n", storage.error().describe().c_str());
        ::_exit(9);
      }
      millrace::random_engine own(seed + static_cast<std::uint64_t>(i));
      for (;;) {
        if (!take_version(*storage, i, own.below(4) == 0)) ::_exit(8);
        ++counts[static_cast<std::size_t>(i)];
      }
    }
    children.push_back(child);
  }
  // Whatever the machine's speed: after so many steps, or while the storage is being opened.
  const auto steps_done = [&] {
    long sum = 0;
    for (std::size_t i = 0; i < writers; ++i) sum += counts[i];
    return sum;
  };
  const long until = steps_done() + static_cast<long>(random.below(24));
  if (random.below(8) != 0)
    for (int waits = 0; waits < 20'000 && steps_done() < until; ++waits) ::usleep(100);
  ::usleep(static_cast<useconds_t>(random.below(1000)));
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) report.problem = "a writer failed: " + std::to_string(WEXITSTATUS(status));
  }
  const auto began = std::chrono::steady_clock::now();
  auto storage = open();
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (took > report.slowest_open) report.slowest_open = took;
  if (!storage) {
    report.problem = storage.error().describe();
    return;
  }
  const auto checked = storage->look([&](const typename storage_type::snapshot& s) -> millrace::result<void> {
    const auto wrong = [](const std::string& why) { return millrace::error(millrace::errc::corrupt, why); };
    long steps = 0;
    for (int i = 0; i < writers; ++i) {
      const long kept = *laws::number_at(s, "writer/" + std::to_string(i));
      const long told = counts[static_cast<std::size_t>(i)];
      if (kept < told || kept > told + 1)
        return wrong("writer " + std::to_string(i) + " was told of " + std::to_string(told) + " steps, and has " +
                     std::to_string(kept));
      counts[static_cast<std::size_t>(i)] = kept;
      steps += kept;
    }
    const long next = *laws::number_at(s, "next");
    if (next != steps) return wrong(std::to_string(next) + " versions of " + std::to_string(steps) + " steps");
    long seen = 0;
    std::string fault;
    auto walked = millrace::store::for_each_object(s, "versions/", [&](const auto& each) {
      const auto value = s.read(each.key);
      const std::string number = padded(++seen);
      if (!value || each.key != "versions/" + number ||
          laws::text_of(*value).find(' ' + std::to_string(seen)) == std::string::npos)
        fault = each.key + " is torn, or not version " + number;
    });
    if (!walked) return walked;
    if (!fault.empty()) return wrong(fault);
    if (seen != next) return wrong(std::to_string(seen) + " versions, but the last is " + std::to_string(next));
    report.acknowledged = static_cast<std::uint64_t>(next);
    return {};
  });
  if (!checked) report.problem = checked.error().describe();
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_STORAGE_KILLS_HPP
