#ifndef MILLRACE_STORE_DETAIL_LOG_FILE_HPP
#define MILLRACE_STORE_DETAIL_LOG_FILE_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/detail/torn_tail.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The file that a line log appends to: opens, locks and repairs it; appends whole lines; tells whether it is still at
/// its path.
/// Threads: one at a time.
template <class Format, class FileSystem>
class log_file {
 public:
  log_file(std::string path, const line_log_options& options, FileSystem fs)
      : path_(std::move(path)),
        absolute_(absolute_path(path_)),
        permissions_(options.permissions),
        lock_(options.lock),
        fs_(std::move(fs)) {}
  log_file(log_file&& other) noexcept
      : path_(std::move(other.path_)),
        absolute_(std::move(other.absolute_)),
        permissions_(other.permissions_),
        lock_(other.lock_),
        fs_(std::move(other.fs_)),
        fd_(std::exchange(other.fd_, -1)),
        torn_(other.torn_) {}
  log_file& operator=(log_file&&) = delete;
  ~log_file() { (void)close(); }

  const std::string& path() const noexcept { return path_; }

  /// Opens or creates the file, locks it, repairs its end. A second call changes to the file that is at the path now,
  /// and keeps the old one if that fails.
  result<tail_repair> open() {
    const int fd = uninterrupted(
        [&] { return fs_.open(absolute_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, permissions_); });
    if (fd < 0) return system_error(errno, "open", path_);
    result<tail_repair> repaired = prepare(fd);
    if (!repaired) {
      fs_.close(fd);
      return repaired;
    }
    (void)close();
    fd_ = fd;
    torn_ = false;
    return repaired;
  }

  /// Closes the descriptor, which is gone also after an error.
  refusal close() noexcept {
    if (fd_ < 0 || fs_.close(std::exchange(fd_, -1)) == 0 || errno == EINTR) return {};
    return {errno, "close"};
  }

  struct appended {
    std::size_t bytes = 0;  // how many bytes of whole lines were written
    refusal why;            // why no more were
  };
  /// Appends lines. If the last one is written in part only, that part is cut off, now or before the next append.
  appended append(std::string_view lines) noexcept {
    if (torn_)
      if (const refusal no = cut_torn_line()) return {0, no};
    std::size_t done = 0;
    while (done < lines.size()) {
      const std::ptrdiff_t now =
          uninterrupted([&] { return fs_.write(fd_, lines.data() + done, lines.size() - done); });
      if (now <= 0) {
        const refusal no{now == 0 ? EIO : errno, "write"};
        const std::size_t whole = done == 0 ? 0 : lines.rfind('\n', done - 1) + 1;
        torn_ = whole != done;
        if (torn_) (void)cut_torn_line();
        return {whole, no};
      }
      done += static_cast<std::size_t>(now);
    }
    return {done, {}};
  }

  refusal sync() noexcept {
    if (uninterrupted([&] { return fs_.sync_data(fd_); }) != 0) return {errno, "sync"};
    return {};
  }

  /// Whether the open file is still at its path.
  file_place place() noexcept { return fs_.place_of(fd_, absolute_.c_str()); }

 private:
  /// Locks the file, repairs its end and, if it is empty, syncs its folder, so that its name is durable too.
  result<tail_repair> prepare(int fd) {
    if (lock_ && uninterrupted([&] { return fs_.lock(fd); }) != 0) {
      return errno == EWOULDBLOCK ? error(errc::unavailable, "cannot open \"" + path_ + "\": another log has it open")
                                  : system_error(errno, "lock", path_);
    }
    result<tail_repair> repaired = repair_tail<Format>(fs_, fd, absolute_);
    if (repaired && repaired->offset == 0 && fs_.sync_directory_of(absolute_.c_str()) != 0 && errno != EINVAL)
      return system_error(errno, "sync the folder of", path_);
    return repaired;
  }

  /// Cuts off what follows the file's last newline. The file's size is read anew, because others may shorten the file.
  /// If somebody does so between the reading and the cut, the cut lengthens the file with NUL bytes; so this repeats
  /// until nothing is left to cut.
  refusal cut_torn_line() noexcept {
    constexpr const char* what = "cut a torn line off";
    for (int tries = 0; tries < 100; ++tries) {
      const std::int64_t size = fs_.regular_size(fd_);
      if (size < 0) return {errno, what};
      const std::int64_t end = end_of_lines(size);
      if (end < 0) return {errno, what};
      if (end == size) {
        torn_ = false;
        return {};
      }
      if (uninterrupted([&] { return fs_.truncate(fd_, static_cast<std::uint64_t>(end)); }) != 0) return {errno, what};
    }
    return {EIO, what};
  }
  /// The position behind the last newline in the file's first `size` bytes, 0 if there is none; -1 with errno if they
  /// cannot be read.
  std::int64_t end_of_lines(std::int64_t size) noexcept {
    char window[4096];
    for (std::int64_t end = size; end > 0;) {
      const auto length =
          static_cast<std::size_t>(end < std::int64_t{sizeof window} ? end : std::int64_t{sizeof window});
      end -= static_cast<std::int64_t>(length);
      std::size_t have = 0;
      while (have < length) {
        const std::ptrdiff_t got = uninterrupted(
            [&] { return fs_.read_at(fd_, window + have, length - have, static_cast<std::uint64_t>(end) + have); });
        if (got < 0) return -1;
        if (got == 0) break;  // the file has become shorter: no line ends there
        have += static_cast<std::size_t>(got);
      }
      const std::size_t last = std::string_view(window, have).rfind('\n');
      if (last != std::string_view::npos) return end + static_cast<std::int64_t>(last) + 1;
    }
    return 0;
  }

  std::string path_;      // as the caller named it
  std::string absolute_;  // the same from the root
  unsigned permissions_;
  bool lock_;
  FileSystem fs_;
  int fd_ = -1;
  bool torn_ = false;  // it ends in a line that is not whole
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_LOG_FILE_HPP
