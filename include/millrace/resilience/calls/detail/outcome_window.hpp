#ifndef MILLRACE_RESILIENCE_CALLS_DETAIL_OUTCOME_WINDOW_HPP
#define MILLRACE_RESILIENCE_CALLS_DETAIL_OUTCOME_WINDOW_HPP

#include <millrace/resilience/calls/breaker_options.hpp>
#include <millrace/resilience/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace resilience {
namespace detail {

struct outcome_tally {
  std::uint64_t calls = 0;  // a window of hours has more than 32 bits hold
  std::uint64_t failures = 0;
  std::uint64_t slow = 0;

  void update(bool failed, bool was_slow) noexcept {
    ++calls;
    failures += failed ? 1 : 0;
    slow += was_slow ? 1 : 0;
  }
  void subtract(const outcome_tally& other) noexcept {
    calls -= other.calls;
    failures -= other.failures;
    slow -= other.slow;
  }
};

/// How the last calls ended: a ring of their outcomes, or of the tallies of short times. Its user locks.
class outcome_window {
 public:
  /// Precondition: options that make sense.
  explicit outcome_window(const breaker_options& options)
      : length_(options.time > duration(0) ? static_cast<std::uint64_t>(options.time.nanoseconds) / options.buckets
                                           : 0),
        ring_(length_ == 0 ? options.calls : 0),
        buckets_(length_ == 0 ? 0 : options.buckets) {}

  bool needs_time() const noexcept { return length_ != 0; }
  void update(bool failed, bool slow, std::uint64_t now) noexcept {
    if (length_ == 0) {
      unsigned char& place = ring_[at_];
      if (sum_.calls == ring_.size()) sum_.subtract({1, place & 1U, std::uint64_t{place} >> 1U});
      place = static_cast<unsigned char>((failed ? 1U : 0U) | (slow ? 2U : 0U));
      at_ = at_ + 1 == ring_.size() ? 0 : at_ + 1;
    } else {
      pass(now);
      buckets_[at_].update(failed, slow);
    }
    sum_.update(failed, slow);
  }
  const outcome_tally& tally(std::uint64_t now) noexcept {
    if (length_ != 0) pass(now);
    return sum_;
  }
  /// Whether one more call that is neither failed nor slow would change nothing.
  bool is_clean() const noexcept {
    return length_ == 0 && sum_.calls == ring_.size() && sum_.failures == 0 && sum_.slow == 0;
  }
  void reset() noexcept {
    sum_ = {};
    at_ = 0;
    for (outcome_tally& one : buckets_) one = {};
  }

 private:
  /// Forgets the buckets whose time is over. A clock that goes back stays in the bucket of now.
  void pass(std::uint64_t now) noexcept {
    const std::uint64_t number = now / length_;
    if (number <= number_) return;
    std::uint64_t passed = number - number_;
    number_ = number;
    for (passed = passed < buckets_.size() ? passed : buckets_.size(); passed > 0; --passed) {
      at_ = at_ + 1 == buckets_.size() ? 0 : at_ + 1;
      sum_.subtract(buckets_[at_]);
      buckets_[at_] = {};
    }
  }

  std::uint64_t length_;  // of a bucket, in nanoseconds; 0: the last calls count
  std::vector<unsigned char> ring_;
  std::vector<outcome_tally> buckets_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;  // of the bucket of now
  outcome_tally sum_;
};

}  // namespace detail
}  // namespace resilience
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_RESILIENCE_CALLS_DETAIL_OUTCOME_WINDOW_HPP
