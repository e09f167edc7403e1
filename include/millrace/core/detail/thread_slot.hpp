#ifndef MILLRACE_CORE_DETAIL_THREAD_SLOT_HPP
#define MILLRACE_CORE_DETAIL_THREAD_SLOT_HPP

#include <millrace/core/detail/light_atomic.hpp>

#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace detail {

/// So many threads at a time have a slot of their own; all others have this one together.
inline constexpr std::uint32_t shared_slot = 15;

struct slot_of_thread {
  std::uint32_t slot = shared_slot;
  bool is_known = false;
};
[[gnu::visibility("default")]] inline slot_of_thread& local_slot() noexcept {
  static constinit thread_local slot_of_thread kept{};
  return kept;
}
/// A bit for each slot that a living thread has.
[[gnu::visibility("default")]] inline light_atomic<std::uint32_t>& taken_slots() noexcept {
  static constinit light_atomic<std::uint32_t> taken{0};
  return taken;
}

[[gnu::noinline, gnu::cold]] inline std::uint32_t take_slot() noexcept {
  struct thread_end {  // gives the slot to the next thread, who sees all that this one wrote
    ~thread_end() {
      const std::uint32_t slot = local_slot().slot;
      local_slot().slot = shared_slot;
      if (slot != shared_slot) taken_slots().keep_bits_release(~(1U << slot));
    }
  };
  static thread_local thread_end at_end;
  static_cast<void>(&at_end);
  slot_of_thread& mine = local_slot();
  mine.is_known = true;
  std::uint32_t taken = taken_slots().load_relaxed();
  for (;;) {
    const auto free = static_cast<std::uint32_t>(__builtin_ctz(~taken));
    if (free >= shared_slot) return shared_slot;
    if (taken_slots().replace_acquire(taken, taken | 1U << free)) return mine.slot = free;
  }
}

/// A number below `shared_slot` that no other living thread has, or `shared_slot`. What stands at the number of a
/// thread is written by that thread alone, so that counting there takes no locked instruction.
inline std::uint32_t thread_slot() noexcept {
  const slot_of_thread& mine = local_slot();
  return mine.is_known ? mine.slot : take_slot();
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_DETAIL_THREAD_SLOT_HPP
