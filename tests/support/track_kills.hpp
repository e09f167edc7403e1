#ifndef MILLRACE_TESTS_SUPPORT_TRACK_KILLS_HPP
#define MILLRACE_TESTS_SUPPORT_TRACK_KILLS_HPP

#include <millrace/core/seed.hpp>
#include <millrace/store/sqlite.hpp>
#include <millrace/track.hpp>
#include <millrace/track/search.hpp>

#include <support/faulty_vfs.hpp>
#include <support/shared_memory.hpp>
#include <support/sqlite_file.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace support {

struct track_kill_report {
  std::uint64_t acknowledged = 0;  // points and parameters
  std::uint64_t kept = 0;          // points that were there in the end
  int marked = 0;                  // runs that were found killed
  double slowest_open = 0;         // seconds until storage and tracker were open again
  std::string problem;             // empty if every round was well
};

/// What a writer was told, in memory that it shares with its parent.
struct told_writer {
  std::atomic<std::int64_t> points;      // durable points of its run
  std::atomic<std::int64_t> parameters;  // parameters of its run that were logged
  std::atomic<bool> has_run;             // whether that was started, and `run` is its id
  char run[40];
};

/// Eight processes that track to one SQLite file: each starts a run, or goes on with the one that it had, logs points
/// and parameters, and notes what it was told is durable. All are killed at a random moment; then the file is opened
/// again and asked for all of it.
class track_kills {
  using storage_type = millrace::store::sqlite_storage<millrace::store::durable::os>;
  using tracker_type = millrace::track::tracker<storage_type>;

 public:
  static constexpr int writers = 8;

  /// `points_before`: how many points each file has before the first round.
  track_kills(std::filesystem::path base, millrace::random_engine& random, std::int64_t points_before = 0)
      : base_(std::move(base)), random_(&random), points_before_(points_before) {
    // What has left a process outlives it, synced or not: so the disk need not be waited for.
    options_.vfs = without_syncs_.name();
    options_.busy_timeout_ms = 60'000;
  }

  track_kill_report run(int rounds) {
    for (int round = 0; round < rounds && report_.problem.empty(); ++round) {
      if (round % (points_before_ == 0 ? 10 : rounds) == 0) begin_file(round);
      kill_round();
      if (report_.problem.empty() && (round % 5 == 4 || round + 1 == rounds))
        if (const std::string found = sqlite_integrity(path_); found != "ok") fail("integrity_check: " + found);
      if (!report_.problem.empty()) report_.problem = "round " + std::to_string(round) + ": " + report_.problem;
    }
    return report_;
  }

 private:
  static std::string writer_name(int writer) { return "writer " + std::to_string(writer); }
  void fail(const std::string& why) {
    if (report_.problem.empty()) report_.problem = why;
  }
  void begin_file(int round) {
    if (!path_.empty()) std::filesystem::remove(path_);
    path_ = (base_ / (std::to_string(round) + ".db")).string();
    for (std::size_t i = 0; i < writers; ++i) {
      told_[i].points = 0;
      told_[i].parameters = 0;
      told_[i].has_run = false;
    }
    if (points_before_ == 0) return;
    auto storage = storage_type::open(path_, options_);
    auto tracks = tracker_type::open(*storage, {.window_of_key = 1024});
    auto run = tracks->start_run(tracks->create_experiment("before")->id);
    for (std::int64_t i = 0; i < points_before_; ++i) run->log_metric("m", {i, i, static_cast<double>(i % 1009)});
    if (auto done = run->end(); !done) fail(done.error().describe());
  }

  /// What a child does until it is killed.
  [[noreturn]] void write(int writer, std::uint64_t seed) const {
    told_writer& told = told_[static_cast<std::size_t>(writer)];
    auto storage = storage_type::open(path_, options_);
    if (!storage) stop(storage.error());
    auto tracks = tracker_type::open(*storage, {.gather_ms = 1, .window_of_key = 1024});
    if (!tracks) stop(tracks.error());
    auto run = told.has_run ? tracks->resume_run(told.run) : start(*tracks, writer);
    if (!run) stop(run.error());
    const auto history = tracks->history(run->id(), "m");
    if (!history) stop(history.error());
    std::int64_t next = static_cast<std::int64_t>(history->size());
    if (!told.has_run) (void)std::snprintf(told.run, sizeof told.run, "%s", run->id().c_str());
    told.has_run = true;
    millrace::random_engine random(seed);
    for (;;) {
      std::uint64_t at = 0;
      for (std::uint64_t points = 1 + random.below(60); points > 0; --points, ++next)
        at = run->log_metric("m", {next, next, static_cast<double>(next)});
      if (at == 0) stop(run->status().error());
      if (random.below(4) == 0) {
        const std::int64_t number = told.parameters;
        if (auto done = run->log_parameter("p" + std::to_string(number), "v" + std::to_string(number)); !done)
          stop(done.error());
        ++told.parameters;
      }
      if (auto done = run->wait_durable(at); !done) stop(done.error());
      told.points = next;
    }
  }
  static millrace::result<tracker_type::run_type> start(tracker_type& tracks, int writer) {
    const auto made = tracks.create_experiment(writer_name(writer));
    if (made) return tracks.start_run(made->id);
    const auto found = tracks.find_experiment(writer_name(writer));  // it was killed before it had its run
    if (!found) return found.error();
    return tracks.start_run(found->id);
  }
  [[noreturn]] static void stop(const millrace::error& why) {
    (void)std::fprintf(stderr, "%s\n", why.describe().c_str());
    ::_exit(9);
  }

