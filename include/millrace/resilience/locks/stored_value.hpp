#ifndef MILLRACE_RESILIENCE_LOCKS_STORED_VALUE_HPP
#define MILLRACE_RESILIENCE_LOCKS_STORED_VALUE_HPP

#include <millrace/core/result.hpp>
#include <millrace/resilience/fwd.hpp>
#include <millrace/store/storage.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {

/// An object that is saved as bytes, as those of this library are.
template <class T>
concept savable = requires(const T& value, std::span<const std::byte> bytes) {
  { value.save() } -> std::convertible_to<std::vector<std::byte>>;
  { T::load(bytes) } -> std::same_as<result<T>>;
};

/// A value under a key of a storage, which is replaced only by who has read its newest version: processes and machines
/// that share the storage update it without losing each other's changes.
///
///     mr::resilience::stored_value<model_card, mr::store::memory_storage> card(storage, "models/fraud/card");
///     auto done = mr::resilience::update_with_retry(card, [](const model_card& now) { return approved(now); });
///
/// Models: versioned_place. It refers to the storage. Threads: as the storage, any number.
/// Errors: not_found: there is no such object yet: `create` makes it; conflict: it has another version by now; those of
/// the storage and of T::load.
template <savable T, store::versioned_storage Storage>
class stored_value {
 public:
  using value_type = T;
  using version_type = std::string;

  class snapshot {
   public:
    const T& operator*() const noexcept { return value_; }
    const T* operator->() const noexcept { return &value_; }
    const std::string& version() const noexcept { return version_; }

   private:
    friend class stored_value;
    snapshot(T value, std::string version) : value_(std::move(value)), version_(std::move(version)) {}
    T value_;
    std::string version_;
  };

  stored_value(Storage& storage, std::string key) noexcept : storage_(&storage), key_(std::move(key)) {}
  stored_value(Storage&& storage, std::string key) noexcept : stored_value(storage, std::move(key)) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }

  const std::string& key() const noexcept { return key_; }

  result<snapshot> read() const {
    auto stored = std::as_const(*storage_).read_versioned(key_);
    if (!stored) return std::move(stored).error();
    auto value = T::load(std::span<const std::byte>(stored->bytes));
    if (!value) return std::move(value).error().wrap("cannot load the object \"" + key_ + '"');
    return snapshot(*std::move(value), std::move(stored->version));
  }
  result<std::string> write_if(const T& next, const std::string& seen) {
    const std::vector<std::byte> bytes = next.save();
    return storage_->write_if(key_, bytes, seen);
  }
  /// Writes the first version. Errors: conflict: there is one.
  result<std::string> create(const T& first) { return write_if(first, std::string()); }

 private:
  Storage* storage_;
  std::string key_;
};

}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_LOCKS_STORED_VALUE_HPP
