#ifndef MILLRACE_STORE_PARQUET_DETAIL_DICTIONARY_HPP
#define MILLRACE_STORE_PARQUET_DETAIL_DICTIONARY_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/seeded_hash.hpp>
#include <millrace/store/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

/// The different values among those of a column, in the order in which they first come up, and the place of each value
/// among them. Values are of one width, or have their length of four bytes before them.
template <class = void>
class basic_dictionary {
 public:
  /// Where a dictionary has more entries than this, values are written as they are.
  static constexpr std::size_t most_entries = std::size_t{1} << 16;

  explicit basic_dictionary(std::uint64_t seed) noexcept : seed_(seed) {}

  /// Builds it for `count` values: texts of any length if `width` is 0. Returns false if it would not be worth it: as
  /// soon as more than half of the values are different, or when all are known to take more bytes with it.
  bool build(const flat_vector<std::byte>& values, std::size_t width, std::size_t count) {
    entries_.clear();
    begins_.clear();
    hashes_.clear();
    places_.clear();
    slots_.assign(2048, slot{});
    if (width == 4)
      build_numbers<std::uint32_t>(values, count);
    else if (width == 8)
      build_numbers<std::uint64_t>(values, count);
    else
      build_texts(values, width, count);
    if (places_.size() < count) return false;
    const std::size_t bits = static_cast<std::size_t>(64 - __builtin_clzll(begins_.size() | 1U));
    return entries_.size() + count * bits / 8 + 32 < values.size();
  }
  /// The values, as a dictionary's page has them.
  const flat_vector<std::byte>& entries() const noexcept { return entries_; }
  std::size_t size() const noexcept { return begins_.size(); }
  const flat_vector<std::uint32_t>& places() const noexcept { return places_; }

 private:
  struct slot {
    std::uint32_t place = 0;  // counted from 1; 0 is free
    std::uint32_t hash = 0;
  };

  bool is_hopeless() const noexcept {
    return begins_.size() > most_entries || (places_.size() >= 4096 && 2 * begins_.size() > places_.size());
  }

  template <class T>
  void build_numbers(const flat_vector<std::byte>& values, std::size_t count) {
    const std::byte* at = values.data();
    T before{};
    std::uint32_t place = 0;
    for (std::size_t i = 0; i < count; ++i, at += sizeof(T)) {
      T value{};
      __builtin_memcpy(&value, at, sizeof(T));
      if (i == 0 || value != before) {
        const auto same = [&](std::size_t begin) {
          T other{};
          __builtin_memcpy(&other, entries_.data() + begin, sizeof(T));
          return other == value;
        };
        place = place_of(seeded_hash(std::uint64_t{value}, seed_), same, at, sizeof(T));
        before = value;
      }
      places_.push_back(place);
      if (is_hopeless()) return;
    }
  }
  void build_texts(const flat_vector<std::byte>& values, std::size_t width, std::size_t count) {
    const std::byte* at = values.data();
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t length = 0;
      if (width == 0) __builtin_memcpy(&length, at, 4);
      const std::size_t whole = width == 0 ? 4 + std::size_t{length} : width;
      const std::string_view text(reinterpret_cast<const char*>(at), whole);
      const auto same = [&](std::size_t begin) {
        const char* const other = reinterpret_cast<const char*>(entries_.data()) + begin;
        return entries_.size() - begin >= whole && std::string_view(other, whole) == text;
      };
      places_.push_back(place_of(seeded_hash(text, seed_), same, at, whole));
      if (is_hopeless() || entries_.size() > most_bytes) return places_.truncate(0);
      at += whole;
    }
  }
  /// The place of a value, which becomes a new entry if it is none.
  template <class Same>
  std::uint32_t place_of(std::uint64_t hash, const Same& same, const std::byte* value, std::size_t size) {
    const auto mark = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const slot found = slots_[at];
      if (found.place == 0) {
        begins_.push_back(entries_.size());
        entries_.append({value, size});
        const auto place = static_cast<std::uint32_t>(begins_.size());
        slots_[at] = {place, mark};
        hashes_.push_back(hash);
        if (2 * begins_.size() > slots_.size()) grow();
        return place - 1;
      }
      if (found.hash == mark && same(begins_[found.place - 1])) return found.place - 1;
    }
  }
  void grow() {
    slots_.assign(4 * slots_.size(), slot{});
    for (std::size_t i = 0; i < begins_.size(); ++i) {
      std::size_t at = hashes_[i] & (slots_.size() - 1);
      while (slots_[at].place != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {static_cast<std::uint32_t>(i + 1), static_cast<std::uint32_t>(hashes_[i] >> 32)};
    }
  }

  static constexpr std::size_t most_bytes = std::size_t{4} << 20;

  std::uint64_t seed_;
  flat_vector<std::byte> entries_;
  flat_vector<std::size_t> begins_;
  flat_vector<std::uint64_t> hashes_;
  flat_vector<std::uint32_t> places_;
  flat_vector<slot> slots_;
};

}  // namespace detail
}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_PARQUET_DETAIL_DICTIONARY_HPP
