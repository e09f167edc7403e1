#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_WORK_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_WORK_HPP

#include <millrace/core/detail/guarded.hpp>
#include <millrace/deliver/fwd.hpp>
#include <millrace/deliver/shadow/detail/shadow_tally.hpp>
#include <millrace/deliver/shadow/shadow_events.hpp>
#include <millrace/deliver/shadow/shadow_policies.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// What jobs have, of requests and of rows: the candidate and the policies that are called on a shadow's threads.
template <class Candidate, class Compare, class Segment, class Told, class Watch, class Clock>
class shadow_work {
 public:
  static constexpr bool is_watched = !std::is_same_v<Watch, no_policy>;

  shadow_work(Candidate candidate, Compare compare, Segment segment, Told told, Watch watch, const Clock& clock)
      : candidate_(std::move(candidate)),
        compare_(std::move(compare)),
        segment_(std::move(segment)),
        told_(std::move(told)),
        watch_(std::move(watch)),
        clock_(clock) {}

  /// Tells the watcher what `event` returns, if there is the memory for it.
  template <class Event>
  void emit(Event&& event) {
    (void)guarded([&] { watch_.emit(event()); }, [] { return std::string("a watcher"); });
  }

 protected:
  static constexpr bool has_segments = !std::is_same_v<Segment, no_policy>;
  static constexpr bool is_told = !std::is_same_v<Told, no_policy>;

  void emit_compared(std::string_view name, std::string_view segment, const compared_pair& of) {
    emit([&] {
      return shadow_compared{name,
                             segment,
                             of.apart,
                             of.stable_failed,
                             of.candidate_failed,
                             of.stable_nanoseconds,
                             of.candidate_nanoseconds};
    });
  }

  std::uint64_t nanoseconds(std::uint64_t start, std::uint64_t end) const noexcept {
    const std::uint64_t from = clock_.nanoseconds(start);
    const std::uint64_t to = clock_.nanoseconds(end);
    return to > from ? to - from : 0;
  }

  Candidate candidate_;
  [[no_unique_address]] Compare compare_;
  [[no_unique_address]] Segment segment_;
  [[no_unique_address]] Told told_;
  [[no_unique_address]] Watch watch_;
  [[no_unique_address]] Clock clock_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_WORK_HPP
