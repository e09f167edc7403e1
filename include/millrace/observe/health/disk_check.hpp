#ifndef MILLRACE_OBSERVE_HEALTH_DISK_CHECK_HPP
#define MILLRACE_OBSERVE_HEALTH_DISK_CHECK_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/health/health_result.hpp>
#include <millrace/store/file.hpp>

#include <sys/statvfs.h>
#include <cerrno>
#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What a file system says of its room, for a process without privileges.
struct volume_facts {
  std::uint64_t size = 0;    // bytes, without those that are kept for root
  std::uint64_t free = 0;    // bytes
  std::uint64_t inodes = 0;  // 0: the file system has no such limit
  std::uint64_t free_inodes = 0;
  bool is_read_only = false;
};

/// Says of a path how much room its file system has: a policy, so that tests can pass any disk.
template <class V>
concept volume_reader = requires(const V& volume, const std::string& path) {
  { volume(path) } -> std::same_as<result<volume_facts>>;
};

/// The machine's file systems (statvfs).
struct posix_volume {
  result<volume_facts> operator()(const std::string& path) const {
    struct statvfs facts{};
    while (::statvfs(path.c_str(), &facts) != 0)
      if (errno != EINTR) return store::system_error(errno, "examine the disk of", path);
    const std::uint64_t block = facts.f_frsize != 0 ? facts.f_frsize : facts.f_bsize;
    const std::uint64_t used = facts.f_blocks > facts.f_bfree ? facts.f_blocks - facts.f_bfree : 0;
    return volume_facts{(used + facts.f_bavail) * block, facts.f_bavail * block, facts.f_files, facts.f_favail,
                        (facts.f_flag & ST_RDONLY) != 0};
  }
};

/// When a disk is no longer healthy: each limit counts, and 0 as bytes is none. Fractions are of what is used.
struct disk_thresholds {
  double degraded_at = 0.9;
  double unhealthy_at = 0.98;
  std::uint64_t degraded_free = 0;   // bytes
  std::uint64_t unhealthy_free = 0;  // bytes
  double degraded_inodes_at = 0.9;
  double unhealthy_inodes_at = 0.99;
  bool has_to_be_writable = true;
};

/// Checks the room on the disk of a path: bytes, and inodes where the file system counts them.
/// Measures: used (fraction), free (bytes), used_inodes (fraction).
template <volume_reader Volume = posix_volume>
class disk_check {
 public:
  disk_check(std::string name, std::string path, const disk_thresholds& thresholds = {}, const Volume& volume = {})
      : name_(std::move(name)), path_(std::move(path)), thresholds_(thresholds), volume_(volume) {}
  const std::string& name() const noexcept { return name_; }

  health_result examine() const {
    const result<volume_facts> facts = volume_(path_);
    if (!facts) return {health_status::unhealthy, facts.error().describe()};
    health_result found;
    const double used = part(facts->size - (facts->free < facts->size ? facts->free : facts->size), facts->size);
    found.measured = {{"used", used}, {"free", static_cast<double>(facts->free), "bytes"}};
    if (used >= thresholds_.degraded_at || used >= thresholds_.unhealthy_at)
      found.worsen(used >= thresholds_.unhealthy_at ? health_status::unhealthy : health_status::degraded,
                   "the disk of " + path_ + " is " + std::to_string(static_cast<int>(used * 100)) + " % full");
    if (facts->free < thresholds_.degraded_free || facts->free < thresholds_.unhealthy_free)
      found.worsen(facts->free < thresholds_.unhealthy_free ? health_status::unhealthy : health_status::degraded,
                   "the disk of " + path_ + " has " + std::to_string(facts->free >> 20U) + " MiB left");
    if (facts->inodes != 0) {
      const double inodes = part(
          facts->inodes - (facts->free_inodes < facts->inodes ? facts->free_inodes : facts->inodes), facts->inodes);
      found.measured.push_back({"used_inodes", inodes});
      if (inodes >= thresholds_.degraded_inodes_at || inodes >= thresholds_.unhealthy_inodes_at)
        found.worsen(inodes >= thresholds_.unhealthy_inodes_at ? health_status::unhealthy : health_status::degraded,
                     "the disk of " + path_ + " has used " + std::to_string(static_cast<int>(inodes * 100)) +
                         " % of its inodes");
    }
    if (thresholds_.has_to_be_writable && facts->is_read_only)
      found.worsen(health_status::unhealthy, "the disk of " + path_ + " is read-only");
    return found;
  }

 private:
  static double part(std::uint64_t of, std::uint64_t all) noexcept {
    return all != 0 ? static_cast<double>(of) / static_cast<double>(all) : 0;
  }

  std::string name_;
  std::string path_;
  disk_thresholds thresholds_;
  Volume volume_;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_DISK_CHECK_HPP
