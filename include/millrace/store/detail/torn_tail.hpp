#ifndef MILLRACE_STORE_DETAIL_TORN_TAIL_HPP
#define MILLRACE_STORE_DETAIL_TORN_TAIL_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/line_log_options.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// Repairs a line file after a crash: finds the torn end, saves it in another file, cuts it off.
namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// How many bytes at the file's end are searched for its last valid line.
inline constexpr std::uint64_t max_tail = std::uint64_t{1} << 24;

enum class tail_verdict {
  found,      // `keep` bytes are whole lines, the last one valid
  need_more,  // no valid line in these bytes, and the file has more before them
  not_a_log,  // the whole file has no valid line, and is no beginning of one
};
/// What find_tail_end found.
struct tail_end {
  tail_verdict verdict;
  std::size_t keep = 0;
};

/// Finds where the last valid line of a file ends in `tail`, the file's last bytes. `whole` says that `tail` is the
/// whole file.
template <class Format>
tail_end find_tail_end(std::string_view tail, bool whole) noexcept {
  const std::size_t last = tail.rfind('\n');
  if (last == std::string_view::npos) {
    if (!whole) return {tail_verdict::need_more};
    return {tail.empty() || Format::may_begin(tail) ? tail_verdict::found : tail_verdict::not_a_log};
  }
  std::size_t keep = last + 1;
  for (;;) {
    const std::size_t previous = keep >= 2 ? tail.rfind('\n', keep - 2) : std::string_view::npos;
    if (previous == std::string_view::npos && !whole) return {tail_verdict::need_more};
    const std::size_t begin = previous == std::string_view::npos ? 0 : previous + 1;
    if (Format::is_line(tail.substr(begin, keep - 1 - begin))) return {tail_verdict::found, keep};
    if (begin == 0) return {tail_verdict::not_a_log};
    keep = begin;
  }
}

/// Writes all bytes.
template <class FileSystem>
result<void> write_fully(FileSystem& fs, int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const std::ptrdiff_t done = uninterrupted([&] { return fs.write(fd, bytes.data(), bytes.size()); });
    if (done < 0) return system_error(errno, "write", path);
    if (done == 0) return error(errc::io, "cannot write \"" + path + "\": nothing is taken");
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

/// Fills `bytes` from `offset` on.
template <class FileSystem>
result<void> read_fully(FileSystem& fs, int fd, std::string& bytes, std::uint64_t offset, const std::string& path) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    const std::ptrdiff_t got =
        uninterrupted([&] { return fs.read_at(fd, bytes.data() + have, bytes.size() - have, offset + have); });
    if (got < 0) return system_error(errno, "read", path);
    if (got == 0) return error(errc::truncated, "cannot read \"" + path + "\": it ends before its size");
    have += static_cast<std::size_t>(got);
  }
  return {};
}

/// Appends the torn bytes to `<path>.torn`, durably, before the file is cut.
template <class FileSystem>
result<void> keep_torn(FileSystem& fs, const std::string& path, std::string_view torn) {
  const std::string aside = path + ".torn";
  const int fd =
      uninterrupted([&] { return fs.open(aside.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644U); });
  if (fd < 0) return system_error(errno, "keep a torn end in", aside);
  result<void> done = write_fully(fs, fd, torn, aside);
  if (done) done = write_fully(fs, fd, "\n", aside);
  if (done && uninterrupted([&] { return fs.sync_data(fd); }) != 0) done = system_error(errno, "sync", aside);
  fs.close(fd);
  return done;
}

/// Makes the file end in a whole, valid line, or leaves it untouched and returns why it cannot. It reads the last 64
/// KiB, and up to `max_tail` if they hold no valid line.
template <class Format, class FileSystem>
result<tail_repair> repair_tail(FileSystem& fs, int fd, const std::string& path) {
  const std::int64_t known = fs.regular_size(fd);
  if (known < 0) {
    return errno == EINVAL ? error(errc::invalid_argument, "cannot append to \"" + path + "\": no regular file")
                           : system_error(errno, "read the size of", path);
  }
  const auto size = static_cast<std::uint64_t>(known);
  std::string tail;
  for (std::uint64_t window = std::uint64_t{1} << 16;; window *= 4) {
    if (window > size) window = size;
    tail.resize(static_cast<std::size_t>(window));
    if (result<void> got = read_fully(fs, fd, tail, size - window, path); !got) return std::move(got).error();
    const tail_end end = find_tail_end<Format>(tail, window == size);
    if (end.verdict == tail_verdict::need_more && window < max_tail) continue;
    if (end.verdict != tail_verdict::found)
      return error(errc::corrupt, "cannot append to \"" + path + "\": no line of such a log in its last " +
                                      std::to_string(window) + " bytes; it is left as it is");
    const tail_repair repair{size - window + end.keep, window - end.keep};
    if (repair) {
      if (result<void> kept = keep_torn(fs, path, std::string_view(tail).substr(end.keep)); !kept)
        return std::move(kept).error();
      if (uninterrupted([&] { return fs.truncate(fd, repair.offset); }) != 0)
        return system_error(errno, "cut the torn end off", path);
      if (uninterrupted([&] { return fs.sync_data(fd); }) != 0) return system_error(errno, "sync", path);
    }
    return repair;
  }
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_TORN_TAIL_HPP
