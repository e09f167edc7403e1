#ifndef MILLRACE_DELIVER_SHADOW_SHADOW_STATE_HPP
#define MILLRACE_DELIVER_SHADOW_SHADOW_STATE_HPP

#include <millrace/core/result.hpp>
#include <millrace/deliver/shadow/detail/shadow_tally.hpp>
#include <millrace/deliver/shadow/shadow_report.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {
template <class Job>
class shadow_core;
}  // namespace detail

/// What a shadow has counted, as a value: to go on with it after a restart, and to put the shadows of several processes
/// together.
///
///     mr::deliver::shadow_state all = decided.state();
///     all.merge(*mr::deliver::shadow_state::load(bytes_of_another_host));
///     std::puts(all.report("fraud").summary().c_str());
///
/// Guarantee: counts, distances and latencies merge exactly; the sketches of the outputs, within their error. What was
/// dropped or left out is no part of it. Size: 64 KiB and the segments; saved, some 10 KiB.
/// Threads: one at a time.
class shadow_state {
 public:
  explicit shadow_state(std::size_t max_segments = 64) : tally_(max_segments) {}

  /// Adds what another has counted.
  void merge(const shadow_state& other) { tally_.merge(other.tally_); }
  /// The figures, under a name.
  shadow_report report(std::string name = "shadow") const {
    shadow_report made;
    made.name = std::move(name);
    tally_.report(made);
    return made;
  }

  /// Saved form: an envelope "shadow_state" of the limit of segments (u64), the counts of all, the number of segments
  /// (u64) and of each its name and counts, and the blocks of both arms' latencies and of both arms' outputs. Counts
  /// are comparisons, agreements, failures of the candidate and of the stable model, distances (u64), the greatest and
  /// the sum of them (f64).
  std::vector<std::byte> save() const { return tally_.save(); }
  /// Errors: those of `envelope_reader::open`; corrupt if the numbers contradict each other.
  static result<shadow_state> load(std::span<const std::byte> bytes) {
    auto tally = detail::shadow_tally::load(bytes);
    if (!tally) return std::move(tally).error();
    shadow_state made;
    made.tally_ = *std::move(tally);
    return made;
  }

 private:
  template <class>
  friend class detail::shadow_core;

  explicit shadow_state(detail::shadow_tally tally) : tally_(std::move(tally)) {}

  detail::shadow_tally tally_;
};

}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_SHADOW_STATE_HPP
