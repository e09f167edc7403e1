#ifndef MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_FILES_HPP
#define MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_FILES_HPP

#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/core/detail/sort.hpp>
#include <millrace/core/detail/uninterrupted.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/crc32c.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/beneath.hpp>
#include <millrace/store/detail/folder_names.hpp>
#include <millrace/store/detail/object_tree.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/documents/detail/document_index.hpp>
#include <millrace/store/documents/path_rule.hpp>
#include <millrace/store/file.hpp>
#include <millrace/store/file_system.hpp>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {

/// The calls by which a `document_folder` changes a disk. POSIX calls: they return -1 and set errno on failure.
template <class F>
concept folder_file_system = std::movable<F> && requires(F& fs, int fd, const char* name, const void* from,
                                                         std::size_t size, std::uint64_t offset) {
  { fs.create_at(fd, name) } noexcept -> std::same_as<int>;
  { fs.write_at(fd, from, size, offset) } noexcept -> std::same_as<std::ptrdiff_t>;
  { fs.truncate(fd, offset) } noexcept -> std::same_as<int>;
  { fs.rename_at(fd, name, name) } noexcept -> std::same_as<int>;
  { fs.remove_at(fd, name) } noexcept -> std::same_as<int>;
  { fs.sync_data(fd) } noexcept -> std::same_as<int>;
  { fs.sync_folder(fd) } noexcept -> std::same_as<int>;
  { fs.sync_all(fd) } noexcept -> std::same_as<int>;
};

/// Those of the machine.
struct posix_folder_file_system : posix_file_system {
  int create_at(int folder, const char* name) noexcept {
    return ::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  }
  int rename_at(int folder, const char* from, const char* to) noexcept { return ::renameat(folder, from, folder, to); }
  int remove_at(int folder, const char* name) noexcept { return ::unlinkat(folder, name, 0); }
  int sync_folder(int folder) noexcept { return ::fsync(folder); }
  /// Makes all that was written to the disk of this file durable.
  int sync_all(int fd) noexcept { return ::syncfs(fd); }
};

