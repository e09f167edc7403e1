#ifndef MILLRACE_MODEL_TREES_DETAIL_CLASS_SEARCH_HPP
#define MILLRACE_MODEL_TREES_DETAIL_CLASS_SEARCH_HPP

#include <millrace/core/detail/flat_vector.hpp>
#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/gradient_histogram.hpp>
#include <millrace/model/trees/detail/split_search.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// Finds the split of a node after which Gini's impurity of the classes is least, from a histogram of weights for each
/// class. With w_k the weight of class k on a side and w that of all, a side of impurity w (1 - sum (w_k / w)^2) is
/// worth sum w_k^2 / w.
/// Source: Breiman, Friedman, Olshen, Stone, Classification and Regression Trees, 1984.
class class_search {
 public:
  /// The histograms of two classes stand `stride` cells apart.
  class_search(const binned_rows& rows, const split_rules& rules, std::size_t classes, std::size_t stride)
      : rows_(&rows), rules_(rules), stride_(stride), totals_(classes) {}

  /// `unit`: of the cells' weights. `columns`: those that may part. Of equally good splits, the first.
  split best(const gradient_cell* cells, double unit, std::span<const std::uint32_t> columns, random_engine* random) {
    if (columns.empty()) return {};
    cells_ = cells;
    random_ = random;
    sum_up(columns[0]);
    least_ = rules_.min_child_weight / unit;
    if (weight_ < 2 * least_) return {};
    split found;
    const double least = found.gain = own_ * (1 + 1e-6);
    for (const std::uint32_t column : columns) {
      if (rows_->bins(column).categories)
        part_categories(column, found);
      else
        part_numbers(column, found);
    }
    if (!(found.gain > least)) return {};
    found.gain = (found.gain - own_) * unit;
    return found;
  }

 private:
  using code_order = std::array<std::uint8_t, cells_of_column>;

  const gradient_cell* cells_of(std::size_t of_class, std::uint32_t column) const noexcept {
    return cells_ + of_class * stride_ + std::size_t{column} * cells_of_column;
  }
  void sum_up(std::uint32_t column) noexcept {
    weight_ = 0;
    double squares = 0;
    for (std::size_t k = 0; k < totals_.size(); ++k) {
      const gradient_cell* const of = cells_of(k, column);
      gradient_cell sum = 0;
      for (std::size_t code = 0; code < cells_of_column; ++code) sum += of[code];
      totals_[k] = static_cast<double>(sum);
      squares += totals_[k] * totals_[k];
      weight_ += totals_[k];
    }
    own_ = squares / weight_;
  }

  /// Sums for parting behind each of the first `count` codes of an order; missing values go left before them or not.
  void scan(std::uint32_t column, const code_order& order, std::size_t count, bool missing_left) noexcept {
    left_.fill(0);
    right_.fill(0);
    on_left_.fill(0);
    for (std::size_t k = 0; k < totals_.size(); ++k) {
      const gradient_cell* const of = cells_of(k, column);
      gradient_cell sum = missing_left ? of[column_bins::missing] : 0;
      for (std::size_t i = 0; i < count; ++i) {
        sum += of[order[i]];
        const auto left = static_cast<double>(sum);
        const double right = totals_[k] - left;
        left_[i] += left * left;
        right_[i] += right * right;
        on_left_[i] += left;
      }
    }
  }
  double gain(std::size_t i) const noexcept {
    const double a = on_left_[i];
    const double b = weight_ - a;
    if (!(a >= least_ && b >= least_ && a > 0 && b > 0)) return 0;
    return left_[i] / a + right_[i] / b;
  }
  /// The best of the first `count` places, behind which it parts; `count` where none gains more than `than`.
  std::size_t best_place(std::size_t count, double than) const noexcept {
    std::size_t best = count;
    for (std::size_t i = 0; i < count; ++i) {
      if (!(gain(i) > than)) continue;
      than = gain(i);
      best = i;
    }
    return best;
  }

