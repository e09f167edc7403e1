#ifndef MILLRACE_EXAMPLES_LIFECYCLE_WORK_OUTPUTS_HPP
#define MILLRACE_EXAMPLES_LIFECYCLE_WORK_OUTPUTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/file.hpp>

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lifecycle {

namespace mr = millrace;

/// The folder that a run leaves its files in. Until `publish` nothing of this run stands under a file's own name: the
/// audit log grows as `audit.partial.jsonl`, the rest waits in temporary files that vanish with the run. So a run that
/// was cut short leaves an earlier one's files as they were, and none of its own that could be taken for whole.
class output_folder {
 public:
  /// Makes the folder where it is missing, and proves that it can be written.
  static mr::result<output_folder> open(std::string path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) return mr::store::system_error(failed.value(), "make the folder", path);
    output_folder made(std::move(path));
    const std::string partial = made.audit_path();
    if (::unlink(partial.c_str()) != 0 && errno != ENOENT) return mr::store::system_error(errno, "write", partial);
    made.had_files_ = ::access(made.in("audit.jsonl").c_str(), F_OK) == 0;
    auto proof = mr::store::atomic_file::create(made.in("report.html"));
    if (!proof) return std::move(proof).error();
    return made;
  }

  const std::string& path() const noexcept { return path_; }
  std::string in(std::string_view name) const { return path_ + '/' + std::string(name); }
  /// Whether an earlier run left its files here, which `publish` replaces.
  bool had_files() const noexcept { return had_files_; }
  /// Where the audit log stands while the run goes on.
  std::string audit_path() const { return in("audit.partial.jsonl"); }
  /// The audit trail of all runs.
  std::string trail_path() const { return in("trail"); }

  /// Keeps a file's content ready beside its place.
  mr::result<void> stage(std::string_view name, std::string_view content) {
    auto file = mr::store::atomic_file::create(in(name));
    if (!file) return std::move(file).error();
    if (auto written = file->write(content); !written) return written;
    staged_.push_back(*std::move(file));
    return {};
  }

  /// This run has no such file: an earlier run's goes when everything is put in place.
  void leave_out(std::string_view name) { left_out_.push_back(in(name)); }

  /// Puts everything in place: the audit log, which is closed, and then the staged files in the order of staging.
  mr::result<void> publish() {
    const std::string audit = in("audit.jsonl");
    if (std::rename(audit_path().c_str(), audit.c_str()) != 0)
      return mr::store::system_error(errno, "put in place", audit);
    return publish_staged();
  }
  /// The same for a run without an audit log.
  mr::result<void> publish_staged() {
    for (mr::store::atomic_file& file : staged_)
      if (auto done = file.commit(); !done) return done;
    staged_.clear();
    for (const std::string& path : left_out_)
      if (::unlink(path.c_str()) != 0 && errno != ENOENT) return mr::store::system_error(errno, "remove", path);
    return {};
  }

 private:
  explicit output_folder(std::string path) : path_(std::move(path)) {}

  std::string path_;
  bool had_files_ = false;
  std::vector<mr::store::atomic_file> staged_;
  std::vector<std::string> left_out_;
};

}  // namespace lifecycle

#endif  // MILLRACE_EXAMPLES_LIFECYCLE_WORK_OUTPUTS_HPP
