#ifndef MILLRACE_DELIVER_ROLLOUT_DETAIL_ROUTE_LANES_HPP
#define MILLRACE_DELIVER_ROLLOUT_DETAIL_ROUTE_LANES_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/thread_slot.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// How requests are routed, as one thing that is replaced as a whole.
struct request_route {
  /// A unit is the candidate's if the upper 53 bits of its hash are below this.
  std::uint64_t threshold = 0;
  std::uint32_t step = 0;
  std::uint32_t number = 1;  // of the rollout
  /// Which of the two models is the stable one; the candidate is the other.
  std::uint32_t primary = 0;
  /// Whether requests may be the candidate's, and whether what the models do is evidence.
  bool is_live = false;
  bool is_measured = false;
};

/// Which route is the newest, and how many requests are in each. A request enters the newest by one addition to a word
/// of its own thread's, and leaves by one exchange of the same, which at once tells it whether the route is still the
/// newest: so whatever a request is answered by was live at that moment. A route's place is used again when nobody is
/// in it. Threads: any number enter and leave; one at a time publishes.
class route_lanes {
 public:
  static constexpr std::size_t max_routes = 64;

  /// Where a request is between entering and leaving.
  struct visit {
    std::uint32_t lane;
    std::uint32_t route;
  };

  route_lanes() noexcept { taken_[0].store_relaxed(true); }

  visit enter() noexcept {
    const std::uint32_t slot = thread_slot();
    return {slot, static_cast<std::uint32_t>(lanes_[slot].word.add_acq_rel(1) >> count_bits)};
  }
  const request_route& operator[](visit at) const noexcept { return routes_[at.route].what; }
  /// Returns whether the route is still the newest.
  bool leave(visit at) noexcept {
    light_atomic<std::uint64_t>& word = lanes_[at.lane].word;
    std::uint64_t now = word.load_relaxed();
    while (now >> count_bits == at.route) {
      if (word.replace_release(now, now - 1)) [[likely]]
        return true;
    }
    leave_old(at.route);
    return false;
  }

  /// Has all requests that enter from now on take this route. False: all places are taken by requests that do not end.
  bool publish(const request_route& next) noexcept {
    std::size_t at = 0;
    while (at < max_routes && taken_[at].load_acquire()) ++at;
    if (at == max_routes) return false;
    routes_[at].what = next;
    routes_[at].balance.store_relaxed(0);
    taken_[at].store_relaxed(true);
    const std::uint32_t before = newest_;
    std::int64_t inside = 0;
    for (lane& each : lanes_)
      inside += static_cast<std::int64_t>(each.word.exchange_acq_rel(static_cast<std::uint64_t>(at) << count_bits) &
                                          count_mask);
    newest_ = static_cast<std::uint32_t>(at);
    // Those that had entered are added to minus those that have left since, so that it is 0 with the last.
    if (routes_[before].balance.add_acq_rel(inside) == -inside) taken_[before].store_release(false);
    return true;
  }
  /// Whether every request that is under way has entered the newest route. For who publishes.
  bool is_settled() const noexcept {
    for (std::size_t i = 0; i < max_routes; ++i)
      if (i != newest_ && taken_[i].load_acquire()) return false;
    return true;
  }

 private:
  static constexpr unsigned count_bits = 48;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;

  struct alignas(64) lane {
    light_atomic<std::uint64_t> word{0};  // the newest route, and how many requests of this lane are in it
  };
  struct alignas(64) place {
    request_route what;
    alignas(64) light_atomic<std::int64_t> balance{0};
  };

  [[gnu::cold, gnu::noinline]] void leave_old(std::uint32_t of) noexcept {
    if (routes_[of].balance.subtract_acq_rel(1) == 1) taken_[of].store_release(false);
  }

  lane lanes_[shared_slot + 1];
  place routes_[max_routes];
  light_atomic<bool> taken_[max_routes];
  std::uint32_t newest_ = 0;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_ROLLOUT_DETAIL_ROUTE_LANES_HPP
