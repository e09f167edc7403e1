#ifndef MILLRACE_CONNECT_S3_FILE_SET_HPP
#define MILLRACE_CONNECT_S3_FILE_SET_HPP

#include <millrace/connect/s3/bucket_storage.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/content_storage.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace s3 {

/// A file of a set.
struct set_file {
  std::string path;
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // 64 digits: what its bytes are kept under

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("path", self.path)("size", self.size)("sha256", self.sha256);
  }
  friend bool operator==(const set_file&, const set_file&) = default;
};

/// Which files a set has, in the order of their paths.
struct set_manifest {
  static constexpr const char* document_kind = "file set";
  static constexpr unsigned document_format = 1;

  std::uint64_t revision = 0;  // 1 for the first, one more with each; it makes each manifest's bytes others
  std::vector<set_file> files;

  template <class Self, class Members>
  static void describe(Self& self, Members& members) {
    members("revision", self.revision)("files", self.files);
  }
};

/// A file to publish.
struct new_file {
  std::string_view path;
  std::span<const std::byte> bytes;
};

/// Files that become visible together: their bytes are written under their own hashes, where nobody looks for them, and
/// then one conditional write of the manifest names them all. Readers see the files of one manifest, whole.
///
///     mr::connect::s3::file_set served(models, "churn/serving");
///     auto published = served.publish(files, 0);           // conflict: somebody has published before
///     auto now = served.load();
///     auto network = served.read(*now, "model.onnx");      // of that manifest, also when another is published
///     meanwhile
///
/// Objects: `<name>/manifest.json`, `<name>/contents/...` as of a `content_storage`.
/// Guarantee: of all who publish after the same revision one succeeds; a crash before that leaves contents that nobody
/// names, which `remove_unused` finds. Bytes that the set has already are not sent again.
/// Errors: the bucket's; corrupt: the manifest is none; checksum_mismatch. Threads: any number. The bucket outlives it.
template <class Bucket>
class file_set {
 public:
  file_set(Bucket& bucket, std::string name)
      : bucket_(&bucket), name_(std::move(name)), files_(bucket, {.folder = name_}) {}

  /// The manifest of now; of revision 0 and without files where nothing was published yet.
  result<set_manifest> load() const {
    auto found = find();
    if (!found) return std::move(found).error();
    return std::move(found->manifest);
  }
  /// Publishes these files in the place of those of revision `after`, 0 for none. Returns the new manifest.
  /// Errors: also conflict: another revision was published meanwhile; invalid_argument: a path is no storage key, or is
  /// there twice.
  result<set_manifest> publish(std::span<const new_file> files, std::uint64_t after) {
    const auto conflict = [&](std::uint64_t revision) {
      return error(errc::conflict, "the files of " + millrace::detail::quoted_text(name_) + " are of revision " +
                                       std::to_string(revision) + " and not " + std::to_string(after));
    };
    auto before = find();
    if (!before) return std::move(before).error();
    if (before->manifest.revision != after) return conflict(before->manifest.revision);
    set_manifest made{after + 1, {}};
    for (const new_file& each : files)
      if (auto fine = insert(made, each); !fine) return std::move(fine).error();
    store::content_storage contents(files_);
    for (const new_file& each : files)
      if (auto kept = contents.put(each.bytes); !kept) return std::move(kept).error();
    const std::string text = store::write_document(made);
    auto written = bucket_->put_if(key(), detail::bytes_of(text), before->version, "application/json");
    if (written) return made;
    if (written.error().code() == errc::conflict)
      return std::move(written).error().wrap("the files of " + millrace::detail::quoted_text(name_) +
                                             " were published by somebody else meanwhile");
    return std::move(written).error();
  }
  /// The bytes of a file of a manifest. Errors: also not_found: it has no such file; its bytes were removed since.
  result<std::vector<std::byte>> read(const set_manifest& of, std::string_view path) const {
    for (const set_file& each : of.files)
      if (each.path == path) {
        const auto id = store::parse_content_id(each.sha256);
        if (!id) return error(errc::corrupt, "the manifest of " + millrace::detail::quoted_text(name_), id.error());
        return contents().get(*id);
      }
    return error(errc::not_found, "the files of " + millrace::detail::quoted_text(name_) + " have no " +
                                      millrace::detail::quoted_text(path));
  }
  /// Removes bytes that the manifest of now does not name and that were put more than `unused_for` nanoseconds ago:
  /// longer than any reader keeps a manifest, and any writer takes to publish. Returns how many.
  result<std::uint64_t> remove_unused(std::uint64_t unused_for) {
    return contents().remove_unused(
        [&](const store::content_id& id) -> result<bool> {
          const auto now = load();
          if (!now) return now.error();
          const std::string digits = to_string(id);
          for (const set_file& each : now->files)
            if (each.sha256 == digits) return true;
          return false;
        },
        unused_for);
  }

 private:
  struct found_manifest {
    set_manifest manifest;
    std::string version;  // of the object
  };

  std::string key() const { return name_ + "/manifest.json"; }
  store::content_storage<bucket_storage<Bucket>> contents() const {
    return store::content_storage<bucket_storage<Bucket>>(files_);
  }
  result<found_manifest> find() const {
    auto there = bucket_->get(key());
    if (!there && there.error().code() == errc::not_found) return found_manifest{};
    if (!there) return std::move(there).error();
    const std::string_view text(reinterpret_cast<const char*>(there->bytes.data()), there->bytes.size());
    auto read = store::read_document<set_manifest>(text, key());
    if (!read) return std::move(read).error();
    if (there->facts.version.empty())
      return error(errc::corrupt, "the response has no version of " + millrace::detail::quoted_text(key()));
    return found_manifest{*std::move(read), std::move(there->facts.version)};
  }
  static result<void> insert(set_manifest& into, const new_file& file) {
    if (auto fine = store::check_storage_key(file.path); !fine) return fine;
    std::size_t at = into.files.size();
    while (at > 0 && into.files[at - 1].path > file.path) --at;
    if (at > 0 && into.files[at - 1].path == file.path)
      return error(errc::invalid_argument, "the file " + millrace::detail::quoted_text(file.path) + " is there twice");
    into.files.insert(into.files.begin() + static_cast<std::ptrdiff_t>(at),
                      set_file{std::string(file.path), file.bytes.size(), to_string(sha256_of(file.bytes))});
    return {};
  }

  Bucket* bucket_;
  std::string name_;
  mutable bucket_storage<Bucket> files_;
};

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_FILE_SET_HPP
