#ifndef MILLRACE_STORE_FOLDER_STORAGE_HPP
#define MILLRACE_STORE_FOLDER_STORAGE_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/atomic_file.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/detail/disk_room.hpp>
#include <millrace/store/detail/folder_names.hpp>
#include <millrace/store/detail/known_place.hpp>
#include <millrace/store/file_system.hpp>
#include <millrace/store/storage.hpp>

#include <fcntl.h>
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
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// What a folder has to be, and how much room stays free beside it.
struct folder_storage_options {
  /// Whether `open` refuses a folder that is not there, such as one on a disk that is not mounted. Otherwise it makes
  /// it, as an audit trail does, in a folder that is there.
  bool must_exist = false;
  /// A write is refused with errc::no_space when the disk would have less than so many bytes left. Removals are not.
  std::uint64_t keep_free = 8 << 20;
};

/// A storage in a folder: each object is the file at the folder's path and its key.
///
///     auto models = mr::store::folder_storage::open("/var/lib/models");    // made where there is none
///
/// A write goes to a temporary file first and is synced and renamed, as by `atomic_file`: it is durable once it has
/// returned, and so is a removal. Folders are made as they are needed and stay when they are empty; an object cannot
/// stand where a folder of other objects does (`a` beside `a/b`), and nothing is at the key `a` of such a folder. No
/// symbolic link below the folder is followed, read, replaced or listed, and no file whose path is no key is listed.
/// Models: storage, creates_objects; there are no versions and no transactions. Complexity: a list reads all folders on
/// the way to what it lists. Threads: any number, and any number of processes. Errors: those of the system, with the
/// path.
class folder_storage {
 public:
  /// Errors: not_found if there is no such folder and it has to exist; those of the system.
  static result<folder_storage> open(const std::string& folder, const folder_storage_options& options = {}) {
    auto opened = file::open(folder, O_RDONLY | O_DIRECTORY);
    bool is_new = false;
    if (!opened && opened.error().code() == errc::not_found && !options.must_exist) {
      is_new = ::mkdir(folder.c_str(), 0777) == 0;
      if (!is_new && errno != EEXIST) return system_error(errno, "make the folder", folder);
      opened = file::open(folder, O_RDONLY | O_DIRECTORY);
    }
    if (!opened) return std::move(opened).error();
    char* const resolved = ::realpath(folder.c_str(), nullptr);  // so that a change of the working folder is no matter
    if (resolved == nullptr) return system_error(errno, "open", folder);
    folder_storage made(resolved, options);
    std::free(resolved);
    if (is_new && posix_file_system().sync_directory_of(made.folder_.c_str()) != 0 && errno != EINVAL)
      return system_error(errno, "sync the folder of", folder);
    return made;
  }

  const std::string& folder() const noexcept { return folder_; }

