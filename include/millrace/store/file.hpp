#ifndef MILLRACE_STORE_FILE_HPP
#define MILLRACE_STORE_FILE_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/make_room.hpp>
#include <millrace/store/fwd.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

// GNU's strerror_r returns the text, which may or may not be in the buffer; POSIX's returns a status and fills the
// buffer.
inline const char* strerror_text(const char* text, const char*) noexcept { return text; }
inline const char* strerror_text(int, const char* buffer) noexcept { return buffer; }

constexpr errc errc_of_errno(int number) noexcept {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return errc::not_found;
    case EEXIST: return errc::already_exists;
    case EACCES:
    case EPERM:
    case EROFS: return errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::no_space;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR: return errc::invalid_argument;
    default: return errc::io;
  }
}

}  // namespace detail

/// The path from the root, so that a later change of the working directory does not change which file is meant. One
/// that is empty or begins at the root is returned as it is, as is any other where the working directory has no name.
inline std::string absolute_path(const std::string& path) {
  char folder[4096];
  if (path.empty() || path.front() == '/' || ::getcwd(folder, sizeof folder) == nullptr) return path;
  return std::string(folder) + '/' + path;
}

/// An error of the operating system: `cannot write "out/audit.jsonl": No space left on device`, where `action` is
/// "write" and `subject` the path. `number` is errno, read before another call could change it.
inline error system_error(int number, std::string_view action, std::string_view subject) {
  char buffer[256] = "unknown error";
  const char* text = detail::strerror_text(::strerror_r(number, buffer, sizeof buffer), buffer);
  std::string message = "cannot ";
  message += action;
  message += " \"";
  message += subject;
  message += "\": ";
  message += text;
  return error(detail::errc_of_errno(number), std::move(message));
}

/// An open file: owns the descriptor and keeps the path for messages. It repeats calls that a signal interrupted, and
/// goes on when the system wrote only a part.
/// Threads: one at a time, but `read_at` may run beside anything that does not close the file.
/// Errors: those of the system, with the path in the message.
/// Moved from, it is as freshly made: not open, without a path.
class file {
 public:
  file() noexcept = default;
  /// Takes over an open descriptor.
  file(int descriptor, std::string path) noexcept : descriptor_(descriptor), path_(std::move(path)) {}
  file(file&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::exchange(other.path_, {})) {}
  file& operator=(file&& other) noexcept {
    if (this != &other) {
      discard();
      descriptor_ = std::exchange(other.descriptor_, -1);
      path_ = std::exchange(other.path_, {});
    }
    return *this;
  }
  ~file() { discard(); }

  /// Opens the path by open(2), with O_CLOEXEC added to `flags`. A new file's permissions are `mode` less the umask.
  static result<file> open(std::string path, int flags, mode_t mode = 0666) {
    const int descriptor = detail::uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
    if (descriptor < 0) return system_error(errno, "open", path);
    return file(descriptor, std::move(path));
  }

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  const std::string& path() const noexcept { return path_; }

  /// Writes all bytes at the file's position. After an error a part of them may have been written.
  result<void> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = detail::uninterrupted([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
      if (done < 0) return failure("write");
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }

  result<void> write(std::span<const std::byte> bytes) {
    return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  /// Reads up to `size` bytes from `offset`; fewer only at the end of the file.
  result<std::size_t> read_at(std::uint64_t offset, char* out, std::size_t size) const {
    std::size_t total = 0;
    while (total < size) {
      const ssize_t got = detail::uninterrupted(
          [&] { return ::pread(descriptor_, out + total, size - total, static_cast<off_t>(offset + total)); });
      if (got < 0) return failure("read");
      if (got == 0) break;
      total += static_cast<std::size_t>(got);
    }
    return total;
  }

  result<std::uint64_t> size() const {
    struct stat facts{};
    if (::fstat(descriptor_, &facts) != 0) return failure("examine");
    return static_cast<std::uint64_t>(facts.st_size);
  }

  result<void> truncate(std::uint64_t size) {
    if (detail::uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0)
      return failure("truncate");
    return {};
  }

  /// Waits until content and metadata are on disk (fsync).
  result<void> sync() {
    if (detail::uninterrupted([&] { return ::fsync(descriptor_); }) != 0) return failure("sync");
    return {};
  }
  /// Waits until content and size are on disk; the times of change may not be (fdatasync).
  result<void> sync_data() {
    if (detail::uninterrupted([&] { return ::fdatasync(descriptor_); }) != 0) return failure("sync");
    return {};
  }

  /// Closes the file and returns the system's error; the destructor closes too, but drops the error.
  result<void> close() {
    if (!is_open()) return {};
    // Linux has released the descriptor whatever close returns, so it is never called twice.
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) return failure("close");
    return {};
  }

 private:
  error failure(std::string_view action) const { return system_error(errno, action, path_); }
  void discard() noexcept {
    if (is_open()) ::close(std::exchange(descriptor_, -1));
  }

  int descriptor_ = -1;
  std::string path_;
};

namespace detail {

/// Makes the names in a folder durable, after `subject` was written, renamed or removed in it.
inline result<void> sync_folder(const file& folder, std::string_view subject) {
  // Some file systems cannot sync a folder and return EINVAL; on them a name is as durable as it can be.
  if (uninterrupted([&] { return ::fsync(folder.descriptor()); }) != 0 && errno != EINVAL)
    return system_error(errno, "sync the folder of the written file", subject);
  return {};
}

inline error too_large(std::string_view action, std::string_view path, std::uint64_t size) {
  return error(errc::unavailable, "cannot " + std::string(action) + " \"" + std::string(path) +
                                      "\": memory has no room for " + std::to_string(size) + " bytes");
}

/// Reads all that is left of an open file into a container of bytes or characters.
template <class Bytes>
result<Bytes> read_rest(const file& from) {
  const auto size = from.size();
  if (!size) return size.error();
  Bytes bytes;
  std::size_t filled = 0;
  for (;;) {
    if (filled == bytes.size()) {
      // One byte more than the size says, so that a file read in one go also shows its end in one go.
      const std::size_t room = filled == 0 ? static_cast<std::size_t>(*size) + 1 : filled * 2 + 4096;
      if (!make_room(bytes, room)) return too_large("read", from.path(), filled == 0 ? *size : room);
    }
    const ssize_t got =
        uninterrupted([&] { return ::read(from.descriptor(), bytes.data() + filled, bytes.size() - filled); });
    if (got < 0) return system_error(errno, "read", from.path());
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

/// Reads a whole file so.
template <class Bytes>
result<Bytes> read_whole(std::string path) {
  const auto opened = file::open(std::move(path), O_RDONLY);
  if (!opened) return opened.error();
  return read_rest<Bytes>(*opened);
}

}  // namespace detail

/// Reads a whole file as text, also one without a known size, such as a pipe or a file in /proc.
/// Errors: those of the system; unavailable: memory has no room for it, with its size. Each names the path.
inline result<std::string> read_file(std::string path) { return detail::read_whole<std::string>(std::move(path)); }

/// Reads a whole file as bytes, as `save` returns and `load` takes them:
///
///     auto bytes = mr::store::read_bytes(path);
///     if (!bytes) return std::move(bytes).error();                       // its message names the path
///     auto state = latencies::load(*bytes);
///     if (!state) return std::move(state).error().wrap(path);            // adds the path, which load does not know
///
/// Errors: those of `read_file`.
inline result<std::vector<std::byte>> read_bytes(std::string path) {
  return detail::read_whole<std::vector<std::byte>>(std::move(path));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_HPP
