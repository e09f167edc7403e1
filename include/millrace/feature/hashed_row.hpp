#ifndef MILLRACE_FEATURE_HASHED_ROW_HPP
#define MILLRACE_FEATURE_HASHED_ROW_HPP

#include <millrace/core/result.hpp>
#include <millrace/feature/detail/hash.hpp>
#include <millrace/feature/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace feature {

/// A sparse row of 2^bits columns, whose features find their columns by a hash of their names: no dictionary, no fit,
/// and names that were never seen before are welcome. Models that take sparse rows take it as it is.
///
///     auto row = mr::feature::hashed_row::make(20, 64);  // 2^20 columns, room for 64 features
///     row->reset();
///     row->update("site", "news.example");  // a category: its column has 1 or -1
///     row->update("age", 0.3F);             // a number
///     model->partial_fit(*row, label);
///
/// A bit of the hash is the sign of the value, so that of features which share a column the products cancel out on
/// average instead of adding up.
/// Guarantee: the same names have the same columns and signs on every machine, and for `bits` above those for fewer:
/// the column for fewer bits is the one for more, less its lowest bits. Complexity: update O(length of the texts).
/// Allocates: `make`, never later.
/// Threads: one at a time.
/// Source: Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.
class hashed_row {
 public:
  /// Room for `most` features in a row.
  /// Errors: invalid_argument: bits are not 1 to 30, or there is no room.
  template <class = void>
  static result<hashed_row> make(unsigned bits, std::size_t most) {
    if (bits < 1 || bits > 30)
      return error(errc::invalid_argument, "hashed_row: bits must be 1 to 30, not " + std::to_string(bits));
    if (most == 0) return error(errc::invalid_argument, "hashed_row: there must be room for a feature");
    return hashed_row(bits, most);
  }

  /// 2^bits.
  std::size_t columns() const noexcept { return std::size_t{1} << bits_; }
  /// Features of the row so far.
  std::size_t size() const noexcept { return size_; }
  /// Features left out for want of room, in all rows.
  std::uint64_t dropped() const noexcept { return dropped_; }
  std::span<const std::uint32_t> indices() const noexcept { return {indices_.data(), size_}; }
  std::span<const float> values() const noexcept { return {values_.data(), size_}; }

  /// Begins another row.
  void reset() noexcept { size_ = 0; }
  /// A number by its name; 0 is no feature.
  void update(std::string_view name, float value) noexcept {
    if (value != 0) append(detail::hash_of(name), value);
  }
  /// A category by the name of its field and its own.
  void update(std::string_view name, std::string_view category) noexcept {
    append(detail::hash_of(category, detail::hash_of(name)), 1);
  }
  /// Two categories together, such as a site and a banner; `name` is that of the pair.
  void update(std::string_view name, std::string_view first, std::string_view second) noexcept {
    append(detail::hash_of(second, detail::hash_of(first, detail::hash_of(name))), 1);
  }

 private:
  hashed_row(unsigned bits, std::size_t most) : bits_(bits), indices_(most), values_(most) {}

  void append(std::uint64_t hash, float value) noexcept {
    if (size_ == indices_.size()) [[unlikely]] {
      ++dropped_;
      return;
    }
    indices_[size_] = static_cast<std::uint32_t>(hash >> (64 - bits_));
    values_[size_] = (hash & 1U) != 0 ? -value : value;
    ++size_;
  }

  unsigned bits_;
  std::size_t size_ = 0;
  std::uint64_t dropped_ = 0;
  std::vector<std::uint32_t> indices_;
  std::vector<float> values_;
};

}  // namespace feature
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_FEATURE_HASHED_ROW_HPP
