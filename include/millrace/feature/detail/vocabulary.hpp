#ifndef MILLRACE_FEATURE_DETAIL_VOCABULARY_HPP
#define MILLRACE_FEATURE_DETAIL_VOCABULARY_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {
namespace detail {

/// A set of texts with numbers: a hash table with open addressing, at most half full.
/// A template, so that including it does not compile its members.
/// Complexity: constant on average. Allocates: `insert`, `sort` and `load`.
template <class Number>
class basic_vocabulary {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t size() const noexcept { return words_.size(); }
  const std::string& operator[](std::size_t i) const noexcept { return words_[i]; }

  /// The number of a text, or `none`.
  std::size_t find(std::string_view text) const noexcept {
    if (table_.size() == 0) return none;
    const Number number = table_[slot_of(text)];
    return number != 0 ? number - 1 : none;
  }
  /// Adds a text, unless it is there already.
  void insert(std::string_view text) {
    if (2 * (words_.size() + 1) > table_.size()) rebuild(table_.size() == 0 ? 16 : 2 * table_.size());
    Number& number = table_[slot_of(text)];
    if (number != 0) return;
    words_.push_back(std::string(text));
    number = static_cast<Number>(words_.size());
  }
  /// Numbers the texts by their order as bytes, whatever the order was in which they came.
  void sort() {
    std::vector<std::string_view> views;
    for (const std::string& word : words_) views.push_back(word);
    heap_sort(views.data(), views.size(), [](std::string_view a, std::string_view b) { return a < b; });
    std::vector<std::string> sorted;
    for (const std::string_view word : views) sorted.push_back(std::string(word));
    words_.swap(sorted);
    rebuild(table_.size());
  }

  void save(envelope_writer& to) const {
    to.u64(words_.size());
    for (const std::string& word : words_) to.text(word);
  }
  /// Returns whether the texts differ and none is empty.
  bool load(envelope_reader& from, std::size_t most) {
    *this = basic_vocabulary();
    const std::size_t count = from.count(8);
    if (count > most) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view word = from.text();
      if (!from.ok() || word.empty()) return false;
      insert(word);
      if (size() != i + 1) return false;
    }
    return true;
  }

 private:
  /// Where the text stands, or the free slot where it would.
  std::size_t slot_of(std::string_view text) const noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash_of(text)) & mask;
    while (table_[at] != 0 && words_[table_[at] - 1] != text) at = (at + 1) & mask;
    return at;
  }
  void rebuild(std::size_t slots) {
    std::vector<Number> empty(slots);
    table_.swap(empty);
    for (std::size_t i = 0; i < words_.size(); ++i) table_[slot_of(words_[i])] = static_cast<Number>(i + 1);
  }

  std::vector<std::string> words_;
  std::vector<Number> table_;  // of numbers from 1 on; 0 is free. The size is a power of two
};

using vocabulary = basic_vocabulary<std::uint32_t>;

}  // namespace detail
}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_DETAIL_VOCABULARY_HPP
