#ifndef MILLRACE_TRACK_DETAIL_INDEX_WALK_HPP
#define MILLRACE_TRACK_DETAIL_INDEX_WALK_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/storage.hpp>
#include <millrace/track/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// How an index is gone through, whose keys behind a prefix are VALUE/REST, VALUE of 16 digits. `use(VALUE/REST)`
// returns a result<bool>: false ends the walk, whose result is then false as well.
namespace millrace {
inline namespace v0 {
namespace track {
namespace detail {

inline constexpr std::size_t value_digits = 16;
/// The part that number_key_part makes of NaN, behind those of all numbers.
inline constexpr std::string_view nan_part = "ffffffffffffffff";

/// In the order of the keys, from behind `after`, a whole key, or from the first on where that is empty.
template <class Objects, class Use>
result<bool> walk_up(const Objects& objects, const std::string& prefix, std::string after, const Use& use,
                     std::size_t trim) {
  std::size_t page = 64;
  for (;;) {
    const auto entries = objects.list(prefix, after, page);
    if (!entries) return entries.error();
    for (const store::storage_entry& each : *entries) {
      const result<bool> more = use(std::string_view(each.key).substr(trim));
      if (!more || !*more) return more;
    }
    if (entries->size() < page) return true;
    after = entries->back().key;
    if (page < 1024) page *= 2;
  }
}
template <class Objects, class Use>
result<bool> walk_up(const Objects& objects, const std::string& prefix, std::string after, const Use& use) {
  return walk_up(objects, prefix, std::move(after), use, prefix.size());
}

/// From the greatest VALUE less than `before` down, but entries of one VALUE in the order of REST.
template <class Objects, class Use>
result<bool> walk_down(const Objects& objects, const std::string& prefix, std::string_view before_value,
                       const Use& use) {
  std::string before = prefix + std::string(before_value);
  std::size_t page = 64;
  const auto value = [&](const store::storage_entry& of) {
    return std::string_view(of.key).substr(prefix.size(), value_digits);
  };
  for (;;) {
    const auto entries = objects.list_backward(prefix, before, page);
    if (!entries) return entries.error();
    if (entries->empty()) return true;
    const bool whole = entries->size() < page;  // there is nothing before them
    std::size_t begin = 0;
    while (begin < entries->size()) {
      std::size_t end = begin + 1;
      while (end < entries->size() && value((*entries)[end]) == value((*entries)[begin])) ++end;
      if (end == entries->size() && !whole) break;  // there may be more of this value
      for (std::size_t i = end; i-- > begin;) {
        const result<bool> more = use(std::string_view((*entries)[i].key).substr(prefix.size()));
        if (!more || !*more) return more;
      }
      begin = end;
    }
    if (whole) return true;
    before = prefix + std::string(value((*entries)[begin]));
    if (begin == 0) {  // more than a page of one value
      const result<bool> more = walk_up(objects, before + '/', "", use, prefix.size());
      if (!more || !*more) return more;
    } else {
      before += '0';  // behind all of that value: 0 follows the slash
    }
    if (page < 1024) page *= 2;
  }
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_INDEX_WALK_HPP
