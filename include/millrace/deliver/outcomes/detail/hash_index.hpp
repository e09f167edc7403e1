#ifndef MILLRACE_DELIVER_OUTCOMES_DETAIL_HASH_INDEX_HPP
#define MILLRACE_DELIVER_OUTCOMES_DETAIL_HASH_INDEX_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/deliver/fwd.hpp>

#include <cstddef>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// Entries by the 64 bits of a hash, several for one hash if need be: open addressing with linear probing, between a
/// third and two thirds full. An entry's hash is its member `hash`, never 0.
template <class Entry>
class hash_index {
 public:
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return slots_.size() * sizeof(Entry); }

  /// Calls look(entry) for each entry of the hash, until it returns true.
  template <class Look>
  void find(std::uint64_t hash, Look&& look) {
    if (slots_.empty()) return;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].hash != 0; at = (at + 1) & mask)
      if (slots_[at].hash == hash && look(slots_[at])) return;
  }
  void insert(const Entry& one) {
    if (3 * (size_ + 1) > 2 * slots_.size()) rebuild(slots_.empty() ? 1024 : 2 * slots_.size(), keep_all);
    put(one);
  }
  /// Removes the entries for which `goes(entry)` holds. Complexity: linear in all.
  template <class Goes>
  void remove_if(const Goes& goes) {
    rebuild(slots_.size(), [&](const Entry& each) { return !goes(each); });
  }

 private:
  static bool keep_all(const Entry&) noexcept { return true; }

  void put(const Entry& one) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = one.hash & mask;
    while (slots_[at].hash != 0) at = (at + 1) & mask;
    slots_[at] = one;
    ++size_;
  }
  template <class Stays>
  void rebuild(std::size_t room, const Stays& stays) {
    if (room == 0) return;
    flat_vector<Entry> before(room, Entry{});
    before.swap(slots_);
    size_ = 0;
    for (const Entry& each : before)
      if (each.hash != 0 && stays(each)) put(each);
  }

  flat_vector<Entry> slots_;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_OUTCOMES_DETAIL_HASH_INDEX_HPP
