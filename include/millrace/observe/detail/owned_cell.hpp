#ifndef MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP
#define MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP

#include <millrace/core/config.hpp>

#include <atomic>
#include <bit>
#include <cstdint>

// Additions to a cell that one thread writes and others read: no read-modify-write is needed, so no
// lock prefix is paid.
namespace millrace {
inline namespace v0 {
namespace detail {

using metric_cell = std::atomic<std::uint64_t>;

inline void bump(metric_cell& cell, std::uint64_t by) noexcept {
#if defined(__x86_64__)
  // What a relaxed load, an addition and a relaxed store mean; g++ makes three instructions of those.
  asm("addq %1, %0" : "+m"(cell) : "er"(by) : "cc");
#else
  cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
#endif
}

/// The cell holds the bits of a double.
inline void bump_real(metric_cell& cell, double by) noexcept {
  const double now = std::bit_cast<double>(cell.load(std::memory_order_relaxed));
  cell.store(std::bit_cast<std::uint64_t>(now + by), std::memory_order_relaxed);
}

inline void raise(metric_cell& cell, std::uint64_t to) noexcept {
  if (to > cell.load(std::memory_order_relaxed)) cell.store(to, std::memory_order_relaxed);
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_DETAIL_OWNED_CELL_HPP
