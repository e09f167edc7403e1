#ifndef MILLRACE_INFER_SERVING_BATCHER_OPTIONS_HPP
#define MILLRACE_INFER_SERVING_BATCHER_OPTIONS_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/infer/fwd.hpp>
#include <millrace/infer/serving/request.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace infer {

/// Who runs the model, and when.
enum class batching : std::uint8_t {
  /// A caller who finds the model idle runs it at once; those who come meanwhile are the next batch, which one of them
  /// runs. Nobody waits for company.
  leader,
  /// Each caller runs its own rows alone, as soon as fewer than `concurrency` others do.
  alone,
  /// One of the callers runs a batch once it is full, once its oldest request has waited for `max_delay`, or once a
  /// request could not be ready in time any more. How long a batch of its size takes is measured; a batch takes no more
  /// requests than it can have ready before the first deadline among them.
  by_deadline,
  /// Threads of a pool run the batches (`serving_threads`), as full as `max_delay` lets them become. A caller can leave
  /// at its deadline even while a model runs. Until the first thread comes, and when the pool is gone, it is
  /// `by_deadline`.
  pooled,
};

/// How a batcher works. A number that makes no sense becomes the nearest that does.
struct batcher_options {
  batching policy = batching::leader;
  /// The most rows that a model is ever given at once.
  std::size_t max_rows = 128;
  /// How long a batch that is not full may wait for company, counted from its oldest request (`by_deadline`, `pooled`).
  duration max_delay = duration(0);
  /// How many batches may run at a time; the threads that run them are callers or those of a pool.
  std::size_t concurrency = 1;
  /// How many rows of one priority may wait. What comes then is refused.
  std::size_t max_waiting = 4096;
  /// How often a waiting caller looks, before it sleeps, whether it is served.
  std::size_t patience = 100;
};

/// Options that the compiler knows: `batcher serve{model, max_rows<100>, max_delay<2ms>}`.
template <std::size_t Rows>
struct max_rows_option {
  static_assert(Rows > 0, "millrace[INFER-2]: a batch has one row at least: max_rows<1>");
  static constexpr void set(batcher_options& in) noexcept { in.max_rows = Rows; }
};
template <std::size_t Rows>
inline constexpr max_rows_option<Rows> max_rows{};

/// What `max_delay` is a value of.
template <duration Delay>
struct max_delay_option {
  static_assert(Delay.nanoseconds >= 0, "millrace[INFER-3]: a batch cannot wait for less than no time: max_delay<0s>");
  static constexpr void set(batcher_options& in) noexcept { in.max_delay = Delay; }
};
template <duration Delay>
inline constexpr max_delay_option<Delay> max_delay{};

/// What `concurrency` is a value of.
template <std::size_t Batches>
struct concurrency_option {
  static_assert(Batches > 0, "millrace[INFER-4]: nothing runs with a concurrency of 0; 1 is one batch at a time");
  static constexpr void set(batcher_options& in) noexcept { in.concurrency = Batches; }
};
template <std::size_t Batches>
inline constexpr concurrency_option<Batches> concurrency{};

/// What a policy of batching is given as.
template <batching Policy>
struct policy_option {
  static constexpr void set(batcher_options& in) noexcept { in.policy = Policy; }
};
template <batching Policy>
inline constexpr policy_option<Policy> policy{};

/// A clock that can also wait, as the virtual ones of tests do: `wait_until(nanoseconds)` returns when `now` is there.
/// With any other clock a thread sleeps on the system's monotonic clock.
template <class C>
concept waiting_clock = clock_policy<C> && requires(const C& clock, std::uint64_t nanoseconds) {
  { clock.wait_until(nanoseconds) } noexcept;
};

/// What is told of all that a batcher does: `serving_metrics`, or one of your own. Its functions are called by any
/// number of threads, some under the batcher's lock: they are short, and do not call the batcher.
template <class M>
concept serving_monitor =
    requires(const M& monitor, served one, std::size_t rows, std::ptrdiff_t more, std::uint64_t nanoseconds) {
      { monitor.waiting(more) } noexcept;                  // so many more rows wait, or fewer
      { monitor.began(rows) } noexcept;                    // a model is given so many
      { monitor.ran(one, rows) } noexcept;                 // it is done with them; `one` has its version
      { monitor.ended(one, rows, nanoseconds) } noexcept;  // a request of so many is over, so long after it came
      { monitor.replaced(rows) } noexcept;                 // a fallback gave the outputs of so many
    };

/// Tells nobody.
struct no_monitor {};

}  // namespace infer
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_INFER_SERVING_BATCHER_OPTIONS_HPP
