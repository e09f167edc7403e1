#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_COUNT_TABLE_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_COUNT_TABLE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/core/detail/thread_slot.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// Counters that any number of threads add to. Each of 15 threads has a row of them for itself, in cache lines of its
/// own, and adds without a locked instruction; all others share the last row. A copy has the sums in that one.
/// Allocates: construction and copies.
/// Threads: add, sum and merge from any number at once. A sum has all additions that happened before it.
class count_table {
 public:
  using counter = light_atomic<std::uint64_t>;

  explicit count_table(std::size_t columns) : columns_((columns + 7) & ~std::size_t{7}) {
    const std::size_t size = columns_ * (shared_slot + 1);
    rows_ = static_cast<counter*>(::operator new(size * sizeof(counter), std::align_val_t(64)));
    for (std::size_t i = 0; i < size; ++i) new (rows_ + i) counter(0);
  }
  count_table(const count_table& other) : count_table(other.columns_) { merge(other); }
  count_table(count_table&& other) noexcept
      : columns_(std::exchange(other.columns_, 0)), rows_(std::exchange(other.rows_, nullptr)) {}
  count_table& operator=(count_table other) noexcept {
    std::swap(columns_, other.columns_);
    std::swap(rows_, other.rows_);
    return *this;
  }
  ~count_table() { ::operator delete(rows_, std::align_val_t(64)); }

  std::size_t columns() const noexcept { return columns_; }
  /// This thread's row.
  counter* row(std::uint32_t slot) noexcept { return rows_ + slot * columns_; }
  /// Adds to a counter of the row of this thread's `slot`.
  static void add(counter& to, std::uint64_t by, std::uint32_t slot) noexcept {
    if (slot != shared_slot) [[likely]]
      to.store_relaxed(to.load_relaxed() + by);
    else
      to.add_relaxed(by);
  }
  /// Adds to the row that all threads may add to.
  void add(std::size_t column, std::uint64_t by) noexcept { row(shared_slot)[column].add_relaxed(by); }
  std::uint64_t sum(std::size_t column) const noexcept {
    std::uint64_t all = 0;
    for (std::size_t slot = 0; slot <= shared_slot; ++slot) all += rows_[slot * columns_ + column].load_relaxed();
    return all;
  }
  /// Adds the counts of a table with as many columns.
  void merge(const count_table& other) noexcept {
    for (std::size_t i = 0; i < columns_; ++i)
      if (const std::uint64_t by = other.sum(i); by != 0) add(i, by);
  }

 private:
  std::size_t columns_;
  counter* rows_;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_COUNT_TABLE_HPP
