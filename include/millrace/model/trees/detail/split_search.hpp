#ifndef MILLRACE_MODEL_TREES_DETAIL_SPLIT_SEARCH_HPP
#define MILLRACE_MODEL_TREES_DETAIL_SPLIT_SEARCH_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/model/fwd.hpp>
#include <millrace/model/trees/detail/gradient_histogram.hpp>
#include <millrace/model/trees/detail/split_gains.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace {
inline namespace v0 {
namespace model {
namespace detail {

/// What a node's rows come to.
struct gradient_sums {
  double g = 0;
  double h = 0;
};

/// How a node's rows are parted. A row goes left if its code in `column` is at most `code`, or, in a column of
/// categories, if it is in `left_set`; rows without a value as `missing_left` says.
struct split {
  double gain = 0;  // what the loss falls by; 0: there is none
  std::uint32_t column = 0;
  std::uint8_t code = 0;
  bool missing_left = false;
  bool parts_categories = false;
  std::array<std::uint64_t, 4> left_set{};

  /// Sends a category's code, or the one for missing values, left.
  void take_left(std::uint8_t of) noexcept {
    if (of == column_bins::missing)
      missing_left = true;
    else
      left_set[of / 64] |= std::uint64_t{1} << of % 64;
  }
  bool goes_left(std::uint8_t of) const noexcept {
    if (of == column_bins::missing) return missing_left;
    return parts_categories ? (left_set[of / 64] >> of % 64 & 1) != 0 : of <= code;
  }
};

struct split_rules {
  double l2 = 1;
  double category_l2 = 10;
  double min_child_weight = 1;
  double min_gain = 0;
  double min_category_rows = 0;
  /// Part a column of numbers at one place drawn at random, and not at the best: extremely randomized trees.
  bool at_random = false;
};

/// Finds the best split of a node from its histogram.
class split_search {
 public:
  /// `cells`: the node's histogram. `directions` of the columns as in search_numbers, or empty.
  split_search(const binned_rows& rows, const split_rules& rules, const gradient_cell* cells,
               const packed_gradients& units, std::span<const std::int8_t> directions,
               random_engine* random = nullptr) noexcept
      : rows_(&rows), rules_(rules), cells_(cells), units_(&units), directions_(directions), random_(random) {}

  /// `columns`: those that may part; `rows`: how many the node has. Of equally good splits, the first.
  split best(std::span<const std::uint32_t> columns, std::size_t rows) {
    split found;
    if (!is_summed_) sum_up(columns);
    const gradient_sums node = sums(total_);
    const double own = node.g * node.g / (node.h + rules_.l2);
    found.gain = own * (1 + 1e-6) + rules_.min_gain;
    const double least = found.gain;
    if (node.h < 2 * rules_.min_child_weight) return {};
    least_of_category_ = rules_.min_category_rows * node.h / static_cast<double>(rows);
    for (const std::uint32_t column : columns) {
      if (rows_->bins(column).categories)
        part_categories(column, found);
      else
        part_numbers(column, directions_.empty() ? 0 : directions_[column], found);
    }
    if (!(found.gain > least)) return {};
    found.gain -= own;
    return found;
  }

 private:
  gradient_sums sums(gradient_cell cell) const noexcept {
    return {static_cast<double>(gradient_of(cell)) * units_->unit,
            static_cast<double>(hessian_of(cell)) * units_->hessian_unit};
  }
  /// Any column's cells add up to the node's.
  void sum_up(std::span<const std::uint32_t> columns) noexcept {
    is_summed_ = true;
    if (columns.empty()) return;
    const gradient_cell* const of = cells_ + std::size_t{columns[0]} * cells_of_column;
    for (std::size_t i = 0; i < cells_of_column; ++i) total_ += of[i];
  }
  double exact_gain(gradient_cell left, double l2) const noexcept {
    const gradient_sums a = sums(left);
    const gradient_sums b = sums(total_ - left);
    if (a.h < rules_.min_child_weight || b.h < rules_.min_child_weight) return 0;
    if (!(a.h + l2 > 0 && b.h + l2 > 0)) return 0;
    return a.g * a.g / (a.h + l2) + b.g * b.g / (b.h + l2);
  }

  void part_numbers(std::uint32_t column, int direction, split& found) {
    const gradient_cell* const of = cells_ + std::size_t{column} * cells_of_column;
    const std::size_t codes = rows_->bins(column).size();
    const gradient_cell missing = of[column_bins::missing];
    if (codes + (missing != 0) < 2) return;
    if (rules_.at_random) return part_at_random(column, of, codes, found);
    search_numbers numbers;
    numbers.total_g = static_cast<float>(gradient_of(total_));
    numbers.total_h = static_cast<float>(hessian_of(total_));
    numbers.l2 = static_cast<float>(rules_.l2 / units_->hessian_unit);
    numbers.least_h = static_cast<float>(rules_.min_child_weight / units_->hessian_unit);
    numbers.direction = static_cast<float>(direction);
    // Parting behind the last code leaves nothing on the right, unless values are missing there.
    scan(column, of, missing != 0 ? codes : codes - 1, 0, false, numbers, found);
    if (missing != 0) scan(column, of, codes - 1, missing, true, numbers, found);
  }

  void scan(std::uint32_t column, const gradient_cell* of, std::size_t count, gradient_cell first, bool missing_left,
            const search_numbers& numbers, split& found) {
    const std::size_t whole = (count + 15) / 16 * 16;  // 256 at most
    // Behind the codes asked for, all is on the left, which gains nothing.
    const std::int32_t most = gains_of(of, whole, first, numbers, gains_.data());
    // In floats, a gain may be off by 1e-6 of itself; only one that may be the best is computed exactly.
    const double at_most =
        double{std::bit_cast<float>(most)} * units_->unit * units_->unit / units_->hessian_unit * (1 + 1e-5);
    if (!(at_most > found.gain)) return;
    std::size_t at = 0;
    while (std::bit_cast<std::int32_t>(gains_[at]) != most) ++at;
    gradient_cell left = first;
    for (std::size_t i = 0; i <= at; ++i) left += of[i];
    const double gain = exact_gain(left, rules_.l2);
    if (!(gain > found.gain)) return;
    found = {.gain = gain, .column = column, .code = static_cast<std::uint8_t>(at), .missing_left = missing_left};
  }

  /// Parts between the codes that the node's rows have, and sends missing values to a side drawn too.
  void part_at_random(std::uint32_t column, const gradient_cell* of, std::size_t codes, split& found) {
    std::size_t lowest = 0;
    while (lowest < codes && of[lowest] == 0) ++lowest;
    std::size_t highest = codes;
    while (highest > lowest && of[highest - 1] == 0) --highest;
    if (highest < lowest + 2) return;
    const std::size_t at = lowest + static_cast<std::size_t>(random_->below(highest - 1 - lowest));
    const bool missing_left = (*random_)() >> 63 != 0;
    gradient_cell left = missing_left ? of[column_bins::missing] : 0;
    for (std::size_t i = lowest; i <= at; ++i) left += of[i];
    if (const double gain = exact_gain(left, rules_.l2); gain > found.gain)
      found = {.gain = gain, .column = column, .code = static_cast<std::uint8_t>(at), .missing_left = missing_left};
  }

  /// Categories in the order of their mean gradient: the best way to part them in two is among those that part this
  /// order. Source: Fisher, "On grouping for maximum homogeneity", JASA 53, 1958.
  void part_categories(std::uint32_t column, split& found) {
    struct category {
      double order;
      std::uint8_t code;
    };
    const gradient_cell* const of = cells_ + std::size_t{column} * cells_of_column;
    const double l2 = rules_.l2 + rules_.category_l2;
    std::array<category, cells_of_column> sorted;
    std::size_t count = 0;
    bool skipped = false;
    for (std::size_t code = 0; code < cells_of_column; ++code) {
      if (of[code] == 0) continue;
      const gradient_sums own = sums(of[code]);
      if (own.h < least_of_category_) {
        skipped = true;
        continue;
      }
      const double drawn = own.h + rules_.category_l2;
      sorted[count++] = {drawn > 0 ? own.g / drawn : 0, static_cast<std::uint8_t>(code)};
    }
    heap_sort(sorted.data(), count, [](const category& a, const category& b) {
      return a.order < b.order || (a.order == b.order && a.code < b.code);
    });
    if (count == 0) return;
    gradient_cell left = 0;
    std::size_t best = 0;
    double gain = found.gain;
    // Where some were left out, which go right, all that are in the order may go left.
    const std::size_t most = skipped ? count : count - 1;
    for (std::size_t i = 0; i < most; ++i) {
      left += of[sorted[i].code];
      if (const double here = exact_gain(left, l2); here > gain) {
        gain = here;
        best = i + 1;
      }
    }
    if (best == 0) return;
    found = {.gain = gain, .column = column, .parts_categories = true};
    for (std::size_t i = 0; i < best; ++i) found.take_left(sorted[i].code);
  }

  const binned_rows* rows_;
  split_rules rules_;
  const gradient_cell* cells_;
  const packed_gradients* units_;
  std::span<const std::int8_t> directions_;
  random_engine* random_;
  gradient_cell total_ = 0;
  bool is_summed_ = false;
  double least_of_category_ = 0;  // of hessians
  alignas(64) std::array<float, cells_of_column> gains_;
};

}  // namespace detail
}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_TREES_DETAIL_SPLIT_SEARCH_HPP
