#ifndef MILLRACE_OBSERVE_METRICS_DETAIL_OWNED_CELL_HPP
#define MILLRACE_OBSERVE_METRICS_DETAIL_OWNED_CELL_HPP

#include <millrace/core/config.hpp>
#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/observe/fwd.hpp>

#include <bit>
#include <cstdint>

// Additions to a cell that one thread writes and others read. A load and a store do, without the cost of an atomic
// read-modify-write (x86's lock prefix).
namespace millrace {
inline namespace v0 {
namespace observe {
namespace detail {

using metric_cell = light_atomic<std::uint64_t>;

/// Adds `by` to the cell.
inline void bump(metric_cell& cell, std::uint64_t by) noexcept {
#if defined(__x86_64__)
  // One instruction for a relaxed load, an addition and a relaxed store, of which g++ makes three.
  asm("addq %1, %0" : "+m"(reinterpret_cast<std::uint64_t&>(cell)) : "er"(by) : "cc");
#else
  cell.store_relaxed(cell.load_relaxed() + by);
#endif
}

/// Adds `by` to a cell that holds the bits of a double.
inline void bump_real(metric_cell& cell, double by) noexcept {
  const double now = std::bit_cast<double>(cell.load_relaxed());
  cell.store_relaxed(std::bit_cast<std::uint64_t>(now + by));
}

/// Adds 1 and `by` to two neighbouring cells that hold the bits of doubles.
inline void bump_pair(metric_cell* pair, double by) noexcept {
#if defined(__x86_64__)
  // Two relaxed loads, additions and relaxed stores at once. A vector load or store is not atomic as a whole, but each
  // of its aligned halves of 8 bytes is.
  using two [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] = double;
  two& cells = *reinterpret_cast<two*>(pair);
  two now;
#if defined(__AVX__)
  asm("vmovupd %1, %0" : "=x"(now) : "m"(cells));
  now += two{1.0, by};
  asm("vmovupd %1, %0" : "=m"(cells) : "x"(now));
#else
  asm("movupd %1, %0" : "=x"(now) : "m"(cells));
  now += two{1.0, by};
  asm("movupd %1, %0" : "=m"(cells) : "x"(now));
#endif
#else
  bump_real(pair[0], 1.0);
  bump_real(pair[1], by);
#endif
}

/// Makes the cell at least `to`.
inline void raise(metric_cell& cell, std::uint64_t to) noexcept {
  if (to > cell.load_relaxed()) cell.store_relaxed(to);
}

}  // namespace detail
}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_DETAIL_OWNED_CELL_HPP
