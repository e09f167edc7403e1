#ifndef MILLRACE_AGGREGATE_KEYED_DETAIL_GROUP_INDEX_HPP
#define MILLRACE_AGGREGATE_KEYED_DETAIL_GROUP_INDEX_HPP

#include <millrace/aggregate/sketches/detail/murmur3.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

inline constexpr std::size_t no_group = ~std::size_t{0};

/// Numbers keys from 0 on, in the order in which they are inserted. Integers in [0, 4096) are looked up in a table, all
/// other keys by hash.
template <class Key>
class group_index {
 public:
  static constexpr bool is_text = std::is_same_v<Key, std::string>;
  static_assert(is_text || (std::is_integral_v<Key> && !std::is_same_v<Key, bool>),
                "millrace[AGGREGATE-11]: grouped<Key, ...>: Key must be an integer or std::string");
  using key_type = std::conditional_t<is_text, std::string_view, Key>;

  /// The key's number; no_group if it has none.
  std::size_t find(key_type key) const noexcept {
    if constexpr (!is_text) {
      if (is_small(key)) {
        const auto at = static_cast<std::size_t>(key);
        return at < small_.size() ? small_[at] - std::size_t{1} : no_group;
      }
    }
    if (slots_.empty()) return no_group;
    const std::uint64_t hash = hash_of(key);
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const slot& one = slots_[at];
      if (one.group == 0) return no_group;
      if (one.hash == static_cast<std::uint32_t>(hash >> 32) && keys_[one.group - 1] == key) return one.group - 1;
    }
  }
  /// Gives a key the next number and returns it. Precondition: the key has none yet.
  std::size_t insert(key_type key) {
    keys_.emplace_back(key);
    const auto group = static_cast<std::uint32_t>(keys_.size());
    if constexpr (!is_text) {
      if (is_small(key)) {
        const auto at = static_cast<std::size_t>(key);
        if (at >= small_.size()) small_.resize(at + 1 + at / 2);
        small_[at] = group;
        return group - 1;
      }
    }
    if (2 * (++hashed_) > slots_.size()) {
      slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), slot{});
      for (std::size_t i = 0; i + 1 < keys_.size(); ++i)
        if (is_text || !is_small(keys_[i])) place(hash_of(keys_[i]), static_cast<std::uint32_t>(i + 1));
    }
    place(hash_of(key), group);
    return group - 1;
  }
  /// Forgets a key; the numbers of later keys become less by one.
  void erase(std::size_t group) {
    std::vector<Key> keys = std::move(keys_);
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(group));
    *this = group_index();
    for (const Key& key : keys) (void)insert(key);
  }
  const Key& key(std::size_t group) const noexcept { return keys_[group]; }

  void save_key(std::size_t group, envelope_writer& to) const {
    if constexpr (is_text)
      to.text(keys_[group]);
    else
      to.u64(static_cast<std::uint64_t>(keys_[group]));
  }
  /// Loads and inserts a key. Returns its number; no_group if the key has one already, or is not of the key's type.
  std::size_t load_key(envelope_reader& from) {
    if constexpr (is_text) {
      const std::string_view read = from.text();
      return find(read) == no_group ? insert(read) : no_group;
    } else {
      const std::uint64_t read = from.u64();
      const auto made = static_cast<Key>(read);
      return static_cast<std::uint64_t>(made) == read && find(made) == no_group ? insert(made) : no_group;
    }
  }

 private:
  struct slot {
    std::uint32_t group = 0;  // the key's number plus one; 0 if the slot is free
    std::uint32_t hash = 0;   // the upper half of the key's hash
  };

  static bool is_small([[maybe_unused]] const key_type& key) noexcept {
    if constexpr (is_text)
      return false;
    else
      return key >= 0 && static_cast<std::uint64_t>(key) < 4096;
  }
  static std::uint64_t hash_of(const key_type& key) noexcept {
    if constexpr (is_text)
      return murmur3::hash(key.data(), key.size()).low;
    else
      return murmur3::scatter(static_cast<std::uint64_t>(key));
  }
  void place(std::uint64_t hash, std::uint32_t group) noexcept {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].group != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {group, static_cast<std::uint32_t>(hash >> 32)};
  }

  std::vector<Key> keys_;
  std::vector<std::uint32_t> small_;  // by key: its number plus one, or 0
  std::vector<slot> slots_;           // a power of two, at least half of them free
  std::size_t hashed_ = 0;            // how many keys are in slots_
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_KEYED_DETAIL_GROUP_INDEX_HPP