  std::int64_t sum() const {
    std::int64_t all = 0;
    for (std::size_t i = 0; i < writers; ++i) all += told_[i].points + told_[i].parameters;
    return all;
  }
  void kill_round() {
    std::vector<pid_t> children;
    const std::uint64_t seed = (*random_)();
    const std::int64_t before = sum();
    for (int i = 0; i < writers; ++i) {
      const pid_t child = ::fork();
      if (child == 0) write(i, seed + static_cast<std::uint64_t>(i));
      children.push_back(child);
    }
    // Whatever the machine's speed: after so many points, or while the file is being opened.
    const std::int64_t until = before + static_cast<std::int64_t>(random_->below(400));
    if (random_->below(8) != 0)
      for (int waits = 0; waits < 100'000 && sum() < until; ++waits) ::usleep(100);
    ::usleep(static_cast<useconds_t>(random_->below(1000)));
    for (const pid_t child : children) ::kill(child, SIGKILL);
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      if (!WIFSIGNALED(status)) fail("a writer failed: " + std::to_string(WEXITSTATUS(status)));
    }
    report_.acknowledged += static_cast<std::uint64_t>(sum() - before);
    if (report_.problem.empty()) check();
  }

  void check() {
    const auto began = std::chrono::steady_clock::now();
    auto storage = storage_type::open(path_, options_);
    if (!storage) return fail(storage.error().describe());
    auto tracks = tracker_type::open(*storage, {});
    if (!tracks) return fail(tracks.error().describe());
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (took > report_.slowest_open) report_.slowest_open = took;
    const auto experiments = millrace::track::search_experiments(*tracks);
    if (!experiments) return fail(experiments.error().describe());
    std::set<std::string> ids;
    for (const auto& each : experiments->items) ids.insert(each.id);
    for (std::size_t i = 1; i <= ids.size(); ++i)
      if (ids.count(std::to_string(i)) == 0) return fail("experiments are not 1 to " + std::to_string(ids.size()));
    for (int i = 0; i < writers && report_.problem.empty(); ++i) check(*tracks, i);
  }
  void check(const tracker_type& tracks, int writer) {
    told_writer& told = told_[static_cast<std::size_t>(writer)];
    const auto wrong = [&](const std::string& why) { fail(writer_name(writer) + ": " + why); };
    if (!told.has_run) return;
    const auto run = tracks.get_run(told.run);
    if (!run) return wrong(run.error().describe());
    if (run->info.status != millrace::track::run_status::killed) return wrong("its run is not marked as killed");
    ++report_.marked;
    const auto points = tracks.history(told.run, "m");
    if (!points) return wrong(points.error().describe());
    const auto there = static_cast<std::int64_t>(points->size());
    if (there < told.points)
      return wrong(std::to_string(told.points) + " points acknowledged, " + std::to_string(there) + " there");
    for (std::int64_t i = 0; i < there; ++i)
      if ((*points)[static_cast<std::size_t>(i)] != millrace::track::metric_point{i, i, static_cast<double>(i)})
        return wrong("point " + std::to_string(i) + " is another");
    const auto parameters = static_cast<std::int64_t>(run->info.parameters.size());
    if (parameters < told.parameters || parameters > told.parameters + 1)
      return wrong(std::to_string(told.parameters) + " parameters acknowledged, " + std::to_string(parameters) +
                   " there");
    told.parameters = parameters;
    report_.kept += static_cast<std::uint64_t>(there - told.points);
    told.points = there;
    // What is derived agrees: the summary, and the indexes that a search goes by.
    const auto* const summary = run->metric("m");
    if ((there == 0) != (summary == nullptr)) return wrong("a summary without points, or points without one");
    if (summary == nullptr) return;
    if (summary->count != points->size() || summary->last.step != there - 1) return wrong("the summary is another");
    const auto found = millrace::track::search_runs(
        tracks, {run->info.experiment_id}, {.filter = "metrics.m = " + std::to_string(there - 1) + " AND max.m >= 0"});
    if (!found) return wrong(found.error().describe());
    if (found->items.size() != 1 || found->items[0].info.id != told.run) return wrong("a search does not find it");
  }

  std::filesystem::path base_;
  millrace::random_engine* random_;
  std::int64_t points_before_;
  const faulty_vfs without_syncs_{"track_without_syncs"};
  millrace::store::sqlite_storage_options options_;
  shared_with_children<told_writer> told_{writers};
  std::string path_;
  track_kill_report report_;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_TRACK_KILLS_HPP
