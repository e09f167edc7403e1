#ifndef MILLRACE_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_HPP
#define MILLRACE_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_HPP

#include <millrace/store/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace support {

/// What a faulty disk does next. Each write or sync takes one step from its script; with the script
/// done, it works. `room` is how many bytes still fit.
struct disk_faults {
  struct step {
    std::size_t most = ~std::size_t{0};  // takes at most so many bytes, unless
    int error = 0;                       // it fails
  };
  std::mutex mutex;
  std::deque<step> writes;
  std::deque<int> syncs;
  std::deque<int> truncates;
  std::uint64_t room = ~std::uint64_t{0};
  int open_error = 0;
  int lock_error = 0;
  int close_error = 0;
  std::uint64_t sync_calls = 0;

  void set_room(std::uint64_t bytes) {
    const std::lock_guard held(mutex);
    room = bytes;
  }
};

/// The machine's file system with faults on order.
class faulty_file_system : public millrace::store::posix_file_system {
 public:
  faulty_file_system() = default;
  explicit faulty_file_system(disk_faults& faults) : faults_(&faults) {}

  int open(const char* path, int flags, unsigned mode) noexcept {
    if (faults_->open_error != 0) return fail(faults_->open_error);
    return posix_file_system::open(path, flags, mode);
  }
  std::ptrdiff_t write(int fd, const void* from, std::size_t size) noexcept {
    const std::lock_guard held(faults_->mutex);
    if (!faults_->writes.empty()) {
      const disk_faults::step now = faults_->writes.front();
      faults_->writes.pop_front();
      if (now.error != 0) return fail(now.error);
      size = (std::min)(size, now.most);
    }
    if (faults_->room == 0) return fail(ENOSPC);
    size = static_cast<std::size_t>((std::min)(std::uint64_t{size}, faults_->room));
    const std::ptrdiff_t done = posix_file_system::write(fd, from, size);
    if (done > 0) faults_->room -= static_cast<std::uint64_t>(done);
    return done;
  }
  int truncate(int fd, std::uint64_t size) noexcept {
    const std::lock_guard held(faults_->mutex);
    if (!faults_->truncates.empty()) {
      const int error = faults_->truncates.front();
      faults_->truncates.pop_front();
      if (error != 0) return fail(error);
    }
    const std::int64_t before = posix_file_system::regular_size(fd);
    if (faults_->room != ~std::uint64_t{0} && before > static_cast<std::int64_t>(size))
      faults_->room += static_cast<std::uint64_t>(before) - size;
    return posix_file_system::truncate(fd, size);
  }
  int sync_data(int fd) noexcept {
    const std::lock_guard held(faults_->mutex);
    ++faults_->sync_calls;
    if (!faults_->syncs.empty()) {
      const int error = faults_->syncs.front();
      faults_->syncs.pop_front();
      if (error != 0) return fail(error);
    }
    return posix_file_system::sync_data(fd);
  }
  int lock(int fd) noexcept {
    if (faults_->lock_error != 0) return fail(faults_->lock_error);
    return posix_file_system::lock(fd);
  }
  int close(int fd) noexcept {
    const int done = posix_file_system::close(fd);
    return faults_->close_error != 0 ? fail(faults_->close_error) : done;
  }

 private:
  static int fail(int error) noexcept {
    errno = error;
    return -1;
  }
  disk_faults* faults_ = nullptr;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_HPP
