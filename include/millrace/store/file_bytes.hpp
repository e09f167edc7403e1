#ifndef MILLRACE_STORE_FILE_BYTES_HPP
#define MILLRACE_STORE_FILE_BYTES_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/detail/mapping.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// How a whole file comes into memory.
enum class file_access : std::uint8_t {
  /// Its bytes are copied: what happens to the file afterwards does not matter.
  read,
  /// Its pages are mapped and not copied, which spares a large file's time and memory. Only for files that nobody
  /// shortens or writes to while they are in use, such as those that are replaced as a whole (`write_file`): the system
  /// ends a process that touches a page behind the new end (SIGBUS), and shows it what is written. On a network's file
  /// system a lost connection does the same.
  map,
};

/// A whole file in memory, read or mapped.
///
///     auto content = mr::store::file_bytes::open("model.onnx", mr::store::file_access::map);
///     auto graph = mr::model::read_onnx(content->bytes());
///
/// Allocates: the bytes, where they are read; nothing of their size where they are mapped.
/// Threads: const calls from any number.
class file_bytes {
 public:
  /// What has no size or cannot be mapped, such as a pipe or a file in /proc or /sys, is read in any case. The path is
  /// opened once, so that a pipe's writer finds one reader.
  /// Errors: those of `read_file`, with the path.
  static result<file_bytes> open(std::string path, file_access how = file_access::read) {
    const auto opened = file::open(std::move(path), O_RDONLY);
    if (!opened) return opened.error();
    file_bytes made;
    if (how == file_access::map) {
      const auto size = opened->size();
      if (!size) return size.error();
      if (*size > 0) {
        made.mapped_ = detail::mapping(opened->descriptor(), static_cast<std::size_t>(*size));
        if (made.mapped_.data() != nullptr) return made;
        if (errno == ENOMEM) return detail::too_large("map", opened->path(), *size);
        if (errno != ENODEV) return system_error(errno, "map", opened->path());
      }
    }
    auto bytes = detail::read_rest<std::vector<std::byte>>(*opened);
    if (!bytes) return std::move(bytes).error();
    made.read_ = *std::move(bytes);
    return made;
  }

  std::span<const std::byte> bytes() const noexcept {
    return mapped_.data() != nullptr ? std::span(mapped_.data(), mapped_.size()) : std::span(read_);
  }

 private:
  file_bytes() = default;

  std::vector<std::byte> read_;
  detail::mapping mapped_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FILE_BYTES_HPP
