#ifndef MILLRACE_STORE_DETAIL_FOLDER_NAMES_HPP
#define MILLRACE_STORE_DETAIL_FOLDER_NAMES_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/storage.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The names in a folder that can be parts of keys, in the order of the keys below them: a folder's ends with a slash.
/// Links and what is no regular file are left out. Calls `other(name)` with the names that can be no part of a key.
template <class Other>
result<std::vector<std::string>> folder_names(const file& folder, const Other& other) {
  // A descriptor of its own, because the stream closes its descriptor.
  const int own = uninterrupted([&] { return ::openat(folder.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  struct stream {
    DIR* handle;
    ~stream() {
      if (handle != nullptr) ::closedir(handle);
    }
  } entries{own < 0 ? nullptr : ::fdopendir(own)};
  if (entries.handle == nullptr) {
    const int why = errno;
    if (own >= 0) ::close(own);
    return system_error(why, "list", folder.path());
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const each = ::readdir(entries.handle);
    if (each == nullptr) break;
    if (fault_of_key_part(each->d_name) != nullptr) {
      other(each->d_name);
      continue;
    }
    bool is_folder = each->d_type == DT_DIR;
    if (each->d_type == DT_UNKNOWN) {
      struct stat facts{};
      if (::fstatat(folder.descriptor(), each->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone again
      is_folder = S_ISDIR(facts.st_mode);
    } else if (!is_folder && each->d_type != DT_REG) {
      continue;
    }
    names.push_back(std::string(each->d_name) + (is_folder ? "/" : ""));
  }
  if (errno != 0) return system_error(errno, "list", folder.path());
  millrace::detail::sort_by(names, [](const std::string& a, const std::string& b) { return a < b; });
  return names;
}

/// Opens a folder in a folder. One that is gone, or became something else, is a file that is not open.
inline result<file> folder_in(const file& folder, const std::string& name) {
  const int next = uninterrupted(
      [&] { return ::openat(folder.descriptor(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); });
  if (next < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)) return file();
  if (next < 0) return system_error(errno, "list", folder.path() + "/" + name);
  return file(next, folder.path() + "/" + name);
}

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_FOLDER_NAMES_HPP
