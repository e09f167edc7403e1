#ifndef MILLRACE_STORE_STORAGE_HPP
#define MILLRACE_STORE_STORAGE_HPP

#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/json_writer.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>

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

// Where bytes are kept under keys: in memory, in a folder, in a database, by a service. tests/laws/storage.hpp asks a
// storage for what no compiler checks:
//
// - Whole: a write replaces all bytes of its key or none, whatever fails; no reader sees a part of a write.
// - Fresh: once a write or a removal has returned, every later call on any thread sees it. How much of it outlives a
//   crash of the machine, the storage says itself.
// - Alone: no call changes another key. A storage that cannot hold both `a` and `a/b` refuses the second of them.
// - Checked: a key that `check_storage_key` refuses is refused with the same error, before anything is done.
// - Removing what is not there is no error; reading and examining it is errc::not_found.
// - A list is in the order of the keys' bytes.
// - An error is a value, names the key, and leaves the storage what it was.
// - Any number of threads call all of it at once.

/// What a storage says of an object besides its bytes.
struct storage_entry {
  std::string key;
  std::uint64_t size = 0;  // bytes
  /// Changes with every write of the key, also after a removal; empty if the storage has none.
  std::string version;

  friend bool operator==(const storage_entry&, const storage_entry&) = default;
};

/// An object's bytes and the version that they are.
struct stored_bytes {
  std::vector<std::byte> bytes;
  std::string version;
};

/// Reads an object whole.
template <class S>
concept reads_objects = requires(const S& storage, std::string_view key) {
  { storage.read(key) } -> std::same_as<result<std::vector<std::byte>>>;
  { storage.examine(key) } -> std::same_as<result<storage_entry>>;
};

/// Writes an object whole, and removes it.
template <class S>
concept writes_objects = requires(S& storage, std::string_view key, std::span<const std::byte> bytes) {
  { storage.write(key, bytes) } -> std::same_as<result<void>>;
  { storage.remove(key) } -> std::same_as<result<void>>;
};

/// Writes an object where there is none: of all who create one key, in whatever process, one succeeds.
/// errc::already_exists: there is one. What a storage without transactions and versions can promise, such as a folder:
/// enough to number things without a gap.
template <class S>
concept creates_objects = requires(S& storage, std::string_view key, std::span<const std::byte> bytes) {
  { storage.create(key, bytes) } -> std::same_as<result<void>>;
};

/// Lists, from the first that is greater than `after`, at most `limit` of the objects whose keys begin with `prefix`,
/// which may end within a part and may be empty.
template <class S>
concept lists_objects = requires(const S& storage, std::string_view prefix, std::string_view after, std::size_t limit) {
  { storage.list(prefix, after, limit) } -> std::same_as<result<std::vector<storage_entry>>>;
};

/// Keeps bytes under keys.
template <class S>
concept storage = reads_objects<S> && writes_objects<S> && lists_objects<S>;

/// A storage whose objects have versions: `write_if` writes only while the key has the version that the caller has
/// read, or no object where that is empty, and returns the new one. errc::conflict: the key has another by now.
template <class S>
concept versioned_storage = storage<S> && requires(S& storage, std::string_view key, std::span<const std::byte> bytes,
                                                   std::string_view version) {
  { std::as_const(storage).read_versioned(key) } -> std::same_as<result<stored_bytes>>;
  { storage.write_if(key, bytes, version) } -> std::same_as<result<std::string>>;
};

/// What a class that refers to a storage asks for where it is given one that is gone when its line is over: it does not
/// compile, and says why.
template <class Storage>
struct temporary_storage {
  static_assert(millrace::detail::requirement<false, Storage>,
                "millrace[STORAGE-1]: the storage is referred to, and outlives what is made around it: make it a "
                "variable");
};

namespace detail {

/// Why a text cannot be a part of a key, or null.
constexpr const char* fault_of_key_part(std::string_view part) noexcept {
  if (part.empty()) return "it has an empty part, or begins or ends with a slash";
  if (part == "." || part == "..") return "it has a part `.` or `..`";
  if (part.size() > 255) return "it has a part of more than 255 bytes";
  if (part.substr(0, 10) == ".millrace-") return "a part begins with `.millrace-`, as temporary files do";
  for (std::size_t i = 0; i < part.size();) {
    const auto c = static_cast<unsigned char>(part[i]);
    if (c < 0x20 || c == 0x7f) return "it has a zero byte or another control character";
    if (c == '\\' || c == '#' || c == '?') return "it has a backslash, `#` or `?`";
    const std::size_t length = utf8_sequence(part.substr(i));
    if (length == 0) return "it is not UTF-8";
    i += length;
  }
  return nullptr;
}

inline error no_such_object(std::string_view key) {
  return error(errc::not_found, "there is no object " + quoted_text(key));
}
inline error object_exists(std::string_view key) {
  return error(errc::already_exists, "there is an object " + quoted_text(key) + " already");
}

}  // namespace detail

/// The most bytes that a key has, as in S3.
inline constexpr std::size_t max_storage_key = 1024;

/// Says whether a text can be a key: parts of UTF-8 with slashes between them, relative, without `.` and `..`, control
/// characters, backslash, `#` and `?`; at most 255 bytes a part, `max_storage_key` in all. A key is what is meant and
/// never encoded: whoever takes one from a URL decodes it once, then comes here. `%2e` is three plain characters.
/// Errors: invalid_argument, with the key and why.
inline result<void> check_storage_key(std::string_view key) {
  const char* fault = key.size() > max_storage_key ? "it has more than 1024 bytes" : nullptr;
  for (std::string_view rest = key; fault == nullptr;) {
    const std::size_t slash = rest.find('/');
    fault = detail::fault_of_key_part(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (fault == nullptr) [[likely]]
    return {};
  return error(errc::invalid_argument, "not a storage key: " + detail::quoted_text(key) + ": " + fault);
}

/// Whether there is an object. Errors: those of `examine`, but not_found.
template <reads_objects S>
result<bool> exists(const S& storage, std::string_view key) {
  const auto found = storage.examine(key);
  if (found) return true;
  if (found.error().code() == errc::not_found) return false;
  return found.error();
}

namespace detail {

/// `create` within a transaction.
template <class Transaction>
result<void> create_in(Transaction& transaction, std::string_view key, std::span<const std::byte> bytes) {
  const auto found = exists(transaction, key);
  if (!found) return found.error();
  return *found ? result<void>(object_exists(key)) : transaction.write(key, bytes);
}

}  // namespace detail

/// Calls `use(entry)` for all objects whose keys begin with `prefix`, in order, a page of the list at a time. `use` may
/// write and remove: an object that is there all the while is met once. Where `use` returns a `result<void>`, its first
/// error ends the walk.
/// Errors: those of `list` and of `use`.
template <lists_objects S, class Use>
result<void> for_each_object(const S& storage, std::string_view prefix, Use&& use) {
  constexpr std::size_t page = 1000;
  std::string after;
  for (;;) {
    const auto entries = storage.list(prefix, after, page);
    if (!entries) return entries.error();
    for (const storage_entry& each : *entries) {
      if constexpr (std::same_as<decltype(use(each)), result<void>>) {
        if (auto done = use(each); !done) return done;
      } else {
        use(each);
      }
    }
    if (entries->size() < page) return {};
    after = entries->back().key;
  }
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_STORAGE_HPP
