#ifndef MILLRACE_STORE_DURABLE_HPP
#define MILLRACE_STORE_DURABLE_HPP

#include <millrace/store/fwd.hpp>

#include <concepts>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace store {

/// What has become of a change once the call that made it has returned, as types: which one holds is read where the
/// storage is declared.
namespace durable {

/// It outlives a crash of the machine: each transaction is synced to the disk by itself.
struct each {
  static constexpr bool syncs = true;
  static constexpr std::uint32_t shares_ms = 0;
};

/// It outlives a crash of the machine: transactions of several threads that begin within so many milliseconds share a
/// sync. One that is alone does not wait. With a ticket (commit_ticket.hpp) no call waits, and the ticket says when.
template <std::uint32_t Milliseconds>
struct group {
  static_assert(Milliseconds >= 1 && Milliseconds <= 1000,
                "millrace[STORAGE-3]: durable::group<Milliseconds> shares a sync for 1 to 1000 milliseconds");
  static constexpr bool syncs = true;
  static constexpr std::uint32_t shares_ms = Milliseconds;
};

/// It outlives a crash of the process, and is the operating system's to write: a crash of the machine loses the last
/// seconds, and never a part of a transaction.
struct os {
  static constexpr bool syncs = false;
  static constexpr std::uint32_t shares_ms = 0;
};

}  // namespace durable

/// `durable::each`, `durable::group<Milliseconds>` or `durable::os`.
template <class D>
concept durability = requires {
  { D::syncs } -> std::convertible_to<bool>;
  { D::shares_ms } -> std::convertible_to<std::uint32_t>;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_DURABLE_HPP
