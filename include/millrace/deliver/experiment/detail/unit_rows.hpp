#ifndef MILLRACE_DELIVER_EXPERIMENT_DETAIL_UNIT_ROWS_HPP
#define MILLRACE_DELIVER_EXPERIMENT_DETAIL_UNIT_ROWS_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/deliver/fwd.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// The units of an experiment, in an open-addressing table of a fixed number of slots. A slot is a row of words, all 0
/// while it is empty, which threads change by atomic operations alone:
///
///   0  key    of the unit, not 0
///   1  state  bits 0 to 7: variant + 1; 8: seen in two variants; 16 to 31: segment; 32 on: which covariates are known
///   2  first  when it was exposed first, nanoseconds since 1970
///   3  ...    what the experiment's metrics make of it
///
/// Nobody leaves the table, so a slot that was found stays the unit's.
/// Complexity: O(1). At most three quarters of the slots are taken.
/// Allocates: once; the system gives the pages as they are touched.
/// Threads: any number; `put` and `reset` one at a time, with nobody else.
class unit_rows {
 public:
  static constexpr std::size_t head = 3;
  static constexpr std::uint64_t variant_mask = 0xff;
  static constexpr std::uint64_t contaminated = 0x100;

  unit_rows() noexcept = default;
  unit_rows(std::size_t words, std::size_t most) : stride_(head + words), most_(most) {
    std::size_t slots = 16;
    while (slots / 4 * 3 < most) slots *= 2;
    mask_ = slots - 1;
    rows_ = static_cast<std::uint64_t*>(std::calloc(slots * stride_, sizeof(std::uint64_t)));
    if (rows_ == nullptr) throw std::bad_alloc();
  }
  unit_rows(unit_rows&& other) noexcept
      : rows_(std::exchange(other.rows_, nullptr)),
        stride_(other.stride_),
        mask_(other.mask_),
        most_(other.most_),
        count_(other.count_.load_relaxed()) {}
  unit_rows& operator=(unit_rows&&) = delete;
  ~unit_rows() { std::free(rows_); }

  std::size_t words() const noexcept { return stride_ - head; }
  std::size_t max_size() const noexcept { return most_; }
  std::size_t size() const noexcept {
    const std::size_t count = count_.load_relaxed();
    return count < most_ ? count : most_;
  }

  /// A unit's row; null if it has none.
  std::uint64_t* find(std::uint64_t key) const noexcept {
    for (std::size_t at = slot_of(key);; at = (at + 1) & mask_) {
      std::uint64_t* const row = rows_ + at * stride_;
      const std::uint64_t there = load_acquire(*row);
      if (there == key) return row;
      if (there == 0) return nullptr;
    }
  }
  /// The same, which takes a slot where there is none; null if there is no room.
  std::uint64_t* find_or_take(std::uint64_t key) noexcept {
    for (std::size_t at = slot_of(key);;) {
      std::uint64_t* const row = rows_ + at * stride_;
      std::uint64_t there = load_acquire(*row);
      if (there == 0) {
        if (count_.load_relaxed() >= most_) return nullptr;
        if (count_.add_relaxed(1) >= most_) {
          count_.add_relaxed(~std::size_t{0});
          return nullptr;
        }
        if (__atomic_compare_exchange_n(row, &there, key, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return row;
        count_.add_relaxed(~std::size_t{0});  // another thread took the slot
      }
      if (there == key) return row;
      at = (at + 1) & mask_;
    }
  }

  template <class Use>
  void for_each(Use use) const {
    if (rows_ == nullptr) return;
    for (std::size_t at = 0; at <= mask_; ++at) {
      const std::uint64_t* const row = rows_ + at * stride_;
      if ((load_acquire(row[1]) & variant_mask) != 0) use(row);
    }
  }

 private:
  std::size_t slot_of(std::uint64_t key) const noexcept { return static_cast<std::size_t>(key ^ key >> 32) & mask_; }

  std::uint64_t* rows_ = nullptr;
  std::size_t stride_ = head;
  std::size_t mask_ = 0;
  std::size_t most_ = 0;
  light_atomic<std::size_t> count_{0};
};

inline std::uint64_t load_word(const std::uint64_t& from) noexcept { return __atomic_load_n(&from, __ATOMIC_RELAXED); }
inline double load_number(const std::uint64_t& from) noexcept { return std::bit_cast<double>(load_word(from)); }
inline void add_number(std::uint64_t& to, double by) noexcept {
  std::uint64_t there = load_word(to);
  while (!__atomic_compare_exchange_n(&to, &there, std::bit_cast<std::uint64_t>(std::bit_cast<double>(there) + by),
                                      true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}
inline void raise_word(std::uint64_t& to, std::uint64_t value) noexcept {
  std::uint64_t there = load_word(to);
  while (there < value && !__atomic_compare_exchange_n(&to, &there, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}
inline void lower_time(std::uint64_t& to, std::uint64_t value) noexcept {
  std::uint64_t there = load_word(to);
  while ((there == 0 || value < there) &&
         !__atomic_compare_exchange_n(&to, &there, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}
/// Finite numbers as words in the same order, none of them 0, which stands for no number.
inline std::uint64_t ordered_word(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return bits >> 63 != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}
inline double ordered_number(std::uint64_t word) noexcept {
  return std::bit_cast<double>(word >> 63 != 0 ? word & ~(std::uint64_t{1} << 63) : ~word);
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_EXPERIMENT_DETAIL_UNIT_ROWS_HPP
