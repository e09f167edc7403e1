#ifndef MILLRACE_CONNECT_DATABRICKS_VOLUME_HPP
#define MILLRACE_CONNECT_DATABRICKS_VOLUME_HPP

#include <millrace/connect/databricks/detail/files_api.hpp>
#include <millrace/connect/databricks/fwd.hpp>
#include <millrace/connect/databricks/unity_name.hpp>
#include <millrace/connect/databricks/workspace.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace databricks {

/// A volume of Unity Catalog as a storage: files under `/Volumes/<catalog>/<schema>/<volume>/`, by the Files API.
/// Models `store::storage` and `creates_objects`, so that artifacts of a tracker or a registry can be kept in it.
///
///     mr::connect::databricks::volume files(workspace, *unity_name::make("main.ml.files"));
///     if (auto done = files.write("models/churn.onnx", bytes); !done) return done;
///
/// Keys are what `store::check_storage_key` takes: nothing leads out of the volume. A write replaces a file as a whole;
/// directories above it are made.
/// Complexity: a request each; `list` one for each directory below the prefix and each page of a thousand entries, for
/// each call, so that `for_each_entry` is the better walk of a large volume.
/// Errors: those of the storage's laws and of `workspace::perform`; out_of_range: a file above 5 GiB.
/// Threads: any number. The workspace outlives it.
template <class Workspace>
class volume {
 public:
  volume(Workspace& workspace, const unity_name& name) : workspace_(&workspace), root_("/Volumes/" + name.path()) {}

  /// `/Volumes/main/ml/files`
  const std::string& root() const noexcept { return root_; }

