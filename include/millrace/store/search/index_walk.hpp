#ifndef MILLRACE_STORE_SEARCH_INDEX_WALK_HPP
#define MILLRACE_STORE_SEARCH_INDEX_WALK_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/fwd.hpp>
#include <millrace/store/key_part.hpp>
#include <millrace/store/search/ranges.hpp>
#include <millrace/store/search/value.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How an index in a storage is gone through: keys without bytes, `<prefix><value>/<rest>`, whose value has the 16
// digits of `number_key_part`, so that the storage sorts them as the numbers.
namespace millrace {
inline namespace v0 {
namespace store {

/// How many characters a value has.
inline constexpr std::size_t index_value_size = 16;
/// The value of NaN, which is behind those of all numbers.
inline constexpr std::string_view index_nan = "ffffffffffffffff";

/// Calls `use(key without its first trim characters)` for the keys that begin with `prefix`, in their order, from
/// behind `after`, a whole key, or from the first on where that is empty. `use` returns a `result<bool>`: false ends
/// the walk, whose result is then false as well.
/// Complexity: of a page of 64 to 1,024 keys at a time. Errors: those of `list` and of `use`.
template <lists_objects Objects, class Use>
result<bool> walk_index_up(const Objects& objects, const std::string& prefix, std::string after, const Use& use,
                           std::size_t trim) {
  std::size_t page = 64;
  for (;;) {
    const auto entries = objects.list(prefix, after, page);
    if (!entries) return entries.error();
    for (const storage_entry& each : *entries) {
      const result<bool> more = use(std::string_view(each.key).substr(trim));
      if (!more || !*more) return more;
    }
    if (entries->size() < page) return true;
    after = entries->back().key;
    if (page < 1024) page *= 2;
  }
}
/// The same without the prefix.
template <lists_objects Objects, class Use>
result<bool> walk_index_up(const Objects& objects, const std::string& prefix, std::string after, const Use& use) {
  return walk_index_up(objects, prefix, std::move(after), use, prefix.size());
}

/// Calls `use(<value>/<rest>)` from the greatest value less than `before_value` down, but for entries of one value in
/// the order of their rest. As `walk_index_up`.
template <class Objects, class Use>
result<bool> walk_index_down(const Objects& objects, const std::string& prefix, std::string_view before_value,
                             const Use& use) {
  std::string before = prefix + std::string(before_value);
  std::size_t page = 64;
  const auto value = [&](const storage_entry& of) {
    return std::string_view(of.key).substr(prefix.size(), index_value_size);
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
      const result<bool> more = walk_index_up(objects, before + '/', "", use, prefix.size());
      if (!more || !*more) return more;
    } else {
      before += '0';  // behind all of that value: 0 follows the slash
    }
    if (page < 1024) page *= 2;
  }
}

/// Calls `use(<value>/<rest>)` for the numbers of a range that a filter requires: `required_ranges`. As
/// `walk_index_up`: true, if all of the range was gone through.
template <lists_objects Objects, class Use>
result<bool> walk_index_range(const Objects& objects, const std::string& prefix, const search_range& range,
                              const Use& use) {
  for (const search_value& value : range.values) {
    const auto done = walk_index_up(objects, prefix + number_key_part(value.real()) + '/', "", use, prefix.size());
    if (!done || !*done) return done;
  }
  if (!range.values.empty()) return true;
  const bool bounded = !range.low.is_absent() || !range.high.is_absent();
  const std::string high = range.high.is_absent() ? std::string() : number_key_part(range.high.real());
  std::string after;
  // Behind all entries of the lower end, which a 0 in the place of the slash is, or before them.
  if (!range.low.is_absent()) after = prefix + number_key_part(range.low.real()) + (range.low_open ? "0" : "");
  bool beyond = false;
  const auto done = walk_index_up(objects, prefix, after, [&](std::string_view suffix) -> result<bool> {
    const std::string_view value = suffix.substr(0, index_value_size);
    beyond = (bounded && value == index_nan) ||
             (!high.empty() && (range.high_open ? value >= high : value > std::string_view(high)));
    if (beyond) return false;
    return use(suffix);
  });
  if (!done) return done;
  return *done || beyond;
}

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_INDEX_WALK_HPP
