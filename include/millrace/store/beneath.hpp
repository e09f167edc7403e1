#ifndef MILLRACE_STORE_BENEATH_HPP
#define MILLRACE_STORE_BENEATH_HPP

#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/fwd.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// The length that means: up to the end of the file.
inline constexpr std::uint64_t whole_file = ~std::uint64_t{0};

namespace detail {

/// Where a file stands below a folder of ours: the folder, open, that its last part is in.
struct place_beneath {
  file folder;
  std::string name;  // the path's last part
  std::string path;  // with that of the folder of ours, for errors
};

/// Finds it, and makes the folders that are missing where that is wanted, durably if `syncs`. No part of the path is
/// followed through a link, whatever others do meanwhile.
inline result<place_beneath> find_beneath(const std::string& folder, std::string_view path, std::string_view action,
                                          bool makes_folders, bool syncs = true) {
  place_beneath found;
  found.path = folder + (folder.empty() || folder.back() == '/' ? "" : "/") + std::string(path);
  const auto refused = [&](const char* why) {
    return error(errc::permission_denied, "cannot " + std::string(action) + " \"" + found.path + "\": " + why);
  };
  auto at = file::open(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
  if (!at) return std::move(at).error();
  found.folder = *std::move(at);
  if (path.find('\0') != std::string_view::npos) return refused("its path has a zero byte");
  for (std::string_view rest = path;;) {
    const std::size_t slash = rest.find('/');
    found.name = rest.substr(0, slash);
    if (found.name == ".." || found.name.empty()) return refused("its path leads out of the folder");
    if (slash == std::string_view::npos) return found;
    const int parent = found.folder.descriptor();
    const auto enter = [&] {
      return ::openat(parent, found.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_DIRECTORY);
    };
    int next = uninterrupted(enter);
    if (next < 0 && errno == ENOENT && makes_folders) {
      if (::mkdirat(parent, found.name.c_str(), 0777) != 0 && errno != EEXIST)
        return system_error(errno, action, found.path);
      if (syncs)
        if (auto done = sync_folder(found.folder, found.path); !done) return std::move(done).error();
      next = uninterrupted(enter);
    }
    if (next < 0 && (errno == ELOOP || errno == ENOTDIR)) return refused("its path leads through a link or a file");
    if (next < 0) return system_error(errno, action, found.path);
    found.folder = file(next, found.path);
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace detail

/// Opens for reading a regular file whose path somebody else chose, such as a model's, below a folder of ours.
/// Guarantee: an absolute path, one with `..` or an empty part, and one that leads through a symbolic link below the
/// folder are refused; the check holds while the file is opened, whatever others do to the folder meanwhile.
/// Errors: permission_denied for such a path, invalid_argument for what is no regular file, and those of the system.
inline result<file> open_beneath(const std::string& folder, std::string_view path) {
  auto found = detail::find_beneath(folder, path, "open", false);
  if (!found) return std::move(found).error();
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const int descriptor = detail::uninterrupted([&] {
    return ::openat(found->folder.descriptor(), found->name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  });
  if (descriptor < 0 && errno == ELOOP)
    return error(errc::permission_denied,
                 "cannot open \"" + found->path + "\": its path leads through a link or a file");
  if (descriptor < 0) return system_error(errno, "open", found->path);
  file opened(descriptor, std::move(found->path));
  struct stat facts{};
  if (::fstat(descriptor, &facts) != 0) return system_error(errno, "examine", opened.path());
  if (!S_ISREG(facts.st_mode))
    return error(errc::invalid_argument, "cannot read \"" + opened.path() + "\": no regular file");
  return opened;
}

/// Reads `length` bytes from `offset` of a file that `open_beneath` opens.
/// Errors: those of `open_beneath`; truncated if the file is shorter. Nothing is allocated before the file's size is
/// known.
inline result<std::vector<std::byte>> read_beneath(const std::string& folder, std::string_view path,
                                                   std::uint64_t offset = 0, std::uint64_t length = whole_file) {
  auto opened = open_beneath(folder, path);
  if (!opened) return std::move(opened).error();
  const auto size = opened->size();
  if (!size) return size.error();
  if (length == whole_file && offset <= *size) length = *size - offset;
  if (offset > *size || length > *size - offset)
    return error(errc::truncated, "cannot read \"" + opened->path() + "\": it has " + std::to_string(*size) +
                                      " bytes, fewer than are asked for");
  std::vector<std::byte> bytes(static_cast<std::size_t>(length));
  const auto got = opened->read_at(offset, reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (!got) return got.error();
  if (*got != bytes.size()) return error(errc::truncated, "cannot read \"" + opened->path() + "\": it became shorter");
  return bytes;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_BENEATH_HPP