  void part_numbers(std::uint32_t column, split& found) {
    const std::size_t codes = rows_->bins(column).size();
    gradient_cell missing = 0;
    for (std::size_t k = 0; k < totals_.size(); ++k) missing += cells_of(k, column)[column_bins::missing];
    if (codes + (missing != 0 ? 1 : 0) < 2) return;
    code_order order;
    for (std::size_t i = 0; i < cells_of_column; ++i) order[i] = static_cast<std::uint8_t>(i);
    if (rules_.at_random) return part_at_random(column, order, codes, found);
    try_numbers(column, order, missing != 0 ? codes : codes - 1, false, found);
    if (missing != 0) try_numbers(column, order, codes - 1, true, found);
  }
  void try_numbers(std::uint32_t column, const code_order& order, std::size_t count, bool missing_left, split& found) {
    scan(column, order, count, missing_left);
    const std::size_t at = best_place(count, found.gain);
    if (at == count) return;
    found = {.gain = gain(at), .column = column, .code = static_cast<std::uint8_t>(at), .missing_left = missing_left};
  }
  /// Parts between the codes that the node's rows have, and sends missing values to a side drawn too.
  void part_at_random(std::uint32_t column, const code_order& order, std::size_t codes, split& found) {
    scan(column, order, codes, false);
    std::size_t lowest = 0;
    while (lowest < codes && on_left_[lowest] == 0) ++lowest;
    std::size_t highest = codes;
    while (highest > lowest && on_left_[highest - 1] == (highest > 1 ? on_left_[highest - 2] : 0)) --highest;
    if (highest < lowest + 2) return;
    const std::size_t at = lowest + static_cast<std::size_t>(random_->below(highest - 1 - lowest));
    const bool missing_left = (*random_)() >> 63 != 0;
    if (missing_left) scan(column, order, codes, true);
    if (gain(at) > found.gain)
      found = {.gain = gain(at), .column = column, .code = static_cast<std::uint8_t>(at), .missing_left = missing_left};
  }

  /// Categories in the order of the share that a class has of them, for one class after the other: of two classes the
  /// best parting is among those of this order. Of many classes, the heaviest are tried.
  void part_categories(std::uint32_t column, split& found) {
    const std::size_t tried = totals_.size() > 2 ? (totals_.size() < most_tried ? totals_.size() : most_tried) : 1;
    flat_vector<bool> done(totals_.size(), false);
    for (std::size_t round = 0; round < tried; ++round) {
      std::size_t heaviest = totals_.size();
      for (std::size_t k = 0; k < totals_.size(); ++k)
        if (!done[k] && (heaviest == totals_.size() || totals_[k] > totals_[heaviest])) heaviest = k;
      done[heaviest] = true;
      code_order order;
      const std::size_t count = order_by_share(column, heaviest, order);
      if (count < 2) return;
      scan(column, order, count, false);
      const std::size_t at = best_place(count - 1, found.gain);
      if (at == count - 1) continue;
      found = {.gain = gain(at), .column = column, .parts_categories = true};
      for (std::size_t i = 0; i <= at; ++i) found.take_left(order[i]);
    }
  }
  /// Fills `order` with the codes that rows have, missing among them, and returns how many these are.
  std::size_t order_by_share(std::uint32_t column, std::size_t of_class, code_order& order) const noexcept {
    std::array<double, cells_of_column> share;
    std::size_t count = 0;
    for (std::size_t code = 0; code < cells_of_column; ++code) {
      gradient_cell all = 0;
      for (std::size_t k = 0; k < totals_.size(); ++k) all += cells_of(k, column)[code];
      if (all == 0) continue;
      share[code] = static_cast<double>(cells_of(of_class, column)[code]) / static_cast<double>(all);
      order[count++] = static_cast<std::uint8_t>(code);
    }
    heap_sort(order.data(), count, [&share](std::uint8_t a, std::uint8_t b) {
      return share[a] < share[b] || (share[a] == share[b] && a < b);
    });
    return count;
  }

  static constexpr std::size_t most_tried = 8;

  const binned_rows* rows_;
  split_rules rules_;
  std::size_t stride_;
  std::vector<double> totals_;  // of each class
  const gradient_cell* cells_ = nullptr;
  random_engine* random_ = nullptr;
  double weight_ = 0;
  double own_ = 0;
  double least_ = 0;
  std::array<double, cells_of_column> left_;  // sums of squares
  std::array<double, cells_of_column> right_;
  std::array<double, cells_of_column> on_left_;  // weights
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_CLASS_SEARCH_HPP
