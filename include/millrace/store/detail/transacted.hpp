#ifndef MILLRACE_STORE_DETAIL_TRANSACTED_HPP
#define MILLRACE_STORE_DETAIL_TRANSACTED_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/commit_ticket.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/store/transaction.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// Base of storages with an engine that gives turns of writing: all calls but `look`, by its turns and its readers.
/// `Self` has `transaction`, `turn`, `engine_` and `by_reader(use)`, and this class as a friend; `Own` is `Self`, which
/// is complete only when a call is compiled.
template <class Self, class Durability>
class transacted {
 public:
  result<std::vector<std::byte>> read(std::string_view key) const {
    return self().by_reader([&](const auto& now) { return now.read(key); });
  }
  result<stored_bytes> read_versioned(std::string_view key) const {
    return self().by_reader([&](const auto& now) { return now.read_versioned(key); });
  }
  result<storage_entry> examine(std::string_view key) const {
    return self().by_reader([&](const auto& now) { return now.examine(key); });
  }
  result<std::vector<storage_entry>> list(std::string_view prefix, std::string_view after, std::size_t limit) const {
    return self().by_reader([&](const auto& now) { return now.list(prefix, after, limit); });
  }
  result<std::vector<storage_entry>> list_backward(std::string_view prefix, std::string_view before,
                                                   std::size_t limit) const {
    return self().by_reader([&](const auto& now) { return now.list_backward(prefix, before, limit); });
  }

  result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    return transact([&](auto& t) { return t.write(key, bytes); });
  }
  result<void> create(std::string_view key, std::span<const std::byte> bytes) {
    return transact([&](auto& t) { return t.create(key, bytes); });
  }
  result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes, std::string_view version) {
    if (auto fine = check_storage_key(key); !fine) return std::move(fine).error();
    return transact([&](auto& t) { return t.write_at(key, bytes, &version); });
  }
  result<void> remove(std::string_view key) {
    if (auto fine = check_storage_key(key); !fine) return fine;
    return transact([&](auto& t) { return t.remove(key); });
  }

  /// Calls `use(transaction&)` and returns its result, once its writes are as durable as `Durability` says. They are
  /// undone if it returns an error or throws. Other writers wait meanwhile, readers do not.
  template <class Use, class Own = Self>
  auto transact(Use&& use) -> decltype(use(std::declval<typename Own::transaction&>())) {
    return by_writer(use, nullptr);
  }
  /// The same, but returns at once: `ticket` is of the commit. Later transactions of this storage see what was written;
  /// others and readers do once it is kept.
  template <class Use, class Own = Self>
  auto transact(Use&& use, commit_ticket& ticket) -> decltype(use(std::declval<typename Own::transaction&>())) {
    static_cast<void>(sizeof(ticketed<Durability>));
    ticket = commit_ticket();
    return by_writer(use, &ticket);
  }

 private:
  friend Self;
  transacted() = default;

  const Self& self() const noexcept { return static_cast<const Self&>(*this); }

  template <class Use, class Own = Self>
  auto by_writer(Use& use, commit_ticket* ticket) -> decltype(use(std::declval<typename Own::transaction&>())) {
    static_cast<void>(sizeof(checked_use<decltype(use(std::declval<typename Own::transaction&>()))>));
    typename Self::turn own(*self().engine_);
    if (auto begun = own.begin(); !begun) return std::move(begun).error();
    typename Self::transaction changes(own);
    auto outcome = use(changes);
    if (auto kept = own.end(outcome.has_value(), ticket); !kept && outcome) return std::move(kept).error();
    return outcome;
  }
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DETAIL_TRANSACTED_HPP
