#ifndef MILLRACE_STORE_FILE_SYSTEM_HPP
#define MILLRACE_STORE_FILE_SYSTEM_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/store/fwd.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace millrace {
inline namespace v0 {
namespace store {

/// A failed system call: errno, and the name of the action for the message that `system_error` makes. `why` is 0 on
/// success.
struct refusal {
  int why = 0;  // errno
  const char* what = "";

  explicit operator bool() const noexcept { return why != 0; }
};

/// Whether an open file is still at the path under which it was opened.
enum class file_place : std::uint8_t {
  here,      // it is, or that cannot be told
  replaced,  // it has another name, and another file is at the path
  renamed,   // it has another name, and nothing is at the path
  deleted,   // it has no name: its content is gone once it is closed
};

/// The calls that a line log makes of a file system. They are POSIX calls: they return -1 and set errno on failure. A
/// policy, so that tests can pass a disk that is full, slow or broken.
/// Threads: a log calls its file system from one thread at a time; `posix_file_system` may be called from any.
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
  { fs.place_of(fd, path) } noexcept -> std::same_as<file_place>;
};

/// The calls that a log of preallocated segments makes besides: writes at a place of its choice, room taken beforehand,
/// files that appear under their name as a whole, and files that go.
template <class F>
concept segment_file_system = file_system<F> && requires(F& fs, const char* path, int fd, const void* from,
                                                         std::size_t size, std::uint64_t offset) {
  { fs.write_at(fd, from, size, offset) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.allocate(fd, offset, offset) } noexcept -> std::same_as<int>;
  { fs.rename(path, path) } noexcept -> std::same_as<int>;
  { fs.remove(path) } noexcept -> std::same_as<int>;
};

/// The file system of the machine.
struct posix_file_system {
  int open(const char* path, int flags, unsigned mode) noexcept { return ::open(path, flags, mode); }
  int close(int fd) noexcept { return ::close(fd); }
  std::ptrdiff_t write(int fd, const void* from, std::size_t size) noexcept { return ::write(fd, from, size); }
  std::ptrdiff_t read_at(int fd, void* to, std::size_t size, std::uint64_t offset) noexcept {
    return ::pread(fd, to, size, static_cast<off_t>(offset));
  }
  std::ptrdiff_t write_at(int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
    return ::pwrite(fd, from, size, static_cast<off_t>(offset));
  }
  /// Makes the bytes from `offset` on the file's, as zeros, so that writing them needs no room any more.
  int allocate(int fd, std::uint64_t offset, std::uint64_t size) noexcept {
    const int why = ::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(size));
    if (why == 0) return 0;
    errno = why;  // which the call returns instead of setting it
    return -1;
  }
  int rename(const char* from, const char* to) noexcept { return std::rename(from, to); }
  int remove(const char* path) noexcept { return ::unlink(path); }
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
    const int fd = detail::uninterrupted([&] { return ::open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return -1;
    const int failed = detail::uninterrupted([&] { return ::fsync(fd); });
    const int why = errno;
    ::close(fd);
    errno = why;
    return failed;
  }
  /// Takes an exclusive advisory lock; fails with EWOULDBLOCK if somebody else has one.
  int lock(int fd) noexcept { return ::flock(fd, LOCK_EX | LOCK_NB); }
  /// The size of a regular file in bytes; fails with EINVAL for anything else.
  std::int64_t regular_size(int fd) noexcept {
    struct stat about{};
    if (::fstat(fd, &about) != 0) return -1;
    if (!S_ISREG(about.st_mode)) {
      errno = EINVAL;
      return -1;
    }
    return about.st_size;
  }
  /// Compares device and inode of the open file with those at the path; a file without links has been deleted.
  file_place place_of(int fd, const char* path) noexcept {
    struct stat open_file{};
    struct stat at_path{};
    if (::fstat(fd, &open_file) != 0) return errno == ESTALE ? file_place::deleted : file_place::here;
    if (::stat(path, &at_path) == 0) {
      if (open_file.st_dev == at_path.st_dev && open_file.st_ino == at_path.st_ino) return file_place::here;
      return open_file.st_nlink == 0 ? file_place::deleted : file_place::replaced;
    }
    if (errno != ENOENT && errno != ENOTDIR) return file_place::here;
    return open_file.st_nlink == 0 ? file_place::deleted : file_place::renamed;
  }
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_SYSTEM_HPP