  result<std::vector<std::byte>> read(std::string_view key) const {
    if (auto fine = store::check_storage_key(key); !fine) return std::move(fine).error();
    const auto body = detail::get_file(*workspace_, path_of(key));
    if (!body) return body.error();
    const auto bytes = std::as_bytes(std::span(body->data(), body->size()));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }
  /// Reads a file piece by piece and calls `use(bytes)` with each, in order: memory for one piece. A file that changes
  /// meanwhile is errc::conflict. Where `use` returns a `result<void>`, its error ends the reading.
  template <class Use>
  result<void> read_pieces(std::string_view key, std::size_t piece, Use&& use) const {
    if (auto fine = store::check_storage_key(key); !fine) return fine;
    const std::string path = path_of(key);
    const auto facts = detail::examine_file(*workspace_, path);
    if (!facts) return facts.error();
    const std::uint64_t step = piece == 0 ? 1 : piece;
    for (std::uint64_t at = 0; at < facts->size; at += step) {
      const std::uint64_t count = facts->size - at < step ? facts->size - at : step;
      const auto body = detail::get_range(*workspace_, path, *facts, at, count);
      if (!body) return body.error();
      const auto bytes = std::as_bytes(std::span(body->data(), body->size()));
      if constexpr (std::same_as<decltype(use(bytes)), result<void>>) {
        if (auto done = use(bytes); !done) return done;
      } else {
        use(bytes);
      }
    }
    return {};
  }
  result<store::storage_entry> examine(std::string_view key) const {
    if (auto fine = store::check_storage_key(key); !fine) return std::move(fine).error();
    const auto facts = detail::examine_file(*workspace_, path_of(key));
    if (!facts) return facts.error();
    return store::storage_entry{std::string(key), facts->size, {}};
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) { return put(key, bytes, true); }
  /// Errors: also already_exists.
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    auto done = put(key, bytes, false);
    if (done || (done.error().code() != errc::already_exists && done.error().code() != errc::conflict)) return done;
    return error(errc::already_exists, "there is an object " + millrace::detail::quoted_text(key) + " already",
                 std::move(done).error());
  }
  result<void> remove(std::string_view key) {
    if (auto fine = store::check_storage_key(key); !fine) return fine;
    auto done = detail::remove_path(*workspace_, "files", path_of(key));
    return done || done.error().code() != errc::not_found ? std::move(done) : result<void>();
  }

  result<std::vector<store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) const {
    std::vector<store::storage_entry> found;
    // The prefix may end within a name: what it may begin stands in the directory before its last slash.
    const std::size_t slash = prefix.rfind('/');
    const std::string above(slash == prefix.npos ? std::string_view() : prefix.substr(0, slash));
    if (!above.empty() && !store::check_storage_key(above)) return found;
    if (auto done = collect(above, prefix, after, 0, found); !done) return std::move(done).error();
    std::vector<const store::storage_entry*> sorted;
    sorted.reserve(found.size());
    for (const store::storage_entry& each : found) sorted.push_back(&each);
    millrace::detail::heap_sort(
        sorted.data(), sorted.size(),
        [](const store::storage_entry* a, const store::storage_entry* b) { return a->key < b->key; });
    std::vector<store::storage_entry> made;
    for (std::size_t i = 0; i < sorted.size() && i < limit; ++i) made.push_back(*sorted[i]);
    return made;
  }

  /// Calls `use(entry)` for what stands in a directory, not below it; empty: in the volume itself. Where `use` returns
  /// a `result<void>`, its error ends the walk. Errors: not_found: there is no such directory.
  template <class Use>
  result<void> for_each_entry(std::string_view directory, Use&& use) const {
    if (!directory.empty())
      if (auto fine = store::check_storage_key(directory); !fine) return fine;
    return detail::for_each_file(*workspace_, path_of(directory), std::forward<Use>(use));
  }
  /// Makes a directory, and those above it, where it is not there.
  result<void> make_directory(std::string_view directory) {
    if (auto fine = store::check_storage_key(directory); !fine) return fine;
    return detail::make_directory(*workspace_, path_of(directory));
  }
  /// Removes a directory, which has to be empty. Errors: not_found; what Databricks says of one that is not empty.
  result<void> remove_directory(std::string_view directory) {
    if (auto fine = store::check_storage_key(directory); !fine) return fine;
    return detail::remove_path(*workspace_, "directories", path_of(directory));
  }

 private:
  static constexpr std::size_t max_depth = 100;

  std::string path_of(std::string_view key) const { return key.empty() ? root_ : root_ + '/' + std::string(key); }

  result<void> put(std::string_view key, std::span<const std::byte> bytes, bool overwrite) {
    if (auto fine = store::check_storage_key(key); !fine) return fine;
    return detail::put_file(*workspace_, path_of(key), bytes, overwrite);
  }

  /// Collects the files below a directory whose keys begin with `prefix` and come after `after`.
  result<void> collect(const std::string& directory, std::string_view prefix, std::string_view after, std::size_t depth,
                       std::vector<store::storage_entry>& found) const {
    if (depth == max_depth) return error(errc::unsupported, "directories are nested more than 100 deep: " + directory);
    std::vector<std::string> below;
    auto done = detail::for_each_file(*workspace_, path_of(directory), [&](const file_entry& each) {
      std::string key = directory.empty() ? each.name : directory + '/' + each.name;
      if (each.is_directory) {
        key += '/';
        // All keys in it begin with its own: none is wanted if those are outside of the prefix, or come before `after`.
        const bool may_match = key.starts_with(prefix) || prefix.starts_with(key);
        const bool may_come = std::string_view(key) > after || after.starts_with(key);
        if (may_match && may_come) below.push_back(std::move(key));
      } else if (key.starts_with(prefix) && std::string_view(key) > after) {
        found.push_back({std::move(key), each.size, {}});
      }
    });
    if (!done && done.error().code() != errc::not_found) return done;
    for (std::string& each : below) {
      each.pop_back();
      if (auto inner = collect(each, prefix, after, depth + 1, found); !inner) return inner;
    }
    return {};
  }

  Workspace* workspace_;
  std::string root_;
};

}  // namespace databricks
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_DATABRICKS_VOLUME_HPP
