#ifndef MILLRACE_OBSERVE_EVENTS_SUBSCRIPTION_HPP
#define MILLRACE_OBSERVE_EVENTS_SUBSCRIPTION_HPP

#include <millrace/core/clock.hpp>
#include <millrace/observe/events/detail/call_list.hpp>
#include <millrace/observe/metrics/detail/shared_state.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Keeps a function at an `event_emitter` or at `hooks`: it is called until this object goes, or `unsubscribe`.
///
/// Guarantee: after `unsubscribe` the function is not called again, and no call of it is running, so that what it
/// refers to may go. For that it waits until the events that were being delivered when it began have been, by all
/// their handlers: what a handler costs more to be told apart, every event would pay. So it takes as long as the
/// slowest handler of its event, and who unsubscribes holds no lock that any of them takes. From within a handler or
/// hook nobody waits, since the call may be the caller's own: other threads may then still be in the function's last
/// calls.
/// It may outlive the emitter.
/// Threads: one at a time, beside any number that emit.
class [[nodiscard]] subscription {
 public:
  subscription() noexcept = default;
  subscription(subscription&& other) noexcept
      : owner_(std::move(other.owner_)),
        list_(std::exchange(other.list_, nullptr)),
        entry_(std::exchange(other.entry_, nullptr)) {}
  subscription& operator=(subscription&& other) noexcept {
    if (this != &other) {
      unsubscribe();
      owner_ = std::move(other.owner_);
      list_ = std::exchange(other.list_, nullptr);
      entry_ = std::exchange(other.entry_, nullptr);
    }
    return *this;
  }
  ~subscription() { unsubscribe(); }

  /// Ends it; does nothing the second time.
  void unsubscribe() noexcept {
    if (entry_ == nullptr) return;
    list_->remove(*std::exchange(entry_, nullptr));
    list_ = nullptr;
    owner_ = {};
  }

  /// False when it is empty, has ended, or was for one event that has come.
  explicit operator bool() const noexcept { return entry_ != nullptr && entry_->is_live.load_acquire(); }
  std::string_view name() const noexcept { return entry_ != nullptr ? std::string_view(entry_->name) : ""; }
  /// How many calls threw or returned an error.
  std::uint64_t failures() const noexcept { return entry_ != nullptr ? entry_->failures.load_relaxed() : 0; }

 private:
  template <class... Events>
  friend class event_emitter;
  template <class... Operations>
  friend class hooks;
  template <clock_policy Clock>
  friend class health_monitor;
  template <clock_policy Clock>
  friend class component_group;

  /// Adds an entry that was just made to a list.
  subscription(detail::shared_owner owner, detail::call_list_base& list, detail::call_entry* made)
      : owner_(std::move(owner)), list_(&list), entry_(made) {
    list.add(*made);
  }

  detail::shared_owner owner_;  // of the list
  detail::call_list_base* list_ = nullptr;
  detail::call_entry* entry_ = nullptr;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_EVENTS_SUBSCRIPTION_HPP
