#ifndef MILLRACE_STORE_ATOMIC_FILE_HPP
#define MILLRACE_STORE_ATOMIC_FILE_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/file.hpp>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

/// Replaces a file as a whole.
///
/// The bytes go to a temporary file in the same folder; `commit()` syncs it, renames it over the target and syncs the
/// folder. Without a commit the destructor removes it. A killed process may leave a temporary file (`.millrace-<16 hex
/// digits>.tmp`) behind. The new file gets the permission bits of the old one, or 0666 less the umask if there was
/// none. A target that the caller may not write is refused. If the path is a symbolic link to a file, the link stays
/// and the file is replaced.
/// Guarantee: whenever the process or the machine stops, the path holds either the old content or all of the new one.
/// If two writers replace one path, their contents do not mix, and the last commit wins.
/// Threads: one at a time.
/// Fork: the child's copy refuses to write and to commit, and leaves the parent's temporary file alone.
/// Moved from, it has no path and no file: it refuses to write and to commit.
class atomic_file {
 public:
  atomic_file(atomic_file&& other) noexcept
      : target_(std::exchange(other.target_, {})),
        base_(std::exchange(other.base_, {})),
        temporary_(std::exchange(other.temporary_, {})),
        folder_(std::move(other.folder_)),
        file_(std::move(other.file_)),
        owner_(other.owner_) {}
  atomic_file& operator=(atomic_file&& other) noexcept {
    if (this != &other) {
      discard();
      target_ = std::exchange(other.target_, {});
      base_ = std::exchange(other.base_, {});
      temporary_ = std::exchange(other.temporary_, {});
      folder_ = std::move(other.folder_);
      file_ = std::move(other.file_);
      owner_ = other.owner_;
    }
    return *this;
  }
  ~atomic_file() { discard(); }

  /// Makes the temporary file for the target `path`.
  /// Errors: the folder does not exist or is not writable; the target exists and is no regular file, or may not be
  /// written.
  static result<atomic_file> create(std::string path) {
    atomic_file made;
    made.target_ = std::move(path);
    if (made.target_.empty() || made.target_.find('\0') != std::string::npos)
      return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": not a path");

    result<replaced_file> before = file_at(made.target_);
    if (!before) return std::move(before).error();
    const std::string& real = before->path;

