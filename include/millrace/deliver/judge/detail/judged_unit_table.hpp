#ifndef MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNIT_TABLE_HPP
#define MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNIT_TABLE_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/deliver/judge/detail/copied_atomic.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// Units (users) by a hash, each with a note of 64 bits that is not 0, which says when it was counted and where. It
/// takes no more than 15/16 of its capacity.
/// Complexity: O(1) on average.
/// Allocates: construction and copies.
/// Threads: insert from any number at once, without a lock; merge one at a time beside them.
class judged_unit_table {
 public:
  enum class found : std::uint8_t { added, present, full };

  /// Precondition: the capacity is a power of two, of at least 16; or 0, for a table that is always full.
  explicit judged_unit_table(std::size_t capacity) : entries_(capacity) {}

  std::size_t size() const noexcept { return static_cast<std::size_t>(size_.load_relaxed()); }
  /// How many units were not taken for want of room.
  std::uint64_t refused() const noexcept { return refused_.load_relaxed(); }
  /// How full the table is, in sixteenths.
  std::size_t fill() const noexcept { return entries_.empty() ? 15 : 16 * size() / entries_.size(); }

  /// Adds a unit that is not there, with note(), which is not 0.
  template <class Note>
  found insert(std::uint64_t key, Note note) noexcept {
    if (key == 0) key = 1;
    if (entries_.empty()) return refuse();
    for (std::size_t at = place(key);; at = (at + 1) & (entries_.size() - 1)) {
      std::uint64_t there = entries_[at].key.load_acquire();
      if (there == 0) {
        if (fill() >= 15) return refuse();
        if (!claim(at, key, there)) {
          if (there != key) continue;
          return found::present;
        }
        entries_[at].note.store_release(note());
        return found::added;
      }
      if (there == key) return found::present;
    }
  }

  /// Adds the units of another table. Of a unit that both have, the note with the smaller upper half stays, and
  /// surplus(the other) is called; so it is for a unit that there is no room for.
  template <class Surplus>
  void merge(const judged_unit_table& other, Surplus surplus) noexcept {
    for (const entry& one : other.entries_) {
      const std::uint64_t note = one.note.load_acquire();
      if (note == 0) continue;
      const std::uint64_t key = one.key.load_acquire();
      if (insert(key, [&] { return note; }) == found::added) continue;
      entry* const mine = find(key);
      const std::uint64_t before = mine == nullptr ? 0 : mine->note.load_acquire();
      const bool is_earlier = before >> 32 > note >> 32;
      if (is_earlier) mine->note.store_release(note);
      surplus(is_earlier ? before : note);
    }
    refused_.add_relaxed(other.refused());
  }

  // In a payload: how many units were refused (u64), how many follow (u64), and each with key and note (u64), by key.
  template <class = void>
  void save(envelope_writer& to) const;
  /// Returns false if the numbers contradict each other.
  template <class = void>
  bool load(envelope_reader& from);

 private:
  struct entry {
    copied_atomic<std::uint64_t> key{0};
    copied_atomic<std::uint64_t> note{0};
  };

  std::size_t place(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>(splitmix64(key)) & (entries_.size() - 1);
  }
  bool claim(std::size_t at, std::uint64_t key, std::uint64_t& there) noexcept {
    while (!entries_[at].key.replace_acquire(there, key))
      if (there != 0) return false;
    size_.add_relaxed(1);
    return true;
  }
  found refuse() noexcept {
    refused_.add_relaxed(1);
    return found::full;
  }
  entry* find(std::uint64_t key) noexcept {
    if (entries_.empty()) return nullptr;
    for (std::size_t at = place(key);; at = (at + 1) & (entries_.size() - 1)) {
      const std::uint64_t there = entries_[at].key.load_acquire();
      if (there == key) return &entries_[at];
      if (there == 0) return nullptr;
    }
  }

  std::vector<entry> entries_;
  copied_atomic<std::uint64_t> size_{0};
  copied_atomic<std::uint64_t> refused_{0};
};

template <class>
void judged_unit_table::save(envelope_writer& to) const {
  std::vector<std::array<std::uint64_t, 2>> units;
  for (const entry& one : entries_)
    if (const std::uint64_t note = one.note.load_acquire(); note != 0) units.push_back({one.key.load_acquire(), note});
  heap_sort(units.data(), units.size(), [](const auto& a, const auto& b) { return a[0] < b[0]; });
  to.u64(refused());
  to.u64(units.size());
  for (const auto& one : units) {
    to.u64(one[0]);
    to.u64(one[1]);
  }
}

template <class>
bool judged_unit_table::load(envelope_reader& from) {
  const std::uint64_t lost = from.u64();
  bool valid = true;
  std::uint64_t before = 0;
  for (std::size_t left = from.count(16); left > 0 && valid; --left) {
    const std::uint64_t key = from.u64();
    const std::uint64_t note = from.u64();
    valid = key > std::exchange(before, key) && note != 0 && insert(key, [&] { return note; }) == found::added;
  }
  refused_.store_relaxed(lost);
  return valid;
}

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_JUDGE_DETAIL_JUDGED_UNIT_TABLE_HPP