  result<std::vector<std::byte>> read(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    auto opened = open_beneath(folder_, key);
    if (!opened) return absent_or(std::move(opened).error(), key);
    return detail::read_rest<std::vector<std::byte>>(*opened);
  }
  result<storage_entry> examine(std::string_view key) const {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    const auto opened = open_beneath(folder_, key);
    if (!opened) return absent_or(opened.error(), key);
    const auto size = opened->size();
    if (!size) return size.error();
    return storage_entry{std::string(key), *size, {}};
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    if (auto fine = detail::check_disk_room(folder_, keep_free_, bytes.size(), key); !fine) return fine;
    auto made = atomic_file::create_beneath(folder_, key);
    if (!made) return detail::unless_gone(std::move(made).error(), folder_);
    if (auto done = made->write(bytes); !done) return done;
    return made->commit();
  }
  /// Of all threads and processes that create one key, one succeeds, on a network file system, too.
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    if (const auto found = exists(*this, key); !found || *found)
      return found ? result<void>(detail::object_exists(key)) : found.error();
    if (auto fine = detail::check_disk_room(folder_, keep_free_, bytes.size(), key); !fine) return fine;
    auto made = atomic_file::create_beneath(folder_, key);
    if (!made) return detail::unless_gone(std::move(made).error(), folder_);
    if (auto done = made->write(bytes); !done) return done;
    auto done = made->commit_new();
    if (!done && done.error().code() == errc::already_exists) return detail::object_exists(key);
    return done;
  }
  result<void> remove(std::string_view key) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    const auto found = detail::find_beneath(folder_, key, "remove", false);
    if (!found) {
      error failure = detail::unless_gone(found.error(), folder_);
      return is_absence(failure, key) ? result<void>() : std::move(failure);
    }
    struct stat facts{};
    const int folder = found->folder.descriptor();
    if (::fstatat(folder, found->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
      return errno == ENOENT ? result<void>() : system_error(errno, "remove", found->path);
    if (S_ISDIR(facts.st_mode)) return {};  // of other objects
    if (!S_ISREG(facts.st_mode))
      return error(errc::invalid_argument, "cannot remove \"" + found->path + "\": it is not a regular file");
    if (::unlinkat(folder, found->name.c_str(), 0) != 0 && errno != ENOENT)
      return system_error(errno, "remove", found->path);
    return detail::sync_folder(found->folder, found->path);
  }

  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    auto root = file::open(folder_, O_RDONLY | O_DIRECTORY);
    if (!root) return detail::unless_gone(std::move(root).error(), folder_);
    listing all{prefix, after, limit, {}};
    if (auto done = walk(*root, {}, all); !done) return std::move(done).error();
    return std::move(all.found);
  }

 private:
  folder_storage(std::string folder, const folder_storage_options& options)
      : folder_(std::move(folder)), keep_free_(options.keep_free) {}

  struct listing {
    std::string_view prefix;
    std::string_view after;
    std::size_t limit;
    std::vector<storage_entry> found;

    /// Whether a key below a folder, whose path has a slash at its end, may be listed.
    bool may_be_below(std::string_view path) const noexcept {
      const std::size_t common = path.size() < prefix.size() ? path.size() : prefix.size();
      if (path.substr(0, common) != prefix.substr(0, common)) return false;
      return after < path || after.substr(0, path.size()) == path;
    }
    bool wants(std::string_view key) const noexcept { return key.substr(0, prefix.size()) == prefix && key > after; }
  };

  error absent_or(error failure, std::string_view key) const {
    failure = detail::unless_gone(std::move(failure), folder_);
    return is_absence(failure, key) ? detail::no_such_object(key) : std::move(failure);
  }
  /// Whether a key could not be opened because nothing is there: not even if it is a folder of other objects, or below
  /// another object.
  bool is_absence(const error& failure, std::string_view key) const {
    if (failure.code() == errc::not_found) return true;
    if (failure.code() != errc::invalid_argument && failure.code() != errc::permission_denied) return false;
    for (std::size_t slash = key.find('/');; slash = key.find('/', slash + 1)) {
      const std::string path = folder_ + "/" + std::string(key.substr(0, slash));
      struct stat facts{};
      if (::lstat(path.c_str(), &facts) != 0) return errno == ENOENT;
      if (slash == std::string_view::npos) return S_ISDIR(facts.st_mode);
      if (!S_ISDIR(facts.st_mode)) return S_ISREG(facts.st_mode);
    }
  }

  static result<void> walk(const file& folder, const std::string& path, listing& all) {
    const auto names = detail::folder_names(folder, [](const char*) {});
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (all.found.size() >= all.limit) return {};
      const std::string key = path + name;
      const bool is_folder = key.back() == '/';
      if (key.size() > max_storage_key || (is_folder ? !all.may_be_below(key) : !all.wants(key))) continue;
      if (is_folder) {
        const std::string base = name.substr(0, name.size() - 1);
        const auto next = detail::folder_in(folder, base);
        if (!next) return next.error();
        if (!next->is_open()) continue;  // changed meanwhile
        if (auto done = walk(*next, key, all); !done) return done;
      } else {
        struct stat facts{};
        if (::fstatat(folder.descriptor(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(facts.st_mode))
          continue;  // changed meanwhile
        all.found.push_back({key, static_cast<std::uint64_t>(facts.st_size), {}});
      }
    }
    return {};
  }

  std::string folder_;
  std::uint64_t keep_free_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_FOLDER_STORAGE_HPP
