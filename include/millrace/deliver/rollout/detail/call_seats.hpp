#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_CALL_SEATS_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_CALL_SEATS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/thread_slot.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// A seat for each call that the candidate may be in at once, with the time at which it began, so that somebody else
/// sees calls that do not return. Threads: any.
template <std::size_t Seats>
class call_seats {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  /// Takes a seat for a call that begins at a reading of a clock. None: they are all taken.
  std::size_t take(std::uint64_t ticks) noexcept {
    std::size_t at = thread_slot() % Seats;  // most likely this thread's from before
    for (std::size_t tried = 0; tried < Seats; ++tried, at = at + 1 < Seats ? at + 1 : 0) {
      std::uint64_t free = 0;
      if (seats_[at].since.load_relaxed() == 0 && seats_[at].since.replace_acquire(free, ticks != 0 ? ticks : 1))
        return at;
    }
    return none;
  }
  void leave(std::size_t at) noexcept { seats_[at].since.store_release(0); }

  /// Calls `use(ticks)` of each call that is under way.
  template <class Use>
  void for_each(const Use& use) const {
    for (const seat& each : seats_)
      if (const std::uint64_t since = each.since.load_acquire(); since != 0) use(since);
  }

 private:
  struct alignas(64) seat {
    light_atomic<std::uint64_t> since{0};
  };
  seat seats_[Seats];
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_CALL_SEATS_HPP
