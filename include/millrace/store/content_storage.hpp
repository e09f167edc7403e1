#ifndef MILLRACE_STORE_CONTENT_STORAGE_HPP
#define MILLRACE_STORE_CONTENT_STORAGE_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/sha256.hpp>
#include <millrace/store/detail/text_lines.hpp>
#include <millrace/store/file_bytes.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

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

/// What bytes are known by in a `content_storage`: their SHA-256. `to_string` gives its 64 digits.
using content_id = sha256_digest;

/// Reads the 64 hexadecimal digits of lower case that `to_string(content_id)` writes.
/// Errors: invalid_argument, with the text.
inline result<content_id> parse_content_id(std::string_view text) {
  content_id made;
  if (detail::read_hex(text, std::as_writable_bytes(std::span(made.bytes)))) return made;
  return error(errc::invalid_argument, "not a content's identifier, which is 64 hexadecimal digits of lower case: " +
                                           detail::quoted_text(text));
}

/// Where contents are kept, and what their times come from.
struct content_options {
  /// The first part of all keys.
  std::string folder = "contents";
  std::uint64_t (*wall_clock)() noexcept = unix_nanoseconds;
};

/// Bytes kept under their own hash, such as models and pictures of runs: the same bytes are kept once, and what is read
/// is what was put.
///
///     mr::store::content_storage artifacts(storage);
///     const auto id = artifacts.put(bytes);           // result<content_id>
///     const auto back = artifacts.get(*id);           // the same bytes, or an error
///
/// An object's key is `contents/bytes/<two digits>/<62 digits>`; the time of its last `put` stands under
/// `contents/last_put/...`, so that `remove_unused` spares what somebody has put and not named in a document yet.
/// Guarantee: `get` returns the bytes that were put, or an error. Complexity: SHA-256 of the bytes, a look-up and two
/// writes a `put`, one of them of eight bytes alone where the content is there. The storage outlives this object.
/// Threads: any number. Errors: the storage's.
template <storage Storage>
class content_storage {
 public:
  explicit content_storage(Storage& storage, content_options options = {})
      : storage_(&storage), options_(std::move(options)) {}
  explicit content_storage(Storage&& storage, content_options options = {})
      : content_storage(storage, std::move(options)) {
    static_cast<void>(sizeof(temporary_storage<Storage>));
  }

  result<content_id> put(std::span<const std::byte> bytes) {
    const content_id id = sha256_of(bytes);
    auto done = in_one([&](auto& objects) -> result<int> {
      // The time first: a `remove_unused` of another process looks at it once more behind its removal.
      if (auto stamped = objects.write(stamp_key(id), stamp_now()); !stamped) return std::move(stamped).error();
      const auto found = std::as_const(objects).examine(key_of(id));
      if (found && found->size == bytes.size()) return 0;
      if (!found && found.error().code() != errc::not_found) return found.error();
      if (auto written = objects.write(key_of(id), bytes); !written) return std::move(written).error();
      return 0;
    });
    if (!done) return std::move(done).error();
    return id;
  }
  /// Puts a file's bytes. The file is mapped, and nobody may shorten it meanwhile.
  /// Errors: also those of `file_bytes::open`.
  result<content_id> put_file(std::string path) {
    const auto content = file_bytes::open(std::move(path), file_access::map);
    if (!content) return content.error();
    return put(content->bytes());
  }

  /// Errors: also not_found; checksum_mismatch: the storage holds other bytes than were put.
  result<std::vector<std::byte>> get(const content_id& id) const {
    auto bytes = std::as_const(*storage_).read(key_of(id));
    if (bytes && sha256_of(*bytes) != id)
      return error(errc::checksum_mismatch, "the bytes of " + detail::quoted_text(key_of(id)) + " are not those put");
    return bytes;
  }
  result<bool> exists(const content_id& id) const { return store::exists(*storage_, key_of(id)); }
  /// How many bytes it has. Errors: also not_found.
  result<std::uint64_t> size(const content_id& id) const {
    const auto found = std::as_const(*storage_).examine(key_of(id));
    if (!found) return found.error();
    return found->size;
  }
  /// Where the storage has the bytes: a transaction that names a content in a document examines this key, and so knows
  /// that the content is there.
  std::string key_of(const content_id& id) const { return key("/bytes/", id); }

