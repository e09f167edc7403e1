#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_PERMITS_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_PERMITS_HPP

#include <millrace/core/detail/int128.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/spin_lock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

/// When each call may begin: by a token bucket, or so that no window of a length holds more than so many.
class permits {
 public:
  /// A window if `burst` is 0.
  permits(std::uint32_t calls, std::uint64_t per, std::uint32_t burst)
      : calls_(calls), per_(per), burst_(burst), begun_(burst == 0 ? calls : 0) {}

  /// Reserves the next permit, if it comes within `patience`. Returns how long to wait for it; or, less 1, how long
  /// that would be, as a number below 0.
  std::int64_t reserve(std::uint64_t now, std::uint64_t patience) noexcept {
    const spin_guard locked(lock_);
    if (now < latest_) now = latest_;  // a clock that goes back gives no second permit
    latest_ = now;
    const std::uint64_t wait = burst_ == 0 ? until_window(now) : until_token(now);
    if (wait > patience) return -1 - bounded(wait);
    if (burst_ == 0) {
      begun_[at_] = now + wait;
      at_ = at_ + 1 == calls_ ? 0 : at_ + 1;
      count_ += count_ < calls_ ? 1 : 0;
    } else {
      const uint128 scaled = static_cast<uint128>(now) * calls_;
      arrival_ = (arrival_ > scaled ? arrival_ : scaled) + per_;
    }
    return bounded(wait);
  }

 private:
  static std::int64_t bounded(std::uint64_t wait) noexcept {
    constexpr std::uint64_t most = 0x3fff'ffff'ffff'ffff;
    return static_cast<std::int64_t>(wait < most ? wait : most);
  }
  std::uint64_t until_window(std::uint64_t now) const noexcept {
    if (count_ < calls_) return 0;
    const std::uint64_t since = now > begun_[at_] ? now - begun_[at_] : 0;
    const std::uint64_t ahead = begun_[at_] > now ? begun_[at_] - now : 0;
    // When the oldest of the last `calls` is out of the window.
    return since >= per_ ? 0 : ahead < ~per_ ? ahead + (per_ - since) : ~std::uint64_t{0};
  }

  /// The generic cell rate algorithm, which is a token bucket that needs no filling: a call may begin as soon as it is
  /// no further than the burst ahead of the moment at which calls at the exact rate would have come to it. That moment
  /// is kept in nanoseconds times `calls`, in which the time between two calls is a whole number.
  /// Source: ITU-T I.371, the virtual scheduling algorithm.
  std::uint64_t until_token(std::uint64_t now) const noexcept {
    const uint128 allowed = static_cast<uint128>(now) * calls_ + static_cast<uint128>(per_) * (burst_ - 1);
    return arrival_ <= allowed ? 0 : static_cast<std::uint64_t>((arrival_ - allowed + calls_ - 1) / calls_);
  }

  const std::uint32_t calls_;
  const std::uint64_t per_;
  const std::uint32_t burst_;
  spin_lock lock_;
  std::uint64_t latest_ = 0;
  uint128 arrival_ = 0;
  std::vector<std::uint64_t> begun_;  // of the window: when its calls began, or will
  std::size_t at_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_PERMITS_HPP
