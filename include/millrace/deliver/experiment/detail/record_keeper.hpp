#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_RECORD_KEEPER_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_RECORD_KEEPER_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/experiment/life_cycle.hpp>
#include <millrace/store/document.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/storage.hpp>

#include <span>
#include <string>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

inline std::string record_key(std::string_view id) { return "ab_tests/" + store::text_key_part(id) + ".json"; }

/// A record and the version that it has in its storage.
struct kept_record {
  experiment_record record;
  std::string version;
  bool is_there = false;
};

/// Where an experiment's record is kept, whatever the storage is; nowhere at first.
class record_keeper {
 public:
  record_keeper() noexcept = default;
  template <store::storage Storage>
  record_keeper(Storage& storage, std::string_view id)
      : storage_(&storage), key_(record_key(id)), read_(&read_from<Storage>), write_(&write_to<Storage>) {}

  explicit operator bool() const noexcept { return storage_ != nullptr; }
  result<kept_record> read() const { return read_(storage_, key_); }
  /// Errors: conflict: the record has another version by now, where the storage has versions.
  result<void> write(const experiment_record& record, const std::string& version) const {
    return write_(storage_, key_, record, version);
  }

 private:
  template <class Storage>
  static result<kept_record> read_from(void* storage, const std::string& key) {
    Storage& from = *static_cast<Storage*>(storage);
    kept_record made;
    auto bytes = [&] {
      if constexpr (store::versioned_storage<Storage>) {
        auto found = from.read_versioned(key);
        if (found) made.version = std::move(found->version);
        return found ? result<std::vector<std::byte>>(std::move(found->bytes))
                     : result<std::vector<std::byte>>(std::move(found).error());
      } else {
        return from.read(key);
      }
    }();
    if (!bytes) {
      if (bytes.error().code() == errc::not_found) return made;
      return std::move(bytes).error();
    }
    auto record = store::read_document<experiment_record>(
        std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), key);
    if (!record) return std::move(record).error();
    made.record = *std::move(record);
    made.is_there = true;
    return made;
  }
  template <class Storage>
  static result<void> write_to(void* storage, const std::string& key, const experiment_record& record,
                               const std::string& version) {
    Storage& to = *static_cast<Storage*>(storage);
    if constexpr (store::versioned_storage<Storage>) {
      const std::string text = store::write_document(record);
      auto done = to.write_if(key, std::as_bytes(std::span(text.data(), text.size())), version);
      return done ? result<void>() : result<void>(std::move(done).error());
    } else {
      return store::keep_document(to, key, record);
    }
  }

  void* storage_ = nullptr;
  std::string key_;
  result<kept_record> (*read_)(void*, const std::string&) = nullptr;
  result<void> (*write_)(void*, const std::string&, const experiment_record&, const std::string&) = nullptr;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_RECORD_KEEPER_HPP
