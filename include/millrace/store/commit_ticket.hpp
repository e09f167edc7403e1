#ifndef MILLRACE_STORE_COMMIT_TICKET_HPP
#define MILLRACE_STORE_COMMIT_TICKET_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/requirement.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/durable.hpp>
#include <millrace/store/fwd.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace store {

namespace detail {

/// What becomes of a transaction whose commit somebody else makes. Shared by whoever makes it and whoever waits.
struct commit_outcome {
  light_atomic<std::uint32_t> users{1};
  light_atomic<std::uint32_t> done{0};
  result<void> outcome = {};                // once it is done
  void* group = nullptr;                    // there as long as it is not done
  result<void> (*settle)(void*) = nullptr;  // makes the commit that is open, if there is one
  commit_outcome* next = nullptr;           // the group's

  static void leave(commit_outcome* one) noexcept {
    if (one != nullptr && one->users.subtract_acq_rel(1) == 1) delete one;
  }
};

}  // namespace detail

/// Says when a transaction that has returned is kept:
///
///     mr::store::commit_ticket ticket;
///     auto number = storage.transact(use, ticket);       // at once: later transactions see it
///     ...                                                // more of them, which share the sync
///     if (auto kept = ticket.wait(); !kept) return kept;  // now it outlives a crash
///
/// Of a storage with `durable::group<Milliseconds>`: a commit is made when somebody waits for it, by a later
/// transaction, or when the milliseconds are over, and by the storage's end in any case. Until then a crash may take
/// the transaction, whole, and so may an error of the commit, which `wait` returns. A ticket of nothing is kept.
/// Threads: one at a time; many tickets at once.
class commit_ticket {
 public:
  commit_ticket() noexcept = default;
  commit_ticket(commit_ticket&& other) noexcept : outcome_(std::exchange(other.outcome_, nullptr)) {}
  commit_ticket& operator=(commit_ticket other) noexcept {
    std::swap(outcome_, other.outcome_);
    return *this;
  }
  ~commit_ticket() { detail::commit_outcome::leave(outcome_); }

  /// Whether it is known what became of the transaction, so that `wait` would return at once.
  bool is_done() const noexcept { return outcome_ == nullptr || outcome_->done.load_acquire() != 0; }
  /// Makes the commit, together with all that others have put into it, unless it has been made.
  /// Errors: those of the commit, after which nothing of the transaction is kept; conflict within a transaction of the
  /// same storage; closed in a forked child.
  result<void> wait() {
    if (outcome_ == nullptr) return {};
    if (outcome_->done.load_acquire() == 0)
      if (auto done = outcome_->settle(outcome_->group); !done) return done;
    return outcome_->outcome;
  }

  /// Of an outcome that a storage shares with it.
  explicit commit_ticket(detail::commit_outcome* outcome) noexcept : outcome_(outcome) {}

 private:
  detail::commit_outcome* outcome_ = nullptr;
};

namespace detail {

/// What `transact` with a ticket asks of a storage.
template <class Durability>
struct ticketed {
  static_assert(millrace::detail::requirement<Durability::shares_ms != 0, Durability>,
                "millrace[STORAGE-4]: a ticket is of a commit that transactions share, as with durable::group<5>: "
                "durable::each has kept a transaction when it returns, durable::os leaves it to the system");
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_COMMIT_TICKET_HPP
