#ifndef MILLRACE_STORE_FILE_SYSTEM_HPP
#define MILLRACE_STORE_FILE_SYSTEM_HPP

#include <millrace/core/config.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace {
inline namespace v0 {
namespace store {

/// What the store asks of a file system: the POSIX calls and their answers, -1 with errno on
/// failure. A policy, so that tests can hand in a disk that is full, slow or broken.
/// Threads: as the store says; `posix_file_system` any.
template <class F>
concept file_system = std::movable<F> && requires(F& fs, const char* path, int fd, const void* from, void* to,
                                                  std::size_t size, std::uint64_t offset) {
  { fs.open(path, 0, 0U) } noexcept -> std::same_as<int>;
  { fs.close(fd) } noexcept -> std::same_as<int>;
  { fs.write(fd, from, size) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.read_at(fd, to, size, offset) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.truncate(fd, offset) } noexcept -> std::same_as<int>;
  { fs.sync_data(fd) } noexcept -> std::same_as<int>;
  { fs.sync_directory_of(path) } noexcept -> std::same_as<int>;
  { fs.lock(fd) } noexcept -> std::same_as<int>;
  { fs.regular_size(fd) } noexcept -> std::same_as<std::int64_t>;
};

/// The machine's own.
struct posix_file_system {
  int open(const char* path, int flags, unsigned mode) noexcept { return ::open(path, flags, mode); }
  int close(int fd) noexcept { return ::close(fd); }
  std::ptrdiff_t write(int fd, const void* from, std::size_t size) noexcept { return ::write(fd, from, size); }
  std::ptrdiff_t read_at(int fd, void* to, std::size_t size, std::uint64_t offset) noexcept {
    return ::pread(fd, to, size, static_cast<off_t>(offset));
  }
  int truncate(int fd, std::uint64_t size) noexcept { return ::ftruncate(fd, static_cast<off_t>(size)); }
  int sync_data(int fd) noexcept { return ::fdatasync(fd); }
  /// Makes a file's name durable: syncs the directory that it stands in.
  int sync_directory_of(const char* path) noexcept {
    const char* const slash = std::strrchr(path, '/');
    char directory[4096] = ".";
    if (slash != nullptr) {
      const auto length = slash == path ? std::size_t{1} : static_cast<std::size_t>(slash - path);
      if (length >= sizeof directory) {
        errno = ENAMETOOLONG;
        return -1;
      }
      std::memcpy(directory, path, length);
      directory[length] = '\0';
    }
    const int fd = ::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    const int failed = ::fsync(fd);
    const int why = errno;
    ::close(fd);
    errno = why;
    return failed;
  }
  /// An exclusive advisory lock, or EWOULDBLOCK.
  int lock(int fd) noexcept { return ::flock(fd, LOCK_EX | LOCK_NB); }
  /// The size of a regular file; EINVAL for anything else.
  std::int64_t regular_size(int fd) noexcept {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return -1;
    if (!S_ISREG(about.st_mode)) {
      errno = EINVAL;
      return -1;
    }
    return about.st_size;
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_SYSTEM_HPP