namespace detail {

inline constexpr std::string_view document_index_name = "index.parquet";
inline constexpr std::string_view document_entries_name = "entries.jsonl";
/// The most bytes of an object that has no file of its own, unless its key ends with `.json` or a rule names it.
inline constexpr std::size_t most_entry_bytes = 64;

/// Whether a sorted list has a key.
inline bool has_key(std::span<const std::string> sorted, std::string_view key) noexcept {
  std::size_t low = 0;
  for (std::size_t high = sorted.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (sorted[middle] < key)
      low = middle + 1;
    else
      high = middle;
  }
  return low < sorted.size() && sorted[low] == key;
}
inline void sort_unique(std::vector<std::string>& keys) {
  millrace::detail::sort_by(keys, [](const std::string& a, const std::string& b) { return a < b; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (kept == 0 || keys[kept - 1] != keys[i]) {
      if (kept != i) keys[kept] = std::move(keys[i]);
      ++kept;
    }
  keys.resize(kept);
}
inline std::string_view folder_of_path(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
}

/// An object without a file of its own, as a line of `entries.jsonl`.
struct document_entry {
  std::string key;
  std::uint64_t version = 0;
  std::string bytes;  // hexadecimal
  std::uint32_t crc32c = 0;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("key", self.key)("version", self.version)("bytes", self.bytes)("crc32c", self.crc32c);
  }
};

/// How many objects there are, and the sum of the checksums of their keys.
struct object_census {
  std::uint64_t objects = 0;
  std::uint64_t names = 0;

  void update(std::string_view key) noexcept {
    ++objects;
    const auto bytes = std::as_bytes(std::span(key));
    names += crc32c(bytes.data(), bytes.size());
  }
  friend bool operator==(const object_census&, const object_census&) = default;
};

/// The files of a folder of documents: objects, indexes and entries. What is not synced by itself is durable behind
/// `sync_all`.
template <class FileSystem>
class document_files {
 public:
  document_files(FileSystem& fs, std::string folder, std::span<const path_rule> rules)
      : fs_(&fs), folder_(std::move(folder)), paths_(rules) {}

  const std::string& folder() const noexcept { return folder_; }
  std::string path_of(const object_tree::object& one) const {
    std::string path = paths_.path_of(one.key);
    if (one.bytes.size() <= most_entry_bytes && !path.ends_with(".json")) path.clear();
    return path;
  }

  /// Makes an object's file what the object is, or removes it where there is none.
  result<void> put(const std::string& key, const object_tree::object* one) {
    const std::string path = paths_.path_of(key);
    if (path.empty()) return {};
    if (one == nullptr || path_of(*one).empty()) return remove(path);
    return write(path, one->bytes);
  }
  /// Replaces a file, unless it has these bytes. `syncs`: so that a crash leaves the old one or the new one.
  result<void> write(const std::string& path, std::span<const std::byte> bytes, bool syncs = false) {
    if (const auto there = read_beneath(folder_, path); there && are_same(*there, bytes)) return {};
    const auto found = find_beneath(folder_, path, "write", true, false);
    if (!found) return found.error();
    return write_in(found->folder, found->name, bytes, found->path, syncs);
  }
  result<void> write_in(const file& folder, const std::string& name, std::span<const std::byte> bytes,
                        const std::string& path, bool syncs) {
    const int at = folder.descriptor();
    const std::string temporary = ".millrace-" + number_key_part(std::uint64_t{entropy_seed()}) + ".tmp";
    const int descriptor = uninterrupted([&] { return fs_->create_at(at, temporary.c_str()); });
    if (descriptor < 0) return system_error(errno, "write", path);
    const file made(descriptor, path);
    auto done = write_at(made, 0, bytes);
    if (done && syncs && fs_->sync_data(descriptor) != 0) done = system_error(errno, "sync", path);
    if (done && fs_->rename_at(at, temporary.c_str(), name.c_str()) != 0) done = system_error(errno, "write", path);
    if (!done) (void)fs_->remove_at(at, temporary.c_str());
    return done;
  }
  result<void> write_at(const file& to, std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const std::ptrdiff_t got =
          uninterrupted([&] { return fs_->write_at(to.descriptor(), bytes.data(), bytes.size(), offset); });
      if (got < 0) return system_error(errno, "write", to.path());
      bytes = bytes.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }
  result<void> remove(const std::string& path) {
    const auto found = find_beneath(folder_, path, "remove", false);
    if (!found) return found.error().code() == errc::not_found ? result<void>() : found.error();
    if (fs_->remove_at(found->folder.descriptor(), found->name.c_str()) != 0 && errno != ENOENT)
      return system_error(errno, "remove", found->path);
    return {};
  }

  /// Writes the indexes of the folders that these keys have files in, and the entries, if some key has none.
  result<void> write_indexes(const object_tree& objects, std::span<const std::string> keys) {
    std::vector<std::string> folders;
    bool writes_entries = false;
    for (const std::string& each : keys) {
      const std::string path = paths_.path_of(each);
      if (!path.ends_with(".json")) writes_entries = true;
      if (!path.empty()) folders.emplace_back(folder_of_path(path));
    }
    sort_unique(folders);
    // The objects of all those folders, in the order of their keys, each with its folder's number.
    std::vector<std::vector<const object_tree::object*>> rows(folders.size());
    std::string entries;
    objects.forward([](std::string_view) { return false; },
                    [&](const object_tree::object& each) {
                      const std::string path = path_of(each);
                      if (path.empty())
                        append_entry(entries, each);
                      else if (const std::string of(folder_of_path(path)); has_key(folders, of))
                        rows[place_of(folders, of)].push_back(&each);
                      return true;
                    });
    for (std::size_t i = 0; i < folders.size(); ++i) {
      const std::string path = folders[i] + std::string(document_index_name);
      if (rows[i].empty()) {
        if (auto done = remove(path); !done) return done;
        continue;
      }
      const auto bytes = write_document_index(rows[i]);
      if (!bytes) return error(bytes.error()).wrap("cannot write \"" + folder_ + '/' + path + '"');
      if (auto done = write(path, *bytes, true); !done) return done;
    }
    if (!writes_entries) return {};
    if (entries.empty()) return remove(std::string(document_entries_name));
    return write(std::string(document_entries_name), std::as_bytes(std::span(entries)), true);
  }

  /// Reads all objects but those whose keys are in `changed`. `trusts_files`: whatever the indexes say. A temporary
  /// file that a killed writer has left is removed.
  result<object_tree> load(std::span<const std::string> changed, bool trusts_files, object_census& census,
                           random_engine& versions) {
    loader all{*this, changed, trusts_files, census, versions, {}, entropy_seed()};
    const auto root = file::open(folder_, O_RDONLY | O_DIRECTORY);
    if (!root) return root.error();
    if (auto done = all.load_folder(*root, {}); !done) return std::move(done).error();
    return std::move(all.objects);
  }
  /// A place in a tree for an object.
  static object_tree::loose_node made(std::string_view key, std::span<const std::byte> bytes, std::uint64_t seed) {
    return object_tree::make(key, bytes, seeded_hash(key, seed));
  }

 private:
  static bool are_same(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
    return a.size() == b.size() && (a.empty() || __builtin_memcmp(a.data(), b.data(), a.size()) == 0);
  }
  static std::size_t place_of(const std::vector<std::string>& sorted, std::string_view of) noexcept {
    std::size_t low = 0;
    for (std::size_t high = sorted.size(); low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (sorted[middle].compare(of) < 0)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  static void append_entry(std::string& to, const object_tree::object& one) {
    document_entry made{one.key, one.version, {}, crc32c(one.bytes.data(), one.bytes.size())};
    for (const std::byte each : one.bytes) {
      const auto byte = std::to_integer<unsigned>(each);
      made.bytes += "0123456789abcdef"[byte >> 4];
      made.bytes += "0123456789abcdef"[byte & 15U];
    }
    json_writer json(to);
    json.begin_object();
    document_writer members(json, 1);
    document_entry::describe(std::as_const(made), members);
    json.end_object();
    to += '\n';
  }

  /// A walk through all folders.
  struct loader {
    document_files& of;
    std::span<const std::string> changed;
    bool trusts_files;
    object_census& census;
    random_engine& versions;
    object_tree objects;
    std::uint64_t seed;

    error fault(errc code, const std::string& path, const std::string& why) const {
      return error(code, "\"" + of.folder_ + '/' + path + "\" " + why +
                             "; rebuild_indexes makes the indexes of a folder of documents again");
    }
    void keep(std::string_view key, std::span<const std::byte> bytes, std::uint64_t version) {
      census.update(key);
      auto one = made(key, bytes, seed);
      objects.put(one, version);
    }

    result<void> load_folder(const file& folder, const std::string& path) {
      const auto names = folder_names(folder, [&](const char* other) {
        const std::string_view name(other);
        if (name.starts_with(".millrace-") && name.ends_with(".tmp"))
          (void)of.fs_->remove_at(folder.descriptor(), other);
      });
      if (!names) return names.error();
      std::vector<index_row> rows;
      bool has_index = false;
      if (!trusts_files && has_key(*names, document_index_name)) {
        auto found = load_index(folder, path);
        if (!found) return std::move(found).error();
        rows = std::move(*found);
        has_index = true;
      }
      std::vector<bool> is_there(rows.size());
      for (const std::string& name : *names) {
        if (name.back() == '/') {
          const auto inner = folder_in(folder, name.substr(0, name.size() - 1));
          if (!inner) return inner.error();
          if (inner->is_open())
            if (auto done = load_folder(*inner, path + name); !done) return done;
          continue;
        }
        if (trusts_files && name == document_index_name) {
          (void)of.fs_->remove_at(folder.descriptor(), name.c_str());  // of what may be gone
          continue;
        }
        if (path.empty() && name == document_entries_name) {
          if (auto done = load_entries(folder, name); !done) return done;
          continue;
        }
        if (!name.ends_with(".json") && !name.ends_with(other_mark)) continue;
        const std::string key = of.paths_.key_of(path + name);
        if (key.empty())
          return error(errc::invalid_data, "\"" + of.folder_ + '/' + path + name +
                                               "\" is where no document of this folder can be, by the rules of its "
                                               "paths: move it away");
        if (has_key(changed, key)) continue;
        const index_row* row = nullptr;
        for (std::size_t low = 0, high = rows.size(); low < high;) {
          const std::size_t middle = low + (high - low) / 2;
          if (rows[middle].key == key) {
            row = &rows[middle];
            is_there[middle] = true;
            break;
          }
          rows[middle].key < key ? low = middle + 1 : high = middle;
        }
        if (row == nullptr && !trusts_files)
          return has_index ? fault(errc::corrupt, path + name, "is not in the index beside it")
                           : fault(errc::corrupt, path + std::string(document_index_name), "is missing");
        if (auto done = load_document(folder, path, name, key, row); !done) return done;
      }
      for (std::size_t i = 0; i < rows.size(); ++i)
        if (!is_there[i] && !has_key(changed, rows[i].key))
          return fault(errc::corrupt, of.paths_.path_of(rows[i].key), "is missing, and in the index");
      return {};
    }
    result<std::vector<std::byte>> load_bytes(const file& folder, const std::string& path,
                                              const std::string& name) const {
      const int descriptor = uninterrupted(
          [&] { return ::openat(folder.descriptor(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK); });
      if (descriptor < 0) return system_error(errno, "open", of.folder_ + '/' + path + name);
      return read_rest<std::vector<std::byte>>(file(descriptor, of.folder_ + '/' + path + name));
    }
    result<std::vector<index_row>> load_index(const file& folder, const std::string& path) const {
      const std::string name(document_index_name);
      const auto bytes = load_bytes(folder, path, name);
      if (!bytes) return bytes.error();
      auto rows = read_document_index(*bytes);
      if (!rows) return fault(errc::corrupt, path + name, "is damaged: " + rows.error().message());
      return rows;
    }
    result<void> load_document(const file& folder, const std::string& path, const std::string& name,
                               const std::string& key, const index_row* row) {
      const auto bytes = load_bytes(folder, path, name);
      if (!bytes) return bytes.error();
      if (row != nullptr && (row->size != bytes->size() || row->checksum != crc32c(bytes->data(), bytes->size())))
        return fault(errc::checksum_mismatch, path + name, "is not what the index beside it says");
      keep(key, *bytes, row != nullptr ? row->version : versions() >> 1);
      return {};
    }
    result<void> load_entries(const file& folder, const std::string& name) {
      const auto bytes = load_bytes(folder, {}, name);
      if (!bytes) return bytes.error();
      std::string_view rest(reinterpret_cast<const char*>(bytes->data()), bytes->size());
      for (std::size_t number = 1; !rest.empty(); ++number) {
        const std::size_t end = rest.find('\n');
        document_entry one;
        document_reader members(rest.substr(0, end), 1);
        document_entry::describe(one, members);
        std::string why = end == rest.npos ? "it is cut off" : std::move(members).finish();
        std::vector<std::byte> value(one.bytes.size() / 2);
        if (why.empty() && !read_hex(one.bytes, value)) why = "its bytes are no hexadecimal digits";
        if (why.empty() && crc32c(value.data(), value.size()) != one.crc32c) why = "its bytes have another checksum";
        if (why.empty() && !check_storage_key(one.key)) why = "its key is none";
        if (!why.empty())
          return error(errc::corrupt,
                       "\"" + of.folder_ + '/' + name + "\" is damaged in line " + std::to_string(number) + ": " + why);
        if (!has_key(changed, one.key)) keep(one.key, value, one.version);
        rest.remove_prefix(end + 1);
      }
      return {};
    }
  };

  FileSystem* fs_;
  std::string folder_;
  document_paths paths_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DOCUMENTS_DETAIL_DOCUMENT_FILES_HPP
