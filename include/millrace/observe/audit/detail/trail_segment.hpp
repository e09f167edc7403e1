#ifndef MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_SEGMENT_HPP
#define MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_SEGMENT_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/observe/audit/detail/trail_format.hpp>
#include <millrace/observe/fwd.hpp>
#include <millrace/store/file_system.hpp>

#include <fcntl.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

using store::refusal;

/// Writes all bytes at a place of a file.
template <class FileSystem>
refusal write_all_at(FileSystem& fs, int fd, const void* from, std::size_t size, std::uint64_t offset) noexcept {
  const char* at = static_cast<const char*>(from);
  while (size != 0) {
    const std::ptrdiff_t done = uninterrupted([&] { return fs.write_at(fd, at, size, offset); });
    if (done <= 0) return {done == 0 ? EIO : errno, "write"};
    at += done;
    size -= static_cast<std::size_t>(done);
    offset += static_cast<std::uint64_t>(done);
  }
  return {};
}

/// Takes room for a part of a file. A file system that cannot do that is written to without.
template <class FileSystem>
refusal take_room(FileSystem& fs, int fd, std::uint64_t from, std::uint64_t size) noexcept {
  if (fs.allocate(fd, from, size) == 0 || errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS) return {};
  return {errno, "take room for"};
}

/// Makes a file of these bytes appear under its name, whole and durable, or not at all. `more` is how many bytes the
/// file is to have at least; `fd`, if not null, gets the file still open.
template <class FileSystem>
refusal create_whole(FileSystem& fs, const std::string& path, std::string_view bytes, unsigned permissions,
                     std::uint64_t more = 0, int* fd = nullptr) {
  const std::string fresh = path + ".new";
  const int made =
      uninterrupted([&] { return fs.open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, permissions); });
  if (made < 0) return {errno, "create"};
  refusal no;
  if (more != 0) no = take_room(fs, made, 0, more);
  if (!no) no = write_all_at(fs, made, bytes.data(), bytes.size(), 0);
  if (!no && uninterrupted([&] { return fs.sync_data(made); }) != 0) no = {errno, "sync"};
  if (!no && fs.rename(fresh.c_str(), path.c_str()) != 0) no = {errno, "rename"};
  const bool named = !no;
  if (!no && uninterrupted([&] { return fs.sync_directory_of(path.c_str()); }) != 0 && errno != EINVAL)
    no = {errno, "sync the folder of"};
  if (!no && fd != nullptr) {
    *fd = made;
  } else {
    fs.close(made);
  }
  if (!named) fs.remove(fresh.c_str());
  return no;
}

/// The segment that a trail writes to: grows by steps that are allocated before, so that a sync need not write the
/// file's size each time.
/// Threads: one at a time.
template <class FileSystem>
class open_segment_file {
 public:
  open_segment_file() noexcept = default;
  open_segment_file(int fd, std::string path, std::uint64_t end, std::uint64_t allocated) noexcept
      : path_(std::move(path)), fd_(fd), end_(end), allocated_(allocated) {}
  open_segment_file(open_segment_file&& other) noexcept
      : path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        end_(other.end_),
        allocated_(other.allocated_) {}
  open_segment_file& operator=(open_segment_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    std::swap(end_, other.end_);
    std::swap(allocated_, other.allocated_);
    return *this;
  }

  const std::string& path() const noexcept { return path_; }
  std::uint64_t end() const noexcept { return end_; }
  bool is_open() const noexcept { return fd_ >= 0; }

  /// Writes behind the end. After a refusal the end is where it was, so that the same bytes can be written again.
  refusal append(FileSystem& fs, std::string_view bytes, std::uint64_t step) noexcept {
    if (end_ + bytes.size() > allocated_) {
      const std::uint64_t more = bytes.size() < step ? step : bytes.size();
      const refusal no = take_room(fs, fd_, end_, more);
      // The bytes alone may have room where a whole step has none: then the write says so.
      if (no && no.why != ENOSPC && no.why != EDQUOT) return no;
      if (!no) allocated_ = end_ + more;
    }
    if (const refusal no = write_all_at(fs, fd_, bytes.data(), bytes.size(), end_)) return no;
    end_ += bytes.size();
    return {};
  }
  refusal sync(FileSystem& fs) noexcept {
    if (uninterrupted([&] { return fs.sync_data(fd_); }) != 0) return {errno, "sync"};
    return {};
  }
  /// Whether the open file is still at its path.
  store::file_place place(FileSystem& fs) noexcept { return fs.place_of(fd_, path_.c_str()); }
  /// Cuts off what was allocated and not written.
  refusal trim(FileSystem& fs) noexcept {
    if (uninterrupted([&] { return fs.truncate(fd_, end_); }) != 0) return {errno, "cut"};
    allocated_ = end_;
    return {};
  }
  refusal close(FileSystem& fs) noexcept {
    if (fd_ < 0 || fs.close(std::exchange(fd_, -1)) == 0 || errno == EINTR) return {};
    return {errno, "close"};
  }

 private:
  std::string path_;
  int fd_ = -1;
  std::uint64_t end_ = 0;
  std::uint64_t allocated_ = 0;
};

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_AUDIT_DETAIL_TRAIL_SEGMENT_HPP