    const std::size_t slash = real.rfind('/');
    made.base_ = slash == std::string::npos ? real : real.substr(slash + 1);
    if (made.base_.empty() || made.base_ == "." || made.base_ == "..")
      return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": it names a folder");
    auto folder = file::open(slash == std::string::npos ? "." : real.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
    if (!folder) return std::move(folder).error().wrap("cannot write \"" + made.target_ + "\"");
    made.folder_ = std::move(*folder);
    if (auto begun = made.begin(*before); !begun) return std::move(begun).error();
    return made;
  }

  /// Makes the temporary file for a target whose path somebody else chose, below a folder of ours, and the folders on
  /// the way that are missing.
  /// Errors: those of `open_beneath` and `create`. A target that is a symbolic link is refused.
  static result<atomic_file> create_beneath(const std::string& folder, std::string_view path) {
    auto found = detail::find_beneath(folder, path, "write", true);
    if (!found) return std::move(found).error();
    atomic_file made;
    made.target_ = std::move(found->path);
    made.base_ = std::move(found->name);
    made.folder_ = std::move(found->folder);
    if (made.base_ == ".")
      return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": it names a folder");
    replaced_file before;
    struct stat facts{};
    if (::fstatat(made.folder_.descriptor(), made.base_.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0) {
      if (!S_ISREG(facts.st_mode))
        return error(errc::invalid_argument, "cannot write \"" + made.target_ + "\": it is not a regular file");
      if (::faccessat(made.folder_.descriptor(), made.base_.c_str(), W_OK, AT_EACCESS) != 0)
        return system_error(errno, "write", made.target_);
      before.exists = true;
      before.permissions = facts.st_mode & 0777U;
    } else if (errno != ENOENT) {
      return system_error(errno, "write", made.target_);
    }
    if (auto begun = made.begin(before); !begun) return std::move(begun).error();
    return made;
  }

  /// The path that `commit` gives the content.
  const std::string& path() const noexcept { return target_; }

  /// Appends to the new content.
  result<void> write(std::string_view bytes) {
    if (is_forked_copy()) return forked_error();
    return file_.write(bytes);
  }
  result<void> write(std::span<const std::byte> bytes) {
    return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  /// Replaces the target by what was written, durably. Call it once at most. After an error the target is as it was,
  /// except if the error is `cannot sync the folder of the written file`: then it is replaced, but the old content may
  /// come back after a power cut.
  result<void> commit() {
    if (auto done = end_writing(); !done) return done;
    const int folder = folder_.descriptor();
    if (::renameat(folder, temporary_.c_str(), folder, base_.c_str()) != 0)
      return system_error(errno, "put in place", target_);
    temporary_.clear();
    return detail::sync_folder(folder_, target_);
  }
  /// The same where nothing is at the path; whoever puts something there meanwhile, nothing is replaced.
  /// Errors: already_exists; those of `commit`.
  result<void> commit_new() {
    if (auto done = end_writing(); !done) return done;
    const int folder = folder_.descriptor();
    if (::linkat(folder, temporary_.c_str(), folder, base_.c_str(), 0) != 0)
      return system_error(errno, "put in place", target_);
    discard();  // the other name
    return detail::sync_folder(folder_, target_);
  }

 private:
  atomic_file() noexcept = default;

  result<void> end_writing() {
    if (temporary_.empty()) return error(errc::closed, "cannot write \"" + target_ + "\": it is committed already");
    if (is_forked_copy()) return forked_error();
    if (auto done = file_.sync(); !done) return done;
    return file_.close();
  }

  /// The file to replace: what is at the path or, if that is a symbolic link, the file it leads to.
  struct replaced_file {
    std::string path{};
    bool exists = false;
    mode_t permissions = 0;
  };
  static result<replaced_file> file_at(const std::string& target) {
    replaced_file found{target};
    struct stat facts{};
    if (::stat(target.c_str(), &facts) != 0) {
      if (errno != ENOENT) return system_error(errno, "write", target);
      return found;
    }
    if (!S_ISREG(facts.st_mode))
      return error(errc::invalid_argument, "cannot write \"" + target + "\": it is not a regular file");
    // A rename needs permission for the folder only; a file that may not be written is not replaced either.
    if (::faccessat(AT_FDCWD, target.c_str(), W_OK, AT_EACCESS) != 0) return system_error(errno, "write", target);
    if (char* resolved = ::realpath(target.c_str(), nullptr)) {
      found.path = resolved;
      std::free(resolved);
    }
    found.exists = true;
    found.permissions = facts.st_mode & 0777U;
    return found;
  }

  /// Makes the temporary file in folder_.
  result<void> begin(const replaced_file& before) {
    int descriptor = -1;
    std::string name;
    do {
      name = temporary_name();
      descriptor = ::openat(folder_.descriptor(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && (errno == EINTR || errno == EEXIST));
    if (descriptor < 0) return system_error(errno, "write", target_);
    temporary_ = std::move(name);
    file_ = file(descriptor, target_);
    if (before.exists && ::fchmod(descriptor, before.permissions) != 0)
      return system_error(errno, "set the permissions of", target_);
    return {};
  }
  static std::string temporary_name() {
    static constexpr char hex[] = "0123456789abcdef";
    std::string name = ".millrace-";
    std::uint64_t bits = entropy_seed();
    for (int i = 0; i < 16; ++i, bits >>= 4) name += hex[bits & 15U];
    name += ".tmp";
    return name;
  }
  bool is_forked_copy() const noexcept { return ::getpid() != owner_; }
  error forked_error() const {
    return error(errc::unavailable,
                 "cannot write \"" + target_ + "\": this is a forked copy; create the file after fork()");
  }
  void discard() noexcept {
    if (!temporary_.empty() && !is_forked_copy()) ::unlinkat(folder_.descriptor(), temporary_.c_str(), 0);
    temporary_.clear();
  }

  std::string target_;     // as the caller named it
  std::string base_;       // the file's own name within folder_
  std::string temporary_;  // beside it; empty once committed or moved from
  file folder_;            // held open, so that a change of the working directory does not matter
  file file_;
  pid_t owner_ = ::getpid();
};

/// Replaces a file's content, durably, by a text or by bytes such as `save` makes, or leaves the file as it was.
/// Errors: those of `atomic_file`.
inline result<void> write_file(std::string path, std::string_view content) {
  auto made = atomic_file::create(std::move(path));
  if (!made) return std::move(made).error();
  if (auto done = made->write(content); !done) return done;
  return made->commit();
}
inline result<void> write_file(std::string path, std::span<const std::byte> content) {
  return write_file(std::move(path), std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_ATOMIC_FILE_HPP
