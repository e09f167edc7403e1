#ifndef MILLRACE_MODEL_VALIDATION_DETAIL_CONTINGENCY_HPP
#define MILLRACE_MODEL_VALIDATION_DETAIL_CONTINGENCY_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

inline double squared(std::uint64_t x) noexcept { return static_cast<double>(x) * static_cast<double>(x); }

/// Labels numbered from 0 in their order, without gaps, and how many rows have each.
/// Precondition: fewer than 2^32 rows.
class dense_classes {
 public:
  explicit dense_classes(std::span<const int> labels) : of_row_(labels.size()) {
    values_.assign(labels.begin(), labels.end());
    heap_sort(values_.data(), values_.size(), [](int a, int b) { return a < b; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (i == 0 || values_[i] != values_[kept - 1]) values_[kept++] = values_[i];
    values_.resize(kept);
    sizes_.resize(kept);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      of_row_[i] = place(labels[i]);
      ++sizes_[of_row_[i]];
    }
  }

  std::size_t rows() const noexcept { return of_row_.size(); }
  std::size_t classes() const noexcept { return sizes_.size(); }
  std::uint64_t size(std::size_t of_class) const noexcept { return sizes_[of_class]; }
  std::uint32_t operator[](std::size_t row) const noexcept { return of_row_[row]; }
  /// The label that a class stands for.
  int value(std::size_t of_class) const noexcept { return values_[of_class]; }

 private:
  std::uint32_t place(int label) const noexcept {
    std::size_t low = 0, high = values_.size();
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      (values_[middle] <= label ? low : high) = middle;
    }
    return static_cast<std::uint32_t>(low);
  }

  std::vector<int> values_;
  std::vector<std::uint32_t> of_row_;
  std::vector<std::uint64_t> sizes_;
};

/// How many rows are in each pair of classes of two partitions; pairs without rows take no room.
class contingency {
 public:
  /// Precondition: as many rows in both.
  contingency(dense_classes first, dense_classes second)
      : first_(std::move(first)), second_(std::move(second)), pairs_(first_.rows()) {
    for (std::size_t i = 0; i < pairs_.size(); ++i) pairs_[i] = std::uint64_t{first_[i]} << 32 | second_[i];
    heap_sort(pairs_.data(), pairs_.size(), [](std::uint64_t a, std::uint64_t b) { return a < b; });
  }

  const dense_classes& first() const noexcept { return first_; }
  const dense_classes& second() const noexcept { return second_; }
  /// Calls f(class of the first, class of the second, rows) for every pair that has rows.
  template <class F>
  void for_each(F f) const {
    for (std::size_t i = 0; i < pairs_.size();) {
      std::size_t end = i;
      while (end < pairs_.size() && pairs_[end] == pairs_[i]) ++end;
      f(static_cast<std::uint32_t>(pairs_[i] >> 32), static_cast<std::uint32_t>(pairs_[i]),
        static_cast<double>(end - i));
      i = end;
    }
  }

 private:
  dense_classes first_;
  dense_classes second_;
  std::vector<std::uint64_t> pairs_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_DETAIL_CONTINGENCY_HPP
