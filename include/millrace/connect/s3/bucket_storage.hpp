#ifndef MILLRACE_CONNECT_S3_BUCKET_STORAGE_HPP
#define MILLRACE_CONNECT_S3_BUCKET_STORAGE_HPP

#include <millrace/connect/s3/bucket.hpp>
#include <millrace/connect/s3/fwd.hpp>
#include <millrace/connect/s3/object.hpp>
#include <millrace/connect/s3/upload.hpp>
#include <millrace/core/detail/quoted_text.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
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

struct bucket_storage_options {
  /// A storage's key that stands before all others, with a slash behind it; empty: nothing does.
  std::string folder = {};
  /// What has more bytes is written in parts.
  std::uint64_t whole_up_to = std::uint64_t{64} << 20;
  std::uint64_t part = std::uint64_t{16} << 20;
};

/// A bucket, or a folder of one, as a storage: for artifacts of a registry or a tracker (`artifacts_in`), and whatever
/// else takes a `store::storage`. Models `store::storage` and `creates_objects`.
///
///     mr::connect::s3::bucket_storage files(models, {.folder = "artifacts"});
///     auto registry = mr::registry::open_registry(records, {}, mr::registry::artifacts_in(files));
///
/// It is no `versioned_storage`: a version would change with every write, and an ETag is of the bytes alone, so that
/// the same bytes written again have the same. `bucket::put_if` is for who can live with that. It has no transactions.
/// Others' objects whose keys no storage takes are passed over by `list`. Servers that keep objects in folders (MinIO)
/// refuse `a/b` beside `a`; AWS holds both.
/// Guarantee: what `read` returns is what was written, by SHA-256. Complexity: a request each; `list` one for each
/// thousand; `write` of much one for each part. Errors: those of the storage's laws and of the bucket; out_of_range: a
/// key that is too long together with the folder; `create` of more than 5 GiB. Threads: any number. The bucket outlives
/// it.
template <class Bucket>
class bucket_storage {
 public:
  explicit bucket_storage(Bucket& bucket, bucket_storage_options options = {})
      : bucket_(&bucket), options_(std::move(options)) {
    if (!options_.folder.empty()) options_.folder += '/';
  }
  explicit bucket_storage(const Bucket&&, bucket_storage_options = {}) = delete;

  result<std::vector<std::byte>> read(std::string_view key) const {
    auto whole = whole_key(key);
    if (!whole) return std::move(whole).error();
    auto made = bucket_->get(*whole);
    if (!made) return named(std::move(made).error(), key);
    return std::move(made->bytes);
  }
  result<store::storage_entry> examine(std::string_view key) const {
    auto whole = whole_key(key);
    if (!whole) return std::move(whole).error();
    const auto facts = bucket_->head(*whole);
    if (!facts) return named(facts.error(), key);
    return store::storage_entry{std::string(key), facts->size, {}};
  }
  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    auto whole = whole_key(key);
    if (!whole) return std::move(whole).error();
    if (bytes.size() <= options_.whole_up_to && bytes.size() <= max_put) {
      auto done = bucket_->put(*whole, bytes);
      return done ? result<void>() : std::move(done).error();
    }
    const auto ticket = begin_upload(*bucket_, *whole, bytes, options_.part);
    if (!ticket) return ticket.error();
    auto done = finish_upload(*bucket_, *ticket, bytes);
    if (done) return {};
    if (auto begun = upload<Bucket>::resume(*bucket_, ticket->key, ticket->id); begun) (void)begun->abort();
    return std::move(done).error();
  }
  /// Errors: also already_exists.
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    auto whole = whole_key(key);
    if (!whole) return std::move(whole).error();
    auto done = bucket_->put_new(*whole, bytes);
    if (done) return {};
    if (done.error().code() != errc::conflict) return std::move(done).error();
    return error(errc::already_exists, "there is an object " + millrace::detail::quoted_text(key) + " already");
  }
  result<void> remove(std::string_view key) {
    auto whole = whole_key(key);
    if (!whole) return std::move(whole).error();
    return bucket_->remove(*whole);
  }
  result<std::vector<store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) const {
    std::vector<store::storage_entry> made;
    const std::string folder_prefix = options_.folder + std::string(prefix);
    const std::string folder_after = after.empty() ? std::string() : options_.folder + std::string(after);
    list_query query{.prefix = folder_prefix, .after = folder_after};
    std::string next;
    while (made.size() < limit) {
      query.limit = limit - made.size() < 1000 ? limit - made.size() : 1000;
      query.next = next;
      auto page = bucket_->list(query);
      if (!page) return std::move(page).error();
      for (const object_facts& each : page->objects) {
        std::string key = each.key.substr(options_.folder.size());
        if (made.size() < limit && store::check_storage_key(key)) made.push_back({std::move(key), each.size, {}});
      }
      if (page->next.empty()) break;
      next = std::move(page->next);
    }
    return made;
  }

 private:
  result<std::string> whole_key(std::string_view key) const {
    if (auto fine = store::check_storage_key(key); !fine) return std::move(fine).error();
    std::string made = options_.folder + std::string(key);
    if (made.size() > store::max_storage_key)
      return error(errc::out_of_range, "the key " + millrace::detail::quoted_text(key) +
                                           " is too long for its folder: they have 1,024 bytes together");
    return made;
  }
  static error named(error why, std::string_view key) {
    if (why.code() != errc::not_found) return why;
    return std::move(why).wrap("there is no object " + millrace::detail::quoted_text(key));
  }

  Bucket* bucket_;
  bucket_storage_options options_;
};

}  // namespace s3
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_S3_BUCKET_STORAGE_HPP