  /// Calls `use(id, size)` for all contents, in the order of their identifiers. What stands among them under another
  /// name is passed over. Where `use` returns a `result<void>`, its first error ends the walk.
  template <class Use>
  result<void> for_each(Use&& use) const {
    return for_each_object(*storage_, options_.folder + "/bytes/", [&](const storage_entry& each) -> result<void> {
      const auto id = id_of(each.key);
      if (!id) return {};
      if constexpr (requires { use(*id, each.size).error(); })
        return use(*id, each.size);
      else
        use(*id, each.size);
      return {};
    });
  }

  /// Removes the contents of which `is_used(id)`, a `result<bool>`, is false and whose last `put` is more than
  /// `unused_for` nanoseconds ago: longer than any writer takes from a `put` to the document that names it. Returns how
  /// many were removed.
  /// Guarantee: a `put` that runs meanwhile loses nothing. Without transactions a crash of this process, between a
  /// removal and the next look at the time, could lose what was put in that moment.
  template <class IsUsed>
  result<std::uint64_t> remove_unused(IsUsed&& is_used, std::uint64_t unused_for) {
    std::uint64_t removed = 0;
    auto walked = for_each([&](const content_id& id, std::uint64_t) -> result<void> {
      const auto used = is_used(id);
      if (!used) return used.error();
      if (*used) return {};
      const auto gone = in_one([&](auto& objects) { return remove_if_old(objects, id, unused_for); });
      if (!gone) return gone.error();
      removed += static_cast<std::uint64_t>(*gone);
      return {};
    });
    if (!walked) return std::move(walked).error();
    return removed;
  }

 private:
  std::string key(std::string_view kind, const content_id& id) const {
    const std::string digits = to_string(id);
    return options_.folder + std::string(kind) + digits.substr(0, 2) + '/' + digits.substr(2);
  }
  std::string stamp_key(const content_id& id) const { return key("/last_put/", id); }
  result<content_id> id_of(std::string_view key) const {
    key.remove_prefix(options_.folder.size() + 7);
    if (key.size() != 65 || key[2] != '/') return error(errc::invalid_argument, "no content");
    return parse_content_id(std::string(key.substr(0, 2)) + std::string(key.substr(3)));
  }

  struct stamp {
    std::byte bytes[8];
    operator std::span<const std::byte>() const noexcept { return bytes; }
  };
  stamp stamp_now() const noexcept {
    stamp made;
    const std::uint64_t now = options_.wall_clock();
    for (unsigned i = 0; i < 8; ++i) made.bytes[i] = static_cast<std::byte>(now >> (8 * i));
    return made;
  }
  /// The time of the last `put`, 0 if none is known.
  template <class Objects>
  result<std::uint64_t> last_put(const Objects& objects, const content_id& id) const {
    const auto bytes = objects.read(stamp_key(id));
    if (!bytes && bytes.error().code() != errc::not_found) return bytes.error();
    std::uint64_t made = 0;
    if (bytes && bytes->size() == 8)
      for (unsigned i = 0; i < 8; ++i) made |= std::to_integer<std::uint64_t>((*bytes)[i]) << (8 * i);
    return made;
  }

  /// Calls `use` with a transaction, or with the storage where it has none.
  template <class Use>
  result<int> in_one(Use&& use) {
    if constexpr (transactional_storage<Storage>)
      return storage_->transact(use);
    else
      return use(*storage_);
  }
  template <class Objects>
  result<int> remove_if_old(Objects& objects, const content_id& id, std::uint64_t unused_for) const {
    const auto before = last_put(objects, id);
    if (!before) return before.error();
    const std::uint64_t now = options_.wall_clock();
    if (now < *before || now - *before <= unused_for) return 0;  // also where the clock was set back
    const auto bytes = std::as_const(objects).read(key_of(id));
    if (!bytes) return bytes.error();
    if (auto gone = objects.remove(key_of(id)); !gone) return std::move(gone).error();
    const auto after = last_put(objects, id);
    if (!after || *after != *before) {  // somebody has put it meanwhile, or that cannot be known
      if (auto back = objects.write(key_of(id), *bytes); !back) return std::move(back).error();
      if (!after) return after.error();
      return 0;
    }
    if (auto gone = objects.remove(stamp_key(id)); !gone) return std::move(gone).error();
    return 1;
  }

  Storage* storage_;
  content_options options_;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_CONTENT_STORAGE_HPP
