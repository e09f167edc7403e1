#ifndef MILLRACE_STORE_DETAIL_KNOWN_PLACE_HPP
#define MILLRACE_STORE_DETAIL_KNOWN_PLACE_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/file.hpp>

#include <sys/stat.h>
#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// An error about a file or folder that is not at its path any more. Its code is none that an absent object has: who
/// asks for an object would take the storage for an empty one.
inline error moved_place(std::string_view path, std::string_view what) {
  std::string text = "cannot use \"";
  text += path;
  text += "\": ";
  text += what;
  return error(errc::io, std::move(text));
}
/// As `failure`, but where that says that nothing is there since the whole storage is gone.
inline error unless_gone(error failure, const std::string& path) {
  struct stat facts{};
  if (failure.code() != errc::not_found || ::stat(path.c_str(), &facts) == 0) return failure;
  return moved_place(path, "it was deleted or renamed while it was open");
}

/// Which file or folder was opened at a path.
class known_place {
 public:
  known_place() noexcept = default;
  explicit known_place(const struct stat& facts) noexcept : device_(facts.st_dev), inode_(facts.st_ino) {}

  /// Whether it is still there. Errors: io, with the path.
  result<void> confirm(const std::string& path) const {
    struct stat facts{};
    if (::stat(path.c_str(), &facts) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return moved_place(path, "it was deleted or renamed while it was open");
      return system_error(errno, "use", path);
    }
    if (facts.st_dev == device_ && facts.st_ino == inode_) return {};
    return moved_place(path, "another one is there by now");
  }

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_KNOWN_PLACE_HPP
